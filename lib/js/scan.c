/*
 * The look at JSON text before json-c builds it. It is not a parser: json-c checks the grammar. It refuses what json-c
 * would accept or silently change, and does so in one pass without memory.
 */
#include <errno.h>

#include "lib/base/text.h"
#include "lib/js/read_priv.h"

#define NUMBER_LENGTH_MAX 64

struct scan {
	const char *text;
	size_t len, at;
	unsigned depth;
	size_t members, values, containers;
	struct error *err;
};

static int
refuse(struct scan *scan, const char *why)
{
	size_t line = 1;

	for (size_t i = 0; i < FW_MIN(scan->at, scan->len); i++)
		line += scan->text[i] == '\n';
	return error_set(scan->err, ERR_BAD_JSON, "%s (line %zu)", why, line);
}

static int
hex4(const char *text, size_t left)
{
	unsigned char bytes[2];
	char digits[5];

	if (left < 4)
		return -1;
	memcpy(digits, text, 4);
	digits[4] = '\0';
	return text_from_hex(digits, bytes, 2) < 0 ? -1 : bytes[0] << 8 | bytes[1];
}

/* At the 'u' of \uXXXX; moves to the last digit. */
static int
scan_unicode(struct scan *scan)
{
	const char *text = scan->text + scan->at + 1;
	const size_t left = scan->len - scan->at - 1;
	const int unit = hex4(text, left);

	if (unit < 0)
		return refuse(scan, "a \\u escape needs four hexadecimal digits");
	if (unit == 0)
		return refuse(scan, "a string contains a NUL character");
	if (unit >= 0xdc00 && unit <= 0xdfff)
		return refuse(scan, "a string contains half a surrogate pair");
	scan->at += 4;
	if (unit < 0xd800 || unit > 0xdbff)
		return 0;
	const int low = left >= 10 && text[4] == '\\' && text[5] == 'u' ? hex4(text + 6, left - 6) : -1;
	if (low < 0xdc00 || low > 0xdfff)
		return refuse(scan, "a string contains half a surrogate pair");
	scan->at += 6;
	return 0;
}

/* At the opening quote; moves past the closing one. */
static int
scan_string(struct scan *scan)
{
	for (scan->at++; scan->at < scan->len; scan->at++) {
		const unsigned char c = (unsigned char)scan->text[scan->at];
		if (c == '"') {
			scan->at++;
			return 0;
		}
		if (c < 0x20)
			return refuse(scan, "a control character in a string must be escaped");
		if (c != '\\')
			continue;
		if (++scan->at == scan->len)
			break;
		const char escape = scan->text[scan->at];
		if (escape == '\0' || strchr("\"\\/bfnrtu", escape) == NULL)
			return refuse(scan, "an unknown escape in a string");
		if (escape == 'u' && scan_unicode(scan) < 0)
			return -1;
	}
	return refuse(scan, "a string does not end");
}

static size_t
scan_digits(const struct scan *scan, size_t at)
{
	const size_t start = at;

	while (at < scan->len && scan->text[at] >= '0' && scan->text[at] <= '9')
		at++;
	return at - start;
}

/* json-c saturates whole numbers beyond 64 bits: what was sent would not be what is read. */
static bool
fits(const char *number, size_t len)
{
	char copy[NUMBER_LENGTH_MAX + 1];

	if (memchr(number, '.', len) != NULL || memchr(number, 'e', len) != NULL || memchr(number, 'E', len) != NULL)
		return true;
	memcpy(copy, number, len);
	copy[len] = '\0';
	errno = 0;
	if (copy[0] == '-')
		(void)strtoll(copy, NULL, 10);
	else
		(void)strtoull(copy, NULL, 10);
	return errno == 0;
}

/* -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)? */
static int
scan_number(struct scan *scan)
{
	const size_t start = scan->at;
	size_t at = start + (scan->text[start] == '-');
	size_t digits = scan_digits(scan, at);

	if (digits == 0 || (digits > 1 && scan->text[at] == '0'))
		return refuse(scan, "not a JSON number");
	at += digits;
	if (at < scan->len && scan->text[at] == '.') {
		if ((digits = scan_digits(scan, at + 1)) == 0)
			return refuse(scan, "not a JSON number");
		at += 1 + digits;
	}
	if (at < scan->len && (scan->text[at] == 'e' || scan->text[at] == 'E')) {
		at++;
		at += at < scan->len && (scan->text[at] == '+' || scan->text[at] == '-');
		if ((digits = scan_digits(scan, at)) == 0)
			return refuse(scan, "not a JSON number");
		at += digits;
	}
	if (at - start > NUMBER_LENGTH_MAX || !fits(scan->text + start, at - start))
		return refuse(scan, "a number has too many digits");
	scan->at = at;
	return 0;
}

static int
scan_word(struct scan *scan)
{
	static const char *const words[] = {"true", "false", "null"};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		const size_t len = strlen(words[i]);
		if (scan->len - scan->at >= len && memcmp(scan->text + scan->at, words[i], len) == 0) {
			scan->at += len;
			return 0;
		}
	}
	return refuse(scan, "not JSON");
}

static int
scan_token(struct scan *scan)
{
	switch (scan->text[scan->at]) {
	case '"':
		return scan_string(scan);
	case '{':
	case '[':
		scan->containers++;
		if (++scan->depth > JS_DEPTH_MAX)
			return refuse(scan, "nested too deeply");
		break;
	case '}':
	case ']':
		if (scan->depth-- == 0)
			return refuse(scan, "a closing bracket too many");
		break;
	case ':':
		scan->members++;
		break;
	case ',':
		scan->values++;
		break;
	case ' ':
	case '\t':
	case '\r':
	case '\n':
		break;
	case '-':
	case '0' ... '9':
		return scan_number(scan);
	default:
		return scan_word(scan);
	}
	scan->at++;
	return 0;
}

int
js_scan(const char *text, size_t len, size_t *ret_members, struct error *err)
{
	struct scan scan = {.text = text, .len = len, .err = err};

	if (len > JS_BYTES_MAX)
		return error_set(err, ERR_TOO_LARGE, "more than %zu bytes of JSON", (size_t)JS_BYTES_MAX);
	if (!text_utf8_valid(text, len))
		return error_set(err, ERR_BAD_JSON, "the text is not valid UTF-8 or contains a NUL character");
	while (scan.at < len) {
		if (scan_token(&scan) < 0)
			return -1;
		if (scan.values > JS_VALUES_MAX || scan.containers > JS_CONTAINERS_MAX)
			return error_set(err, ERR_TOO_LARGE, "too many values in one JSON text");
	}
	if (scan.depth != 0)
		return refuse(&scan, "the text ends too early");
	*ret_members = scan.members;
	return 0;
}
