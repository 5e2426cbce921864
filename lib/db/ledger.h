/*
 * What was spent. Rows of provider calls are written by the database when a call is settled (providercall.h); this adds
 * those that have no call, and sums.
 */
#ifndef FW_DB_LEDGER_H
#define FW_DB_LEDGER_H

#include "lib/base/id.h"
#include "lib/db/db.h"

struct ledger_row {
	const char *project_id; /* NULL: none */
	int user_id;		/* 0: none */
	int64_t job_id;		/* 0: none */
	const char *agent;
	const char *provider;
	const char *model;
	int64_t price_micros;
	bool simulated; /* nothing is charged then */
	int64_t duration_ms;
	const char *error; /* NULL: it succeeded */
};
/* Writes the row and the totals of project and budgets in one statement, and the cost alert if this passes the
 * threshold. */
int ledger_add(struct db *db, const struct ledger_row *row, struct error *err) MUST_CHECK;

struct ledger_sum {
	const char *agent; /* in the arena */
	const char *model;
	int64_t price_micros;
	int64_t charged_micros;
	int64_t duration_ms;
	int64_t count;
};
/* Per agent and model, in the order of first use, within the caller's rights. */
int ledger_of_project(struct db *db, struct arena *arena, const char *project_id, const struct ledger_sum **ret_sums,
    size_t *ret_count, struct error *err) MUST_CHECK;

#endif
