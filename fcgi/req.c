#include "fcgi/req.h"

#include <ctype.h>

#include "fcgi/app.h"
#include "fcgi/route.h"
#include "lib/base/text.h"

static const char *const method_names[REQ_METHOD__COUNT] = {
    [REQ_GET] = "GET",
    [REQ_POST] = "POST",
    [REQ_PUT] = "PUT",
    [REQ_PATCH] = "PATCH",
    [REQ_DELETE] = "DELETE",
    [REQ_HEAD] = "HEAD",
    [REQ_OPTIONS] = "OPTIONS",
    [REQ_OTHER] = "OTHER",
};

/* The variables we look at, gathered in one pass over the environment. */
enum variable {
	V_METHOD,
	V_DOCUMENT_URI,
	V_REQUEST_URI,
	V_SCRIPT_NAME,
	V_PATH_INFO,
	V_QUERY,
	V_TYPE,
	V_LENGTH,
	V_ADDRESS,
	V_HTTPS,
	V_HOST,
	V_ORIGIN,
	V_AUTHORIZATION,
	V_API_KEY,
	V_COOKIE,
	V_ACCEPT,
	V_IF_NONE_MATCH,
	V_IF_MATCH,
	V_IDEMPOTENCY_KEY,
	V_REQUEST_ID,
	V__COUNT
};

#define NAMED(text) \
	{ \
		(text), sizeof(text) - 1 \
	}
static const struct {
	const char *name;
	size_t len;
} variables[V__COUNT] = {
    [V_METHOD] = NAMED("REQUEST_METHOD"),
    [V_DOCUMENT_URI] = NAMED("DOCUMENT_URI"),
    [V_REQUEST_URI] = NAMED("REQUEST_URI"),
    [V_SCRIPT_NAME] = NAMED("SCRIPT_NAME"),
    [V_PATH_INFO] = NAMED("PATH_INFO"),
    [V_QUERY] = NAMED("QUERY_STRING"),
    [V_TYPE] = NAMED("CONTENT_TYPE"),
    [V_LENGTH] = NAMED("CONTENT_LENGTH"),
    [V_ADDRESS] = NAMED("REMOTE_ADDR"),
    [V_HTTPS] = NAMED("HTTPS"),
    [V_HOST] = NAMED("HTTP_HOST"),
    [V_ORIGIN] = NAMED("HTTP_ORIGIN"),
    [V_AUTHORIZATION] = NAMED("HTTP_AUTHORIZATION"),
    [V_API_KEY] = NAMED("HTTP_X_API_KEY"),
    [V_COOKIE] = NAMED("HTTP_COOKIE"),
    [V_ACCEPT] = NAMED("HTTP_ACCEPT"),
    [V_IF_NONE_MATCH] = NAMED("HTTP_IF_NONE_MATCH"),
    [V_IF_MATCH] = NAMED("HTTP_IF_MATCH"),
    [V_IDEMPOTENCY_KEY] = NAMED("HTTP_IDEMPOTENCY_KEY"),
    [V_REQUEST_ID] = NAMED("HTTP_X_REQUEST_ID"),
};

static void
gather(char *const *env, const char *ret_values[static V__COUNT])
{
	for (size_t v = 0; v < V__COUNT; v++)
		ret_values[v] = "";
	for (; *env != NULL; env++) {
		const char *equals = strchr(*env, '=');
		const size_t len = equals == NULL ? 0 : (size_t)(equals - *env);

		for (size_t v = 0; v < V__COUNT; v++) {
			if (variables[v].len == len && memcmp(variables[v].name, *env, len) == 0) {
				ret_values[v] = equals + 1;
				break;
			}
		}
	}
}

static enum req_method
method_of(const char *name)
{
	for (size_t m = 0; m < REQ_OTHER; m++)
		if (strcmp(method_names[m], name) == 0)
			return (enum req_method)m;
	return REQ_OTHER;
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)tolower((unsigned char)c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* text[0..len) without %XX (and '+' for a space, in queries); NULL for what is no UTF-8 or holds control characters. */
static char *
decode(struct arena *arena, const char *text, size_t len, bool plus)
{
	char *to = arena_alloc(arena, len + 1);
	size_t n = 0;

	if (to == NULL)
		return NULL;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];

		if (c == '%') {
			const int high = len - i > 2 ? hex_value(text[i + 1]) : -1;
			const int low = len - i > 2 ? hex_value(text[i + 2]) : -1;

			if (high < 0 || low < 0)
				return NULL;
			c = (unsigned char)(high << 4 | low);
			i += 2;
		} else if (c == '+' && plus) {
			c = ' ';
		}
		if (c < 0x20 || c == 0x7f)
			return NULL;
		to[n++] = (char)c;
	}
	to[n] = '\0';
	return text_utf8_valid(to, n) ? to : NULL;
}

/* nginx tells the decoded path; other servers only the parts of plain CGI, or what the client sent. */
static const char *
path_of(struct req *req, const char *const *v)
{
	if (*v[V_DOCUMENT_URI] != '\0')
		return v[V_DOCUMENT_URI];
	if (*v[V_PATH_INFO] != '\0')
		return v[V_PATH_INFO];
	if (*v[V_REQUEST_URI] != '\0')
		return decode(req->arena, v[V_REQUEST_URI], strcspn(v[V_REQUEST_URI], "?"), false);
	return *v[V_SCRIPT_NAME] != '\0' ? v[V_SCRIPT_NAME] : "/";
}

static bool
path_is_sane(const char *path)
{
	const size_t len = path == NULL ? 0 : strlen(path);

	if (len == 0 || len > REQ_PATH_MAX || path[0] != '/' || !text_utf8_valid(path, len))
		return false;
	for (const char *p = path; *p != '\0'; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

static void
req_identify(struct req *req, const char *told)
{
	if (id_is_token(told, REQ_ID_MAX))
		(void)text_copy(req->id, sizeof(req->id), told);
	else
		(void)id_uuid(req->id);
	log_child(&req->log, &req->app->log, LOG_STR("request_id", req->id));
}

int
req_begin(struct req *req, struct responder *responder, struct channel *channel, struct error *err)
{
	const char *v[V__COUNT];
	const char *path;

	gather(channel->env, v);
	*req = (struct req){
	    .arena = responder->arena,
	    .app = responder->app,
	    .responder = responder,
	    .db = responder->db,
	    .clock = responder->app->clock,
	    .channel = channel,
	    .method = method_of(v[V_METHOD]),
	    .path = "/",
	    .query_string = v[V_QUERY],
	    .original_uri = v[V_REQUEST_URI],
	    .content_type = v[V_TYPE],
	    .content_length = -1,
	    .address = v[V_ADDRESS],
	    .host = v[V_HOST],
	    .origin = v[V_ORIGIN],
	    .authorization = v[V_AUTHORIZATION],
	    .api_key = v[V_API_KEY],
	    .cookie = v[V_COOKIE],
	    .accept = v[V_ACCEPT],
	    .if_none_match = v[V_IF_NONE_MATCH],
	    .if_match = v[V_IF_MATCH],
	    .idempotency_key = v[V_IDEMPOTENCY_KEY],
	    .https = strcasecmp(v[V_HTTPS], "on") == 0,
	};
	req->method_name = method_names[req->method];
	req->began_us = clock_now_us(NULL);
	req_identify(req, v[V_REQUEST_ID]);
	path = path_of(req, v);
	if (!path_is_sane(path))
		return error_set(err, ERR_BAD_REQUEST, "the path is too long or not UTF-8");
	req->path = path;
	if (strlen(req->query_string) > REQ_QUERY_MAX)
		return error_set(err, ERR_BAD_REQUEST, "the query string is longer than %d bytes", REQ_QUERY_MAX);
	if (*v[V_LENGTH] != '\0' && text_int(v[V_LENGTH], 0, INT64_MAX, &req->content_length) < 0)
		return error_set(err, ERR_BAD_REQUEST, "Content-Length is not a number");
	return 0;
}

int
req_read_body(struct req *req, size_t limit, struct error *err)
{
	size_t cap = req->content_length >= 0 ? (size_t)req->content_length : 8 * KIB;
	char *body;
	size_t len = 0;

	if (req->content_length > (int64_t)limit)
		return error_set(err, ERR_TOO_LARGE, "the body is larger than %zu bytes", limit);
	body = arena_alloc(req->arena, cap + 1);
	while (body != NULL && (req->content_length < 0 || len < cap)) {
		const ssize_t got = req->channel->read(req->channel, body + len, cap - len);

		if (got < 0)
			return error_set(err, ERR_BAD_REQUEST, "the body ended too early");
		if (got == 0)
			break;
		len += (size_t)got;
		if (len == cap && req->content_length < 0) {
			char *larger = len > limit ? NULL : arena_alloc(req->arena, 2 * cap + 1);

			if (len > limit)
				return error_set(err, ERR_TOO_LARGE, "the body is larger than %zu bytes", limit);
			if (larger != NULL)
				memcpy(larger, body, len);
			body = larger;
			cap *= 2;
		}
	}
	if (body == NULL)
		return arena_error(req->arena, err);
	if (len > limit)
		return error_set(err, ERR_TOO_LARGE, "the body is larger than %zu bytes", limit);
	if (req->content_length >= 0 && len < cap)
		return error_set(err, ERR_BAD_REQUEST, "the body ended too early");
	body[len] = '\0';
	req->body = body;
	req->body_len = len;
	return 0;
}

int
req_read_query(struct req *req, const struct js_field *fields, void *target, size_t size, struct error *err)
{
	const char *names[REQ_PAIRS_MAX], *values[REQ_PAIRS_MAX];
	size_t count = 0;

	for (const char *p = req->query_string; *p != '\0'; p += *p == '&') {
		const size_t len = strcspn(p, "&"), name_len = FW_MIN(strcspn(p, "="), len);

		if (len > 0) {
			const char *value = name_len < len ? p + name_len + 1 : p + len;

			if (count == REQ_PAIRS_MAX)
				return error_set(err, ERR_BAD_REQUEST, "more than %d query parameters", REQ_PAIRS_MAX);
			names[count] = decode(req->arena, p, name_len, true);
			values[count] = decode(req->arena, value, (size_t)(p + len - value), true);
			if (names[count] == NULL || values[count] == NULL)
				return error_set(err, ERR_BAD_REQUEST, "the query string is not well-formed");
			count++;
		}
		p += len;
	}
	return js_parse_pairs(req->arena, names, values, count, fields, target, size, req->problems, err);
}

const char *
req_cookie(const struct req *req, const char *name)
{
	const size_t name_len = strlen(name);

	for (const char *p = req->cookie; *p != '\0';) {
		p += strspn(p, "; ");
		const size_t len = strcspn(p, ";");

		if (len > name_len && strncmp(p, name, name_len) == 0 && p[name_len] == '=')
			return arena_strndup(req->arena, p + name_len + 1, len - name_len - 1);
		p += len;
	}
	return NULL;
}

/* "https://host:port" of a URL: its length without the path. */
static size_t
origin_length(const char *url)
{
	const char *host = strstr(url, "://");

	return host == NULL ? strlen(url) : (size_t)(host + 3 - url) + strcspn(host + 3, "/");
}

static bool
origin_is(const char *origin, const char *url)
{
	const size_t len = origin_length(url);

	return strlen(origin) == len && strncasecmp(origin, url, len) == 0;
}

bool
req_origin_allowed(const struct req *req)
{
	const char *host = strstr(req->origin, "://");

	if (*req->origin == '\0' || origin_is(req->origin, req->app->public_url))
		return true;
	if (host != NULL && *req->host != '\0' && strcasecmp(host + 3, req->host) == 0)
		return true;
	for (const char *const *url = conf_list(req->app->conf, CONF_FRONTEND_URL, NULL); *url != NULL; url++)
		if (origin_is(req->origin, *url))
			return true;
	return false;
}

/* Where the value of `name` begins in a raw query; NULL when it is not there. */
static const char *
query_find(const char *query, const char *name)
{
	const size_t len = strlen(name);

	for (const char *p = query; *p != '\0'; p += *p == '&') {
		if (strncmp(p, name, len) == 0 && (p[len] == '=' || p[len] == '&' || p[len] == '\0'))
			return p + len + (p[len] == '=');
		p += strcspn(p, "&");
	}
	return NULL;
}

const char *
req_query_value(const struct req *req, const char *name)
{
	const char *value = query_find(req->query_string, name);

	return value == NULL ? NULL : decode(req->arena, value, strcspn(value, "&"), true);
}

bool
req_waited(const struct req *req)
{
	const char *query = strchr(req->original_uri, '?');

	if (*req->original_uri == '\0' || query_find(req->query_string, "wait") != NULL)
		return false;
	if (query != NULL && (query_find(query + 1, "wait") != NULL || query_find(query + 1, "dry_run") != NULL))
		return true;
	return req_asked_for(req, "/uploads");
}

bool
req_asked_about(const struct req *req, const char *before, const char *after)
{
	const char *asked = route_below_api(req->original_uri, NULL);
	const size_t len = strcspn(asked, "?");
	const size_t n_before = strlen(before), n_after = strlen(after);

	return len > n_before + n_after && strncmp(asked, before, n_before) == 0 &&
	       strncmp(asked + len - n_after, after, n_after) == 0 &&
	       memchr(asked + n_before, '/', len - n_before - n_after) == NULL;
}

bool
req_asked_for(const struct req *req, const char *path)
{
	const char *asked = route_below_api(req->original_uri, NULL);
	const size_t len = strlen(path);

	return strncmp(asked, path, len) == 0 && (asked[len] == '\0' || asked[len] == '?');
}

const char *
req_url(const struct req *req, const char *path_format, ...)
{
	struct buf buf = BUF_INIT(4 * KIB);
	const char *url;
	va_list args;

	buf_puts(&buf, req->app->public_url);
	va_start(args, path_format);
	buf_vprintf(&buf, path_format, args);
	va_end(args);
	url = buf_dup(&buf, req->arena);
	buf_done(&buf);
	return url;
}
