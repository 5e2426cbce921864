/*
 * The programme: mixed once into a file, its level found, encoded while it is played at that level, listened to, and
 * again with more room when the encoder's peaks went over. Nothing here grows with the film: the encoded bytes go into
 * a file, too.
 */
#include "media/sound.h"

#include <math.h>

#include "media/loudness.h"
#include "media/sound_priv.h"
#include "media/task.h"

/* Room left for what AAC does to peaks, in dB; and by how much more when that was not enough. */
#define HEADROOM 0.4
#define HEADROOM_MORE 0.1
/* The encoder may change the loudness by so much, in LU. */
#define DRIFT 0.2
#define ROUNDS 4

struct maker {
	const struct task *task;
	const struct plan *plan;
	struct spill spill;
	struct sound_coder *coder;
	struct piece_builder *builder;
	struct loudness_target target; /* of what goes into the encoder */
};

static void
maker_done(struct maker *maker)
{
	sound_coder_free(&maker->coder);
	spill_close(&maker->spill);
}

static int
coder_sink(void *ctx, const float *samples, size_t frames, struct error *err)
{
	return sound_coder_put(ctx, samples, frames, err);
}

static int
encode_round(struct maker *maker, struct sound_notes *notes, struct error *err)
{
	const struct profile_sound *codec = profile_find(maker->plan->timeline->output.profile)->sound;
	struct level level;
	int ret;

	if (level_find(&maker->spill, &maker->target, maker->task, &level, err) < 0)
		return error_wrap(err, "setting the loudness");
	if (sound_coder_open(
		codec, maker->target.rate, (int64_t)maker->spill.frames, maker->builder, &maker->coder, err) < 0)
		return -1;
	if (piece_builder_file(maker->builder, maker->task->scratch, err) < 0)
		return -1;
	ret = level_play(&maker->spill, maker->target.rate, &level, maker->task, coder_sink, maker->coder, err);
	if (ret == 0)
		ret = sound_coder_end(maker->coder, notes, err);
	sound_coder_free(&maker->coder);
	notes->gain_db = level.gain_db;
	notes->limited = level.limited;
	return ret;
}

/* Aims again by what was heard; false when that is not needed. */
static bool
aim_again(struct maker *maker, const struct sound_notes *notes, const struct timeline_sound *audio)
{
	const double over = notes->true_peak - audio->true_peak;
	const double off = audio->lufs - notes->lufs;
	/* where the ceiling holds the loudness back, aiming higher changes nothing */
	const bool loud = isfinite(off) && fabs(off) > DRIFT && (off < 0 || !notes->limited);

	if (over > 0)
		maker->target.true_peak -= over + HEADROOM_MORE;
	if (loud)
		maker->target.lufs += off;
	return over > 0 || loud;
}

int
sound_make(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx,
    struct piece_builder *builder, struct error *err)
{
	const struct timeline_sound *audio = &plan->timeline->output.audio;
	CLEANUP(maker_done)
	struct maker maker = {
	    .task = task,
	    .plan = plan,
	    .builder = builder,
	    .target = {.lufs = audio->lufs,
		.true_peak = audio->true_peak - HEADROOM,
		.rate = (int)audio->rate,
		.channels = SOUND_CHANNELS},
	};
	struct sound_notes notes;

	memset(&notes, 0, sizeof(notes)); /* padding goes into a file, too */
	notes.samples = plan_samples(plan, plan->frames, audio->rate);
	notes.rate = (int32_t)audio->rate;
	if (spill_open(&maker.spill, task->scratch, SOUND_CHANNELS, err) < 0 ||
	    sound_mix(task, plan, find, ctx, &maker.spill, &notes, err) < 0)
		return -1;
	for (int round = 0; round < ROUNDS; round++)
		if (encode_round(&maker, &notes, err) < 0)
			return -1;
		else if (!aim_again(&maker, &notes, audio))
			break;
	buf_put(&builder->notes, &notes, sizeof(notes));
	return buf_error(&builder->notes, err);
}
