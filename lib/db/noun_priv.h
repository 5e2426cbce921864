/*
 * Small things that the files of users, sessions, assets and the like share beside db_priv.h.
 */
#ifndef FW_DB_NOUN_PRIV_H
#define FW_DB_NOUN_PRIV_H

#include "lib/base/arena.h"
#include "lib/base/hash.h"
#include "lib/base/id.h"
#include "lib/base/text.h"
#include "lib/db/db_priv.h"

/* One statement that calls a function which may lose a conflict with others; inside a transaction the whole of it is
 * run again instead. */
static inline int MUST_CHECK
noun_call(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, enum db_shape shape,
    struct db_result *ret_res, struct error *err)
{
	if (db_in_transaction(db))
		return db_run(db, stmt, args, nargs, shape, ret_res, err);
	return db_run_again(db, stmt, args, nargs, shape, ret_res, err);
}

/* For statements that answer with one boolean: whether there was anything to change. */
int noun_changed(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs,
    bool *ret_changed, struct error *err) MUST_CHECK;

/* For statements whose one row says nothing (a function that returns void). */
int noun_do(
    struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, struct error *err) MUST_CHECK;

/* A position in a list: microseconds and an id, in text that clients hand back. */
struct noun_cursor {
	int64_t at_us; /* CLOCK_NONE: from the start */
	const char *id;
};
/* NULL is the start. ERR_INPUT for what noun_cursor_make() did not make. */
int noun_cursor_parse(
    struct arena *arena, const char *text, struct noun_cursor *ret_cursor, struct error *err) MUST_CHECK;
/* NULL when the arena is exhausted. */
const char *noun_cursor_make(struct arena *arena, int64_t at_us, const char *id) MUST_CHECK;

/* What a list is made of: how a row is read into an item, and where in it lie the int64_t and the const char * that the
 * list is ordered by. */
struct noun_item {
	size_t size;
	void (*read)(struct db_row *row, struct arena *arena, void *item);
	size_t at_us, id;
};
/* A page out of a result of which one row more than `limit` was asked for: that one tells whether there is a next page,
 * and *ret_next is NULL when there is none. The items, in the arena; NULL on failure. */
void *noun_page_read(const struct db_result *res, struct arena *arena, const struct noun_item *item, int limit,
    size_t *ret_count, const char **ret_next, struct error *err) MUST_CHECK;

/* ERR_NOT_FOUND "session_not_found" unless the text is a UUID: nothing else can name a session. */
int noun_session_id(const char *id, struct error *err) MUST_CHECK;

/* The statements of each file and who may prepare them; each list ends with a row of NULLs. */
extern const struct db_stmt_row user_statements[];
extern const struct db_stmt_row user_token_statements[];
extern const struct db_stmt_row apikey_statements[];
extern const struct db_stmt_row project_statements[];
extern const struct db_stmt_row limit_statements[];
extern const struct db_stmt_row idem_statements[];
extern const struct db_stmt_row asset_statements[];
extern const struct db_stmt_row asset_collect_statements[];
extern const struct db_stmt_row share_statements[];
extern const struct db_stmt_row cost_statements[];
extern const struct db_stmt_row adcache_statements[];
extern const struct db_stmt_row draft_statements[];
extern const struct db_stmt_row render_statements[];
extern const struct db_stmt_row session_statements[];
extern const struct db_stmt_row session_read_statements[];
extern const struct db_stmt_row session_start_statements[];
extern const struct db_stmt_row webhook_statements[];

#endif
