/*
 * A window of one picture, placed to a fraction of a sample, scaled to the size of another.
 *
 * swscale starts at whole samples, which makes slow movements stutter. Here every output row and column has its own
 * filter, computed from where its centre falls (bicubic; wider when the picture gets smaller, so nothing flickers), in
 * whole numbers. Beyond the edges the edge is repeated.
 */
#ifndef MEDIA_RESAMPLE_H
#define MEDIA_RESAMPLE_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"

#define RESAMPLE_ONE 65536

/* In luma samples of the source, times RESAMPLE_ONE. */
struct resample_window {
	int64_t x, y, width, height;
};

/* Keeps its buffers between pictures; for one thread. Aborts without memory. */
struct resampler;
struct resampler *resampler_new(void);
void resampler_free(struct resampler **resampler);

/* Fills `to` with the window of `from`; both 4:2:0, any sizes; a side of the window is at most 64 times as long as
 * `to`'s. */
void resample_put(struct resampler *resampler, const AVFrame *from, const struct resample_window *window, AVFrame *to);

#endif
