/*
 * The job daemon: claims jobs, runs them in slots, ends them, keeps their leases alive.
 *
 *     dispatch   one thread: LISTEN, tick, claim for all free slots at once, hand out
 *     slots      a pool of threads per step (plain, media, provider); each runs one attempt at a time
 *     ender      one thread: whatever ended while the last group committed is ended in one statement
 *     heartbeat  one thread with its own connection; goes on while draining
 *
 * What a job *does* is in flow/ (a table: kind, function); what its end *means* is in the database (sql/functions).
 * They share nothing but the payload and the result.
 */
#ifndef FW_RENDERD_RENDERD_H
#define FW_RENDERD_RENDERD_H

#include <stdatomic.h>

#include "lib/base/arena.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/db/job.h"
#include "lib/db/notify.h"
#include "lib/js/read.h"
#include "lib/net/listen.h"
#include "renderd/lease.h"
#include "renderd/store.h"

/* Plans, timelines and results of one job; a film of an hour stays far below. */
#define ATTEMPT_ARENA_LIMIT (64 * MIB)

struct ender;
struct slots;

struct renderd {
	const struct conf *conf;
	const struct clock *clock;
	struct log log;
	struct stop *stop;
	struct db_options database;
	int64_t worker;
	struct leases *leases;
	struct store store;
	struct slots *slots;
	struct ender *ender;
	int wake_fd;	     /* eventfd: a slot is free or something became ready */
	int bell_fd;	     /* rung by processes of this machine that added jobs; -1: there is none */
	atomic_uint wanted;  /* bits 1 << step: which may have something to claim */
	atomic_bool abandon; /* the time for draining is over: give everything back */
};

/* Lets the dispatcher look again for jobs of this step: a slot is free, or a place below a limit. From any thread. */
void renderd_wake(struct renderd *renderd, enum job_step step);

/*
 * One attempt at one job. It owns an arena; the slot's thread fills `end`, then the ender ends it and frees everything.
 */
struct attempt {
	struct renderd *renderd;
	struct attempt *next;
	struct arena *arena;
	struct job_claimed job;
	const struct js_value *payload;
	struct db *db; /* the slot's connection, while it runs */
	struct log log;
	bool keeps;  /* a result that was paid for is being brought home: a cancel does not stop that */
	int scratch; /* folder of this attempt, -1 until attempt_scratch() */
	int64_t started_ms;
	atomic_bool give_way; /* idle work: something else needs the machine */
	struct {
		const char *agent, *provider, *model; /* NULL without a call; for the log's line about it */
		int64_t estimate_micros;
	} call;
	struct job_end end;
};

/* Copies the claimed row; registers the lease. */
struct attempt *attempt_new(struct renderd *renderd, const struct job_claimed *job, int64_t sent_ms) RETURNS_NONNULL;
/* Removes scratch and lease. */
void attempt_free(struct attempt **attempt);

/* 0 while the work may go on; else -1 with ERR_CANCELLED (cancel, drain, or idle work that is to give way) or
 * ERR_CONFLICT "stale_lease". */
int attempt_check(struct attempt *attempt, struct error *err) MUST_CHECK;
/* The same as a question, for callbacks; ctx is the attempt. */
bool attempt_stops(void *ctx);
/* The scratch folder; made at the first call. Borrowed; -1 on failure. */
int attempt_scratch(struct attempt *attempt, struct error *err) MUST_CHECK;
/* How far it is, 0-1; phase is a word of session_progress(). Carried by the heartbeat, and as an event where the flow
 * has progress events. */
void attempt_progress(struct attempt *attempt, double fraction, const char *phase);

/* result: JSON object text in the attempt's arena. */
void attempt_done(struct attempt *attempt, const char *result);
/* What a failure means: cancelled, given back (also when the lease ran out), tried again or failed, by its kind and
 * code. Fills `end`. */
void attempt_failed(struct attempt *attempt, const struct error *error);

#endif
