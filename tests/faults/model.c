#include "tests/faults/model.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum job { READY, RUNNING, EXTERNAL, UNCERTAIN, DONE, FAILED };
enum call { NONE, INTENT, SENDING, ACCEPTED, REJECTED, VOID, DOUBT, SETTLED };
enum doing {
	IDLE,
	SUBMITTING, /* claimed, nothing of the call is written */
	INTENDED,   /* intent is committed */
	HELD_BACK,  /* it was not let send, or could not connect: not one byte left */
	ALLOWED,    /* `sending` is committed, no byte has left */
	SENT,	    /* the request is on its way or with the provider */
	TOLD,	    /* the provider's request id is known here and nowhere else */
	REFUSED,    /* a clear no arrived */
	UNSURE,	    /* the connection ended without an answer */
	FETCHING,   /* claimed to fetch an accepted call's result */
	DOING__COUNT
};

#define WORKERS 2
#define TOKENS 8 /* more than can be alive at once */
#define MANY 3	 /* counters stop here */
#define SUCCESSORS 64

/* Bytes only, so that equal states are equal in memory. */
struct rows {
	uint8_t job, lease, holder, call, call_lease, sequence;
};

struct worker {
	uint8_t doing, token, flying; /* flying: its request may still reach the provider */
};

struct state {
	struct rows now, flushed;
	struct worker worker[WORKERS];
	uint8_t taken; /* requests that the provider took and bills */
	uint8_t asked; /* how many of them somebody wanted: one, and one for each resubmission */
	uint8_t stale; /* a finish by somebody who did not hold the job */
};

struct space {
	enum model_variant variant;
	struct state *states;
	size_t count, cap;
	uint32_t *table; /* index + 1 */
	size_t slots;
	uint32_t *from, *to; /* edges */
	size_t edges, edge_cap;
	size_t at; /* the state whose successors are made */
};

static void *
need(void *memory)
{
	if (memory == NULL)
		abort();
	return memory;
}

static uint64_t
digest(const struct state *state)
{
	const uint8_t *byte = (const uint8_t *)state;
	uint64_t value = 1469598103934665603u;

	for (size_t i = 0; i < sizeof(*state); i++)
		value = (value ^ byte[i]) * 1099511628211u;
	return value ^ value >> 29;
}

static void
grow(struct space *space)
{
	space->slots = space->slots == 0 ? 4096 : space->slots * 2;
	free(space->table);
	space->table = need(calloc(space->slots, sizeof(*space->table)));
	for (size_t i = 0; i < space->count; i++) {
		size_t slot = digest(&space->states[i]) & (space->slots - 1);

		while (space->table[slot] != 0)
			slot = (slot + 1) & (space->slots - 1);
		space->table[slot] = (uint32_t)i + 1;
	}
}

static size_t
place(struct space *space, const struct state *state)
{
	size_t slot;

	if (space->count * 2 >= space->slots)
		grow(space);
	slot = digest(state) & (space->slots - 1);
	while (space->table[slot] != 0) {
		if (memcmp(&space->states[space->table[slot] - 1], state, sizeof(*state)) == 0)
			return space->table[slot] - 1;
		slot = (slot + 1) & (space->slots - 1);
	}
	if (space->count == space->cap) {
		space->cap = space->cap == 0 ? 1024 : space->cap * 2;
		space->states = need(realloc(space->states, space->cap * sizeof(*space->states)));
	}
	space->states[space->count] = *state;
	space->table[slot] = (uint32_t)++space->count;
	return space->count - 1;
}

/* The state that `next` describes follows the one at hand. */
static void
follow(struct space *space, const struct state *next)
{
	const size_t to = place(space, next);

	if (space->edges == space->edge_cap) {
		space->edge_cap = space->edge_cap == 0 ? 4096 : space->edge_cap * 2;
		space->from = need(realloc(space->from, space->edge_cap * sizeof(*space->from)));
		space->to = need(realloc(space->to, space->edge_cap * sizeof(*space->to)));
	}
	space->from[space->edges] = (uint32_t)space->at;
	space->to[space->edges++] = (uint32_t)to;
}

static void
flush(struct state *state)
{
	state->flushed = state->now;
}

static uint8_t
more(uint8_t count)
{
	return count < MANY ? (uint8_t)(count + 1) : count;
}

/* ---- what workers do; each function is one commit or one event on the wire ---- */

/* A token nobody knows: a worker's boot and counter. */
static uint8_t
fresh_token(const struct state *state)
{
	uint8_t token = 1;

	for (bool used = true; used; token += used) {
		used = token == state->now.lease || token == state->flushed.lease || token == state->now.call_lease ||
		       token == state->flushed.call_lease;
		for (int w = 0; w < WORKERS; w++)
			used |= token == state->worker[w].token;
	}
	return token;
}

/* Asynchronous: the claim may be lost. */
static void
claim(struct space *space, struct state state, int w)
{
	struct worker *worker = &state.worker[w];

	if (worker->doing != IDLE || state.now.job != READY)
		return;
	if (space->variant == MODEL_TOKEN_FROM_SEQUENCE) {
		state.now.sequence = (uint8_t)(state.now.sequence % (TOKENS - 1) + 1);
		worker->token = state.now.sequence;
	} else {
		worker->token = fresh_token(&state);
	}
	worker->doing = state.now.call == ACCEPTED ? FETCHING : SUBMITTING;
	state.now.job = RUNNING;
	state.now.lease = worker->token;
	state.now.holder = (uint8_t)(w + 1);
	follow(space, &state);
}

static void
let_go(struct worker *worker)
{
	worker->doing = IDLE;
	worker->token = 0;
}

static bool
holds(const struct state *state, int w)
{
	return state->now.lease != 0 && state->now.lease == state->worker[w].token;
}

static void
intend(struct space *space, struct state state, int w)
{
	const uint8_t call = state.now.call;

	if (state.worker[w].doing != SUBMITTING)
		return;
	if (holds(&state, w) && (call == NONE || call == VOID || call == REJECTED)) {
		state.now.call = INTENT;
		state.now.call_lease = state.worker[w].token;
		state.worker[w].doing = INTENDED;
		flush(&state);
	} else {
		let_go(&state.worker[w]);
	}
	follow(space, &state);
}

/* The last commit before the first byte. */
static void
allow(struct space *space, struct state state, int w)
{
	if (state.worker[w].doing != INTENDED)
		return;
	if (space->variant == MODEL_SEND_BEFORE_COMMIT)
		state.worker[w].flying = 1;
	if (holds(&state, w) && state.now.call == INTENT && state.now.call_lease == state.worker[w].token) {
		state.now.call = SENDING;
		state.worker[w].doing = ALLOWED;
		if (space->variant != MODEL_SENDING_UNFLUSHED)
			flush(&state);
	} else {
		state.worker[w].doing = HELD_BACK;
	}
	follow(space, &state);
}

static void
fail_to_connect(struct space *space, struct state state, int w)
{
	if (state.worker[w].doing != INTENDED || state.worker[w].flying)
		return;
	state.worker[w].doing = HELD_BACK;
	follow(space, &state);
}

/* It takes its own intent back, and nobody else's call: another worker may be sending by now. */
static void
take_back(struct space *space, struct state state, int w)
{
	const bool own = state.now.call == INTENT && state.now.call_lease == state.worker[w].token;
	const bool any = state.now.call == INTENT || state.now.call == SENDING;

	if (state.worker[w].doing != HELD_BACK)
		return;
	if (own || (space->variant == MODEL_VOID_UNFENCED && any)) {
		state.now.call = VOID;
		flush(&state);
	}
	let_go(&state.worker[w]);
	follow(space, &state);
}

static void
post(struct space *space, struct state state, int w)
{
	if (state.worker[w].doing != ALLOWED)
		return;
	state.worker[w].doing = SENT;
	state.worker[w].flying = 1;
	follow(space, &state);
}

/* Whatever the worker does meanwhile, what is on the wire arrives, or is lost. */
static void
arrive(struct space *space, struct state state, int w)
{
	struct worker *worker = &state.worker[w];

	if (!worker->flying)
		return;
	worker->flying = 0;
	if (worker->doing == SENT)
		worker->doing = UNSURE;
	follow(space, &state); /* lost on the way */
	state.taken = more(state.taken);
	follow(space, &state); /* taken, the answer is lost */
	if (worker->doing != UNSURE)
		return;
	worker->doing = TOLD;
	follow(space, &state);
}

static void
refuse(struct space *space, struct state state, int w)
{
	if (!state.worker[w].flying || state.worker[w].doing != SENT)
		return;
	state.worker[w].flying = 0;
	state.worker[w].doing = REFUSED;
	follow(space, &state);
}

/* An attempt that ends: with the lease deleted, or without any effect. */
static void
end_attempt(struct space *space, struct state state, int w, enum job job, enum call call)
{
	const bool fenced = space->variant != MODEL_FINISH_UNFENCED;

	if (holds(&state, w) || (!fenced && state.now.job == RUNNING)) {
		if (state.now.holder != w + 1)
			state.stale = 1;
		state.now.job = (uint8_t)job;
		state.now.call = (uint8_t)call;
		state.now.lease = state.now.holder = 0;
		flush(&state);
	}
	let_go(&state.worker[w]);
	follow(space, &state);
}

static void
tell(struct space *space, struct state state, int w)
{
	switch (state.worker[w].doing) {
	case TOLD:
		/* the id is kept even if the lease is gone meanwhile: it belongs to the call, not to the attempt */
		if (state.now.call == SENDING || state.now.call == DOUBT) {
			state.now.call = ACCEPTED;
			if (state.now.job == UNCERTAIN || holds(&state, w)) {
				state.now.job = EXTERNAL;
				state.now.lease = state.now.holder = 0;
			}
			flush(&state);
		}
		let_go(&state.worker[w]);
		follow(space, &state);
		break;
	case REFUSED:
		end_attempt(space, state, w, READY, REJECTED);
		break;
	case UNSURE:
		if (space->variant == MODEL_TIMEOUT_SENDS_AGAIN)
			end_attempt(space, state, w, READY, VOID);
		else
			end_attempt(space, state, w, UNCERTAIN, DOUBT);
		break;
	case FETCHING:
		end_attempt(space, state, w, DONE, SETTLED);
		break;
	default:
		break;
	}
}

/* kill -9; or, for a worker that hangs, whatever else happens before its next step. */
static void
die(struct space *space, struct state state, int w)
{
	if (state.worker[w].doing == IDLE)
		return;
	let_go(&state.worker[w]);
	follow(space, &state);
}

/* ---- what happens without a worker ---- */

/* The lease of a worker that was silent too long. It may be alive. */
static void
rescue(struct space *space, struct state state)
{
	if (state.now.lease == 0)
		return;
	state.now.lease = state.now.holder = 0;
	state.now.job = READY;
	if (state.now.call == SENDING && space->variant == MODEL_RESCUE_SENDS_AGAIN) {
		state.now.call = VOID;
	} else if (state.now.call == SENDING) {
		state.now.call = DOUBT;
		state.now.job = UNCERTAIN;
	} else if (state.now.call == INTENT && space->variant != MODEL_RESCUE_FORGETS_INTENT) {
		state.now.call = VOID;
	}
	flush(&state);
	follow(space, &state);
}

static void
poll_due(struct space *space, struct state state)
{
	if (state.now.job != EXTERNAL)
		return;
	state.now.job = READY;
	follow(space, &state);
}

/* A webhook or a look-up finds the request; or it is not to be found, which proves nothing; or a person decides. */
static void
decide(struct space *space, struct state state)
{
	struct state next = state;

	if (state.now.job != UNCERTAIN)
		return;
	if (state.taken > 0) {
		next.now.job = EXTERNAL;
		next.now.call = ACCEPTED;
		flush(&next);
		follow(space, &next);
	} else if (space->variant == MODEL_SILENCE_SENDS_AGAIN) {
		next.now.job = READY;
		next.now.call = VOID;
		flush(&next);
		follow(space, &next);
	}
	next = state;
	next.now.job = FAILED;
	flush(&next);
	follow(space, &next);
	if (state.asked >= MANY)
		return;
	next = state;
	next.asked++;
	next.now.job = READY;
	next.now.call = VOID;
	flush(&next);
	follow(space, &next);
}

/* The database dies and comes back without what was not flushed. */
static void
database_dies(struct space *space, struct state state)
{
	state.now = state.flushed;
	follow(space, &state);
}

static void
background_flush(struct space *space, struct state state)
{
	flush(&state);
	follow(space, &state);
}

static void
successors(struct space *space, const struct state *state)
{
	for (int w = 0; w < WORKERS; w++) {
		claim(space, *state, w);
		intend(space, *state, w);
		allow(space, *state, w);
		fail_to_connect(space, *state, w);
		take_back(space, *state, w);
		post(space, *state, w);
		arrive(space, *state, w);
		refuse(space, *state, w);
		tell(space, *state, w);
		die(space, *state, w);
	}
	rescue(space, *state);
	poll_due(space, *state);
	decide(space, *state);
	database_dies(space, *state);
	background_flush(space, *state);
}

/* ---- what must hold ---- */

static bool
ended(const struct state *state)
{
	return state->now.job == DONE || state->now.job == FAILED;
}

/* Whether every state has a way to an end: backwards from the ends, until nothing more is marked. */
static bool
all_can_end(const struct space *space)
{
	uint8_t *good = need(calloc(space->count, 1));
	bool changed = true, all = true;

	for (size_t i = 0; i < space->count; i++)
		good[i] = ended(&space->states[i]);
	while (changed) {
		changed = false;
		for (size_t i = space->edges; i-- > 0;) {
			if (!good[space->to[i]] || good[space->from[i]])
				continue;
			good[space->from[i]] = 1;
			changed = true;
		}
	}
	for (size_t i = 0; i < space->count; i++)
		all = all && good[i];
	free(good);
	return all;
}

void
model_explore(enum model_variant variant, struct model_result *ret_result)
{
	struct space space = {.variant = variant};
	struct state first;
	bool broken = false;

	memset(&first, 0, sizeof(first));
	first.asked = 1;
	*ret_result = (struct model_result){0};
	(void)place(&space, &first);
	for (space.at = 0; space.at < space.count && !broken; space.at++) {
		const struct state state = space.states[space.at];

		ret_result->twice_billed = state.taken > state.asked;
		ret_result->stale_finish = state.stale != 0;
		broken = ret_result->twice_billed || ret_result->stale_finish;
		successors(&space, &state);
	}
	ret_result->states = space.count;
	ret_result->stuck = !broken && !all_can_end(&space);
	free(space.states);
	free(space.table);
	free(space.from);
	free(space.to);
}

const char *
model_variant_name(enum model_variant variant)
{
	static const char *const names[] = {
	    [MODEL_AS_BUILT] = "as built",
	    [MODEL_SEND_BEFORE_COMMIT] = "send before commit",
	    [MODEL_SENDING_UNFLUSHED] = "sending unflushed",
	    [MODEL_RESCUE_SENDS_AGAIN] = "rescue sends again",
	    [MODEL_TIMEOUT_SENDS_AGAIN] = "timeout sends again",
	    [MODEL_SILENCE_SENDS_AGAIN] = "silence sends again",
	    [MODEL_FINISH_UNFENCED] = "finish unfenced",
	    [MODEL_TOKEN_FROM_SEQUENCE] = "token from a sequence",
	    [MODEL_RESCUE_FORGETS_INTENT] = "rescue forgets the intent",
	    [MODEL_VOID_UNFENCED] = "void unfenced",
	};

	return names[variant];
}
