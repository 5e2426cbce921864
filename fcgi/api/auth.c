/* Signing in and out, and the account. */
#include "fcgi/api/api.h"

#include <arpa/inet.h>

#include "fcgi/auth.h"
#include "lib/db/db.h"
#include "lib/net/secret.h"
#include "lib/net/token.h"

/* Sends the cookie that players, downloads and event streams of a browser use; max_age 0 removes it. */
static void
set_cookie(struct req *req, struct reply *reply, const char *token, int64_t max_age_s)
{
	reply_headerf(reply, "Set-Cookie", AUTH_COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Strict%s", token,
	    (long long)max_age_s, req->https ? "; Secure" : "");
}

static int
sign_token(struct req *req, const struct user *user, const char **ret_token, struct error *err)
{
	const int64_t now = clock_now_s(req->clock);
	struct token_claims claims = {
	    .sub = user->id,
	    .iat = now,
	    .exp = now + conf_seconds(req->app->conf, CONF_TOKEN_LIFETIME),
	    .epoch = user->token_epoch,
	};

	(void)snprintf(claims.email, sizeof(claims.email), "%s", user->email);
	return token_sign(req->app->keys, req->clock, &claims, req->arena, ret_token, err);
}

/* The answer of everything that signs in; the refresh token is already in the database. */
static int
answer_tokens(
    struct req *req, struct reply *reply, const struct user *user, const char *refresh_token, struct error *err)
{
	const int64_t lifetime_s = conf_seconds(req->app->conf, CONF_TOKEN_LIFETIME);
	const char *token;
	struct js_writer *w;

	if (sign_token(req, user, &token, err) < 0)
		return -1;
	w = reply_object(reply, 200);
	js_bool(w, "success", true);
	js_int(w, "user_id", user->id);
	js_str(w, "email", user->email);
	js_str(w, "role", user_role_name(user->role));
	js_str(w, "session_token", token);
	js_str(w, "token_type", "Bearer");
	js_int(w, "expires_in", lifetime_s);
	js_str(w, "refresh_token", refresh_token);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	set_cookie(req, reply, token, lifetime_s);
	return 0;
}

/* One hash takes PASSWORD_MEMORY and a core; more than a few at once would take the machine from everybody else. */
static bool
password_matches(const struct req *req, const char *hash, const char *password)
{
	const struct secret_cost cost = secret_cost_conf(req->app->conf);
	bool match;

	while (sem_wait(req->app->passwords) < 0)
		;
	match = secret_password_check(hash, password, &cost);
	(void)sem_post(req->app->passwords);
	return match;
}

static int
password_hash(const struct req *req, const char *password, char hash[static SECRET_HASH_SIZE], struct error *err)
{
	const struct secret_cost cost = secret_cost_conf(req->app->conf);
	int result;

	while (sem_wait(req->app->passwords) < 0)
		;
	result = secret_password_hash(password, &cost, hash, err);
	(void)sem_post(req->app->passwords);
	return result;
}

/* The client's address as the database's inet; over nginx's unix socket there is none. */
static const char *
client_address(const struct req *req)
{
	unsigned char bytes[sizeof(struct in6_addr)];

	if (inet_pton(AF_INET, req->address, bytes) == 1 || inet_pton(AF_INET6, req->address, bytes) == 1)
		return req->address;
	return "127.0.0.1";
}

static bool
may_sign_in(const struct req *req, const struct user *user)
{
	return user != NULL && !user->disabled && (!user->is_demo || conf_bool(req->app->conf, CONF_DEMO_ACCOUNT));
}

int
auth_login(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_login *in = req->input;
	const char *address = client_address(req);
	char refresh[SECRET_TOKEN_SIZE];
	struct user *user;
	bool match;

	if (user_login_allowed(req->db, address, err) < 0)
		return -1;
	if (user_find_by_email(req->db, req->arena, in->email, &user, err) < 0)
		return -1;
	match = password_matches(req, may_sign_in(req, user) ? user->password_hash : NULL, in->password);

	if (!match || !may_sign_in(req, user)) {
		if (user_login_failed(req->db, address, err) < 0)
			return -1;
		return error_code(
		    err, ERR_UNAUTHORIZED, "invalid_credentials", "The e-mail address or the password is wrong.");
	}

	secret_token(refresh);
	if (user_refresh_issue(req->db, user->id, refresh, conf_seconds(req->app->conf, CONF_REFRESH_LIFETIME), err) <
	    0)
		return -1;
	return answer_tokens(req, reply, user, refresh, err);
}

int
auth_refresh(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_refresh *in = req->input;
	char successor[SECRET_TOKEN_SIZE];
	struct user *user;

	secret_token(successor);
	if (user_refresh_rotate(req->db, req->arena, in->refresh_token, successor,
		conf_seconds(req->app->conf, CONF_REFRESH_LIFETIME), &user, err) < 0)
		return -1;
	return answer_tokens(req, reply, user, successor, err);
}

int
auth_logout(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_logout *in = req->input;
	struct user *user;

	if (auth_user(req, &user, err) < 0)
		return -1;
	if (in->refresh_token != NULL && user_refresh_revoke(req->db, in->refresh_token, err) < 0)
		return -1;
	if (in->everywhere && user_logout_all(req->db, user->id, err) < 0)
		return -1;

	(void)reply_success(reply);
	set_cookie(req, reply, "", 0);
	return 0;
}

int
auth_me(struct req *req, struct reply *reply, struct error *err)
{
	struct asset_usage usage;
	struct js_writer *w;
	struct user *user;

	if (auth_user(req, &user, err) < 0 || asset_usage(req->db, &usage, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_int(w, "user_id", user->id);
	js_str(w, "email", user->email);
	js_str(w, "role", user_role_name(user->role));
	js_bool(w, "is_demo", user->is_demo);
	js_time(w, "created_at", user->created_us);
	js_open_object(w, "storage");
	js_int(w, "bytes", usage.bytes);
	js_int(w, "files", usage.count);
	js_int(w, "quota_bytes", conf_size(req->app->conf, CONF_STORAGE_QUOTA));
	js_close(w);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	return 0;
}

int
auth_password(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_password *in = req->input;
	char hash[SECRET_HASH_SIZE], refresh[SECRET_TOKEN_SIZE];
	struct user *user, *known;

	if (auth_user(req, &user, err) < 0 || user_find_by_email(req->db, req->arena, user->email, &known, err) < 0)
		return -1;
	if (known == NULL || !password_matches(req, known->password_hash, in->current_password)) {
		js_problem_add(req->problems, req->arena, "/current_password", "not_acceptable",
		    "It is not the current password.");
		return js_problems_error(req->problems, err);
	}

	if (password_hash(req, in->new_password, hash, err) < 0 || user_set_password(req->db, user->id, hash, err) < 0)
		return -1;

	/* All tokens ended with the old password; this client gets new ones. */
	db_caller(req->db, user->id);
	secret_token(refresh);
	if (user_find(req->db, req->arena, user->id, &user, err) < 0 ||
	    user_refresh_issue(req->db, known->id, refresh, conf_seconds(req->app->conf, CONF_REFRESH_LIFETIME), err) <
		0)
		return -1;
	return answer_tokens(req, reply, user != NULL ? user : known, refresh, err);
}

int
auth_ticket(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_ticket *in = req->input;
	char ticket[SECRET_TOKEN_SIZE];
	struct js_writer *w;

	secret_token(ticket);
	if (user_ticket_create(req->db, ticket, in->session_id, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_str(w, "ticket", ticket);
	js_int(w, "expires_in", USER_TICKET_TTL_S);
	js_time(w, "expires_at", clock_now_us(req->clock) + USER_TICKET_TTL_S * CLOCK_SECOND_US);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	return 0;
}
