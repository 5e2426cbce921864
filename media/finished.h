/*
 * The finished file as a unit of the cache: an unchanged film is neither made nor joined again.
 *
 * Beside the file lies a record (a piece of its own kind) with the file's digest and everything that a render reports
 * of its pieces, so that these may have been evicted. The file is copied, never linked: what leaves the sandbox shares
 * nothing with what the next task can write to. Where the file system can share blocks, the copy costs nothing.
 */
#ifndef MEDIA_FINISHED_H
#define MEDIA_FINISHED_H

#include "media/cache.h"

struct finished {
	char sha256[HASH_HEX_SIZE];
	int64_t bytes;
	struct piece *pictures; /* as the plan's spans: samples and data are not there, only their sizes and notes */
	size_t n_pictures;
	struct piece sound;  /* notes only; none: notes_len 0 */
	struct piece record; /* what the others point into */
};

/* 0: the record is there; room for the film's pictures is given in ret->pictures and ret->n_pictures. 1: there is none
 * (or it does not fit). finished_done unmaps. */
int finished_find(const struct cache *cache, const char *key, struct finished *ret, struct error *err) MUST_CHECK;
void finished_done(struct finished *finished);

/* Copies the file to dir/name, which must not exist, and checks it. 1: it is gone or damaged, and was removed. */
int finished_copy(const struct cache *cache, const char *key, const struct finished *finished, int dir,
    const char *name, struct error *err) MUST_CHECK;

/* Keeps dir/name and its record. */
int finished_keep(const struct cache *cache, const char *key, const struct finished *finished, int dir,
    const char *name, struct error *err) MUST_CHECK;

#endif
