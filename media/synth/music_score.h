/*
 * A piece on paper: a circle of bars of sixteen steps, a chord for each bar, and tracks of notes. The composers
 * (music_upbeat.c and its siblings) write with these words; music_mix.h makes sound of it.
 *
 * Time is in steps (sixteenths) counted from the beginning of the piece, fractions allowed. Every choice and every
 * human unevenness comes from the score's chance, so the same seed always writes the same piece.
 */
#ifndef MEDIA_SYNTH_MUSIC_SCORE_H
#define MEDIA_SYNTH_MUSIC_SCORE_H

#include "media/synth/instrument.h"
#include "media/synth/instrument_dsp.h"

#define SCORE_STEPS 16 /* of a bar */
#define SCORE_BARS_MAX 16
#define SCORE_TRACKS_MAX 20
#define SCORE_VOICES_MAX 6

enum chord_type {
	CHORD_MAJOR,
	CHORD_MINOR,
	CHORD_ADD9,
	CHORD_MINOR_ADD9,
	CHORD_MAJOR9,
	CHORD_MINOR9,
	CHORD_NINTH13,
	CHORD_SUS,
	CHORD__COUNT
};

struct chord {
	signed char root; /* semitones above the key */
	unsigned char type;
};

struct track {
	enum instrument instrument;
	float level;  /* dB */
	float pan;    /* added to that of the notes */
	float reverb; /* share sent, 0..1 */
	float echo;   /* share sent, 0..1 */
	float duck;   /* 0..1: how much the beat of a pumping track pushes this one down */
	float loose;  /* milliseconds a note may be early or late */
	bool chorus;
	bool pumps;

	struct note *notes;
	size_t used, size;
};

struct score {
	int rate;
	size_t step_frames;
	int bars;
	int key;	   /* semitones above C */
	double swing;	   /* steps by which every second sixteenth is late */
	double echo_steps; /* time of the echo */
	struct chance chance;
	struct chord chords[SCORE_BARS_MAX];
	struct track tracks[SCORE_TRACKS_MAX];
	int tracks_used;
};

/* The tempo is rounded so that a step is a whole number of frames. The caller ends it with score_done(). */
void score_init(struct score *score, double tempo, int bars, int64_t seed, int rate);
void score_done(struct score *score);
size_t score_frames(const struct score *score);

/* Repeats `count` chords over all bars. */
void score_chords(struct score *score, const struct chord *chords, int count);

/* Copies the settings; borrowed until score_done(). */
struct track *score_track(struct score *score, const struct track *settings);

/* One note; `pan` is added to the track's. */
void score_play(
    struct score *score, struct track *track, double step, double length, double pitch, double velocity, double pan);

/* Plays bars first..last from text: a digit is a stroke of that ninth of full velocity, anything else a rest. Texts
 * longer than a bar go on over several bars. */
void score_beat(struct score *score, struct track *track, const char *pattern, int first, int last);

/* The chord's tones, each once, at their first place at or above `lowest`, in rising order. Returns how many. */
int score_voicing(const struct score *score, int bar, int lowest, int pitches[SCORE_VOICES_MAX]);

/* The chord's root, or a tone `above` it, folded into the octave that begins at `lowest`. */
int score_root(const struct score *score, int bar, int above, int lowest);

struct melody {
	const char *const *rhythms; /* 'x' begins a note, '-' holds it; one text per bar of SCORE_STEPS characters */
	int rhythms_count;	    /* the last one closes a phrase */
	const signed char *scale;   /* five tones above the key */
	int low, high;		    /* range, MIDI */
	double length;		    /* share of its time a note is held */
	double velocity;
};

/* A theme of phrases of four bars: motif, answer, motif, close. The theme is invented once per call with `theme` as
 * seed; calls with the same theme give the same notes wherever the chords are the same. */
void score_melody(
    struct score *score, struct track *track, const struct melody *melody, int first, int last, uint64_t theme);

#endif
