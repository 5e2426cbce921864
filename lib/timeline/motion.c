#include "lib/timeline/motion.h"

/* Shares of a way from 0 to 1: quadratic in and out, and 3t^2 - 2t^3 for both. */
static double
eased(enum timeline_easing easing, double t)
{
	switch (easing) {
	case EASE_IN:
		return t * t;
	case EASE_OUT:
		return t * (2 - t);
	case EASE_IN_OUT:
		return t * t * (3 - 2 * t);
	default:
		return t;
	}
}

int32_t
motion_progress(enum timeline_easing easing, int64_t k, int64_t n)
{
	return (int32_t)(eased(easing, (double)k / (double)n) * MOTION_ONE + 0.5);
}

static struct motion_view
view_of(const struct timeline_keyframe *keyframe)
{
	return (struct motion_view){keyframe->x, keyframe->y, 1 / keyframe->zoom};
}

static double
inside(double centre, double size)
{
	return FW_MIN(FW_MAX(centre, size / 2), 1 - size / 2);
}

/* The size goes evenly, not the zoom: then the edges of what is seen move at an even speed. */
static struct motion_view
between(const struct timeline_keyframe *from, const struct timeline_keyframe *to, int64_t at_us)
{
	const double t = (double)(at_us - from->at_us) / (double)(to->at_us - from->at_us);
	const double p = eased(from->easing, t);
	const struct motion_view a = view_of(from), b = view_of(to);

	return (struct motion_view){
	    .x = a.x + (b.x - a.x) * p,
	    .y = a.y + (b.y - a.y) * p,
	    .size = a.size + (b.size - a.size) * p,
	};
}

struct motion_view
motion_view_at(const struct timeline_item *item, int64_t at_us)
{
	const size_t count = item->motion.count;
	struct motion_view view = {0.5, 0.5, 1};
	size_t next = 0;

	if (count == 0)
		return view;
	while (next < count && timeline_keyframe_at(item, next)->at_us <= at_us)
		next++;
	if (next == 0 || next == count)
		view = view_of(timeline_keyframe_at(item, next == 0 ? 0 : count - 1));
	else
		view = between(timeline_keyframe_at(item, next - 1), timeline_keyframe_at(item, next), at_us);
	/* what cover cuts off may be looked at: how far, only the picture's shape tells */
	if (item->fit != FIT_COVER) {
		view.x = inside(view.x, view.size);
		view.y = inside(view.y, view.size);
	}
	return view;
}

bool
motion_stands(const struct timeline_item *item, int64_t from_us, int64_t to_us)
{
	const size_t count = item->motion.count;

	return count < 2 || to_us <= timeline_keyframe_at(item, 0)->at_us ||
	       from_us >= timeline_keyframe_at(item, count - 1)->at_us;
}
