#include "lib/db/stats.h"

#include "lib/db/db_priv.h"
#include "lib/db/worker.h"

static const struct db_stmt stats_jobs_stmt = {"stats_jobs", "select state, count from stats_jobs()", 0};
static const struct db_stmt stats_providers_stmt = {
    "stats_providers", "select provider, calls, failed, price_micros, charged_micros from stats_providers()", 0};
static const struct db_stmt stats_queues_stmt = {
    "stats_queues", "select name, queued, processing, paused, blocked_until from stats_queues()", 0};
static const struct db_stmt stats_work_stmt = {"stats_work", "select kind, state, count from stats_work()", 0};
static const struct db_stmt stats_now_stmt = {"stats_now",
    "select ret_oldest_ready_s, ret_price_today, ret_charged_today, ret_reserved, ret_attention, ret_alarms, "
    "ret_messages"
    " from stats_now()",
    0};
static const struct db_stmt stats_workers_stmt = {
    "stats_workers", "select id, host, program, version, draining, silent_s, busy, media from stats_workers()", 0};
static const struct db_stmt stats_running_stmt = {"stats_running",
    "select id, kind, provider, state, phase, progress, running_s, worker_id from stats_running($1::int)", 1};

static int
stats_states(struct db *db, struct arena *arena, struct stats *stats, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &stats_jobs_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "counting jobs");
	stats->states = ARENA_ARRAY(arena, (size_t)res.count, struct stats_state);
	if (stats->states == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		stats->states[i].name = db_get_text(&row, arena);
		stats->states[i].count = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	stats->state_count = (size_t)res.count;
	return 0;
}

static int
stats_calls(struct db *db, struct arena *arena, struct stats *stats, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &stats_providers_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "summing provider calls");
	stats->providers = ARENA_ARRAY(arena, (size_t)res.count, struct stats_provider);
	if (stats->providers == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct stats_provider *p = &stats->providers[i];
		struct db_row row = db_row(&res, i);
		p->name = db_get_text(&row, arena);
		p->calls = db_get_int(&row);
		p->failed = db_get_int(&row);
		p->price_micros = db_get_int(&row);
		p->charged_micros = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	stats->provider_count = (size_t)res.count;
	return 0;
}

int
stats_load(struct db *db, struct arena *arena, struct stats *ret_stats, struct error *err)
{
	struct worker_health health;
	struct stats stats = {0};
	if (stats_states(db, arena, &stats, err) < 0 || stats_calls(db, arena, &stats, err) < 0 ||
	    worker_health(db, &health, err) < 0)
		return -1;
	stats.renderd = health.renderd;
	stats.eventd = health.eventd;
	stats.open_sockets = health.open_sockets;
	*ret_stats = stats;
	return 0;
}

int
stats_queues(struct db *db, struct arena *arena, struct stats_queue **ret_queues, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &stats_queues_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "reading the providers' queues");
	struct stats_queue *queues = ARENA_ARRAY(arena, (size_t)res.count, struct stats_queue);
	if (queues == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		queues[i].name = db_get_text(&row, arena);
		queues[i].queued = db_get_int(&row);
		queues[i].processing = db_get_int(&row);
		queues[i].paused = db_get_bool(&row);
		queues[i].blocked_until_us = db_get_time(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_queues = queues;
	*ret_count = (size_t)res.count;
	return 0;
}

int
stats_work(struct db *db, struct arena *arena, struct stats_work **ret_rows, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &stats_work_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "reading stats_work");
	struct stats_work *rows = ARENA_ARRAY(arena, (size_t)res.count + 1, struct stats_work);
	if (rows == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);

		rows[i].kind = db_get_text(&row, arena);
		rows[i].state = db_get_text(&row, arena);
		rows[i].count = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_rows = rows;
	*ret_count = (size_t)res.count;
	return 0;
}

int
stats_now(struct db *db, struct stats_now *ret_now, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &stats_now_stmt, DB_NO_ARGS, DB_ONE, &res, err) < 0)
		return error_wrap(err, "reading the figures of the moment");
	struct db_row row = db_row(&res, 0);
	const double oldest = db_get_real_or(&row, 0);
	*ret_now = (struct stats_now){.oldest_ready_s = oldest};
	ret_now->price_today = db_get_int(&row);
	ret_now->charged_today = db_get_int(&row);
	ret_now->reserved = db_get_int(&row);
	ret_now->attention = db_get_int(&row);
	ret_now->alarms = db_get_int(&row);
	ret_now->messages = db_get_int(&row);
	return db_row_end(&row, err);
}

int
stats_workers(struct db *db, struct arena *arena, struct stats_worker **ret_rows, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &stats_workers_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "reading stats_workers");
	struct stats_worker *rows = ARENA_ARRAY(arena, (size_t)res.count + 1, struct stats_worker);
	if (rows == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);

		rows[i].id = db_get_int(&row);
		rows[i].host = db_get_text(&row, arena);
		rows[i].program = db_get_text(&row, arena);
		rows[i].version = db_get_text(&row, arena);
		rows[i].draining = db_get_bool(&row);
		rows[i].silent_s = db_get_real_or(&row, 0);
		rows[i].busy = db_get_int(&row);
		rows[i].media = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_rows = rows;
	*ret_count = (size_t)res.count;
	return 0;
}

int
stats_running(struct db *db, struct arena *arena, int limit, struct stats_running **ret_rows, size_t *ret_count,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &stats_running_stmt, DB_ARGS(DB_INT(limit)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "reading stats_running");
	struct stats_running *rows = ARENA_ARRAY(arena, (size_t)res.count + 1, struct stats_running);
	if (rows == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);

		rows[i].id = db_get_text(&row, arena);
		rows[i].kind = db_get_text(&row, arena);
		rows[i].provider = db_get_text(&row, arena);
		rows[i].state = db_get_text(&row, arena);
		rows[i].phase = db_get_text_or(&row, arena, NULL);
		rows[i].progress = db_get_real_or(&row, 0);
		rows[i].running_s = db_get_real_or(&row, 0);
		rows[i].worker = db_get_int_or(&row, 0);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_rows = rows;
	*ret_count = (size_t)res.count;
	return 0;
}

const struct db_stmt_row stats_statements[] = {
    {&stats_jobs_stmt, "a"},
    {&stats_providers_stmt, "a"},
    {&stats_queues_stmt, "a"},
    {&stats_work_stmt, "ac"},
    {&stats_now_stmt, "ac"},
    {&stats_workers_stmt, "c"},
    {&stats_running_stmt, "c"},
    {NULL, NULL},
};
