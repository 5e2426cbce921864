/* Subtractive voices: saws and pulses without fold-over through a moving low pass. */
#include "media/synth/instrument_dsp.h"
#include "media/synth/instrument_priv.h"

#define SAWS_MAX 7

/* Detuned saws; each side of a wide voice has its own phases, and detuning mirrored, so the two sides drift apart. */
struct saws {
	struct osc osc[SAWS_MAX];
	int count;
	float level;
};

static struct saws
saws_new(const struct voice *voice, int count, double cents)
{
	struct chance chance = {.state = voice->note->seed * 2 + (uint64_t)voice->side};
	struct saws saws = {.count = count, .level = 1 / sqrtf((float)count)};
	for (int i = 0; i < count; i++) {
		const double spread = count > 1 ? 2.0 * i / (count - 1) - 1 : 0;
		const double bent = spread * fabs(spread) * (voice->side == 0 ? cents : -cents * 0.93);
		const double frequency = dsp_pitch(voice->note->pitch + bent / 100);
		saws.osc[i] = osc_new(frequency, voice->rate, chance_unit(&chance));
	}
	return saws;
}

static float
saws_next(struct saws *saws)
{
	float sum = 0;
	for (int i = 0; i < saws->count; i++)
		sum += osc_saw(&saws->osc[i]);
	return sum * saws->level;
}

void
synth_bass(const struct voice *voice)
{
	const double frequency = dsp_pitch(voice->note->pitch);
	const float hard = voice->note->velocity;
	struct osc saw = osc_new(frequency, voice->rate, 0.5), sub = osc_new(frequency, voice->rate, 0);
	struct envelope key = envelope_new(0.003, 0.4, 0.75, 0.09, voice->note->held, voice->rate);
	struct envelope open = envelope_new(0.002, 0.22, 0.15, 0.1, voice->note->held, voice->rate);
	struct svf filter = {0};
	for (size_t i = 0; i < voice->frames; i++) {
		const float opened = envelope_next(&open);
		if (i % DSP_CONTROL == 0)
			svf_set(&filter, 160 + 1900 * (double)opened * (0.4 + 0.6 * hard), 1.3, voice->rate);
		const float bright = svf_run(&filter, osc_saw(&saw)).low;
		voice->out[i] = dsp_soft(0.75F * bright + 0.6F * osc_tone(&sub)) * envelope_next(&key) * hard;
	}
}

void
synth_bass_round(const struct voice *voice)
{
	const double frequency = dsp_pitch(voice->note->pitch);
	struct osc low = osc_new(frequency, voice->rate, 0), second = osc_new(frequency * 2, voice->rate, 0);
	struct osc third = osc_new(frequency * 3, voice->rate, 0);
	struct envelope key = envelope_new(0.008, 0.9, 0.6, 0.14, voice->note->held, voice->rate);
	struct decay finger = decay_new(0.45, 0.35, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float edge = 0.10F + decay_next(&finger);
		const float tone = osc_tone(&low) + edge * (0.7F * osc_tone(&second) + 0.35F * osc_tone(&third));
		voice->out[i] = dsp_soft(0.85F * tone) * envelope_next(&key) * voice->note->velocity;
	}
}

void
synth_pad(const struct voice *voice)
{
	struct saws saws = saws_new(voice, 2, 8);
	struct envelope key = envelope_new(0.7, 1, 1, 1.4, voice->note->held, voice->rate);
	struct osc sway = osc_new(0.13, voice->rate, 0.25 * voice->side);
	struct svf filter = {0};
	sway.step *= DSP_CONTROL;
	for (size_t i = 0; i < voice->frames; i++) {
		const float level = envelope_next(&key);
		if (i % DSP_CONTROL == 0)
			svf_set(&filter, 500 + 900 * (double)level + 250 * (double)osc_tone(&sway), 0.8, voice->rate);
		voice->out[i] = 0.5F * svf_run(&filter, saws_next(&saws)).low * level * voice->note->velocity;
	}
}

void
synth_supersaw(const struct voice *voice)
{
	struct saws saws = saws_new(voice, SAWS_MAX, 22);
	struct envelope key = envelope_new(0.006, 0.8, 0.8, 0.25, voice->note->held, voice->rate);
	struct svf low = {0}, high = {0};
	svf_set(&low, 2600 + 6500 * (double)voice->note->velocity, 0.7, voice->rate);
	/* the bass owns what is below the chord */
	svf_set(&high, 0.85 * dsp_pitch(voice->note->pitch), 0.7, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float tone = svf_run(&high, svf_run(&low, saws_next(&saws)).low).high;
		voice->out[i] = 0.6F * tone * envelope_next(&key) * voice->note->velocity;
	}
}

void
synth_sequence(const struct voice *voice)
{
	const double frequency = dsp_pitch(voice->note->pitch);
	struct chance chance = {.state = voice->note->seed};
	struct osc saw = osc_new(frequency * 1.002, voice->rate, chance_unit(&chance));
	struct osc pulse = osc_new(frequency * 0.998, voice->rate, chance_unit(&chance));
	struct envelope key = envelope_new(0.002, 0.30, 0.15, 0.22, voice->note->held, voice->rate);
	struct decay open = decay_new(1, 0.45, voice->rate);
	struct svf filter = {0};
	for (size_t i = 0; i < voice->frames; i++) {
		const double opened = decay_next(&open);
		if (i % DSP_CONTROL == 0)
			svf_set(&filter, 450 + 5200 * opened * voice->note->velocity, 1.5, voice->rate);
		const float tone = 0.5F * osc_saw(&saw) + 0.35F * osc_pulse(&pulse, 0.4);
		voice->out[i] = svf_run(&filter, tone).low * envelope_next(&key) * voice->note->velocity;
	}
}

void
synth_lead(const struct voice *voice)
{
	struct saws saws = saws_new(voice, 3, 7);
	struct osc pulse = osc_new(dsp_pitch(voice->note->pitch), voice->rate, 0.1);
	struct osc vibrato = osc_new(5.3, voice->rate, 0);
	struct envelope key = envelope_new(0.006, 0.5, 0.7, 0.22, voice->note->held, voice->rate);
	struct svf filter = {0};
	const double step = pulse.step;
	vibrato.step *= DSP_CONTROL;
	for (size_t i = 0; i < voice->frames; i++) {
		const float level = envelope_next(&key);
		if (i % DSP_CONTROL == 0) {
			/* vibrato comes in after a quarter of a second, as a player would */
			const double depth = 0.004 * fmin(1, fmax(0, (double)i / voice->rate - 0.25) * 4);
			pulse.step = step * (1 + depth * (double)osc_tone(&vibrato));
			svf_set(&filter, 900 + 3800 * (double)level * voice->note->velocity, 0.9, voice->rate);
		}
		const float tone = 0.45F * saws_next(&saws) + 0.30F * osc_pulse(&pulse, 0.3);
		voice->out[i] = svf_run(&filter, tone).low * level * voice->note->velocity;
	}
}
