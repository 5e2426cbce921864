/*
 * Composing an advert: the compose request and the approved clips become a timeline, the media process renders it by
 * spans. The same composition is encoded ahead, as far as no text is in it, and shown as a preview.
 *
 * A clip that is missing or cannot be read ends the job before anything is encoded.
 */
#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/timeline/advert.h"
#include "renderd/flow/ad.h"
#include "renderd/provider/local.h"
#include "renderd/step/render.h"

#define TIMELINE_MAX (512 * KIB)

struct composition {
	struct advert advert;
	struct advert_clip clips[ADVERT_CLIPS_MAX];
	struct render_file_input files[ADVERT_CLIPS_MAX + 2];
	char names[ADVERT_CLIPS_MAX][16];
	size_t file_count;
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

		snprintf(c->names[i], sizeof(c->names[i]), "clip%zu", i);
		c->files[i] = (struct render_file_input){c->names[i], js_text(clip, "/sha256", "")};
		c->clips[i] = (struct advert_clip){c->names[i], (double)js_number(clip, "/duration_us", 0) / 1e6};
		fd = store_open_blob(&attempt->renderd->store, c->files[i].sha256, err);
		if (fd < 0)
			return error_code(
			    err, ERR_INPUT, "clip_unavailable", "clip %s is missing", js_text(clip, "/asset_id", "?"));
	}
	c->file_count = c->advert.n_clips;
	return 0;
}

static void
read_music(struct attempt *attempt, struct composition *c)
{
	const char *music = js_text(attempt->payload, "/music/sha256", NULL);

	c->advert.music = music != NULL && js_flag(attempt->payload, "/request/audio/enabled", false);
	if (c->advert.music)
		c->files[c->file_count++] = (struct render_file_input){ADVERT_MUSIC, music};
}

/* A recording over the film; music steps back under it. */
static void
read_voice(struct attempt *attempt, struct composition *c)
{
	const char *voice = js_text(attempt->payload, "/voice/sha256", NULL);

	c->advert.voice = voice != NULL;
	if (c->advert.voice)
		c->files[c->file_count++] = (struct render_file_input){ADVERT_VOICE, voice};
}

static void
read_request(struct attempt *attempt, struct advert *advert)
{
	const struct js_value *request = js_at(attempt->payload, "/request");

	advert->name = js_text(request, "/text_overlay/product_name", "Name");
	advert->cta = js_text(request, "/text_overlay/cta", "Now");
	advert->font = js_text(request, "/text_overlay/font", "Montserrat-Bold");
	advert->color = js_text(request, "/text_overlay/color", "#FFFFFF");
	advert->cta_lead_in_s = js_real(request, "/text_overlay/cta_lead_in", 0);
	advert->name_start_s = js_real(request, "/text_overlay/name_start", 0);
	advert->name_duration_s = js_real(request, "/text_overlay/name_duration", 1);
	advert->intro_s = js_real(request, "/intro_duration", ADVERT_CARD_S);
	advert->outro_s = js_real(request, "/outro_duration", ADVERT_CARD_S);
	advert->crossfade = strcmp(js_text(request, "/transition", "crossfade"), "cut") != 0;
	advert->fit = js_flag(request, "/fit_duration", true);
	advert->aspect = advert_aspect_of_name(js_text(request, "/aspect_ratio", NULL));
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

static int
compose_timeline(struct attempt *attempt, struct composition *c, struct error *err)
{
	if (read_clips(attempt, c, err) < 0)
		return -1;
	read_music(attempt, c);
	read_voice(attempt, c);
	read_request(attempt, &c->advert);
	return write_timeline(attempt, c, err);
}

static struct render_order
order_of(const struct composition *c, const char *output)
{
	return (struct render_order){.timeline = c->timeline,
	    .files = c->files,
	    .file_count = c->file_count,
	    .output = output,
	    .phase = "render"};
}

static void
write_warnings(
    struct js_writer *w, struct attempt *attempt, const struct composition *c, const struct render_outcome *outcome)
{
	const struct js_value *warnings = js_at(outcome->result, "/warnings");

	js_open_array(w, "warnings");
	for (size_t i = 0; i < js_count(warnings, ""); i++)
		js_raw(w, NULL, js_json(js_item(warnings, i), attempt->arena));
	if (c->length.out_of_range)
		js_str(w, NULL, "duration_out_of_range");
	if (outcome->shrunk)
		js_str(w, NULL, "reduced_resolution");
	js_close(w);
}

static int
answer(struct attempt *attempt, const struct composition *c, const struct render_outcome *outcome, struct error *err)
{
	const struct js_value *rendered = outcome->result;
	struct flow_result result;
	struct stored film;

	if (media_publish(attempt, RENDER_FILM, "video/mp4", &film, err) < 0)
		return -1;
	flow_result_begin(&result);
	media_write_stored(&result.w, &film, "video/mp4");
	js_int(&result.w, "width", js_number(rendered, "/width", 0));
	js_int(&result.w, "height", js_number(rendered, "/height", 0));
	js_int(&result.w, "duration_us", js_number(rendered, "/duration_us", 0));
	js_int(&result.w, "fps_num", js_number(rendered, "/fps_num", 0));
	js_int(&result.w, "fps_den", js_number(rendered, "/fps_den", 1));
	js_int(&result.w, "generation_ms", clock_boot_ms(attempt->renderd->clock) - attempt->started_ms);
	if (render_write_file(attempt, &result.w, "thumbnail", rendered, "/poster", err) < 0) {
		buf_done(&result.buf);
		return -1;
	}
	js_raw(&result.w, "measurements", js_json(js_at(rendered, "/measurements"), attempt->arena));
	js_raw(&result.w, "audio", js_json(js_at(rendered, "/audio"), attempt->arena));
	js_raw(&result.w, "spans", js_json(js_at(rendered, "/spans"), attempt->arena));
	write_warnings(&result.w, attempt, c, outcome);
	return flow_result_end(&result, attempt, err);
}

int
ad_compose(struct attempt *attempt, struct error *err)
{
	struct composition *c = ARENA_NEW(attempt->arena, struct composition);
	struct render_outcome outcome;

	if (c == NULL)
		return arena_error(attempt->arena, err);
	attempt_progress(attempt, 0, "text");
	if (local_play(local_fault(attempt->renderd->conf, "compose", 1, attempt->job.attempt), err) < 0 ||
	    compose_timeline(attempt, c, err) < 0)
		return -1;
	attempt_progress(attempt, 1, "text");

	struct render_order order = order_of(c, RENDER_FILM);
	order.poster = RENDER_POSTER;
	order.may_shrink = true;
	if (render_order_run(attempt, &order, &outcome, err) < 0)
		return error_wrap(err, "the film");
	return answer(attempt, c, &outcome, err);
}

/* What the film is surely going to need. Texts are not known yet; pieces without them are the same whatever they say.
 */
int
ad_ahead(struct attempt *attempt, struct error *err)
{
	struct composition *c = ARENA_NEW(attempt->arena, struct composition);
	struct render_outcome outcome;
	struct flow_result result;

	if (c == NULL)
		return arena_error(attempt->arena, err);
	if (compose_timeline(attempt, c, err) < 0)
		return -1;

	struct render_order order = order_of(c, RENDER_FILM);
	order.ahead = true;
	if (render_order_run(attempt, &order, &outcome, err) < 0)
		return error_wrap(err, "encoding ahead");
	flow_result_begin(&result);
	js_raw(&result.w, "spans", js_json(js_at(outcome.result, "/spans"), attempt->arena));
	return flow_result_end(&result, attempt, err);
}

int
ad_preview(struct attempt *attempt, struct error *err)
{
	struct composition *c = ARENA_NEW(attempt->arena, struct composition);
	struct render_outcome outcome;
	struct flow_result result;
	struct stored film;

	if (c == NULL)
		return arena_error(attempt->arena, err);
	if (compose_timeline(attempt, c, err) < 0)
		return -1;

	struct render_order order = order_of(c, RENDER_PREVIEW);
	/* 640x360 out of 1920x1080 */
	order.scale = (double)RENDER_PREVIEW_HEIGHT / ADVERT_HEIGHT;
	if (render_order_run(attempt, &order, &outcome, err) < 0)
		return error_wrap(err, "the preview");
	if (media_publish(attempt, RENDER_PREVIEW, "video/mp4", &film, err) < 0)
		return -1;
	flow_result_begin(&result);
	media_write_stored(&result.w, &film, "video/mp4");
	js_int(&result.w, "width", js_number(outcome.result, "/width", 0));
	js_int(&result.w, "height", js_number(outcome.result, "/height", 0));
	js_int(&result.w, "duration_us", js_number(outcome.result, "/duration_us", 0));
	js_int(&result.w, "fps_num", js_number(outcome.result, "/fps_num", 0));
	js_int(&result.w, "fps_den", js_number(outcome.result, "/fps_den", 1));
	return flow_result_end(&result, attempt, err);
}
