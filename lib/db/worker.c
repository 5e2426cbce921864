/*
 * The rows of running daemons.
 */
#include <inttypes.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/db_priv.h"
#include "lib/db/job_priv.h"
#include "lib/db/worker.h"

static const struct db_stmt worker_begin_stmt = {"worker_begin", "select worker_begin($1, $2, $3, $4, $5)", 5};
static const struct db_stmt worker_drain_stmt = {"worker_drain", "select worker_drain($1)", 1};
static const struct db_stmt worker_seen_stmt = {"worker_seen", "select worker_seen($1, $2)", 2};
static const struct db_stmt worker_end_stmt = {
    "worker_end", "select job, state, project, seq, woke from worker_end($1)", 1};
static const struct db_stmt worker_health_stmt = {"worker_health",
    "select ret_renderd, ret_eventd, ret_queued, ret_processing, ret_open_sockets from worker_health()", 0};

const struct db_stmt_row worker_statements[] = {
    {&worker_begin_stmt, "re"},
    {&worker_drain_stmt, "re"},
    {&worker_seen_stmt, "re"},
    {&worker_end_stmt, "re"},
    {&worker_health_stmt, "arec"},
    {NULL, NULL},
};

/* What the database has to know of the daemon's settings; what is 0 stays as it is there. */
static void
settings_json(const struct worker_start *start, char json[192])
{
	const struct {
		const char *name;
		int64_t micros;
	} rows[] = {
	    {"cost_limit_micros", start->cost_limit_micros},
	    {"cost_alert_micros", start->cost_alert_micros},
	    {"lease_ttl_micros", start->lease_ttl_ms * 1000},
	};
	size_t used = 0;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		if (rows[i].micros > 0)
			used += (size_t)snprintf(json + used, 192 - used, "%s\"%s\":%" PRId64, used == 0 ? "{" : ",",
			    rows[i].name, rows[i].micros);
	snprintf(json + used, 192 - used, used == 0 ? "{}" : "}");
}

int
worker_begin(struct db *db, const struct worker_start *start, int64_t *ret_worker, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	char settings[192];

	settings_json(start, settings);
	if (db_run(db, &worker_begin_stmt,
		DB_ARGS(DB_TEXT(start->host), DB_INT(getpid()), DB_TEXT(start->program), DB_TEXT(start->version),
		    DB_TEXT(settings)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "registering the daemon");
	struct db_row row = db_row(&res, 0);
	*ret_worker = db_get_int(&row);
	return db_row_end(&row, err);
}

int
worker_drain(struct db *db, int64_t worker, struct error *err)
{
	return db_exec(db, &worker_drain_stmt, DB_ARGS(DB_INT(worker)), NULL, err);
}

int
worker_seen(struct db *db, int64_t worker, int open_sockets, struct error *err)
{
	return db_exec(db, &worker_seen_stmt, DB_ARGS(DB_INT(worker), DB_INT(open_sockets)), NULL, err);
}

int
worker_end(struct db *db, int64_t worker, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run_again(db, &worker_end_stmt, DB_ARGS(DB_INT(worker)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "ending the daemon's row");
	return job_changes_hint(db, &res, NULL, NULL, err);
}

int
worker_health(struct db *db, struct worker_health *ret_health, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &worker_health_stmt, DB_NO_ARGS, DB_ONE, &res, err) < 0)
		return error_wrap(err, "asking for the daemons");
	struct db_row row = db_row(&res, 0);
	ret_health->renderd = (int)db_get_int(&row);
	ret_health->eventd = (int)db_get_int(&row);
	ret_health->queued = db_get_int(&row);
	ret_health->processing = db_get_int(&row);
	ret_health->open_sockets = db_get_int(&row);
	return db_row_end(&row, err);
}
