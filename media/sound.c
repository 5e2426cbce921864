/*
 * The programme: mix, loudness, encode, listen, and again with more headroom when the encoder's peaks went over.
 */
#include "media/sound.h"

#include <math.h>

#include "media/measure_audio.h"
#include "media/sound_priv.h"
#include "media/task.h"

/* Room left for what AAC does to peaks, in dB; and by how much more when that was not enough. */
#define HEADROOM 0.4
#define ROUNDS 4
/* 30 minutes of float stereo at 48 kHz are 660 MiB; longer programmes need streaming through files */
#define FRAMES_MAX ((size_t)30 * 60 * 48000)

static void
samples_free(float **samples)
{
	free(*samples);
}

static int
encode_round(const float *mix, size_t frames, const struct plan *plan, double ceiling, struct piece_builder *builder,
    struct sound_notes *notes, struct error *err)
{
	const struct timeline_sound *audio = &plan->timeline->output.audio;
	const struct loudness_target target = {
	    .lufs = audio->lufs, .true_peak = ceiling, .rate = (int)audio->rate, .channels = SOUND_CHANNELS};
	CLEANUP(samples_free) float *programme = malloc(frames * SOUND_CHANNELS * sizeof(float));

	if (programme == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %zu samples", frames);
	memcpy(programme, mix, frames * SOUND_CHANNELS * sizeof(float));
	if (loudness_normalise(programme, frames, &target, err) < 0)
		return error_wrap(err, "setting the loudness");
	piece_builder_done(builder);
	return sound_encode(programme, frames, (int)audio->rate, builder, notes, err);
}

int
sound_make(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx,
    struct piece_builder *builder, struct error *err)
{
	const struct timeline_sound *audio = &plan->timeline->output.audio;
	const size_t frames = (size_t)plan_samples(plan, plan->frames, audio->rate);
	CLEANUP(samples_free) float *mix = NULL;
	struct sound_notes notes = {.samples = (int64_t)frames, .rate = (int32_t)audio->rate};
	double ceiling = audio->true_peak - HEADROOM;

	if (frames > FRAMES_MAX)
		return error_set(err, ERR_TOO_LARGE, "films with sound may last 30 minutes");
	mix = calloc(frames * SOUND_CHANNELS + 1, sizeof(float));
	if (mix == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %zu samples", frames);
	if (sound_mix(task, plan, find, ctx, mix, frames, err) < 0)
		return -1;
	for (int round = 0; round < ROUNDS; round++) {
		if (task_check(task, err) < 0 || encode_round(mix, frames, plan, ceiling, builder, &notes, err) < 0)
			return -1;
		if (!(notes.true_peak > audio->true_peak))
			break;
		ceiling -= notes.true_peak - audio->true_peak + 0.1;
	}
	buf_put(&builder->notes, &notes, sizeof(notes));
	return buf_error(&builder->notes, err);
}
