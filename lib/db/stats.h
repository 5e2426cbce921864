/*
 * The operator's counters over the whole installation, for /metrics and /health. Needs no caller. Everything returned
 * lives in the arena.
 */
#ifndef FW_DB_STATS_H
#define FW_DB_STATS_H

#include "lib/db/db.h"

struct stats_state {
	const char *name; /* as in the job table */
	int64_t count;
};

struct stats_provider {
	const char *name;
	int64_t calls; /* rows of the ledger */
	int64_t failed;
	int64_t price_micros;
	int64_t charged_micros;
};

struct stats {
	struct stats_state *states;
	size_t state_count;
	struct stats_provider *providers;
	size_t provider_count;
	int renderd, eventd;  /* daemons seen lately */
	int64_t open_sockets; /* that these eventds hold */
};

struct stats_queue {
	const char *name; /* of the provider */
	int64_t queued, processing;
	bool paused;
	int64_t blocked_until_us; /* CLOCK_NONE: it is not */
};

/* The queues of all providers by name. */
int stats_queues(struct db *db, struct arena *arena, struct stats_queue **ret_queues, size_t *ret_count,
    struct error *err) MUST_CHECK;
int stats_load(struct db *db, struct arena *arena, struct stats *ret_stats, struct error *err) MUST_CHECK;

#endif
