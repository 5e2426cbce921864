/*
 * Jobs as callers see them: looking, listing, cancelling, repeating. The caller's rights are row-level security's and
 * job_of_caller()'s.
 */
#include <string.h>

#include "lib/db/job_priv.h"

#define JOB_COLUMNS \
	"id, public_id, kind, project_id, owner_id, outside, state, phase, progress, eta_s, attempt, max_attempts, " \
	"priority, price_micros," \
	" result, error, degraded, request_id, created_at, started_at, finished_at, version, beat"

static const struct db_stmt job_load_stmt = {
    "job_load", "select " JOB_COLUMNS " from job_public where public_id = $1", 1};
/* $1 project, $2 outside state, $3 kind, $4 ids below it, $5 offset, $6 limit, $7 the caller (null: the installation)
 */
static const struct db_stmt job_list_stmt = {"job_list",
    "select " JOB_COLUMNS " from job_public"
    " where ($1::uuid is null or project_id = $1)"
    " and ($2::text is null or outside = $2)"
    " and ($3::text is null or kind = $3)"
    " and ($4::bigint = 0 or id < $4)"
    " and ($7::int is null or $1::uuid is not null or owner_id = $7)"
    " order by id desc"
    " offset $5 limit $6",
    7};
static const struct db_stmt job_cancel_stmt = {
    "job_cancel", "select job, state, project, seq, woke from job_cancel($1)", 1};
static const struct db_stmt job_retry_stmt = {"job_retry", "select job_retry($1)", 1};
static const struct db_stmt job_add_stmt = {"job_add",
    "select j.id, a.public_id, a.state"
    " from job_add($1, $2, $3, coalesce($4::jsonb, '{}'), $5, $6, $7, $8, $9, $10, $11, $12) as j (id), "
    "job_added(j.id) a",
    12};

const struct db_stmt_row job_view_statements[] = {
    {&job_load_stmt, "arc"},
    {&job_list_stmt, "arc"},
    {&job_cancel_stmt, "arc"},
    {&job_retry_stmt, "ac"},
    {&job_add_stmt, "rc"},
    {NULL, NULL},
};

static int
job_view_read(const struct db_result *res, int index, struct arena *arena, struct job_view *job, struct error *err)
{
	struct db_row row = db_row(res, index);
	job->id = db_get_int(&row);
	db_get_chars(&row, job->public_id, sizeof(job->public_id));
	db_get_chars(&row, job->kind, sizeof(job->kind));
	db_get_chars(&row, job->project_id, sizeof(job->project_id));
	job->owner_id = (int)db_get_int_or(&row, 0);
	db_get_chars(&row, job->state, sizeof(job->state));
	db_get_chars(&row, job->raw_state, sizeof(job->raw_state));
	job->phase = db_get_text_or(&row, arena, NULL);
	job->progress = db_get_real(&row);
	job->eta_s = db_get_int_or(&row, -1);
	job->attempt = (int)db_get_int(&row);
	job->max_attempts = (int)db_get_int(&row);
	job->priority = (int)db_get_int(&row);
	job->price_micros = db_get_int(&row);
	job->result = db_get_text_or(&row, arena, NULL);
	job->error = db_get_text_or(&row, arena, NULL);
	job->degraded = db_get_text_or(&row, arena, "[]");
	job->request_id = db_get_text_or(&row, arena, NULL);
	job->created_at = db_get_time(&row);
	job->started_at = db_get_time(&row);
	job->finished_at = db_get_time(&row);
	job->version = db_get_int(&row);
	job->beat_at = db_get_time(&row);
	return db_row_end(&row, err);
}

static int
job_missing(struct error *err)
{
	return error_code(err, ERR_NOT_FOUND, "job_not_found", "There is no such job.");
}

int
job_load(struct db *db, struct arena *arena, const char *public_id, struct job_view *ret_job, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (!id_is_uuid(public_id))
		return job_missing(err);
	if (db_run(db, &job_load_stmt, DB_ARGS(DB_TEXT(public_id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading job '%s'", public_id);
	if (res.count == 0)
		return job_missing(err);
	return job_view_read(&res, 0, arena, ret_job, err);
}

int
job_list(struct db *db, struct arena *arena, const struct job_filter *filter, struct job_view **ret_jobs,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	const int caller = db_caller_id(db);
	if (db_run(db, &job_list_stmt,
		DB_ARGS(DB_TEXT(filter->project_id), DB_TEXT(filter->state), DB_TEXT(filter->kind),
		    DB_INT(filter->before_id), DB_INT(filter->offset), DB_INT(filter->limit),
		    caller > 0 ? DB_INT(caller) : DB_NULL),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing jobs");
	struct job_view *jobs = ARENA_ARRAY(arena, (size_t)res.count, struct job_view);
	if (jobs == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		if (job_view_read(&res, i, arena, &jobs[i], err) < 0)
			return error_wrap(err, "listing jobs");
	}
	*ret_jobs = jobs;
	*ret_count = (size_t)res.count;
	return 0;
}

int
job_cancel(struct db *db, const char *public_id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (!id_is_uuid(public_id))
		return job_missing(err);
	if (db_run_again(db, &job_cancel_stmt, DB_ARGS(DB_TEXT(public_id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "cancelling job '%s'", public_id);
	return job_changes_hint(db, &res, NULL, NULL, err);
}

int
job_retry(struct db *db, const char *public_id, struct error *err)
{
	if (!id_is_uuid(public_id))
		return job_missing(err);
	if (db_run_again(db, &job_retry_stmt, DB_ARGS(DB_TEXT(public_id)), DB_ONE, NULL, err) < 0)
		return error_wrap(err, "repeating job '%s'", public_id);
	db_hint_jobs(db);
	return 0;
}

int
job_add(struct db *db, const struct job_new *job, int64_t *ret_id, char ret_public_id[static ID_UUID_SIZE],
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	char state[12];
	if (db_run_again(db, &job_add_stmt,
		DB_ARGS(DB_TEXT(job->kind), job->owner_id > 0 ? DB_INT(job->owner_id) : DB_NULL,
		    DB_TEXT(job->project_id), DB_TEXT(job->payload), DB_INTS(job->parents, job->parent_count),
		    DB_TEXT(job->ignore_failed_parents ? "ignore" : "fail"), DB_TEXT(job->provider),
		    job->priority > 0 ? DB_INT(job->priority) : DB_NULL, DB_INT(job->delay_ms),
		    DB_TEXT(job->request_id), job->min_done > 0 ? DB_INT(job->min_done) : DB_NULL,
		    job->edges == NULL ? DB_NULL : DB_TEXTS(job->edges, job->parent_count)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "adding a job '%s'", job->kind);
	struct db_row row = db_row(&res, 0);
	*ret_id = db_get_int(&row);
	db_get_chars(&row, ret_public_id, ID_UUID_SIZE);
	db_get_chars(&row, state, sizeof(state));
	if (db_row_end(&row, err) < 0)
		return -1;
	if (strcmp(state, "ready") == 0)
		db_hint_jobs(db);
	return 0;
}
