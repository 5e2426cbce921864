#include "lib/db/jobwait.h"

#include "lib/db/db_priv.h"

static const struct db_stmt jobwait_ended_stmt = {"jobwait_ended",
    "select coalesce(j.finished_at is not null or j.state = 'uncertain', true) from unnest($1::uuid[]) with ordinality "
    "as w (id, n) "
    "left join job j on j.public_id = w.id order by w.n",
    1};

const struct db_stmt_row jobwait_statements[] = {{&jobwait_ended_stmt, "e"}, {NULL, NULL}};

int
jobwait_ended(struct db *db, const char *const *public_ids, size_t count, bool *ended, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &jobwait_ended_stmt, DB_ARGS(DB_TEXTS(public_ids, count)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "looking at awaited jobs");
	for (size_t i = 0; i < count && i < (size_t)res.count; i++) {
		struct db_row row = db_row(&res, (int)i);

		ended[i] = db_get_bool(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	return 0;
}
