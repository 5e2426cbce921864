/*
 * fal's queue: submit, status, result, cancel, and finding a request whose answer was lost.
 *
 * Addresses that the provider gives are used as they are, but only on the configured host: the key goes with them. The
 * result's file is public and fetched without it.
 */
#include <string.h>
#include <time.h>

#include "lib/base/text.h"
#include "renderd/provider/service.h"
#include "renderd/step/paid.h"

#define REQUEST_ID_MAX 200
#define KEYS_MAX 16
/* Values longer than that (pictures as data) are not compared when a request is looked for. */
#define COMPARED_MAX 2000
/* Clocks of two machines. */
#define CLOCK_SKEW_S 120

static bool
is_configured(const struct conf *conf)
{
	return conf_is_set(conf, CONF_FAL_API_KEY);
}

/* FAL_MODELS says which of our names is which of theirs. */
static const char *
target_of(const struct conf *conf, struct arena *arena, const char *model)
{
	size_t count, len = strlen(model);
	const char *const *pairs = conf_list(conf, CONF_FAL_MODELS, &count);

	for (size_t i = 0; i < count; i++)
		if (strncmp(pairs[i], model, len) == 0 && pairs[i][len] == '=')
			return arena_strdup(arena, pairs[i] + len + 1);
	return NULL;
}

/* ---- requests ---- */

static int
add_headers(struct attempt *attempt, struct http_request *request, bool with_body, struct error *err)
{
	struct http_header *headers = ARENA_ARRAY(attempt->arena, 3, struct http_header);
	const char *key = arena_printf(attempt->arena, "Key %s", conf_str(attempt->renderd->conf, CONF_FAL_API_KEY));

	if (headers == NULL || key == NULL)
		return arena_error(attempt->arena, err);
	headers[0] = (struct http_header){"Authorization", key};
	headers[1] = (struct http_header){"Accept", "application/json"};
	headers[2] = (struct http_header){"Content-Type", "application/json"};
	request->headers = headers;
	request->header_count = with_body ? 3 : 2;
	return 0;
}

/* Where it may call us back, with the reference in the path; "" when no provider could reach that address. */
static void
put_webhook(const struct attempt *attempt, const char *client_ref, struct buf *url)
{
	const struct conf *conf = attempt->renderd->conf;
	const char *base = conf_str(conf, CONF_PUBLIC_APP_URL);
	CLEANUP(buf_done) struct buf hook = BUF_INIT(GUARD_URL_MAX);
	size_t len = strlen(base);

	if (!text_starts(base, "https://") && !conf_bool(conf, CONF_ALLOW_LOOPBACK_URLS))
		return;
	while (len > 0 && base[len - 1] == '/')
		len--;
	buf_put(&hook, base, len);
	buf_printf(&hook, "/api/v1/hooks/fal/%s", client_ref);
	buf_puts(url, "?fal_webhook=");
	buf_urlarg(url, buf_str(&hook));
}

static int
submit(struct attempt *attempt, const struct paid_ask *ask, const char *client_ref, struct http_request *ret_request,
    struct error *err)
{
	CLEANUP(buf_done) struct buf url = BUF_INIT(GUARD_URL_MAX);
	const char *body = paid_body(attempt, ask, err);

	if (body == NULL || add_headers(attempt, ret_request, true, err) < 0)
		return -1;
	buf_printf(&url, "%s/%s", conf_str(attempt->renderd->conf, CONF_FAL_BASE_URL), ask->target);
	put_webhook(attempt, client_ref, &url);
	if (buf_error(&url, err) < 0)
		return -1;
	ret_request->method = "POST";
	ret_request->url = buf_dup(&url, attempt->arena);
	ret_request->body = body;
	ret_request->body_len = strlen(body);
	return ret_request->url == NULL ? arena_error(attempt->arena, err) : 0;
}

static bool
is_request_id(const char *id)
{
	return id != NULL && *id != '\0' && strlen(id) <= REQUEST_ID_MAX &&
	       strspn(id, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_") == strlen(id);
}

static const char *
answer_json(struct attempt *attempt, const struct js_value *doc)
{
	static const char *const names[] = {"status_url", "response_url", "cancel_url"};
	CLEANUP(buf_done) struct buf buf = BUF_INIT(8 * KIB);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *url = js_text(js_member(doc, names[i]), "", NULL);

		if (url != NULL && strlen(url) < GUARD_URL_MAX)
			js_str(&w, names[i], url);
	}
	js_close(&w);
	js_end(&w);
	return buf_dup(&buf, attempt->arena);
}

static int
accepted(struct attempt *attempt, const struct http_result *result, const char **ret_id, const char **ret_answer,
    struct error *err)
{
	const struct js_value *doc;

	if (service_json(attempt, result, &doc, err) < 0)
		return -1;
	*ret_id = js_text(doc, "/request_id", NULL);
	if (!is_request_id(*ret_id))
		return error_set(err, ERR_PROVIDER, "the answer has no request id");
	*ret_answer = answer_json(attempt, doc);
	return 0;
}

/* ---- refusals ---- */

static const char *
detail_type(const struct js_value *doc)
{
	return js_text(doc, "/detail/0/type", js_text(doc, "/error_type", ""));
}

static bool
may_retry(const struct http_result *result)
{
	const char *told = http_header(result, "x-fal-retryable");

	return told == NULL ? result->status >= 500 : strcasecmp(told, "true") == 0;
}

/* What a failure means, by their words first and the status after it. */
static int
explain(const struct http_result *result, const struct js_value *doc, struct error *err)
{
	const char *type = detail_type(doc);

	if (result->status == 401 || result->status == 403)
		return error_code(err, ERR_INPUT, "provider_account", "the provider did not accept the account");
	if (strcmp(type, "content_policy_violation") == 0 || strcmp(type, "no_media_generated") == 0)
		return error_code(
		    err, ERR_INPUT, "content_refused", "the provider's content filter refused the prompt");
	if (may_retry(result))
		return error_code(err, ERR_PROVIDER, "provider_error", "the provider failed");
	return error_code(err, ERR_INPUT, "provider_refused", "the provider refused the request");
}

static int
refused(struct attempt *attempt, const struct http_result *result, struct error *err)
{
	const struct js_value *doc = NULL;
	struct error ignored;

	error_clear(&ignored);
	if (js_parse_free(attempt->arena, result->body, result->body_len, &doc, &ignored) < 0)
		doc = NULL;
	log_warn(
	    &attempt->log, "provider_refused", LOG_INT("status", result->status), LOG_STR("type", detail_type(doc)));
	return explain(result, doc, err);
}

/* ---- asking ---- */

/* owner/app of owner/app/further/path; names that stand before keep their place. */
static size_t
app_length(const char *target)
{
	int parts = text_starts(target, "workflows/") || text_starts(target, "comfy/") ? 3 : 2;
	size_t len = 0;

	for (; target[len] != '\0'; len++)
		if (target[len] == '/' && --parts == 0)
			break;
	return len;
}

/* What it gave us for this, if it is on the configured host; else the address by its documented form. */
static const char *
address(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, const char *name,
    const char *suffix)
{
	const char *base = conf_str(attempt->renderd->conf, CONF_FAL_BASE_URL);
	const struct js_value *doc;
	struct error ignored;
	size_t len = strlen(base);

	error_clear(&ignored);
	if (call->answer != NULL &&
	    js_parse_free(attempt->arena, call->answer, strlen(call->answer), &doc, &ignored) == 0) {
		const char *given = js_text(js_member(doc, name), "", NULL);

		if (given != NULL && strncmp(given, base, len) == 0 && given[len] == '/')
			return given;
	}
	return arena_printf(attempt->arena, "%s/%.*s/requests/%s%s", base, (int)app_length(ask->target), ask->target,
	    call->request_id, suffix);
}

/* One request with our key; 0 with a result, or -1 with ret_answer telling what that stands for. */
static int
ask_for(struct attempt *attempt, const char *method, const char *url, struct http_result *ret_result,
    struct service_answer *ret_answer, struct error *err)
{
	struct http_request request = {.method = method, .url = url};

	if (url == NULL)
		return arena_error(attempt->arena, err);
	if (add_headers(attempt, &request, false, err) < 0)
		return -1;
	if (service_call(attempt, &request, ret_result, err) == 0)
		return 0;
	if (ret_answer != NULL) {
		ret_answer->state = SERVICE_AWAY;
		ret_answer->why = *err;
	}
	return -1;
}

static int64_t
units_of(const struct http_result *result)
{
	const char *units = http_header(result, "x-fal-billable-units");
	int64_t micros;

	return units != NULL && text_money_up(units, &micros) == 0 && micros >= 0 ? micros : -1;
}

static int
read_result(struct attempt *attempt, const struct paid_ask *ask, const struct http_result *result,
    struct service_answer *answer)
{
	const struct js_value *doc = NULL;

	answer->units_micros = units_of(result);
	if (service_json(attempt, result, &doc, &answer->why) < 0 || result->status == 429 || result->status == 503 ||
	    result->status == 404) {
		service_no_answer(result, answer);
		return 0;
	}
	if (result->status == 400 && detail_type(doc)[0] == '\0') {
		/* "still in progress": the status was ahead of it */
		answer->state = SERVICE_WORKING;
		return 0;
	}
	if (result->status != 200) {
		answer->state = SERVICE_FAILED;
		error_clear(&answer->why);
		(void)explain(result, doc, &answer->why);
		return 0;
	}
	answer->result = doc;
	answer->url = js_text(doc, fal_pointer(ask), NULL);
	answer->state = SERVICE_READY;
	if (js_flag(doc, "/has_nsfw_concepts/0", false) || answer->url == NULL) {
		answer->state = SERVICE_FAILED;
		error_clear(&answer->why);
		(void)error_code(&answer->why, ERR_INPUT, answer->url == NULL ? "provider_contract" : "content_refused",
		    "the provider's answer has no usable file");
	}
	return 0;
}

static int
fetch_result(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    struct service_answer *answer, struct error *err)
{
	struct http_result result;

	if (ask_for(attempt, "GET", address(attempt, ask, call, "response_url", ""), &result, answer, err) < 0)
		return error_is(err, ERR_CANCELLED) || error_is(err, ERR_MEMORY) ? -1 : 0;
	return read_result(attempt, ask, &result, answer);
}

static int
poll_status(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call,
    struct service_answer *answer, struct error *err)
{
	const struct js_value *doc;
	struct http_result result;
	const char *status;

	if (ask_for(attempt, "GET", address(attempt, ask, call, "status_url", "/status"), &result, answer, err) < 0)
		return error_is(err, ERR_CANCELLED) || error_is(err, ERR_MEMORY) ? -1 : 0;
	if (result.status < 200 || result.status >= 300 || service_json(attempt, &result, &doc, &answer->why) < 0) {
		service_no_answer(&result, answer);
		return 0;
	}
	status = js_text(doc, "/status", "");
	if (strcmp(status, "COMPLETED") != 0) {
		/* a word we do not know is one of a later version: it works on it until the deadline */
		answer->state = SERVICE_WORKING;
		return 0;
	}
	answer->generation_ms = (int64_t)(js_real(doc, "/metrics/inference_time", -0.001) * 1000);
	if (js_text(doc, "/error", NULL) != NULL && strcmp(js_text(doc, "/error_type", ""), "client_cancelled") == 0) {
		answer->state = SERVICE_FAILED;
		(void)error_code(
		    &answer->why, ERR_PROVIDER, "provider_cancelled", "the provider cancelled the request");
		return 0;
	}
	return fetch_result(attempt, ask, call, answer, err);
}

static int
cancel(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, struct error *err)
{
	struct http_result result;

	if (ask_for(attempt, "PUT", address(attempt, ask, call, "cancel_url", "/cancel"), &result, NULL, err) < 0)
		return -1;
	/* 400: it ended in the meantime, which the next poll shows */
	if (result.status == 200 || result.status == 202 || result.status == 400)
		return 0;
	return error_set(err, ERR_PROVIDER, "cancelling was answered with %d", result.status);
}

/* ---- looking for a request whose answer was lost ---- */

/* Whether a listed request has all the members we would have sent. */
static bool
is_ours(struct attempt *attempt, const struct js_value *sent, const struct js_value *listed)
{
	const struct js_value *member;
	const char *name;

	for (size_t i = 0; (member = js_member_at(sent, i, &name)) != NULL; i++) {
		const char *text = js_json(member, attempt->arena);
		const char *other = js_json(js_member(listed, name), attempt->arena);

		if (text == NULL || other == NULL)
			return false;
		if (strlen(text) <= COMPARED_MAX && strcmp(text, other) != 0)
			return false;
	}
	return js_count(sent, "") > 0;
}

static const char *
lookup_url(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call)
{
	time_t start = (time_t)(call->sending_at / 1000000) - CLOCK_SKEW_S;
	struct tm tm;
	char text[32];

	gmtime_r(&start, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%SZ", &tm);
	return arena_printf(attempt->arena,
	    "%s/models/requests/by-endpoint?endpoint_id=%s&start=%s&expand=payloads&limit=100",
	    conf_str(attempt->renderd->conf, CONF_FAL_API_URL), ask->target, text);
}

/* Exactly one that is like ours and belongs to no other call: two alike could be anybody's. */
static int
choose(struct attempt *attempt, const struct js_value *sent, const struct js_value *items, const char **ret_id,
    struct error *err)
{
	const char *found = NULL;

	for (size_t i = 0; i < js_count(items, ""); i++) {
		const struct js_value *item = js_item(items, i);
		const char *id = js_text(item, "/request_id", NULL);
		bool known;

		if (!is_request_id(id) || !is_ours(attempt, sent, js_member(item, "json_input")))
			continue;
		if (providercall_known(attempt->db, service_fal.name, id, &known, err) < 0)
			return -1;
		if (known)
			continue;
		if (found != NULL)
			return 0;
		found = id;
	}
	*ret_id = found;
	return 0;
}

static int
lookup(struct attempt *attempt, const struct paid_ask *ask, const struct providercall *call, const char **ret_id,
    struct error *err)
{
	const struct js_value *doc, *sent;
	struct http_result result;
	const char *body = paid_body(attempt, ask, err);

	*ret_id = NULL;
	if (body == NULL || call->sending_at == CLOCK_NONE)
		return body == NULL ? -1 : 0;
	if (js_parse_free(attempt->arena, body, strlen(body), &sent, err) < 0 ||
	    ask_for(attempt, "GET", lookup_url(attempt, ask, call), &result, NULL, err) < 0)
		return -1;
	if (result.status != 200)
		return error_set(err, ERR_PROVIDER, "the list of requests was answered with %d", result.status);
	if (service_json(attempt, &result, &doc, err) < 0)
		return -1;
	return choose(attempt, sent, js_at(doc, "/items"), ret_id, err);
}

/* ---- being there ---- */

/* The price of the model: it needs the key, costs nothing and comes from the platform, not from a queue. */
static int
check(struct attempt *attempt, const struct paid_ask *ask, struct error *err)
{
	struct http_request request = {.url = arena_printf(attempt->arena, "%s/models/pricing?endpoint_id=%s",
					   conf_str(attempt->renderd->conf, CONF_FAL_API_URL), ask->target)};

	if (request.url == NULL)
		return arena_error(attempt->arena, err);
	if (add_headers(attempt, &request, false, err) < 0)
		return -1;
	return service_check(attempt, &request, err);
}

/* ---- webhooks ---- */

static int
fetch_keys(struct attempt *attempt, const char *const **ret_keys, size_t *ret_count, struct error *err)
{
	const char **keys = ARENA_ARRAY(attempt->arena, KEYS_MAX, const char *);
	const struct js_value *doc, *list;
	struct http_result result;
	struct http_request request = {.url = arena_printf(attempt->arena, "%s/.well-known/jwks.json",
					   conf_str(attempt->renderd->conf, CONF_FAL_REST_URL))};

	if (keys == NULL || request.url == NULL)
		return arena_error(attempt->arena, err);
	if (service_call(attempt, &request, &result, err) < 0)
		return -1;
	if (result.status != 200)
		return error_set(err, ERR_PROVIDER, "the list of keys was answered with %d", result.status);
	if (service_json(attempt, &result, &doc, err) < 0)
		return -1;
	list = js_at(doc, "/keys");
	*ret_count = 0;
	for (size_t i = 0; i < js_count(list, "") && *ret_count < KEYS_MAX; i++) {
		const char *x = js_text(js_item(list, i), "/x", "");
		unsigned char key[32];
		char hex[65];

		if (strcmp(js_text(js_item(list, i), "/crv", ""), "Ed25519") != 0 ||
		    text_from_base64(x, strlen(x), key, sizeof(key)) != sizeof(key))
			continue;
		keys[*ret_count] = arena_strdup(attempt->arena, text_hex(key, sizeof(key), hex));
		if (keys[*ret_count] == NULL)
			return arena_error(attempt->arena, err);
		++*ret_count;
	}
	*ret_keys = keys;
	return 0;
}

const struct provider_service service_fal = {
    .name = "fal",
    .configured = is_configured,
    .target = target_of,
    .check = check,
    .write = fal_write,
    .submit = submit,
    .accepted = accepted,
    .refused = refused,
    .poll = poll_status,
    .cancel = cancel,
    .lookup = lookup,
    .keys = fetch_keys,
};
