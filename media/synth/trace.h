/* Walking rays along the distance function. All of it is pure: the scene is only read. */
#ifndef FW_SYNTH_TRACE_H
#define FW_SYNTH_TRACE_H

#include "media/synth/scene.h"

#define TRACE_FAR 1e9f

/* The part of a ray inside the product's bounds grown by `grow`; false when it misses them. */
bool trace_bounds(const struct shape *shape, vec from, vec dir, float grow, float *ret_near, float *ret_far);
/* Distance to the product, or TRACE_FAR. Starts at `start`, gives up after `steps` or beyond `end`. */
float trace_product(
    const struct shape *shape, vec from, vec dir, float start, float end, float pixel, int steps, int *ret_part);
/* The same for the glass shell. */
float trace_glass(const struct shape *shape, vec from, vec dir, float start, int steps);
/* A lower bound of the distance for all rays within `spread` of this one; TRACE_FAR when none can hit. */
float trace_cone(const struct shape *shape, vec from, vec dir, float spread);
/* 0..1: how much of a light of half-angle tangent `size` reaches `from`. */
float trace_light(const struct shape *shape, vec from, vec dir, float size, int steps);
/* 0..1: openness of the product's own surface. */
float trace_open(const struct shape *shape, vec at, vec normal, float reach);
vec trace_normal(const struct shape *shape, vec at, float e);
vec trace_glass_normal(const struct shape *shape, vec at, float e);

#endif
