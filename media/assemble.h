/*
 * Joining pieces into the finished file, and reading it back.
 */
#ifndef MEDIA_ASSEMBLE_H
#define MEDIA_ASSEMBLE_H

#include "lib/timeline/plan.h"
#include "media/caption_track.h"
#include "media/piece.h"
#include "media/profile.h"

struct assembly {
	const struct plan *plan;
	const struct profile *profile;
	int width, height;
	const struct piece *pictures; /* one for each span, in order */
	const struct piece *sound;    /* or NULL */
};

/* The captions that go into the file as text tracks, in the timeline's order. */
struct assembly_texts {
	struct caption_track *tracks;
	size_t count;
};

/* Writes dir/name (which must not exist) with the text tracks, reads it back, fsyncs it. What joint.h refuses is an
 * error that names the span. ret_bytes may be NULL. */
int assemble(
    const struct assembly *assembly, int dir, const char *name, int64_t *ret_bytes, struct error *err) MUST_CHECK;

/* What the file says of itself, through FFmpeg's reader: as many pictures as planned, each as long as the next, from 0,
 * with the sound and the text tracks. */
int assemble_check(
    const struct assembly *assembly, const struct assembly_texts *texts, int fd, struct error *err) MUST_CHECK;

#endif
