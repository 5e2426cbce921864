#include "lib/db/idem.h"
#include "lib/db/noun_priv.h"

/* key, route, request hash */
static const struct db_stmt begin_stmt = {
    "idem_begin", "select replay, status, content, location from idem_begin($1, $2, $3)", 3};
/* key, status, content, location */
static const struct db_stmt finish_stmt = {"idem_finish", "select idem_finish($1, $2, $3, $4)", 4};

int
idem_begin(struct db *db, struct arena *arena, const char *key, const char *route,
    const unsigned char request[static HASH_SIZE], struct idem *ret_idem, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &begin_stmt, DB_ARGS(DB_TEXT(key), DB_TEXT(route), DB_BYTES(request, HASH_SIZE)), DB_ONE, &res,
		err) < 0)
		return error_wrap(err, "taking an idempotency key");
	struct db_row row = db_row(&res, 0);
	struct idem idem = {.replay = db_get_bool(&row)};
	idem.status = (int)db_get_int(&row);
	idem.content = db_get_text_or(&row, arena, NULL);
	idem.location = db_get_text_or(&row, arena, NULL);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_idem = idem;
	return 0;
}

int
idem_finish(struct db *db, const char *key, int status, const char *content, const char *location, struct error *err)
{
	bool stored = false;

	if (noun_changed(db, &finish_stmt, DB_ARGS(DB_TEXT(key), DB_INT(status), DB_TEXT(content), DB_TEXT(location)),
		&stored, err) < 0)
		return error_wrap(err, "storing the answer of an idempotency key");
	if (!stored)
		return error_set(err, ERR_INTERNAL, "idempotency key '%s' is not taken", key);
	return 0;
}

const struct db_stmt_row idem_statements[] = {
    {&begin_stmt, "a"},
    {&finish_stmt, "a"},
    {NULL, NULL},
};
