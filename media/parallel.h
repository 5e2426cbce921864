/*
 * Rows of a picture, divided among a few threads. The result must not depend on who did which row.
 */
#ifndef MEDIA_PARALLEL_H
#define MEDIA_PARALLEL_H

#include "lib/base/attr.h"

#define PARALLEL_MAX 16

/* Calls work(ctx, from, to) for pieces that together are 0..rows, and waits. Pieces begin on multiples of `step`. When
 * no thread can be made the caller's does it all. */
void parallel_rows(unsigned threads, int rows, int step, void (*work)(void *ctx, int from, int to), void *ctx);

#endif
