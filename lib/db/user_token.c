#include <string.h>

#include "lib/db/noun_priv.h"
#include "lib/db/user.h"
#include "lib/db/user_priv.h"

#define USER_COLUMNS "id, email, password_hash, role, token_epoch, is_demo, disabled, created_at"

/* user, hash, seconds */
static const struct db_stmt issue_stmt = {"refresh_issue", "select refresh_issue($1, $2, $3)", 3};
/* old hash, new hash, seconds */
static const struct db_stmt rotate_stmt = {
    "refresh_rotate", "select " USER_COLUMNS " from refresh_rotate($1, $2, $3)", 3};
static const struct db_stmt revoke_stmt = {"refresh_revoke", "select refresh_revoke($1)", 1};
/* hash, project, seconds */
static const struct db_stmt ticket_create_stmt = {"ticket_create", "select ticket_create($1, $2, $3)", 3};
static const struct db_stmt ticket_use_stmt = {
    "ticket_use", "select " USER_COLUMNS ", project_id from ticket_use($1)", 1};

#define TOKEN_HASH(digest) DB_BYTES((digest), HASH_SIZE)

int
user_refresh_issue(struct db *db, int32_t user_id, const char *token, int64_t ttl_s, struct error *err)
{
	unsigned char digest[HASH_SIZE];

	hash_bytes(token, strlen(token), digest);
	if (noun_do(db, &issue_stmt, DB_ARGS(DB_INT(user_id), TOKEN_HASH(digest), DB_INT(ttl_s)), err) < 0)
		return error_wrap(err, "issuing a refresh token");
	return 0;
}

int
user_refresh_rotate(struct db *db, struct arena *arena, const char *token, const char *successor, int64_t ttl_s,
    struct user **ret_user, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char old_digest[HASH_SIZE], new_digest[HASH_SIZE];

	hash_bytes(token, strlen(token), old_digest);
	hash_bytes(successor, strlen(successor), new_digest);
	if (noun_call(db, &rotate_stmt, DB_ARGS(TOKEN_HASH(old_digest), TOKEN_HASH(new_digest), DB_INT(ttl_s)),
		DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "exchanging a refresh token");
	if (res.count == 0)
		return error_code(err, ERR_UNAUTHORIZED, "invalid_refresh_token", "The refresh token is not valid");
	struct user *user = ARENA_NEW(arena, struct user);
	if (user == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	user_read(&row, arena, user);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_user = user;
	return 0;
}

int
user_refresh_revoke(struct db *db, const char *token, struct error *err)
{
	unsigned char digest[HASH_SIZE];

	hash_bytes(token, strlen(token), digest);
	if (noun_do(db, &revoke_stmt, DB_ARGS(TOKEN_HASH(digest)), err) < 0)
		return error_wrap(err, "revoking a refresh token");
	return 0;
}

int
user_ticket_create(struct db *db, const char *token, const char *project_id, struct error *err)
{
	unsigned char digest[HASH_SIZE];

	if (project_id != NULL && noun_session_id(project_id, err) < 0)
		return -1;
	hash_bytes(token, strlen(token), digest);
	if (noun_do(db, &ticket_create_stmt,
		DB_ARGS(TOKEN_HASH(digest), DB_TEXT(project_id), DB_INT(USER_TICKET_TTL_S)), err) < 0)
		return error_wrap(err, "making a ticket");
	return 0;
}

int
user_ticket_use(struct db *db, struct arena *arena, const char *token, struct user **ret_user,
    const char **ret_project_id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char digest[HASH_SIZE];

	hash_bytes(token, strlen(token), digest);
	if (noun_call(db, &ticket_use_stmt, DB_ARGS(TOKEN_HASH(digest)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "using a ticket");
	if (res.count == 0)
		return error_code(err, ERR_UNAUTHORIZED, "invalid_ticket", "The ticket is not valid");
	struct user *user = ARENA_NEW(arena, struct user);
	if (user == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	user_read(&row, arena, user);
	const char *project_id = db_get_text_or(&row, arena, NULL);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_user = user;
	*ret_project_id = project_id;
	return 0;
}

const struct db_stmt_row user_token_statements[] = {
    {&issue_stmt, "a"},
    {&rotate_stmt, "a"},
    {&revoke_stmt, "a"},
    {&ticket_create_stmt, "a"},
    {&ticket_use_stmt, "ae"},
    {NULL, NULL},
};
