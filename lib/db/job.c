/*
 * The daemon's side of jobs: claim, heartbeat, end, tick. All rules are in sql/functions/job.sql.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/fault.h"
#include "lib/db/job_priv.h"

static const struct db_stmt job_claim_stmt = {"job_claim",
    "select id, lease, public_id, kind, step, owner_id, project_id, provider, attempt, max_attempts, rescues, parked, "
    "cancelling,"
    " timeout_s, poll_every_ms, payload, request_id"
    " from job_claim($1, $2, $3, $4)",
    4};
static const struct db_stmt job_heartbeat_stmt = {
    "job_heartbeat", "select job, cancel, overdue from job_heartbeat($1, $2, $3, $4, $5)", 5};
static const struct db_stmt job_end_stmt = {
    "job_end", "select job, state, project, seq, woke from job_end($1, $2, $3, $4, $5, $6, $7, $8)", 8};
static const struct db_stmt job_block_stmt = {"job_block_provider", "select job_block_provider($1, $2)", 2};
static const struct db_stmt job_tick_stmt = {"job_tick",
    "select ret_promoted, ret_rescued, ret_ready, ret_uncertain, ret_next_due_ms, ret_projects, ret_seqs::text[], "
    "ret_alarms from "
    "tick()",
    0};

const struct db_stmt_row job_statements[] = {
    {&job_claim_stmt, "r"},
    {&job_heartbeat_stmt, "r"},
    {&job_end_stmt, "r"},
    {&job_block_stmt, "rc"},
    {&job_tick_stmt, "rc"},
    {NULL, NULL},
};

static const char *const job_steps[JOB_STEP__COUNT] = {"plain", "media", "provider", "idle"};

static const char *const job_outcomes[JOB_OUTCOME__COUNT] = {
    "done", "failed", "retry", "again", "release", "park", "uncertain", "cancelled", "cancelling"};

static enum job_step
job_step_parse(const char *name)
{
	int step = 0;
	while (step < JOB_STEP__COUNT - 1 && strcmp(job_steps[step], name) != 0)
		step++;
	return (enum job_step)step;
}

static int
job_claimed_read(
    const struct db_result *res, int index, struct arena *arena, struct job_claimed *job, struct error *err)
{
	char step[16];
	struct db_row row = db_row(res, index);
	job->id = db_get_int(&row);
	job->lease = db_get_int(&row);
	db_get_chars(&row, job->public_id, sizeof(job->public_id));
	db_get_chars(&row, job->kind, sizeof(job->kind));
	db_get_chars(&row, step, sizeof(step));
	job->step = job_step_parse(step);
	job->owner_id = (int)db_get_int_or(&row, 0);
	db_get_chars(&row, job->project_id, sizeof(job->project_id));
	db_get_chars(&row, job->provider, sizeof(job->provider));
	job->attempt = (int)db_get_int(&row);
	job->max_attempts = (int)db_get_int(&row);
	job->rescues = (int)db_get_int(&row);
	job->parked = db_get_bool(&row);
	job->cancelling = db_get_bool(&row);
	job->timeout_s = (int)db_get_int(&row);
	job->poll_every_ms = (int)db_get_int(&row);
	job->payload = db_get_text(&row, arena);
	job->request_id = db_get_text_or(&row, arena, NULL);
	return db_row_end(&row, err);
}

int
job_claim(struct db *db, struct arena *arena, const struct job_claim *claim, const struct job_claimed **ret_jobs,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	assert(claim->count > 0 && claim->count <= JOB_CLAIM_MAX);
	if (FAULT("job_claim"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (db_run_again(db, &job_claim_stmt,
		DB_ARGS(DB_INT(claim->worker), DB_TEXT(job_steps[claim->step]), DB_INTS(claim->leases, claim->count),
		    claim->kinds == NULL ? DB_NULL : DB_TEXTS(claim->kinds, claim->kind_count)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "claiming %s jobs", job_steps[claim->step]);
	struct job_claimed *jobs = ARENA_ARRAY(arena, (size_t)res.count, struct job_claimed);
	if (jobs == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		if (job_claimed_read(&res, i, arena, &jobs[i], err) < 0)
			return error_wrap(err, "claiming %s jobs", job_steps[claim->step]);
	}
	*ret_jobs = jobs;
	*ret_count = (size_t)res.count;
	return 0;
}

static int
job_beats_answer(const struct db_result *res, struct job_beat *beats, size_t count, struct error *err)
{
	for (size_t i = 0; i < count; i++) {
		beats[i].lost = true;
		beats[i].cancel = false;
		beats[i].overdue = false;
	}
	for (int i = 0; i < res->count; i++) {
		struct db_row row = db_row(res, i);
		const int64_t job = db_get_int(&row);
		const bool cancel = db_get_bool(&row);
		const bool overdue = db_get_bool(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
		for (size_t k = 0; k < count; k++) {
			if (beats[k].job != job)
				continue;
			beats[k].lost = false;
			beats[k].cancel = cancel;
			beats[k].overdue = overdue;
		}
	}
	return 0;
}

int
job_heartbeat(struct db *db, int64_t worker, struct job_beat *beats, size_t count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	int64_t jobs[JOB_CLAIM_MAX];
	int64_t leases[JOB_CLAIM_MAX];
	double progress[JOB_CLAIM_MAX];
	const char *phases[JOB_CLAIM_MAX];
	assert(count <= JOB_CLAIM_MAX);
	for (size_t i = 0; i < count; i++) {
		jobs[i] = beats[i].job;
		leases[i] = beats[i].lease;
		progress[i] = beats[i].progress;
		phases[i] = beats[i].phase;
	}
	if (db_run_again(db, &job_heartbeat_stmt,
		DB_ARGS(DB_INT(worker), DB_INTS(jobs, count), DB_INTS(leases, count), DB_REALS(progress, count),
		    DB_TEXTS(phases, count)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "heartbeat of %zu jobs", count);
	return job_beats_answer(&res, beats, count, err);
}

int
job_changes_hint(struct db *db, const struct db_result *res, void (*seen)(void *arg, const struct job_change *change),
    void *arg, struct error *err)
{
	bool woke = false;
	for (int i = 0; i < res->count; i++) {
		char project[ID_UUID_SIZE];
		struct job_change change;
		struct db_row row = db_row(res, i);
		change.job = db_get_int(&row);
		db_get_chars(&row, change.state, sizeof(change.state));
		db_get_chars(&row, project, sizeof(project));
		const int64_t seq = db_get_int_or(&row, 0);
		change.woke = db_get_bool(&row);
		woke = change.woke || woke;
		if (db_row_end(&row, err) < 0)
			return -1;
		if (project[0] != '\0' && seq > 0)
			db_hint_event(db, project, seq);
		if (strcmp(change.state, "running") == 0)
			db_hint_cancel(db, change.job);
		if (seen != NULL)
			seen(arg, &change);
	}
	if (woke)
		db_hint_jobs(db);
	return 0;
}

struct job_end_group {
	struct job_end *ends;
	size_t count;
};

static void
job_end_seen(void *arg, const struct job_change *change)
{
	const struct job_end_group *group = arg;
	for (size_t i = 0; i < group->count; i++) {
		if (group->ends[i].job != change->job)
			continue;
		group->ends[i].applied = true;
		group->ends[i].woke = change->woke;
		memcpy(group->ends[i].state, change->state, sizeof(change->state));
	}
}

int
job_end(struct db *db, struct job_end *ends, size_t count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	int64_t jobs[JOB_END_MAX];
	int64_t leases[JOB_END_MAX];
	int64_t delays[JOB_END_MAX];
	double progress[JOB_END_MAX];
	const char *outcomes[JOB_END_MAX];
	const char *bodies[JOB_END_MAX];
	const char *providers[JOB_END_MAX];
	const char *phases[JOB_END_MAX];
	assert(count > 0 && count <= JOB_END_MAX);
	for (size_t i = 0; i < count; i++) {
		jobs[i] = ends[i].job;
		leases[i] = ends[i].lease;
		delays[i] = ends[i].delay_ms;
		progress[i] = ends[i].progress;
		outcomes[i] = job_outcomes[ends[i].outcome];
		bodies[i] = ends[i].body;
		providers[i] = ends[i].provider;
		phases[i] = ends[i].phase;
		ends[i].applied = false;
		ends[i].state[0] = '\0';
	}
	if (FAULT("before_end"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (db_run_again(db, &job_end_stmt,
		DB_ARGS(DB_INTS(jobs, count), DB_INTS(leases, count), DB_TEXTS(outcomes, count),
		    DB_TEXTS(bodies, count), DB_INTS(delays, count), DB_TEXTS(providers, count),
		    DB_REALS(progress, count), DB_TEXTS(phases, count)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "ending %zu jobs", count);
	if (FAULT("after_end"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	struct job_end_group group = {ends, count};
	return job_changes_hint(db, &res, job_end_seen, &group, err);
}

int
job_block_provider(struct db *db, const char *provider, int64_t delay_ms, struct error *err)
{
	return db_exec(db, &job_block_stmt, DB_ARGS(DB_TEXT(provider), DB_INT(delay_ms)), NULL, err);
}

static int
job_tick_events(struct db *db, struct db_row *row, int64_t *ret_alarms, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(MIB);
	size_t projects = 0;
	size_t seqs = 0;
	const char *const *project = db_get_texts(row, arena, &projects);
	const char *const *seq = db_get_texts(row, arena, &seqs);
	*ret_alarms = db_get_int(row);
	if (db_row_end(row, err) < 0)
		return -1;
	for (size_t i = 0; i < FW_MIN(projects, seqs); i++)
		db_hint_event(db, project[i], strtoll(seq[i], NULL, 10));
	return 0;
}

int
job_tick(struct db *db, struct job_tick *ret_tick, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run_again(db, &job_tick_stmt, DB_NO_ARGS, DB_ONE, &res, err) < 0)
		return error_wrap(err, "tick");
	struct db_row row = db_row(&res, 0);
	ret_tick->promoted = db_get_int(&row);
	ret_tick->rescued = db_get_int(&row);
	ret_tick->ready = db_get_int(&row);
	ret_tick->uncertain = db_get_int(&row);
	ret_tick->next_due_ms = db_get_int_or(&row, -1);
	return job_tick_events(db, &row, &ret_tick->alarms, err);
}
