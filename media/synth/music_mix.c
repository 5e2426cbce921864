#include "media/synth/music_mix.h"

#include "media/synth/music_effect.h"

#define REVERB_SECONDS 1.9
#define ECHO_FEEDBACK 0.42F
#define ECHO_REVERB 0.3F
/* Below this no loudspeaker of a viewer plays anything. */
#define RUMBLE_HZ 28

enum bus { BUS_DRY, BUS_REVERB, BUS_ECHO, BUS_TRACK, BUS__COUNT };

struct mix {
	const struct score *score;
	struct circle bus[BUS__COUNT];
	float *memory;
	float *voice; /* one side of one note */
	float *duck;  /* 0..1 for every frame: how far the beat pushes others down */
};

static void
mix_init(struct mix *mix, const struct score *score)
{
	const size_t frames = score_frames(score);
	*mix = (struct mix){.score = score, .memory = calloc((2 * BUS__COUNT + 2) * frames, sizeof(float))};
	if (mix->memory == NULL)
		abort();
	for (size_t b = 0; b < BUS__COUNT; b++) {
		mix->bus[b] = (struct circle){
		    .left = mix->memory + 2 * b * frames,
		    .right = mix->memory + (2 * b + 1) * frames,
		    .frames = frames,
		    .rate = score->rate,
		};
	}
	mix->voice = mix->memory + 2 * BUS__COUNT * frames;
	mix->duck = mix->voice + frames;
}

static size_t
circle_at(size_t frames, int64_t at)
{
	const int64_t place = at % (int64_t)frames;
	return (size_t)(place < 0 ? place + (int64_t)frames : place);
}

static void
lay(float *circle, size_t frames, size_t at, const float *voice, size_t count, float gain)
{
	const size_t first = FW_MIN(count, frames - at);
	for (size_t i = 0; i < first; i++)
		circle[at + i] += voice[i] * gain;
	for (size_t i = first; i < count; i++)
		circle[i - first] += voice[i] * gain;
}

/* Equal power between the sides; a wide note is turned down on one side instead of moved. */
static void
mix_note(struct mix *mix, const struct track *track, const struct note *note)
{
	const struct circle *const to = &mix->bus[BUS_TRACK];
	const size_t count = instrument_frames(track->instrument, note, to->rate, to->frames);
	const size_t at = circle_at(to->frames, note->at);
	const double angle = (note->pan + 1) / 8; /* in turns: 0 left, 1/8 middle, 1/4 right */
	const float left = osc_sine(0.25 - angle), right = osc_sine(angle);
	instrument_render(track->instrument, note, 0, to->rate, mix->voice, count);
	lay(to->left, to->frames, at, mix->voice, count, left);
	if (instrument_wide(track->instrument))
		instrument_render(track->instrument, note, 1, to->rate, mix->voice, count);
	lay(to->right, to->frames, at, mix->voice, count, right);
}

/* Down within 4 ms before the beat and back, in a curve like that of a compressor, before the next one. */
static void
mix_duck_stroke(struct mix *mix, const struct note *note)
{
	const size_t frames = mix->bus[BUS_DRY].frames;
	const size_t attack = (size_t)(0.004 * mix->score->rate);
	const size_t back = mix->score->step_frames * 7 / 2;
	const size_t from = circle_at(frames, note->at - (int64_t)attack);
	for (size_t i = 0; i < attack + back; i++) {
		const float t = i < attack ? 1 - (float)i / (float)attack : (float)(i - attack) / (float)back;
		const float depth = 1 - t * t * (3 - 2 * t);
		float *const duck = &mix->duck[(from + i) % frames];
		*duck = fmaxf(*duck, depth);
	}
}

static void
mix_duck(struct mix *mix)
{
	for (int t = 0; t < mix->score->tracks_used; t++) {
		const struct track *const track = &mix->score->tracks[t];
		for (size_t n = 0; track->pumps && n < track->used; n++)
			mix_duck_stroke(mix, &track->notes[n]);
	}
}

static void
mix_send_side(
    float *restrict to, const float *restrict from, const float *restrict duck, size_t frames, float gain, float depth)
{
	for (size_t i = 0; i < frames; i++)
		to[i] += from[i] * gain * (1 - depth * duck[i]);
}

static void
mix_send(const struct mix *mix, enum bus bus, const struct track *track, float share)
{
	const float gain = share * dsp_gain(track->level);
	if (gain <= 0)
		return;
	const struct circle *const from = &mix->bus[BUS_TRACK], *const to = &mix->bus[bus];
	mix_send_side(to->left, from->left, mix->duck, from->frames, gain, track->duck);
	mix_send_side(to->right, from->right, mix->duck, from->frames, gain, track->duck);
}

static void
circle_clear(const struct circle *circle)
{
	memset(circle->left, 0, circle->frames * sizeof(*circle->left));
	memset(circle->right, 0, circle->frames * sizeof(*circle->right));
}

static void
mix_track(struct mix *mix, const struct track *track)
{
	struct circle *const bus = &mix->bus[BUS_TRACK];
	circle_clear(bus);
	for (size_t n = 0; n < track->used; n++)
		mix_note(mix, track, &track->notes[n]);
	if (track->chorus)
		effect_chorus(bus);
	mix_send(mix, BUS_DRY, track, 1);
	mix_send(mix, BUS_REVERB, track, track->reverb);
	mix_send(mix, BUS_ECHO, track, track->echo);
}

/* The echoes stand in the same hall as what they repeat. */
static void
mix_effects(struct mix *mix)
{
	const struct circle *const dry = &mix->bus[BUS_DRY], *const echoed = &mix->bus[BUS_TRACK];
	const size_t echo = (size_t)(mix->score->echo_steps * (double)mix->score->step_frames);
	const struct track as_is = {.level = 0};
	circle_clear(echoed);
	effect_echo(&mix->bus[BUS_ECHO], echoed, echo, ECHO_FEEDBACK, 1);
	mix_send(mix, BUS_DRY, &as_is, 1);
	mix_send(mix, BUS_REVERB, &as_is, ECHO_REVERB);
	effect_reverb(&mix->bus[BUS_REVERB], dry, REVERB_SECONDS, 1);
	effect_high_pass(dry, RUMBLE_HZ);
}

void
mix_render(const struct score *score, int only, float *interleaved)
{
	struct mix mix;
	mix_init(&mix, score);
	mix_duck(&mix);
	for (int t = 0; t < score->tracks_used; t++) {
		if (only < 0 || only == t)
			mix_track(&mix, &score->tracks[t]);
	}
	mix_effects(&mix);
	const struct circle *const dry = &mix.bus[BUS_DRY];
	for (size_t i = 0; i < dry->frames; i++) {
		interleaved[2 * i] = dry->left[i];
		interleaved[2 * i + 1] = dry->right[i];
	}
	free(mix.memory);
}
