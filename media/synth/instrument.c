#include "media/synth/instrument.h"

#include "media/synth/instrument_priv.h"

struct instrument_row {
	voice_fn *render;
	double tail; /* seconds after the key is let go; for struck things, of the whole sound */
	bool struck; /* sounds on whatever the key does */
	bool wide;
};

static const struct instrument_row rows[INSTRUMENT__COUNT] = {
    [INSTRUMENT_KICK] = {drum_kick, 0.40, true, false},
    [INSTRUMENT_KICK_SOFT] = {drum_kick_soft, 0.35, true, false},
    [INSTRUMENT_SNARE] = {drum_snare, 0.35, true, false},
    [INSTRUMENT_RIM] = {drum_rim, 0.12, true, false},
    [INSTRUMENT_CLAP] = {drum_clap, 0.35, true, true},
    [INSTRUMENT_HAT] = {drum_hat, 0.12, true, false},
    [INSTRUMENT_HAT_OPEN] = {drum_hat_open, 0.40, true, false},
    [INSTRUMENT_SHAKER] = {drum_shaker, 0.14, true, false},
    [INSTRUMENT_CRASH] = {drum_crash, 2.60, true, true},
    [INSTRUMENT_RISER] = {drum_riser, 0.03, false, true},
    [INSTRUMENT_STRING] = {keys_string, 0.25, false, false},
    [INSTRUMENT_EPIANO] = {keys_epiano, 0.35, false, false},
    [INSTRUMENT_BELL] = {keys_bell, 1.80, true, false},
    [INSTRUMENT_MALLET] = {keys_mallet, 0.90, true, false},
    [INSTRUMENT_BASS] = {synth_bass, 0.10, false, false},
    [INSTRUMENT_BASS_ROUND] = {synth_bass_round, 0.15, false, false},
    [INSTRUMENT_PAD] = {synth_pad, 1.50, false, true},
    [INSTRUMENT_SUPERSAW] = {synth_supersaw, 0.30, false, true},
    [INSTRUMENT_SEQUENCE] = {synth_sequence, 0.30, false, false},
    [INSTRUMENT_LEAD] = {synth_lead, 0.25, false, true},
};

/* The last frames are faded, so that a sound cut off by its length does not click. */
#define END_FADE 96

bool
instrument_wide(enum instrument instrument)
{
	return rows[instrument].wide;
}

size_t
instrument_frames(enum instrument instrument, const struct note *note, int rate, size_t limit)
{
	const struct instrument_row *const row = &rows[instrument];
	const size_t frames = (row->struck ? 0 : note->held) + (size_t)(row->tail * rate);
	return FW_MIN(frames, limit);
}

void
instrument_render(enum instrument instrument, const struct note *note, int side, int rate, float *out, size_t frames)
{
	rows[instrument].render(
	    &(struct voice){.note = note, .side = side, .rate = rate, .out = out, .frames = frames});
	const size_t fade = FW_MIN(frames, (size_t)END_FADE);
	for (size_t i = 0; i < fade; i++)
		out[frames - 1 - i] *= (float)i / END_FADE;
}
