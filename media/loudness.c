#include "media/loudness.h"

#include <math.h>

#include "media/limiter.h"
#include "media/task.h"

/* Frames at a time. */
#define PORTION 8192
#define ROUNDS 4
#define CLOSE_ENOUGH 0.05
/* What the limiter takes away is made good by at most this much: clicks alone have no loudness to speak of. */
#define MAKE_GOOD_MAX 12.0

static void
floats_free(float **samples)
{
	free(*samples);
}

struct player {
	const struct spill *spill;
	float gain;
	struct limiter *limiter; /* or NULL */
	float *samples;
	level_sink_fn *sink;
	void *ctx;
};

static int
play_portion(const struct player *player, size_t at, size_t frames, struct error *err)
{
	size_t ready = frames;

	if (spill_read(player->spill, at, frames, player->samples, err) < 0)
		return -1;
	for (size_t i = 0; i < frames * player->spill->channels; i++) {
		const float x = player->samples[i];

		player->samples[i] = isfinite(x) ? x * player->gain : 0;
	}
	if (player->limiter != NULL)
		ready = limiter_run(player->limiter, player->samples, frames, player->samples);
	return ready == 0 ? 0 : player->sink(player->ctx, player->samples, ready, err);
}

/* What still waits in the limiter. */
static int
play_rest(const struct player *player, struct error *err)
{
	size_t left = player->limiter == NULL ? 0 : limiter_delay(player->limiter);
	int ret = 0;

	while (ret == 0 && left > 0) {
		const size_t frames = FW_MIN(left, PORTION);
		const size_t ready = limiter_run(player->limiter, NULL, frames, player->samples);

		if (ready > 0)
			ret = player->sink(player->ctx, player->samples, ready, err);
		left -= frames;
	}
	return ret;
}

int
level_play(const struct spill *spill, int rate, const struct level *level, const struct task *task, level_sink_fn *sink,
    void *ctx, struct error *err)
{
	CLEANUP(floats_free) float *samples = malloc(PORTION * spill->channels * sizeof(*samples));
	CLEANUP(limiter_free) struct limiter *limiter = NULL;

	if (samples == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %d frames", PORTION);
	if (level->limited)
		limiter = limiter_new(rate, (int)spill->channels, level->ceiling);
	const struct player player = {
	    .spill = spill,
	    .gain = (float)pow(10, level->gain_db / 20),
	    .limiter = limiter,
	    .samples = samples,
	    .sink = sink,
	    .ctx = ctx,
	};

	for (size_t at = 0; at < spill->frames; at += PORTION)
		if (task_check(task, err) < 0 ||
		    play_portion(&player, at, FW_MIN(PORTION, spill->frames - at), err) < 0)
			return -1;
	return play_rest(&player, err);
}

static int
meter_sink(void *ctx, const float *samples, size_t frames, struct error *err)
{
	(void)err;
	loudness_add(ctx, samples, frames);
	return 0;
}

int
level_measure(const struct spill *spill, int rate, const struct level *level, const struct task *task,
    struct loudness_result *ret_result, struct error *err)
{
	CLEANUP(loudness_free) struct loudness *meter = loudness_new(rate, (int)spill->channels, err);
	/* blocks need 400 ms */
	const size_t least = spill->frames * 10 < (size_t)rate * 5 ? (size_t)rate : 1;

	if (meter == NULL)
		return -1;
	for (size_t done = 0; done < least && spill->frames > 0; done += spill->frames)
		if (level_play(spill, rate, level, task, meter_sink, meter, err) < 0)
			return -1;
	loudness_result(meter, ret_result);
	return 0;
}

int
level_find(const struct spill *spill, const struct loudness_target *target, const struct task *task,
    struct level *ret_level, struct error *err)
{
	struct level level = {.ceiling = target->true_peak};
	struct loudness_result now;
	double gain;

	if (level_measure(spill, target->rate, &level, task, &now, err) < 0)
		return -1;
	gain = isfinite(now.integrated) ? target->lufs - now.integrated : 0;
	level.gain_db = gain;
	level.limited = now.true_peak + gain > target->true_peak;
	for (int round = 0; round < ROUNDS && level.limited && isfinite(now.integrated); round++) {
		double off;

		if (level_measure(spill, target->rate, &level, task, &now, err) < 0)
			return -1;
		off = target->lufs - now.integrated;
		if (!isfinite(off) || fabs(off) < CLOSE_ENOUGH)
			break;
		level.gain_db = fmin(level.gain_db + off, gain + MAKE_GOOD_MAX);
	}
	*ret_level = level;
	return 0;
}
