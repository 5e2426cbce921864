/*
 * The one table of routes. The dispatcher, validation, the OpenAPI document, /api/docs and the metrics all read it;
 * what is not in it does not exist.
 *
 * Paths stand without /api: "/sessions/{session_id}" answers at /api/sessions/.. and /api/v1/sessions/.. alike; a route
 * marked ROUTE_ROOT answers at "/..." too. A literal segment wins over a {name}.
 */
#ifndef FW_FCGI_ROUTE_H
#define FW_FCGI_ROUTE_H

#include "fcgi/reply.h"
#include "fcgi/req.h"

/* Fills the reply, or -1 with the error that becomes a problem document. */
typedef int route_handler(struct req *req, struct reply *reply, struct error *err);

enum route_who {
	ROUTE_PUBLIC, /* no sign-in; a token that is sent is not looked at */
	ROUTE_USER,   /* a signed-in user, or a key with the route's scope */
	ROUTE_ADMIN,  /* users.role admin; no keys */
};

#define ROUTE_ROOT 1u	    /* answers at "/path" as well */
#define ROUTE_START 2u	    /* starts work: counts against the start limits, answers 202 */
#define ROUTE_IDEMPOTENT 4u /* honours Idempotency-Key */
#define ROUTE_NO_KEY 8u	    /* for people only: API keys are refused */
#define ROUTE_RAW_BODY 16u  /* the handler reads the body itself */
#define ROUTE_QUIET 32u	    /* asked for every few seconds by machines: logged at level debug */
#define ROUTE_MEDIA 64u	    /* the answer is a file that nginx sends */
#define ROUTE_NO_DB 128u    /* answers without a database too; req->db may be NULL */

struct route {
	enum req_method method;
	const char *path;
	route_handler *handler;
	enum route_who who;
	const char *scope; /* of a key; NULL: any key will do */
	unsigned flags;
	size_t body_limit;	      /* 0: no body; BODY_SETTING: the setting BODY_LIMIT */
	const struct js_field *input; /* NULL: no JSON body */
	size_t input_size;
	const struct js_field *query; /* NULL: no parameters */
	size_t query_size;
	int status;	   /* of the success */
	const char *shape; /* of its body, see shape.h; NULL: none, or not JSON */
	const char *codes; /* problem codes besides the general ones, separated by spaces */
	const char *tag;   /* chapter of the documentation */
	const char *about; /* one line */
};

#define ROUTE_BODY_SETTING SIZE_MAX
#define ROUTES_MAX 128

/* NULL-path-terminated. */
extern const struct route routes[];
size_t route_count(void);
/* Place in the table; for the counters. */
size_t route_index(const struct route *route);

/* `path` without "/api" or "/api/v1" in front; *ret_api (may be NULL) tells whether there was one. Borrowed. */
const char *route_below_api(const char *path, bool *ret_api) RETURNS_NONNULL;

/* Seconds that this request asks to wait for its job; 0 unless its query has `wait`. */
int64_t route_wait(const struct req *req);

struct route_match {
	const struct route *route; /* NULL: no such path, or not with this method */
	bool path_known;
	unsigned methods;		    /* bits 1 << method that the path knows */
	const char *params[REQ_PARAMS_MAX]; /* in the arena */
};
/* HEAD is found as GET. */
void route_find(struct arena *arena, enum req_method method, const char *path, struct route_match *ret_match);
/* "GET, HEAD, OPTIONS" for such bits. */
const char *route_allow(struct arena *arena, unsigned methods);

#endif
