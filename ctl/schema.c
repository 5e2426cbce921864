#include <stdio.h>

#include "ctl/ctl.h"
#include "lib/js/read.h"
#include "lib/timeline/timeline.h"

#define SCHEMA_MAX (256 * KIB)

/* From the same fields that read a timeline, so editors complete and complain as the studio does. */
int
cmd_schema(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(SCHEMA_MAX);
	struct js_writer w;

	(void)ctl;
	(void)argv;
	if (argc > 0)
		return ctl_usage("schema");
	js_begin(&w, &text);
	js_open_object(&w, NULL);
	js_str(&w, "$schema", "https://json-schema.org/draft/2020-12/schema");
	js_str(&w, "title", "Framewright timeline, version 1");
	js_schema_members(&w, timeline_fields);
	js_close(&w);
	js_end(&w);
	buf_putc(&text, '\n');
	if (buf_error(&text, err) < 0)
		return 1;
	return fwrite(text.data, 1, text.len, stdout) == text.len ? 0 : 1;
}
