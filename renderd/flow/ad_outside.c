/*
 * Pictures and clips by an outside provider. Each claim of such a job is one short step: submit, ask, fetch
 * (renderd/step/paid.h); what was fetched is looked at by the media process before it becomes a result.
 */
#include <stdio.h>
#include <string.h>

#include "renderd/flow/ad.h"
#include "renderd/step/media.h"
#include "renderd/step/paid.h"

#define PICTURE_SIDE 1024
#define PICTURE_SIDE_MAX 4096

/* The first request of a job, and the one with a softened prompt after the content filter refused that. */
#define STEP_FIRST "submit"
#define STEP_SOFT "soften"

static int
prepare(struct attempt *attempt, struct paid_ask *ask, const char *model, struct error *err)
{
	const struct conf *conf = attempt->renderd->conf;
	const char *live;

	ask->service = service_find(attempt->job.provider);
	ask->model = model;
	ask->step = STEP_FIRST;
	ask->estimate_micros = -1;
	/* what is under way goes on as what it is, however the attempts are counted since */
	if (paid_live_model(attempt, STEP_SOFT, &live, err) < 0)
		return -1;
	if (live != NULL)
		ask->step = STEP_SOFT;
	else if (paid_live_model(attempt, STEP_FIRST, &live, err) < 0)
		return -1;
	if (live != NULL)
		ask->model = live;
	if (!ask->service->configured(conf))
		return error_code(
		    err, ERR_UNAVAILABLE, "provider_unavailable", "'%s' has no key here", ask->service->name);
	ask->target = ask->service->target(conf, attempt->arena, ask->model);
	if (ask->target == NULL)
		return error_code(
		    err, ERR_INPUT, "model_unavailable", "'%s' has no model '%s'", ask->service->name, ask->model);
	return 0;
}

static int
soften(struct attempt *attempt, struct paid_ask *ask, struct error *err)
{
	ask->prompt = arena_printf(attempt->arena, "%s, family friendly product photo", ask->prompt);
	ask->step = STEP_SOFT;
	return ask->prompt == NULL ? arena_error(attempt->arena, err) : 0;
}

/* One softened repetition, of the same attempt, at the same provider. */
static int
run_softly(
    struct attempt *attempt, struct paid_ask *ask, struct paid_file *file, enum paid_next *next, struct error *err)
{
	bool softened = strcmp(ask->step, STEP_SOFT) == 0;

	if (softened && soften(attempt, ask, err) < 0)
		return -1;
	if (paid_run(attempt, ask, file, next, err) == 0)
		return 0;
	if (softened || attempt->job.cancelling || !error_has_code(err, "content_refused"))
		return -1;
	log_info(&attempt->log, "prompt_softened");
	error_clear(err);
	if (soften(attempt, ask, err) < 0)
		return -1;
	return paid_run(attempt, ask, file, next, err);
}

/* What cannot be used is booked and ends the job; what could not be looked at just now stays and is fetched again. */
static int
unusable(struct attempt *attempt, const struct paid_file *file, struct error *err)
{
	if (error_is(err, ERR_INPUT) || error_is(err, ERR_TOO_LARGE) || error_is(err, ERR_MEMORY))
		return paid_spoilt(attempt, file, err);
	return -1;
}

static void
write_paid(struct js_writer *w, const struct paid_ask *ask, const struct paid_file *file)
{
	js_str(w, "provider", ask->service->name);
	js_str(w, "model", ask->model);
	js_str(w, "endpoint", ask->target);
	js_bool(w, "simulated", false);
	js_bool(w, "cached", false);
	js_int(w, "price_micros", file->price_micros);
	js_int(w, "generation_ms", file->generation_ms >= 0 ? file->generation_ms : file->call.age_s * 1000);
	js_str(w, "request", *file->call.request_id != '\0' ? file->call.request_id : NULL);
}

static void
write_remark(struct js_writer *w, const struct paid_ask *ask, bool fallback)
{
	if (strcmp(ask->step, STEP_SOFT) == 0)
		ad_write_warning(w, "content_softened", "A prompt was softened because the content filter refused it");
	else if (fallback)
		ad_write_warning(
		    w, "model_fallback", "Another model was used because the chosen one was not available");
}

/* The file as it came is stored by its content first; the media process reads stored files only. */
static int
import_picture(struct attempt *attempt, const struct paid_file *file, struct stored *ret_stored,
    const struct js_value **ret_imported, struct error *err)
{
	struct media_input input = {.name = "in0"};
	struct media_task task = {.name = "import_image", .inputs = &input, .input_count = 1, .phase = "image"};
	struct flow_result args;
	struct stored raw;

	if (media_publish(attempt, file->name, "application/octet-stream", &raw, err) < 0)
		return -1;
	input.sha256 = raw.sha256;
	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "output", "picture");
	js_int(&args.w, "max_side", PICTURE_SIDE_MAX);
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, ret_imported, err) < 0)
		return -1;
	return media_publish(attempt, "picture", js_text(*ret_imported, "/media_type", "image/png"), ret_stored, err);
}

static int
finish_picture(
    struct attempt *attempt, const struct paid_ask *ask, const struct paid_file *file, bool fallback, struct error *err)
{
	const struct js_value *imported;
	struct flow_result result;
	struct stored stored;

	if (import_picture(attempt, file, &stored, &imported, err) < 0)
		return unusable(attempt, file, err);
	flow_result_begin(&result);
	media_write_stored(&result.w, &stored, js_text(imported, "/media_type", "image/png"));
	js_int(&result.w, "width", js_number(imported, "/width", 0));
	js_int(&result.w, "height", js_number(imported, "/height", 0));
	write_paid(&result.w, ask, file);
	write_remark(&result.w, ask, fallback);
	return flow_result_end(&result, attempt, err);
}

int
ad_outside_image(struct attempt *attempt, const char *model, bool fallback, struct error *err)
{
	struct paid_ask ask = {.agent = "image_generator",
	    .kind = PAID_PICTURE,
	    .prompt = js_text(attempt->payload, "/prompt", ""),
	    .seed = js_number(attempt->payload, "/seed", 0),
	    .side = PICTURE_SIDE};
	struct paid_file file;
	enum paid_next next;

	attempt->end.phase = "image";
	if (prepare(attempt, &ask, model, err) < 0 || run_softly(attempt, &ask, &file, &next, err) < 0)
		return -1;
	return next == PAID_ENDED ? 0 : finish_picture(attempt, &ask, &file, fallback, err);
}

static int
probe_clip(struct attempt *attempt, const struct paid_file *file, struct stored *ret_stored,
    const struct js_value **ret_probe, struct error *err)
{
	struct media_input input = {.name = "in0"};
	struct media_task task = {.name = "probe", .inputs = &input, .input_count = 1, .phase = "clip"};
	struct flow_result args;

	if (media_publish(attempt, file->name, "video/mp4", ret_stored, err) < 0)
		return -1;
	input.sha256 = ret_stored->sha256;
	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "expect", "video");
	task.args_json = flow_text(&args, attempt, err);
	return task.args_json == NULL ? -1 : media_run(attempt, &task, ret_probe, err);
}

static int
finish_clip(
    struct attempt *attempt, const struct paid_ask *ask, const struct paid_file *file, bool fallback, struct error *err)
{
	static const char *const numbers[] = {"duration_us", "width", "height", "fps_num", "fps_den"};
	const struct js_value *probe;
	struct flow_result result;
	struct stored stored;

	if (probe_clip(attempt, file, &stored, &probe, err) < 0)
		return unusable(attempt, file, err);
	flow_result_begin(&result);
	media_write_stored(&result.w, &stored, js_text(probe, "/media_type", "video/mp4"));
	for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
		js_int(&result.w, numbers[i], js_number(js_member(probe, numbers[i]), "", 0));
	write_paid(&result.w, ask, file);
	write_remark(&result.w, ask, fallback);
	return flow_result_end(&result, attempt, err);
}

int
ad_outside_clip(struct attempt *attempt, const char *model, bool fallback, struct error *err)
{
	struct paid_ask ask = {.agent = "video_generator",
	    .kind = PAID_CLIP,
	    .prompt = arena_printf(attempt->arena, "%s. Camera: %s.", js_text(attempt->payload, "/scene_prompt", ""),
		js_text(attempt->payload, "/camera_movement", "slow zoom in")),
	    .seed = js_number(attempt->payload, "/seed", 1),
	    .source_sha256 = js_text(attempt->payload, "/source/sha256", ""),
	    .source_type = js_text(attempt->payload, "/source/media_type", "image/png"),
	    .duration_ms = js_number(attempt->payload, "/clip_duration_ms", 3000)};
	struct paid_file file;
	enum paid_next next;

	if (ask.prompt == NULL)
		return arena_error(attempt->arena, err);
	attempt->end.phase = "clip";
	if (prepare(attempt, &ask, model, err) < 0 || run_softly(attempt, &ask, &file, &next, err) < 0)
		return -1;
	return next == PAID_ENDED ? 0 : finish_clip(attempt, &ask, &file, fallback, err);
}
