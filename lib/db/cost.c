#include "lib/db/cost.h"
#include "lib/db/noun_priv.h"

static const struct db_stmt session_stmt = {
    "cost_session", "select agent, model, micros, duration_ms, calls, total, seq from cost_session($1)", 1};
/* from, to, area, group */
static const struct db_stmt summary_stmt = {
    "cost_summary", "select list, key, micros, charged, calls from cost_summary($1, $2, $3, $4)", 4};
static const struct db_stmt prices_stmt = {"cost_prices", "select model, micros, unit from cost_prices()", 0};

int
cost_of_session(
    struct db *db, struct arena *arena, const char *session_id, struct cost_session **ret_cost, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_session_id(session_id, err) < 0)
		return -1;
	if (db_run(db, &session_stmt, DB_ARGS(DB_TEXT(session_id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "summing up the costs of '%s'", session_id);
	if (res.count == 0)
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	struct cost_session *cost = ARENA_NEW(arena, struct cost_session);
	struct cost_line *lines = ARENA_ARRAY(arena, (size_t)res.count, struct cost_line);
	if (cost == NULL || lines == NULL)
		return arena_error(arena, err);
	/* The first row is the total alone. */
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		struct cost_line line = {.agent = db_get_text_or(&row, arena, NULL)};
		line.model = db_get_text_or(&row, arena, NULL);
		line.micros = db_get_int(&row);
		line.duration_ms = db_get_int(&row);
		line.calls = db_get_int(&row);
		int64_t total = db_get_int(&row);
		int64_t seq = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
		if (i == 0) {
			cost->total_micros = total;
			cost->seq = seq;
		} else {
			lines[cost->line_count++] = line;
		}
	}
	cost->session_id = arena_strdup(arena, session_id);
	cost->lines = lines;
	*ret_cost = cost;
	return 0;
}

/* Puts one row where its list is; every list has room for all rows. */
static void
summary_add(struct cost_summary *summary, const char *list, struct cost_group group)
{
	if (text_equal(list, "total")) {
		summary->total_micros = group.micros;
		summary->charged_micros = group.charged_micros;
	} else if (text_equal(list, "sessions")) {
		summary->session_count = group.calls;
	} else if (text_equal(list, "agent")) {
		summary->by_agent[summary->agent_count++] = group;
	} else if (text_equal(list, "model")) {
		summary->by_model[summary->model_count++] = group;
	} else if (text_equal(list, "group")) {
		summary->groups[summary->group_count++] = group;
	} else if (text_equal(list, "alert")) {
		summary->alerts[summary->alert_count++] = group.key;
	}
}

int
cost_summary(struct db *db, struct arena *arena, const struct cost_filter *filter, struct cost_summary **ret_summary,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &summary_stmt,
		DB_ARGS(
		    DB_TIME(filter->from_us), DB_TIME(filter->to_us), DB_TEXT(filter->area), DB_TEXT(filter->group_by)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "summing up costs");
	size_t count = (size_t)res.count;
	struct cost_summary *summary = ARENA_NEW(arena, struct cost_summary);
	if (summary == NULL)
		return arena_error(arena, err);
	summary->by_agent = ARENA_ARRAY(arena, count, struct cost_group);
	summary->by_model = ARENA_ARRAY(arena, count, struct cost_group);
	summary->groups = ARENA_ARRAY(arena, count, struct cost_group);
	summary->alerts = ARENA_ARRAY(arena, count, const char *);
	if (arena_exhausted(arena))
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		const char *list = db_get_text(&row, arena);
		struct cost_group group = {.key = db_get_text_or(&row, arena, NULL)};
		group.micros = db_get_int(&row);
		group.charged_micros = db_get_int(&row);
		group.calls = db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
		summary_add(summary, list, group);
	}
	*ret_summary = summary;
	return 0;
}

int
cost_prices(struct db *db, struct arena *arena, struct cost_price **ret_prices, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &prices_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "reading the price table");
	struct cost_price *prices = ARENA_ARRAY(arena, (size_t)res.count, struct cost_price);
	if (prices == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		prices[i].model = db_get_text(&row, arena);
		prices[i].micros = db_get_int(&row);
		prices[i].unit = db_get_text(&row, arena);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_prices = prices;
	*ret_count = (size_t)res.count;
	return 0;
}

const struct db_stmt_row cost_statements[] = {
    {&session_stmt, "ac"},
    {&summary_stmt, "ac"},
    {&prices_stmt, "ac"},
    {NULL, NULL},
};
