/*
 * What a request brought along, out of libwebsockets' tables of headers and arguments.
 */
#ifndef FW_EVENTS_REQUEST_H
#define FW_EVENTS_REQUEST_H

#include <libwebsockets.h>

#include "events/access.h"

/* "" when it is absent or does not fit. */
void request_header(struct lws *wsi, enum lws_token_indexes token, char *text, int size);
/* A query argument by "name="; unescaped. */
void request_argument(struct lws *wsi, const char *name, char *text, int size);
/* Everything that may carry a token. */
void request_read(struct lws *wsi, struct access_request *request);
/* The position to resume from: ?after=, else Last-Event-ID, else -1. */
int64_t request_after(struct lws *wsi);
/* Whether path is `before`, a UUID and `after`; the UUID through id. */
bool request_path_id(const char *path, const char *before, const char *after, char id[ID_UUID_SIZE]);

#endif
