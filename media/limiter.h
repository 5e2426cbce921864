/*
 * A look-ahead limiter for a stream: no swing between samples exceeds the ceiling, and the gain has no corners.
 *
 * Each frame asks for the gain that brings the swing around it under the ceiling; the gain is the lowest asked for
 * within the next few milliseconds, recovers slowly, and is smoothed over the same few milliseconds. An average of
 * values that are all low enough is low enough, so no peak slips through. Frames come out as many later as the limiter
 * looks ahead; how they are cut into calls changes nothing.
 */
#ifndef MEDIA_LIMITER_H
#define MEDIA_LIMITER_H

#include <stddef.h>

#include "lib/base/attr.h"

struct limiter;

/* The ceiling in dBTP. Out of memory aborts. The caller frees. */
struct limiter *limiter_new(int rate, int channels, double ceiling) RETURNS_NONNULL;
void limiter_free(struct limiter **limiter);

/* Takes `frames` of interleaved samples (NULL: silence, to get the last frames out) and writes those that are ready,
 * at most as many. Returns how many. `out` may be `in`. What is no number becomes silence. */
size_t limiter_run(struct limiter *limiter, const float *in, size_t frames, float *out);

/* Frames by which the output lags behind. */
size_t limiter_delay(const struct limiter *limiter);

#endif
