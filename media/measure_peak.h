/*
 * The signal between the samples: four times oversampling by a windowed sinc, as the true-peak measurement and the
 * limiter need it. Band-limited audio can swing above its samples by 3 dB and more; converters and AAC encoders meet
 * that swing.
 */
#ifndef MEDIA_MEASURE_PEAK_H
#define MEDIA_MEASURE_PEAK_H

#include <stddef.h>

/* Taps of one phase; the value between two samples hangs on 12 samples either side. */
#define PEAK_TAPS 24
#define PEAK_PHASES 3
#define PEAK_BLOCK 64

struct peak_filter {
	/* Phases at 1/4, 1/2 and 3/4 of a sample; the phase at 0 is the sample itself. */
	float taps[PEAK_TAPS][PEAK_PHASES];
	/* No value between samples exceeds the highest sample near it by more than this factor. */
	float gain_max;
};

void peak_filter_init(struct peak_filter *filter);

/* Highest magnitude at and up to the sample after x[PEAK_TAPS / 2 - 1]; x holds PEAK_TAPS samples of one channel. */
float peak_between(const struct peak_filter *filter, const float *x);
/* The highest of peak_between() at x, x + 1, ... x + PEAK_BLOCK - 1, to the bit, in a quarter of the time. */
float peak_block(const struct peak_filter *filter, const float x[static PEAK_BLOCK + PEAK_TAPS - 1]);

#endif
