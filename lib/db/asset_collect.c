/*
 * Blobs: the bytes behind assets, from their reservation to their collection.
 *
 * A file is removed while its row is locked. Whoever is about to store the same content has to reserve it first and
 * waits for that lock; it then finds no row, makes one, and puts its own file in place after the old one is gone.
 */
#include "lib/db/asset.h"
#include "lib/db/noun_priv.h"

/* sha256, bytes, media type */
static const struct db_stmt reserve_stmt = {"blob_reserve", "select blob_reserve($1, $2, $3)", 3};
/* grace seconds, limit */
static const struct db_stmt garbage_stmt = {"blob_garbage", "select sha256, bytes from blob_garbage($1, $2)", 2};
static const struct db_stmt forget_stmt = {"blob_forget", "select blob_forget($1)", 1};

struct collection {
	int64_t grace_s;
	int limit;
	asset_remove_fn *remove;
	void *arg;
	int removed;
	int64_t bytes;
};

int
asset_blob_reserve(struct db *db, const char *sha256, int64_t bytes, const char *media_type, struct error *err)
{
	if (!hash_is_hex(sha256))
		return error_set(err, ERR_INTERNAL, "'%s' is not a digest", sha256);
	if (noun_do(db, &reserve_stmt, DB_ARGS(DB_TEXT(sha256), DB_INT(bytes), DB_TEXT(media_type)), err) < 0)
		return error_wrap(err, "reserving blob %s", sha256);
	return 0;
}

/* Removing a file twice does no harm, so this may be run again after a conflict. */
static int
collect_once(struct db *db, void *arg, struct error *err)
{
	struct collection *collection = arg;
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	CLEANUP(arena_free) struct arena *arena = arena_new(4 * MIB);

	collection->removed = 0;
	collection->bytes = 0;
	if (db_run(db, &garbage_stmt, DB_ARGS(DB_INT(collection->grace_s), DB_INT(collection->limit)), DB_MANY, &res,
		err) < 0)
		return -1;
	if (res.count == 0)
		return 0;
	const char **gone = ARENA_ARRAY(arena, (size_t)res.count, const char *);
	if (gone == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		const char *sha256 = db_get_text(&row, arena);
		int64_t bytes = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
		if (collection->remove(collection->arg, sha256) < 0)
			continue;
		gone[collection->removed++] = sha256;
		collection->bytes += bytes;
	}
	return noun_do(db, &forget_stmt, DB_ARGS(DB_TEXTS(gone, collection->removed)), err);
}

int
asset_collect(struct db *db, int64_t grace_s, int limit, asset_remove_fn *remove, void *arg, int *ret_removed,
    int64_t *ret_bytes, struct error *err)
{
	struct collection collection = {.grace_s = grace_s, .limit = limit, .remove = remove, .arg = arg};

	if (db_transaction(db, collect_once, &collection, err) < 0)
		return error_wrap(err, "collecting unreferenced files");
	*ret_removed = collection.removed;
	*ret_bytes = collection.bytes;
	return 0;
}

const struct db_stmt_row asset_collect_statements[] = {
    {&reserve_stmt, "arc"},
    {&garbage_stmt, "rc"},
    {&forget_stmt, "rc"},
    {NULL, NULL},
};
