/*
 * An advert from the first prompt to the film, with renderd played by hand: what ended jobs mean for the session.
 */
#include <string.h>

#include "lib/db/cost.h"
#include "lib/db/providercall.h"
#include "tests/lib/db/ad_play.h"

/* ADS-307: every picture gets the seed of the session; ADS-310. */
TEST(pictures_of_a_run_share_one_seed)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK_INT(started.jobs, 6);
	CHECK_INT(started.estimated_s, 45);
	CHECK(started.job_id != NULL);
	CHECK_INT(play_load(id)->stage, SESSION_IMAGE_GENERATION);
	CHECK_STR(play_load(id)->run_kind, "images");
	CHECK_STR(play_load(id)->run_job_id, started.job_id);
	play_images(4, 0);

	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(session->image_count, 4);
	CHECK_INT(session->consistency_seed, 123456);
	CHECK_STR(session->product_category, "footwear");
	CHECK_JSON(session->style_keywords_json, "[\"professional\", \"studio\", \"pink\"]");
	static const char *const views[] = {"front", "side", "back", "top"};
	for (size_t i = 0; i < session->image_count; i++) {
		CHECK_INT(session->images[i].seed, 123456);
		CHECK_STR(session->images[i].view_type, views[i]);
		CHECK_INT(session->images[i].cost_micros, 50000);
		CHECK_INT(session->images[i].width, 1024);
		CHECK(session->images[i].simulated && !session->images[i].uploaded && !session->images[i].approved);
	}
	CHECK_INT(session->total_micros, 201000);
	CHECK(session->error_code == NULL);
	CHECK_JSON(session->warnings_json, "[]");
	CHECK(session->run_kind == NULL);
}

/* ADS-139..141, ADS-252: 6 pictures 0.301; with 4 clips and the film 4.002. */
TEST(costs_are_exact)
{
	struct error err = {0};
	struct session_started started;
	struct cost_session *cost = NULL;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 6, false, &started, &err), &err);
	CHECK_INT(started.estimated_micros, 301000);
	play_images(6, 0);
	CHECK_INT(play_load(id)->total_micros, 301000);
	play_approve_images(id, 4);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	CHECK_INT(started.estimated_micros, 3201000);
	play_clips(4, 0);
	CHECK_INT(play_load(id)->total_micros, 3502000);
	play_approve_clips(id, 3);
	CHECK_OK(play_start_compose(id, true, &started, &err), &err);
	CHECK_INT(started.jobs, 2);
	play_compose(true);

	CHECK_OK(cost_of_session(play_api(), test_arena(), id, &cost, &err), &err);
	static const struct cost_line expected[] = {
	    {"prompt_parser", "llama-3.1-70b", 1000, 0, 1},
	    {"image_generator", "flux-pro", 300000, 9000, 6},
	    {"scene_planner", "llama-3.1-70b", 1000, 0, 1},
	    {"video_generator", "stable-video-diffusion", 3200000, 160000, 4},
	    {"compositor", "ffmpeg", 500000, 0, 1},
	};
	int64_t sum = 0;
	CHECK_INT(cost->line_count, ARRAY_LEN(expected));
	for (size_t i = 0; i < FW_MIN(cost->line_count, ARRAY_LEN(expected)); i++) {
		CHECK_STR(cost->lines[i].agent, expected[i].agent);
		CHECK_STR(cost->lines[i].model, expected[i].model);
		CHECK_INT(cost->lines[i].micros, expected[i].micros);
		CHECK_INT(cost->lines[i].calls, expected[i].calls);
		if (expected[i].duration_ms > 0)
			CHECK_INT(cost->lines[i].duration_ms, expected[i].duration_ms);
		sum += cost->lines[i].micros;
	}
	CHECK_INT(sum, 4002000);
	CHECK_INT(cost->total_micros, 4002000);
	CHECK_INT(play_load(id)->total_micros, 4002000);
	CHECK_STR(test_sql_text("select total_cost::text from sessions where id = '%s'", id), "4.002000");
	/* what the stand-in did is priced but not charged; the film's 0.50 is our own work */
	CHECK_INT(test_sql_int("select charged_micros from project where id = '%s'", id), 500000);
	CHECK_INT(test_sql_int("select reserved_micros from project where id = '%s'", id), 0);
}

/* ADS-160, 163, 167 and 136 */
TEST(the_end_of_each_step_says_what_was_made)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	test_sql("insert into setting (name, value) values ('public_app_url', 'http://studio.example/') on conflict "
		 "(name) do update"
		 " set value = excluded.value");
	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	const char *event = play_last_event(id);
	CHECK_JSON_AT(event, "/stage", "complete");
	CHECK_JSON_AT(event, "/gate", "images");
	CHECK_JSON_AT(event, "/progress", "50");
	CHECK_JSON_AT(event, "/run_progress", "100");
	CHECK_JSON_AT(event, "/message", "Images ready for review!");
	CHECK_JSON_AT(event, "/session_id", id);
	CHECK_JSON_AT(event, "/data/total_cost", "0.201");
	CHECK_JSON_AT(event, "/data/images/0/view_type", "front");
	CHECK_JSON_AT(event, "/data/images/3/cost", "0.05");
	CHECK_JSON_AT(event, "/data/images/0/url",
	    arena_printf(test_arena(), "http://studio.example/media/%s", play_load(id)->images[0].id));
	CHECK_JSON_AT(event, "/seq", arena_printf(test_arena(), "%lld", (long long)play_load(id)->seq));

	play_approve_images(id, 2);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	play_clips(2, 0);
	event = play_last_event(id);
	CHECK_JSON_AT(event, "/gate", "clips");
	CHECK_JSON_AT(event, "/progress", "90");
	CHECK_JSON_AT(event, "/message", "Clips ready for review!");
	CHECK_JSON_AT(event, "/data/clips/1/duration", "3");
	CHECK_JSON_AT(event, "/data/clips/1/resolution", "1024x576");
	CHECK_JSON_AT(event, "/data/clips/1/source_image_id", play_load(id)->images[1].id);

	play_approve_clips(id, 2);
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	play_compose(false);
	event = play_last_event(id);
	CHECK_JSON_AT(event, "/gate", "final");
	CHECK_JSON_AT(event, "/progress", "100");
	CHECK_JSON_AT(event, "/message", "Your video is ready!");
	CHECK_JSON_AT(event, "/data/final_video/duration", "10.5");
	CHECK_JSON_AT(event, "/data/final_video/resolution", "1920x1080");
	CHECK_JSON_AT(event, "/data/final_video/fps", "30");
	CHECK_JSON_AT(event, "/data/final_video/file_size_mb", "7.63");
	CHECK_JSON_AT(event, "/data/final_video/format", "mp4");

	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_COMPLETE);
	if (CHECK(session->final != NULL)) {
		CHECK_INT(session->final->bytes, 8000000);
		CHECK_INT(session->final->duration_us, 10500000);
		CHECK_INT(session->final->cost_micros, 500000);
		CHECK_STR(session->final->product_name, "AirRun Pro");
		CHECK(session->final->thumbnail_id != NULL);
	}
}

/* ADS-204, 205, 212: scenes go to pictures by view, intensity is clamped, the source is named. */
TEST(clips_get_their_scene_by_view)
{
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 4);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_CLIP_SELECTION);
	CHECK_INT(session->clip_count, 4);
	CHECK_STR(session->clips[0].scene_prompt, "runs");
	CHECK_STR(session->clips[1].scene_prompt, "jumps");
	CHECK_STR(session->clips[1].camera_movement, "static");
	CHECK(session->clips[1].motion_intensity == 1.0);
	CHECK_STR(session->clips[2].scene_prompt, "runs");
	CHECK_STR(session->clips[2].source_image_id, session->images[2].id);
	CHECK_INT(session->clips[3].duration_us, 3000000);
	CHECK_INT(session->clips[3].cost_micros, 800000);
}

/* ADS-212 */
TEST(at_most_six_clips_are_made)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 8, false, &started, &err), &err);
	play_images(8, 0);
	play_approve_images(id, 8);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	CHECK_INT(started.jobs, 8);
	CHECK_JSON_AT(started.warnings_json, "/0/code", "clip_limit");
	const struct session *session = play_load(id);
	CHECK_JSON_AT(session->warnings_json, "/0/code", "clip_limit");
	CHECK_CONTAINS(session->warnings_json, session->images[6].id);
	CHECK_CONTAINS(session->warnings_json, session->images[7].id);
	play_clips(6, 0);
	CHECK_INT(play_load(id)->clip_count, 6);
}

/* ADS-67, 196, 311 */
TEST(a_failing_picture_leaves_the_others)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 1);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(session->image_count, 3);
	CHECK_JSON(session->warnings_json,
	    "[{\"code\": \"partial_failure\", \"message\": \"1 of 4 images could not be generated\"}]");
	/* ADS-200: a failed call costs nothing and has its row */
	CHECK_INT(session->total_micros, 151000);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s' and not success", id), 1);
}

/* Given up, delivered when the others are to be chosen from: it lies with them, and the run's count is not touched. */
TEST(a_picture_that_was_given_up_and_comes_can_be_chosen)
{
	const struct providercall_new new = {.step = "submit",
	    .agent = "image_generator",
	    .provider = "local",
	    .model = "flux-pro",
	    .estimate_micros = 50000};
	struct error err = {0};
	struct session_started started;
	struct providercall call;
	bool found;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	const struct job_claimed *job = play_claim("ad.image");
	struct providercall_new paid = new;
	paid.job = job->id;
	paid.lease = job->lease;
	CHECK_OK(providercall_open(play_renderd(), &paid, &call, &err), &err);
	CHECK_OK(providercall_sending(play_renderd(), call.id, job->lease, &err), &err);
	CHECK(play_end(job, JOB_UNCERTAIN, NULL));
	CHECK_OK(job_attention(play_api(), job->public_id, "give_up", 60, &err), &err);
	for (int i = 0; i < 3; i++)
		CHECK(play_end(play_claim("ad.image"), JOB_DONE, play_picture()));
	CHECK(play_end(play_claim("ad.images_join"), JOB_DONE, "{}"));
	CHECK_INT(play_load(id)->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(play_load(id)->image_count, 3);

	CHECK_OK(providercall_webhook(play_api(), call.client_ref, "r-late", &found, &err), &err);
	const struct job_claimed *late = play_claim("ad.image");
	if (!CHECK(late != NULL))
		return;
	const char *result = arena_printf(
	    test_arena(), "%.*s, \"price_micros\": 40000}", (int)strlen(play_picture()) - 1, play_picture());
	CHECK(play_end(late, JOB_DONE, result));
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(session->image_count, 4);
	CHECK_INT(session->images[0].cost_micros, 40000);
	CHECK_INT(session->total_micros, 40000);
	CHECK_CONTAINS(play_last_event(id), "\"warning\": \"late_result\"");
	CHECK_CONTAINS(play_last_event(id), session->images[0].id);
	CHECK_INT(test_sql_int("select count(*) from invariants()"), 0);
}

/* ADS-197 */
TEST(one_picture_is_too_few)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 3);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_JSON_AT(session->warnings_json, "/0/code", "partial_failure");
	CHECK_JSON_AT(session->warnings_json, "/1/code", "too_few_images");
}

/* ADS-68, 196, 311: the exact text */
TEST(no_picture_at_all_is_a_failure)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 4);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_INT(session->failed_stage, SESSION_IMAGE_GENERATION);
	CHECK_STR(session->error_message, "All image generations failed");
	CHECK_STR(session->error_code, "provider_error");
	const char *event = play_last_event(id);
	CHECK_JSON_AT(event, "/stage", "failed");
	CHECK_JSON_AT(event, "/message", "All image generations failed");
	CHECK_JSON_AT(event, "/error/code", "provider_error");
	CHECK_JSON_AT(event, "/progress", "50");
}

/* ADS-72, 214 */
TEST(no_clip_at_all_is_a_failure)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	play_approve_images(id, 2);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	play_clips(2, 2);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_INT(session->failed_stage, SESSION_CLIP_GENERATION);
	CHECK_STR(session->error_message, "All video generations failed");
	CHECK_INT(session->image_count, 4);
}

TEST(a_failing_plan_fails_the_step)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_FAILED,
	    "{\"code\": \"provider_account\", \"detail\": \"secret\", \"kind\": \"provider\"}"));
	CHECK(play_end(play_claim("ad.images_join"), JOB_DONE, "{}"));
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_STR(session->error_code, "provider_account");
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 0);
}

/* ADS-76 */
TEST(a_failing_composition_keeps_clips_and_says_why)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 2);
	play_approve_clips(id, 2);
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.compose"), JOB_FAILED,
	    "{\"code\": \"clip_unavailable\", \"detail\": \"The clip clip_1 cannot be read\", \"kind\": \"input\"}"));
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_INT(session->failed_stage, SESSION_FINAL_COMPOSITION);
	CHECK_STR(session->error_code, "clip_unavailable");
	CHECK_STR(session->error_message, "The clip clip_1 cannot be read");
	CHECK_INT(session->clip_count, 2);
	/* ADS-78: the same call again */
	CHECK_OK(play_start_compose(id, true, &started, &err), &err);
	CHECK(play_end(play_claim("ad.music"), JOB_FAILED, "{\"code\": \"internal\", \"detail\": \"at music.c:7\"}"));
	session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_STR(session->error_message, "The final video could not be made");
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 0);
}

/* ADS-254, ADS-148, walk step 21 */
TEST(the_cost_limit_halts_a_step)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	play_approve_images(id, 4);
	CHECK_OK(session_set_limit(play_api(), id, USD + USD / 10, &err), &err);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_clips"), JOB_DONE, "{\"scenes\": [{\"scene_prompt\": \"x\"}]}"));
	const struct job_claimed *first = play_claim("ad.clip");
	CHECK_OK(play_pay(first, "video_generator", "stable-video-diffusion", &err), &err);
	for (int i = 1; i < 4; i++) {
		const struct job_claimed *other = play_claim("ad.clip");
		CHECK_FAILS_CODE(play_pay(other, "video_generator", "stable-video-diffusion", &err), &err, ERR_BUDGET,
		    "cost_limit_exceeded");
		CHECK(play_end(other, JOB_FAILED, "{\"code\": \"cost_limit_exceeded\", \"detail\": \"x\"}"));
	}
	CHECK(play_end(first, JOB_DONE, play_clip(3000000)));
	CHECK(play_end(play_claim("ad.clips_join"), JOB_DONE, "{}"));
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_STR(session->error_code, "cost_limit_exceeded");
	CHECK_STR(session->error_message, "Cost limit reached: $1.00 of $1.10 are used");
	CHECK_JSON_AT(play_last_event(id), "/error/code", "cost_limit_exceeded");
	/* what was paid for is kept, and may be used (ADS-79) */
	CHECK_INT(session->clip_count, 1);
	play_approve_clips(id, 1);
	CHECK_INT(play_load(id)->stage, SESSION_CLIP_SELECTION);
	error_clear(&err);
	CHECK_FAILS_CODE(play_start_compose(id, false, &started, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
}

/* ADS-270, 271, 272 */
TEST(the_same_prompt_is_not_paid_twice)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK_INT(started.cache_hits, 0);
	play_images(4, 0);

	const char *second = play_session();
	CHECK_OK(play_start_images(second, 4, true, &started, &err), &err);
	CHECK_INT(started.cache_hits, 5);
	CHECK_INT(started.estimated_micros, 0);
	CHECK(started.job_id == NULL);
	CHECK_INT(play_load(second)->stage, SESSION_CREATED);

	CHECK_OK(play_start_images(second, 4, false, &started, &err), &err);
	const struct job_claimed *plan = play_claim("ad.plan_images");
	const char *key = test_sql_text("select payload ->> 'cache_key' from job where id = %lld", (long long)plan->id);
	const char *value = test_sql_text("select value::text from cache_find('%s')", key);
	CHECK_JSON_AT(value, "/consistency_seed", "123456");
	CHECK(play_end(plan, JOB_DONE,
	    test_sql_text("select (value::jsonb || '{\"cached\": true}')::text from cache_find('%s')", key)));
	for (int i = 0; i < 4; i++) {
		const struct job_claimed *image = play_claim("ad.image");
		key = test_sql_text("select payload ->> 'cache_key' from job where id = %lld", (long long)image->id);
		CHECK(play_end(image, JOB_DONE,
		    test_sql_text("select (value::jsonb || '{\"cached\": true}')::text from cache_find('%s')", key)));
	}
	CHECK(play_end(play_claim("ad.images_join"), JOB_DONE, "{}"));
	const struct session *session = play_load(second);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(session->image_count, 4);
	CHECK_INT(session->total_micros, 0);
	CHECK(session->images[0].cached);
	CHECK_INT(session->images[0].cost_micros, 0);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s'", second), 0);
	/* one file, two assets */
	CHECK_INT(test_sql_int("select count(distinct sha256) from asset where kind = 'image' and id in ('%s', '%s')",
		      session->images[0].id, play_load(id)->images[0].id),
	    1);

	const struct session_images_start fresh = {
	    .start = {.session_id = play_session(), .estimated_s = 45, .dry_run = true},
	    .product_prompt = "pink tennis shoes with white laces",
	    .num_images = 4,
	    .model = "flux-pro",
	    .fresh = true};
	CHECK_OK(session_start_images(play_api(), test_arena(), &fresh, &started, &err), &err);
	CHECK_INT(started.cache_hits, 0);
}

/* A plan that the fallback made is not kept for others. */
TEST(a_fallback_plan_is_not_cached)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	const char *plan = play_plan(4);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE,
	    arena_printf(test_arena(), "{\"warning\": {\"code\": \"prompt_fallback\"}, %s", plan + 1)));
	CHECK_INT(test_sql_int("select count(*) from cache_entry"), 0);
	CHECK_JSON_AT(play_load(id)->warnings_json, "/0/code", "prompt_fallback");
}

/* ADS-84, 109 */
TEST(cancel_goes_back_and_keeps_what_is_finished)
{
	struct error err = {0};
	struct session_started started;
	enum session_stage stage = SESSION_STAGE__COUNT;
	play_begin();
	const char *id = play_session();

	CHECK_FAILS_CODE(session_cancel(play_api(), id, &stage, &err), &err, ERR_CONFLICT, "nothing_running");
	error_clear(&err);
	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	CHECK(play_end(play_claim("ad.image"), JOB_DONE, play_picture()));
	const struct job_claimed *late = play_claim("ad.image");
	CHECK_OK(session_cancel(play_api(), id, &stage, &err), &err);
	CHECK_INT(stage, SESSION_CREATED);
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_CREATED);
	CHECK_INT(session->image_count, 1);
	CHECK_JSON_AT(play_last_event(id), "/stage", "cancelled");
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 1);
	/* what comes home late is stored, and moves nothing */
	CHECK(play_end(late, JOB_DONE, play_picture()));
	session = play_load(id);
	CHECK_INT(session->stage, SESSION_CREATED);
	CHECK_INT(session->image_count, 2);
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 0);
}

TEST(a_result_of_an_older_run_does_not_mix_in)
{
	struct error err = {0};
	struct session_started started;
	enum session_stage stage;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	const struct job_claimed *late = play_claim("ad.image");
	CHECK_OK(session_cancel(play_api(), id, &stage, &err), &err);
	CHECK_OK(play_start_images(id, 5, false, &started, &err), &err);
	CHECK(play_end(late, JOB_DONE, play_picture()));
	CHECK_INT(play_load(id)->image_count, 0);
	CHECK_INT(test_sql_int("select count(*) from asset where project_id = '%s' and state = 'ready'", id), 1);
	play_images(5, 0);
	CHECK_INT(play_load(id)->image_count, 5);
	CHECK_INT(play_load(id)->stage, SESSION_IMAGE_SELECTION);
}

TEST(cancelling_the_step_s_job_cancels_the_step)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK_OK(job_cancel(play_api(), started.job_id, &err), &err);
	CHECK_INT(play_load(id)->stage, SESSION_CREATED);
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 0);
}

/* ADS-157, 159, 169 */
TEST(progress_never_goes_back_and_is_not_too_fast)
{
	struct error err = {0};
	struct session_started started;
	int64_t seq = -1;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK_JSON_AT(play_last_event(id), "/stage", "prompt_parsing");
	CHECK_JSON_AT(play_last_event(id), "/progress", "0");
	CHECK_JSON_AT(play_last_event(id), "/message", "Analyzing your prompt...");
	const struct job_claimed *plan = play_claim("ad.plan_images");
	CHECK_OK(session_progress(play_renderd(), plan->id, "plan", 0.5, &seq, &err), &err);
	CHECK_INT(seq, 0);
	CHECK_JSON_AT(play_load(id)->progress_json, "/progress", "5");
	CHECK_JSON_AT(play_load(id)->progress_json, "/run_progress", "10");
	test_sql("update project set event_at = now() - interval '1 second' where id = '%s'", id);
	CHECK_OK(session_progress(play_renderd(), plan->id, "plan", 0.3, &seq, &err), &err);
	CHECK(seq > 0);
	CHECK_JSON_AT(play_last_event(id), "/progress", "5");
	CHECK(play_end(plan, JOB_DONE, play_plan(4)));
	CHECK_JSON_AT(play_last_event(id), "/message", "Generating image 1 of 4...");
	CHECK_JSON_AT(play_last_event(id), "/progress", "10");
	for (int i = 1; i <= 3; i++) {
		test_sql("update project set event_at = now() - interval '1 second' where id = '%s'", id);
		CHECK(play_end(play_claim("ad.image"), JOB_DONE, play_picture()));
		CHECK_JSON_AT(play_last_event(id), "/progress", arena_printf(test_arena(), "%d", 10 + 10 * i));
		CHECK_JSON_AT(
		    play_last_event(id), "/message", arena_printf(test_arena(), "Generating image %d of 4...", i));
	}
	CHECK_JSON_AT(play_last_event(id), "/run_progress", "80");
	/* a stale job says nothing */
	CHECK_OK(session_progress(play_renderd(), plan->id, "plan", 0.9, &seq, &err), &err);
	CHECK_INT(seq, 0);
}

/* ADS-159: two that end in one statement, within the same half second, are told one by one */
TEST(every_number_of_pieces_is_told)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	const struct job_claimed *first = play_claim("ad.image"), *second = play_claim("ad.image");
	struct job_end ends[2] = {
	    {.job = first->id, .lease = first->lease, .outcome = JOB_DONE, .body = play_picture()},
	    {.job = second->id, .lease = second->lease, .outcome = JOB_DONE, .body = play_picture()}};
	CHECK_OK(job_end(play_renderd(), ends, 2, &err), &err);
	CHECK(play_end(play_claim("ad.image"), JOB_DONE, play_picture()));
	for (int i = 1; i <= 3; i++)
		CHECK(test_sql_int("select count(*) from event where project_id = '%s' and payload ->> 'message' ="
				   " 'Generating image %d of 4...' and (payload ->> 'progress')::int = %d",
			  id, i, 10 + 10 * i) >= 1);
}

/* The end of a piece that the flow cannot take over fails the step, and nobody waits for ever. */
TEST(end_that_is_not_taken_over_fails_the_step)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	const struct job_claimed *image = play_claim("ad.image");
	test_sql("update job set payload = payload || '{\"run\": \"junk\"}' where id = %lld", (long long)image->id);
	CHECK(play_end(image, JOB_FAILED, "{\"code\": \"provider_error\", \"detail\": \"no\"}"));
	CHECK_STR(
	    test_sql_text("select state || ' ' || (error ->> 'code') from job where id = %lld", (long long)image->id),
	    "failed provider_error");
	CHECK_CONTAINS(
	    test_sql_text("select finish_error from job where id = %lld", (long long)image->id), "ad_image_ended");
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_FAILED);
	CHECK_STR(session->error_code, "finish_failed");
	CHECK_JSON_AT(play_last_event(id), "/error/code", "finish_failed");
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and finished_at is null", id), 0);
}

/* ADS-149 */
TEST(provider_that_is_down_stops_a_start)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	test_sql("update provider_limit set open_until = now() + interval '1 minute' where name = 'local'");
	CHECK_FAILS_CODE(
	    play_start_images(id, 4, false, &started, &err), &err, ERR_UNAVAILABLE, "provider_unavailable");
	test_sql("update provider_limit set open_until = now() - interval '1 second' where name = 'local'");
	error_clear(&err);
	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	test_sql("update provider_limit set open_until = null where name = 'local'");
}

/* ADS-164..166: overlays, music, stitching, in this order */
TEST(composition_tells_its_phases_in_order)
{
	struct error err = {0};
	struct session_started started;
	int64_t seq = 0;
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 2);
	play_approve_clips(id, 2);
	CHECK_OK(play_start_compose(id, true, &started, &err), &err);
	CHECK_JSON_AT(play_last_event(id), "/message", "Adding text overlays...");
	CHECK_JSON_AT(play_last_event(id), "/progress", "90");
	const struct job_claimed *music = play_claim("ad.music");
	CHECK_OK(session_progress(play_renderd(), music->id, "music", 0, &seq, &err), &err);
	CHECK_JSON_AT(play_last_event(id), "/message", "Generating music...");
	CHECK_JSON_AT(play_last_event(id), "/progress", "93");
	CHECK(play_end(music, JOB_DONE,
	    "{\"sha256\": \"00000000000000000000000000000000000000000000000000000000000000aa\", \"bytes\": 9,"
	    " \"media_type\": \"audio/wav\"}"));
	const struct job_claimed *compose = play_claim("ad.compose");
	CHECK_JSON_AT(
	    compose->payload, "/music/sha256", "00000000000000000000000000000000000000000000000000000000000000aa");
	CHECK_JSON_AT(compose->payload, "/request/text_overlay/cta", "Shop Now");
	CHECK_JSON_AT(compose->payload, "/clips/1/asset_id", play_load(id)->clips[1].id);
	CHECK_OK(session_progress(play_renderd(), compose->id, "text", 0.5, &seq, &err), &err);
	CHECK_JSON_AT(play_last_event(id), "/message", "Stitching clips...");
	CHECK_OK(session_progress(play_renderd(), compose->id, "render", 1, &seq, &err), &err);
	CHECK_JSON_AT(play_load(id)->progress_json, "/progress", "98");
	CHECK(play_end(compose, JOB_DONE, play_film(21000000)));
	CHECK_JSON_AT(play_load(id)->warnings_json, "/0/code", "large_file");
	CHECK_INT(play_load(id)->stage, SESSION_COMPLETE);
}

/* ADS-255 */
TEST(the_cost_alert_is_given_once)
{
	struct error err = {0};
	struct session_started started;
	struct cost_summary *summary = NULL;
	play_begin();
	const char *id = play_session();

	test_sql("update setting set value = '100000' where name = 'cost_alert_micros'");
	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	play_images(4, 0);
	test_sql("update setting set value = '10000000' where name = 'cost_alert_micros'");
	CHECK_INT(
	    test_sql_int(
		"select count(*) from event where project_id = '%s' and payload ->> 'warning' = 'cost_alert'", id),
	    1);
	CHECK_JSON_AT(play_load(id)->warnings_json, "/0/code", "cost_alert");
	const struct cost_filter filter = {.from_us = INT64_MIN, .to_us = INT64_MIN};
	CHECK_OK(cost_summary(play_api(), test_arena(), &filter, &summary, &err), &err);
	CHECK_INT(summary->alert_count, 1);
	if (summary->alert_count == 1)
		CHECK_STR(summary->alerts[0], id);
}

/* A job that is done twice, or whose lease is gone, changes nothing. */
TEST(a_stale_end_changes_nothing)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = play_session();

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	CHECK(play_end(play_claim("ad.plan_images"), JOB_DONE, play_plan(4)));
	const struct job_claimed *image = play_claim("ad.image");
	CHECK(play_end(image, JOB_DONE, play_picture()));
	CHECK(!play_end(image, JOB_DONE, play_picture()));
	CHECK_INT(play_load(id)->image_count, 1);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(pictures_of_a_run_share_one_seed), ROW(costs_are_exact),
    ROW(a_picture_that_was_given_up_and_comes_can_be_chosen), ROW(the_end_of_each_step_says_what_was_made),
    ROW(clips_get_their_scene_by_view), ROW(at_most_six_clips_are_made), ROW(a_failing_picture_leaves_the_others),
    ROW(one_picture_is_too_few), ROW(no_picture_at_all_is_a_failure), ROW(no_clip_at_all_is_a_failure),
    ROW(a_failing_plan_fails_the_step), ROW(a_failing_composition_keeps_clips_and_says_why),
    ROW(the_cost_limit_halts_a_step), ROW(the_same_prompt_is_not_paid_twice), ROW(a_fallback_plan_is_not_cached),
    ROW(cancel_goes_back_and_keeps_what_is_finished), ROW(a_result_of_an_older_run_does_not_mix_in),
    ROW(cancelling_the_step_s_job_cancels_the_step), ROW(progress_never_goes_back_and_is_not_too_fast),
    ROW(every_number_of_pieces_is_told), ROW(end_that_is_not_taken_over_fails_the_step),
    ROW(provider_that_is_down_stops_a_start), ROW(composition_tells_its_phases_in_order),
    ROW(the_cost_alert_is_given_once), ROW(a_stale_end_changes_nothing))
