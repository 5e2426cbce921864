/*
 * Composing an advert: the compose request and the approved clips become a timeline, the media process renders it by
 * spans.
 *
 * A render that runs out of memory or whose encoder fails is repeated with one thread, and if that fails too in
 * 1280x720; the user is told. A clip that is missing or cannot be read ends the job before anything is encoded.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/timeline/advert.h"
#include "renderd/flow/ad.h"
#include "renderd/provider/local.h"
#include "renderd/step/media.h"

#define FILM "film.mp4"
#define POSTER "poster.jpg"
#define TIMELINE_MAX (512 * KIB)

/* The same work with less and less: all threads, one thread, one thread and a smaller picture. */
static const struct effort {
	int threads; /* 0: as many as there are */
	double scale;
} efforts[] = {{0, 1}, {1, 1}, {1, 1280.0 / ADVERT_WIDTH}};

struct composition {
	struct advert advert;
	struct advert_clip clips[ADVERT_CLIPS_MAX];
	struct media_input inputs[ADVERT_CLIPS_MAX + 1];
	char names[ADVERT_CLIPS_MAX + 1][16];
	size_t input_count;
	struct advert_length length;
	const char *timeline; /* JSON */
};

static int
read_clips(struct attempt *attempt, struct composition *c, struct error *err)
{
	const struct js_value *clips = js_at(attempt->payload, "/clips");

	c->advert.clips = c->clips;
	c->advert.n_clips = js_count(clips, "");
	if (c->advert.n_clips > ADVERT_CLIPS_MAX)
		return error_set(err, ERR_INPUT, "a film of more than %d clips", ADVERT_CLIPS_MAX);
	for (size_t i = 0; i < c->advert.n_clips; i++) {
		const struct js_value *clip = js_item(clips, i);
		CLEANUP(fd_close) int fd = -1;

		snprintf(c->names[i], sizeof(c->names[i]), "in%zu", i);
		c->inputs[i] = (struct media_input){c->names[i], js_text(clip, "/sha256", "")};
		c->clips[i] = (struct advert_clip){c->names[i], (double)js_number(clip, "/duration_us", 0) / 1e6};
		fd = store_open_blob(&attempt->renderd->store, c->inputs[i].sha256, err);
		if (fd < 0)
			return error_code(
			    err, ERR_INPUT, "clip_unavailable", "clip %s is missing", js_text(clip, "/asset_id", "?"));
	}
	c->input_count = c->advert.n_clips;
	return 0;
}

static void
read_music(struct attempt *attempt, struct composition *c)
{
	const char *music = js_text(attempt->payload, "/music/sha256", NULL);

	c->advert.music = music != NULL && js_flag(attempt->payload, "/request/audio/enabled", false);
	if (!c->advert.music)
		return;
	snprintf(c->names[c->input_count], sizeof(c->names[0]), "in%zu", c->input_count);
	c->inputs[c->input_count] = (struct media_input){c->names[c->input_count], music};
	c->input_count++;
}

static void
read_request(struct attempt *attempt, struct advert *advert)
{
	const struct js_value *request = js_at(attempt->payload, "/request");

	advert->name = js_text(request, "/text_overlay/product_name", "");
	advert->cta = js_text(request, "/text_overlay/cta", "");
	advert->font = js_text(request, "/text_overlay/font", "Montserrat-Bold");
	advert->color = js_text(request, "/text_overlay/color", "#FFFFFF");
	advert->cta_lead_in_s = js_real(request, "/text_overlay/cta_lead_in", 0);
	advert->name_start_s = js_real(request, "/text_overlay/name_start", 0);
	advert->name_duration_s = js_real(request, "/text_overlay/name_duration", 1);
	advert->intro_s = js_real(request, "/intro_duration", ADVERT_CARD_S);
	advert->outro_s = js_real(request, "/outro_duration", ADVERT_CARD_S);
	advert->crossfade = strcmp(js_text(request, "/transition", "crossfade"), "cut") != 0;
	advert->fit = js_flag(request, "/fit_duration", true);
}

static int
write_timeline(struct attempt *attempt, struct composition *c, struct error *err)
{
	struct buf buf = BUF_INIT(TIMELINE_MAX);
	int status = advert_write(&c->advert, &buf, &c->length, err);

	if (status == 0)
		status = buf_error(&buf, err);
	if (status == 0) {
		c->timeline = buf_dup(&buf, attempt->arena);
		if (c->timeline == NULL)
			status = arena_error(attempt->arena, err);
	}
	buf_done(&buf);
	return status < 0 ? error_wrap(err, "making the timeline") : 0;
}

static const char *
render_args(struct attempt *attempt, const struct composition *c, const struct effort *effort, struct error *err)
{
	struct flow_result args;

	flow_result_begin(&args);
	js_raw(&args.w, "timeline", c->timeline);
	js_open_object(&args.w, "assets");
	for (size_t i = 0; i < c->input_count; i++)
		js_str(&args.w, i < c->advert.n_clips ? c->clips[i].asset : ADVERT_MUSIC, c->names[i]);
	js_close(&args.w);
	js_str(&args.w, "output", FILM);
	js_str(&args.w, "poster", POSTER);
	js_int(&args.w, "cache_limit", conf_size(attempt->renderd->conf, CONF_CACHE_LIMIT));
	if (effort->threads > 0)
		js_int(&args.w, "threads", effort->threads);
	if (effort->scale < 1)
		js_fixed(&args.w, "scale", effort->scale, 6);
	return flow_text(&args, attempt, err);
}

/* Worth another try with less: our own failures and limits, but not a bad input and not an end from outside. */
static bool
try_with_less(struct attempt *attempt, const struct error *err)
{
	if (attempt_stops(attempt) || error_has_code(err, "media_away"))
		return false;
	return error_is(err, ERR_MEMORY) || error_is(err, ERR_LIMIT) || error_is(err, ERR_INTERNAL);
}

/* The index of the effort that succeeded, or -1. */
static int
render(struct attempt *attempt, const struct composition *c, const struct js_value **ret_result, struct error *err)
{
	struct media_task task = {
	    .name = "render", .inputs = c->inputs, .input_count = c->input_count, .cache = true, .phase = "render"};

	for (size_t i = 0; i < ARRAY_LEN(efforts); i++) {
		task.args_json = render_args(attempt, c, &efforts[i], err);
		if (task.args_json == NULL)
			return -1;
		if (media_run(attempt, &task, ret_result, err) == 0)
			return (int)i;
		if (!try_with_less(attempt, err) || i + 1 == ARRAY_LEN(efforts))
			return -1;
		log_warn(&attempt->log, "render_again_with_less", LOG_INT("effort", i + 1), LOG_ERR(err));
		error_clear(err);
	}
	return -1;
}

static void
write_warnings(struct js_writer *w, struct attempt *attempt, const struct composition *c,
    const struct js_value *rendered, int effort)
{
	js_open_array(w, "warnings");
	for (size_t i = 0; i < js_count(rendered, "/warnings"); i++)
		js_raw(w, NULL, js_json(js_item(js_at(rendered, "/warnings"), i), attempt->arena));
	if (c->length.out_of_range)
		js_str(w, NULL, "duration_out_of_range");
	if (efforts[effort].scale < 1)
		js_str(w, NULL, "reduced_resolution");
	js_close(w);
}

static int
answer(struct attempt *attempt, const struct composition *c, const struct js_value *rendered, int effort,
    struct error *err)
{
	struct stored film, poster;
	struct flow_result result;

	if (media_publish(attempt, FILM, "video/mp4", &film, err) < 0 ||
	    media_publish(attempt, POSTER, "image/jpeg", &poster, err) < 0)
		return -1;
	flow_result_begin(&result);
	ad_write_stored(&result.w, &film, "video/mp4");
	js_int(&result.w, "width", js_number(rendered, "/width", 0));
	js_int(&result.w, "height", js_number(rendered, "/height", 0));
	js_int(&result.w, "duration_us", js_number(rendered, "/duration_us", 0));
	js_int(&result.w, "fps_num", js_number(rendered, "/fps_num", 0));
	js_int(&result.w, "fps_den", js_number(rendered, "/fps_den", 1));
	js_int(&result.w, "generation_ms", clock_boot_ms(attempt->renderd->clock) - attempt->started_ms);
	js_open_object(&result.w, "thumbnail");
	ad_write_stored(&result.w, &poster, "image/jpeg");
	js_int(&result.w, "width", js_number(rendered, "/poster/width", 0));
	js_int(&result.w, "height", js_number(rendered, "/poster/height", 0));
	js_close(&result.w);
	js_raw(&result.w, "measurements", js_json(js_at(rendered, "/measurements"), attempt->arena));
	js_raw(&result.w, "audio", js_json(js_at(rendered, "/audio"), attempt->arena));
	js_raw(&result.w, "spans", js_json(js_at(rendered, "/spans"), attempt->arena));
	write_warnings(&result.w, attempt, c, rendered, effort);
	return flow_result_end(&result, attempt, err);
}

int
ad_compose(struct attempt *attempt, struct error *err)
{
	struct composition *c = ARENA_NEW(attempt->arena, struct composition);
	const struct js_value *rendered;
	int effort;

	if (c == NULL)
		return arena_error(attempt->arena, err);
	attempt_progress(attempt, 0, "text");
	if (local_play(local_fault(attempt->renderd->conf, "compose", 1, attempt->job.attempt), err) < 0)
		return -1;
	if (read_clips(attempt, c, err) < 0)
		return -1;
	read_music(attempt, c);
	read_request(attempt, &c->advert);
	if (write_timeline(attempt, c, err) < 0)
		return -1;
	attempt_progress(attempt, 1, "text");
	effort = render(attempt, c, &rendered, err);
	if (effort < 0) {
		if (error_is(err, ERR_INPUT) && strncmp(err->code, "media_", 6) == 0)
			snprintf(err->code, sizeof(err->code), "clip_unavailable");
		return error_wrap(err, "rendering the film");
	}
	return answer(attempt, c, rendered, effort, err);
}
