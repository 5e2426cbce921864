/*
 * Bringing a programme that lies in memory to a loudness: gain, then the limiter where the gain drives peaks over the
 * ceiling. Programmes of films are too long for this; media/loudness.h does the same in a stream.
 */
#include "media/measure_audio.h"

#include <math.h>

#include "media/limiter.h"

#define ROUNDS 4
#define CLOSE_ENOUGH 0.05

static void
limit(float *interleaved, size_t frames, const struct loudness_target *target)
{
	struct limiter *limiter = limiter_new(target->rate, target->channels, target->true_peak);
	const size_t done = limiter_run(limiter, interleaved, frames, interleaved);

	/* what comes out last are the frames that still wait, not more */
	(void)limiter_run(limiter, NULL, limiter_delay(limiter), interleaved + done * (size_t)target->channels);
	limiter_free(&limiter);
}

static void
scale(float *interleaved, size_t samples, double decibels)
{
	const float gain = (float)pow(10, decibels / 20);
	for (size_t i = 0; i < samples; i++)
		interleaved[i] = isfinite(interleaved[i]) ? interleaved[i] * gain : 0;
}

/* Blocks need 400 ms; a shorter piece is measured as if it were repeated, which gives its mean. */
static int
measure(const float *interleaved, size_t frames, const struct loudness_target *target,
    struct loudness_result *ret_result, struct error *err)
{
	struct loudness *meter = loudness_new(target->rate, target->channels, err);
	if (meter == NULL)
		return -1;
	const size_t least = frames * 10 < (size_t)target->rate * 5 ? (size_t)target->rate : 1;
	for (size_t done = 0; done < least; done += frames)
		loudness_add(meter, interleaved, frames);
	loudness_result(meter, ret_result);
	loudness_free(&meter);
	return 0;
}

int
loudness_normalise(float *interleaved, size_t frames, const struct loudness_target *target, struct error *err)
{
	struct loudness_result now;
	const size_t samples = frames * (size_t)target->channels;
	if (frames == 0)
		return 0;
	if (measure(interleaved, frames, target, &now, err) < 0)
		return -1;
	for (int round = 0; round < ROUNDS && isfinite(now.integrated); round++) {
		const double gain = target->lufs - now.integrated;
		if (fabs(gain) < CLOSE_ENOUGH && now.true_peak <= target->true_peak)
			break;
		scale(interleaved, samples, gain);
		now.integrated += gain;
		now.true_peak += gain;
		if (now.true_peak <= target->true_peak)
			break;
		limit(interleaved, frames, target);
		if (measure(interleaved, frames, target, &now, err) < 0)
			return -1;
	}
	if (now.true_peak > target->true_peak)
		scale(interleaved, samples, target->true_peak - now.true_peak);
	return 0;
}
