/*
 * Sound at another speed with its pitch kept, as a stream.
 *
 * The output is laid together from pieces of the input of 30 ms that overlap by half. A piece is taken from near where
 * the speed says, at the place where its wave fits best to what was played before; while the last piece's continuation
 * is near enough it simply goes on, which changes no sample. Strokes (sudden rises after something quieter) are never
 * doubled, dropped or moved: the pieces that hold one are placed exactly, and no other piece reaches over it.
 *
 * Output frame n belongs to input frame n x speed; tones may lie up to 10 ms beside it. Plain arithmetic in a fixed
 * order: the same input gives the same samples everywhere, however the calls are cut.
 */
#ifndef MEDIA_STRETCH_H
#define MEDIA_STRETCH_H

#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define STRETCH_CHANNELS 2
#define STRETCH_PPM_MIN 250000
#define STRETCH_PPM_MAX 4000000

/* Fills exactly `frames` interleaved stereo frames, with silence after the end of what there is. */
typedef int stretch_pull_fn(void *ctx, float *samples, size_t frames, struct error *err);

struct stretch;

/* speed_ppm: 1,000,000 as recorded; 2,000,000 twice as fast. Out of memory aborts. The caller frees. */
struct stretch *stretch_new(int rate, int64_t speed_ppm, stretch_pull_fn *pull, void *ctx) RETURNS_NONNULL;
void stretch_free(struct stretch **stretch);

/* The next `frames` of the output. Fails only when pulling fails. */
int stretch_run(struct stretch *stretch, float *out, size_t frames, struct error *err) MUST_CHECK;

#endif
