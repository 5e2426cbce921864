/*
 * Bringing a programme to a loudness: gain, then a look-ahead limiter where the gain drives peaks over the ceiling.
 *
 * The limiter works on a gain curve. Each frame asks for the gain that brings the swing around it under the ceiling;
 * the curve is the lowest gain asked for within the next few milliseconds, recovers slowly, and is smoothed over the
 * same few milliseconds. An average of values that are all low enough is low enough, so no peak slips through, and the
 * curve has no corners to hear.
 */
#include "media/measure_audio.h"

#include <math.h>

#include "media/measure_peak.h"

#define LOOKAHEAD_SECONDS 0.005
#define RELEASE_SECONDS 0.08
/* Changing the gain moves the swing between samples a little. */
#define CEILING_MARGIN 0.05
#define ROUNDS 4
#define CLOSE_ENOUGH 0.05

static void *
alloc_zeroed(size_t count, size_t size)
{
	void *const memory = calloc(count, size);
	if (memory == NULL)
		abort();
	return memory;
}

/* Lowers need[i] to the gain frames i and i + 1 may have, for one channel. */
static void
need_channel(const float *interleaved, size_t frames, int channels, float ceiling, float *need)
{
	struct peak_filter filter;
	float window[2 * PEAK_TAPS] = {0};
	peak_filter_init(&filter);
	const float quiet = ceiling / filter.gain_max;
	size_t at = 0;
	int recent = 0; /* frames that still see a loud sample */
	for (size_t i = 0; i < frames + PEAK_TAPS / 2; i++) {
		const float x = i < frames ? interleaved[i * (size_t)channels] : 0;
		/* written twice, so that the last PEAK_TAPS samples are always in one piece */
		window[at] = window[at + PEAK_TAPS] = isfinite(x) ? x : 0;
		at = (at + 1) % PEAK_TAPS;
		recent = fabsf(x) > quiet ? PEAK_TAPS : recent - 1;
		if (recent <= 0 || i < PEAK_TAPS / 2)
			continue;
		const float peak = peak_between(&filter, window + at);
		if (peak <= ceiling)
			continue;
		const size_t frame = i - PEAK_TAPS / 2;
		need[frame] = fminf(need[frame], ceiling / peak);
		if (frame + 1 < frames)
			need[frame + 1] = fminf(need[frame + 1], ceiling / peak);
	}
}

/* Replaces each value by the least of itself and the `ahead` values after it, with a queue of candidates that only
 * grow. */
static void
curve_least_ahead(float *curve, size_t frames, size_t ahead)
{
	const size_t size = ahead + 1;
	size_t *const queue = alloc_zeroed(size, sizeof(*queue));
	size_t head = 0, count = 0;
	for (size_t next = 0; next < frames + ahead; next++) {
		if (next < frames) {
			while (count > 0 && curve[queue[(head + count - 1) % size]] >= curve[next])
				count--;
			queue[(head + count++) % size] = next;
		}
		if (next < ahead)
			continue;
		const size_t i = next - ahead;
		const size_t least = queue[head];
		curve[i] = curve[least];
		if (least == i) {
			head = (head + 1) % size;
			count--;
		}
	}
	free(queue);
}

static void
curve_release(float *curve, size_t frames, int rate)
{
	const float step = (float)(1 - exp(-1 / (RELEASE_SECONDS * rate)));
	float gain = 1;
	for (size_t i = 0; i < frames; i++) {
		gain = fminf(curve[i], gain + (1 - gain) * step);
		curve[i] = gain;
	}
}

/* Mean of each value and the `behind` values before it; before the beginning the curve stands still. */
static void
curve_smooth(float *curve, size_t frames, size_t behind)
{
	const size_t size = behind + 1;
	float *const ring = alloc_zeroed(size, sizeof(*ring));
	for (size_t i = 0; i < size; i++)
		ring[i] = curve[0];
	double sum = (double)curve[0] * (double)size;
	for (size_t i = 0; i < frames; i++) {
		sum += (double)curve[i] - ring[i % size];
		ring[i % size] = curve[i];
		curve[i] = (float)(sum / (double)size);
	}
	free(ring);
}

static void
limit(float *interleaved, size_t frames, const struct loudness_target *target)
{
	const float ceiling = (float)pow(10, (target->true_peak - CEILING_MARGIN) / 20);
	const size_t ahead = (size_t)(LOOKAHEAD_SECONDS * target->rate);
	float *const curve = alloc_zeroed(frames, sizeof(*curve));
	for (size_t i = 0; i < frames; i++)
		curve[i] = 1;
	for (int c = 0; c < target->channels; c++)
		need_channel(interleaved + c, frames, target->channels, ceiling, curve);
	curve_least_ahead(curve, frames, ahead);
	curve_release(curve, frames, target->rate);
	curve_smooth(curve, frames, ahead);
	for (size_t i = 0; i < frames; i++) {
		for (int c = 0; c < target->channels; c++)
			interleaved[i * (size_t)target->channels + (size_t)c] *= curve[i];
	}
	free(curve);
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
