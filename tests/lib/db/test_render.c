/*
 * Drafts and renders in the database: rights, versions, what ended jobs mean, work ahead.
 */
#include <inttypes.h>
#include <string.h>

#include "lib/db/asset.h"
#include "lib/db/draft.h"
#include "lib/db/render.h"
#include "lib/db/worker.h"
#include "tests/lib/db/ad_play.h"

#define TIMELINE "{\"version\": 1, \"tracks\": []}"

/* A project of the caller. */
static const char *
new_project(void)
{
	struct error err = {0};
	const char *id = "";

	CHECK_OK(project_create(play_api(), test_arena(), "film", "Holiday", &id, &err), &err);
	return id;
}

/* A ready upload of a user. */
static const char *
new_upload(int user)
{
	return test_sql_text(
	    "with b as (insert into blob (sha256, bytes, media_type) values"
	    " (encode(sha256(uuid_send(gen_random_uuid())), 'hex'), 10, 'video/mp4') returning sha256)"
	    " insert into asset (id, owner_id, kind, state, sha256, media_type, bytes, source)"
	    " select asset_new_id('up'), %d, 'upload', 'ready', b.sha256, 'video/mp4', 10, 'uploaded' from b"
	    " returning id",
	    user);
}

static int
start(const char *project, const char *asset, bool dry_run, struct render_started *started, struct error *err)
{
	const struct render_start order = {.project_id = project,
	    .timeline_json = TIMELINE,
	    .assets = &asset,
	    .asset_count = asset != NULL ? 1 : 0,
	    .outputs_json = "{\"poster\": true, \"live\": true}",
	    .name = "Take 1",
	    .dry_run = dry_run};

	return render_start(play_api(), test_arena(), &order, started, err);
}

static struct render *
load(const char *id)
{
	static struct render none;
	struct render *render = &none;
	struct error err = {0};

	CHECK_OK(render_load(play_api(), test_arena(), id, &render, &err), &err);
	return render;
}

static const char *
film_result(void)
{
	/* the parts of a film's result that play_film() has at its top */
	return arena_printf(test_arena(),
	    "{\"film\": %s, \"files\": {\"poster\": %s, \"preview\": %s}, \"plan\": {\"spans\": {\"total\": 3, "
	    "\"list\": []}},"
	    " \"report\": {\"audio\": null}, \"thumbnails\": [%s], \"warnings\": [{\"code\": \"clip_short\", "
	    "\"message\": \"m\"}],"
	    " \"generation_ms\": 1200}",
	    play_film(900), play_picture(), play_clip(1000000), play_picture());
}

TEST(a_render_goes_from_queued_to_its_files)
{
	struct error err = {0};
	struct render_started started;
	const int user = play_begin();
	const char *project = new_project(), *upload = new_upload(user);

	CHECK_OK(start(project, upload, false, &started, &err), &err);
	struct render *render = load(started.render_id);
	CHECK_STR(render->state, "queued");
	CHECK_STR(render->job_id, started.job_id);
	CHECK(render->live);
	CHECK_JSON_AT(play_last_event(project), "/type", "render.queued");

	const struct job_claimed *job = play_claim("render.film");
	CHECK_JSON_AT(job->payload, "/assets/0/name", upload);
	CHECK_JSON_AT(job->payload, "/render_id", started.render_id);
	CHECK_JSON_AT(job->payload, "/timeline/version", "1");
	CHECK_OK(render_planned(play_renderd(), job->id,
		     "{\"spans\": {\"total\": 3, \"reused\": 1, \"encoded\": 2, \"list\": []}, \"estimate\": "
		     "{\"seconds\": 4.5}}",
		     &err),
	    &err);
	const char *event = play_last_event(project);
	CHECK_JSON_AT(event, "/type", "render.started");
	CHECK_JSON_AT(event, "/spans/reused", "1");
	CHECK_JSON_AT(event, "/estimated_s", "4.5");
	CHECK_STR(load(started.render_id)->state, "running");
	CHECK_OK(render_progress(play_renderd(), job->id, "render", 0.5, &err), &err);
	CHECK_JSON_AT(play_last_event(project), "/progress", "0.5");

	CHECK(play_end(job, JOB_DONE, film_result()));
	render = load(started.render_id);
	CHECK_STR(render->state, "succeeded");
	CHECK_INT(render->width, 1920);
	CHECK_INT(render->bytes, 900);
	CHECK_JSON_AT(render->warnings_json, "/0/code", "clip_short");
	CHECK_JSON_AT(render->plan_json, "/spans/total", "3");
	CHECK_INT(test_sql_int("select count(*) from asset where project_id = '%s'", project), 4);
	event = play_last_event(project);
	CHECK_JSON_AT(event, "/type", "render.finished");
	CHECK_JSON_AT(event, "/state", "succeeded");
	CHECK_CONTAINS(event, render->film_id);
	/* our own machine costs nothing, and the ledger says so */
	CHECK_INT(test_sql_int(
		      "select count(*) from ledger where project_id = '%s' and agent = 'renderer' and price_micros = 0",
		      project),
	    1);
}

TEST(progress_is_an_event_at_most_twice_a_second_and_never_goes_back)
{
	struct error err = {0};
	struct render_started started;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	const struct job_claimed *job = play_claim("render.film");
	CHECK_OK(render_planned(play_renderd(), job->id, "{}", &err), &err);
	const int64_t before = load(started.render_id)->seq;
	for (int i = 1; i <= 5; i++)
		CHECK_OK(render_progress(play_renderd(), job->id, "render", 0.1 * i, &err), &err);
	CHECK_INT(load(started.render_id)->seq, before + 1);
	test_sql("update render set progress_at = now() - interval '1 minute' where id = '%s'", started.render_id);
	CHECK_OK(render_progress(play_renderd(), job->id, "render", 0.05, &err), &err);
	CHECK_INT(load(started.render_id)->seq, before + 1);
	CHECK_OK(render_progress(play_renderd(), job->id, "render", 0.6, &err), &err);
	CHECK_INT(load(started.render_id)->seq, before + 2);
}

#define PARTS \
	"[{\"key\": \"k\", \"first\": 0, \"count\": 2, \"sound\": false}," \
	" {\"key\": \"k\", \"first\": 2, \"count\": 1, \"sound\": true}]"

/* A film at work, planned. */
static const struct job_claimed *
begin_film(struct render_started *started)
{
	struct error err = {0};

	play_begin();
	CHECK_OK(start(new_project(), NULL, false, started, &err), &err);
	const struct job_claimed *film = play_claim("render.film");
	CHECK_OK(render_planned(play_renderd(), film->id, "{\"spans\": {\"encoded\": 3}}", &err), &err);
	return film;
}

/* Divides it in two and lets its job wait. */
static void
divide(const struct job_claimed *film)
{
	struct job_end wait = {
	    .job = film->id, .lease = film->lease, .outcome = JOB_AGAIN, .delay_ms = 3600000, .phase = "spans"};
	struct error err = {0};
	int open = -1;

	test_sql("insert into worker (host, pid, version) values ('second', 1, '1')");
	CHECK_OK(render_divide(play_renderd(), film->id, film->lease, PARTS, &open, &err), &err);
	CHECK_INT(open, 2);
	CHECK_OK(job_end(play_renderd(), &wait, 1, &err), &err);
	CHECK_STR(wait.state, "waiting");
	test_sql("update worker set stopped_at = now() where host = 'second'");
}

static const char *
film_state(const struct job_claimed *film)
{
	return test_sql_text("select state from job where id = %" PRId64, film->id);
}

TEST(a_divided_film_waits_for_the_last_of_its_parts_however_it_ends)
{
	struct error err = {0};
	struct render_started started;
	struct render_parts parts;
	const char *payload;
	const struct job_claimed *film = begin_film(&started);

	CHECK_OK(render_parts(play_renderd(), film->id, &parts, &err), &err);
	CHECK_INT(parts.total, 0);
	divide(film);
	CHECK_STR(test_sql_text("select outside from job_public where id = %" PRId64, film->id), "running");
	const struct job_claimed *first = play_claim("render.span"), *second = play_claim("render.span");
	CHECK_JSON_AT(first->payload, "/of", "2");
	CHECK_JSON_AT(second->payload, "/sound", "true");
	CHECK_OK(render_part_film(play_renderd(), test_arena(), first->id, &payload, &err), &err);
	CHECK_JSON_AT(payload, "/timeline/version", "1");
	CHECK(play_end(first, JOB_DONE, "{}"));
	CHECK_STR(film_state(film), "waiting");
	CHECK(load(started.render_id)->progress > 0.4);
	CHECK_OK(render_parts(play_renderd(), film->id, &parts, &err), &err);
	CHECK_INT(parts.open, 1);
	CHECK(play_end(second, JOB_FAILED, "{\"code\": \"boom\", \"detail\": \"boom\"}"));
	CHECK_STR(film_state(film), "ready");
	/* no attempt was burnt by waiting, and the report tells what there was to do */
	const struct job_claimed *again = play_claim("render.film");
	CHECK_INT(again->attempt, 1);
	CHECK(play_end(again, JOB_DONE,
	    arena_printf(test_arena(), "{\"film\": %s, \"report\": {\"spans\": {\"encoded\": 0}}}", play_film(900))));
	CHECK_JSON_AT(load(started.render_id)->report_json, "/spans/encoded", "3");
}

TEST(a_film_is_divided_once_and_by_its_own_lease_only)
{
	struct error err = {0};
	struct render_started started;
	const struct job_claimed *film = begin_film(&started);
	int open = -1;

	CHECK_OK(render_divide(play_renderd(), film->id, film->lease, PARTS, &open, &err), &err);
	/* nobody else is there */
	CHECK_INT(open, 0);
	CHECK_FAILS_CODE(render_divide(play_renderd(), film->id, film->lease + 1, PARTS, &open, &err), &err,
	    ERR_CONFLICT, "stale_lease");
	divide(film);
	test_sql("update job set run_at = now() where id = %" PRId64, film->id);
	struct job_tick tick;
	CHECK_OK(job_tick(play_renderd(), &tick, &err), &err);
	film = play_claim("render.film");
	CHECK_OK(render_divide(play_renderd(), film->id, film->lease, PARTS, &open, &err), &err);
	CHECK_INT(open, 2);
	CHECK_INT(
	    test_sql_int("select count(*) from job where kind = 'render.span' and project_id = '%s'", film->project_id),
	    2);
}

TEST(parts_of_a_cancelled_film_are_not_wanted)
{
	struct error err = {0};
	struct render_started started;
	const struct job_claimed *film = begin_film(&started);
	const char *payload = "";

	divide(film);
	const struct job_claimed *part = play_claim("render.span");
	CHECK_OK(render_cancel(play_api(), started.render_id, &err), &err);
	CHECK_STR(load(started.render_id)->state, "cancelled");
	CHECK_OK(render_part_film(play_renderd(), test_arena(), part->id, &payload, &err), &err);
	CHECK(payload == NULL);
	CHECK(play_end(part, JOB_DONE, "{}"));
	CHECK_STR(film_state(film), "cancelled");
}

TEST(a_failed_render_says_why)
{
	struct error err = {0};
	struct render_started started;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	CHECK(play_end(play_claim("render.film"), JOB_FAILED,
	    "{\"code\": \"degraded\", \"detail\": \"The font is missing.\", \"kind\": \"input\"}"));
	struct render *render = load(started.render_id);
	CHECK_STR(render->state, "failed");
	CHECK_STR(render->error_code, "degraded");
	CHECK_STR(render->error_message, "The font is missing.");
	CHECK_JSON_AT(play_last_event(project), "/error/code", "degraded");
}

TEST(a_render_is_cancelled_once_and_then_deleted)
{
	struct error err = {0};
	struct render_started started;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	CHECK_FAILS_CODE(render_delete(play_api(), started.render_id, &err), &err, ERR_CONFLICT, "already_running");
	CHECK_OK(render_cancel(play_api(), started.render_id, &err), &err);
	CHECK_STR(load(started.render_id)->state, "cancelled");
	CHECK_JSON_AT(play_last_event(project), "/state", "cancelled");
	CHECK_FAILS_CODE(render_cancel(play_api(), started.render_id, &err), &err, ERR_CONFLICT, "already_finished");
	CHECK_OK(render_delete(play_api(), started.render_id, &err), &err);
	struct render *gone;
	CHECK_FAILS_CODE(render_load(play_api(), test_arena(), started.render_id, &gone, &err), &err, ERR_NOT_FOUND,
	    "render_not_found");
}

TEST(deleting_a_render_ends_its_files)
{
	struct error err = {0};
	struct render_started started;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	CHECK(play_end(play_claim("render.film"), JOB_DONE, film_result()));
	CHECK_OK(render_delete(play_api(), started.render_id, &err), &err);
	CHECK_INT(
	    test_sql_int("select count(*) from asset where project_id = '%s' and state <> 'deleted'", project), 0);
}

TEST(a_dry_run_is_a_job_and_no_render)
{
	struct error err = {0};
	struct render_started started;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, true, &started, &err), &err);
	CHECK(started.render_id == NULL);
	CHECK_INT(test_sql_int("select count(*) from render where project_id = '%s'", project), 0);
	CHECK(play_end(play_claim("render.plan"), JOB_DONE, "{\"frames\": 3}"));
}

TEST(files_of_others_cannot_be_rendered)
{
	struct error err = {0};
	struct render_started started;
	const char *theirs = new_upload(test_db_user("somebody@example.com"));
	const int user = play_begin();
	const char *project = new_project(), *mine = new_upload(user);
	const char *const both[] = {mine, theirs};
	struct render_file *files;
	size_t count;

	CHECK_OK(render_files(play_api(), test_arena(), both, 2, &files, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(files[0].id, mine);
	CHECK_FAILS_CODE(start(project, theirs, false, &started, &err), &err, ERR_INPUT, "asset_not_found");
	test_sql("update asset set state = 'checking' where id = '%s'", mine);
	CHECK_FAILS_CODE(start(project, mine, false, &started, &err), &err, ERR_INPUT, "asset_not_found");
	CHECK_INT(test_sql_int("select count(*) from render where project_id = '%s'", project), 0);
}

TEST(a_stranger_finds_neither_renders_nor_drafts)
{
	struct error err = {0};
	struct render_started started;
	struct render *render;
	struct draft *draft, put;
	const char *next;
	size_t count;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	CHECK_OK(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, DRAFT_ANY_VERSION, &put, &err), &err);
	play_begin();
	CHECK_FAILS_CODE(render_load(play_api(), test_arena(), started.render_id, &render, &err), &err, ERR_NOT_FOUND,
	    "render_not_found");
	CHECK_FAILS_CODE(render_cancel(play_api(), started.render_id, &err), &err, ERR_NOT_FOUND, "render_not_found");
	CHECK_FAILS_CODE(render_list(play_api(), test_arena(), project, 10, NULL, 0, &render, &count, &next, &err),
	    &err, ERR_NOT_FOUND, "project_not_found");
	CHECK_FAILS_CODE(
	    draft_load(play_api(), test_arena(), project, &draft, &err), &err, ERR_NOT_FOUND, "timeline_not_found");
	CHECK_FAILS_CODE(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, 0, &put, &err), &err,
	    ERR_NOT_FOUND, "project_not_found");
	CHECK_FAILS_CODE(start(project, NULL, false, &started, &err), &err, ERR_NOT_FOUND, "project_not_found");
}

TEST(a_viewer_looks_and_changes_nothing)
{
	struct error err = {0};
	struct render_started started;
	struct draft put;
	play_begin();
	const char *project = new_project();

	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	const int viewer = play_begin();
	test_sql("insert into project_member (project_id, user_id, role) values ('%s', %d, 'viewer')", project, viewer);
	CHECK_INT(load(started.render_id)->role, PROJECT_VIEWER);
	CHECK_FAILS_CODE(render_cancel(play_api(), started.render_id, &err), &err, ERR_FORBIDDEN, "forbidden");
	CHECK_FAILS_CODE(render_delete(play_api(), started.render_id, &err), &err, ERR_FORBIDDEN, "forbidden");
	CHECK_FAILS_CODE(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, 0, &put, &err), &err,
	    ERR_FORBIDDEN, "forbidden");
	CHECK_FAILS_CODE(start(project, NULL, true, &started, &err), &err, ERR_FORBIDDEN, "forbidden");
}

TEST(renders_are_listed_page_by_page_newest_first)
{
	struct error err = {0};
	struct render_started started[3];
	struct render *renders;
	const char *next;
	size_t count;
	play_begin();
	const char *project = new_project();

	for (int i = 0; i < 3; i++)
		CHECK_OK(start(project, NULL, false, &started[i], &err), &err);
	CHECK_OK(render_list(play_api(), test_arena(), project, 2, NULL, 0, &renders, &count, &next, &err), &err);
	CHECK_INT(count, 2);
	CHECK_STR(renders[0].id, started[2].render_id);
	CHECK(next != NULL);
	CHECK_OK(render_list(play_api(), test_arena(), project, 2, next, 0, &renders, &count, &next, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(renders[0].id, started[0].render_id);
	CHECK(next == NULL);
}

TEST(a_draft_counts_its_versions_and_refuses_older_ones)
{
	struct error err = {0};
	struct draft put, *draft;
	play_begin();
	const char *project = new_project();

	CHECK_FAILS_CODE(
	    draft_load(play_api(), test_arena(), project, &draft, &err), &err, ERR_NOT_FOUND, "timeline_not_found");
	CHECK_FAILS_CODE(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, 1, &put, &err), &err,
	    ERR_CONFLICT, "version_conflict");
	CHECK_OK(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, 0, &put, &err), &err);
	CHECK_INT(put.version, 1);
	CHECK_OK(draft_put(play_api(), test_arena(), project, "{\"b\": 1, \"a\": 2}", NULL, 0, 1, &put, &err), &err);
	CHECK_FAILS_CODE(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, 1, &put, &err), &err,
	    ERR_CONFLICT, "version_conflict");
	CHECK_OK(draft_load(play_api(), test_arena(), project, &draft, &err), &err);
	CHECK_INT(draft->version, 2);
	/* as it was sent, order and all */
	CHECK_STR(draft->timeline_json, "{\"b\": 1, \"a\": 2}");
	CHECK_STR(draft->id, put.id);
}

static int
open_ahead(const char *project)
{
	return (int)test_sql_int(
	    "select count(*) from job where project_id = '%s' and kind like '%%.ahead' and finished_at is null"
	    " and cancel_requested_at is null",
	    project);
}

TEST(the_newest_choice_is_worked_on_ahead_until_the_film_is_asked_for)
{
	struct error err = {0};
	struct draft put;
	struct render_started started;
	play_begin();
	const char *project = new_project();

	for (int i = 0; i < 3; i++) {
		CHECK_OK(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, DRAFT_ANY_VERSION, &put, &err),
		    &err);
		CHECK_INT(open_ahead(project), 1);
	}
	CHECK_OK(start(project, NULL, true, &started, &err), &err);
	CHECK_INT(open_ahead(project), 1);
	CHECK_OK(start(project, NULL, false, &started, &err), &err);
	CHECK_INT(open_ahead(project), 0);
	test_sql("insert into setting (name, value) values ('ahead', 'off')");
	CHECK_OK(draft_put(play_api(), test_arena(), project, TIMELINE, NULL, 0, DRAFT_ANY_VERSION, &put, &err), &err);
	CHECK_INT(open_ahead(project), 0);
	test_sql("delete from setting where name = 'ahead'");
}

TEST(an_advert_is_encoded_ahead_of_composing)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 2);
	CHECK_INT(open_ahead(id), 0);
	play_approve_clips(id, 2);
	CHECK_INT(open_ahead(id), 1);
	test_sql("select job_make_ready(array_agg(id)) from job where kind = 'ad.ahead' and state = 'waiting'");
	const struct job_claimed *job = play_claim("ad.ahead");
	if (CHECK(job != NULL)) {
		CHECK_INT(job->step, JOB_IDLE);
		CHECK_JSON_AT(job->payload, "/clips/1/media_type", "video/mp4");
	}
	/* it runs, and is told to end; a session can be deleted all the same */
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	CHECK_INT(open_ahead(id), 0);
	play_compose(false);
	play_approve_clips(id, 1);
	CHECK_INT(open_ahead(id), 1);
	CHECK(play_end(job, JOB_CANCELLED, NULL));
	CHECK_OK(session_delete(play_api(), id, &err), &err);
	CHECK_INT(open_ahead(id), 0);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(a_render_goes_from_queued_to_its_files),
    ROW(progress_is_an_event_at_most_twice_a_second_and_never_goes_back), ROW(a_failed_render_says_why),
    ROW(a_divided_film_waits_for_the_last_of_its_parts_however_it_ends),
    ROW(a_film_is_divided_once_and_by_its_own_lease_only), ROW(parts_of_a_cancelled_film_are_not_wanted),
    ROW(a_render_is_cancelled_once_and_then_deleted), ROW(deleting_a_render_ends_its_files),
    ROW(a_dry_run_is_a_job_and_no_render), ROW(files_of_others_cannot_be_rendered),
    ROW(a_stranger_finds_neither_renders_nor_drafts), ROW(a_viewer_looks_and_changes_nothing),
    ROW(renders_are_listed_page_by_page_newest_first), ROW(a_draft_counts_its_versions_and_refuses_older_ones),
    ROW(the_newest_choice_is_worked_on_ahead_until_the_film_is_asked_for), ROW(an_advert_is_encoded_ahead_of_composing))
