/*
 * Server and connection failures as struct error. SQL text and the server's own words go to the log text only; what a
 * client may read is the detail of a refusal (SQLSTATE FWxxx).
 */
#include <stdlib.h>
#include <string.h>

#include "lib/base/text.h"
#include "lib/db/db_conn.h"

struct db_state_row {
	const char *prefix; /* of the SQLSTATE */
	enum error_kind kind;
	const char *code;   /* NULL: the kind's */
	const char *public; /* NULL: the kind's title */
};

/* First match wins. */
static const struct db_state_row db_state_rows[] = {
    {"08", ERR_UNAVAILABLE, "database_unavailable", "The database is not available at the moment"},
    {"57P", ERR_UNAVAILABLE, "database_unavailable", "The database is not available at the moment"},
    {"53100", ERR_UNAVAILABLE, "database_unavailable", "The database's disk is full"},
    {"53", ERR_UNAVAILABLE, "database_unavailable", "The database is overloaded"},
    {"40001", ERR_UNAVAILABLE, "database_busy", "Too much happened at once; try again"},
    {"40P01", ERR_UNAVAILABLE, "database_busy", "Too much happened at once; try again"},
    {"55P03", ERR_UNAVAILABLE, "database_busy", "Too much happened at once; try again"},
    {"57014", ERR_CANCELLED, "database_timeout", "It took too long"},
    {"25006", ERR_UNAVAILABLE, "database_unavailable", "The database is read-only at the moment"},
    {"23505", ERR_CONFLICT, "conflict", "Something with this name exists already"},
    {"42501", ERR_FORBIDDEN, "forbidden", "This is not allowed"},
    {"28", ERR_UNAVAILABLE, "database_refused", "The database is not available at the moment"},
    {"3D000", ERR_UNAVAILABLE, "database_missing", "The database is not available at the moment"},
};

static enum error_kind
db_kind_of_status(int status)
{
	static const struct {
		int status;
		enum error_kind kind;
	} rows[] = {
	    {400, ERR_BAD_REQUEST},
	    {401, ERR_UNAUTHORIZED},
	    {402, ERR_BUDGET},
	    {403, ERR_FORBIDDEN},
	    {404, ERR_NOT_FOUND},
	    {409, ERR_CONFLICT},
	    {410, ERR_GONE},
	    {413, ERR_TOO_LARGE},
	    {415, ERR_MEDIA_TYPE},
	    {422, ERR_INPUT},
	    {423, ERR_LOCKED},
	    {429, ERR_LIMIT},
	    {502, ERR_PROVIDER},
	    {503, ERR_UNAVAILABLE},
	    {507, ERR_STORAGE_FULL},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		if (rows[i].status == status)
			return rows[i].kind;
	}
	return ERR_INTERNAL;
}

static const char *
db_field(const PGresult *res, int field)
{
	const char *text = PQresultErrorField(res, field);
	return text == NULL ? "" : text;
}

/* raise exception using errcode = 'FW409', message = code, detail = sentence, hint, column = JSON pointer, constraint =
 * retry-after. */
static int
db_error_refused(const PGresult *res, const char *what, int status, struct error *err)
{
	const char *sentence = db_field(res, PG_DIAG_MESSAGE_DETAIL);
	const char *code = db_field(res, PG_DIAG_MESSAGE_PRIMARY);
	(void)error_code(err, db_kind_of_status(status), code, "%s", sentence[0] == '\0' ? code : sentence);
	if (sentence[0] != '\0')
		error_public(err, "%s", sentence);
	const char *hint = db_field(res, PG_DIAG_MESSAGE_HINT);
	if (hint[0] != '\0')
		error_hint(err, "%s", hint);
	const char *pointer = db_field(res, PG_DIAG_COLUMN_NAME);
	if (pointer[0] != '\0')
		error_pointer(err, "%s", pointer);
	int64_t seconds = 0;
	if (text_int(db_field(res, PG_DIAG_CONSTRAINT_NAME), 1, 86400, &seconds) == 0)
		error_retry_after(err, (int)seconds);
	return error_wrap(err, "'%s' refused", what);
}

int
db_error_result(const PGresult *res, const char *what, struct error *err)
{
	const char *state = db_field(res, PG_DIAG_SQLSTATE);
	int64_t status = 0;
	int result = 0;
	if (strncmp(state, "FW", 2) == 0 && text_int(state + 2, 400, 599, &status) == 0) {
		result = db_error_refused(res, what, (int)status, err);
	} else {
		const struct db_state_row *row = NULL;
		for (size_t i = 0; i < ARRAY_LEN(db_state_rows) && row == NULL; i++) {
			if (strncmp(state, db_state_rows[i].prefix, strlen(db_state_rows[i].prefix)) == 0)
				row = &db_state_rows[i];
		}
		const char *message = db_field(res, PG_DIAG_MESSAGE_PRIMARY);
		const char *detail = db_field(res, PG_DIAG_MESSAGE_DETAIL);
		const char *context = db_field(res, PG_DIAG_CONTEXT);
		if (message[0] == '\0')
			message = PQresultErrorMessage(res);
		if (row != NULL) {
			(void)error_code(err, row->kind, row->code, "'%s': %s (%s) %s %.200s", what, message, state,
			    detail, context);
			error_public(err, "%s", row->public);
		} else {
			(void)error_set(
			    err, ERR_INTERNAL, "'%s': %s (%s) %s %.200s", what, message, state, detail, context);
		}
		result = error_fail();
	}
	if (err != NULL) {
		for (size_t i = 0; i < sizeof(err->sqlstate) - 1 && state[i] != '\0'; i++) {
			err->sqlstate[i] = state[i];
			err->sqlstate[i + 1] = '\0';
		}
	}
	return result;
}

int
db_error_lost(struct db *db, const char *what, struct error *err)
{
	char message[200];
	snprintf(message, sizeof(message), "%s", db->conn == NULL ? "not connected" : PQerrorMessage(db->conn));
	message[strcspn(message, "\n")] = '\0';
	db->broken = true;
	(void)error_code(err, ERR_UNAVAILABLE, "database_unavailable", "'%s': %s", what, message);
	error_public(err, "The database is not available at the moment");
	return error_fail();
}

bool
db_error_is_conflict(const struct error *err)
{
	return strcmp(err->sqlstate, "40001") == 0 || strcmp(err->sqlstate, "40P01") == 0;
}
