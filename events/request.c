#include "events/request.h"

#include <stdlib.h>
#include <string.h>

void
request_header(struct lws *wsi, enum lws_token_indexes token, char *text, int size)
{
	if (lws_hdr_copy(wsi, text, size, token) < 0)
		text[0] = '\0';
}

/* A query argument without its name; "" when it is absent. lws unescapes it. */
void
request_argument(struct lws *wsi, const char *name, char *text, int size)
{
	char raw[ACCESS_TEXT_MAX + 32];
	const char *value = lws_get_urlarg_by_name(wsi, name, raw, sizeof(raw));

	text[0] = '\0';
	if (value != NULL && strlen(value) < (size_t)size)
		memcpy(text, value, strlen(value) + 1);
}

void
request_read(struct lws *wsi, struct access_request *request)
{
	request_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, request->authorization, sizeof(request->authorization));
	request_header(wsi, WSI_TOKEN_PROTOCOL, request->protocol, sizeof(request->protocol));
	request_header(wsi, WSI_TOKEN_HTTP_COOKIE, request->cookie, sizeof(request->cookie));
	request_header(wsi, WSI_TOKEN_ORIGIN, request->origin, sizeof(request->origin));
	request_argument(wsi, "token=", request->token, sizeof(request->token));
	request_argument(wsi, "ticket=", request->ticket, sizeof(request->ticket));
}

/* The position to resume from: ?after=, else Last-Event-ID, else -1. */
int64_t
request_after(struct lws *wsi)
{
	char text[32], *end;
	int64_t after;

	request_argument(wsi, "after=", text, sizeof(text));
	if (text[0] == '\0' && lws_hdr_custom_copy(wsi, text, sizeof(text), "last-event-id:", 14) < 0)
		return -1;
	after = strtoll(text, &end, 10);
	return text[0] == '\0' || *end != '\0' || after < 0 ? -1 : after;
}

/* "/ws/<id>" gives the id; NULL for other paths. id has room for a UUID. */
bool
request_path_id(const char *path, const char *before, const char *after, char id[ID_UUID_SIZE])
{
	size_t len = strlen(before);

	if (strncmp(path, before, len) != 0 || strlen(path + len) != ID_UUID_SIZE - 1 + strlen(after) ||
	    strcmp(path + len + ID_UUID_SIZE - 1, after) != 0)
		return false;
	memcpy(id, path + len, ID_UUID_SIZE - 1);
	id[ID_UUID_SIZE - 1] = '\0';
	return id_is_uuid(id);
}
