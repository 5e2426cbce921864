/*
 * Jobs as the daemon that runs them and the callers that look at them see them.
 *
 * What a job's end means (children released, result taken over, ledger, event) happens inside the database in the
 * statement that ends it (sql/functions/job.sql); this file only carries values there and back. No job is lost: an
 * attempt owns a lease, and every end is fenced by deleting it. An end that finds no lease is stale: nothing was
 * changed, throw the work away.
 *
 * Lifecycle of a daemon: worker_begin(); then, whenever a slot is free, job_claim(); job_heartbeat() each 5 s for all
 * running leases from a thread of its own; job_end() for whatever ended while the last group committed; job_tick() each
 * 2 s on the LISTEN connection; at the end JOB_RELEASE for what cannot be finished, then worker_end().
 */
#ifndef FW_DB_JOB_H
#define FW_DB_JOB_H

#include "lib/base/id.h"
#include "lib/db/db.h"

#define JOB_KIND_SIZE 48
#define JOB_PROVIDER_SIZE 48
#define JOB_END_MAX 16 /* ends in one group */
#define JOB_CLAIM_MAX 256

/* JOB_IDLE: media work ahead of being asked for. */
enum job_step { JOB_PLAIN, JOB_MEDIA, JOB_PROVIDER, JOB_IDLE, JOB_STEP__COUNT };

/* ---- for the daemon that runs them ---- */

struct job_claimed {
	int64_t id;
	int64_t lease;
	char public_id[ID_UUID_SIZE];
	char kind[JOB_KIND_SIZE];
	enum job_step step;
	int owner_id;			  /* 0: the installation's */
	char project_id[ID_UUID_SIZE];	  /* "" if none */
	char provider[JOB_PROVIDER_SIZE]; /* the queue: "plain", "media", "local", "replicate" ... */
	int attempt;			  /* 1 for the first */
	int max_attempts;
	int rescues;
	bool parked;	 /* a provider call of it is under way: poll it (providercall_live) */
	bool cancelling; /* claimed only to be ended: cancel the provider's work, then JOB_CANCELLED */
	int timeout_s;
	int poll_every_ms;
	const char *payload;	/* JSON object, in the arena */
	const char *request_id; /* NULL if none; in the arena */
};

struct job_claim {
	int64_t worker;
	enum job_step step;
	const int64_t *leases;	  /* one fresh token per free slot: worker_lease() */
	size_t count;		  /* at most JOB_CLAIM_MAX */
	const char *const *kinds; /* only these; NULL: all */
	size_t kind_count;
};

/* At most claim->count jobs of that step, over all its queues, within the limits of their rows. The commit is
 * asynchronous. */
int job_claim(struct db *db, struct arena *arena, const struct job_claim *claim, const struct job_claimed **ret_jobs,
    size_t *ret_count, struct error *err) MUST_CHECK;

struct job_beat {
	int64_t job;
	int64_t lease;
	double progress;   /* 0-1 */
	const char *phase; /* may be NULL */
	/* answers */
	bool lost;    /* the lease is gone: stop, publish nothing */
	bool cancel;  /* somebody wants it to end: stop, then JOB_CANCELLED */
	bool overdue; /* past its deadline: stop, then JOB_RETRY or JOB_FAILED with code "timeout" */
};
/* One statement for all running jobs of the daemon; with count 0 it still says that the worker lives. Fills the
 * answers. */
int job_heartbeat(struct db *db, int64_t worker, struct job_beat *beats, size_t count, struct error *err) MUST_CHECK;

enum job_outcome {
	JOB_DONE, /* body: result. Ends it; its live provider call is settled (result /price_micros or the estimate) */
	JOB_FAILED,	/* body: error. Ends it */
	JOB_RETRY,	/* body: error. Again after a pause if attempts less rescues are left, else JOB_FAILED */
	JOB_AGAIN,	/* again after delay_ms at no attempt's cost (429, database away; body: error or NULL) */
	JOB_RELEASE,	/* clean shutdown, or the lease ran out: ready again at no attempt's cost */
	JOB_PARK,	/* a provider works on it: external until delay_ms have passed or a webhook came */
	JOB_UNCERTAIN,	/* body: error. Waits for a decision */
	JOB_CANCELLED,	/* body: NULL. Ends it, unless a provider still works on it: then it is ready to be cancelled
			   there */
	JOB_CANCELLING, /* the provider was told to stop and has not ended it yet: as JOB_PARK */
	JOB_OUTCOME__COUNT
};

struct job_end {
	int64_t job;
	int64_t lease;
	enum job_outcome outcome;
	const char *body;     /* JSON object: a result, or an error {code, detail, kind, retryable}; may be NULL */
	int64_t delay_ms;     /* JOB_RETRY, JOB_AGAIN, JOB_PARK; -1: backoff with full jitter, or the provider's poll
				 interval */
	const char *provider; /* JOB_RETRY, JOB_AGAIN: move it to this queue (the next provider); NULL: stay */
	double progress;      /* kept while no attempt runs */
	const char *phase;    /* may be NULL */
	/* answers */
	bool woke;	/* something became ready with it */
	bool applied;	/* false: stale, nothing was changed */
	char state[12]; /* where it is now: done failed cancelled waiting ready external uncertain */
};

/*
 * Ends a group of attempts in one durable statement. An exception in one job's on_finish function fails the whole group
 * and changes nothing: call again one by one, and end the one that still fails with JOB_FAILED, code "finish_failed"
 * (that cannot be refused: the job is then failed without its function if need be).
 */
int job_end(struct db *db, struct job_end *ends, size_t count, struct error *err) MUST_CHECK;

/* No starts at this provider for so long: it said so (429, Retry-After). */
int job_block_provider(struct db *db, const char *provider, int64_t delay_ms, struct error *err) MUST_CHECK;

struct job_tick {
	int64_t promoted;    /* waiting and external jobs that became ready */
	int64_t rescued;     /* leases that had run out */
	int64_t ready;	     /* jobs that are ready now: call job_claim() if a slot is free */
	int64_t next_due_ms; /* until the next waiting job or poll is due; -1: none */
	int64_t uncertain;   /* calls of which nobody knows whether they were accepted */
	int64_t alarms;	     /* invariants that do not hold */
};
/* Periodic work for everybody: promote what is due, rescue, sweep. Any daemon, any time. */
int job_tick(struct db *db, struct job_tick *ret_tick, struct error *err) MUST_CHECK;

/* ---- for callers ---- */

struct job_new {
	const char *kind;
	int owner_id;		/* 0: the installation's */
	const char *project_id; /* NULL: none */
	const char *provider;	/* NULL: the step's own queue, "local" for provider steps */
	int priority;		/* 1-10; 0: the kind's */
	const char *payload;	/* JSON object; NULL: {} */
	const int64_t *parents; /* jobs it waits for */
	size_t parent_count;
	bool ignore_failed_parents;
	const char *const *edges; /* parent_count of "fail", "cancel", "ignore"; NULL: all as above */
	int min_done;		  /* it fails when fewer parents end with a result; 0: the edges decide */
	int64_t delay_ms;
	const char *request_id;
};
/* Area flows add their jobs inside their own SQL functions; this is for the tool and for work of the installation. */
int job_add(struct db *db, const struct job_new *job, int64_t *ret_id, char ret_public_id[static ID_UUID_SIZE],
    struct error *err) MUST_CHECK;

/* As shown outside. */
struct job_view {
	int64_t id;
	char public_id[ID_UUID_SIZE];
	char kind[JOB_KIND_SIZE];
	char project_id[ID_UUID_SIZE]; /* "" if none */
	int owner_id;		       /* 0: the installation's */
	char state[16];		       /* queued running waiting needs_attention succeeded partial failed cancelled */
	char raw_state[12];	       /* as in the table */
	const char *phase;	       /* NULL if none */
	double progress;	       /* 0-1 */
	int64_t eta_s;		       /* -1: unknown */
	int attempt;
	int max_attempts;
	int priority;
	int64_t price_micros;			     /* of the ledger rows of this job */
	const char *result;			     /* JSON or NULL */
	const char *error;			     /* JSON {code, detail, ...} or NULL */
	const char *degraded;			     /* JSON array of reasons, "[]" if none */
	const char *request_id;			     /* NULL if none */
	int64_t created_at, started_at, finished_at; /* microseconds, CLOCK_NONE if not yet */
	int64_t version;			     /* another one after each change of the row */
	int64_t beat_at; /* another one after each heartbeat of a running attempt; else CLOCK_NONE */
};

/* By public id, within the caller's rights; ERR_NOT_FOUND "job_not_found". */
int job_load(
    struct db *db, struct arena *arena, const char *public_id, struct job_view *ret_job, struct error *err) MUST_CHECK;

struct job_filter {
	const char *project_id; /* NULL: all */
	const char *state;	/* outside name; NULL: all */
	const char *kind;	/* NULL: all */
	int64_t before_id;	/* cursor: ids below it; 0: from the newest */
	int64_t offset;		/* at most 10,000 */
	int limit;		/* 1-200 */
};
/* Newest first. */
int job_list(struct db *db, struct arena *arena, const struct job_filter *filter, struct job_view **ret_jobs,
    size_t *ret_count, struct error *err) MUST_CHECK;

/* Blocked, ready and waiting jobs end at once, running and external ones soon. ERR_NOT_FOUND, or ERR_CONFLICT
 * "already_finished". */
int job_cancel(struct db *db, const char *public_id, struct error *err) MUST_CHECK;
/* A failed or cancelled job that nothing depends on runs again from its first attempt; an uncertain one is submitted
 * again: the person who asks takes the risk of paying twice. ERR_CONFLICT "not_retryable". */
int job_retry(struct db *db, const char *public_id, struct error *err) MUST_CHECK;

/* "look_up", "wait" (for wait_s seconds), "resubmit", "give_up": what a person decides about a job that needs
 * attention. ERR_CONFLICT "needs_no_attention" for any other; ERR_BUDGET when sending again has no money left. */
int job_attention(
    struct db *db, const char *public_id, const char *action, int64_t wait_s, struct error *err) MUST_CHECK;

#endif
