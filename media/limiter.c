/*
 * Everything is kept in rings: the samples that wait, the gain each frame asks for, the candidates for the lowest gain,
 * the gains that are averaged.
 */
#include "media/limiter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/measure_peak.h"

#define LOOKAHEAD_SECONDS 0.005
#define RELEASE_SECONDS 0.08
/* Changing the gain moves the swing between samples a little. */
#define CEILING_MARGIN 0.05
/* A frame's swing is known when this many more were seen. */
#define HALF (PEAK_TAPS / 2)

struct history {
	/* written twice, so that the last PEAK_TAPS samples are always in one piece */
	float window[2 * PEAK_TAPS];
	int recent; /* frames that still see a loud sample */
};

struct limiter {
	int channels;
	float ceiling, quiet;
	float release;
	size_t ahead, delay;
	struct peak_filter filter;
	struct history *history; /* of each channel */
	uint64_t taken, given;
	float *samples;	 /* ring of delay + 1 frames */
	float *need;	 /* ring of as many: the gain a frame asks for */
	uint64_t *queue; /* ring of ahead + 1 frames whose needs only grow */
	size_t head, count;
	float gain;	 /* after the release */
	float *averaged; /* ring of ahead + 1 */
	double sum;
};

static void *
alloc_zeroed(size_t count, size_t size)
{
	void *const memory = calloc(count, size);

	if (memory == NULL)
		abort();
	return memory;
}

struct limiter *
limiter_new(int rate, int channels, double ceiling)
{
	struct limiter *limiter = alloc_zeroed(1, sizeof(*limiter));

	peak_filter_init(&limiter->filter);
	limiter->channels = channels;
	limiter->ceiling = (float)pow(10, (ceiling - CEILING_MARGIN) / 20);
	limiter->quiet = limiter->ceiling / limiter->filter.gain_max;
	limiter->release = (float)(1 - exp(-1 / (RELEASE_SECONDS * rate)));
	limiter->ahead = (size_t)(LOOKAHEAD_SECONDS * rate);
	limiter->delay = limiter->ahead + HALF;
	limiter->history = alloc_zeroed((size_t)channels, sizeof(*limiter->history));
	limiter->samples = alloc_zeroed((limiter->delay + 1) * (size_t)channels, sizeof(float));
	limiter->need = alloc_zeroed(limiter->delay + 1, sizeof(float));
	limiter->queue = alloc_zeroed(limiter->ahead + 1, sizeof(*limiter->queue));
	limiter->averaged = alloc_zeroed(limiter->ahead + 1, sizeof(float));
	limiter->gain = 1;
	return limiter;
}

void
limiter_free(struct limiter **limiter)
{
	struct limiter *const own = *limiter;

	if (own == NULL)
		return;
	free(own->history);
	free(own->samples);
	free(own->need);
	free(own->queue);
	free(own->averaged);
	free(own);
	*limiter = NULL;
}

size_t
limiter_delay(const struct limiter *limiter)
{
	return limiter->delay;
}

static float *
need_at(struct limiter *limiter, uint64_t frame)
{
	return &limiter->need[frame % (limiter->delay + 1)];
}

/* The newest sample of one channel shows the swing between the two frames HALF before it. */
static void
ask(struct limiter *limiter, struct history *history, uint64_t frame, float x)
{
	const size_t at = (size_t)(frame % PEAK_TAPS);
	float peak;

	history->window[at] = history->window[at + PEAK_TAPS] = x;
	history->recent = fabsf(x) > limiter->quiet ? PEAK_TAPS : history->recent - 1;
	if (history->recent <= 0 || frame < HALF)
		return;
	peak = peak_between(&limiter->filter, history->window + (at + 1) % PEAK_TAPS);
	if (peak <= limiter->ceiling)
		return;
	for (uint64_t i = frame - HALF; i <= frame - HALF + 1; i++)
		*need_at(limiter, i) = fminf(*need_at(limiter, i), limiter->ceiling / peak);
}

static void
take(struct limiter *limiter, const float *in)
{
	const uint64_t frame = limiter->taken++;
	float *const kept = limiter->samples + frame % (limiter->delay + 1) * (size_t)limiter->channels;

	*need_at(limiter, frame) = 1;
	for (int c = 0; c < limiter->channels; c++) {
		kept[c] = in != NULL && isfinite(in[c]) ? in[c] : 0;
		ask(limiter, &limiter->history[c], frame, kept[c]);
	}
}

/* The lowest need of `frame` (which has just become final) and the frames before it that still count. */
static void
queue_need(struct limiter *limiter, uint64_t frame)
{
	const size_t size = limiter->ahead + 1;

	while (limiter->count > 0 && *need_at(limiter, limiter->queue[(limiter->head + limiter->count - 1) % size]) >=
					 *need_at(limiter, frame))
		limiter->count--;
	limiter->queue[(limiter->head + limiter->count++) % size] = frame;
}

static float
next_gain(struct limiter *limiter, uint64_t frame)
{
	const size_t size = limiter->ahead + 1;
	const uint64_t least = limiter->queue[limiter->head];
	const float asked = *need_at(limiter, least);

	if (least == frame) {
		limiter->head = (limiter->head + 1) % size;
		limiter->count--;
	}
	limiter->gain = fminf(asked, limiter->gain + (1 - limiter->gain) * limiter->release);
	if (frame == 0) { /* before the beginning the gain stands still */
		for (size_t i = 0; i < size; i++)
			limiter->averaged[i] = limiter->gain;
		limiter->sum = (double)limiter->gain * (double)size;
	}
	limiter->sum += (double)limiter->gain - limiter->averaged[frame % size];
	limiter->averaged[frame % size] = limiter->gain;
	return (float)(limiter->sum / (double)size);
}

size_t
limiter_run(struct limiter *limiter, const float *in, size_t frames, float *out)
{
	const size_t channels = (size_t)limiter->channels;
	size_t written = 0;

	for (size_t i = 0; i < frames; i++) {
		take(limiter, in == NULL ? NULL : in + i * channels);
		if (limiter->taken > HALF)
			queue_need(limiter, limiter->taken - 1 - HALF);
		if (limiter->taken <= limiter->delay)
			continue;
		const uint64_t frame = limiter->given++;
		const float *const kept = limiter->samples + frame % (limiter->delay + 1) * channels;
		const float gain = next_gain(limiter, frame);

		for (size_t c = 0; c < channels; c++)
			out[written * channels + c] = kept[c] * gain;
		written++;
	}
	return written;
}
