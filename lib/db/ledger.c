/*
 * The ledger from outside of provider calls.
 */
#include "lib/db/db_priv.h"
#include "lib/db/ledger.h"

static const struct db_stmt ledger_add_stmt = {
    "ledger_add", "select ledger_add($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", 10};
static const struct db_stmt ledger_of_project_stmt = {"ledger_of_project",
    "select agent, model, sum(price_micros)::bigint, sum(charged_micros)::bigint, sum(duration_ms)::bigint, count(*)"
    " from ledger where project_id = $1 group by agent, model order by min(id)",
    1};

const struct db_stmt_row ledger_statements[] = {
    {&ledger_add_stmt, "rc"},
    {&ledger_of_project_stmt, "arc"},
    {NULL, NULL},
};

int
ledger_add(struct db *db, const struct ledger_row *row, struct error *err)
{
	if (db_run_again(db, &ledger_add_stmt,
		DB_ARGS(DB_TEXT(row->project_id), row->user_id > 0 ? DB_INT(row->user_id) : DB_NULL,
		    row->job_id > 0 ? DB_INT(row->job_id) : DB_NULL, DB_TEXT(row->agent), DB_TEXT(row->provider),
		    DB_TEXT(row->model), DB_INT(row->price_micros), DB_BOOL(row->simulated), DB_INT(row->duration_ms),
		    DB_TEXT(row->error)),
		DB_ONE, NULL, err) < 0)
		return error_wrap(err, "ledger row of '%s'", row->agent);
	return 0;
}

int
ledger_of_project(struct db *db, struct arena *arena, const char *project_id, const struct ledger_sum **ret_sums,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &ledger_of_project_stmt, DB_ARGS(DB_TEXT(project_id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "costs of '%s'", project_id);
	struct ledger_sum *sums = ARENA_ARRAY(arena, (size_t)res.count, struct ledger_sum);
	if (sums == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		sums[i].agent = db_get_text(&row, arena);
		sums[i].model = db_get_text(&row, arena);
		sums[i].price_micros = db_get_int(&row);
		sums[i].charged_micros = db_get_int(&row);
		sums[i].duration_ms = db_get_int(&row);
		sums[i].count = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_sums = sums;
	*ret_count = (size_t)res.count;
	return 0;
}
