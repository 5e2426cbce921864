/*
 * The writer. It knows only where commas go; numbers and escapes are written so that any reader gets back what we had.
 */
#include "lib/js/write.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

void
js_begin(struct js_writer *w, struct buf *buf)
{
	memset(w, 0, sizeof(*w));
	w->buf = buf;
}

void
js_end(struct js_writer *w)
{
	assert(w->depth == 0 && w->done);
}

static void
put_escaped(struct buf *buf, const char *text, size_t len)
{
	size_t start = 0, step;

	buf_putc(buf, '"');
	for (size_t i = 0; i < len; i += step) {
		const int32_t point = text_utf8_next(text + i, len - i, &step);
		/* U+2028 and U+2029 end a line in JavaScript; '<' could close a script element. */
		if (point >= 0x20 && point != '"' && point != '\\' && point != '<' && point != 0x7f &&
		    point != 0x2028 && point != 0x2029)
			continue;
		buf_put(buf, text + start, i - start);
		start = i + step;
		if (point == '"' || point == '\\')
			buf_printf(buf, "\\%c", (int)point);
		else if (point == '\n')
			buf_puts(buf, "\\n");
		else if (point == '\t')
			buf_puts(buf, "\\t");
		else
			buf_printf(buf, "\\u%04x", point < 0 ? 0xfffdu : (unsigned)point);
	}
	buf_put(buf, text + start, len - start);
	buf_putc(buf, '"');
}

/* Comma and name: what stands before every value. */
static void
before_value(struct js_writer *w, const char *key)
{
	assert(!w->done);
	if (w->depth == 0) {
		assert(key == NULL);
		return;
	}
	const bool array = w->level[w->depth - 1].array;
	assert(array == (key == NULL));
	if (w->level[w->depth - 1].filled)
		buf_putc(w->buf, ',');
	w->level[w->depth - 1].filled = true;
	if (key != NULL) {
		put_escaped(w->buf, key, strlen(key));
		buf_putc(w->buf, ':');
	}
}

static void
after_value(struct js_writer *w)
{
	w->done = w->depth == 0;
}

static void
open_level(struct js_writer *w, const char *key, bool array)
{
	assert(w->depth < JS_WRITE_DEPTH);
	before_value(w, key);
	buf_putc(w->buf, array ? '[' : '{');
	w->level[w->depth].array = array;
	w->level[w->depth].filled = false;
	w->depth++;
}

void
js_open_object(struct js_writer *w, const char *key)
{
	open_level(w, key, false);
}

void
js_open_array(struct js_writer *w, const char *key)
{
	open_level(w, key, true);
}

void
js_close(struct js_writer *w)
{
	assert(w->depth > 0);
	w->depth--;
	buf_putc(w->buf, w->level[w->depth].array ? ']' : '}');
	after_value(w);
}

void
js_strn(struct js_writer *w, const char *key, const char *text, size_t len)
{
	before_value(w, key);
	put_escaped(w->buf, text, len);
	after_value(w);
}

void
js_str(struct js_writer *w, const char *key, const char *text)
{
	if (text == NULL)
		js_null(w, key);
	else
		js_strn(w, key, text, strlen(text));
}

void
js_strf(struct js_writer *w, const char *key, const char *format, ...)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(w->buf->max);
	va_list args;

	va_start(args, format);
	buf_vprintf(&text, format, args);
	va_end(args);
	w->buf->failed |= text.failed;
	js_strn(w, key, buf_str(&text), text.len);
}

void
js_raw(struct js_writer *w, const char *key, const char *json)
{
	before_value(w, key);
	buf_puts(w->buf, json == NULL ? "null" : json);
	after_value(w);
}

void
js_null(struct js_writer *w, const char *key)
{
	js_raw(w, key, NULL);
}

void
js_int(struct js_writer *w, const char *key, int64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRId64, number);
	js_raw(w, key, text);
}

void
js_bool(struct js_writer *w, const char *key, bool value)
{
	js_raw(w, key, value ? "true" : "false");
}

void
js_money(struct js_writer *w, const char *key, int64_t micros)
{
	char text[TEXT_MONEY_SIZE];

	js_raw(w, key, text_from_money(micros, text));
}

void
js_double(struct js_writer *w, const char *key, double number)
{
	char text[40];

	if (!isfinite(number)) {
		js_null(w, key);
		return;
	}
	/* 15 digits are enough for most numbers people write, 17 for all. */
	for (int digits = 15; digits <= 17; digits++) {
		snprintf(text, sizeof(text), "%.*g", digits, number);
		if (strtod(text, NULL) == number)
			break;
	}
	js_raw(w, key, text);
}

void
js_fixed(struct js_writer *w, const char *key, double number, unsigned decimals)
{
	/* The largest double has 309 digits before the point. */
	char text[340];

	if (!isfinite(number)) {
		js_null(w, key);
		return;
	}
	snprintf(text, sizeof(text), "%.*f", (int)FW_MIN(decimals, 9), number);
	if (strchr(text, '.') != NULL) {
		size_t len = strlen(text);
		while (text[len - 1] == '0')
			len--;
		text[text[len - 1] == '.' ? len - 1 : len] = '\0';
	}
	js_raw(w, key, strcmp(text, "-0") == 0 ? "0" : text);
}

void
js_time(struct js_writer *w, const char *key, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	js_str(w, key, us == CLOCK_NONE ? NULL : clock_format(us, text));
}

void
js_strings(struct js_writer *w, const char *key, const char *const *items, size_t count)
{
	js_open_array(w, key);
	for (size_t i = 0; i < count; i++)
		js_str(w, NULL, items[i]);
	js_close(w);
}
