/*
 * From a decoded picture of any kind to a picture of the film: upright, square samples, right colours, fitted into the
 * frame.
 *
 * One struct fit serves one layer in one thread and keeps its scaler. Every scaler is set to accurate rounding, bit
 * exactness and full chroma, so that a picture does not depend on the processor.
 */
#ifndef MEDIA_FIT_H
#define MEDIA_FIT_H

#include <libavutil/frame.h>
#include <libavutil/rational.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/timeline/timeline.h"
#include "media/canvas.h"

struct fit;

struct fit_request {
	enum timeline_fit fit;
	int quarters;
	AVRational aspect;
	bool pad; /* what the picture leaves free becomes black (or blurred); else what is below stays */
};

/* Aborts without memory. */
struct fit *fit_new(const struct fit_request *request);
void fit_free(struct fit **fit);

/* Puts `from` into `to`. */
int fit_put(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err) MUST_CHECK;

/* The rectangle that the upright picture takes in a frame; it may be larger than the frame (cover). All even. */
struct canvas_patch fit_place(
    const struct fit_request *request, int from_width, int from_height, int width, int height);

/* Scales by swscale with our flags and the source's matrix and range, into a limited-range 4:2:0 BT.709 picture of to's
 * size. */
struct SwsContext;
int fit_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err) MUST_CHECK;

#endif
