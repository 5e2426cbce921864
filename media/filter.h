/*
 * What is done to a whole clip before it is used: steadying and denoising. Both look at pictures without bound, so they
 * run once over the clip, from its first picture to its last.
 */
#ifndef MEDIA_FILTER_H
#define MEDIA_FILTER_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "media/source.h"

/* Raised whenever a filter gives other pictures than before. */
#define FILTER_VERSION 1

struct filter_request {
	bool stabilise;
	bool denoise;
};

/* Gives every picture of the source, filtered, in order, to `take`; as many as the source has. The frame is borrowed
 * for the call. */
typedef int filter_take(void *ctx, const AVFrame *frame, size_t index, struct error *err);
int filter_run(const struct source *source, const struct filter_request *request, const struct task *task,
    filter_take *take, void *ctx, struct error *err) MUST_CHECK;

#endif
