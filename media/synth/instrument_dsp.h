/*
 * The small parts instruments are made of: chance, oscillators, a filter, decays. All are inline because they run once
 * per sample, and none calls into libm per sample.
 */
#ifndef MEDIA_SYNTH_INSTRUMENT_DSP_H
#define MEDIA_SYNTH_INSTRUMENT_DSP_H

#include <math.h>

#include "lib/base/attr.h"

/* Filters and sweeps take new settings this often (in frames). */
#define DSP_CONTROL 16

/* SplitMix64: tiny, good enough for noise, and the same on every machine. */
struct chance {
	uint64_t state;
};

static inline uint64_t
chance_bits(struct chance *chance)
{
	uint64_t z = chance->state += 0x9e3779b97f4a7c15U;
	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
	return z ^ (z >> 31);
}

/* -1..1 */
static inline float
chance_noise(struct chance *chance)
{
	return (float)(int32_t)(chance_bits(chance) >> 32) * 0x1p-31F;
}

/* 0..1 */
static inline double
chance_unit(struct chance *chance)
{
	return (double)(chance_bits(chance) >> 11) * 0x1p-53;
}

static inline int
chance_below(struct chance *chance, int count)
{
	return (int)(chance_unit(chance) * count);
}

/* Sine of a phase in turns, for phases above -1000; exact to 4e-6. */
static inline float
osc_sine(double turns)
{
	const double shifted = turns + 1000.5;
	float p = (float)(shifted - (double)(int)shifted) - 0.5F;
	if (p > 0.25F)
		p = 0.5F - p;
	else if (p < -0.25F)
		p = -0.5F - p;
	const float z = p * p;
	return p * (6.2831853F + z * (-41.341702F + z * (81.605249F + z * (-76.705860F + z * 42.058694F))));
}

/* A sine that dies away by 60 dB in `seconds`, as two multiplications: each sample follows from the two before. Its
 * phase begins at `turns`. */
struct ring {
	double y1, y2, a, b;
};

static inline struct ring
ring_new(double frequency, double level, double seconds, double turns, int rate)
{
	const double r = exp(-6.9078 / (seconds * rate)), w = 2 * M_PI * frequency / rate, from = 2 * M_PI * turns;
	return (struct ring){
	    .y1 = level * sin(from - w) / r,
	    .y2 = level * sin(from - 2 * w) / (r * r),
	    .a = 2 * r * cos(w),
	    .b = r * r,
	};
}

static inline double
ring_next(struct ring *ring)
{
	const double y = ring->a * ring->y1 - ring->b * ring->y2;
	ring->y2 = ring->y1;
	ring->y1 = y;
	return y;
}

struct osc {
	double phase, step;
};

static inline struct osc
osc_new(double frequency, int rate, double phase)
{
	return (struct osc){.phase = phase - floor(phase), .step = frequency / rate};
}

static inline void
osc_advance(struct osc *osc)
{
	osc->phase += osc->step;
	if (osc->phase >= 1)
		osc->phase -= 1;
}

/* What to add around a jump of -2 at phase 0, so that the jump carries no overtones beyond the Nyquist frequency worth
 * hearing. */
static inline float
osc_blep(double phase, double step)
{
	if (phase < step) {
		const float t = (float)(phase / step);
		return t + t - t * t - 1;
	}
	if (phase > 1 - step) {
		const float t = (float)((phase - 1) / step);
		return t * t + t + t + 1;
	}
	return 0;
}

static inline float
osc_saw(struct osc *osc)
{
	const float value = (float)(2 * osc->phase - 1) - osc_blep(osc->phase, osc->step);
	osc_advance(osc);
	return value;
}

static inline float
osc_pulse(struct osc *osc, double width)
{
	double second = osc->phase - width;
	if (second < 0)
		second += 1;
	const float value =
	    (osc->phase < width ? 1.0F : -1.0F) + osc_blep(osc->phase, osc->step) - osc_blep(second, osc->step);
	osc_advance(osc);
	return value;
}

static inline float
osc_tone(struct osc *osc)
{
	const float value = osc_sine(osc->phase);
	osc_advance(osc);
	return value;
}

/* State variable filter in its zero-delay form: stays stable while its frequency moves. */
struct svf {
	float g, k, a1, a2, a3;
	float ic1, ic2;
};

struct svf_out {
	float low, band, high;
};

/* Keeps what the filter holds. q 0.7 is flat, 5 rings. */
static inline void
svf_set(struct svf *svf, double frequency, double q, int rate)
{
	const double limited = frequency < 0.45 * rate ? frequency : 0.45 * rate;
	svf->g = (float)tan(M_PI * limited / rate);
	svf->k = (float)(1 / q);
	svf->a1 = 1 / (1 + svf->g * (svf->g + svf->k));
	svf->a2 = svf->g * svf->a1;
	svf->a3 = svf->g * svf->a2;
}

static inline struct svf_out
svf_run(struct svf *svf, float x)
{
	const float v3 = x - svf->ic2;
	const float band = svf->a1 * svf->ic1 + svf->a2 * v3;
	const float low = svf->ic2 + svf->a2 * svf->ic1 + svf->a3 * v3;
	svf->ic1 = 2 * band - svf->ic1;
	svf->ic2 = 2 * low - svf->ic2;
	return (struct svf_out){.low = low, .band = band, .high = x - svf->k * band - low};
}

/* A level that falls by 60 dB in `seconds`. */
struct decay {
	float level, factor;
};

static inline struct decay
decay_new(double level, double seconds, int rate)
{
	return (struct decay){.level = (float)level, .factor = (float)exp(-6.9078 / (seconds * rate))};
}

static inline float
decay_next(struct decay *decay)
{
	const float level = decay->level;
	/* silence ends at -240 dB, or the numbers become denormal and slow */
	decay->level = level > 1e-12F ? level * decay->factor : 0;
	return level;
}

/* Attack, fall to a held level, and a release that begins `held` frames in; straight attack, bent rest. */
struct envelope {
	size_t at, attack, held;
	float level, sustain, fall, release;
};

static inline struct envelope
envelope_new(double attack, double fall, double sustain, double release, size_t held, int rate)
{
	return (struct envelope){
	    .attack = (size_t)(attack * rate) + 1,
	    .held = held,
	    .sustain = (float)sustain,
	    .fall = (float)exp(-4.6 / (fall * rate)),
	    .release = (float)exp(-6.9078 / (release * rate)),
	};
}

static inline float
envelope_next(struct envelope *envelope)
{
	if (envelope->at >= envelope->held)
		envelope->level *= envelope->release;
	else if (envelope->at < envelope->attack)
		envelope->level = (float)(envelope->at + 1) / (float)envelope->attack;
	else
		envelope->level = envelope->sustain + (envelope->level - envelope->sustain) * envelope->fall;
	envelope->at++;
	return envelope->level;
}

/* Gentle overdrive: -1..1 for any input, nearly straight below 0.5. */
static inline float
dsp_soft(float x)
{
	const float limited = x < -3 ? -3 : x > 3 ? 3 : x;
	return limited * (27 + limited * limited) / (27 + 9 * limited * limited);
}

static inline double
dsp_pitch(double midi)
{
	return 440 * exp2((midi - 69) / 12);
}

static inline float
dsp_gain(double decibels)
{
	return (float)pow(10, decibels / 20);
}

#endif
