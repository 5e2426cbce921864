/*
 * The instruments of the built-in musician. An instrument turns one note into samples; where the note stands in the
 * piece, its place between left and right and every effect are the mixer's business (music_mix.h).
 */
#ifndef MEDIA_SYNTH_INSTRUMENT_H
#define MEDIA_SYNTH_INSTRUMENT_H

#include "lib/base/attr.h"

enum instrument {
	INSTRUMENT_KICK,      /* long and hard */
	INSTRUMENT_KICK_SOFT, /* short and round */
	INSTRUMENT_SNARE,
	INSTRUMENT_RIM,
	INSTRUMENT_CLAP,
	INSTRUMENT_HAT,
	INSTRUMENT_HAT_OPEN,
	INSTRUMENT_SHAKER,
	INSTRUMENT_CRASH,
	INSTRUMENT_RISER,  /* noise that opens over the length of the note and stops */
	INSTRUMENT_STRING, /* plucked string of a small wooden body */
	INSTRUMENT_EPIANO,
	INSTRUMENT_BELL,   /* glockenspiel */
	INSTRUMENT_MALLET, /* marimba */
	INSTRUMENT_BASS,   /* bright, filtered */
	INSTRUMENT_BASS_ROUND,
	INSTRUMENT_PAD,
	INSTRUMENT_SUPERSAW,
	INSTRUMENT_SEQUENCE, /* short filtered pluck for arpeggios */
	INSTRUMENT_LEAD,
	INSTRUMENT__COUNT
};

struct note {
	int64_t at;	/* frame of the beginning; may be below 0 or beyond the piece, which is a circle */
	size_t held;	/* frames until the key is let go */
	float pitch;	/* MIDI number; drums take it as a shift in semitones around 60 */
	float velocity; /* 0..1: louder and brighter */
	float pan;	/* -1 left .. 1 right */
	uint64_t seed;	/* noise and phases */
};

/* Wide instruments differ between the two sides and are rendered once for each; the others once with side 0. */
bool instrument_wide(enum instrument instrument);

/* Frames the note sounds, its tail included; at most `limit`. */
size_t instrument_frames(enum instrument instrument, const struct note *note, int rate, size_t limit);

/* Writes (not adds) `frames` samples of one side, ending in silence. Peaks are about 1 at full velocity. */
void instrument_render(
    enum instrument instrument, const struct note *note, int side, int rate, float *out, size_t frames);

#endif
