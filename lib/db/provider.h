/*
 * Providers as queues: their breaker, the operator's switches and limits, and the keys they sign their webhooks with.
 * The rules are in sql/functions/provider.sql; what a single call does is providercall.h.
 */
#ifndef FW_DB_PROVIDER_H
#define FW_DB_PROVIDER_H

#include "lib/db/db.h"

#define PROVIDER_KEY_HEX_SIZE 65 /* an Ed25519 key as 64 hex digits and the NUL */

/* How a call went: `ok` when the provider answered like a service that works, whatever it answered. After five failures
 * in a row nothing new starts for a while, then one job at a time tries. ret_open may be NULL. */
int provider_went(struct db *db, const char *provider, bool ok, bool *ret_open, struct error *err) MUST_CHECK;

/* Switches a queue, or a kind of job, off or on. ERR_NOT_FOUND when nothing has that name. */
int provider_pause(struct db *db, const char *name, bool paused, struct error *err) MUST_CHECK;

#define PROVIDER_KEEP (-1)
struct provider_limits {
	int64_t inflight;	 /* jobs at work at once; 0: no limit; PROVIDER_KEEP: as it is, here and below */
	double rate;		 /* starts per second */
	int64_t per_owner;	 /* jobs of one owner at work at once */
	int64_t cost_per_minute; /* micro-dollars */
};
/* ERR_NOT_FOUND when there is no such queue. */
int provider_limits_set(
    struct db *db, const char *name, const struct provider_limits *limits, struct error *err) MUST_CHECK;
/* What may be spent on sending again in doubt. */
int provider_resubmit_budget(struct db *db, int64_t micros, struct error *err) MUST_CHECK;

struct provider_queue {
	const char *name, *step, *note;
	const char *state; /* running, paused, blocked, open, half_open */
	int64_t queued, inflight;
	int64_t max_inflight; /* -1: none, here and below */
	double rate;
	int64_t per_owner, cost_per_minute;
	int64_t uncertain; /* calls in doubt */
	int64_t until;	   /* microseconds; blocked or open until then; CLOCK_NONE */
};
/* All queues by name, and paused kinds (step "kind"). */
int provider_queues(struct db *db, struct arena *arena, const struct provider_queue **ret_queues, size_t *ret_count,
    struct error *err) MUST_CHECK;

/* Keys as 64 hex digits each. Put replaces what was fetched days ago; the list lives in the arena. */
int provider_keys_put(
    struct db *db, const char *provider, const char *const *keys, size_t count, struct error *err) MUST_CHECK;
int provider_keys(struct db *db, struct arena *arena, const char *provider, const char *const **ret_keys,
    size_t *ret_count, struct error *err) MUST_CHECK;
/* No key explains a signature: a fresh list is wanted. */
int provider_keys_want(struct db *db, struct error *err) MUST_CHECK;

#endif
