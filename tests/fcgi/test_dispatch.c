#include "fcgi/route.h"
#include "tests/fcgi/fake.h"

#define JOB_PATH "/api/v1/jobs/" FAKE_JOB

TEST(unknown_path_is_404)
{
	struct answer a = fake_get("/api/nothing");

	CHECK_PROBLEM(a, 404, "not_found");
	CHECK_JSON_AT(a.body, "/instance", "/api/nothing");
	CHECK_JSON_AT(a.body, "/type", "/problems/not_found");
}

/* ADS-90: wrong method 405. */
TEST(wrong_method_is_405_with_allow)
{
	struct answer a = fake_post("/api/costs/summary", "{}");

	CHECK_PROBLEM(a, 405, "method_not_allowed");
	CHECK_STR(fake_header(&a, "Allow"), "GET, HEAD, OPTIONS");
}

/* ADS-86. */
TEST(no_token_is_401)
{
	struct answer a = fake_serve(&(struct call){.method = "GET", .path = JOB_PATH, .anonymous = true});

	CHECK_PROBLEM(a, 401, "unauthorized");
	CHECK_CONTAINS(fake_header(&a, "WWW-Authenticate"), "Bearer");
	CHECK(!fake_called("job_load"));
}

TEST(bad_and_expired_tokens_are_401)
{
	const char *headers[] = {"Bearer nonsense", "Basic dXNlcjpwYXNz", "Bearer ", "Bearer a.b.c"};

	for (size_t i = 0; i < ARRAY_LEN(headers); i++)
		CHECK_PROBLEM(fake_serve(&(struct call){.method = "GET",
				  .path = JOB_PATH,
				  .anonymous = true,
				  .headers = {{"HTTP_AUTHORIZATION", headers[i]}}}),
		    401, "unauthorized");
	CHECK_PROBLEM(
	    fake_serve(&(struct call){.method = "GET",
		.path = JOB_PATH,
		.anonymous = true,
		.headers = {{"HTTP_AUTHORIZATION", arena_printf(test_arena(), "Bearer %s", fake_token(true))}}}),
	    401, "unauthorized");
}

TEST(a_tampered_token_is_401)
{
	char *token = arena_strdup(test_arena(), fake_token(false));
	const size_t at = strlen(token) / 2;

	token[at] = token[at] == 'A' ? 'B' : 'A';
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "GET",
			  .path = JOB_PATH,
			  .anonymous = true,
			  .headers = {{"HTTP_AUTHORIZATION", arena_printf(test_arena(), "Bearer %s", token)}}}),
	    401, "unauthorized");
}

TEST(an_ended_token_is_401)
{
	struct answer a;

	fake_reset();
	fake.epoch_over = true;
	a = fake_get(JOB_PATH);
	fake_reset();
	CHECK_PROBLEM(a, 401, "unauthorized");
}

TEST(the_caller_is_the_tokens_user)
{
	fake_reset();
	CHECK_INT(fake_get(JOB_PATH).status, 200);
	CHECK_INT(fake.caller, 1);
}

/* ADS-87: the cookie is for GET only. */
TEST(cookie_is_accepted_for_get_only)
{
	const char *cookie = arena_printf(test_arena(), "a=b; session_token=%s", fake_token(false));

	CHECK_INT(
	    fake_serve(&(struct call){
			   .method = "GET", .path = JOB_PATH, .anonymous = true, .headers = {{"HTTP_COOKIE", cookie}}})
		.status,
	    200);
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST",
			  .path = "/api/sessions/create",
			  .body = "{}",
			  .anonymous = true,
			  .headers = {{"HTTP_COOKIE", cookie}}}),
	    401, "unauthorized");
}

TEST(cookie_of_a_foreign_page_is_refused)
{
	const char *cookie = arena_printf(test_arena(), "session_token=%s", fake_token(false));
	struct call call = {.method = "GET",
	    .path = JOB_PATH,
	    .anonymous = true,
	    .headers = {{"HTTP_COOKIE", cookie}, {"HTTP_ORIGIN", "https://evil.example"}}};

	CHECK_PROBLEM(fake_serve(&call), 403, "origin_not_allowed");
	call.headers[1][1] = "https://studio.example";
	CHECK_INT(fake_serve(&call).status, 200);
}

TEST(keys_work_with_their_scope_only)
{
	struct call get = {
	    .method = "GET", .path = JOB_PATH, .anonymous = true, .headers = {{"HTTP_X_API_KEY", FAKE_KEY}}};
	struct call post = {.method = "POST",
	    .path = "/api/sessions/create",
	    .body = "{}",
	    .anonymous = true,
	    .headers = {{"HTTP_AUTHORIZATION", "Bearer " FAKE_KEY}}};

	fake_reset();
	fake.scopes[0] = "read";
	CHECK_INT(fake_serve(&get).status, 200);
	CHECK_PROBLEM(fake_serve(&post), 403, "insufficient_scope");
	fake.scopes[0] = "ads";
	CHECK_INT(fake_serve(&post).status, 201);
	CHECK_PROBLEM(fake_serve(&get), 403, "insufficient_scope");
	get.headers[0][1] = "fw_wrong";
	CHECK_PROBLEM(fake_serve(&get), 401, "unauthorized");
}

TEST(keys_cannot_make_keys)
{
	fake_reset();
	fake.scopes[0] = "*";
	CHECK_PROBLEM(
	    fake_serve(&(struct call){
		.method = "GET", .path = "/api/keys", .anonymous = true, .headers = {{"HTTP_X_API_KEY", FAKE_KEY}}}),
	    403, "forbidden");
}

TEST(other_content_types_are_415)
{
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST",
			  .path = "/api/sessions/create",
			  .body = "a=b",
			  .type = "application/x-www-form-urlencoded"}),
	    415, "unsupported_media_type");
	CHECK_INT(fake_serve(&(struct call){.method = "POST",
				 .path = "/api/sessions/create",
				 .body = "{}",
				 .type = "application/json; charset=utf-8"})
		      .status,
	    201);
}

/* ADS-90: a body above 1 MiB is 413. */
TEST(large_bodies_are_413)
{
	char *body = arena_alloc(test_arena(), MIB + 2);

	memset(body, ' ', MIB + 1);
	body[MIB + 1] = '\0';
	CHECK_PROBLEM(fake_post("/api/sessions/create", body), 413, "too_large");
}

/* ADS-90. */
TEST(malformed_json_is_400)
{
	CHECK_PROBLEM(fake_post("/api/sessions/create", "{\"user_id\":"), 400, "bad_json");
	CHECK_PROBLEM(fake_post("/api/sessions/create", "[]"), 422, "validation_error");
}

/* Platform, HTTP: unknown fields are 422 with a pointer. */
TEST(unknown_fields_are_422)
{
	struct answer a = fake_post("/api/sessions/create", "{\"usr_id\":1}");

	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/usr_id");
	CHECK_JSON_AT(a.body, "/errors/0/code", "unknown_field");
}

TEST(unknown_query_parameters_are_422)
{
	struct answer a = fake_serve(&(struct call){.method = "GET", .path = "/api/sessions", .query = "limt=3"});

	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/limt");
	CHECK_PROBLEM(
	    fake_serve(&(struct call){.method = "GET", .path = JOB_PATH, .query = "wait=26"}), 422, "validation_error");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "GET", .path = "/api/sessions", .query = "limit=201"}), 422,
	    "validation_error");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "GET", .path = "/api/sessions", .query = "offset=10001"}),
	    422, "validation_error");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "GET", .path = "/api/sessions", .query = "cursor=%zz"}), 400,
	    "bad_request");
}

TEST(request_id_is_kept_or_made)
{
	struct answer a = fake_serve(
	    &(struct call){.method = "GET", .path = JOB_PATH, .headers = {{"HTTP_X_REQUEST_ID", "abc-123.x"}}});

	CHECK_STR(fake_header(&a, "X-Request-Id"), "abc-123.x");
	a = fake_serve(&(struct call){
	    .method = "GET", .path = "/api/nothing", .headers = {{"HTTP_X_REQUEST_ID", "bad id with spaces"}}});
	CHECK(id_is_uuid(fake_header(&a, "X-Request-Id")));
	CHECK_JSON_AT(a.body, "/request_id", fake_header(&a, "X-Request-Id"));
}

/* ADS-94. */
TEST(cors_is_for_listed_origins)
{
	struct call call = {.method = "GET", .path = JOB_PATH, .headers = {{"HTTP_ORIGIN", "https://studio.example"}}};
	struct answer a = fake_serve(&call);

	CHECK_STR(fake_header(&a, "Access-Control-Allow-Origin"), "https://studio.example");
	CHECK_STR(fake_header(&a, "Access-Control-Allow-Credentials"), "true");
	CHECK_STR(fake_header(&a, "Vary"), "Origin");
	call.headers[0][1] = "https://evil.example";
	a = fake_serve(&call);
	CHECK_STR(fake_header(&a, "Access-Control-Allow-Origin"), NULL);
	call.headers[0][1] = "https://studio.example.evil.example";
	a = fake_serve(&call);
	CHECK_STR(fake_header(&a, "Access-Control-Allow-Origin"), NULL);
}

TEST(preflight_is_answered_without_a_token)
{
	struct call call = {.method = "OPTIONS",
	    .path = "/api/generate-images",
	    .anonymous = true,
	    .headers = {{"HTTP_ORIGIN", "https://studio.example"}}};
	struct answer a = fake_serve(&call);

	CHECK_INT(a.status, 204);
	CHECK_STR(fake_header(&a, "Access-Control-Allow-Methods"), "POST, OPTIONS");
	CHECK_CONTAINS(fake_header(&a, "Access-Control-Allow-Headers"), "Idempotency-Key");
}

TEST(foreign_pages_cannot_post)
{
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST",
			  .path = "/api/auth/login",
			  .anonymous = true,
			  .body = "{\"email\":\"a@b.c\",\"password\":\"x\"}",
			  .headers = {{"HTTP_ORIGIN", "https://evil.example"}}}),
	    403, "origin_not_allowed");
	CHECK(!fake_called("user_find_by_email"));
}

TEST(the_same_host_is_the_same_origin)
{
	struct answer a = fake_serve(&(struct call){.method = "GET",
	    .path = JOB_PATH,
	    .headers = {{"HTTP_ORIGIN", "http://localhost:8080"}, {"HTTP_HOST", "localhost:8080"}}});

	CHECK_STR(fake_header(&a, "Access-Control-Allow-Origin"), "http://localhost:8080");
}

TEST(head_has_no_body)
{
	struct answer a = fake_serve(&(struct call){.method = "HEAD", .path = JOB_PATH});

	CHECK_INT(a.status, 200);
	CHECK_INT(a.body_len, 0);
	CHECK(fake_header(&a, "ETag") != NULL);
}

TEST(etag_is_answered_with_304)
{
	struct answer a = fake_get(JOB_PATH);
	const char *tag = fake_header(&a, "ETag");
	struct call call = {.method = "GET", .path = JOB_PATH, .headers = {{"HTTP_IF_NONE_MATCH", tag}}};

	a = fake_serve(&call);
	CHECK_INT(a.status, 304);
	CHECK_INT(a.body_len, 0);
	CHECK_STR(fake_header(&a, "ETag"), tag);
	CHECK_STR(fake_header(&a, "Content-Length"), NULL);
	call.headers[0][1] = arena_printf(test_arena(), "\"other\", W/%s", tag);
	CHECK_INT(fake_serve(&call).status, 304);
	call.headers[0][1] = "\"other\"";
	CHECK_INT(fake_serve(&call).status, 200);
}

TEST(session_etag_needs_no_session)
{
	const char *path = "/api/sessions/" FAKE_SESSION;
	struct answer a = fake_get(path);
	struct call call = {
	    .method = "GET", .path = path, .headers = {{"HTTP_IF_NONE_MATCH", fake_header(&a, "ETag")}}};

	CHECK_INT(fake_serve(&call).status, 304);
	CHECK(fake_called("session_version"));
	CHECK(!fake_called("session_load"));
}

/* ADS-88. */
TEST(foreign_sessions_are_404)
{
	fake_reset();
	fake.fail = "session_load";
	(void)error_code(&fake.error, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	CHECK_PROBLEM(fake_get("/api/sessions/" FAKE_SESSION), 404, "session_not_found");
	fake_reset();
	CHECK_PROBLEM(fake_get("/api/sessions/not-a-uuid"), 404, "session_not_found");
}

/* ADS-263. */
TEST(without_a_database_503)
{
	struct answer a = fake_serve(&(struct call){.method = "GET", .path = JOB_PATH, .no_database = true});

	CHECK_PROBLEM(a, 503, "database_unavailable");
	CHECK_JSON_AT(a.body, "/retryable", "true");
	CHECK(fake_header(&a, "Retry-After") != NULL);
	a = fake_serve(&(struct call){.method = "GET", .path = "/health", .no_database = true, .anonymous = true});
	CHECK_INT(a.status, 503);
	CHECK_JSON_AT(a.body, "/database", "missing");
	a = fake_serve(
	    &(struct call){.method = "GET", .path = "/problems/bad_json", .no_database = true, .anonymous = true});
	CHECK_INT(a.status, 200);
}

TEST(internal_errors_tell_nothing)
{
	struct answer a;

	fake_reset();
	fake.fail = "job_load";
	(void)error_set(&fake.error, ERR_INTERNAL, "select secret from place");
	a = fake_get(JOB_PATH);
	fake_reset();
	CHECK_PROBLEM(a, 500, "internal");
	CHECK(strstr(a.body, "secret") == NULL);
}

/* ADS-91, ADS-97. */
TEST(a_start_call_answers_202)
{
	struct answer a = fake_post(
	    "/api/generate-images", "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"pink shoes\"}");

	CHECK_INT(a.status, 202);
	CHECK_SHAPE(a.body, "@Started");
	CHECK_JSON_AT(a.body, "/status", "processing");
	CHECK_JSON_AT(a.body, "/estimated_duration", "45");
	CHECK_JSON_AT(a.body, "/message", "Image generation started. Connect to WebSocket for progress updates.");
	CHECK_JSON_AT(a.body, "/job_id", FAKE_JOB);
	CHECK_STR(fake_header(&a, "Location"), JOB_PATH);
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), NULL);
}

TEST(wait_hands_the_request_to_eventd)
{
	struct answer a = fake_serve(&(struct call){.method = "POST",
	    .path = "/api/generate-images",
	    .query = "wait=10",
	    .body = "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"pink shoes\"}"});

	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), "/_wait/" FAKE_JOB "?n=10");
	a = fake_serve(&(struct call){.method = "GET", .path = JOB_PATH, .query = "wait=5"});
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), "/_wait/" FAKE_JOB "?n=5");
}

TEST(wait_for_an_ended_job_is_answered_at_once)
{
	struct answer a;

	fake_reset();
	fake.job_state = "succeeded";
	a = fake_serve(&(struct call){.method = "GET", .path = JOB_PATH, .query = "wait=5"});
	fake_reset();
	CHECK_INT(a.status, 200);
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), NULL);
}

/* Platform, HTTP 10: a waited job that fails answers a problem with job_id. */
TEST(a_waited_job_that_failed_is_a_problem)
{
	static const struct {
		const char *error;
		int status;
		const char *code;
	} ends[] = {
	    {"{\"code\":\"media_truncated\",\"detail\":\"x\",\"kind\":\"input\"}", 422, "media_truncated"},
	    {"{\"code\":\"provider_unavailable\",\"detail\":\"x\"}", 503, "provider_unavailable"},
	    {"{\"code\":\"something_else\",\"detail\":\"x\"}", 502, "something_else"},
	    {NULL, 502, "provider_error"},
	};

	for (size_t i = 0; i < ARRAY_LEN(ends); i++) {
		struct answer a;

		fake_reset();
		fake.job_state = "failed";
		fake.job_error = ends[i].error;
		a = fake_serve(
		    &(struct call){.method = "GET", .path = JOB_PATH, .asked = "/api/generate-images?wait=10"});
		CHECK_PROBLEM(a, ends[i].status, ends[i].code);
		CHECK_JSON_AT(a.body, "/job_id", FAKE_JOB);
		CHECK_INT(fake_get(JOB_PATH).status, 200);
	}
	fake_reset();
}

TEST(dry_run_starts_nothing_and_says_what_would_happen)
{
	struct answer a;

	fake_reset();
	a = fake_serve(&(struct call){.method = "POST",
	    .path = "/api/generate-images",
	    .query = "dry_run=1",
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "k"}},
	    .body = "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"pink shoes\"}"});
	CHECK_INT(a.status, 200);
	CHECK(fake.images.start.dry_run);
	CHECK(!fake_called("idem_begin"));
	CHECK_JSON_AT(a.body, "/estimated_cost", "0.301");
	CHECK_JSON_AT(a.body, "/jobs", "8");
}

/* ADS-93 and platform. */
TEST(idempotency_key_replays_the_first_answer)
{
	struct call call = {.method = "POST",
	    .path = "/api/generate-images",
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "key-1"}},
	    .body = "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"pink shoes\"}"};
	struct answer first, again;

	fake_reset();
	first = fake_serve(&call);
	CHECK_INT(first.status, 202);
	CHECK_STR(fake_header(&first, "Idempotent-Replayed"), NULL);
	call.path = "/api/v1/generate-images";
	again = fake_serve(&call);
	CHECK_INT(again.status, 202);
	CHECK_STR(fake_header(&again, "Idempotent-Replayed"), "true");
	CHECK_STR(fake_header(&again, "Location"), JOB_PATH);
	CHECK_JSON(again.body, first.body);
	CHECK(!fake_called("session_start_images"));
	call.body = "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"blue shoes\"}";
	CHECK_PROBLEM(fake_serve(&call), 422, "idempotency_mismatch");
}

TEST(idempotency_keys_have_64_characters_at_most)
{
	struct call call = {.method = "POST",
	    .path = "/api/sessions/create",
	    .body = "{}",
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "0123456789012345678901234567890123456789012345678901234567890123"}}};

	fake_reset();
	CHECK_INT(fake_serve(&call).status, 201);
	call.headers[0][1] = "01234567890123456789012345678901234567890123456789012345678901234";
	CHECK_PROBLEM(fake_serve(&call), 422, "validation_error");
}

TEST(limits_of_start_calls_are_429)
{
	struct answer a;

	fake_reset();
	fake.fail = "limit_take";
	(void)error_set(&fake.error, ERR_LIMIT, "Too many calls");
	error_retry_after(&fake.error, 7);
	a = fake_post(
	    "/api/generate-images", "{\"session_id\":\"" FAKE_SESSION "\",\"product_prompt\":\"pink shoes\"}");
	fake_reset();
	CHECK_PROBLEM(a, 429, "rate_limited");
	CHECK_STR(fake_header(&a, "Retry-After"), "7");
}

TEST_MAIN(ROW(unknown_path_is_404), ROW(wrong_method_is_405_with_allow), ROW(no_token_is_401),
    ROW(bad_and_expired_tokens_are_401), ROW(a_tampered_token_is_401), ROW(an_ended_token_is_401),
    ROW(the_caller_is_the_tokens_user), ROW(cookie_is_accepted_for_get_only), ROW(cookie_of_a_foreign_page_is_refused),
    ROW(keys_work_with_their_scope_only), ROW(keys_cannot_make_keys), ROW(other_content_types_are_415),
    ROW(large_bodies_are_413), ROW(malformed_json_is_400), ROW(unknown_fields_are_422),
    ROW(unknown_query_parameters_are_422), ROW(request_id_is_kept_or_made), ROW(cors_is_for_listed_origins),
    ROW(preflight_is_answered_without_a_token), ROW(foreign_pages_cannot_post), ROW(the_same_host_is_the_same_origin),
    ROW(head_has_no_body), ROW(etag_is_answered_with_304), ROW(session_etag_needs_no_session),
    ROW(foreign_sessions_are_404), ROW(without_a_database_503), ROW(internal_errors_tell_nothing),
    ROW(a_start_call_answers_202), ROW(wait_hands_the_request_to_eventd),
    ROW(wait_for_an_ended_job_is_answered_at_once), ROW(a_waited_job_that_failed_is_a_problem),
    ROW(dry_run_starts_nothing_and_says_what_would_happen), ROW(idempotency_key_replays_the_first_answer),
    ROW(idempotency_keys_have_64_characters_at_most), ROW(limits_of_start_calls_are_429))
