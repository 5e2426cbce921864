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
#include "media/look.h"

struct fit;

struct fit_request {
	enum timeline_fit fit;
	enum timeline_anchor anchor; /* which part stays when the picture is cut, where it stands when it is not */
	struct canvas_turn turn;
	AVRational aspect;
	double scale; /* of the film against its timeline, for fit none */
	bool pad;     /* what the picture leaves free becomes background (or blurred); else what is below stays */
	uint32_t background_rgb;
	const struct lut *tone; /* of pictures whose light must be mapped, or NULL; borrowed, like the next */
	struct look *look;	/* of the picture, or NULL */
};

/* Aborts without memory. */
struct fit *fit_new(const struct fit_request *request);
void fit_free(struct fit **fit);

/* Puts `from` into `to`. Pictures with transparency are RGBA64 with premultiplied colour (source.h). */
int fit_put(struct fit *fit, const AVFrame *from, AVFrame *to, struct error *err) MUST_CHECK;

/* The next pictures are mixed with a colour: progress of TRANSITION_ONE of them is seen (transition.h). */
void fit_fade(struct fit *fit, uint32_t rgb, int32_t progress);

/* The rectangle that the upright picture takes in a frame; it may be larger than the frame. All even. */
struct canvas_patch fit_place(
    const struct fit_request *request, int from_width, int from_height, int width, int height);

/* Scales by swscale with our flags and the source's matrix and range, into a limited-range 4:2:0 BT.709 picture of to's
 * size. */
struct SwsContext;
int fit_scale(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err) MUST_CHECK;

#endif
