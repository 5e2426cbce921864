#include "renderd/step/paid.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/fault.h"
#include "lib/base/hash.h"
#include "lib/db/provider.h"
#include "lib/js/write.h"

#define BODY_MAX (24 * MIB)
#define FETCHED "fetched"
/* A queue that told nothing else. */
#define BUSY_PAUSE_MS 5000
#define AWAY_PAUSE_MS 5000
#define POLL_PAUSE_MAX_MS 30000
#define LOOKUP_PAUSE_MAX_MS 60000
/* An id that the provider does not know yet this long after it gave it is one that it lost. */
#define UNKNOWN_S 600
/* Tries to write down that a call was accepted; the database is away for longer than that only when all else is too. */
#define ACCEPT_TRIES 60

/* ---- ends ---- */

static int
ends(struct attempt *attempt, enum job_outcome outcome, int64_t delay_ms, enum paid_next *ret_next)
{
	attempt->end.outcome = outcome;
	attempt->end.delay_ms = delay_ms;
	*ret_next = PAID_ENDED;
	return 0;
}

/* A poll interval that grows with the call's age: a clip of minutes is not asked for every three seconds. */
static int64_t
pause_of(const struct attempt *attempt, const struct providercall *call, int64_t divisor, int64_t most_ms)
{
	return FW_MIN(FW_MAX((int64_t)attempt->job.poll_every_ms, call->age_s * 1000 / divisor), most_ms);
}

/* Waits for the provider; told to stop, it may take its time too. */
static int
parks(struct attempt *attempt, int64_t delay_ms, enum paid_next *ret_next)
{
	return ends(attempt, attempt->job.cancelling ? JOB_CANCELLING : JOB_PARK, delay_ms, ret_next);
}

static const char *
doubt_json(struct attempt *attempt, const char *code, const char *detail)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(2 * KIB);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_str(&w, "code", code);
	js_str(&w, "detail", detail);
	js_str(&w, "kind", "provider");
	js_bool(&w, "retryable", false);
	js_close(&w);
	js_end(&w);
	return buf_dup(&buf, attempt->arena);
}

static int
needs_attention(struct attempt *attempt, const char *code, const char *detail, enum paid_next *ret_next)
{
	attempt->end.body = doubt_json(attempt, code, detail);
	return ends(attempt, JOB_UNCERTAIN, -1, ret_next);
}

/* The breaker's news; that it could not be told changes nothing for this call. */
static void
went(struct attempt *attempt, const struct paid_ask *ask, bool ok)
{
	struct error err;
	bool open = false;

	error_clear(&err);
	if (provider_went(attempt->db, ask->service->name, ok, &open, &err) < 0)
		log_warn(&attempt->log, "breaker_not_told", LOG_ERR(&err));
	else if (open)
		log_warn(&attempt->log, "breaker_open", LOG_STR("provider", ask->service->name));
}

static void
block(struct attempt *attempt, const struct paid_ask *ask, int64_t delay_ms)
{
	struct error err;

	error_clear(&err);
	if (job_block_provider(attempt->db, ask->service->name, delay_ms, &err) < 0)
		log_warn(&attempt->log, "block_not_told", LOG_ERR(&err));
}

/* ---- submitting ---- */

const char *
paid_body(struct attempt *attempt, const struct paid_ask *ask, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(BODY_MAX);
	struct js_writer w;
	const char *text;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	if (ask->service->write(attempt, ask, &w, err) < 0)
		return NULL;
	js_close(&w);
	js_end(&w);
	if (buf_error(&buf, err) < 0)
		return NULL;
	text = buf_dup(&buf, attempt->arena);
	if (text == NULL)
		arena_error(attempt->arena, err);
	return text;
}

struct sending {
	struct attempt *attempt;
	const struct providercall *call;
};

/* The last moment to say no: our own watchdog first, then the database, which looks at lease and cancel. */
static int
before_send(void *ctx, struct error *err)
{
	const struct sending *sending = ctx;

	if (attempt_check(sending->attempt, err) < 0)
		return -1;
	return providercall_sending(sending->attempt->db, sending->call->id, sending->attempt->job.lease, err);
}

static int
rejected(struct attempt *attempt, const struct providercall *call, const char *why, struct error *err)
{
	if (providercall_rejected(attempt->db, call->id, 0, 0, why, err) < 0)
		return error_wrap(err, "writing down a refusal");
	return 0;
}

/* Accepted is paid for: it is written down whatever it takes, before anything else is done. */
static int
write_accepted(struct attempt *attempt, const struct providercall *call, const char *id, const char *answer)
{
	for (int i = 0; i < ACCEPT_TRIES; i++) {
		struct timespec pause = {1, 0};
		struct error err;

		error_clear(&err);
		if (providercall_accepted(attempt->db, call->id, id, answer, &err) == 0)
			return 0;
		log_error(&attempt->log, "accepted_not_written", LOG_STR("request", id), LOG_ERR(&err));
		if (error_is(&err, ERR_CONFLICT))
			return -1;
		nanosleep(&pause, NULL);
	}
	return -1;
}

/* In doubt: the provider is asked for it in a moment. If it cannot be written, the end of the attempt says the same. */
static int
uncertain(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, const char *why,
    enum paid_next *ret_next)
{
	struct error err;

	error_clear(&err);
	log_warn(&attempt->log, "call_uncertain", LOG_INT("call", call->id), LOG_STR("why", why));
	if (providercall_uncertain(attempt->db, call->id, doubt_json(attempt, "unknown_outcome", why), &err) < 0)
		log_warn(&attempt->log, "doubt_not_written", LOG_ERR(&err));
	went(attempt, ask, false);
	return parks(attempt, attempt->job.poll_every_ms, ret_next);
}

static int
accepted(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    const struct http_result *result, enum paid_next *ret_next)
{
	const char *id = NULL, *answer = NULL;
	struct error err;

	error_clear(&err);
	if (ask->service->accepted(attempt, result, &id, &answer, &err) < 0)
		return uncertain(attempt, ask, call, "The provider's answer could not be read.", ret_next);
	(void)write_accepted(attempt, call, id, answer);
	log_info(&attempt->log, "call_accepted", LOG_INT("call", call->id), LOG_STR("request", id));
	went(attempt, ask, true);
	attempt_progress(attempt, 0.05, attempt->end.phase);
	return ends(attempt, JOB_PARK, attempt->job.poll_every_ms, ret_next);
}

/* Not one byte left. `err` says why; when it was us, that is not the provider's fault. */
static int
never_sent(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    enum paid_next *ret_next, struct error *err)
{
	struct error own;

	error_clear(&own);
	if (providercall_void(attempt->db, call->id, attempt->job.lease, &own) < 0)
		log_warn(&attempt->log, "void_not_written", LOG_ERR(&own));
	if (error_has_code(err, "stale_lease") || error_is(err, ERR_CANCELLED))
		/* the database decides whether it is to be cancelled or somebody else's */
		return ends(attempt, JOB_RELEASE, -1, ret_next);
	if (error_is(err, ERR_CONFLICT))
		return ends(attempt, JOB_AGAIN, BUSY_PAUSE_MS, ret_next);
	if (error_is(err, ERR_UNAVAILABLE) || error_is(err, ERR_TIMEOUT)) {
		went(attempt, ask, false);
		error_retry_after(err, 5 * attempt->job.attempt);
	}
	return error_wrap(err, "calling %s", ask->service->name);
}

static int
limited(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    const struct http_result *result, enum paid_next *ret_next, struct error *err)
{
	int64_t pause = result->retry_after_s > 0 ? result->retry_after_s * INT64_C(1000) : BUSY_PAUSE_MS;

	if (rejected(attempt, call, "too many requests", err) < 0)
		return -1;
	block(attempt, ask, pause);
	return ends(attempt, JOB_AGAIN, pause, ret_next);
}

static int
classify(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    const struct http_result *result, enum paid_next *ret_next, struct error *err)
{
	switch (http_verdict(result)) {
	case HTTP_VERDICT_VOID:
		return never_sent(attempt, ask, call, ret_next, err);
	case HTTP_VERDICT_ACCEPTED:
		return accepted(attempt, ask, call, result, ret_next);
	case HTTP_VERDICT_LIMITED:
		return limited(attempt, ask, call, result, ret_next, err);
	case HTTP_VERDICT_REJECTED:
		went(attempt, ask, true);
		error_clear(err);
		(void)ask->service->refused(attempt, result, err);
		/* not written: the end of the attempt finds it unclassified and it is looked for */
		if (rejected(attempt, call, error_public_text(err), NULL) < 0)
			log_warn(&attempt->log, "refusal_not_written", LOG_INT("call", call->id));
		return error_fail();
	case HTTP_VERDICT_UNCERTAIN:
		break;
	}
	return uncertain(attempt, ask, call,
	    result->status > 0 ? "The provider answered with a failure of its own." : "The provider did not answer.",
	    ret_next);
}

static int
send_it(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, enum paid_next *ret_next,
    struct error *err)
{
	struct sending sending = {attempt, call};
	struct http_request request = {0};
	struct http_result result;

	if (ask->service->submit(attempt, ask, call->client_ref, &request, err) < 0) {
		struct error own;

		error_clear(&own);
		if (providercall_void(attempt->db, call->id, attempt->job.lease, &own) < 0)
			log_warn(&attempt->log, "void_not_written", LOG_ERR(&own));
		return -1;
	}
	service_request(attempt, &request);
	request.before_send = before_send;
	request.ctx = &sending;
	if (http_call(&request, attempt->arena, &result, err) < 0)
		log_warn(&attempt->log, "call_broke", LOG_INT("call", call->id), LOG_ERR(err));
	if (FAULT("after_answer"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return classify(attempt, ask, call, &result, ret_next, err);
}

/* ---- looking after what was accepted ---- */

static int64_t
price_of(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, int64_t units_micros)
{
	int64_t unit;
	struct error err;

	error_clear(&err);
	if (units_micros < 0 || providercall_unit_price(attempt->db, ask->target, &unit, &err) < 0 ||
	    (unit > 0 && units_micros > (INT64_MAX - 999999) / unit))
		return call->estimate_micros;
	return (units_micros * unit + 999999) / 1000000;
}

/* The provider ended it without a result; what that cost is booked. */
static int
failed(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    const struct service_answer *answer, enum paid_next *ret_next, struct error *err)
{
	int64_t price = answer->units_micros > 0 ? price_of(attempt, ask, call, answer->units_micros) : 0;

	if (providercall_settle(
		attempt->db, call->id, price, answer->generation_ms, error_public_text(&answer->why), err) < 0)
		return error_wrap(err, "settling a failed call");
	if (attempt->job.cancelling)
		return ends(attempt, JOB_CANCELLED, -1, ret_next);
	*err = answer->why;
	return error_fail();
}

static int
fetch(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    const struct service_answer *answer, struct paid_file *ret_file, enum paid_next *ret_next, struct error *err)
{
	enum service_state state;

	*ret_file = (struct paid_file){.name = FETCHED,
	    .price_micros = price_of(attempt, ask, call, answer->units_micros),
	    .generation_ms = answer->generation_ms,
	    .result = answer->result,
	    .call = *call};
	if (service_download(attempt, answer->url, FETCHED, &state, &ret_file->bytes, err) < 0)
		return error_is(err, ERR_INPUT) || error_is(err, ERR_TOO_LARGE) ? paid_spoilt(attempt, ret_file, err)
										: -1;
	if (state != SERVICE_READY && call->overdue)
		return needs_attention(
		    attempt, "result_gone", "The provider made it, but the file cannot be fetched.", ret_next);
	if (state != SERVICE_READY)
		return parks(attempt, pause_of(attempt, call, 10, POLL_PAUSE_MAX_MS), ret_next);
	*ret_next = PAID_FETCHED;
	return 0;
}

static int
working(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, enum paid_next *ret_next)
{
	struct error err;

	error_clear(&err);
	if (attempt->job.cancelling && ask->service->cancel(attempt, ask, call, &err) < 0)
		log_warn(&attempt->log, "cancel_not_told", LOG_ERR(&err));
	if (call->overdue)
		return needs_attention(
		    attempt, "no_result", "The provider accepted it long ago and has no result.", ret_next);
	return parks(attempt, pause_of(attempt, call, 20, POLL_PAUSE_MAX_MS), ret_next);
}

static int
look_after(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    struct paid_file *ret_file, enum paid_next *ret_next, struct error *err)
{
	struct service_answer answer = {.state = SERVICE_AWAY, .units_micros = -1, .generation_ms = -1};

	/* paid for: being cancelled does not stop it from being brought home */
	attempt->keeps = true;
	if (ask->service->poll(attempt, ask, call, &answer, err) < 0)
		return error_wrap(err, "asking %s", ask->service->name);
	if (FAULT("after_poll"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	switch (answer.state) {
	case SERVICE_READY:
		went(attempt, ask, true);
		return fetch(attempt, ask, call, &answer, ret_file, ret_next, err);
	case SERVICE_FAILED:
		went(attempt, ask, true);
		return failed(attempt, ask, call, &answer, ret_next, err);
	case SERVICE_WORKING:
		return working(attempt, ask, call, ret_next);
	case SERVICE_BUSY: {
		int64_t pause = answer.retry_after_s > 0 ? answer.retry_after_s * INT64_C(1000) : BUSY_PAUSE_MS;

		block(attempt, ask, pause);
		return parks(attempt, pause, ret_next);
	}
	case SERVICE_UNKNOWN:
		if (call->age_s > UNKNOWN_S || call->overdue)
			return needs_attention(
			    attempt, "request_unknown", "The provider does not know the request any more.", ret_next);
		break;
	case SERVICE_AWAY:
		log_warn(&attempt->log, "poll_failed", LOG_ERR(&answer.why));
		went(attempt, ask, false);
		if (call->overdue)
			return needs_attention(attempt, "no_result", "The provider cannot be asked.", ret_next);
		break;
	}
	return parks(attempt, FW_MAX(AWAY_PAUSE_MS, pause_of(attempt, call, 20, POLL_PAUSE_MAX_MS)), ret_next);
}

/* ---- looking for what may have been accepted ---- */

static int
search(struct attempt *attempt, const struct paid_ask *ask, struct providercall *call, struct paid_file *ret_file,
    enum paid_next *ret_next, struct error *err)
{
	const char *id = NULL;

	attempt->keeps = true;
	if (ask->service->lookup != NULL && ask->service->lookup(attempt, ask, call, &id, err) < 0) {
		log_warn(&attempt->log, "lookup_failed", LOG_ERR(err));
		error_clear(err);
	}
	if (FAULT("after_lookup"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (id != NULL && write_accepted(attempt, call, id, NULL) == 0) {
		log_info(&attempt->log, "call_found", LOG_INT("call", call->id), LOG_STR("request", id));
		call->state = PROVIDERCALL_ACCEPTED;
		snprintf(call->request_id, sizeof(call->request_id), "%s", id);
		return look_after(attempt, ask, call, ret_file, ret_next, err);
	}
	if (call->overdue)
		return needs_attention(attempt, "unknown_outcome",
		    "It is not known whether the provider accepted this; it may have been charged.", ret_next);
	return parks(attempt, pause_of(attempt, call, 10, LOOKUP_PAUSE_MAX_MS), ret_next);
}

/* ---- what is next ---- */

static int
find_live(struct attempt *attempt, const char *step, struct providercall *ret_call, bool *ret_found, struct error *err)
{
	*ret_found = providercall_live(attempt->db, attempt->arena, attempt->job.id, step, ret_call, err) == 0;
	if (*ret_found)
		return 0;
	if (!error_is(err, ERR_NOT_FOUND))
		return -1;
	error_clear(err);
	return 0;
}

int
paid_live_model(struct attempt *attempt, const char *step, const char **ret_model, struct error *err)
{
	struct providercall call;
	bool found;

	*ret_model = NULL;
	if (find_live(attempt, step, &call, &found, err) < 0)
		return -1;
	if (!found)
		return 0;
	*ret_model = arena_strdup(attempt->arena, call.model);
	return *ret_model == NULL ? arena_error(attempt->arena, err) : 0;
}

static void
describe(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call)
{
	attempt->call.agent = ask->agent;
	attempt->call.provider = ask->service->name;
	attempt->call.model = ask->model;
	attempt->call.estimate_micros = call->estimate_micros;
}

/* Opens the call and goes on where it stands; a live one of an earlier attempt is taken over as it is. */
static int
begin(struct attempt *attempt, const struct paid_ask *ask, struct paid_file *ret_file, enum paid_next *ret_next,
    struct error *err)
{
	unsigned char hash[HASH_SIZE];
	struct providercall_new new = {.job = attempt->job.id,
	    .lease = attempt->job.lease,
	    .step = ask->step,
	    .agent = ask->agent,
	    .provider = ask->service->name,
	    .model = ask->model,
	    .request_hash = hash,
	    .estimate_micros = ask->estimate_micros};
	const char *body = paid_body(attempt, ask, err);
	struct providercall call;

	if (body == NULL || attempt_check(attempt, err) < 0)
		return -1;
	hash_bytes(body, strlen(body), hash);
	if (providercall_open(attempt->db, &new, &call, err) < 0) {
		if (error_has_code(err, "cost_rate"))
			return ends(attempt, JOB_AGAIN, err->retry_after_s * INT64_C(1000), ret_next);
		return error_wrap(err, "opening the call for '%s'", ask->agent);
	}
	describe(attempt, ask, &call);
	switch (call.state) {
	case PROVIDERCALL_INTENT:
		return send_it(attempt, ask, &call, ret_next, err);
	case PROVIDERCALL_ACCEPTED:
		return look_after(attempt, ask, &call, ret_file, ret_next, err);
	default:
		return search(attempt, ask, &call, ret_file, ret_next, err);
	}
}

int
paid_run(struct attempt *attempt, const struct paid_ask *ask, struct paid_file *ret_file, enum paid_next *ret_next,
    struct error *err)
{
	struct providercall call;
	bool found;

	if (find_live(attempt, ask->step, &call, &found, err) < 0)
		return -1;
	if (!found || call.state == PROVIDERCALL_INTENT || call.state == PROVIDERCALL_SENDING) {
		if (attempt->job.cancelling)
			return ends(attempt, JOB_CANCELLED, -1, ret_next);
		if (!found && service_available(attempt, ask, err) < 0) {
			went(attempt, ask, false);
			error_retry_after(err, 5 * attempt->job.attempt);
			return -1;
		}
		return begin(attempt, ask, ret_file, ret_next, err);
	}
	describe(attempt, ask, &call);
	if (call.state == PROVIDERCALL_ACCEPTED)
		return look_after(attempt, ask, &call, ret_file, ret_next, err);
	return search(attempt, ask, &call, ret_file, ret_next, err);
}

int
paid_spoilt(struct attempt *attempt, const struct paid_file *file, struct error *err)
{
	struct error own;

	error_clear(&own);
	if (providercall_settle(attempt->db, file->call.id, file->price_micros, file->generation_ms,
		error_public_text(err), &own) < 0) {
		/* still live: it is fetched and looked at again */
		*err = own;
		return error_wrap(err, "settling a call without a usable result");
	}
	return error_fail();
}
