#include "renderd/flow/flow.h"

#include <string.h>

#define RESULT_MAX (4 * MIB)

static const struct flow_row *const areas[] = {flow_ad, flow_asset, flow_render, flow_system, flow_webhook};

static const struct flow_row *
find(const char *kind)
{
	for (size_t i = 0; i < ARRAY_LEN(areas); i++)
		for (const struct flow_row *row = areas[i]; row->kind != NULL; row++)
			if (strcmp(row->kind, kind) == 0)
				return row;
	return NULL;
}

bool
flow_needs_db(const char *kind)
{
	const struct flow_row *row = find(kind);

	return row == NULL || !row->no_db;
}

int
flow_run(struct attempt *attempt, struct error *err)
{
	const struct flow_row *row = find(attempt->job.kind);

	if (row == NULL)
		return error_code(
		    err, ERR_INTERNAL, "unknown_kind", "this version cannot run jobs of kind '%s'", attempt->job.kind);
	if (js_parse_free(attempt->arena, attempt->job.payload, strlen(attempt->job.payload), &attempt->payload, err) <
	    0)
		return error_wrap(err, "reading the payload");
	return row->run(attempt, err);
}

void
flow_result_begin(struct flow_result *result)
{
	buf_init(&result->buf, RESULT_MAX);
	js_begin(&result->w, &result->buf);
	js_open_object(&result->w, NULL);
}

const char *
flow_text(struct flow_result *result, struct attempt *attempt, struct error *err)
{
	const char *text = NULL;

	js_close(&result->w);
	js_end(&result->w);
	if (buf_error(&result->buf, err) == 0) {
		text = buf_dup(&result->buf, attempt->arena);
		if (text == NULL && arena_error(attempt->arena, err) < 0)
			text = NULL;
	}
	buf_done(&result->buf);
	return text;
}

int
flow_result_end(struct flow_result *result, struct attempt *attempt, struct error *err)
{
	const char *text = flow_text(result, attempt, err);

	if (text == NULL)
		return -1;
	attempt_done(attempt, text);
	return 0;
}
