/*
 * The advert flow: plan pictures, draw them, plan scenes, move the pictures, take in own pictures, make music;
 * composing is in ad_compose.c. Payloads are written by sql/functions/ad_start.sql, results read by ad_end.sql.
 */
#include "renderd/flow/ad.h"

#include <string.h>

#include "lib/base/id.h"
#include "lib/db/adcache.h"
#include "renderd/provider/local.h"
#include "renderd/provider/plan.h"
#include "renderd/provider/service.h"
#include "renderd/step/media.h"
#include "renderd/step/provider.h"

#define PICTURE_SIDE 1024
#define VIEWS_MAX 8
/* The attempt from which a cheaper model stands in: the first one, one repetition, then the other model. */
#define FALLBACK_ATTEMPT 3

static int64_t
elapsed_ms(const struct attempt *attempt)
{
	return clock_boot_ms(attempt->renderd->clock) - attempt->started_ms;
}

static void
write_provider(struct js_writer *w, const struct attempt *attempt, const char *model)
{
	js_str(w, "provider", PROVIDER_LOCAL);
	js_str(w, "model", model);
	js_bool(w, "simulated", true);
	js_bool(w, "cached", false);
	js_int(w, "generation_ms", elapsed_ms(attempt));
}

void
ad_write_warning(struct js_writer *w, const char *code, const char *message)
{
	js_open_object(w, "warning");
	js_str(w, "code", code);
	js_str(w, "message", message);
	js_close(w);
}

/* Strings of an array member; what is no string is left out. */
static int
read_strings(struct attempt *attempt, const char *pointer, struct js_strings *ret_strings, struct error *err)
{
	const struct js_value *array = js_at(attempt->payload, pointer);
	size_t count = js_count(array, "");
	const char **items = ARENA_ARRAY(attempt->arena, count + 1, const char *);

	*ret_strings = (struct js_strings){.items = items};
	if (items == NULL)
		return arena_error(attempt->arena, err);
	for (size_t i = 0; i < count; i++) {
		items[ret_strings->count] = js_text(js_item(array, i), "", NULL);
		ret_strings->count += items[ret_strings->count] != NULL;
	}
	return 0;
}

/* What an earlier job made of the same request; NULL when there is none. */
static int
find_cached(
    struct attempt *attempt, struct adcache_entry **ret_entry, const struct js_value **ret_value, struct error *err)
{
	const char *key = js_text(attempt->payload, "/cache_key", NULL);

	*ret_entry = NULL;
	if (key == NULL)
		return 0;
	if (adcache_find(attempt->db, attempt->arena, key, ret_entry, err) < 0)
		return error_wrap(err, "looking into the cache");
	if (*ret_entry == NULL)
		return 0;
	if (js_parse_free(attempt->arena, (*ret_entry)->value, strlen((*ret_entry)->value), ret_value, err) < 0)
		return -1;
	/* what the built-in provider drew is not what somebody asked another one for */
	if (strcmp(js_text(*ret_value, "/provider", PROVIDER_LOCAL), attempt->job.provider) != 0)
		*ret_entry = NULL;
	return 0;
}

/* The cached result again, marked as such. */
static int
answer_from_cache(struct attempt *attempt, const struct js_value *value, struct error *err)
{
	struct flow_result result;
	const struct js_value *member;
	const char *name;

	flow_result_begin(&result);
	for (size_t i = 0; (member = js_member_at(value, i, &name)) != NULL; i++) {
		if (strcmp(name, "cached") == 0 || strcmp(name, "generation_ms") == 0 || strcmp(name, "warning") == 0)
			continue;
		js_raw(&result.w, name, js_json(member, attempt->arena));
	}
	js_bool(&result.w, "cached", true);
	js_int(&result.w, "generation_ms", 0);
	return flow_result_end(&result, attempt, err);
}

static int
plan_images(struct attempt *attempt, struct error *err)
{
	enum local_fault fault = local_fault(attempt->renderd->conf, "plan", 1, attempt->job.attempt);
	struct plan_images plan = {.product_prompt = js_text(attempt->payload, "/product_prompt", ""),
	    .count = (int)js_number(attempt->payload, "/num_images", 6),
	    .seed = PLAN_SEED_MIN + (int64_t)(id_u64() % (PLAN_SEED_MAX - PLAN_SEED_MIN + 1))};
	const struct js_value *cached;
	struct adcache_entry *entry;
	struct flow_result result;

	attempt_progress(attempt, 0, "plan");
	if (read_strings(attempt, "/style_keywords", &plan.keywords, err) < 0 ||
	    find_cached(attempt, &entry, &cached, err) < 0)
		return -1;
	if (entry != NULL)
		return answer_from_cache(attempt, cached, err);
	if (provider_begin_local(attempt, "prompt_parser", "llama-3.1-70b", err) < 0)
		return -1;
	if (fault != LOCAL_FAULT_INVALID && local_play(fault, err) < 0)
		return -1;
	flow_result_begin(&result);
	plan_images_write(&result.w, &plan);
	write_provider(&result.w, attempt, "llama-3.1-70b");
	if (fault == LOCAL_FAULT_INVALID)
		ad_write_warning(
		    &result.w, "prompt_fallback", "The prompt was planned by the built-in template planner");
	attempt_progress(attempt, 1, "plan");
	return flow_result_end(&result, attempt, err);
}

/* An attempt that only ended because a daemon died says nothing about the provider. */
static bool
falls_back(const struct attempt *attempt)
{
	return attempt->job.attempt - attempt->job.rescues >= FALLBACK_ATTEMPT;
}

/* flux-pro, and after it failed twice sdxl; likewise for clips. */
static const char *
model_of_attempt(const struct attempt *attempt)
{
	const char *model = js_text(attempt->payload, "/model", "");

	if (!falls_back(attempt))
		return model;
	if (strcmp(model, "flux-pro") == 0)
		return "sdxl";
	if (strcmp(model, "runway-gen2") == 0)
		return "stable-video-diffusion";
	return model;
}

static int
draw(struct attempt *attempt, bool softened, struct stored *ret_stored, struct error *err)
{
	const char *prompt = js_text(attempt->payload, "/prompt", "");
	struct local_picture picture = {.view = js_text(attempt->payload, "/view_type", "front"),
	    .seed = js_number(attempt->payload, "/seed", 0),
	    .variant = (int)js_number(attempt->payload, "/variant", 0),
	    .width = PICTURE_SIDE,
	    .height = PICTURE_SIDE};
	struct js_strings keywords;

	picture.prompt = softened ? arena_printf(attempt->arena, "%s, family friendly product photo", prompt) : prompt;
	if (picture.prompt == NULL)
		return arena_error(attempt->arena, err);
	if (read_strings(attempt, "/keywords", &keywords, err) < 0)
		return -1;
	picture.keywords = keywords.items;
	picture.keyword_count = keywords.count;
	return local_draw(attempt, &picture, ret_stored, err);
}

static int
make_image(struct attempt *attempt, struct error *err)
{
	int64_t index = js_number(attempt->payload, "/index", 1);
	enum local_fault fault = local_fault(attempt->renderd->conf, "image", index, attempt->job.attempt);
	const char *model = model_of_attempt(attempt);
	bool softened = fault == LOCAL_FAULT_CONTENT;
	const struct js_value *cached = NULL;
	struct adcache_entry *entry = NULL;
	struct flow_result result;
	struct stored stored;

	if (!attempt->job.parked && find_cached(attempt, &entry, &cached, err) < 0)
		return -1;
	if (entry != NULL)
		return answer_from_cache(attempt, cached, err);
	if (service_find(attempt->job.provider) != NULL)
		return ad_outside_image(attempt, model, falls_back(attempt), err);
	if (provider_begin_local(attempt, "image_generator", model, err) < 0)
		return -1;
	if (!softened && local_play(fault, err) < 0)
		return -1;
	if (draw(attempt, softened, &stored, err) < 0)
		return -1;
	flow_result_begin(&result);
	media_write_stored(&result.w, &stored, "image/png");
	js_int(&result.w, "width", PICTURE_SIDE);
	js_int(&result.w, "height", PICTURE_SIDE);
	write_provider(&result.w, attempt, model);
	if (softened)
		ad_write_warning(
		    &result.w, "content_softened", "A prompt was softened because the content filter refused it");
	else if (falls_back(attempt))
		ad_write_warning(
		    &result.w, "model_fallback", "Another model was used because the chosen one was not available");
	return flow_result_end(&result, attempt, err);
}

/* A job that only ends a step: what its parents mean for the session is the database's affair. */
static int
join(struct attempt *attempt, struct error *err)
{
	(void)err;
	attempt_done(attempt, "{}");
	return 0;
}

static int
plan_clips(struct attempt *attempt, struct error *err)
{
	enum local_fault fault = local_fault(attempt->renderd->conf, "plan", 2, attempt->job.attempt);
	const struct js_value *images = js_at(attempt->payload, "/images");
	struct plan_clips plan = {.video_prompt = js_text(attempt->payload, "/video_prompt", "")};
	const char *views[VIEWS_MAX];
	struct flow_result result;

	attempt_progress(attempt, 0, "plan");
	for (; plan.views.count < FW_MIN(js_count(images, ""), (size_t)VIEWS_MAX); plan.views.count++)
		views[plan.views.count] = js_text(js_item(images, plan.views.count), "/view_type", "front");
	plan.views.items = views;
	if (provider_begin_local(attempt, "scene_planner", "llama-3.1-70b", err) < 0)
		return -1;
	if (fault != LOCAL_FAULT_INVALID && local_play(fault, err) < 0)
		return -1;
	flow_result_begin(&result);
	plan_clips_write(&result.w, &plan);
	write_provider(&result.w, attempt, "llama-3.1-70b");
	if (fault == LOCAL_FAULT_INVALID)
		ad_write_warning(
		    &result.w, "scene_fallback", "The scenes were planned by the built-in template planner");
	attempt_progress(attempt, 1, "plan");
	return flow_result_end(&result, attempt, err);
}

static int
make_clip(struct attempt *attempt, struct error *err)
{
	int64_t index = js_number(attempt->payload, "/index", 1);
	enum local_fault fault = local_fault(attempt->renderd->conf, "clip", index, attempt->job.attempt);
	const struct local_clip clip = {.source_sha256 = js_text(attempt->payload, "/source/sha256", ""),
	    .movement = js_text(attempt->payload, "/camera_movement", "slow zoom in"),
	    .intensity = FW_MIN(1.0, FW_MAX(0.0, js_real(attempt->payload, "/motion_intensity", 0.5))),
	    .duration_ms = js_number(attempt->payload, "/clip_duration_ms", 3000),
	    .seed = js_number(attempt->payload, "/seed", 1)};
	const char *model = model_of_attempt(attempt);
	struct flow_result result;
	struct local_video video;

	if (service_find(attempt->job.provider) != NULL)
		return ad_outside_clip(attempt, model, falls_back(attempt), err);
	if (provider_begin_local(attempt, "video_generator", model, err) < 0 || local_play(fault, err) < 0)
		return -1;
	if (local_move(attempt, &clip, &video, err) < 0)
		return -1;
	flow_result_begin(&result);
	media_write_stored(&result.w, &video.stored, "video/mp4");
	js_int(&result.w, "duration_us", video.duration_us);
	js_int(&result.w, "width", video.width);
	js_int(&result.w, "height", video.height);
	js_int(&result.w, "fps_num", video.fps_num);
	js_int(&result.w, "fps_den", video.fps_den);
	write_provider(&result.w, attempt, model);
	if (falls_back(attempt))
		ad_write_warning(
		    &result.w, "model_fallback", "Another model was used because the chosen one was not available");
	return flow_result_end(&result, attempt, err);
}

/* A picture of the user's becomes one of the session's: upright, in sRGB, without transparency, not larger than needed.
 */
static int
import_picture(struct attempt *attempt, struct error *err)
{
	const struct media_input input = {"in0", js_text(attempt->payload, "/sha256", "")};
	struct media_task task = {.name = "import_image", .inputs = &input, .input_count = 1, .phase = "image"};
	const struct js_value *imported;
	struct flow_result args, result;
	const char *media_type;
	struct stored stored;

	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "output", "picture");
	js_int(&args.w, "max_side", js_number(attempt->payload, "/max_side", 4096));
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, &imported, err) < 0)
		return -1;
	media_type = js_text(imported, "/media_type", "image/png");
	if (media_publish(attempt, "picture", media_type, &stored, err) < 0)
		return -1;
	flow_result_begin(&result);
	media_write_stored(&result.w, &stored, media_type);
	js_int(&result.w, "width", js_number(imported, "/width", 0));
	js_int(&result.w, "height", js_number(imported, "/height", 0));
	return flow_result_end(&result, attempt, err);
}

static int
make_music(struct attempt *attempt, struct error *err)
{
	struct media_task task = {.name = "music", .phase = "music"};
	const struct js_value *music;
	struct flow_result args, result;
	struct stored stored;

	attempt_progress(attempt, 0, "music");
	if (local_play(local_fault(attempt->renderd->conf, "music", 1, attempt->job.attempt), err) < 0)
		return -1;
	flow_result_begin(&args);
	js_str(&args.w, "genre", js_text(attempt->payload, "/genre", "upbeat"));
	js_int(&args.w, "seed", js_number(attempt->payload, "/seed", 1));
	js_str(&args.w, "output", "music.wav");
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, &music, err) < 0 ||
	    media_publish(attempt, "music.wav", "audio/wav", &stored, err) < 0)
		return -1;
	attempt_progress(attempt, 1, "music");
	flow_result_begin(&result);
	media_write_stored(&result.w, &stored, "audio/wav");
	js_int(&result.w, "frames", js_number(music, "/frames", 0));
	js_double(&result.w, "lufs", js_real(music, "/lufs", 0));
	js_double(&result.w, "true_peak", js_real(music, "/true_peak", 0));
	return flow_result_end(&result, attempt, err);
}

const struct flow_row flow_ad[] = {
    {"ad.plan_images", plan_images},
    {"ad.image", make_image},
    {"ad.images_join", join, .no_db = true},
    {"ad.import", import_picture},
    {"ad.plan_clips", plan_clips},
    {"ad.clip", make_clip},
    {"ad.clips_join", join, .no_db = true},
    {"ad.music", make_music},
    {"ad.compose", ad_compose},
    {"ad.ahead", ad_ahead},
    {"ad.preview", ad_preview},
    {NULL, NULL},
};
