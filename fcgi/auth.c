#include "fcgi/auth.h"

#include "fcgi/app.h"
#include "fcgi/route.h"
#include "lib/base/text.h"
#include "lib/db/apikey.h"
#include "lib/db/db.h"

static int
refuse(struct error *err, const char *why)
{
	(void)error_code(err, ERR_UNAUTHORIZED, "unauthorized", "%s", why);
	return -1;
}

static int
by_token(struct req *req, const char *text, enum caller_via via, struct error *err)
{
	const struct token_claims *claims;

	if (token_cache_check(&req->responder->tokens, req->app->keys, req->clock, text, &claims, err) < 0) {
		if (!error_is(err, ERR_UNAUTHORIZED))
			return -1;
		return refuse(err, error_has_code(err, "token_expired") ? "The access token has expired."
									: "The access token is not valid.");
	}
	req->caller = (struct caller){
	    .via = via,
	    .user_id = (int32_t)claims->sub,
	    .epoch = (int32_t)claims->epoch,
	    .email = claims->email,
	};
	db_caller_token(req->db, req->caller.user_id, req->caller.epoch);
	return 0;
}

static int
by_key(struct req *req, const char *text, struct error *err)
{
	struct apikey *key = NULL;
	struct user *user;

	if ((req->route->flags & ROUTE_NO_KEY) != 0 || req->route->who == ROUTE_ADMIN)
		return error_code(err, ERR_FORBIDDEN, "forbidden", "API keys cannot do this; sign in.");
	if (apikey_check(req->db, req->arena, text, &user, &key, err) < 0) {
		if (!error_is(err, ERR_UNAUTHORIZED))
			return -1;
		return refuse(err, "The API key is not valid.");
	}
	if (req->route->scope != NULL && !apikey_has_scope(key, req->route->scope))
		return error_code(
		    err, ERR_FORBIDDEN, "insufficient_scope", "The key lacks the scope '%s'.", req->route->scope);
	req->caller = (struct caller){
	    .via = CALLER_KEY,
	    .user_id = user->id,
	    .email = user->email,
	    .role = user->role,
	    .scopes = key->scopes,
	};
	db_caller(req->db, user->id);
	return 0;
}

/* "Bearer xyz" gives "xyz"; NULL for another scheme. */
static const char *
bearer(const char *header)
{
	if (strncasecmp(header, "Bearer ", 7) != 0)
		return NULL;
	return header + 7 + strspn(header + 7, " ");
}

/* A single-use ticket in the address, for players and downloads that cannot send a header. */
static int
by_ticket(struct req *req, const char *text, struct error *err)
{
	struct user *user;
	const char *project_id;

	if (user_ticket_use(req->db, req->arena, text, &user, &project_id, err) < 0)
		return error_is(err, ERR_UNAUTHORIZED) ? refuse(err, "The ticket is not valid.") : -1;
	req->caller = (struct caller){
	    .via = CALLER_TICKET,
	    .user_id = user->id,
	    .epoch = user->token_epoch,
	    .email = user->email,
	    .role = user->role,
	    .project_id = project_id,
	};
	db_caller(req->db, user->id);
	return 0;
}

static int
identify(struct req *req, struct error *err)
{
	const char *text = bearer(req->authorization);

	if (*req->authorization != '\0' && text == NULL)
		return refuse(err, "The Authorization header must be 'Bearer <token>'.");
	if (text == NULL && *req->api_key != '\0')
		return by_key(req, req->api_key, err);
	if (text != NULL)
		return text_starts(text, AUTH_KEY_PREFIX) ? by_key(req, text, err)
							  : by_token(req, text, CALLER_TOKEN, err);
	if ((req->route->flags & ROUTE_MEDIA) != 0 && (text = req_query_value(req, "ticket")) != NULL)
		return by_ticket(req, text, err);
	if (req->method == REQ_GET || req->method == REQ_HEAD)
		text = req_cookie(req, AUTH_COOKIE);
	if (text == NULL || *text == '\0')
		return refuse(err, "Sign-in is required.");
	if (!req_origin_allowed(req))
		return error_code(err, ERR_FORBIDDEN, "origin_not_allowed",
		    "The origin '%.100s' may not use the cookie.", req->origin);
	return by_token(req, text, CALLER_COOKIE, err);
}

int
auth_user(struct req *req, struct user **ret_user, struct error *err)
{
	if (req->caller.via == CALLER_KEY) {
		if (user_find(req->db, req->arena, req->caller.user_id, ret_user, err) < 0)
			return -1;
		return *ret_user == NULL ? refuse(err, "The account is gone.") : 0;
	}
	if (user_check_epoch(req->db, req->arena, req->caller.user_id, req->caller.epoch, ret_user, err) < 0)
		return error_is(err, ERR_UNAUTHORIZED) ? refuse(err, "The access token was ended.") : -1;
	return 0;
}

int
auth_check(struct req *req, struct error *err)
{
	struct user *user;

	if (req->route->who == ROUTE_PUBLIC) {
		if (req->db != NULL)
			db_caller(req->db, 0);
		return 0;
	}
	if (identify(req, err) < 0)
		return -1;
	if (req->route->who != ROUTE_ADMIN)
		return 0;
	if (auth_user(req, &user, err) < 0)
		return -1;
	req->caller.role = user->role;
	if (user->role != USER_ROLE_ADMIN)
		return error_code(err, ERR_FORBIDDEN, "forbidden", "This is for administrators.");
	return 0;
}

bool
auth_is_admin(struct req *req)
{
	struct user *user;
	struct error ignored;
	bool admin;

	if (req->db == NULL)
		return false;
	error_clear(&ignored);
	admin = identify(req, &ignored) == 0 && req->caller.via != CALLER_KEY && auth_user(req, &user, &ignored) == 0 &&
		user->role == USER_ROLE_ADMIN;
	req->caller = (struct caller){.user_id = 0};
	db_caller(req->db, 0);
	return admin;
}
