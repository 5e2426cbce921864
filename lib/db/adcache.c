#include "lib/db/adcache.h"
#include "lib/db/noun_priv.h"

static const struct db_stmt find_stmt = {"cache_find", "select kind, value, asset_sha256 from cache_find($1)", 1};

int
adcache_find(struct db *db, struct arena *arena, const char *key, struct adcache_entry **ret_entry, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &find_stmt, DB_ARGS(DB_TEXT(key)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "looking into the cache");
	if (res.count == 0) {
		*ret_entry = NULL;
		return 0;
	}
	struct adcache_entry *entry = ARENA_NEW(arena, struct adcache_entry);
	if (entry == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	entry->kind = db_get_text(&row, arena);
	entry->value = db_get_text(&row, arena);
	entry->asset_sha256 = db_get_text_or(&row, arena, NULL);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_entry = entry;
	return 0;
}

const struct db_stmt_row adcache_statements[] = {
    {&find_stmt, "r"},
    {NULL, NULL},
};
