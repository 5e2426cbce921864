/*
 * UTF-8, trimming, base64 and hex. Numbers are in text_number.c.
 */
#include "lib/base/text.h"

#include <strings.h>

int32_t
text_utf8_next(const char *text, size_t len, size_t *ret_len)
{
	const unsigned char *s = (const unsigned char *)text;
	static const int32_t least[5] = {0, 0, 0x80, 0x800, 0x10000};
	size_t need;
	int32_t point;

	*ret_len = 1;
	if (len == 0)
		return -1;
	if (s[0] < 0x80)
		return s[0];
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		need = 2;
	else if (s[0] >= 0xe0 && s[0] <= 0xef)
		need = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		need = 4;
	else
		return -1;
	if (len < need)
		return -1;
	point = s[0] & (0xff >> (need + 1));
	for (size_t i = 1; i < need; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return -1;
		point = (point << 6) | (s[i] & 0x3f);
	}
	if (point < least[need] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff))
		return -1;
	*ret_len = need;
	return point;
}

bool
text_utf8_valid(const char *text, size_t len)
{
	size_t step;

	for (size_t i = 0; i < len; i += step)
		if (text_utf8_next(text + i, len - i, &step) <= 0)
			return false;
	return true;
}

size_t
text_utf8_count(const char *text, size_t len)
{
	size_t count = 0;

	for (size_t i = 0; i < len; i++)
		count += ((unsigned char)text[i] & 0xc0) != 0x80;
	return count;
}

size_t
text_utf8_cut(const char *text, size_t len, size_t max_points)
{
	size_t i = 0, step;

	for (size_t points = 0; i < len && points < max_points; points++, i += step)
		text_utf8_next(text + i, len - i, &step);
	return i;
}

static bool
is_space(int32_t point)
{
	return point == ' ' || (point >= '\t' && point <= '\r') || point == 0x85 || point == 0xa0 || point == 0x1680 ||
	       (point >= 0x2000 && point <= 0x200b) || point == 0x2028 || point == 0x2029 || point == 0x202f ||
	       point == 0x205f || point == 0x3000 || point == 0xfeff;
}

void
text_trim(const char **text, size_t *len)
{
	size_t step;

	while (*len > 0 && is_space(text_utf8_next(*text, *len, &step))) {
		*text += step;
		*len -= step;
	}
	while (*len > 0) {
		size_t last = *len - 1;
		while (last > 0 && ((unsigned char)(*text)[last] & 0xc0) == 0x80)
			last--;
		if (!is_space(text_utf8_next(*text + last, *len - last, &step)) || last + step != *len)
			return;
		*len = last;
	}
}

bool
text_starts(const char *text, const char *prefix)
{
	return strncmp(text, prefix, strlen(prefix)) == 0;
}

bool
text_ends(const char *text, const char *suffix)
{
	const size_t len = strlen(text), tail = strlen(suffix);

	return len >= tail && memcmp(text + len - tail, suffix, tail) == 0;
}

bool
text_equal(const char *a, const char *b)
{
	return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

int
text_copy(char *to, size_t size, const char *from)
{
	const size_t len = strlen(from);

	if (size == 0)
		return -1;
	const size_t kept = FW_MIN(len, size - 1);
	memcpy(to, from, kept);
	to[kept] = '\0';
	return kept == len ? 0 : -1;
}

static void
base64_put(struct buf *buf, const unsigned char *bytes, size_t len, const char *alphabet, bool pad)
{
	for (size_t i = 0; i < len; i += 3) {
		const size_t have = FW_MIN(len - i, 3);
		const uint32_t bits = (uint32_t)bytes[i] << 16 | (have > 1 ? (uint32_t)bytes[i + 1] << 8 : 0) |
				      (have > 2 ? bytes[i + 2] : 0);
		char out[4];
		for (size_t k = 0; k < 4; k++)
			out[k] = k <= have ? alphabet[bits >> (18 - 6 * k) & 63] : '=';
		buf_put(buf, out, pad ? 4 : have + 1);
	}
}

void
text_base64(struct buf *buf, const void *bytes, size_t len)
{
	base64_put(buf, bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", true);
}

void
text_base64url(struct buf *buf, const void *bytes, size_t len)
{
	base64_put(buf, bytes, len, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", false);
}

static int
base64_digit(char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == '+' || c == '-')
		return 62;
	if (c == '/' || c == '_')
		return 63;
	return -1;
}

ssize_t
text_from_base64(const char *text, size_t len, void *bytes, size_t size)
{
	unsigned char *out = bytes;
	uint32_t bits = 0;
	unsigned have = 0;
	size_t done = 0;

	for (int pads = 0; pads < 2 && len > 0 && len % 4 == (pads == 0 ? 0 : 3) && text[len - 1] == '='; pads++)
		len--;
	if (len % 4 == 1)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const int digit = base64_digit(text[i]);
		if (digit < 0)
			return -1;
		bits = bits << 6 | (uint32_t)digit;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		if (done == size)
			return -1;
		out[done++] = (unsigned char)(bits >> have);
	}
	/* Left-over bits must be zero, or several texts would mean the same bytes. */
	return (bits & ((1u << have) - 1)) == 0 ? (ssize_t)done : -1;
}

const char *
text_hex(const void *bytes, size_t len, char *text)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *b = bytes;

	for (size_t i = 0; i < len; i++) {
		text[2 * i] = digits[b[i] >> 4];
		text[2 * i + 1] = digits[b[i] & 15];
	}
	text[2 * len] = '\0';
	return text;
}

static int
hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

int
text_from_hex(const char *text, void *bytes, size_t len)
{
	unsigned char *out = bytes;

	if (strlen(text) != 2 * len)
		return -1;
	for (size_t i = 0; i < len; i++) {
		const int high = hex_digit(text[2 * i]), low = hex_digit(text[2 * i + 1]);
		if (high < 0 || low < 0)
			return -1;
		out[i] = (unsigned char)(high << 4 | low);
	}
	return 0;
}
