#include "fcgi/dispatch.h"

#include "fcgi/app.h"
#include "fcgi/auth.h"
#include "fcgi/idempotent.h"
#include "fcgi/problem.h"
#include "fcgi/route.h"
#include "lib/base/text.h"
#include "lib/db/db.h"
#include "lib/db/limit.h"

/* Enough for {} where an address takes no input. */
#define EMPTY_BODY_MAX 1024

/* Headers that a page of another allowed origin needs; none for anybody else, so the browser keeps the answer from it.
 */
static void
add_cors(const struct req *req, struct reply *reply)
{
	if (*req->origin == '\0')
		return;
	reply_header(reply, "Vary", "Origin");
	if (!req_origin_allowed(req))
		return;
	reply_header(reply, "Access-Control-Allow-Origin", req->origin);
	reply_header(reply, "Access-Control-Allow-Credentials", "true");
	reply_header(reply, "Access-Control-Expose-Headers",
	    "ETag, Location, Retry-After, X-Request-Id, Idempotent-Replayed, Content-Disposition");
}

static void
answer_options(const struct req *req, struct reply *reply, unsigned methods)
{
	const char *allow = route_allow(req->arena, methods);

	reply_reset(reply);
	reply->status = 204;
	reply_header(reply, "Allow", allow);
	if (*req->origin == '\0' || !req_origin_allowed(req))
		return;
	reply_header(reply, "Access-Control-Allow-Methods", allow);
	reply_header(reply, "Access-Control-Allow-Headers",
	    "Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, X-API-Key, "
	    "X-Request-Id");
	reply_header(reply, "Access-Control-Max-Age", "600");
}

static int
find_route(struct req *req, struct reply *reply, struct error *err)
{
	struct route_match match;

	route_find(req->arena, req->method, req->path, &match);
	if (!match.path_known)
		return error_set(err, ERR_NOT_FOUND, "There is nothing at this address.");
	if (req->method == REQ_OPTIONS) {
		answer_options(req, reply, match.methods);
		return 0;
	}
	if (match.route == NULL) {
		const char *allow = route_allow(req->arena, match.methods);

		(void)error_set(err, ERR_METHOD, "This address knows %s.", allow);
		problem_reply(reply, req, err, NULL);
		reply_header(reply, "Allow", allow);
		return -1;
	}
	req->route = match.route;
	memcpy(req->params, match.params, sizeof(req->params));
	return 0;
}

/* What a page of a foreign origin could make a browser send without asking first is refused, sign-in forms included. */
static int
check_origin(const struct req *req, struct error *err)
{
	if (req->method == REQ_GET || req->method == REQ_HEAD || req_origin_allowed(req))
		return 0;
	return error_code(
	    err, ERR_FORBIDDEN, "origin_not_allowed", "The origin '%.100s' may not call this.", req->origin);
}

static int
check_limits(const struct req *req, struct error *err)
{
	const int64_t calls = conf_int(req->app->conf, CONF_START_CALLS);
	const struct limit_rule rule = {
	    .scope = "start",
	    .per_minute = (double)calls * 60 / (double)conf_seconds(req->app->conf, CONF_START_WINDOW),
	    .burst = (double)calls,
	};
	char user[16];

	if ((req->route->flags & ROUTE_START) == 0)
		return 0;
	(void)snprintf(user, sizeof(user), "%d", (int)req->caller.user_id);
	if (limit_take(req->db, &rule, user, err) < 0)
		return -1;
	return limit_open_jobs(req->db, (int)conf_int(req->app->conf, CONF_MAX_OPEN_JOBS), err);
}

static bool
is_json(const char *type)
{
	const char *json = "application/json";
	const size_t len = strlen(json);

	return strncasecmp(type, json, len) == 0 && strchr("; \t", type[len]) != NULL;
}

static int
read_body(struct req *req, struct error *err)
{
	const struct route *route = req->route;
	const bool bodiless = route->input == NULL && route->body_limit == 0;
	const size_t limit = bodiless ? EMPTY_BODY_MAX
			     : route->body_limit == ROUTE_BODY_SETTING
				 ? (size_t)conf_size(req->app->conf, CONF_BODY_LIMIT)
				 : route->body_limit;

	if ((route->flags & ROUTE_RAW_BODY) != 0 || req->method == REQ_GET || req->method == REQ_HEAD)
		return 0;
	if (bodiless && req->content_length <= 0)
		return 0;
	if (req->content_length > (int64_t)limit)
		return error_set(err, ERR_TOO_LARGE, "The body is larger than %zu bytes.", limit);
	if (req->content_length != 0 && !is_json(req->content_type))
		return error_set(err, ERR_MEDIA_TYPE, "The Content-Type must be application/json.");
	return req_read_body(req, limit, err);
}

static int
read_input(struct req *req, struct error *err)
{
	static const struct js_field no_fields[] = {JS_END};
	const struct route *route = req->route;
	const struct js_field *fields = route->input;

	req->problems = arena_zalloc(req->arena, sizeof(*req->problems));
	req->query = arena_zalloc(req->arena, route->query_size);
	req->input = arena_zalloc(req->arena, route->input_size);
	if (req->problems == NULL || req->query == NULL || req->input == NULL)
		return arena_error(req->arena, err);
	if (req_read_query(req, route->query != NULL ? route->query : no_fields, req->query, route->query_size, err) <
	    0)
		return -1;
	if (read_body(req, err) < 0)
		return -1;
	/* Clients that always send JSON send {} where nothing is wanted. */
	if (fields == NULL && (route->body_limit > 0 || req->body_len == 0))
		return 0;
	return js_parse(req->arena, req->body, req->body_len, fields == NULL ? no_fields : fields, req->input,
	    route->input_size, req->problems, err);
}

static int
check_database(const struct req *req, struct error *err)
{
	if (req->db != NULL || (req->route->flags & ROUTE_NO_DB) != 0)
		return 0;
	return error_code(err, ERR_UNAVAILABLE, "database_unavailable", "The database is not available at the moment.");
}

static int
run(struct req *req, struct reply *reply, struct error *err)
{
	if (check_database(req, err) < 0 || check_origin(req, err) < 0 || auth_check(req, err) < 0 ||
	    read_input(req, err) < 0 || check_limits(req, err) < 0)
		return -1;
	/* A body that only the handler reads is digested there, and the key's transaction begins after it. */
	if (idempotent_wanted(req) && (req->route->flags & ROUTE_RAW_BODY) == 0)
		return idempotent_run(req, reply, err);
	return req->route->handler(req, reply, err);
}

/* ?wait=N: the answer is complete, but the client wants the job's end. eventd holds the connection from here on, no
 * responder does; when the job has ended nginx asks GET /api/v1/jobs/{id}. */
static void
hand_over(const struct req *req, struct reply *reply)
{
	const char *jobs = "/api/v1/jobs/";
	const int64_t wait_s = route_wait(req);

	if (wait_s > 0 && reply->status == 202 && reply->location != NULL && text_starts(reply->location, jobs))
		reply_headerf(
		    reply, "X-Accel-Redirect", "/_wait/%s?n=%lld", reply->location + strlen(jobs), (long long)wait_s);
}

static void
check_reply(struct req *req, struct reply *reply, struct error *err)
{
	if (reply->body->failed)
		(void)error_set(err, ERR_MEMORY, "the answer is larger than %zu bytes", (size_t)REPLY_BODY_MAX);
	else if (arena_exhausted(req->arena))
		(void)arena_error(req->arena, err);
	else
		return;
	problem_reply(reply, req, err, NULL);
}

void
dispatch(struct req *req, struct reply *reply, struct error *err)
{
	if (find_route(req, reply, err) < 0) {
		if (reply->status == 0)
			problem_reply(reply, req, err, NULL);
	} else if (req->route != NULL) {
		if (run(req, reply, err) < 0)
			problem_reply(reply, req, err, NULL);
		else
			check_reply(req, reply, err);
		hand_over(req, reply);
	}
	add_cors(req, reply);
	reply_header(reply, "X-Request-Id", req->id);
}
