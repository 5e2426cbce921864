/*
 * Random names from the kernel.
 */
#include "lib/base/id.h"

#include <assert.h>
#include <errno.h>
#include <sys/random.h>

#include "lib/base/text.h"

void
id_bytes(void *bytes, size_t len)
{
	unsigned char *at = bytes;

	while (len > 0) {
		const ssize_t got = getrandom(at, len, 0);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			abort();
		at += got;
		len -= (size_t)got;
	}
}

uint64_t
id_u64(void)
{
	uint64_t number;

	id_bytes(&number, sizeof(number));
	return number;
}

const char *
id_uuid(char text[static ID_UUID_SIZE])
{
	unsigned char b[16];

	id_bytes(b, sizeof(b));
	b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
	b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
	snprintf(text, ID_UUID_SIZE, "%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
	    b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14], b[15]);
	return text;
}

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
}

bool
id_is_uuid(const char *text)
{
	if (text == NULL || strlen(text) != ID_UUID_SIZE - 1)
		return false;
	for (int i = 0; i < ID_UUID_SIZE - 1; i++) {
		const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
		if (dash ? text[i] != '-' : !is_hex(text[i]) && !(text[i] >= 'A' && text[i] <= 'F'))
			return false;
	}
	return true;
}

const char *
id_hex(char *text, size_t digits)
{
	static const char alphabet[] = "0123456789abcdef";
	unsigned char bytes[64];
	size_t done = 0;

	while (done < digits) {
		const size_t part = FW_MIN(digits - done, sizeof(bytes));
		id_bytes(bytes, part);
		for (size_t i = 0; i < part; i++)
			text[done++] = alphabet[bytes[i] & 15];
	}
	text[digits] = '\0';
	return text;
}

bool
id_is_prefixed(const char *text, const char *prefix)
{
	if (text == NULL || !text_starts(text, prefix) || text[strlen(prefix)] != '_')
		return false;
	text += strlen(prefix) + 1;
	for (int i = 0; i < ID_PREFIXED_DIGITS; i++)
		if (!is_hex(text[i]))
			return false;
	return text[ID_PREFIXED_DIGITS] == '\0';
}

bool
id_is_token(const char *text, size_t max)
{
	size_t len = 0;

	if (text == NULL)
		return false;
	for (; text[len] != '\0'; len++) {
		const char c = text[len];
		if (len >= max)
			return false;
		if (!(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z') &&
		    strchr("-_.:", c) == NULL)
			return false;
	}
	return len > 0;
}
