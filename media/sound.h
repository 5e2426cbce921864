/*
 * The sound of a film: mixed as a whole in float samples, brought to its loudness, encoded once.
 *
 * AAC and Opus add samples in front of every encode, so they are never joined from parts. What a listener gets is
 * measured on what was encoded and decoded again, because encoding moves peaks: where they come out too high, the whole
 * is made again with more room.
 */
#ifndef MEDIA_SOUND_H
#define MEDIA_SOUND_H

#include "lib/timeline/plan.h"
#include "media/piece.h"
#include "media/sound_reader.h"

struct task;

/* The notes of a sound piece. */
struct sound_notes {
	int64_t samples; /* of the programme */
	int32_t priming; /* samples before the first of the programme */
	int32_t packet;	 /* samples a packet */
	int32_t rate;
	int32_t limited;  /* the limiter had to work */
	double gain_db;	  /* by which the mix was raised */
	double lufs;	  /* measured after decoding; -INFINITY for silence */
	double true_peak; /* dBTP */
	uint64_t clipped;
	uint64_t silent; /* samples in silent stretches */
	uint64_t cut;	 /* bit n: audio item n goes on after the film's end */
	int64_t speech;	 /* samples in which dialogue is heard */
};

/* Descriptor of an asset of the timeline by name, or -1. */
typedef int sound_find_fn(void *ctx, const char *asset);

/* Makes the whole programme of the plan. ERR_INPUT "sound_unavailable" naming an asset that cannot be read. */
int sound_make(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx,
    struct piece_builder *builder, struct error *err) MUST_CHECK;

#endif
