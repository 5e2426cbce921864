#include <inttypes.h>
#include <string.h>

#include "lib/db/noun_priv.h"

int
noun_changed(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, bool *ret_changed,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return -1;
	struct db_row row = db_row(&res, 0);
	bool changed = db_get_bool(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_changed = changed;
	return 0;
}

int
noun_do(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	return noun_call(db, stmt, args, nargs, DB_ONE, &res, err);
}

int
noun_cursor_parse(struct arena *arena, const char *text, struct noun_cursor *ret_cursor, struct error *err)
{
	if (text == NULL) {
		*ret_cursor = (struct noun_cursor){.at_us = CLOCK_NONE};
		return 0;
	}
	const char *dot = strchr(text, '.');
	int64_t at = 0;
	char *number = dot != NULL ? arena_strndup(arena, text, (size_t)(dot - text)) : NULL;
	if (number == NULL || text_int(number, 0, INT64_MAX, &at) < 0 || !id_is_token(dot + 1, 64)) {
		error_set(err, ERR_INPUT, "the cursor is not one of ours");
		error_pointer(err, "/cursor");
		return -1;
	}
	*ret_cursor = (struct noun_cursor){.at_us = at, .id = dot + 1};
	return 0;
}

const char *
noun_cursor_make(struct arena *arena, int64_t at_us, const char *id)
{
	return arena_printf(arena, "%" PRId64 ".%s", at_us, id);
}

void *
noun_page_read(const struct db_result *res, struct arena *arena, const struct noun_item *item, int limit,
    size_t *ret_count, const char **ret_next, struct error *err)
{
	const size_t count = (size_t)FW_MIN(res->count, limit);
	char *items = arena_array(arena, count, item->size);
	const char *next = NULL;

	if (items == NULL) {
		arena_error(arena, err);
		return NULL;
	}
	for (size_t i = 0; i < count; i++) {
		struct db_row row = db_row(res, (int)i);
		item->read(&row, arena, items + i * item->size);
		if (db_row_end(&row, err) < 0)
			return NULL;
	}
	if (res->count > limit) {
		const char *last = items + (count - 1) * item->size;
		next = noun_cursor_make(arena, *(const int64_t *)(const void *)(last + item->at_us),
		    *(const char *const *)(const void *)(last + item->id));
		if (next == NULL) {
			arena_error(arena, err);
			return NULL;
		}
	}
	*ret_count = count;
	*ret_next = next;
	return items;
}

int
noun_session_id(const char *id, struct error *err)
{
	if (!id_is_uuid(id))
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	return 0;
}
