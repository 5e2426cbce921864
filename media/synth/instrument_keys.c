/* Struck and plucked things: strings, bars and the electric piano. */
#include "media/synth/instrument_dsp.h"
#include "media/synth/instrument_priv.h"

/* Lowest string is 40 Hz; at 192 kHz that is 4800 samples. */
#define STRING_FRAMES 4800

/* Fills the string with the shape of a pluck: noise, darker when played softly, hollow where the finger was. */
static void
string_pluck(float *string, size_t length, float velocity, struct chance *chance)
{
	float raw[STRING_FRAMES];
	const float dark = 0.75F - 0.5F * velocity;
	const size_t finger = length / 5 + 1;
	float held = 0, mean = 0;
	for (size_t i = 0; i < length; i++) {
		held = held * dark + chance_noise(chance) * (1 - dark);
		raw[i] = held;
	}
	for (size_t i = 0; i < length; i++) {
		string[i] = raw[i] - 0.8F * raw[(i + length - finger) % length];
		mean += string[i] / (float)length;
	}
	float peak = 1e-6F;
	for (size_t i = 0; i < length; i++) {
		string[i] -= mean;
		peak = fmaxf(peak, fabsf(string[i]));
	}
	for (size_t i = 0; i < length; i++)
		string[i] /= peak;
}

/* Karplus and Strong's string: a delay of one period whose round loses highs. An all-pass makes up the part of a sample
 * that the tuning needs. */
void
keys_string(const struct voice *voice)
{
	float string[STRING_FRAMES];
	struct chance chance = {.state = voice->note->seed};
	const double frequency = fmax(dsp_pitch(voice->note->pitch), 40.5 * voice->rate / 192000);
	const float blend = 0.30F; /* share of the sample before: delays by 0.3 samples */
	const double period = voice->rate / frequency - blend;
	const size_t length = (size_t)(period - 0.3);
	const double rest = period - (double)length;
	const float pass = (float)((1 - rest) / (1 + rest));
	const double seconds = 2.6 * sqrt(220 / frequency);
	const float loss = (float)exp(-6.9078 / (seconds * frequency));
	struct svf body = {0};
	struct envelope end = envelope_new(0.001, 1, 1, 0.25, voice->note->held, voice->rate);
	svf_set(&body, 420, 1.2, voice->rate);
	string_pluck(string, length, voice->note->velocity, &chance);
	float before = 0, pass_in = 0, pass_out = 0;
	for (size_t i = 0, at = 0; i < voice->frames; i++, at = at + 1 == length ? 0 : at + 1) {
		const float x = string[at];
		const float damped = loss * ((1 - blend) * x + blend * before);
		before = x;
		pass_out = pass * (damped - pass_out) + pass_in;
		pass_in = damped;
		string[at] = pass_out;
		voice->out[i] =
		    (x + 0.5F * svf_run(&body, x).band) * 0.7F * envelope_next(&end) * voice->note->velocity;
	}
}

/* Two pairs of sines, one bending the other: the body, and the short ping of the tine fourteen times higher. */
void
keys_epiano(const struct voice *voice)
{
	const double frequency = dsp_pitch(voice->note->pitch);
	const float hard = voice->note->velocity;
	struct osc body = osc_new(frequency, voice->rate, 0), bend = osc_new(frequency * 1.0007, voice->rate, 0);
	const float ping = frequency * 14 < 0.4 * voice->rate ? 0.035F * hard : 0;
	struct ring tine = ring_new(frequency * 14, ping, 0.35, 0, voice->rate);
	struct decay level = decay_new(0.85, 3.8 * sqrt(262 / frequency), voice->rate);
	struct decay colour = decay_new(0.06 + 0.22 * hard * hard, 1.4, voice->rate);
	struct envelope key = envelope_new(0.002, 1, 1, 0.35, voice->note->held, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		const float modulation = decay_next(&colour) * osc_tone(&bend);
		const float tone = osc_sine(body.phase + modulation) * decay_next(&level);
		osc_advance(&body);
		voice->out[i] = (tone + (float)ring_next(&tine)) * envelope_next(&key) * hard;
	}
}

struct bar_mode {
	double ratio, level, seconds;
};

#define BAR_MODES 4

static void
bar_render(const struct voice *voice, const struct bar_mode modes[BAR_MODES], double stroke)
{
	const double frequency = dsp_pitch(voice->note->pitch);
	struct ring rings[BAR_MODES];
	for (int m = 0; m < BAR_MODES; m++) {
		const double hz = frequency * modes[m].ratio;
		const double level = hz < 0.45 * voice->rate ? modes[m].level : 0;
		/* a soft stroke wakes the higher modes less */
		const double woken = level * (m == 0 ? 1 : 0.4 + 0.6 * voice->note->velocity);
		rings[m] = ring_new(hz, woken, modes[m].seconds, 0, voice->rate);
	}
	struct chance chance = {.state = voice->note->seed};
	struct decay knock = decay_new(stroke * voice->note->velocity, 0.02, voice->rate);
	struct svf wood = {0};
	svf_set(&wood, 2200, 0.7, voice->rate);
	for (size_t i = 0; i < voice->frames; i++) {
		double sum = svf_run(&wood, chance_noise(&chance)).band * decay_next(&knock);
		for (int m = 0; m < BAR_MODES; m++)
			sum += ring_next(&rings[m]);
		voice->out[i] = (float)sum * voice->note->velocity;
	}
}

void
keys_bell(const struct voice *voice)
{
	static const struct bar_mode modes[BAR_MODES] = {
	    {1, 0.62, 1.7}, {2.756, 0.20, 0.7}, {5.404, 0.11, 0.35}, {8.93, 0.05, 0.12}};
	bar_render(voice, modes, 0.10);
}

void
keys_mallet(const struct voice *voice)
{
	static const struct bar_mode modes[BAR_MODES] = {
	    {1, 0.75, 0.85}, {3.93, 0.16, 0.28}, {9.24, 0.05, 0.10}, {2.0, 0.06, 0.5}};
	bar_render(voice, modes, 0.25);
}
