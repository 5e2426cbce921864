#include "media/view.h"

#include <math.h>

#include "lib/timeline/motion.h"

#define WORLD_SIDE_MAX 8192
#define WORLD_PIXELS_MAX (24.0 * 1000 * 1000)

static int
even(double length)
{
	return FW_MAX((int)lround(length / 2) * 2, 2);
}

struct view_world
view_world(const struct timeline_item *item, double from_width, double from_height, int width, int height)
{
	const double cover = FW_MAX(width / from_width, height / from_height);
	const double contain = FW_MIN(width / from_width, height / from_height);
	double w = width, h = height, density = 1;

	if (item->fit == FIT_COVER) {
		w = FW_MAX(from_width * cover, width);
		h = FW_MAX(from_height * cover, height);
	}
	for (size_t i = 0; i < item->motion.count; i++)
		density = FW_MAX(density, timeline_keyframe_at(item, i)->zoom);
	density = FW_MAX(FW_MIN(density, 1 / (item->fit == FIT_COVER ? cover : contain)), 1.0);
	density = FW_MIN(density, WORLD_SIDE_MAX / FW_MAX(w, h));
	density = FW_MIN(density, sqrt(WORLD_PIXELS_MAX / (w * h)));
	return (struct view_world){even(w * density), even(h * density)};
}

/* Moved to where it lies inside. */
static int64_t
inside(double start, double length, double world)
{
	const double last = world - length;

	return llround((last <= 0 ? last / 2 : fmin(fmax(start, 0), last)) * RESAMPLE_ONE);
}

struct resample_window
view_window(const struct timeline_item *item, int64_t k, AVRational fps, struct view_world world, int width, int height)
{
	const int64_t at_us = (int64_t)((__int128)k * fps.den * 1000000 / fps.num);
	const struct motion_view view = motion_view_at(item, at_us);
	const double density = FW_MIN((double)world.width / width, (double)world.height / height);
	const double w = width * density * view.size, h = height * density * view.size;

	return (struct resample_window){
	    .x = inside(view.x * world.width - w / 2, w, world.width),
	    .y = inside(view.y * world.height - h / 2, h, world.height),
	    .width = llround(w * RESAMPLE_ONE),
	    .height = llround(h * RESAMPLE_ONE),
	};
}
