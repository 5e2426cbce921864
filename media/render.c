/*
 * Task `render`: a timeline becomes a finished film.
 *
 *     args    timeline, assets {name: input}, output, poster?, poster_at?, poster_width?, waveform?, peaks?, threads?,
 * scale?, cache_limit?, dry_run?, ahead?, part? {key, first, count, sound}, live?, plain? result  frames, duration_us,
 * width, height, fps_num, fps_den, bytes, sha256, key, poster, captions (files beside the film), spans, audio,
 * waveform, peaks, warnings, measurements, film_reused, profile, codecs
 *
 * A part is some of the spans, or the sound, of a film that several machines make together: into the cache and no
 * further. It names the film's key, so that a machine whose engine would make other pieces refuses ("plan_differs").
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>

#include <libavutil/cpu.h>

#include "lib/base/path.h"
#include "media/picture.h"
#include "media/render_priv.h"
#include "media/sound.h"

/* Where a poster is taken when nobody says: the middle of the first moving part. */
static int64_t
poster_frame(const struct render *render)
{
	const struct plan *plan = render->plan;

	if (render->args.poster_at >= 0)
		return FW_MIN(plan_frame((int64_t)(render->args.poster_at * 1e6), plan->fps_num, plan->fps_den),
		    plan->frames - 1);
	for (size_t i = 0; i < plan->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[i];

		if (layer->item != NULL && (layer->item->type == TIMELINE_CLIP || layer->item->type == TIMELINE_STILL))
			return FW_MIN((layer->start + layer->end) / 2, plan->frames - 1);
	}
	return plan->frames / 2;
}

static void
frame_free(AVFrame **frame)
{
	av_frame_free(frame);
}

static int
file_digest(int dir, const char *name, int64_t *ret_bytes, char hex[static HASH_HEX_SIZE], struct error *err)
{
	CLEANUP(fd_close) int fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	unsigned char digest[HASH_SIZE];

	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", name);
	if (hash_fd(fd, digest, ret_bytes, err) < 0)
		return -1;
	(void)hash_hex(digest, hex);
	return 0;
}

static int
make_poster(struct render *render, struct render_poster *poster, struct error *err)
{
	CLEANUP(frame_free) AVFrame *frame = NULL;
	CLEANUP(picture_done) struct picture picture = {0};
	const int dir = render->task->scratch;

	if (span_frame(&render->stage, poster_frame(render), &frame, err) < 0)
		return -1;
	poster->width = (int)FW_MIN(render->args.poster_width, frame->width);
	poster->height = (int)((int64_t)frame->height * poster->width / frame->width);
	if (picture_from_frame(frame, poster->width, FW_MAX(poster->height, 1), &picture, err) < 0 ||
	    picture_write(&picture, PICTURE_JPEG_SMALL, dir, render->args.poster, &poster->bytes, err) < 0)
		return -1;
	return file_digest(dir, render->args.poster, &poster->bytes, poster->sha256, err);
}

/* What the sound's notes say that somebody may want to change. */
static void
look_at_sound(struct render *render)
{
	struct sound_notes notes;

	if (render->sound.notes_len != sizeof(notes))
		return;
	memcpy(&notes, render->sound.notes, sizeof(notes));
	if (!isfinite(notes.lufs))
		render_warn(render, "silent_track", "The film has a sound track, but nothing is heard in it.");
	for (size_t i = 0; i < render->timeline->audio.count && i < 64; i++)
		if (notes.cut >> i & 1)
			render_warn(render, "sound_cut", "The sound %s goes on after the end of the film and is cut.",
			    timeline_audio_at(render->timeline, i)->asset);
}

/* What a later render of the same film needs. That it cannot be kept costs only time then. */
static void
keep(struct render *render, const struct render_output *output)
{
	struct finished finished = {.bytes = output->bytes,
	    .pictures = render->pictures,
	    .n_pictures = render->plan->n_spans,
	    .sound = render->sound};
	struct error err = {0};

	memcpy(finished.sha256, output->sha256, sizeof(finished.sha256));
	if (finished_keep(
		&render->cache, render->plan->key, &finished, render->task->scratch, render->args.output, &err) < 0 &&
	    render->task->log != NULL)
		log_warn(render->task->log, "film_not_kept", LOG_ERR(&err));
}

static int
join(struct render *render, struct render_output *output, struct error *err)
{
	render_assembly(render);
	task_progress(render->task, 0.92, "join");
	if (assemble(&render->assembly, render->task->scratch, render->args.output, NULL, err) < 0)
		return -1;
	if (file_digest(render->task->scratch, render->args.output, &output->bytes, output->sha256, err) < 0)
		return -1;
	keep(render, output);
	return 0;
}

/* 0: the whole film was in the cache and is in the scratch folder; 1: it must be made. Whoever watches needs the
 * pieces. */
static int
find_film(struct render *render, struct render_output *output, struct error *err)
{
	struct finished *finished = &render->finished;
	int ret;

	if (render->args.live)
		return 1;
	finished->n_pictures = render->plan->n_spans;
	finished->pictures = ARENA_ARRAY(render->task->arena, render->plan->n_spans, struct piece);
	if (finished->pictures == NULL)
		return arena_error(render->task->arena, err);
	ret = finished_find(&render->cache, render->plan->key, finished, err);
	if (ret != 0)
		return ret;
	ret =
	    finished_copy(&render->cache, render->plan->key, finished, render->task->scratch, render->args.output, err);
	if (ret != 0) {
		finished_done(finished);
		return ret;
	}
	render->pictures = finished->pictures;
	render->sound = finished->sound;
	render->n_reused = render->plan->n_spans;
	render->sound_reused = finished->sound.notes_len > 0;
	for (size_t i = 0; i < render->plan->n_spans; i++)
		render->reused[i] = true;
	output->bytes = finished->bytes;
	output->reused = true;
	memcpy(output->sha256, finished->sha256, sizeof(output->sha256));
	return 0;
}

static int
make_film(struct render *render, struct render_output *output, struct error *err)
{
	const int found = find_film(render, output, err);

	if (found < 0 || (found == 1 && (render_crew(render, err) < 0 || join(render, output, err) < 0)))
		return -1;
	look_at_sound(render);
	if (render_write_sidecars(render, err) < 0)
		return -1;
	task_progress(render->task, 0.96, "poster");
	if (render->args.poster != NULL && make_poster(render, &output->poster, err) < 0)
		return error_wrap(err, "making the poster");
	return render_waveform(render, &output->waveform, err);
}

int
render_run(struct task *task, struct buf *result, struct error *err)
{
	struct render *render = ARENA_NEW(task->arena, struct render);
	struct render_output output = {0};
	int ret = -1;

	if (render == NULL)
		return arena_error(task->arena, err);
	render->task = task;
	task_progress(task, 0, "prepare");
	if (js_flag(task->args, "/plain", false))
		av_force_cpu_flags(0);
	if (render_prepare(render, err) < 0)
		goto out;
	if (render->args.dry_run) {
		ret = render_look(render, err) < 0 ? -1 : render_report(render, NULL, result, err);
		goto out;
	}
	if (render->args.ahead || render->args.part_key != NULL) {
		ret = render_crew(render, err) < 0 ? -1 : render_report(render, NULL, result, err);
		goto out;
	}
	if (make_film(render, &output, err) < 0 || render_quality(render, &output, err) < 0)
		goto out;
	cache_trim(&render->cache);
	task_progress(task, 1, "done");
	ret = render_report(render, &output, result, err);
out:
	if (js_flag(task->args, "/plain", false))
		av_force_cpu_flags(-1);
	render_done(render);
	return ret;
}
