/*
 * The sender of webhooks: takes what is due for one endpoint from the outbox, a few at a time, posts it, notes how it
 * went. After a minute it makes room for others; what is left gets a job of its own with the next tick.
 *
 * At least once: a crash after the post and before the note makes one more attempt with the same id. Redirects are not
 * followed, and the address is checked at connect time like every address that somebody else chose.
 */
#include <inttypes.h>

#include "lib/base/fault.h"
#include "lib/db/webhook.h"
#include "lib/net/http.h"
#include "lib/net/signature.h"
#include "renderd/flow/flow.h"

/* A batch is told of before it is due again: 4 * 20 s < 2 min (webhook_claim in sql/functions/webhook.sql). */
#define BATCH 4
#define TIMEOUT_MS 20000
#define TURN_MS 60000
#define TURN_MESSAGES 256
/* What they answer is not read. */
#define ANSWER_MAX (4 * KIB)
#define HEADER_MAX 512

static bool
stops(void *ctx)
{
	return attempt_stops(ctx);
}

static void
describe(
    const struct http_result *result, const struct error *error, struct webhook_outcome *outcome, struct arena *arena)
{
	*outcome = (struct webhook_outcome){.status = result->status};
	if (result->status == 429 || result->status == 502 || result->status == 503 || result->status == 504)
		outcome->retry_after_s = result->retry_after_s;
	if (result->status >= 200 && result->status < 300)
		return;
	if (result->status >= 300 && result->status < 400)
		outcome->error = "redirects are not followed";
	else if (result->status != 0)
		outcome->error = arena_printf(arena, "answered %d", result->status);
	else
		outcome->error = arena_strdup(arena, error_public_text(error));
}

static int
post(struct attempt *attempt, const struct webhook_message *message, struct webhook_outcome *outcome, struct error *err)
{
	const struct conf *conf = attempt->renderd->conf;
	const struct signature_key keys[] = {
	    {message->secret, message->secret_len}, {message->old_secret, message->old_secret_len}};
	const struct signature_message what = {
	    message->message_id, clock_now_s(attempt->renderd->clock), message->content};
	CLEANUP(buf_done) struct buf signature = BUF_INIT(HEADER_MAX);
	char at[24];
	struct http_result result;
	struct error failure;

	error_clear(&failure);
	signature_put(&signature, &what, keys, ARRAY_LEN(keys));
	if (buf_error(&signature, err) < 0)
		return -1;
	(void)snprintf(at, sizeof(at), "%" PRId64, what.at_s);
	const struct http_header headers[] = {{"Content-Type", "application/json"}, {"webhook-id", message->message_id},
	    {"webhook-timestamp", at}, {"webhook-signature", buf_str(&signature)}};
	const struct http_request request = {.method = "POST",
	    .url = message->url,
	    .headers = headers,
	    .header_count = ARRAY_LEN(headers),
	    .body = message->content,
	    .body_len = strlen(message->content),
	    .timeout_ms = TIMEOUT_MS,
	    .answer_limit = ANSWER_MAX,
	    .rule = conf_bool(conf, CONF_ALLOW_LOOPBACK_URLS) ? GUARD_LOOPBACK : GUARD_PUBLIC,
	    .ca_file = conf_str(conf, CONF_CA_FILE),
	    .stop = stops,
	    .ctx = attempt};
	/* a status line counts, whatever became of the rest of the answer */
	if (http_call(&request, attempt->arena, &result, &failure) < 0 && result.status == 0 &&
	    attempt_check(attempt, err) < 0)
		return -1;
	describe(&result, &failure, outcome, attempt->arena);
	return 0;
}

static int
deliver(struct attempt *attempt, const struct webhook_message *message, struct error *err)
{
	struct webhook_outcome outcome;
	const char *state;

	if (post(attempt, message, &outcome, err) < 0)
		return -1;
	FAULT("webhook_posted");
	if (webhook_result(attempt->db, attempt->arena, message, &outcome, &state, err) < 0)
		return -1;
	log_info(&attempt->log, "webhook", LOG_STR("message", message->message_id),
	    LOG_INT("attempt", message->attempt), LOG_INT("status", outcome.status), LOG_STR("state", state),
	    LOG_STR("error", outcome.error));
	return 0;
}

static int
run_send(struct attempt *attempt, struct error *err)
{
	const int64_t endpoint = js_number(attempt->payload, "/endpoint", 0);
	const int64_t end_ms = clock_boot_ms(attempt->renderd->clock) + TURN_MS;
	struct flow_result result;
	struct webhook_message *messages;
	int64_t posted = 0;
	size_t count;

	do {
		if (attempt_check(attempt, err) < 0 ||
		    webhook_claim(attempt->db, attempt->arena, endpoint, BATCH, &messages, &count, err) < 0)
			return -1;
		for (size_t i = 0; i < count; i++, posted++)
			if (deliver(attempt, &messages[i], err) < 0)
				return -1;
	} while (count > 0 && posted < TURN_MESSAGES && clock_boot_ms(attempt->renderd->clock) < end_ms);
	flow_result_begin(&result);
	js_int(&result.w, "posted", posted);
	return flow_result_end(&result, attempt, err);
}

const struct flow_row flow_webhook[] = {
    {"webhook.send", run_send},
    {NULL, NULL},
};
