/*
 * Joining pieces into the finished file, and reading it back.
 */
#ifndef MEDIA_ASSEMBLE_H
#define MEDIA_ASSEMBLE_H

#include "lib/timeline/plan.h"
#include "media/piece.h"
#include "media/profile.h"

struct assembly {
	const struct plan *plan;
	const struct profile *profile;
	int width, height;
	const struct piece *pictures; /* one for each span, in order */
	const struct piece *sound;    /* or NULL */
};

/* Writes dir/name (which must not exist), reads it back, fsyncs it. What joint.h refuses is an
 * error that names the span. ret_bytes may be NULL. */
int assemble(
    const struct assembly *assembly, int dir, const char *name, int64_t *ret_bytes, struct error *err) MUST_CHECK;

/* What the file says of itself, through FFmpeg's reader: as many pictures as planned, each as long as the next, from 0,
 * with the sound. */
int assemble_check(const struct assembly *assembly, int fd, struct error *err) MUST_CHECK;

#endif
