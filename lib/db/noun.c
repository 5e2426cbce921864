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

int
noun_session_id(const char *id, struct error *err)
{
	if (!id_is_uuid(id))
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	return 0;
}
