/*
 * Parameters as libpq wants them: text for everything but bytes, so that the server infers the types from the
 * statement.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/db/db_conn.h"

/* Largest array literal; a group of 16 results of some 100 KB each fits. */
#define DB_ARRAY_BYTES_MAX (64 * MIB)

static void
db_put_array_text(struct buf *buf, const char *text)
{
	if (text == NULL) {
		buf_puts(buf, "NULL");
		return;
	}
	buf_putc(buf, '"');
	for (const char *p = text; *p != '\0';) {
		const size_t plain = strcspn(p, "\"\\");
		buf_put(buf, p, plain);
		p += plain;
		if (*p != '\0') {
			buf_putc(buf, '\\');
			buf_putc(buf, *p++);
		}
	}
	buf_putc(buf, '"');
}

static char *
db_array_literal(const struct db_value *value)
{
	struct buf buf = BUF_INIT(DB_ARRAY_BYTES_MAX);
	buf_putc(&buf, '{');
	for (int64_t i = 0; i < value->num; i++) {
		if (i > 0)
			buf_putc(&buf, ',');
		if (value->type == DB_TYPE_INTS)
			buf_printf(&buf, "%" PRId64, ((const int64_t *)value->ptr)[i]);
		else if (value->type == DB_TYPE_REALS)
			buf_printf(&buf, "%.17g", ((const double *)value->ptr)[i]);
		else
			db_put_array_text(&buf, ((const char *const *)value->ptr)[i]);
	}
	buf_putc(&buf, '}');
	assert(!buf.failed);
	return buf.data;
}

/* Microseconds since 1970 as a timestamptz literal. */
static void
db_time_text(char *text, size_t size, int64_t us)
{
	assert(size >= CLOCK_TEXT_SIZE);
	(void)clock_format(us, text);
}

void
db_params_init(struct db_params *params, const struct db_value *values, size_t count)
{
	assert(count <= DB_PARAMS_MAX);
	params->count = (int)count;
	for (size_t i = 0; i < count; i++) {
		const struct db_value *v = &values[i];
		char *small = params->small[i];
		params->owned[i] = NULL;
		params->lengths[i] = 0;
		params->formats[i] = 0;
		params->values[i] = small;
		switch (v->type) {
		case DB_TYPE_NULL:
			params->values[i] = NULL;
			break;
		case DB_TYPE_INT:
			snprintf(small, sizeof(params->small[i]), "%" PRId64, v->num);
			break;
		case DB_TYPE_REAL:
			snprintf(small, sizeof(params->small[i]), "%.17g", v->real);
			break;
		case DB_TYPE_BOOL:
			snprintf(small, sizeof(params->small[i]), "%s", v->num != 0 ? "t" : "f");
			break;
		case DB_TYPE_TEXT:
			params->values[i] = v->ptr;
			break;
		case DB_TYPE_BYTES:
			params->values[i] = v->ptr;
			params->lengths[i] = (int)v->num;
			params->formats[i] = 1;
			break;
		case DB_TYPE_TIME:
			if (v->num == CLOCK_NONE)
				params->values[i] = NULL;
			else
				db_time_text(small, sizeof(params->small[i]), v->num);
			break;
		case DB_TYPE_INTS:
		case DB_TYPE_REALS:
		case DB_TYPE_TEXTS:
			params->owned[i] = db_array_literal(v);
			params->values[i] = params->owned[i];
			break;
		}
	}
}

void
db_params_done(struct db_params *params)
{
	for (int i = 0; i < params->count; i++)
		free(params->owned[i]);
	params->count = 0;
}
