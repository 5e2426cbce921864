/* The colour of one ray. */
#ifndef FW_SYNTH_SHADE_H
#define FW_SYNTH_SHADE_H

#include "media/synth/scene.h"

struct sample {
	vec colour;  /* linear light */
	float depth; /* along the ray */
	int part;    /* of the product, or -1 */
};

/* `start` is a distance below which nothing can be hit (TRACE_FAR: no product on this ray). */
struct sample shade_ray(const struct scene *scene, float sx, float sy, float start);

#endif
