#include <string.h>

#include "lib/db/asset_priv.h"
#include "lib/db/noun_priv.h"
#include "lib/db/share.h"

/* asset, hash, seconds */
static const struct db_stmt create_stmt = {
    "share_create", "select id, asset_id, expires_at, created_at from share_create($1, $2, $3)", 3};
static const struct db_stmt list_stmt = {
    "share_list", "select id, asset_id, expires_at, created_at from share_list($1)", 1};
static const struct db_stmt revoke_stmt = {"share_revoke", "select share_revoke($1)", 1};
static const struct db_stmt open_stmt = {"share_open", "select " ASSET_COLUMNS " from share_open($1)", 1};

static void
share_read(struct db_row *row, struct arena *arena, struct share *share)
{
	share->id = db_get_text(row, arena);
	share->asset_id = db_get_text(row, arena);
	share->expires_us = db_get_time(row);
	share->created_us = db_get_time(row);
}

int
share_create(struct db *db, struct arena *arena, const char *asset_id, const char *token, int64_t expires_in_s,
    struct share **ret_share, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char digest[HASH_SIZE];

	hash_bytes(token, strlen(token), digest);
	if (noun_call(db, &create_stmt, DB_ARGS(DB_TEXT(asset_id), DB_BYTES(digest, HASH_SIZE), DB_INT(expires_in_s)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "sharing asset '%s'", asset_id);
	struct share *share = ARENA_NEW(arena, struct share);
	if (share == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	share_read(&row, arena, share);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_share = share;
	return 0;
}

int
share_list(struct db *db, struct arena *arena, const char *asset_id, struct share **ret_shares, size_t *ret_count,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &list_stmt, DB_ARGS(DB_TEXT(asset_id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing the links of asset '%s'", asset_id);
	struct share *shares = ARENA_ARRAY(arena, (size_t)res.count, struct share);
	if (shares == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		share_read(&row, arena, &shares[i]);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_shares = shares;
	*ret_count = (size_t)res.count;
	return 0;
}

int
share_revoke(struct db *db, const char *id, struct error *err)
{
	bool revoked = false;

	if (id_is_uuid(id) && noun_changed(db, &revoke_stmt, DB_ARGS(DB_TEXT(id)), &revoked, err) < 0)
		return error_wrap(err, "revoking link '%s'", id);
	if (!revoked)
		return error_set(err, ERR_NOT_FOUND, "There is no such link");
	return 0;
}

int
share_open(struct db *db, struct arena *arena, const char *token, struct asset **ret_asset, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	unsigned char digest[HASH_SIZE];

	hash_bytes(token, strlen(token), digest);
	if (db_run(db, &open_stmt, DB_ARGS(DB_BYTES(digest, HASH_SIZE)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "opening a shared link");
	if (res.count == 0)
		return error_set(err, ERR_NOT_FOUND, "This link is not valid");
	struct asset *asset = ARENA_NEW(arena, struct asset);
	if (asset == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	asset_read(&row, arena, asset);
	if (db_row_end(&row, err) < 0)
		return -1;
	asset->role = PROJECT_VIEWER;
	*ret_asset = asset;
	return 0;
}

const struct db_stmt_row share_statements[] = {
    {&create_stmt, "ac"},
    {&list_stmt, "ac"},
    {&revoke_stmt, "ac"},
    {&open_stmt, "a"},
    {NULL, NULL},
};
