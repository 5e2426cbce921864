/*
 * What a render tells: the file, what was reused, what was measured, what was not as asked for.
 */
#include <math.h>

#include "lib/js/write.h"
#include "media/render_priv.h"
#include "media/sound.h"

static int64_t
film_us(const struct plan *plan)
{
	return (int64_t)(((__int128)plan->frames * plan->fps_den * 2000000 + plan->fps_num) / (2 * plan->fps_num));
}

static void
put_spans(struct js_writer *w, const struct render *render)
{
	const struct plan *plan = render->plan;

	js_open_object(w, "spans");
	js_int(w, "total", (int64_t)plan->n_spans);
	js_int(w, "reused", (int64_t)render->n_reused);
	js_int(w, "encoded", (int64_t)(plan->n_spans - render->n_reused));
	js_open_array(w, "list");
	for (size_t i = 0; i < plan->n_spans; i++) {
		js_open_object(w, NULL);
		js_int(w, "start", plan->spans[i].start);
		js_int(w, "frames", plan->spans[i].frames);
		js_str(w, "kind", plan_kind_name(plan->spans[i].kind));
		js_str(w, "action", render->reused[i] ? "reuse" : "encode");
		js_strn(w, "key", plan->spans[i].key, 16);
		js_int(w, "bytes", (int64_t)render->pictures[i].data_len);
		js_fixed(w, "seconds", render->reused[i] ? 0 : estimate_span(plan, &plan->spans[i]), 2);
		js_close(w);
	}
	js_close(w);
	js_close(w);
}

static void
put_audio(struct js_writer *w, const struct render *render)
{
	struct sound_notes notes;

	if (render->sound.notes_len != sizeof(notes)) {
		js_null(w, "audio");
		return;
	}
	memcpy(&notes, render->sound.notes, sizeof(notes));
	js_open_object(w, "audio");
	js_fixed(w, "lufs", notes.lufs, 2);
	js_fixed(w, "true_peak", notes.true_peak, 2);
	js_int(w, "samples", notes.samples);
	js_int(w, "rate", notes.rate);
	js_fixed(w, "gain_db", notes.gain_db, 2);
	js_bool(w, "limited", notes.limited != 0);
	js_fixed(w, "speech_s", (double)notes.speech / notes.rate, 3);
	js_int(w, "clipped", (int64_t)notes.clipped);
	js_fixed(w, "silent_s", (double)notes.silent / notes.rate, 3);
	js_bool(w, "reused", render->sound_reused);
	js_close(w);
}

/* Of what was missing when the render began; for a dry run it is all there is. */
static void
put_estimate(struct js_writer *w, const struct render *render)
{
	const struct estimate_request request = render_estimate(render);
	struct estimate estimate;

	estimate_make(&request, &estimate);
	js_open_object(w, "estimate");
	js_fixed(w, "work_s", estimate.work_s, 2);
	js_fixed(w, "seconds", estimate.seconds, 2);
	js_int(w, "threads", estimate.threads);
	js_int(w, "memory_bytes", estimate.memory_bytes);
	js_int(w, "bytes", estimate.bytes);
	js_close(w);
}

static void
put_measurements(struct js_writer *w, const struct render *render)
{
	const struct render_quality *quality = render->quality;

	js_open_object(w, "measurements");
	js_int(w, "black_frames", quality->pictures.black);
	js_int(w, "frozen_frames", quality->pictures.frozen);
	js_int(w, "duplicated_frames", quality->pictures.duplicated);
	js_int(w, "flashes", quality->pictures.flashes);
	js_int(w, "visible_joins", quality->pictures.visible);
	js_fixed(w, "enlarged", quality->enlarged, 3);
	js_bool(w, "constant_rate", true);
	js_close(w);
}

static void
put_poster(struct js_writer *w, const struct render *render, const struct render_poster *poster)
{
	if (render->args.poster == NULL) {
		js_null(w, "poster");
		return;
	}
	js_open_object(w, "poster");
	js_str(w, "name", render->args.poster);
	js_str(w, "media_type", "image/jpeg");
	js_int(w, "width", poster->width);
	js_int(w, "height", poster->height);
	js_int(w, "bytes", poster->bytes);
	js_str(w, "sha256", poster->sha256);
	js_close(w);
}

static void
put_sidecars(struct js_writer *w, const struct render *render)
{
	js_open_array(w, "captions");
	for (size_t i = 0; i < render->n_sidecars; i++) {
		const struct render_sidecar *sidecar = &render->sidecars[i];

		js_open_object(w, NULL);
		js_int(w, "captions", (int64_t)sidecar->captions);
		js_str(w, "name", sidecar->name);
		js_str(w, "media_type", sidecar->media_type);
		js_str(w, "language", sidecar->language);
		js_int(w, "bytes", sidecar->bytes);
		js_str(w, "sha256", sidecar->sha256);
		js_close(w);
	}
	js_close(w);
}

static void
put_file(struct js_writer *w, const char *key, const char *name, const char *type, int64_t bytes)
{
	if (bytes == 0) {
		js_null(w, key);
		return;
	}
	js_open_object(w, key);
	js_str(w, "name", name);
	js_str(w, "media_type", type);
	js_int(w, "bytes", bytes);
	js_close(w);
}

static void
put_warnings(struct js_writer *w, const struct render *render)
{
	js_open_array(w, "warnings");
	for (size_t i = 0; i < render->n_warnings; i++) {
		js_open_object(w, NULL);
		js_str(w, "code", render->warnings[i].code);
		js_str(w, "message", render->warnings[i].message);
		js_close(w);
	}
	js_close(w);
}

/* The file's codecs as browsers want to be asked for them. */
static void
put_codecs(struct js_writer *w, const struct render *render)
{
	const struct profile *profile = render->stage.profile;
	CLEANUP(buf_done) struct buf codecs = BUF_INIT(KIB);

	profile->pictures->codec(render->pictures[0].extra, render->pictures[0].extra_len, &codecs);
	if (render->plan->audio_key[0] != '\0')
		buf_printf(&codecs, ", %s", profile->sound->codec);
	js_str(w, "profile", profile->name);
	js_str(w, "codecs", buf_str(&codecs));
}

int
render_report(const struct render *render, const struct render_output *output, struct buf *result, struct error *err)
{
	const struct plan *plan = render->plan;
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "frames", plan->frames);
	js_int(&w, "duration_us", film_us(plan));
	js_int(&w, "width", render->stage.width);
	js_int(&w, "height", render->stage.height);
	js_int(&w, "fps_num", plan->fps_num);
	js_int(&w, "fps_den", plan->fps_den);
	js_str(&w, "key", plan->key);
	put_estimate(&w, render);
	put_spans(&w, render);
	if (output != NULL) {
		js_int(&w, "bytes", output->bytes);
		js_str(&w, "sha256", output->sha256);
		js_bool(&w, "film_reused", output->reused);
		js_str(&w, "media_type", render->stage.profile->media_type);
		put_codecs(&w, render);
		put_poster(&w, render, &output->poster);
		put_sidecars(&w, render);
		put_audio(&w, render);
		put_file(&w, "waveform", render->args.waveform, "image/png", output->waveform.picture_bytes);
		put_file(&w, "peaks", render->args.peaks, "application/json", output->waveform.peaks_bytes);
		put_measurements(&w, render);
		render_quality_result(&w, render);
	}
	put_warnings(&w, render);
	js_close(&w);
	js_end(&w);
	return buf_error(result, err);
}
