/*
 * The state machine of one paid job, explored exhaustively: two workers, a database that may lose what it had not
 * flushed, a provider that may take a request and never say so. Every order of every step is tried.
 *
 * It is a model of sql/functions/job.sql and paid.sql, not that code: it shows that the protocol cannot bill twice,
 * and, by variants that leave out one rule each, that every rule is needed. The code is held to the protocol by
 * tests/lib/db and by the injected faults beside this file.
 */
#ifndef TESTS_FAULTS_MODEL_H
#define TESTS_FAULTS_MODEL_H

#include <stdbool.h>
#include <stddef.h>

enum model_variant {
	MODEL_AS_BUILT,
	MODEL_SEND_BEFORE_COMMIT,    /* the first byte leaves before `sending` is committed */
	MODEL_SENDING_UNFLUSHED,     /* `sending` is committed asynchronously */
	MODEL_RESCUE_SENDS_AGAIN,    /* a dead worker's call in `sending` counts as never sent */
	MODEL_TIMEOUT_SENDS_AGAIN,   /* no answer counts as never sent */
	MODEL_SILENCE_SENDS_AGAIN,   /* the provider knows nothing of the request, so it is sent again at once */
	MODEL_FINISH_UNFENCED,	     /* a finish does not ask for the lease */
	MODEL_TOKEN_FROM_SEQUENCE,   /* the database mints the tokens, and a crash takes the counter back */
	MODEL_RESCUE_FORGETS_INTENT, /* a dead worker's intent stays and blocks every later call */
	MODEL_VOID_UNFENCED,	     /* a worker that was not let send takes back a call that is another's by now */
	MODEL__COUNT
};

struct model_result {
	size_t states;
	bool twice_billed; /* more requests taken than somebody asked for */
	bool stale_finish; /* ended by somebody who did not hold the job */
	bool stuck;	   /* a state from which no order of steps leads to an end; asked when the others hold */
};

/* Stops at the first broken promise. Aborts without memory. */
void model_explore(enum model_variant variant, struct model_result *ret_result);

const char *model_variant_name(enum model_variant variant);

#endif
