/* What the files of instruments share. */
#ifndef MEDIA_SYNTH_INSTRUMENT_PRIV_H
#define MEDIA_SYNTH_INSTRUMENT_PRIV_H

#include "media/synth/instrument.h"

/* What a renderer gets. */
struct voice {
	const struct note *note;
	int side, rate;
	float *out;
	size_t frames;
};

typedef void voice_fn(const struct voice *voice);

voice_fn drum_kick, drum_kick_soft, drum_snare, drum_rim, drum_clap, drum_hat, drum_hat_open, drum_shaker, drum_crash,
    drum_riser;
voice_fn keys_string, keys_epiano, keys_bell, keys_mallet;
voice_fn synth_bass, synth_bass_round, synth_pad, synth_supersaw, synth_sequence, synth_lead;

#endif
