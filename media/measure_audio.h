/*
 * Loudness and peaks of a sound programme, and bringing a programme to a wanted level.
 *
 * The meter streams: samples go in as they are made, nothing but one number per 100 ms is kept, and the result can be
 * asked for at any time. It follows ITU-R BS.1770-4 (K-weighting, 400 ms blocks with 75 % overlap, gates at -70 LUFS
 * and 10 LU below the ungated mean) and its annex 2 for the true peak. The level changer is one static gain and a
 * look-ahead limiter that sees the oversampled signal, so quiet material is never pumped.
 *
 * Samples are interleaved float, full scale at +-1. Out of memory aborts. A sample that is not a number counts as
 * clipped and is measured as silence.
 */
#ifndef MEDIA_MEASURE_AUDIO_H
#define MEDIA_MEASURE_AUDIO_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define MEASURE_AUDIO_CHANNELS_MAX 8
#define MEASURE_AUDIO_RATE_MIN 8000
#define MEASURE_AUDIO_RATE_MAX 192000

struct loudness;

struct loudness_result {
	double integrated;	  /* LUFS, gated; -INFINITY when nothing passes the gates */
	double momentary_max;	  /* LUFS of the loudest 400 ms; -INFINITY below 400 ms of sound */
	double true_peak;	  /* dBTP, highest of all channels; -INFINITY for silence */
	double sample_peak;	  /* dBFS */
	uint64_t clipped;	  /* samples at or beyond full scale, and those that are no numbers */
	uint64_t frames;	  /* frames seen so far */
	uint64_t silent_frames;	  /* frames below -60 dBFS in all channels, in stretches of at least 100 ms */
	uint64_t silence_longest; /* frames of the longest such stretch */
	uint64_t silence_at;	  /* frame where the longest stretch begins */
	double dc[MEASURE_AUDIO_CHANNELS_MAX]; /* mean of each channel */
	double correlation;		       /* of the first two channels, -1..1; 1 for mono and silence */
};

/* With six channels the order is L R C LFE Ls Rs (the LFE is not counted); any other number weighs all channels alike.
 * The caller frees the meter. NULL for a rate or a number of channels outside the limits above. */
struct loudness *loudness_new(int rate, int channels, struct error *err) MUST_CHECK;

void loudness_free(struct loudness **meter);

void loudness_add(struct loudness *meter, const float *interleaved, size_t frames);

/* May be asked for repeatedly, also between additions. */
void loudness_result(const struct loudness *meter, struct loudness_result *ret_result);

/* Loudness of a whole piece at once. */
int loudness_measure(const float *interleaved, size_t frames, int rate, int channels,
    struct loudness_result *ret_result, struct error *err) MUST_CHECK;

struct loudness_target {
	double lufs;	  /* integrated, e.g. -16 */
	double true_peak; /* ceiling in dBTP, e.g. -1.5 */
	int rate;
	int channels;
};

/* Changes the samples in place so that both numbers hold; where they contradict each other (a lone click in silence)
 * the ceiling wins. A piece too short for a gated measurement is brought to the target by its ungated mean; silence
 * stays silence. The length never changes. At most four rounds of gain and limiting. */
int loudness_normalise(
    float *interleaved, size_t frames, const struct loudness_target *target, struct error *err) MUST_CHECK;

#endif
