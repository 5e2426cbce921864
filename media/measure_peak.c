#include "media/measure_peak.h"

#include <math.h>

/* Modified Bessel function of order zero, for the Kaiser window. */
static double
bessel_i0(double x)
{
	double sum = 1, term = 1;
	for (int k = 1; k < 40; k++) {
		term *= (x / (2 * k)) * (x / (2 * k));
		sum += term;
	}
	return sum;
}

static double
sinc(double x)
{
	return fabs(x) < 1e-9 ? 1 : sin(M_PI * x) / (M_PI * x);
}

void
peak_filter_init(struct peak_filter *filter)
{
	/* beta 5 keeps the pass band flat within 0.05 dB up to 0.9 of the Nyquist frequency with these 24 taps */
	const double beta = 5, half = PEAK_TAPS / 2.0;
	filter->gain_max = 1;
	for (int phase = 0; phase < PEAK_PHASES; phase++) {
		const double fraction = (phase + 1) / (PEAK_PHASES + 1.0);
		double sum = 0, magnitude = 0;
		double taps[PEAK_TAPS];
		for (int i = 0; i < PEAK_TAPS; i++) {
			const double t = i - (half - 1) - fraction;
			const double w = 1 - (t / half) * (t / half);
			taps[i] = w > 0 ? sinc(t) * bessel_i0(beta * sqrt(w)) : 0;
			sum += taps[i];
		}
		for (int i = 0; i < PEAK_TAPS; i++) {
			filter->taps[i][phase] = (float)(taps[i] / sum);
			magnitude += fabs(taps[i] / sum);
		}
		filter->gain_max = fmaxf(filter->gain_max, (float)magnitude);
	}
}

/* fmaxf() is a call, which costs as much as the filter. What is no number is not larger. */
static inline float
larger(float a, float b)
{
	return b > a ? b : a;
}

float
peak_between(const struct peak_filter *filter, const float *x)
{
	float a = 0, b = 0, c = 0;
	for (int i = 0; i < PEAK_TAPS; i++) {
		a += x[i] * filter->taps[i][0];
		b += x[i] * filter->taps[i][1];
		c += x[i] * filter->taps[i][2];
	}
	const float at = fabsf(x[PEAK_TAPS / 2 - 1]);
	return larger(larger(at, fabsf(a)), larger(fabsf(b), fabsf(c)));
}

/* Tap by tap over all places, so that the compiler takes several places at once; each sum still grows in the order of
 * peak_between(). */
float
peak_block(const struct peak_filter *filter, const float x[static PEAK_BLOCK + PEAK_TAPS - 1])
{
	float sums[PEAK_PHASES][PEAK_BLOCK] = {{0}};
	float peak = 0;
	for (int i = 0; i < PEAK_TAPS; i++)
		for (int phase = 0; phase < PEAK_PHASES; phase++) {
			const float tap = filter->taps[i][phase];
			for (int at = 0; at < PEAK_BLOCK; at++)
				sums[phase][at] += x[i + at] * tap;
		}
	for (int at = 0; at < PEAK_BLOCK; at++) {
		peak = larger(peak, fabsf(x[at + PEAK_TAPS / 2 - 1]));
		for (int phase = 0; phase < PEAK_PHASES; phase++)
			peak = larger(peak, fabsf(sums[phase][at]));
	}
	return peak;
}
