/*
 * struct buf: bytes that only grow at the end.
 *
 * It is born with a maximum. What would go beyond it is not appended, the buf turns failed and ignores all further
 * appending; so a chain of buf_put()s needs one check, at its end. The bytes are always followed by a NUL that
 * does not count.
 *
 * Which escaping is used is told by the function name: buf_text for HTML, buf_urlarg for a part of a URL, buf_header
 * for an HTTP header's value.
 */
#ifndef FW_BASE_BUF_H
#define FW_BASE_BUF_H

#include <stdarg.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct buf {
	char *data; /* NULL while empty; read it through buf_str() */
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
};

/* For static initialisation: struct buf b = BUF_INIT(64 * KIB); */
#define BUF_INIT(maximum) \
	{ \
		.max = (maximum) \
	}

/* Allocates nothing yet. */
void buf_init(struct buf *buf, size_t max);
/* Frees; the buf may be used again with the same maximum. Fits CLEANUP(buf_done). */
void buf_done(struct buf *buf);
/* Empties and clears the failure, keeps the memory. */
void buf_reset(struct buf *buf);
/* Cuts back to `len` bytes; len must not be larger than buf->len. */
void buf_cut(struct buf *buf, size_t len);

void buf_put(struct buf *buf, const void *bytes, size_t len);
void buf_puts(struct buf *buf, const char *text);
void buf_putc(struct buf *buf, char c);
void buf_printf(struct buf *buf, const char *format, ...) PRINTF_LIKE(2, 3);
void buf_vprintf(struct buf *buf, const char *format, va_list args) PRINTF_LIKE(2, 0);

/* HTML text and attribute values: & < > " ' become entities. */
void buf_text(struct buf *buf, const char *text);
/* Everything but the unreserved characters of RFC 3986 is percent-encoded. */
void buf_urlarg(struct buf *buf, const char *text);
/* Control characters, CR and LF among them, become one space each. */
void buf_header(struct buf *buf, const char *text);

/* Never NULL; borrowed until the next append, reset or done. */
const char *buf_str(const struct buf *buf) RETURNS_NONNULL;
/* 0, or -1 with ERR_TOO_LARGE when something did not fit. */
int buf_error(const struct buf *buf, struct error *err) MUST_CHECK;
/* A terminated copy in the arena; NULL when the buf failed or the arena is exhausted. */
char *buf_dup(const struct buf *buf, struct arena *arena) MUST_CHECK;

#endif
