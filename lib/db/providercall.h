/*
 * Outside calls that cost money: none is made twice because of us.
 *
 *     providercall_open()      commit the intent and reserve its price      -> state "intent": go on; any other: resume
 * there providercall_sending()   after TLS, before the first byte; -1: do not send providercall_accepted()  the
 * provider's id, before anything else      -> then job_end() with JOB_PARK, or fetch at once job_end(JOB_DONE) settles
 * it: ledger, totals, reservation, in the statement that ends the job
 *
 * or providercall_rejected() (a clear refusal), providercall_void() (never sent), providercall_uncertain() (not known).
 * What the built-in provider does goes the same way with `simulated` set, so that cost limits and the ledger are the
 * same; a crash of it leaves no doubt.
 *
 * A live call of an earlier attempt is handed back by providercall_open() instead of a new one:
 *     intent     never sent: yours now, go on
 *     accepted   poll request_id
 *     uncertain  the crash was while sending: ask the provider for client_ref, else end the job with JOB_UNCERTAIN
 */
#ifndef FW_DB_PROVIDERCALL_H
#define FW_DB_PROVIDERCALL_H

#include "lib/base/id.h"
#include "lib/db/db.h"
#include "lib/db/job.h"

enum providercall_state {
	PROVIDERCALL_INTENT,
	PROVIDERCALL_SENDING,
	PROVIDERCALL_ACCEPTED,
	PROVIDERCALL_REJECTED,
	PROVIDERCALL_VOID,
	PROVIDERCALL_UNCERTAIN,
	PROVIDERCALL_DONE,
	PROVIDERCALL_STATE__COUNT
};

struct providercall_new {
	int64_t job;
	int64_t lease;
	const char *step;	  /* which call of the job: "submit" where there is one only */
	const char *agent;	  /* as in the ledger: "image_generator" */
	const char *provider;	  /* "replicate" */
	const char *model;	  /* logical model: "flux-pro" */
	const void *request_hash; /* SHA-256, 32 bytes; NULL: none */
	int64_t estimate_micros;  /* highest price its parameters can cost; -1: of the price table, by model, else by
				     agent */
	bool simulated;
};

struct providercall {
	int64_t id;
	enum providercall_state state;
	char client_ref[ID_UUID_SIZE];
	char request_id[256]; /* "" until accepted */
	char model[64];
	char provider[JOB_PROVIDER_SIZE];
	int64_t estimate_micros;
	bool fresh;	    /* made by this call */
	int64_t sending_at; /* microseconds, CLOCK_NONE if not yet */
	bool overdue;	    /* uncertain, or accepted an hour longer than the provider's calls can run: a person
			       has to decide */
	int64_t age_s;	    /* since it was sent; 0 before */
	const char *answer; /* JSON object that the provider gave when it accepted; NULL: none. In the arena */
};

/* Commits synchronously. ERR_BUDGET "cost_limit_exceeded" (402) when a limit would be passed: nothing was reserved.
 * ERR_CONFLICT "stale_lease" when the attempt is not ours any more. ERR_LIMIT "cost_rate" with retry_after_s when the
 * provider's money for this minute is used up. */
int providercall_open(
    struct db *db, const struct providercall_new *call, struct providercall *ret_call, struct error *err) MUST_CHECK;
/* The live call of a job's step; ERR_NOT_FOUND when there is none. */
int providercall_live(struct db *db, struct arena *arena, int64_t job, const char *step, struct providercall *ret_call,
    struct error *err) MUST_CHECK;
/* ERR_CONFLICT "stale_lease" when the attempt is not ours any more or the job is to be cancelled, "already_sent"
 * otherwise. */
int providercall_sending(struct db *db, int64_t call, int64_t lease, struct error *err) MUST_CHECK;
/* Needs no lease: it was paid for. Also turns an uncertain call into an accepted one and wakes its job. answer: JSON
 * object or NULL. */
int providercall_accepted(
    struct db *db, int64_t call, const char *request_id, const char *answer, struct error *err) MUST_CHECK;
/* The provider refused clearly; `charged_micros` if it wants money all the same. `error` is for the ledger, without
 * internals. */
int providercall_rejected(struct db *db, int64_t call, int64_t charged_micros, int64_t duration_ms, const char *error,
    struct error *err) MUST_CHECK;
/* Never sent, as the attempt knows that opened it last with `lease` and alone could have sent it. ERR_CONFLICT
 * "already_sent", also when another attempt has taken it over since. */
int providercall_void(struct db *db, int64_t call, int64_t lease, struct error *err) MUST_CHECK;
/* `error`: JSON object. Keeps its reservation. */
int providercall_uncertain(struct db *db, int64_t call, const char *error, struct error *err) MUST_CHECK;
/* An accepted call of which the job has more than one, or whose job failed although this succeeded. price_micros -1:
 * the estimate. `error` NULL: it succeeded. Settling twice changes nothing. */
int providercall_settle(struct db *db, int64_t call, int64_t price_micros, int64_t duration_ms, const char *error,
    struct error *err) MUST_CHECK;
/* What one billed unit of a model costs; ERR_NOT_FOUND when the price table does not know it. */
int providercall_unit_price(struct db *db, const char *model, int64_t *ret_micros, struct error *err) MUST_CHECK;
/* Whether another call of this provider has that request id. */
int providercall_known(
    struct db *db, const char *provider, const char *request_id, bool *ret_known, struct error *err) MUST_CHECK;
/* A webhook came: wakes the job of this call. request_id may be NULL. ret_found tells whether the reference is known.
 */
int providercall_webhook(
    struct db *db, const char *client_ref, const char *request_id, bool *ret_found, struct error *err) MUST_CHECK;

#endif
