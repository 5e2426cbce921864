/*
 * Effects on a circle of stereo frames. Each runs over the last seconds of the circle first, unheard, so that its
 * memory at the first frame is what the end left there.
 */
#ifndef MEDIA_SYNTH_MUSIC_EFFECT_H
#define MEDIA_SYNTH_MUSIC_EFFECT_H

#include "lib/base/attr.h"

struct circle {
	float *left, *right;
	size_t frames;
	int rate;
};

/* All add their output to `to`, scaled by `gain`; `from` and `to` may not be the same. */

/* A hall of about `seconds`; its input is cut below 220 Hz, because low reverberation is mud. */
void effect_reverb(const struct circle *from, const struct circle *to, double seconds, float gain);

/* Echoes that change sides, each darker and weaker than the one before. */
void effect_echo(const struct circle *from, const struct circle *to, size_t delay, float feedback, float gain);

/* In place: a second, wavering copy on each side. The waver takes whole turns per circle. */
void effect_chorus(const struct circle *circle);

/* In place: removes what is below `frequency`, direct current included. */
void effect_high_pass(const struct circle *circle, double frequency);

#endif
