/*
 * A closed plane curve drawn through a few points, kept as a grid of signed distances. Silhouettes, seams and turned
 * outlines are drawn this way once per picture and then looked up many million times: a quadratic B-spline over nine
 * cells costs about as much as one square root and gives the continuous slope that smooth highlights need.
 */
#ifndef FW_SYNTH_PROFILE_H
#define FW_SYNTH_PROFILE_H

#include <stddef.h>

struct profile;

struct profile_point {
	float x, y;
	float round; /* 1: the curve runs smoothly through; 0: a corner */
};

/* The outline through `points` in order, closed; inside is negative. `cells` across the longer side. Aborts without
 * memory. */
struct profile *profile_new(const struct profile_point *points, size_t n, int cells);
/* An outline that is mirrored at x = 0 (turned bodies): points run from the axis at the bottom to the axis at the top.
 */
struct profile *profile_new_turned(const struct profile_point *points, size_t n, int cells);
void profile_free(struct profile **profile);

/* Signed distance; outside the grid the distance to the grid is added, which stays a lower bound. */
float profile_at(const struct profile *profile, float x, float y);

#endif
