/*
 * The settings file: anything may be in it, and what was read is shown in a form that reads back the same.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "lib/base/conf.h"

/* Files named by secrets are not opened here: their names come from the input. */
static bool
names_a_file(const uint8_t *data, size_t size)
{
	return memmem(data, size, "_FILE", 5) != NULL;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API), *again = conf_new(CONF_API);
	CLEANUP(buf_done) struct buf dump = BUF_INIT(MIB);
	struct error err;

	if (names_a_file(data, size) || conf_parse(conf, (const char *)data, size, "fuzz", &err) < 0)
		return 0;
	if (conf_check(conf, &err) < 0)
		assert(err.text[0] != '\0');
	conf_dump(conf, &dump);
	if (dump.failed || strchr(buf_str(&dump), '\'') != NULL)
		return 0;
	assert(conf_parse(again, buf_str(&dump), dump.len, "dump", &err) == 0);
	return 0;
}
