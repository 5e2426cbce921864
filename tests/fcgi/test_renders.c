/*
 * The dispatcher ring for timelines and renders: validation with pointers, merge fields, drafts, plans, files.
 */
#include "lib/base/text.h"
#include "lib/db/draft.h"
#include "tests/fcgi/fake.h"

#define PROJECT "/api/v1/projects/" FAKE_SESSION
#define RENDER "/api/v1/renders/" FAKE_RENDER
#define RENDER_SHAPE "@Render"

/* A body with one clip, one card with this text, and what follows the timeline. */
static const char *
body(const char *asset, const char *text, const char *rest)
{
	return arena_printf(test_arena(),
	    "{\"timeline\":{\"version\":1,\"output\":{\"width\":320,\"height\":180},\"tracks\":[{\"items\":["
	    "{\"type\":\"clip\",\"asset\":\"%s\",\"duration\":2},{\"type\":\"card\",\"duration\":1,\"text\":\"%s\"}]}]}"
	    "%s}",
	    asset, text, rest);
}

static struct answer
post(const char *text)
{
	return fake_post(PROJECT "/renders", text);
}

TEST(a_render_starts_with_the_files_it_names)
{
	fake_reset();
	const struct answer a =
	    post(body("up_0123456789abcdef", "Bye", ",\"name\":\"Take 1\",\"on_degrade\":\"fail\""));

	CHECK_INT(a.status, 202);
	CHECK_JSON_AT(a.body, "/render_id", FAKE_RENDER);
	CHECK_JSON_AT(a.body, "/job_id", FAKE_JOB);
	CHECK_STR(fake_header(&a, "Location"), "/api/v1/jobs/" FAKE_JOB);
	CHECK_INT(fake.render.asset_count, 1);
	CHECK(!fake.render.dry_run);
	CHECK_CONTAINS(fake.render_timeline, "\"text\":\"Bye\"");
}

TEST(faults_of_a_timeline_are_pointed_at)
{
	static const struct {
		const char *asset, *text, *rest, *pointer, *code;
	} rows[] = {
	    {"missing_1", "x", "", "/timeline/tracks/0/items/0/asset", "asset_not_found"},
	    {"up_1", "Hello {{name}}", "", "/timeline/tracks/0/items/1/text", "required"},
	    {"up_1", "Hello {{name}}", ",\"merge\":{\"nam\":\"A\",\"name\":\"B\"}", "/merge/nam", "unknown_field"},
	    {"up_1", "Hello {{name}}", ",\"merge\":{\"name\":7}", "/merge/name", "wrong_type"},
	    {"up_1", "x\",\"sise\":\"9", "", "/timeline/tracks/0/items/1/sise", "unknown_field"},
	    {"up_1", "x", ",\"timeline_id\":\"" FAKE_DRAFT "\"", "/timeline", "required"},
	    {"up_1", "x", ",\"outputs\":{\"posters\":true}", "/outputs/posters", "unknown_field"},
	    {"up_1", "x", ",\"on_degrade\":\"maybe\"", "/on_degrade", "not_a_choice"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		fake_reset();
		const struct answer a = post(body(rows[i].asset, rows[i].text, rows[i].rest));

		CHECK_PROBLEM(a, 422, "validation_error");
		CHECK_JSON_AT(a.body, "/errors/0/pointer", rows[i].pointer);
		CHECK_JSON_AT(a.body, "/errors/0/code", rows[i].code);
		CHECK(!fake_called("render_start"));
	}
}

TEST(a_sound_is_no_picture)
{
	fake_reset();
	fake.media_type = "audio/wav";
	const struct answer a = post(body("up_1", "x", ""));

	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/timeline/tracks/0/items/0/asset");
	CHECK_JSON_AT(a.body, "/errors/0/code", "wrong_type");
}

TEST(merge_fields_are_filled_in_and_nothing_else_changes)
{
	fake_reset();
	const struct answer a = post(body("up_1", "{{ greeting }} {{name}}! {{}} {x} {{no name}}",
	    ",\"merge\":{\"greeting\":\"\\\"Hi\\\"\",\"name\":\"{{name}}\"}"));

	CHECK_INT(a.status, 202);
	/* what a value holds is text, not another field */
	CHECK_CONTAINS(fake.render_timeline, "\"text\":\"\\\"Hi\\\" {{name}}! {{}} {x} {{no name}}\"");
	CHECK_CONTAINS(fake.render_timeline, "\"duration\":2");
}

TEST(the_stored_timeline_is_rendered_by_its_id)
{
	fake_reset();
	CHECK_INT(post("{\"timeline_id\":\"" FAKE_DRAFT "\",\"merge\":{\"name\":\"Ann\"}}").status, 202);
	CHECK_STR(fake.render.timeline_id, FAKE_DRAFT);
	CHECK_INT(fake.render.timeline_version, 3);
	CHECK_CONTAINS(fake.render_timeline, "Hello Ann");

	fake_reset();
	struct answer a = post("{\"timeline_id\":\"" FAKE_SESSION "\"}");
	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/timeline_id");
	a = post("{\"timeline_id\":\"" FAKE_DRAFT "\"}");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/timeline_id/tracks/0/items/0/text");
	fake.no_draft = true;
	CHECK_PROBLEM(post("{\"timeline_id\":\"" FAKE_DRAFT "\"}"), 422, "validation_error");
}

TEST(somebody_elses_project_tells_nothing_about_the_timeline)
{
	fake_reset();
	fake.fail = "project_load";
	(void)error_code(&fake.error, ERR_NOT_FOUND, "project_not_found", "There is no such project");
	CHECK_PROBLEM(post(body("missing_1", "x", "")), 404, "project_not_found");
	CHECK_PROBLEM(post("{}"), 404, "project_not_found");
}

TEST(a_dry_run_waits_for_its_plan)
{
	fake_reset();
	const struct call call = {
	    .method = "POST", .path = PROJECT "/renders", .query = "dry_run=1", .body = body("up_1", "x", "")};
	struct answer a = fake_serve(&call);

	CHECK_INT(a.status, 202);
	CHECK(fake.render.dry_run);
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), "/_wait/" FAKE_JOB "?n=20");

	fake.job_state = "succeeded";
	fake.job_kind = "render.plan";
	fake.job_result = "{\"frames\":90,\"spans\":{\"total\":2}}";
	a = fake_serve(
	    &(struct call){.method = "GET", .path = "/api/v1/jobs/" FAKE_JOB, .asked = PROJECT "/renders?dry_run=1"});
	CHECK_INT(a.status, 200);
	CHECK_JSON_AT(a.body, "/dry_run", "true");
	CHECK_JSON_AT(a.body, "/spans/total", "2");
	/* asked for as a job it is one */
	a = fake_get("/api/v1/jobs/" FAKE_JOB);
	CHECK_JSON_AT(a.body, "/kind", "render.plan");
}

TEST(a_waited_render_is_answered_as_a_render)
{
	fake_reset();
	fake.job_state = "succeeded";
	fake.job_kind = "render.film";
	fake.report = "{}";
	const struct answer a = fake_serve(
	    &(struct call){.method = "GET", .path = "/api/v1/jobs/" FAKE_JOB, .asked = PROJECT "/renders?wait=25"});

	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, RENDER_SHAPE);
	CHECK_JSON_AT(a.body, "/id", FAKE_RENDER);
}

TEST(a_render_shows_its_plan_and_files)
{
	fake_reset();
	struct answer a = fake_get(RENDER);

	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, RENDER_SHAPE);
	CHECK_STR(fake_header(&a, "ETag"), "\"r7.owner\"");
	CHECK_PROBLEM(fake_get(RENDER "/plan"), 409, "render_not_ready");
	CHECK_PROBLEM(fake_get(RENDER "/report"), 409, "render_not_ready");
	CHECK_PROBLEM(fake_get(RENDER "/preview"), 404, "no_preview");

	fake.plan = "{\"spans\":{\"total\":5,\"reused\":4,\"encoded\":1,\"list\":[]},\"estimate\":{\"seconds\":1.5}}";
	fake.report = "{\"audio\":null,\"thumbnails\":[{\"at\":1,\"id\":\"img_0123456789abcdef\"}]}";
	a = fake_get(RENDER);
	CHECK_SHAPE(a.body, RENDER_SHAPE);
	CHECK_JSON_AT(a.body, "/spans/reused", "4");
	CHECK_CONTAINS(a.body, "/media/vid_0123456789abcdef");
	CHECK_JSON_AT(fake_get(RENDER "/plan").body, "/spans/total", "5");
	a = fake_get(RENDER "/report");
	CHECK_JSON_AT(a.body, "/render_id", FAKE_RENDER);
	CHECK_CONTAINS(a.body, "/media/img_0123456789abcdef");
	CHECK(strstr(a.body, "\"id\"") == NULL);
	a = fake_get(RENDER "/preview");
	CHECK_INT(a.status, 200);
	CHECK_CONTAINS(fake_header(&a, "X-Accel-Redirect"), "/_store/");
	CHECK_SHAPE(fake_get(PROJECT "/renders").body, "{items:[@Render] next_cursor:str?}");
	CHECK_INT(fake_serve(&(struct call){.method = "POST", .path = RENDER "/cancel"}).status, 200);
	CHECK_INT(fake_serve(&(struct call){.method = "DELETE", .path = RENDER}).status, 200);
}

TEST(a_live_playlist_leads_into_its_folder_only)
{
	fake_reset();
	CHECK_PROBLEM(fake_get(RENDER "/live/film.m3u8"), 404, "not_found");
	fake.live = true;
	const struct answer a = fake_get(RENDER "/live/film.m3u8");
	CHECK_INT(a.status, 200);
	CHECK_STR(fake_header(&a, "X-Accel-Redirect"), "/_live/" FAKE_RENDER "/film.m3u8");
	CHECK_STR(fake_header(&a, "Content-Type"), "application/vnd.apple.mpegurl");
	static const char *const bad[] = {"..", ".new", "a.txt", "%2e%2e%2fx.ts", "A.TS", "a%00.ts", "x%2Fy.m4s"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		const struct answer b = fake_get(arena_printf(test_arena(), RENDER "/live/%s", bad[i]));

		CHECK(b.status == 404 || b.status == 400);
	}
}

TEST(a_draft_is_stored_over_the_version_that_was_read)
{
	struct call put = {.method = "PUT", .path = PROJECT "/timeline", .body = body("up_1", "Hi {{who}}", "")};

	fake_reset();
	struct answer a = fake_get(PROJECT "/timeline");
	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, "@Timeline");
	CHECK_STR(fake_header(&a, "ETag"), "\"t3\"");

	a = fake_serve(&put);
	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, "@Timeline");
	CHECK_STR(fake_header(&a, "ETag"), "\"t4\"");
	CHECK_INT(fake.draft_version, DRAFT_ANY_VERSION);
	/* a draft keeps its fields */
	CHECK_CONTAINS(a.body, "Hi {{who}}");

	put.headers[0][0] = "HTTP_IF_MATCH";
	put.headers[0][1] = "\"t3\"";
	CHECK_INT(fake_serve(&put).status, 200);
	CHECK_INT(fake.draft_version, 3);
	put.headers[0][1] = "\"x\"";
	CHECK_PROBLEM(fake_serve(&put), 409, "version_conflict");
	put.headers[0][0] = NULL;
	put.body = body("missing_1", "x", "");
	a = fake_serve(&put);
	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/timeline/tracks/0/items/0/asset");
	fake.no_draft = true;
	CHECK_PROBLEM(fake_get(PROJECT "/timeline"), 404, "timeline_not_found");
}

TEST(a_project_for_films_is_begun)
{
	fake_reset();
	const struct answer a = fake_post("/api/v1/projects", "{\"title\":\"  Holiday \"}");

	CHECK_INT(a.status, 201);
	CHECK_SHAPE(a.body, "@Project");
	CHECK_JSON_AT(a.body, "/title", "Holiday");
	CHECK_JSON_AT(a.body, "/kind", "film");
	CHECK_PROBLEM(fake_post("/api/v1/projects", "{\"title\":\"x\",\"kind\":\"ad\"}"), 422, "validation_error");
}

TEST_MAIN(ROW(a_render_starts_with_the_files_it_names), ROW(faults_of_a_timeline_are_pointed_at),
    ROW(a_sound_is_no_picture), ROW(merge_fields_are_filled_in_and_nothing_else_changes),
    ROW(the_stored_timeline_is_rendered_by_its_id), ROW(somebody_elses_project_tells_nothing_about_the_timeline),
    ROW(a_dry_run_waits_for_its_plan), ROW(a_waited_render_is_answered_as_a_render),
    ROW(a_render_shows_its_plan_and_files), ROW(a_live_playlist_leads_into_its_folder_only),
    ROW(a_draft_is_stored_over_the_version_that_was_read), ROW(a_project_for_films_is_begun))
