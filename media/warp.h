/*
 * Moving, turning and enlarging a picture by fractions of a sample, plane by plane in its own format.
 */
#ifndef MEDIA_WARP_H
#define MEDIA_WARP_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "media/shake.h"

/* Whether pictures of the format can be warped: planar, 8 to 16 bits in the machine's order. */
bool warp_can(int format) MUST_CHECK;

/* `to` (same format and size) shows `from` after the move and then enlarged, both about the centre. Edges repeat. */
void warp_put(AVFrame *to, const AVFrame *from, const struct shake_move *move, double zoom);

#endif
