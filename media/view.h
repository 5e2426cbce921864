/*
 * What a camera that moves over a picture sees: a window of a world.
 *
 * The picture is drawn into a world: with fit cover the whole picture, as large as it must be to cover the frame, so
 * that what cover cuts off can be reached; with every other fit the frame itself with the picture fitted into it. At
 * zoom 1 the view is as large as the frame. It never leaves the world.
 */
#ifndef MEDIA_VIEW_H
#define MEDIA_VIEW_H

#include <libavutil/rational.h>

#include "lib/base/attr.h"
#include "lib/timeline/timeline.h"
#include "media/resample.h"

struct view_world {
	int width, height; /* even */
};

/* How large the world of a film of this size is drawn: fine enough for the closest view, but never much finer than the
 * source. from: the upright source's size with square samples. */
struct view_world view_world(
    const struct timeline_item *item, double from_width, double from_height, int width, int height);

/* The view in frame k of the item, in samples of the world. */
struct resample_window view_window(
    const struct timeline_item *item, int64_t k, AVRational fps, struct view_world world, int width, int height);

#endif
