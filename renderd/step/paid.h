/*
 * The paid-call protocol over HTTP, in one place: no call is made twice because of us, and no result that was paid for
 * is lost.
 *
 *     intent     price reserved, committed
 *     connect    fresh, TLS; then `sending` is committed, and only then the first byte leaves
 *     classify   void (never sent) | rejected | accepted, its id committed before anything else | uncertain
 *     wait       the job is parked: no slot, no lease, a next poll time; a webhook wakes it
 *     fetch      verified and stored by its flow; the end of the job settles the price
 *
 * What is uncertain is never sent again by itself: a webhook reveals it, else the provider is asked for it, else its
 * longest run is waited out, else a person decides (sql/functions/attention.sql).
 *
 * A job is claimed once for each of these steps and each time comes in here with the same ask; the live call in the
 * database says where it stands.
 */
#ifndef FW_RENDERD_STEP_PAID_H
#define FW_RENDERD_STEP_PAID_H

#include "renderd/provider/service.h"

struct paid_ask {
	const struct provider_service *service;
	const char *step;	 /* which call of the job: "submit", "soften" */
	const char *agent;	 /* as in the ledger */
	const char *model;	 /* logical model, as in the price table */
	const char *target;	 /* the service's own name of it */
	int64_t estimate_micros; /* the highest price it can cost; -1: of the price table */

	/* What is wanted; the service puts it into its own words. */
	enum paid_kind { PAID_PICTURE, PAID_CLIP } kind;
	const char *prompt;
	int64_t seed;
	int side;		   /* PAID_PICTURE: pixels, square */
	const char *source_sha256; /* PAID_CLIP: the picture that is to move */
	const char *source_type;   /* and what it is: "image/png" */
	int64_t duration_ms;	   /* PAID_CLIP: at least as long where the service can */
};

/* What was fetched. */
struct paid_file {
	const char *name; /* in the attempt's scratch */
	int64_t bytes;
	int64_t price_micros;  /* real where the provider told, else the estimate */
	int64_t generation_ms; /* -1: not told */
	const struct js_value *result;
	struct providercall call;
};

enum paid_next {
	PAID_ENDED,   /* attempt->end is filled: parked, waiting, in doubt */
	PAID_FETCHED, /* the file is there; make it the job's result with price_micros in it, or call paid_spoilt() */
};

/*
 * Does what is next. -1 when the provider refused or failed and nothing is live any more (ERR_INPUT for good, others
 * may be tried again by the kind's attempts), or when it could not be tried now: a live call then stays as it is.
 */
int paid_run(struct attempt *attempt, const struct paid_ask *ask, struct paid_file *ret_file, enum paid_next *ret_next,
    struct error *err) MUST_CHECK;
/* The model of this step's call that is under way, in the arena; NULL when there is none. */
int paid_live_model(struct attempt *attempt, const char *step, const char **ret_model, struct error *err) MUST_CHECK;
/* The file is no good although it was paid for: books it and hands on the error. Returns -1. */
int paid_spoilt(struct attempt *attempt, const struct paid_file *file, struct error *err);

/* The request's body as text in the attempt's arena; NULL with the error. For services. */
const char *paid_body(struct attempt *attempt, const struct paid_ask *ask, struct error *err) MUST_CHECK;

#endif
