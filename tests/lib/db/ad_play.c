#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/hash.h"
#include "lib/db/providercall.h"
#include "lib/db/worker.h"
#include "tests/lib/db/ad_play.h"

static int64_t worker;
static uint32_t leases;
static int users;
static int blobs;

struct db *
play_api(void)
{
	return test_db("framewright_api");
}

struct db *
play_renderd(void)
{
	return test_db("framewright_renderd");
}

int
play_begin(void)
{
	struct error err = {0};
	struct worker_start start = {.host = "test", .program = "renderd", .version = "0"};

	if (worker == 0)
		CHECK_OK(worker_begin(play_renderd(), &start, &worker, &err), &err);
	test_sql("delete from job_lease;"
		 "update job set state = 'cancelled', finished_at = now(), lease = null, parked = false where "
		 "finished_at is null;"
		 "delete from cache_entry");
	int user = test_db_user(arena_printf(test_arena(), "user%d@example.com", ++users));
	db_caller(play_api(), user);
	return user;
}

const char *
play_session(void)
{
	struct error err = {0};
	struct session_new made = {.id = ""};

	CHECK_OK(session_create(play_api(), test_arena(), 0, &made, &err), &err);
	return made.id;
}

struct session *
play_load(const char *session)
{
	static struct session none;
	struct error err = {0};
	struct session *loaded = &none;

	CHECK_OK(session_load(play_api(), test_arena(), session, &loaded, &err), &err);
	return loaded;
}

int
play_start_images(const char *session, int count, bool dry_run, struct session_started *started, struct error *err)
{
	static const char *const keywords[] = {"professional", "studio"};
	const struct session_images_start start = {
	    .start = {.session_id = session, .dry_run = dry_run, .estimated_s = 45},
	    .product_prompt = "pink tennis shoes with white laces",
	    .num_images = count,
	    .style_keywords = keywords,
	    .keyword_count = ARRAY_LEN(keywords),
	    .model = "flux-pro",
	};

	return session_start_images(play_api(), test_arena(), &start, started, err);
}

int
play_start_clips(const char *session, bool dry_run, struct session_started *started, struct error *err)
{
	const struct session_clips_start start = {
	    .start = {.session_id = session, .dry_run = dry_run, .estimated_s = 180},
	    .video_prompt = "girl running in sun, outdoor track, golden hour lighting",
	    .clip_duration_ms = 3000,
	    .model = "stable-video-diffusion",
	};

	return session_start_clips(play_api(), test_arena(), &start, started, err);
}

int
play_start_compose(const char *session, bool music, struct session_started *started, struct error *err)
{
	const struct session_compose_start start = {
	    .start = {.session_id = session, .estimated_s = 35},
	    .request_json = arena_printf(test_arena(),
		"{\"text_overlay\": {\"product_name\": \"AirRun Pro\", \"cta\": \"Shop Now\"},"
		" \"audio\": {\"enabled\": %s, \"genre\": \"upbeat\"}, \"fit_duration\": true}",
		music ? "true" : "false"),
	};

	return session_start_compose(play_api(), test_arena(), &start, started, err);
}

int
play_ready(const char *kind)
{
	return (int)test_sql_int("select count(*) from job where kind = '%s' and state = 'ready'", kind);
}

const struct job_claimed *
play_claim(const char *kind)
{
	struct error err = {0};
	const int64_t lease = worker_lease(worker, ++leases);
	const struct job_claimed *jobs = NULL;
	size_t count = 0;

	for (int step = 0; step < JOB_STEP__COUNT && count == 0; step++) {
		const struct job_claim claim = {.worker = worker,
		    .step = (enum job_step)step,
		    .leases = &lease,
		    .count = 1,
		    .kinds = &kind,
		    .kind_count = 1};
		if (!CHECK_OK(job_claim(play_renderd(), test_arena(), &claim, &jobs, &count, &err), &err))
			return NULL;
	}
	return count > 0 ? jobs : NULL;
}

bool
play_end(const struct job_claimed *job, enum job_outcome outcome, const char *body)
{
	struct error err = {0};

	if (!CHECK(job != NULL))
		return false;
	struct job_end end = {.job = job->id, .lease = job->lease, .outcome = outcome, .body = body, .delay_ms = -1};
	CHECK_OK(job_end(play_renderd(), &end, 1, &err), &err);
	return end.applied;
}

int
play_pay(const struct job_claimed *job, const char *agent, const char *model, struct error *err)
{
	struct providercall call;
	const struct providercall_new new = {.job = job->id,
	    .lease = job->lease,
	    .step = "submit",
	    .agent = agent,
	    .provider = "local",
	    .model = model,
	    .estimate_micros = -1,
	    .simulated = true};

	if (providercall_open(play_renderd(), &new, &call, err) < 0)
		return -1;
	return providercall_sending(play_renderd(), call.id, job->lease, err);
}

static const char *
next_blob(void)
{
	char hex[HASH_HEX_SIZE];
	char name[32];

	(void)snprintf(name, sizeof(name), "blob %d", ++blobs);
	return arena_strdup(test_arena(), hash_bytes_hex(name, strlen(name), hex));
}

const char *
play_picture(void)
{
	return arena_printf(test_arena(),
	    "{\"sha256\": \"%s\", \"bytes\": 1000, \"width\": 1024, \"height\": 1024, \"media_type\": \"image/png\","
	    " \"model\": \"flux-pro\", \"provider\": \"local\", \"simulated\": true, \"generation_ms\": 1500}",
	    next_blob());
}

const char *
play_clip(int64_t duration_us)
{
	return arena_printf(test_arena(),
	    "{\"sha256\": \"%s\", \"bytes\": 5000, \"width\": 1024, \"height\": 576, \"media_type\": \"video/mp4\","
	    " \"duration_us\": %" PRId64 ", \"fps_num\": 30, \"fps_den\": 1, \"model\": \"stable-video-diffusion\","
	    " \"provider\": \"local\", \"simulated\": true, \"generation_ms\": 40000}",
	    next_blob(), duration_us);
}

const char *
play_film(int64_t bytes)
{
	return arena_printf(test_arena(),
	    "{\"sha256\": \"%s\", \"bytes\": %" PRId64 ", \"width\": 1920, \"height\": 1080, \"duration_us\": 10500000,"
	    " \"fps_num\": 30, \"fps_den\": 1, \"measurements\": {\"lufs\": -16.0},"
	    " \"thumbnail\": {\"sha256\": \"%s\", \"bytes\": 300, \"width\": 640, \"height\": 360}}",
	    next_blob(), bytes, next_blob());
}

const char *
play_plan(int count)
{
	static const char *const views[] = {
	    "front", "side", "back", "top", "detail", "lifestyle", "lifestyle", "detail"};
	CLEANUP(buf_done) struct buf buf = BUF_INIT(64 * KIB);

	buf_puts(&buf, "{\"consistency_seed\": 123456, \"style_keywords\": [\"studio\", \"pink\"],"
		       " \"product_category\": \"footwear\", \"image_prompts\": [");
	for (int i = 0; i < count; i++)
		buf_printf(&buf,
		    "%s{\"prompt\": \"shoes %d\", \"negative_prompt\": \"blurry\", \"view_type\": \"%s\","
		    " \"seed\": 1, \"guidance_scale\": 7.5, \"variation_strength\": 0.3}",
		    i > 0 ? "," : "", i, views[i]);
	buf_puts(&buf, "]}");
	return arena_strdup(test_arena(), buf_str(&buf));
}

static void
play_piece(const char *kind, const char *agent, const char *model, bool fails, const char *result)
{
	struct error err = {0};
	const struct job_claimed *job = play_claim(kind);

	if (!CHECK(job != NULL))
		return;
	if (agent != NULL)
		CHECK_OK(play_pay(job, agent, model, &err), &err);
	CHECK(play_end(job, fails ? JOB_FAILED : JOB_DONE,
	    fails ? "{\"code\": \"provider_error\", \"detail\": \"boom\", \"kind\": \"provider\", \"retryable\": false}"
		  : result));
}

void
play_images(int count, int failed)
{
	play_piece("ad.plan_images", "prompt_parser", "llama-3.1-70b", false, play_plan(count));
	for (int i = 0; i < count; i++)
		play_piece("ad.image", "image_generator", "flux-pro", i < failed, play_picture());
	play_piece("ad.images_join", NULL, NULL, false, "{}");
}

void
play_clips(int count, int failed)
{
	play_piece("ad.plan_clips", "scene_planner", "llama-3.1-70b", false,
	    "{\"scenes\": [{\"image_view\": \"front\", \"scene_prompt\": \"runs\", \"camera_movement\": \"pan left\","
	    " \"motion_intensity\": 0.7}, {\"image_view\": \"side\", \"scene_prompt\": \"jumps\","
	    " \"camera_movement\": \"static\", \"motion_intensity\": 7}]}");
	for (int i = 0; i < count; i++)
		play_piece("ad.clip", "video_generator", "stable-video-diffusion", i < failed, play_clip(3000000));
	play_piece("ad.clips_join", NULL, NULL, false, "{}");
}

void
play_compose(bool music)
{
	if (music)
		play_piece("ad.music", NULL, NULL, false,
		    arena_printf(test_arena(), "{\"sha256\": \"%s\", \"bytes\": 700, \"media_type\": \"audio/wav\"}",
			next_blob()));
	play_piece("ad.compose", NULL, NULL, false, play_film(8000000));
}

void
play_approve_images(const char *session, size_t count)
{
	struct error err = {0};
	struct session_saved saved = {0};
	const char *ids[8];
	const struct session *loaded = play_load(session);

	if (!CHECK(loaded->image_count >= count))
		return;
	for (size_t i = 0; i < count; i++)
		ids[i] = loaded->images[i].id;
	CHECK_OK(session_save_images(play_api(), session, ids, count, &saved, &err), &err);
	CHECK_INT(saved.approved_count, count);
}

void
play_approve_clips(const char *session, size_t count)
{
	struct error err = {0};
	struct session_saved saved = {0};
	const char *ids[8];
	const struct session *loaded = play_load(session);

	if (!CHECK(loaded->clip_count >= count))
		return;
	for (size_t i = 0; i < count; i++)
		ids[i] = loaded->clips[i].id;
	CHECK_OK(session_save_clips(play_api(), session, ids, count, NULL, 0, &saved, &err), &err);
	CHECK_INT(saved.approved_count, count);
}

void
play_to_clips(const char *session, int count)
{
	struct error err = {0};
	struct session_started started;

	CHECK_OK(play_start_images(session, count, false, &started, &err), &err);
	play_images(count, 0);
	play_approve_images(session, (size_t)count);
	CHECK_OK(play_start_clips(session, false, &started, &err), &err);
	play_clips(FW_MIN(count, 6), 0);
}

const char *
play_last_event(const char *session)
{
	return test_sql_text("select payload from event where project_id = '%s' order by seq desc limit 1", session);
}
