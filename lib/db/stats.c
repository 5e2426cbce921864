#include "lib/db/stats.h"

#include "lib/db/db_priv.h"
#include "lib/db/worker.h"

static const struct db_stmt stats_jobs_stmt = {"stats_jobs", "select state, count from stats_jobs()", 0};
static const struct db_stmt stats_providers_stmt = {
    "stats_providers", "select provider, calls, failed, price_micros, charged_micros from stats_providers()", 0};
static const struct db_stmt stats_queues_stmt = {
    "stats_queues", "select name, queued, processing, paused, blocked_until from stats_queues()", 0};

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

const struct db_stmt_row stats_statements[] = {
    {&stats_jobs_stmt, "a"},
    {&stats_providers_stmt, "a"},
    {&stats_queues_stmt, "a"},
    {NULL, NULL},
};
