/*
 * A stored programme played at a level: gain, then the limiter where it is needed, block by block, to somebody who
 * listens.
 */
#ifndef MEDIA_LOUDNESS_H
#define MEDIA_LOUDNESS_H

#include "media/measure_audio.h"
#include "media/spill.h"

struct task;

struct level {
	double gain_db;
	bool limited;
	double ceiling; /* dBTP, when limited */
};

/* Takes interleaved samples. */
typedef int level_sink_fn(void *ctx, const float *samples, size_t frames, struct error *err);

/* Every frame of the spill at the level, as many as went in, in order. */
int level_play(const struct spill *spill, int rate, const struct level *level, const struct task *task,
    level_sink_fn *sink, void *ctx, struct error *err) MUST_CHECK;

/* What the spill sounds like at the level. A programme too short for a gated measurement is heard repeatedly. */
int level_measure(const struct spill *spill, int rate, const struct level *level, const struct task *task,
    struct loudness_result *ret_result, struct error *err) MUST_CHECK;

/* The level that brings the programme to the target; where loudness and ceiling contradict each other (a lone click in
 * silence) the ceiling wins. Silence keeps its level. */
int level_find(const struct spill *spill, const struct loudness_target *target, const struct task *task,
    struct level *ret_level, struct error *err) MUST_CHECK;

#endif
