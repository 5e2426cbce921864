#include "lib/db/limit.h"
#include "lib/db/noun_priv.h"

/* scope, key, per minute, burst */
static const struct db_stmt take_stmt = {"rate_take", "select rate_take($1, $2, $3, $4)", 4};
static const struct db_stmt jobs_stmt = {"open_jobs_check", "select open_jobs_check($1)", 1};

int
limit_take(struct db *db, const struct limit_rule *rule, const char *key, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &take_stmt,
		DB_ARGS(DB_TEXT(rule->scope), DB_TEXT(key), DB_REAL(rule->per_minute), DB_REAL(rule->burst)), DB_ONE,
		&res, err) < 0)
		return error_wrap(err, "taking a token of limit '%s'", rule->scope);
	struct db_row row = db_row(&res, 0);
	int wait_s = (int)db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (wait_s > 0) {
		error_code(err, ERR_LIMIT, "rate_limited", "Too many requests; try again later");
		error_retry_after(err, wait_s);
		return -1;
	}
	return 0;
}

int
limit_open_jobs(struct db *db, int max, struct error *err)
{
	if (noun_do(db, &jobs_stmt, DB_ARGS(DB_INT(max)), err) < 0) {
		if (error_has_code(err, "too_many_jobs"))
			error_retry_after(err, 30);
		return error_wrap(err, "counting open jobs");
	}
	return 0;
}

const struct db_stmt_row limit_statements[] = {
    {&take_stmt, "ae"},
    {&jobs_stmt, "a"},
    {NULL, NULL},
};
