/*
 * struct reply: the answer while it is made. Nothing is sent before it is complete, so that a failure half way is still
 * a clean problem document.
 */
#ifndef FW_FCGI_REPLY_H
#define FW_FCGI_REPLY_H

#include "fcgi/req.h"
#include "lib/js/write.h"

#define REPLY_HEADERS_MAX 20
#define REPLY_BODY_MAX (16 * MIB)

struct reply_header {
	const char *name;
	const char *value;
};

struct reply {
	struct arena *arena;
	struct buf *body; /* the responder's; emptied for each request */
	struct js_writer js;
	int status;
	const char *type; /* Content-Type; NULL without a body */
	struct reply_header headers[REPLY_HEADERS_MAX];
	size_t header_count;
	const char *location;	  /* also among the headers; kept for stored answers */
	const char *problem_code; /* NULL unless it is a problem document */
	bool no_body;		  /* HEAD and 304 */
};

void reply_begin(struct reply *reply, struct req *req, struct buf *body);
/* Drops status, headers and body: the handler starts over. */
void reply_reset(struct reply *reply);

/* Control characters in the value become spaces. A NULL value adds nothing. The same name replaces. */
void reply_header(struct reply *reply, const char *name, const char *value);
void reply_headerf(struct reply *reply, const char *name, const char *format, ...) PRINTF_LIKE(3, 4);
void reply_location(struct reply *reply, const char *format, ...) PRINTF_LIKE(2, 3);

/* A JSON body: the returned writer stands before the outermost value; reply_json_end() closes it. */
struct js_writer *reply_json(struct reply *reply, int status) RETURNS_NONNULL;
void reply_json_end(struct reply *reply);
/* Opens and closes an object besides. */
struct js_writer *reply_object(struct reply *reply, int status) RETURNS_NONNULL;
void reply_object_end(struct reply *reply);
/* A page or other text; the body is empty and may be filled through reply->body. */
void reply_text(struct reply *reply, int status, const char *type);

/* Sets the ETag: what the resource's version is made of, usually a project's event number and the caller's role. True
 * when the client has this version: the reply is then a complete 304. */
bool reply_unchanged(struct reply *reply, const struct req *req, const char *version_format, ...) PRINTF_LIKE(3, 4);
/* Whether If-None-Match names this tag (quotes included). */
bool reply_tag_matches(const char *if_none_match, const char *tag);

/* Status line, headers, body into the channel. Bytes sent, or -1 when nobody listens. */
int64_t reply_send(struct reply *reply, struct channel *channel);
/* "Not Found" for 404. */
const char *reply_reason(int status) RETURNS_NONNULL;

#endif
