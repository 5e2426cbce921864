/*
 * Reading what came back: status lines, headers, and what they mean for a call that may cost money.
 */
#include <ctype.h>

#include "lib/base/text.h"
#include "lib/net/http_priv.h"

#define RETRY_AFTER_MAX_S 86400

int
http_status_parse(const char *line, size_t len)
{
	const char *space = memchr(line, ' ', len);
	char digits[4];
	int64_t status;

	if (len < 12 || memcmp(line, "HTTP/", 5) != 0 || space == NULL || (size_t)(line + len - space) < 4)
		return 0;
	memcpy(digits, space + 1, 3);
	digits[3] = '\0';
	return text_int(digits, 100, 999, &status) < 0 ? 0 : (int)status;
}

bool
http_header_parse(struct arena *arena, const char *line, size_t len, struct http_header *ret)
{
	while (len > 0 && isspace((unsigned char)line[len - 1]))
		len--;
	const char *colon = memchr(line, ':', len);
	if (colon == NULL || colon == line)
		return false;
	const char *value = colon + 1;
	while (value < line + len && isspace((unsigned char)*value))
		value++;
	char *name = arena_memdup(arena, line, (size_t)(colon - line));
	ret->value = arena_memdup(arena, value, (size_t)(line + len - value));
	for (char *c = name; c != NULL && *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	ret->name = name;
	return name != NULL && ret->value != NULL;
}

const char *
http_header(const struct http_result *result, const char *name)
{
	for (size_t i = 0; i < result->header_count; i++)
		if (strcasecmp(result->headers[i].name, name) == 0)
			return result->headers[i].value;
	return NULL;
}

int
http_retry_after(const char *value, int64_t now_s, int64_t (*parse_date)(const char *))
{
	int64_t seconds;

	if (value == NULL)
		return 0;
	if (text_int(value, 0, INT64_MAX, &seconds) < 0) {
		const int64_t date = parse_date(value);
		seconds = date < 0 ? 0 : date - now_s;
	}
	return (int)FW_MIN(FW_MAX(seconds, 0), RETRY_AFTER_MAX_S);
}

enum http_verdict
http_verdict(const struct http_result *result)
{
	if (result->outcome == HTTP_NOT_SENT)
		return HTTP_VERDICT_VOID;
	if (result->outcome == HTTP_UNKNOWN)
		return HTTP_VERDICT_UNCERTAIN;
	if (result->status == 429)
		return HTTP_VERDICT_LIMITED;
	/* A time-out, a conflict or "too early" seen by a gateway says nothing about what stands behind it. */
	if (result->status == 408 || result->status == 425 || result->status == 499)
		return HTTP_VERDICT_UNCERTAIN;
	if (result->status >= 300 && result->status < 500)
		return HTTP_VERDICT_REJECTED;
	if (result->status >= 200 && result->status < 300 && result->complete)
		return HTTP_VERDICT_ACCEPTED;
	return HTTP_VERDICT_UNCERTAIN;
}
