/*
 * The program ring: the whole responder over a real, freshly migrated database, as its own role.
 */
#include <sys/stat.h>

#include "fcgi/route.h"
#include "lib/net/secret.h"
#include "tests/fcgi/fake.h"
#include "tests/harness/db.h"

struct fake fake;

void
fake_reset(void)
{
	fake = (struct fake){0};
}

static int owner, stranger;

static int
set_up(void)
{
	const int result = test_db_set_up();

	if (result != 0)
		return result;
	fake_connection = test_db_new("framewright_api");
	owner = test_db_user("owner@example.com");
	stranger = test_db_user("stranger@example.com");
	fake_user = owner;
	return 0;
}

static const struct route *
route_of(enum req_method method, const char *path)
{
	struct route_match match;

	route_find(test_arena(), method, path, &match);
	return match.route;
}

/* One call of the owner that must succeed as the table says: status and shape. */
static struct answer
good(const char *method, const char *path, const char *body)
{
	const enum req_method m = strcmp(method, "POST") == 0	  ? REQ_POST
				  : strcmp(method, "DELETE") == 0 ? REQ_DELETE
								  : REQ_GET;
	const struct route *route = route_of(m, path);
	const struct answer a = fake_serve(&(struct call){.method = method, .path = path, .body = body});

	if (!CHECK(route != NULL))
		return a;
	if (!CHECK_INT(a.status, route->status))
		(void)fprintf(stderr, "  %s %s -> %s\n", method, path, a.body);
	else if (route->shape != NULL)
		CHECK_SHAPE(a.body, route->shape);
	return a;
}

static const char *
member(const char *json, const char *name)
{
	const struct js_value *doc;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &doc, &err) < 0)
		return "";
	return js_text(doc, name, "");
}

static const char *
new_session(void)
{
	return member(good("POST", "/api/sessions/create", "{}").body, "/session_id");
}

static const char *
body_with(const char *session, const char *rest)
{
	return arena_printf(test_arena(), "{\"session_id\":\"%s\"%s}", session, rest);
}

static const char *
path_of(const char *format, const char *id)
{
	struct buf buf = BUF_INIT(KIB);
	const char *mark = strstr(format, "%s");
	const char *path;

	buf_put(&buf, format, (size_t)(mark - format));
	buf_puts(&buf, id);
	buf_puts(&buf, mark + 2);
	path = buf_dup(&buf, test_arena());
	buf_done(&buf);
	return path;
}

/* ADS-96, ADS-98, ADS-107, ADS-154, ADS-110. */
TEST(a_session_is_created_read_listed_and_deleted)
{
	const char *id = new_session();
	const char *path = path_of("/api/sessions/%s", id);
	struct answer a = good("GET", path, NULL);

	CHECK_JSON_AT(a.body, "/stage", "created");
	CHECK_JSON_AT(a.body, "/total_cost", "0");
	CHECK_CONTAINS(good("GET", "/api/sessions", NULL).body, id);
	good("GET", path_of("/api/sessions/%s/costs", id), NULL);
	good("DELETE", path, NULL);
	CHECK_PROBLEM(fake_get(path), 404, "session_not_found");
}

/* ADS-144. */
TEST(sessions_for_others_are_forbidden)
{
	CHECK_PROBLEM(fake_post("/api/sessions/create", arena_printf(test_arena(), "{\"user_id\":%d}", stranger)), 403,
	    "forbidden");
	CHECK_INT(fake_post("/api/sessions/create", arena_printf(test_arena(), "{\"user_id\":%d}", owner)).status, 201);
}

/* ADS-65, ADS-108, ADS-109, ADS-147. */
TEST(steps_out_of_order_are_409)
{
	const char *id = new_session();

	CHECK_PROBLEM(fake_post("/api/generate-clips", body_with(id, ",\"video_prompt\":\"girl running in sun\"")), 409,
	    "invalid_stage");
	CHECK_PROBLEM(fake_post("/api/compose-final-video",
			  body_with(id, ",\"text_overlay\":{\"product_name\":\"A\",\"cta\":\"B\"}")),
	    409, "invalid_stage");
	CHECK_PROBLEM(fake_post(path_of("/api/sessions/%s/cancel", id), NULL), 409, "nothing_running");
	CHECK_PROBLEM(fake_get(path_of("/api/sessions/%s/download", id)), 404, "no_final_video");
}

/* ADS-97, ADS-146, ADS-93. */
TEST(a_start_call_starts_once)
{
	const char *id = new_session();
	const char *body = body_with(id, ",\"product_prompt\":\"pink shoes\"");
	struct call call = {.method = "POST",
	    .path = "/api/generate-images",
	    .body = body,
	    .headers = {{"HTTP_IDEMPOTENCY_KEY", "once"}}};
	struct answer first, again;
	const char *job;

	call.query = "dry_run=1";
	again = fake_serve(&call);
	CHECK_INT(again.status, 200);
	CHECK_JSON_AT(again.body, "/dry_run", "true");
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s'", id), 0);
	call.query = NULL;
	first = fake_serve(&call);
	CHECK_INT(first.status, 202);
	CHECK_SHAPE(first.body, "@Started");
	again = fake_serve(&call);
	CHECK_INT(again.status, 202);
	CHECK_STR(fake_header(&again, "Idempotent-Replayed"), "true");
	CHECK_JSON(again.body, first.body);
	call.body = body_with(id, ",\"product_prompt\":\"blue shoes\"");
	CHECK_PROBLEM(fake_serve(&call), 422, "idempotency_mismatch");
	CHECK_PROBLEM(fake_post("/api/generate-images", body), 409, "already_running");

	job = member(first.body, "/job_id");
	CHECK_JSON_AT(good("GET", path_of("/api/v1/jobs/%s", job), NULL).body, "/state", "queued");
	CHECK_CONTAINS(good("GET", "/api/jobs", NULL).body, job);
	good("GET", path_of("/api/sessions/%s", id), NULL);
	good("POST", path_of("/api/sessions/%s/cancel", id), NULL);
	CHECK_JSON_AT(good("GET", path_of("/api/sessions/%s", id), NULL).body, "/stage", "created");
}

TEST(a_job_answers_304_until_it_changes)
{
	const char *id = new_session();
	struct answer a = good("POST", "/api/generate-images", body_with(id, ",\"product_prompt\":\"pink shoes\""));
	const char *path = path_of("/api/v1/jobs/%s", member(a.body, "/job_id"));
	struct call call = {.method = "GET", .path = path};

	a = fake_get(path);
	call.headers[0][0] = "HTTP_IF_NONE_MATCH";
	call.headers[0][1] = fake_header(&a, "ETag");
	CHECK_INT(fake_serve(&call).status, 304);
	good("POST", path_of("/api/sessions/%s/cancel", id), NULL);
	CHECK_INT(fake_serve(&call).status, 200);
}

TEST(an_address_without_input_takes_an_empty_object)
{
	const char *id = new_session();
	struct answer a = good("POST", "/api/generate-images", body_with(id, ",\"product_prompt\":\"pink shoes\""));
	const char *path = path_of("/api/v1/jobs/%s/cancel", member(a.body, "/job_id"));
	struct call call = {.method = "POST", .path = path, .body = "{\"why\": 1}"};

	CHECK_INT(fake_serve(&call).status, 422);
	call.body = "junk";
	CHECK_INT(fake_serve(&call).status, 400);
	call.body = "{}";
	CHECK_INT(fake_serve(&call).status, 200);
}

/* Platform, Sign-in: raising the epoch ends every token at once, without an extra round trip. */
TEST(ended_tokens_stop_working)
{
	const int32_t before = fake_user;

	fake_user = test_db_user("leaving@example.com");
	CHECK_INT(fake_get("/api/auth/me").status, 200);
	CHECK_INT(fake_get("/api/sessions").status, 200);
	test_sql("update users set token_epoch = token_epoch + 1 where id = %d", fake_user);
	CHECK_PROBLEM(fake_get("/api/sessions"), 401, "unauthorized");
	CHECK_PROBLEM(fake_get("/api/auth/me"), 401, "unauthorized");
	CHECK_PROBLEM(fake_post("/api/sessions/create", "{}"), 401, "unauthorized");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST",
			  .path = "/api/sessions/create",
			  .body = "{}",
			  .headers = {{"HTTP_IDEMPOTENCY_KEY", "k"}}}),
	    401, "unauthorized");
	fake_user = before;
	CHECK_INT(fake_get("/api/sessions").status, 200);
}

/* ADS-142, ADS-143. */
TEST(login_answers_alike_for_unknown_and_wrong)
{
	struct call call = {.method = "POST",
	    .path = "/api/auth/login",
	    .anonymous = true,
	    .body = "{\"email\":\"nobody@example.com\",\"password\":\"secret\"}"};
	struct answer unknown = fake_serve(&call), wrong, blocked;

	call.body = "{\"email\":\"owner@example.com\",\"password\":\"wrong\"}";
	wrong = fake_serve(&call);
	CHECK_PROBLEM(unknown, 401, "invalid_credentials");
	CHECK_PROBLEM(wrong, 401, "invalid_credentials");
	CHECK_STR(member(wrong.body, "/detail"), member(unknown.body, "/detail"));
	for (int i = 0; i < 8; i++)
		CHECK_INT(fake_serve(&call).status, 401);
	blocked = fake_serve(&call);
	CHECK_PROBLEM(blocked, 429, "too_many_attempts");
	CHECK(fake_header(&blocked, "Retry-After") != NULL);
	test_sql("delete from login_attempt");
}

/* ADS-95, ADS-87, platform 6. */
TEST(a_sign_in_goes_round)
{
	static const char hash_sql[] = "update users set password_hash = '%s' where id = %d";
	char hash[SECRET_HASH_SIZE];
	struct error err = {0};
	struct call call = {.method = "POST",
	    .path = "/api/auth/login",
	    .anonymous = true,
	    .body = "{\"email\":\"Owner@Example.com \",\"password\":\"correct horse\"}"};
	struct answer a;
	const char *refresh;

	CHECK_OK(secret_password_hash("correct horse", &secret_cost_test, hash, &err), &err);
	test_sql(hash_sql, hash, owner);
	a = fake_serve(&call);
	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, "@Tokens");
	CHECK_JSON_AT(a.body, "/success", "true");
	CHECK_CONTAINS(fake_header(&a, "Set-Cookie"), "session_token=");
	CHECK_CONTAINS(fake_header(&a, "Set-Cookie"), "HttpOnly; SameSite=Strict");
	refresh = member(a.body, "/refresh_token");
	call.path = "/api/auth/refresh";
	call.body = arena_printf(test_arena(), "{\"refresh_token\":\"%s\"}", refresh);
	a = fake_serve(&call);
	CHECK_INT(a.status, 200);
	/* The second use of one refresh token ends the family. */
	CHECK_PROBLEM(fake_serve(&call), 401, "invalid_refresh_token");
	call.body = arena_printf(test_arena(), "{\"refresh_token\":\"%s\"}", member(a.body, "/refresh_token"));
	CHECK_PROBLEM(fake_serve(&call), 401, "invalid_refresh_token");
}

TEST(keys_are_made_used_and_ended)
{
	struct answer a = good("POST", "/api/keys", "{\"name\":\"robot\",\"scopes\":[\"read\"]}");
	const char *key = member(a.body, "/key");
	const struct js_value *doc;
	struct error err = {0};
	struct call call = {
	    .method = "GET", .path = "/api/sessions", .anonymous = true, .headers = {{"HTTP_X_API_KEY", key}}};

	CHECK(strncmp(key, "fw_", 3) == 0);
	CHECK(strstr(good("GET", "/api/keys", NULL).body, key) == NULL);
	CHECK_INT(fake_serve(&call).status, 200);
	call.method = "POST";
	call.path = "/api/sessions/create";
	call.body = "{}";
	CHECK_PROBLEM(fake_serve(&call), 403, "insufficient_scope");
	CHECK_OK(js_parse_free(test_arena(), a.body, a.body_len, &doc, &err), &err);
	good("DELETE", arena_printf(test_arena(), "/api/keys/%lld", (long long)js_number(doc, "/id", 0)), NULL);
	CHECK_PROBLEM(fake_serve(&call), 401, "unauthorized");
}

static const char png[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\10\6\0\0\0\x1f\x15\xc4\x89";

static struct answer
upload(void)
{
	return fake_serve(&(struct call){.method = "POST",
	    .path = "/api/uploads",
	    .query = "filename=a.png&wait=0",
	    .type = "image/png",
	    .body = png,
	    .body_len = sizeof(png) - 1});
}

TEST(an_upload_is_stored_under_its_hash)
{
	struct answer a = upload();
	const char *id = member(a.body, "/id");
	const char *hash = test_sql_text("select sha256 from asset where id = '%s'", id);
	struct stat file;

	CHECK_INT(a.status, 202);
	CHECK_JSON_AT(a.body, "/state", "checking");
	CHECK_INT(strlen(hash), 64);
	CHECK_INT(stat(arena_printf(test_arena(), "%s/blob/%.2s/%s", fake_store(), hash, hash), &file), 0);
	CHECK_INT(file.st_size, sizeof(png) - 1);
	CHECK_JSON_AT(good("GET", path_of("/api/uploads/%s", id), NULL).body, "/file_name", "a.png");
	CHECK_CONTAINS(good("GET", "/api/uploads", NULL).body, id);
	CHECK_INT(fake_get(path_of("/media/%s", id)).status, 404);
	test_sql("update asset set state = 'ready' where id = '%s'", id);
	a = fake_get(path_of("/media/%s", id));
	CHECK_INT(a.status, 200);
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), arena_printf(test_arena(), "/_store/%.2s/%s", hash, hash));
	CHECK_STR(fake_header(&a, "Content-Type"), "image/png");
	good("DELETE", path_of("/api/uploads/%s", id), NULL);
	CHECK_PROBLEM(fake_get(path_of("/media/%s", id)), 404, "not_found");
}

TEST(a_share_link_opens_without_a_token)
{
	struct answer a = upload();
	const char *id = member(a.body, "/id");
	const char *path = path_of("/api/assets/%s/shares", id);
	struct call call = {.method = "GET", .anonymous = true};

	test_sql("update asset set state = 'ready' where id = '%s'", id);
	CHECK_PROBLEM(fake_post(path, "{}"), 409, "review_required");
	test_sql("update asset set metadata = metadata || '{\"reviewed_at\":\"now\"}' where id = '%s'", id);
	a = good("POST", path, "{\"expires_in\":3600}");
	call.path = strstr(member(a.body, "/url"), "/share/");
	CHECK_INT(fake_serve(&call).status, 200);
	good("GET", path, NULL);
	good("DELETE", path_of("/api/shares/%s", member(a.body, "/id")), NULL);
	CHECK_PROBLEM(fake_serve(&call), 404, "not_found");
}

TEST(tickets_open_a_file_once)
{
	struct answer a = upload();
	const char *id = member(a.body, "/id");
	struct call call = {.method = "GET", .path = path_of("/media/%s", id), .anonymous = true};

	test_sql("update asset set state = 'ready' where id = '%s'", id);
	call.query =
	    arena_printf(test_arena(), "ticket=%s", member(good("POST", "/api/auth/ticket", "{}").body, "/ticket"));
	CHECK_INT(fake_serve(&call).status, 200);
	CHECK_PROBLEM(fake_serve(&call), 401, "unauthorized");
}

/* ADS-111, ADS-112, and whatever else only reads. */
TEST(every_reading_route_answers_in_its_shape)
{
	static const char *const paths[] = {"/api/auth/me", "/api/keys", "/api/sessions", "/api/ads/options",
	    "/api/costs/summary", "/api/jobs", "/api/uploads", "/api/projects", "/ready"};

	for (size_t i = 0; i < ARRAY_LEN(paths); i++)
		good("GET", paths[i], NULL);
	CHECK_INT(
	    fake_serve(&(struct call){.method = "GET", .path = "/api/costs/summary", .query = "group_by=day&area=ads"})
		.status,
	    200);
	CHECK_CONTAINS(fake_get("/metrics").body, "framewright_up 1");
	const char *page = fake_get("/metrics").body;
	CHECK_CONTAINS(page, "framewright_open_sockets 0\n");
	CHECK_CONTAINS(page, "framewright_needs_attention 0\n");
	CHECK_CONTAINS(page, "framewright_oldest_ready_seconds ");
	CHECK_CONTAINS(page, "framewright_spend_today_usd{kind=\"price\"} ");
	CHECK_CONTAINS(page, "framewright_reserved_usd ");
	CHECK_CONTAINS(page, "framewright_queue_state{queue=\"fal\",step=\"provider\",state=\"running\"} 1\n");
	CHECK_CONTAINS(page, "framewright_queue_limit{queue=\"local\",step=\"provider\"} 8\n");
}

/* ADS-104. */
TEST(health_needs_a_worker)
{
	struct answer a = fake_serve(&(struct call){.method = "GET", .path = "/health", .anonymous = true});

	CHECK_INT(a.status, 503);
	CHECK_JSON_AT(a.body, "/database", "ok");
	CHECK_JSON_AT(a.body, "/renderd", "missing");
	test_sql("insert into worker (host, pid, program, version) values ('h', 1, 'renderd', '1'), ('h', 2, 'eventd', "
		 "'1')");
	a = fake_serve(&(struct call){.method = "GET", .path = "/health", .anonymous = true});
	CHECK_INT(a.status, 200);
	CHECK_JSON_AT(a.body, "/status", "ok");
	test_sql("delete from worker");
}

/* What is behind the studio is the operator's business. */
TEST(health_shows_providers_to_administrators_only)
{
	struct answer a;

	test_sql("insert into worker (host, pid, program, version) values ('h', 1, 'renderd', '1')");
	test_sql("update provider_limit set paused = true where name = 'openai'");
	test_sql("update provider_limit set blocked_until = now() + interval '1 minute' where name = 'replicate'");
	a = good("GET", "/health", NULL);
	CHECK(strstr(a.body, "providers") == NULL);
	test_sql("update users set role = 'admin' where id = %d", (int)fake_user);
	a = good("GET", "/health", NULL);
	CHECK_JSON_AT(a.body, "/providers/0/name", "fal");
	CHECK_JSON_AT(a.body, "/providers/1/name", "local");
	CHECK_JSON_AT(a.body, "/providers/1/state", "ok");
	CHECK_JSON_AT(a.body, "/providers/2/state", "paused");
	CHECK_JSON_AT(a.body, "/providers/3/state", "blocked");
	a = fake_serve(&(struct call){.method = "GET", .path = "/health", .anonymous = true});
	CHECK_INT(a.status, 200);
	CHECK(strstr(a.body, "providers") == NULL);
	/* a proof that is over takes the list away and nothing else */
	test_sql("update users set token_epoch = token_epoch + 1 where id = %d", (int)fake_user);
	a = good("GET", "/health", NULL);
	CHECK(strstr(a.body, "providers") == NULL);
	test_sql("update users set token_epoch = token_epoch - 1, role = 'user' where id = %d", (int)fake_user);
	test_sql("update provider_limit set paused = false, blocked_until = null");
	test_sql("delete from worker");
}

/* What a foreign id is replaced by, for each parameter of the table. */
struct belongings {
	const char *session, *job, *asset, *key, *share;
};

static struct belongings
make_belongings(void)
{
	struct belongings own = {.session = new_session()};
	struct answer a =
	    good("POST", "/api/generate-images", body_with(own.session, ",\"product_prompt\":\"pink shoes\""));

	own.job = member(a.body, "/job_id");
	a = upload();
	own.asset = member(a.body, "/id");
	test_sql("update asset set state = 'ready', metadata = '{\"reviewed_at\":\"now\"}' where id = '%s'", own.asset);
	own.share = member(good("POST", path_of("/api/assets/%s/shares", own.asset), "{}").body, "/id");
	good("POST", "/api/keys", "{\"name\":\"mine\",\"scopes\":[\"*\"]}");
	own.key = test_sql_text("select max(id) from api_key where user_id = %d", owner);
	return own;
}

static const char *
filled(const struct route *route, const struct belongings *own)
{
	static const char *const names[] = {
	    "{session_id}", "{job_id}", "{asset_id}", "{upload_id}", "{key_id}", "{share_id}"};
	const char *values[] = {own->session, own->job, own->asset, own->asset, own->key, own->share};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		const char *at = strstr(route->path, names[i]);

		if (at != NULL)
			return arena_printf(test_arena(), "/api%.*s%s%s", (int)(at - route->path), route->path,
			    values[i], at + strlen(names[i]));
	}
	return NULL;
}

static const char *
body_for(const struct route *route)
{
	if (strcmp(route->path, "/sessions/{session_id}/images") == 0)
		return "{\"asset_id\":\"up_0123456789abcdef\"}";
	if (strcmp(route->path, "/jobs/{job_id}/attention") == 0)
		return "{\"action\":\"give_up\"}";
	return route->input != NULL ? "{}" : NULL;
}

/* ADS-88, platform 7: another's object is 404, on every route with an id. */
TEST(a_stranger_finds_nothing)
{
	static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
	const struct belongings own = make_belongings();
	size_t walked = 0;

	fake_user = stranger;
	for (const struct route *route = routes; route->path != NULL; route++) {
		const char *path = route->who == ROUTE_USER ? filled(route, &own) : NULL;
		struct answer a;

		if (path == NULL)
			continue;
		a = fake_serve(&(struct call){.method = names[route->method], .path = path, .body = body_for(route)});
		if (!CHECK_INT(a.status, 404))
			(void)fprintf(stderr, "  %s %s -> %s\n", names[route->method], path, a.body);
		walked++;
	}
	CHECK(walked >= 15);
	CHECK(strstr(fake_get("/api/sessions").body, own.session) == NULL);
	CHECK(strstr(fake_get("/api/jobs").body, own.job) == NULL);
	fake_user = owner;
}

/* ADS-145: ids in bodies as well. */
TEST(a_stranger_starts_nothing)
{
	static const char *const calls[][2] = {
	    {"/api/generate-images", ",\"product_prompt\":\"pink shoes\""},
	    {"/api/generate-clips", ",\"video_prompt\":\"girl running in sun\""},
	    {"/api/compose-final-video", ",\"text_overlay\":{\"product_name\":\"A\",\"cta\":\"B\"}"},
	    {"/api/save-approved-images", ",\"approved_image_ids\":[\"a\",\"b\"]"},
	    {"/api/save-approved-clips", ",\"approved_clip_ids\":[\"a\"]"},
	    {"/api/auth/ticket", ""},
	};
	const char *session = new_session();

	fake_user = stranger;
	for (size_t i = 0; i < ARRAY_LEN(calls); i++)
		CHECK_PROBLEM(fake_post(calls[i][0], body_with(session, calls[i][1])), 404, "session_not_found");
	fake_user = owner;
}

TEST_MAIN_WITH(set_up, test_db_tear_down, ROW(a_session_is_created_read_listed_and_deleted),
    ROW(sessions_for_others_are_forbidden), ROW(steps_out_of_order_are_409), ROW(a_start_call_starts_once),
    ROW(a_job_answers_304_until_it_changes), ROW(an_address_without_input_takes_an_empty_object),
    ROW(ended_tokens_stop_working), ROW(login_answers_alike_for_unknown_and_wrong), ROW(a_sign_in_goes_round),
    ROW(keys_are_made_used_and_ended), ROW(an_upload_is_stored_under_its_hash), ROW(a_share_link_opens_without_a_token),
    ROW(tickets_open_a_file_once), ROW(every_reading_route_answers_in_its_shape), ROW(health_needs_a_worker),
    ROW(health_shows_providers_to_administrators_only), ROW(a_stranger_finds_nothing), ROW(a_stranger_starts_nothing))
