/* renderd/provider/fal.c and fal_models.c: how requests are written and answers read. What a call means for money is
 * tested by tests/faults against a stand-in. */
#include <string.h>

#include "renderd/provider/service.h"
#include "renderd/step/paid.h"
#include "tests/harness/http_server.h"
#include "tests/harness/test_main.h"

#define REF "0f8fad5b-d9cb-469f-a165-70867728950e"

static struct clock now;
static struct renderd renderd;
static struct conf *conf;

static struct attempt *
begin(const char *app_url, const char *loopback)
{
	const struct job_claimed job = {
	    .id = 1, .lease = 100, .kind = "ad.image", .public_id = REF, .provider = "fal", .payload = "{}"};
	struct error err = {0};

	clock_fixed(&now, 0);
	conf = conf_new(CONF_RENDERD);
	CHECK_OK(conf_set(conf, "FAL_API_KEY", "id:secret", &err), &err);
	CHECK_OK(conf_set(conf, "PUBLIC_APP_URL", app_url, &err), &err);
	CHECK_OK(conf_set(conf, "ALLOW_LOOPBACK_URLS", loopback, &err), &err);
	renderd = (struct renderd){.clock = &now, .conf = conf};
	log_init(&renderd.log, "test");
	renderd.leases = leases_new(&now, 1, 30000, 8);
	return attempt_new(&renderd, &job, clock_boot_ms(&now));
}

static void
end(struct attempt **attempt)
{
	attempt_free(attempt);
	leases_free(&renderd.leases);
	conf_free(&conf);
}

static struct paid_ask
picture(void)
{
	return (struct paid_ask){.service = &service_fal,
	    .step = "submit",
	    .model = "flux-pro",
	    .target = "fal-ai/flux-pro/v1.1",
	    .kind = PAID_PICTURE,
	    .prompt = "a \"red\" kite",
	    .seed = 7,
	    .side = 1024};
}

static struct http_result
answered(int status, const char *body)
{
	return (struct http_result){
	    .outcome = HTTP_ANSWERED, .status = status, .complete = true, .body = body, .body_len = strlen(body)};
}

static const char *
header(const struct http_request *request, const char *name)
{
	for (size_t i = 0; i < request->header_count; i++)
		if (strcmp(request->headers[i].name, name) == 0)
			return request->headers[i].value;
	return "";
}

TEST(models_are_named_by_the_settings)
{
	struct attempt *attempt = begin("https://studio.example", "off");
	struct error err = {0};

	CHECK(service_fal.configured(conf));
	CHECK_STR(service_fal.target(conf, attempt->arena, "flux-pro"), "fal-ai/flux-pro/v1.1");
	CU_ASSERT_PTR_NULL(service_fal.target(conf, attempt->arena, "flux"));
	CHECK_OK(conf_set(conf, "FAL_MODELS", "flux-pro=fal-ai/nano-banana", &err), &err);
	CHECK_STR(service_fal.target(conf, attempt->arena, "flux-pro"), "fal-ai/nano-banana");
	CU_ASSERT_PTR_NULL(service_auto(conf, attempt->arena, "sdxl"));
	CHECK(service_auto(conf, attempt->arena, "flux-pro") == &service_fal);
	CHECK_OK(conf_set(conf, "FAL_API_KEY", "", &err), &err);
	CU_ASSERT_PTR_NULL(service_auto(conf, attempt->arena, "flux-pro"));
	CHECK(service_find("fal") == &service_fal);
	CU_ASSERT_PTR_NULL(service_find("local"));
	end(&attempt);
}

TEST(submit_carries_key_body_and_our_reference)
{
	struct attempt *attempt = begin("https://studio.example/", "off");
	const struct paid_ask ask = picture();
	struct http_request request = {0};
	struct error err = {0};

	CHECK_OK(service_fal.submit(attempt, &ask, REF, &request, &err), &err);
	CHECK_STR(request.url, "https://queue.fal.run/fal-ai/flux-pro/v1.1?fal_webhook="
			       "https%3A%2F%2Fstudio.example%2Fapi%2Fv1%2Fhooks%2Ffal%2F" REF);
	CHECK_STR(header(&request, "Authorization"), "Key id:secret");
	CHECK_STR(header(&request, "Content-Type"), "application/json");
	CHECK_JSON_AT(request.body, "/prompt", "a \"red\" kite");
	CHECK_JSON_AT(request.body, "/image_size/width", "1024");
	CHECK_JSON_AT(request.body, "/num_images", "1");
	CHECK_JSON_AT(request.body, "/seed", "7");
	CHECK_INT(request.body_len, strlen(request.body));
	end(&attempt);
}

TEST(address_that_nobody_outside_can_reach_is_not_given_away)
{
	struct attempt *attempt = begin("http://127.0.0.1:8080", "off");
	const struct paid_ask ask = picture();
	struct http_request request = {0};
	struct error err = {0};

	CHECK_OK(service_fal.submit(attempt, &ask, REF, &request, &err), &err);
	CHECK_STR(request.url, "https://queue.fal.run/fal-ai/flux-pro/v1.1");
	end(&attempt);
}

TEST(accepted_answer_gives_id_and_addresses)
{
	struct attempt *attempt = begin("https://studio.example", "off");
	const struct http_result result = answered(200,
	    "{\"request_id\":\"r-1\",\"status_url\":\"https://queue.fal.run/a/b/requests/r-1/status\",\"more\":{}}");
	const char *id = NULL, *answer = NULL;
	struct error err = {0};

	CHECK_OK(service_fal.accepted(attempt, &result, &id, &answer, &err), &err);
	CHECK_STR(id, "r-1");
	CHECK_JSON_AT(answer, "/status_url", "https://queue.fal.run/a/b/requests/r-1/status");
	end(&attempt);
}

TEST(answer_without_a_usable_id_is_none)
{
	static const char *const bodies[] = {"", "[]", "{}", "{\"request_id\":", "{\"request_id\":\"\"}",
	    "{\"request_id\":7}", "{\"request_id\":\"../../other\"}", "{\"request_id\":\"a b\"}"};
	struct attempt *attempt = begin("https://studio.example", "off");

	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		const struct http_result result = answered(200, bodies[i]);
		const char *id = NULL, *answer = NULL;
		struct error err = {0};

		if (!CHECK_INT(service_fal.accepted(attempt, &result, &id, &answer, &err), -1))
			CU_FAIL(bodies[i]);
	}
	end(&attempt);
}

TEST(refusals_mean_what_their_words_say)
{
	static const struct http_header yes = {"x-fal-retryable", "true"};
	static const struct {
		int status;
		bool retryable;
		const char *body;
		enum error_kind kind;
		const char *code;
	} rows[] = {
	    {401, false, "{\"detail\":\"no\"}", ERR_INPUT, "provider_account"},
	    {403, false, "<html>", ERR_INPUT, "provider_account"},
	    {422, false, "{\"detail\":[{\"type\":\"content_policy_violation\"}]}", ERR_INPUT, "content_refused"},
	    {422, false, "{\"detail\":[{\"type\":\"no_media_generated\"}]}", ERR_INPUT, "content_refused"},
	    {422, false, "{\"detail\":[{\"type\":\"multiple_of\"}]}", ERR_INPUT, "provider_refused"},
	    {400, true, "{\"detail\":[{\"type\":\"downstream_service_error\"}]}", ERR_PROVIDER, "provider_error"},
	    {404, false, "", ERR_INPUT, "provider_refused"},
	};
	struct attempt *attempt = begin("https://studio.example", "off");

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_result result = answered(rows[i].status, rows[i].body);
		struct error err = {0};

		result.headers = &yes;
		result.header_count = rows[i].retryable ? 1 : 0;
		CHECK_FAILS_CODE(service_fal.refused(attempt, &result, &err), &err, rows[i].kind, rows[i].code);
	}
	end(&attempt);
}

TEST(results_are_found_where_the_model_puts_them)
{
	struct paid_ask ask = picture();

	CHECK_STR(fal_pointer(&ask), "/images/0/url");
	ask.kind = PAID_CLIP;
	CHECK_STR(fal_pointer(&ask), "/video/url");
}

#define HEAD(status) \
	"HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}"
#define MINUTE_MS (60 * 1000)

/* Asks at a moment of the boot clock; the answers of earlier moments are old by then. */
static int
ask_at(int64_t ms, struct server *server, struct error *err)
{
	struct attempt *attempt = begin("", "true");
	struct paid_ask ask = picture();
	int rc;

	CHECK_OK(conf_set(conf, "FAL_API_URL", arena_printf(test_arena(), "http://127.0.0.1:%d/v1", server->port), err),
	    err);
	clock_advance(&now, ms * 1000);
	rc = service_available(attempt, &ask, err);
	end(&attempt);
	return rc;
}

/* ADS-10: a cheap call that needs the key, and its answer stands for a minute. */
TEST(provider_is_asked_whether_it_is_there_once_a_minute)
{
	CLEANUP(server_done) struct server server;
	struct error err = {0};

	server_begin(&server, HEAD("200 OK"));
	server.scripts[1].answer = HEAD("503 Service Unavailable");
	server.scripts[2].answer = HEAD("401 Unauthorized");
	server_run(&server);
	CHECK_OK(ask_at(10 * MINUTE_MS, &server, &err), &err);
	CHECK(strstr(server.request, "GET /v1/models/pricing?endpoint_id=fal-ai/flux-pro/v1.1 ") == server.request);
	CHECK(strstr(server.request, "Authorization: Key id:secret") != NULL);
	CHECK_OK(ask_at(11 * MINUTE_MS - 1, &server, &err), &err);
	CHECK_INT(server.connections, 1);

	/* down: before any cost, and worth another try */
	CHECK_FAILS_CODE(ask_at(11 * MINUTE_MS, &server, &err), &err, ERR_UNAVAILABLE, "provider_unavailable");
	CHECK_INT(server.connections, 2);
	error_clear(&err);
	CHECK_FAILS_CODE(ask_at(11 * MINUTE_MS + 4999, &server, &err), &err, ERR_UNAVAILABLE, "provider_unavailable");
	CHECK_INT(server.connections, 2);
	error_clear(&err);
	CHECK_FAILS_CODE(ask_at(11 * MINUTE_MS + 5000, &server, &err), &err, ERR_UNAVAILABLE, "provider_unavailable");
	CHECK_INT(server.connections, 3);
	error_clear(&err);
	CHECK_OK(ask_at(13 * MINUTE_MS, &server, &err), &err);
}

TEST_MAIN(ROW(models_are_named_by_the_settings), ROW(submit_carries_key_body_and_our_reference),
    ROW(address_that_nobody_outside_can_reach_is_not_given_away), ROW(accepted_answer_gives_id_and_addresses),
    ROW(answer_without_a_usable_id_is_none), ROW(refusals_mean_what_their_words_say),
    ROW(results_are_found_where_the_model_puts_them), ROW(provider_is_asked_whether_it_is_there_once_a_minute))
