/*
 * What http.c and http_result.c share, and tests may look at.
 */
#ifndef FW_NET_HTTP_PRIV_H
#define FW_NET_HTTP_PRIV_H

#include "lib/net/http.h"

/* One header line without its line end; false when it is none. The texts live in the arena. */
bool http_header_parse(struct arena *arena, const char *line, size_t len, struct http_header *ret) MUST_CHECK;
/* The status of "HTTP/1.1 200 OK"; 0 for anything else. */
int http_status_parse(const char *line, size_t len);
/* Seconds from a Retry-After value, a number or a date; 0 when it says nothing. */
int http_retry_after(const char *value, int64_t now_s, int64_t (*parse_date)(const char *));

#endif
