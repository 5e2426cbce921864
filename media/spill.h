/*
 * Samples on their way between two passes: interleaved float in a file of the scratch folder, so that memory does not
 * grow with the film. The file has no name to anybody else and goes when it is closed.
 */
#ifndef MEDIA_SPILL_H
#define MEDIA_SPILL_H

#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* A file below `dir` without a name, for reading and writing; -1 on failure. The caller closes. */
int spill_file(int dir, struct error *err) MUST_CHECK;

struct spill {
	int fd;
	size_t channels;
	size_t frames; /* written so far */
};

/* ERR_STORAGE_FULL as from all writing here when the disk is full. */
int spill_open(struct spill *spill, int dir, size_t channels, struct error *err) MUST_CHECK;
/* Fits CLEANUP; zeroed memory is closed already. */
void spill_close(struct spill *spill);

int spill_write(struct spill *spill, const float *samples, size_t frames, struct error *err) MUST_CHECK;

/* Frames from `at` on; beyond the end is an error. */
int spill_read(const struct spill *spill, size_t at, size_t frames, float *samples, struct error *err) MUST_CHECK;

#endif
