#include "lib/db/provider.h"

#include "lib/db/noun_priv.h"

static const struct db_stmt went_stmt = {"provider_went", "select provider_went($1, $2)", 2};
static const struct db_stmt pause_stmt = {"provider_pause", "select provider_pause($1, $2)", 2};
/* name, in flight, starts per second, per owner, money per minute; null keeps, 0 removes */
static const struct db_stmt limits_stmt = {
    "provider_limits_set", "select provider_limits_set($1, $2::int, $3, $4::int, $5)", 5};
static const struct db_stmt budget_stmt = {"provider_resubmit_budget", "select provider_resubmit_budget($1)", 1};
static const struct db_stmt queues_stmt = {"provider_queues",
    "select name, step, state, queued, inflight, max_inflight, rate, max_per_owner, cost_per_minute, uncertain, until, "
    "note from provider_queues()",
    0};
static const struct db_stmt keys_put_stmt = {"provider_keys_put", "select provider_keys_put($1, $2)", 2};
static const struct db_stmt keys_stmt = {"provider_keys", "select provider_keys($1)", 1};
static const struct db_stmt keys_want_stmt = {"provider_keys_want", "select provider_keys_want()", 0};

const struct db_stmt_row provider_statements[] = {
    {&went_stmt, "r"},
    {&pause_stmt, "c"},
    {&limits_stmt, "c"},
    {&budget_stmt, "c"},
    {&queues_stmt, "ac"},
    {&keys_put_stmt, "r"},
    {&keys_stmt, "ar"},
    {&keys_want_stmt, "a"},
    {NULL, NULL},
};

int
provider_went(struct db *db, const char *provider, bool ok, bool *ret_open, struct error *err)
{
	bool open;

	return noun_changed(
	    db, &went_stmt, DB_ARGS(DB_TEXT(provider), DB_BOOL(ok)), ret_open == NULL ? &open : ret_open, err);
}

static int
named(const char *name, bool found, struct error *err)
{
	if (found)
		return 0;
	return error_code(err, ERR_NOT_FOUND, "not_found", "there is no queue and no kind of job called '%s'", name);
}

int
provider_pause(struct db *db, const char *name, bool paused, struct error *err)
{
	bool found = false;

	if (noun_changed(db, &pause_stmt, DB_ARGS(DB_TEXT(name), DB_BOOL(paused)), &found, err) < 0)
		return error_wrap(err, "switching '%s'", name);
	if (found && !paused)
		db_hint_jobs(db);
	return named(name, found, err);
}

static struct db_value
kept(int64_t number)
{
	return number == PROVIDER_KEEP ? DB_NULL : DB_INT(number);
}

int
provider_limits_set(struct db *db, const char *name, const struct provider_limits *limits, struct error *err)
{
	bool found = false;

	if (noun_changed(db, &limits_stmt,
		DB_ARGS(DB_TEXT(name), kept(limits->inflight), limits->rate < 0 ? DB_NULL : DB_REAL(limits->rate),
		    kept(limits->per_owner), kept(limits->cost_per_minute)),
		&found, err) < 0)
		return error_wrap(err, "limits of '%s'", name);
	if (found)
		db_hint_jobs(db);
	return named(name, found, err);
}

int
provider_resubmit_budget(struct db *db, int64_t micros, struct error *err)
{
	return noun_do(db, &budget_stmt, DB_ARGS(DB_INT(micros)), err);
}

int
provider_queues(
    struct db *db, struct arena *arena, const struct provider_queue **ret_queues, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &queues_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing queues");
	struct provider_queue *queues = ARENA_ARRAY(arena, (size_t)res.count + 1, struct provider_queue);
	if (queues == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct provider_queue *q = &queues[i];
		struct db_row row = db_row(&res, i);

		q->name = db_get_text(&row, arena);
		q->step = db_get_text(&row, arena);
		q->state = db_get_text(&row, arena);
		q->queued = db_get_int(&row);
		q->inflight = db_get_int(&row);
		q->max_inflight = db_get_int_or(&row, -1);
		q->rate = db_get_real_or(&row, -1);
		q->per_owner = db_get_int_or(&row, -1);
		q->cost_per_minute = db_get_int_or(&row, -1);
		q->uncertain = db_get_int(&row);
		q->until = db_get_time(&row);
		q->note = db_get_text(&row, arena);
		if (db_row_end(&row, err) < 0)
			return error_wrap(err, "listing queues");
	}
	*ret_queues = queues;
	*ret_count = (size_t)res.count;
	return 0;
}

int
provider_keys_put(struct db *db, const char *provider, const char *const *keys, size_t count, struct error *err)
{
	return noun_do(db, &keys_put_stmt, DB_ARGS(DB_TEXT(provider), DB_TEXTS(keys, count)), err);
}

int
provider_keys(struct db *db, struct arena *arena, const char *provider, const char *const **ret_keys, size_t *ret_count,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &keys_stmt, DB_ARGS(DB_TEXT(provider)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "keys of '%s'", provider);
	struct db_row row = db_row(&res, 0);
	*ret_keys = db_get_texts(&row, arena, ret_count);
	return db_row_end(&row, err);
}

int
provider_keys_want(struct db *db, struct error *err)
{
	bool changed;

	return noun_changed(db, &keys_want_stmt, DB_NO_ARGS, &changed, err);
}
