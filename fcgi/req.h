/*
 * struct req: one request, the same for FastCGI, plain CGI and a test that builds it in memory.
 *
 * The dispatcher fills it from top to bottom: what came in, what the table says about it, who asks, and the checked
 * input. A handler reads it and nothing else. All text lives in the arena or in the channel's environment and is gone
 * with the request.
 */
#ifndef FW_FCGI_REQ_H
#define FW_FCGI_REQ_H

#include "fcgi/channel.h"
#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/base/log.h"
#include "lib/db/user.h"
#include "lib/js/read.h"

#define REQ_ID_MAX 64
#define REQ_PATH_MAX 1024
#define REQ_QUERY_MAX 4096
#define REQ_PARAMS_MAX 4
#define REQ_PAIRS_MAX 32
#define REQ_WAIT_MAX_S 25

struct app;
struct db;
struct route;
struct responder;

enum req_method {
	REQ_GET,
	REQ_POST,
	REQ_PUT,
	REQ_PATCH,
	REQ_DELETE,
	REQ_HEAD,
	REQ_OPTIONS,
	REQ_OTHER,
	REQ_METHOD__COUNT
};

/* How a caller proved who it is. */
enum caller_via { CALLER_NOBODY, CALLER_TOKEN, CALLER_COOKIE, CALLER_KEY, CALLER_TICKET };

struct caller {
	enum caller_via via;
	int32_t user_id; /* 0: nobody */
	int32_t epoch;
	const char *email;
	enum user_role role;
	const char *const *scopes; /* of a key, NULL-terminated; NULL: everything */
	const char *project_id;	   /* of a ticket that is good for one project only; else NULL */
};

struct req {
	struct arena *arena;
	const struct app *app;
	struct responder *responder;
	struct db *db; /* the thread's own connection; NULL in tests without a database */
	const struct clock *clock;
	struct log log; /* carries the request id */
	struct channel *channel;
	int64_t began_us;

	/* As received. Texts are "" when absent, never NULL, except where said. */
	enum req_method method;
	const char *method_name;
	const char *path;	  /* decoded; begins with '/' */
	const char *query_string; /* raw, without '?' */
	const char *original_uri; /* what the client asked for, path and query; another one than `path` after
				     X-Accel-Redirect */
	const char *content_type;
	int64_t content_length; /* -1: not told */
	const char *address;	/* of the client, text of an inet */
	const char *host, *origin, *authorization, *api_key, *cookie, *accept;
	const char *if_none_match, *if_match, *idempotency_key;
	bool https;
	char id[REQ_ID_MAX + 1];

	/* By the table. */
	const struct route *route;
	const char *params[REQ_PARAMS_MAX]; /* the values of {..} in order */
	struct caller caller;
	void *query;	  /* the route's query struct */
	void *input;	  /* the route's body struct */
	const char *body; /* raw text of a JSON body, for digests */
	size_t body_len;
	struct js_problems *problems;
	void *work; /* what a handler hands to the part of it that runs in a transaction */
};

/* Everything that is read from the environment; -1 with ERR_BAD_REQUEST for a path or id we do not take. Even then
 * `req` is fit for answering: it has an id, a log and a path. */
int req_begin(struct req *req, struct responder *responder, struct channel *channel, struct error *err) MUST_CHECK;

/* Reads the body as a whole: at most `limit` bytes, else ERR_TOO_LARGE. */
int req_read_body(struct req *req, size_t limit, struct error *err) MUST_CHECK;
/* Reads the query string by a table of fields into `target`. Unknown names, repeated names and wrong values are
 * ERR_INPUT. */
int req_read_query(
    struct req *req, const struct js_field *fields, void *target, size_t size, struct error *err) MUST_CHECK;

/* The raw value of one query parameter in the arena, or NULL; for what must be known before the query is checked. */
const char *req_query_value(const struct req *req, const char *name);
/* The value of one cookie in the arena, or NULL. */
const char *req_cookie(const struct req *req, const char *name);
/* Whether a page of `req->origin` may call us: our own address or one of FRONTEND_URL. True without an Origin header.
 */
bool req_origin_allowed(const struct req *req);
/* Whether this answer ends a ?wait=N: nginx brought the request back under another address. */
bool req_waited(const struct req *req);
/* Whether the client asked for this path first, whatever nginx made of it; without /api or /api/v1, as in the route
 * table. */
bool req_asked_for(const struct req *req, const char *path);
/* The same for a path with one {id} in it: what stands before and after. */
bool req_asked_about(const struct req *req, const char *before, const char *after);
/* PUBLIC_APP_URL without a slash at its end, and `path`; in the arena. */
const char *req_url(const struct req *req, const char *path_format, ...) PRINTF_LIKE(2, 3);

#endif
