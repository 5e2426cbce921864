/*
 * Music and effects step back while somebody speaks.
 *
 * A duck_key listens to the dialogue and keeps the stretches in which it is heard. What is ducked is down by its full
 * depth when a stretch begins (so the first syllable is not swallowed), stays down through short pauses, and is all the
 * way back `release` seconds after the last sound. In between it moves evenly in decibels. The gain at a moment hangs
 * on the stretches around it alone, not on how the samples arrive.
 *
 * Samples are interleaved stereo.
 */
#ifndef MEDIA_DUCK_H
#define MEDIA_DUCK_H

#include <stddef.h>

#include "lib/base/attr.h"

/* The key must have heard this much more than what is ducked, or all there is; a longer attack counts as this long. */
#define DUCK_AHEAD_SECONDS 5

struct duck_key;

/* Out of memory aborts, here and below. The caller frees. */
struct duck_key *duck_key_new(int rate) RETURNS_NONNULL;
void duck_key_free(struct duck_key **key);

/* The next samples of the dialogue. */
void duck_key_add(struct duck_key *key, const float *samples, size_t frames);

/* Frames in which dialogue was heard so far, pauses of less than 50 ms included. */
int64_t duck_key_heard(const struct duck_key *key);

struct duck {
	double depth_db; /* positive: so much quieter; 0 does nothing */
	double attack_s, release_s;
};

/* Lowers the samples that begin `at` frames into the dialogue. */
void duck_apply(const struct duck *duck, const struct duck_key *key, int64_t at, float *samples, size_t frames);

#endif
