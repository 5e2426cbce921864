/*
 * Transitions: how one picture of the film gives way to the next.
 *
 * Cut, dissolve, fade, wipe and slide are whole-number arithmetic of our own; every other name is one of FFmpeg's
 * xfade, run by libavfilter on one pair of frames at a time. A frame depends on the two pictures and on k and n only,
 * never on the frames before it, so an overlap may be cut anywhere.
 */
#ifndef MEDIA_TRANSITION_H
#define MEDIA_TRANSITION_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/timeline/timeline.h"

/* Progress is counted in 2^24ths. */
#define TRANSITION_ONE (1 << 24)

struct transition_request {
	enum timeline_transition_type type;
	enum timeline_easing easing;
	enum timeline_direction direction; /* of wipe and slide */
	const char *xfade;		   /* name for TRANSITION_XFADE, else NULL; lives as long as the transition */
	int64_t frames;			   /* n */
};

/* For one thread. */
struct transition;

/* Aborts without memory. */
struct transition *transition_new(const struct transition_request *request);
void transition_free(struct transition **transition);

/* Frame k of the transition from `under` to `over`, into `to`, which may be `under`. */
int transition_put(struct transition *transition, AVFrame *to, const AVFrame *under, const AVFrame *over, int64_t k,
    struct error *err) MUST_CHECK;

/* A picture that comes up from a colour, or goes down to it: progress of TRANSITION_ONE is seen. `to` may be `from`. */
void transition_fade(AVFrame *to, const AVFrame *from, uint32_t rgb, int32_t progress);

/* How far frame k of n is, after easing: 0 to TRANSITION_ONE. */
int32_t transition_progress(enum timeline_easing easing, int64_t k, int64_t n);

#endif
