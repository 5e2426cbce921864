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

struct stats_work {
	const char *kind, *state; /* as in the job table; external: a provider works on it */
	int64_t count;
};

struct stats_now {
	double oldest_ready_s;		    /* how long the oldest ready job has been waiting; 0: none is */
	int64_t price_today, charged_today; /* micro-dollars since midnight UTC */
	int64_t reserved;		    /* micro-dollars of calls under way */
	int64_t attention;		    /* jobs that need somebody */
	int64_t alarms;			    /* broken invariants */
	int64_t messages;		    /* webhook messages to be sent, now or later */
};

struct stats_worker {
	int64_t id;
	const char *host, *program, *version;
	bool draining;
	double silent_s;     /* since it was heard of */
	int64_t busy, media; /* slots in use; those of them that use the media process */
};

struct stats_running {
	const char *id, *kind, *provider, *state; /* running or external */
	const char *phase;			  /* NULL: none told */
	double progress, running_s;
	int64_t worker; /* 0: no daemon, a provider */
};

/* Open jobs by kind and state. */
int stats_work(
    struct db *db, struct arena *arena, struct stats_work **ret_work, size_t *ret_count, struct error *err) MUST_CHECK;
int stats_now(struct db *db, struct stats_now *ret_now, struct error *err) MUST_CHECK;
/* The two that only the operator's tool asks for. */
int stats_workers(struct db *db, struct arena *arena, struct stats_worker **ret_workers, size_t *ret_count,
    struct error *err) MUST_CHECK;
int stats_running(struct db *db, struct arena *arena, int limit, struct stats_running **ret_running, size_t *ret_count,
    struct error *err) MUST_CHECK;

/* The queues of all providers by name. */
int stats_queues(struct db *db, struct arena *arena, struct stats_queue **ret_queues, size_t *ret_count,
    struct error *err) MUST_CHECK;
int stats_load(struct db *db, struct arena *arena, struct stats *ret_stats, struct error *err) MUST_CHECK;

#endif
