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
	return fmaxf(fmaxf(at, fabsf(a)), fmaxf(fabsf(b), fabsf(c)));
}
