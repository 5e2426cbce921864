/*
 * What things cost, read from the ledger. Sums are of prices; simulated rows count with their price and are marked.
 *
 * Needs the caller. Everything returned lives in the arena; money is micro-dollars.
 */
#ifndef FW_DB_COST_H
#define FW_DB_COST_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct db;

struct cost_line {
	const char *agent;
	const char *model;
	int64_t micros;
	int64_t duration_ms;
	int64_t calls;
};

struct cost_session {
	const char *session_id;
	int64_t total_micros;
	struct cost_line *lines; /* in order of first use */
	size_t line_count;
	int64_t seq; /* for the ETag */
};

struct cost_filter {
	int64_t from_us, to_us; /* CLOCK_NONE: open; to is exclusive */
	const char *area;	/* "ads", ...; NULL: all */
	const char *group_by;	/* "agent", "model", "provider", "day", "project"; NULL: no groups */
};

struct cost_group {
	const char *key;
	int64_t micros;
	int64_t charged_micros;
	int64_t calls;
};

struct cost_summary {
	int64_t total_micros;	/* prices */
	int64_t charged_micros; /* what was really paid */
	int64_t session_count;
	struct cost_group *by_agent, *by_model, *groups; /* largest first; groups by day in order */
	size_t agent_count, model_count, group_count;
	const char **alerts; /* session ids past the alert threshold */
	size_t alert_count;
};

/* ERR_NOT_FOUND "session_not_found". */
int cost_of_session(struct db *db, struct arena *arena, const char *session_id, struct cost_session **ret_cost,
    struct error *err) MUST_CHECK;
/* ERR_INPUT for an unknown group_by or area. */
int cost_summary(struct db *db, struct arena *arena, const struct cost_filter *filter,
    struct cost_summary **ret_summary, struct error *err) MUST_CHECK;
/* The price table, for the options and estimates. */
struct cost_price {
	const char *model;
	int64_t micros;
	const char *unit;
};
int cost_prices(struct db *db, struct arena *arena, struct cost_price **ret_prices, size_t *ret_count,
    struct error *err) MUST_CHECK;

#endif
