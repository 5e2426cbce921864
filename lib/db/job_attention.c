/*
 * Decisions about jobs of which nobody knows whether they were paid for; the rules are in sql/functions/attention.sql.
 */
#include "lib/base/id.h"
#include "lib/db/job_priv.h"

static const struct db_stmt attention_stmt = {
    "job_attention", "select job, state, project, seq, woke from job_attention($1, $2, $3)", 3};

const struct db_stmt_row job_attention_statements[] = {{&attention_stmt, "ac"}, {NULL, NULL}};

int
job_attention(struct db *db, const char *public_id, const char *action, int64_t wait_s, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(public_id))
		return error_code(err, ERR_NOT_FOUND, "job_not_found", "There is no such job.");
	if (db_run_again(db, &attention_stmt, DB_ARGS(DB_TEXT(public_id), DB_TEXT(action), DB_INT(wait_s)), DB_MANY,
		&res, err) < 0)
		return error_wrap(err, "deciding about job '%s'", public_id);
	return job_changes_hint(db, &res, NULL, NULL, err);
}
