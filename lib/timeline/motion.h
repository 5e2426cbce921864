/*
 * Movement over time: how far a transition has come, and what a camera that moves over a picture sees.
 *
 * Only the four basic operations are used on floating point, so every machine gets the same numbers.
 */
#ifndef FW_TIMELINE_MOTION_H
#define FW_TIMELINE_MOTION_H

#include "lib/timeline/timeline.h"

#define MOTION_ONE 65536

/* What is seen: the centre and the size as shares of the fitted picture, wholly inside it. With fit cover the centre is
 * a share of the whole picture, also of what is cut off, and whoever draws keeps the view inside. */
struct motion_view {
	double x, y;
	double size; /* of both sides; 1: all of it */
};

/* k of n steps (0 <= k <= n, n > 0) after easing, 0 to MOTION_ONE. */
int32_t motion_progress(enum timeline_easing easing, int64_t k, int64_t n);

/* What the item's camera sees `at_us` after the item's start. All of the picture when nothing moves. */
struct motion_view motion_view_at(const struct timeline_item *item, int64_t at_us);

/* Whether the views of the two moments, and so of all between, are the same. */
bool motion_stands(const struct timeline_item *item, int64_t from_us, int64_t to_us);

#endif
