#include <string.h>

#include "lib/db/apikey.h"
#include "lib/db/noun_priv.h"
#include "lib/db/user_priv.h"

#define KEY_COLUMNS "id, name, prefix, string_to_array(nullif(scopes, ''), ' '), last_used_at, created_at, revoked_at"

/* name, prefix, hash, scopes */
static const struct db_stmt create_stmt = {
    "api_key_create", "select " KEY_COLUMNS " from api_key_create($1, $2, $3, $4)", 4};
static const struct db_stmt list_stmt = {"api_key_list", "select " KEY_COLUMNS " from api_key_list()", 0};
static const struct db_stmt revoke_stmt = {"api_key_revoke", "select api_key_revoke($1)", 1};
static const struct db_stmt check_stmt = {"api_key_check",
    "select id, email, password_hash, role, token_epoch, is_demo, disabled, created_at, key_id, key_name, key_prefix,"
    " string_to_array(nullif(key_scopes, ''), ' '), key_used_at, key_created_at, null::timestamptz"
    " from api_key_check($1)",
    1};

static void
apikey_read(struct db_row *row, struct arena *arena, struct apikey *key)
{
	key->id = db_get_int(row);
	key->name = db_get_text(row, arena);
	key->prefix = db_get_text(row, arena);
	key->scopes = db_get_texts(row, arena, &key->scope_count);
	key->last_used_us = db_get_time(row);
	key->created_us = db_get_time(row);
	key->revoked_us = db_get_time(row);
}

int
apikey_create(struct db *db, struct arena *arena, const char *name, const char *key, const char *const *scopes,
    size_t scope_count, struct apikey **ret_key, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char digest[HASH_SIZE];

	if (scope_count > APIKEY_SCOPES_MAX) {
		error_set(err, ERR_INPUT, "A key has at most %d scopes", APIKEY_SCOPES_MAX);
		error_pointer(err, "/scopes");
		return -1;
	}
	hash_bytes(key, strlen(key), digest);
	char *prefix = arena_strndup(arena, key, APIKEY_PREFIX_LEN);
	struct apikey *made = ARENA_NEW(arena, struct apikey);
	if (prefix == NULL || made == NULL)
		return arena_error(arena, err);
	if (db_run(db, &create_stmt,
		DB_ARGS(DB_TEXT(name), DB_TEXT(prefix), DB_BYTES(digest, HASH_SIZE), DB_TEXTS(scopes, scope_count)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "creating an API key");
	struct db_row row = db_row(&res, 0);
	apikey_read(&row, arena, made);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_key = made;
	return 0;
}

int
apikey_list(struct db *db, struct arena *arena, struct apikey **ret_keys, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &list_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing API keys");
	struct apikey *keys = ARENA_ARRAY(arena, (size_t)res.count, struct apikey);
	if (keys == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		apikey_read(&row, arena, &keys[i]);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_keys = keys;
	*ret_count = (size_t)res.count;
	return 0;
}

int
apikey_revoke(struct db *db, int64_t id, struct error *err)
{
	bool revoked = false;

	if (noun_changed(db, &revoke_stmt, DB_ARGS(DB_INT(id)), &revoked, err) < 0)
		return error_wrap(err, "revoking an API key");
	if (!revoked)
		return error_set(err, ERR_NOT_FOUND, "There is no such key");
	return 0;
}

int
apikey_check(struct db *db, struct arena *arena, const char *key, struct user **ret_user, struct apikey **ret_key,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char digest[HASH_SIZE];

	hash_bytes(key, strlen(key), digest);
	if (db_run(db, &check_stmt, DB_ARGS(DB_BYTES(digest, HASH_SIZE)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "checking an API key");
	if (res.count == 0)
		return error_set(err, ERR_UNAUTHORIZED, "The key is not valid");
	struct user *user = ARENA_NEW(arena, struct user);
	struct apikey *found = ARENA_NEW(arena, struct apikey);
	if (user == NULL || found == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	user_read(&row, arena, user);
	apikey_read(&row, arena, found);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_user = user;
	if (ret_key != NULL)
		*ret_key = found;
	return 0;
}

bool
apikey_has_scope(const struct apikey *key, const char *scope)
{
	if (key->scope_count == 0)
		return true;
	for (size_t i = 0; i < key->scope_count; i++)
		if (text_equal(key->scopes[i], scope))
			return true;
	return false;
}

const struct db_stmt_row apikey_statements[] = {
    {&create_stmt, "ac"},
    {&list_stmt, "ac"},
    {&revoke_stmt, "ac"},
    {&check_stmt, "ae"},
    {NULL, NULL},
};
