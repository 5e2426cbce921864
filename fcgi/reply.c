#include "fcgi/reply.h"

#include "lib/base/text.h"

#define HEAD_MAX (32 * KIB)

static const struct {
	int status;
	const char *reason;
} reasons[] = {
    {200, "OK"},
    {201, "Created"},
    {202, "Accepted"},
    {204, "No Content"},
    {206, "Partial Content"},
    {304, "Not Modified"},
    {308, "Permanent Redirect"},
    {400, "Bad Request"},
    {401, "Unauthorized"},
    {402, "Payment Required"},
    {403, "Forbidden"},
    {404, "Not Found"},
    {405, "Method Not Allowed"},
    {408, "Request Timeout"},
    {409, "Conflict"},
    {410, "Gone"},
    {413, "Content Too Large"},
    {414, "URI Too Long"},
    {415, "Unsupported Media Type"},
    {416, "Range Not Satisfiable"},
    {422, "Unprocessable Content"},
    {423, "Locked"},
    {429, "Too Many Requests"},
    {500, "Internal Server Error"},
    {502, "Bad Gateway"},
    {503, "Service Unavailable"},
    {504, "Gateway Timeout"},
    {507, "Insufficient Storage"},
};

const char *
reply_reason(int status)
{
	for (size_t i = 0; i < ARRAY_LEN(reasons); i++)
		if (reasons[i].status == status)
			return reasons[i].reason;
	return "Status";
}

void
reply_begin(struct reply *reply, struct req *req, struct buf *body)
{
	*reply = (struct reply){.arena = req->arena, .body = body, .no_body = req->method == REQ_HEAD};
	buf_reset(body);
}

void
reply_reset(struct reply *reply)
{
	buf_reset(reply->body);
	reply->status = 0;
	reply->type = NULL;
	reply->header_count = 0;
	reply->location = NULL;
	reply->problem_code = NULL;
}

void
reply_header(struct reply *reply, const char *name, const char *value)
{
	size_t i = 0;

	if (value == NULL)
		return;
	while (i < reply->header_count && strcasecmp(reply->headers[i].name, name) != 0)
		i++;
	if (i == REPLY_HEADERS_MAX)
		return;
	reply->headers[i] = (struct reply_header){.name = name, .value = value};
	if (i == reply->header_count)
		reply->header_count++;
}

void
reply_headerf(struct reply *reply, const char *name, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reply_header(reply, name, arena_vprintf(reply->arena, format, args));
	va_end(args);
}

void
reply_location(struct reply *reply, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	reply->location = arena_vprintf(reply->arena, format, args);
	va_end(args);
	reply_header(reply, "Location", reply->location);
}

struct js_writer *
reply_json(struct reply *reply, int status)
{
	reply_text(reply, status, "application/json");
	js_begin(&reply->js, reply->body);
	return &reply->js;
}

void
reply_json_end(struct reply *reply)
{
	js_end(&reply->js);
}

struct js_writer *
reply_object(struct reply *reply, int status)
{
	struct js_writer *w = reply_json(reply, status);

	js_open_object(w, NULL);
	return w;
}

void
reply_object_end(struct reply *reply)
{
	js_close(&reply->js);
	js_end(&reply->js);
}

void
reply_text(struct reply *reply, int status, const char *type)
{
	buf_reset(reply->body);
	reply->status = status;
	reply->type = type;
}

bool
reply_tag_matches(const char *if_none_match, const char *tag)
{
	const size_t len = strlen(tag);

	for (const char *p = if_none_match; *p != '\0';) {
		p += strspn(p, ", \t");
		if (*p == '*')
			return true;
		if (strncmp(p, "W/", 2) == 0)
			p += 2;
		if (strncmp(p, tag, len) == 0 && strchr(", \t", p[len]) != NULL)
			return true;
		p += strcspn(p, ",");
	}
	return false;
}

bool
reply_unchanged(struct reply *reply, const struct req *req, const char *version_format, ...)
{
	struct buf tag = BUF_INIT(200);
	const char *text;
	va_list args;

	buf_putc(&tag, '"');
	va_start(args, version_format);
	buf_vprintf(&tag, version_format, args);
	va_end(args);
	buf_putc(&tag, '"');
	text = buf_dup(&tag, reply->arena);
	buf_done(&tag);
	reply_header(reply, "ETag", text);
	reply_header(reply, "Cache-Control", "private, no-cache");
	if (text == NULL || !reply_tag_matches(req->if_none_match, text))
		return false;
	buf_reset(reply->body);
	reply->status = 304;
	reply->type = NULL;
	return true;
}

int64_t
reply_send(struct reply *reply, struct channel *channel)
{
	CLEANUP(buf_done) struct buf head = BUF_INIT(HEAD_MAX);
	const bool body = !reply->no_body && reply->status != 304 && reply->status != 204;

	buf_printf(&head, "Status: %d %s\r\n", reply->status, reply_reason(reply->status));
	if (reply->type != NULL)
		buf_printf(&head, "Content-Type: %s\r\n", reply->type);
	for (size_t i = 0; i < reply->header_count; i++) {
		buf_printf(&head, "%s: ", reply->headers[i].name);
		buf_header(&head, reply->headers[i].value);
		buf_puts(&head, "\r\n");
	}
	if (reply->status != 304 && reply->status != 204)
		buf_printf(&head, "Content-Length: %zu\r\n", reply->body->len);
	buf_puts(&head, "\r\n");
	/* One write in the usual case: the answer then leaves in one FastCGI record. */
	if (body && reply->body->len <= HEAD_MAX / 2 && head.len <= HEAD_MAX / 4) {
		buf_put(&head, buf_str(reply->body), reply->body->len);
		return channel->write(channel, head.data, head.len) < 0 ? -1 : (int64_t)reply->body->len;
	}
	if (head.failed || channel->write(channel, head.data, head.len) < 0)
		return -1;
	if (body && reply->body->len > 0 && channel->write(channel, buf_str(reply->body), reply->body->len) < 0)
		return -1;
	return body ? (int64_t)reply->body->len : 0;
}
