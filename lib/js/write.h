/*
 * The JSON writer: open, put, close, straight into a struct buf.
 *
 * Every call takes the member's name, or NULL inside an array and for the outermost value. Wrong nesting is our bug and
 * asserts. Strings from outside are escaped, invalid UTF-8 becomes U+FFFD. What does not fit is the buf's sticky
 * failure.
 *
 *     struct js_writer w;
 *     js_begin(&w, &buf);
 *     js_open_object(&w, NULL);
 *     js_str(&w, "id", session->id);
 *     js_money(&w, "total_cost", session->total_micros);
 *     js_open_array(&w, "warnings");
 *     js_close(&w);
 *     js_close(&w);
 *     js_end(&w);
 */
#ifndef FW_JS_WRITE_H
#define FW_JS_WRITE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"

#define JS_WRITE_DEPTH 40

struct js_writer {
	struct buf *buf;
	unsigned depth;
	bool done; /* the outermost value is complete */
	struct {
		bool array;
		bool filled;
	} level[JS_WRITE_DEPTH];
};

void js_begin(struct js_writer *w, struct buf *buf);
/* Asserts that everything is closed. */
void js_end(struct js_writer *w);

void js_open_object(struct js_writer *w, const char *key);
void js_open_array(struct js_writer *w, const char *key);
/* Closes the innermost object or array. */
void js_close(struct js_writer *w);

/* text == NULL writes null. */
void js_str(struct js_writer *w, const char *key, const char *text);
/* Exactly len bytes. */
void js_strn(struct js_writer *w, const char *key, const char *text, size_t len);
void js_strf(struct js_writer *w, const char *key, const char *format, ...) PRINTF_LIKE(3, 4);
void js_int(struct js_writer *w, const char *key, int64_t number);
void js_bool(struct js_writer *w, const char *key, bool value);
void js_null(struct js_writer *w, const char *key);
/* Micro-dollars as exact decimal dollars: 12500000 becomes 12.5. */
void js_money(struct js_writer *w, const char *key, int64_t micros);
/* Shortest text that reads back as the same number; NaN and infinities become null. */
void js_double(struct js_writer *w, const char *key, double number);
/* At most `decimals` (0-9) digits after the point, trailing zeros dropped: for measured seconds and the like. */
void js_fixed(struct js_writer *w, const char *key, double number, unsigned decimals);
/* Microseconds since 1970 as RFC 3339; CLOCK_NONE becomes null. */
void js_time(struct js_writer *w, const char *key, int64_t us);
/* JSON text that is known to be valid, such as a jsonb column; NULL writes null. */
void js_raw(struct js_writer *w, const char *key, const char *json);
/* An array of strings. */
void js_strings(struct js_writer *w, const char *key, const char *const *items, size_t count);

#endif
