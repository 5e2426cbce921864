/* Drums: falling sines and filtered noise. */
#include "media/synth/instrument_dsp.h"
#include "media/synth/instrument_priv.h"

/* Two sides of a wide drum hear different noise. */
static struct chance
voice_chance(const struct voice *voice)
{
	return (struct chance){.state = voice->note->seed * 2 + (uint64_t)voice->side};
}

/* Drums are tuned by the distance of their note from the middle C. */
static double
voice_tuned(const struct voice *voice, double frequency)
{
	return frequency * exp2((voice->note->pitch - 60) / 12);
}

struct kick {
	double low, high; /* Hz: where the sweep ends and begins */
	double sweep;	  /* seconds */
	double length;
	float drive;
	float click;
};

static void
kick_render(const struct voice *voice, const struct kick *kick)
{
	struct chance chance = voice_chance(voice);
	struct osc body = osc_new(kick->low, voice->rate, 0);
	struct decay sweep = decay_new(1, kick->sweep * 3, voice->rate);
	struct decay level = decay_new(1, kick->length, voice->rate);
	struct decay click = decay_new(kick->click * voice->note->velocity, 0.012, voice->rate);
	struct svf tip = {0};
	svf_set(&tip, 3500, 0.8, voice->rate);
	const double low = voice_tuned(voice, kick->low), high = voice_tuned(voice, kick->high);
	for (size_t i = 0; i < voice->frames; i++) {
		body.step = (low + (high - low) * decay_next(&sweep)) / voice->rate;
		const float tone = dsp_soft(osc_tone(&body) * decay_next(&level) * kick->drive);
		const float noise = svf_run(&tip, chance_noise(&chance)).band * decay_next(&click);
		voice->out[i] = (tone + noise) * voice->note->velocity;
	}
}

void
drum_kick(const struct voice *voice)
{
	kick_render(voice,
	    &(struct kick){.low = 49, .high = 420, .sweep = 0.022, .length = 0.36, .drive = 1.9F, .click = 0.5F});
}

void
drum_kick_soft(const struct voice *voice)
{
	kick_render(voice,
	    &(struct kick){.low = 52, .high = 210, .sweep = 0.03, .length = 0.30, .drive = 1.1F, .click = 0.18F});
}

void
drum_snare(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct osc low = osc_new(voice_tuned(voice, 185), voice->rate, 0);
	struct osc high = osc_new(voice_tuned(voice, 331), voice->rate, 0);
	struct decay shell = decay_new(0.55, 0.14, voice->rate);
	struct decay wires = decay_new(0.75, 0.20 + 0.08 * voice->note->velocity, voice->rate);
	struct svf colour = {0}, rumble = {0};
	svf_set(&colour, 4200, 0.6, voice->rate);
	svf_set(&rumble, 900, 0.7, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float noise = svf_run(&rumble, svf_run(&colour, chance_noise(&chance)).band).high;
		const float tone = (osc_tone(&low) + 0.6F * osc_tone(&high)) * decay_next(&shell);
		voice->out[i] = (tone + noise * decay_next(&wires)) * voice->note->velocity;
	}
}

void
drum_rim(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct osc wood = osc_new(voice_tuned(voice, 780), voice->rate, 0.25);
	struct osc edge = osc_new(voice_tuned(voice, 1710), voice->rate, 0);
	struct decay level = decay_new(0.7, 0.06, voice->rate);
	struct decay tip = decay_new(0.6, 0.015, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float tone = (osc_tone(&wood) + 0.7F * osc_tone(&edge)) * decay_next(&level);
		voice->out[i] = (0.6F * tone + chance_noise(&chance) * decay_next(&tip)) * voice->note->velocity;
	}
}

/* Several hands never meet exactly: three short bursts and a tail. */
void
drum_clap(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct svf colour = {0}, thin = {0};
	svf_set(&colour, voice_tuned(voice, 1250), 1.1, voice->rate);
	svf_set(&thin, 700, 0.7, voice->rate);
	const size_t gap = (size_t)((0.009 + 0.002 * chance_unit(&chance)) * voice->rate);
	struct decay level = {0};
	for (size_t i = 0; i < voice->frames; i++) {
		if (i == 0 || i == gap || i == 2 * gap)
			level = decay_new(1.1, 0.022, voice->rate);
		else if (i == 3 * gap)
			level = decay_new(1.1, 0.22, voice->rate);
		const float noise = svf_run(&thin, svf_run(&colour, chance_noise(&chance)).band).high;
		voice->out[i] = 1.2F * noise * decay_next(&level) * voice->note->velocity;
	}
}

/* Noise with the clang of six tones that fit no scale. */
static void
hat_render(const struct voice *voice, double length)
{
	static const double ratios[] = {1, 1.3420, 1.2312, 1.6532, 1.9523, 2.1523};
	struct chance chance = voice_chance(voice);
	struct ring rings[ARRAY_LEN(ratios)];
	for (size_t t = 0; t < ARRAY_LEN(ratios); t++)
		rings[t] =
		    ring_new(voice_tuned(voice, 4127) * ratios[t], 0.12, length, chance_unit(&chance), voice->rate);
	struct decay level = decay_new(0.68, length, voice->rate);
	struct svf thin = {0};
	svf_set(&thin, 7200, 0.8, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		double sum = chance_noise(&chance) * decay_next(&level);
		for (size_t t = 0; t < ARRAY_LEN(ratios); t++)
			sum += ring_next(&rings[t]);
		voice->out[i] = svf_run(&thin, (float)sum).high * voice->note->velocity;
	}
}

void
drum_hat(const struct voice *voice)
{
	hat_render(voice, 0.05 + 0.05 * voice->note->velocity);
}

void
drum_hat_open(const struct voice *voice)
{
	hat_render(voice, 0.38);
}

void
drum_shaker(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct svf colour = {0}, thin = {0};
	svf_set(&colour, voice_tuned(voice, 6200), 0.9, voice->rate);
	svf_set(&thin, 3800, 0.7, voice->rate);
	const size_t swell = (size_t)(0.022 * voice->rate);
	struct decay fall = decay_new(0.9, 0.09, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float level = i < swell ? 0.9F * (float)i / (float)swell : decay_next(&fall);
		const float noise = svf_run(&thin, svf_run(&colour, chance_noise(&chance)).band).high;
		voice->out[i] = noise * level * voice->note->velocity;
	}
}

void
drum_crash(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct decay level = decay_new(0.8, 2.4, voice->rate);
	struct decay tip = decay_new(0.5, 0.3, voice->rate);
	struct svf thin = {0}, dark = {0};
	svf_set(&thin, 3200, 0.7, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		if (i % 256 == 0)
			svf_set(&dark, 6000 + 10000 * (1 - (double)i / (double)voice->frames), 0.7, voice->rate);
		const float noise = svf_run(&dark, svf_run(&thin, chance_noise(&chance)).high).low;
		voice->out[i] = noise * (decay_next(&level) + decay_next(&tip)) * voice->note->velocity;
	}
}

void
drum_riser(const struct voice *voice)
{
	struct chance chance = voice_chance(voice);
	struct svf sweep = {0};
	struct envelope end = envelope_new(0.01, 1, 1, 0.03, voice->note->held, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float t = fminf(1, (float)i / (float)voice->note->held);
		if (i % DSP_CONTROL == 0)
			svf_set(&sweep, 500 * exp2(4.2 * t), 1.6, voice->rate);
		voice->out[i] =
		    svf_run(&sweep, chance_noise(&chance)).band * t * t * envelope_next(&end) * voice->note->velocity;
	}
}
