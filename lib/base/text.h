/*
 * Small questions about text: numbers with every error noticed, UTF-8, exact decimals, base64 and hex.
 */
#ifndef FW_BASE_TEXT_H
#define FW_BASE_TEXT_H

#include <sys/types.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

/* The whole text is one decimal number within min..max; no spaces, no plus sign. 0 or -1, ret set on success only. */
int text_int(const char *text, int64_t min, int64_t max, int64_t *ret) MUST_CHECK;
/* Finite decimal number in C locale; the whole text. */
int text_double(const char *text, double *ret) MUST_CHECK;
/* "1", "true", "on", "yes" and their opposites in any case. */
int text_bool(const char *text, bool *ret) MUST_CHECK;
/* "512", "50MB" (10^6), "1 GiB" (2^30), K M G T with or without B or iB (plain K M G T are decimal). */
int text_size(const char *text, int64_t *ret) MUST_CHECK;
/* "30", "30s", "500ms" is refused: whole seconds; "5m", "2h", "7d". */
int text_duration_s(const char *text, int64_t *ret) MUST_CHECK;

/* Exact decimal dollars to micro-dollars and back, no binary floating point. JSON numbers with an exponent are
 * understood; more than six decimals are refused unless they are zeros. */
#define TEXT_MONEY_SIZE 32
int text_money(const char *text, int64_t *ret_micros) MUST_CHECK;
/* The same, but further decimals round away from zero: what a provider reports is never booked too low. */
int text_money_up(const char *text, int64_t *ret_micros) MUST_CHECK;
/* "12.5", "0.001", "-3"; no trailing zeros. Returns text. */
const char *text_from_money(int64_t micros, char text[static TEXT_MONEY_SIZE]);

/* Strict UTF-8: no overlong forms, no surrogates, nothing above U+10FFFF. NUL bytes are refused too. */
bool text_utf8_valid(const char *text, size_t len);
/* Code points of valid UTF-8. */
size_t text_utf8_count(const char *text, size_t len);
/* The next code point of text[0..len) and the bytes it takes through ret_len; -1 for an invalid sequence with *ret_len
 * = 1. */
int32_t text_utf8_next(const char *text, size_t len, size_t *ret_len);
/* Moves *text and *len past ASCII white space, U+00A0, U+FEFF and U+2000..U+200B, U+3000 at both ends. */
void text_trim(const char **text, size_t *len);
/* Bytes of at most max_points code points. */
size_t text_utf8_cut(const char *text, size_t len, size_t max_points);

bool text_starts(const char *text, const char *prefix);
bool text_ends(const char *text, const char *suffix);
/* NULL equals only NULL. */
bool text_equal(const char *a, const char *b);
/* Copies and always terminates; -1 when it had to cut. */
int text_copy(char *to, size_t size, const char *from);

/* Appends base64 with padding, or base64url without. */
void text_base64(struct buf *buf, const void *bytes, size_t len);
void text_base64url(struct buf *buf, const void *bytes, size_t len);
/* Either alphabet, padding optional, no white space. Writes at most `size` bytes; the count, or -1. */
ssize_t text_from_base64(const char *text, size_t len, void *bytes, size_t size) MUST_CHECK;
/* text has room for 2 * len + 1. Returns text. */
const char *text_hex(const void *bytes, size_t len, char *text);
/* Exactly len bytes from 2 * len digits and the end of the text. */
int text_from_hex(const char *text, void *bytes, size_t len) MUST_CHECK;

#endif
