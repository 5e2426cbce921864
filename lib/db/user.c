#include <string.h>

#include "lib/db/noun_priv.h"
#include "lib/db/user.h"
#include "lib/db/user_priv.h"

static const char *const role_names[USER_ROLE__COUNT] = {
    [USER_ROLE_USER] = "user",
    [USER_ROLE_REVIEWER] = "reviewer",
    [USER_ROLE_ADMIN] = "admin",
};

#define USER_COLUMNS "id, email, password_hash, role, token_epoch, is_demo, disabled, created_at"

static const struct db_stmt by_email_stmt = {"user_by_email", "select " USER_COLUMNS " from user_by_email($1)", 1};
static const struct db_stmt by_id_stmt = {"user_by_id", "select " USER_COLUMNS " from user_by_id($1)", 1};
static const struct db_stmt all_stmt = {"user_all", "select " USER_COLUMNS " from user_all()", 0};
/* email, hash, role, demo */
static const struct db_stmt create_stmt = {"user_create", "select user_create($1, $2, $3, $4)", 4};
static const struct db_stmt password_stmt = {"user_set_password", "select user_set_password($1, $2)", 2};
static const struct db_stmt role_stmt = {"user_set_role", "select user_set_role($1, $2)", 2};
static const struct db_stmt disabled_stmt = {"user_set_disabled", "select user_set_disabled($1, $2)", 2};
static const struct db_stmt end_tokens_stmt = {"user_end_tokens", "select user_end_tokens($1)", 1};
static const struct db_stmt login_wait_stmt = {"login_wait", "select login_wait($1)", 1};
static const struct db_stmt login_failed_stmt = {"login_failed", "select login_failed($1)", 1};

const char *
user_role_name(enum user_role role)
{
	return role_names[role];
}

enum user_role
user_role_of_name(const char *name)
{
	for (int role = 0; role < USER_ROLE__COUNT; role++)
		if (text_equal(role_names[role], name))
			return (enum user_role)role;
	return USER_ROLE__COUNT;
}

void
user_read(struct db_row *row, struct arena *arena, struct user *user)
{
	user->id = (int32_t)db_get_int(row);
	user->email = db_get_text(row, arena);
	user->password_hash = db_get_text_or(row, arena, NULL);
	user->role = user_role_of_name(db_get_text(row, arena));
	user->token_epoch = (int32_t)db_get_int(row);
	user->is_demo = db_get_bool(row);
	user->disabled = db_get_bool(row);
	user->created_us = db_get_time(row);
}

/* *ret_user is NULL without a row. */
static int
user_one(struct db *db, struct arena *arena, const struct db_stmt *stmt, const struct db_value *arg,
    struct user **ret_user, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, stmt, arg, 1, DB_AT_MOST_ONE, &res, err) < 0)
		return -1;
	if (res.count == 0) {
		*ret_user = NULL;
		return 0;
	}
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
user_find_by_email(struct db *db, struct arena *arena, const char *email, struct user **ret_user, struct error *err)
{
	const struct db_value arg = DB_TEXT(email);

	if (user_one(db, arena, &by_email_stmt, &arg, ret_user, err) < 0)
		return error_wrap(err, "finding a user by e-mail");
	return 0;
}

int
user_find(struct db *db, struct arena *arena, int32_t id, struct user **ret_user, struct error *err)
{
	const struct db_value arg = DB_INT(id);

	if (user_one(db, arena, &by_id_stmt, &arg, ret_user, err) < 0)
		return error_wrap(err, "finding user %d", id);
	return 0;
}

int
user_check_epoch(
    struct db *db, struct arena *arena, int32_t id, int32_t token_epoch, struct user **ret_user, struct error *err)
{
	struct user *user = NULL;

	if (user_find(db, arena, id, &user, err) < 0)
		return -1;
	if (user == NULL || user->disabled || user->token_epoch != token_epoch)
		return error_set(err, ERR_UNAUTHORIZED, "The token is not valid any more");
	*ret_user = user;
	return 0;
}

int
user_create(struct db *db, const char *email, const char *password_hash, enum user_role role, bool is_demo,
    int32_t *ret_id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &create_stmt,
		DB_ARGS(DB_TEXT(email), DB_TEXT(password_hash), DB_TEXT(user_role_name(role)), DB_BOOL(is_demo)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "creating a user");
	struct db_row row = db_row(&res, 0);
	int32_t id = (int32_t)db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

static int
user_change(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, struct error *err)
{
	bool changed = false;

	if (noun_changed(db, stmt, args, nargs, &changed, err) < 0)
		return error_wrap(err, "changing user %d", (int)args[0].num);
	if (!changed)
		return error_code(err, ERR_NOT_FOUND, "user_not_found", "There is no such user");
	return 0;
}

int
user_set_password(struct db *db, int32_t id, const char *password_hash, struct error *err)
{
	return user_change(db, &password_stmt, DB_ARGS(DB_INT(id), DB_TEXT(password_hash)), err);
}

int
user_set_role(struct db *db, int32_t id, enum user_role role, struct error *err)
{
	return user_change(db, &role_stmt, DB_ARGS(DB_INT(id), DB_TEXT(user_role_name(role))), err);
}

int
user_set_disabled(struct db *db, int32_t id, bool disabled, struct error *err)
{
	return user_change(db, &disabled_stmt, DB_ARGS(DB_INT(id), DB_BOOL(disabled)), err);
}

int
user_logout_all(struct db *db, int32_t user_id, struct error *err)
{
	return user_change(db, &end_tokens_stmt, DB_ARGS(DB_INT(user_id)), err);
}

int
user_list(struct db *db, struct arena *arena, struct user **ret_users, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &all_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing users");
	struct user *users = ARENA_ARRAY(arena, (size_t)res.count, struct user);
	if (users == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		user_read(&row, arena, &users[i]);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_users = users;
	*ret_count = (size_t)res.count;
	return 0;
}

int
user_login_allowed(struct db *db, const char *address, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &login_wait_stmt, DB_ARGS(DB_TEXT(address)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "counting failed logins");
	struct db_row row = db_row(&res, 0);
	int wait_s = (int)db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (wait_s > 0) {
		error_code(err, ERR_LIMIT, "too_many_attempts", "Too many failed logins; try again later");
		error_retry_after(err, wait_s);
		return -1;
	}
	return 0;
}

int
user_login_failed(struct db *db, const char *address, struct error *err)
{
	if (noun_do(db, &login_failed_stmt, DB_ARGS(DB_TEXT(address)), err) < 0)
		return error_wrap(err, "counting a failed login");
	return 0;
}

const struct db_stmt_row user_statements[] = {
    {&by_email_stmt, "ac"},
    {&by_id_stmt, "arec"},
    {&all_stmt, "c"},
    {&create_stmt, "ac"},
    {&password_stmt, "ac"},
    {&role_stmt, "c"},
    {&disabled_stmt, "c"},
    {&end_tokens_stmt, "ac"},
    {&login_wait_stmt, "a"},
    {&login_failed_stmt, "a"},
    {NULL, NULL},
};
