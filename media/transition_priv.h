/*
 * Between the files of transitions: one of FFmpeg's xfades of a fixed number of frames and size.
 */
#ifndef MEDIA_TRANSITION_PRIV_H
#define MEDIA_TRANSITION_PRIV_H

#include "media/transition.h"

struct xfade;

/* `name` is one of xfade's words; ERR_INPUT "transition_unknown" when this FFmpeg does not know it. */
int xfade_new(
    const char *name, int64_t frames, int width, int height, struct xfade **ret_xfade, struct error *err) MUST_CHECK;
void xfade_free(struct xfade **xfade);

/* progress of TRANSITION_ONE. `to` may be `under`. */
int xfade_put(struct xfade *xfade, AVFrame *to, const AVFrame *under, const AVFrame *over, int32_t progress,
    struct error *err) MUST_CHECK;

#endif
