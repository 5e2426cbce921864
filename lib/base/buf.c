/*
 * Growth is by doubling up to the maximum, so appending costs amortised constant time and no buf holds more than its
 * maximum plus the terminator.
 */
#include "lib/base/buf.h"

#include <assert.h>

#define BUF_FIRST 256

void
buf_init(struct buf *buf, size_t max)
{
	*buf = (struct buf)BUF_INIT(max);
}

void
buf_done(struct buf *buf)
{
	free(buf->data);
	buf_init(buf, buf->max);
}

void
buf_reset(struct buf *buf)
{
	buf->failed = false;
	buf_cut(buf, 0);
}

void
buf_cut(struct buf *buf, size_t len)
{
	assert(len <= buf->len);
	buf->len = len;
	if (buf->data != NULL)
		buf->data[len] = '\0';
}

/* Room for `more` bytes and the terminator. */
static bool
grow(struct buf *buf, size_t more)
{
	if (buf->failed)
		return false;
	if (more > buf->max - buf->len || buf->max == SIZE_MAX) {
		buf->failed = true;
		return false;
	}
	if (buf->data != NULL && buf->cap - buf->len > more)
		return true;

	size_t cap = FW_MAX(buf->cap, BUF_FIRST);
	while (cap <= buf->len + more)
		cap = cap > SIZE_MAX / 2 ? buf->len + more + 1 : cap * 2;
	cap = FW_MIN(cap, buf->max + 1);
	char *data = realloc(buf->data, cap);
	if (data == NULL)
		abort();
	buf->data = data;
	buf->cap = cap;
	return true;
}

void
buf_put(struct buf *buf, const void *bytes, size_t len)
{
	if (len == 0 || !grow(buf, len))
		return;
	memcpy(buf->data + buf->len, bytes, len);
	buf->len += len;
	buf->data[buf->len] = '\0';
}

void
buf_puts(struct buf *buf, const char *text)
{
	buf_put(buf, text, strlen(text));
}

void
buf_putc(struct buf *buf, char c)
{
	buf_put(buf, &c, 1);
}

void
buf_vprintf(struct buf *buf, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	const int len = vsnprintf(NULL, 0, format, args);
	if (len < 0)
		buf->failed = true;
	else if (grow(buf, (size_t)len)) {
		vsnprintf(buf->data + buf->len, (size_t)len + 1, format, again);
		buf->len += (size_t)len;
	}
	va_end(again);
}

void
buf_printf(struct buf *buf, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	buf_vprintf(buf, format, args);
	va_end(args);
}

void
buf_text(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		switch (*text) {
		case '&':
			buf_puts(buf, "&amp;");
			break;
		case '<':
			buf_puts(buf, "&lt;");
			break;
		case '>':
			buf_puts(buf, "&gt;");
			break;
		case '"':
			buf_puts(buf, "&quot;");
			break;
		case '\'':
			buf_puts(buf, "&#39;");
			break;
		default:
			buf_putc(buf, *text);
		}
	}
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

void
buf_urlarg(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++) {
		if (is_alnum(*text) || strchr("-._~", *text) != NULL)
			buf_putc(buf, *text);
		else
			buf_printf(buf, "%%%02X", (unsigned)(unsigned char)*text);
	}
}

void
buf_header(struct buf *buf, const char *text)
{
	for (; *text != '\0'; text++)
		buf_putc(buf, (unsigned char)*text < 0x20 || *text == 0x7f ? ' ' : *text);
}

const char *
buf_str(const struct buf *buf)
{
	return buf->data == NULL ? "" : buf->data;
}

int
buf_error(const struct buf *buf, struct error *err)
{
	if (buf->failed)
		return error_set(err, ERR_TOO_LARGE, "more than %zu bytes", buf->max);
	return 0;
}

char *
buf_dup(const struct buf *buf, struct arena *arena)
{
	return buf->failed ? NULL : arena_memdup(arena, buf_str(buf), buf->len);
}
