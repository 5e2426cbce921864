/*
 * Signed distances of simple solids and the ways to join them. All are true distances or lower bounds, so marching
 * along them cannot step through a surface. Plane figures take their two coordinates as scalars.
 */
#ifndef FW_SYNTH_SDF_H
#define FW_SYNTH_SDF_H

#include "media/synth/vec.h"

/* The nearest surface and the part of the product it belongs to. */
struct surf {
	float d;
	int part;
};

static inline struct surf
surf_join(struct surf a, float d, int part)
{
	return d < a.d ? (struct surf){d, part} : a;
}

static inline float
sd_smin(float a, float b, float k)
{
	const float h = fmax2(k - fabsf(a - b), 0.0f) / k;
	return fmin2(a, b) - h * h * k * 0.25f;
}

static inline float
sd_smax(float a, float b, float k)
{
	return -sd_smin(-a, -b, k);
}

static inline float
sd_box(vec p, vec half, float r)
{
	const float x = fabsf(p[0]) - half[0] + r, y = fabsf(p[1]) - half[1] + r, z = fabsf(p[2]) - half[2] + r;
	const float ox = fmax2(x, 0.0f), oy = fmax2(y, 0.0f), oz = fmax2(z, 0.0f);
	return sqrtf(ox * ox + oy * oy + oz * oz) + fmin2(fmax2(x, fmax2(y, z)), 0.0f) - r;
}

static inline float
sd_box2(float x, float y, float hx, float hy, float r)
{
	const float ax = fabsf(x) - hx + r, ay = fabsf(y) - hy + r;
	return len2(fmax2(ax, 0.0f), fmax2(ay, 0.0f)) + fmin2(fmax2(ax, ay), 0.0f) - r;
}

static inline float
sd_capsule(vec p, vec a, vec b, float r)
{
	const vec pa = p - a, ba = b - a;
	const float h = clampf(dot(pa, ba) / dot(ba, ba), 0.0f, 1.0f);
	return len3(pa - ba * h) - r;
}

static inline float
sd_segment2(float x, float y, float ax, float ay, float bx, float by)
{
	const float px = x - ax, py = y - ay, dx = bx - ax, dy = by - ay;
	const float h = clampf((px * dx + py * dy) / (dx * dx + dy * dy), 0.0f, 1.0f);
	return len2(px - dx * h, py - dy * h);
}

/* Round cone: spheres r1 at a and r2 at b with their common hull, near enough for modelling (a bound by the slope). */
static inline float
sd_cone(vec p, vec a, vec b, float r1, float r2)
{
	const vec pa = p - a, ba = b - a;
	const float h = clampf(dot(pa, ba) / dot(ba, ba), 0.0f, 1.0f);
	return (len3(pa - ba * h) - mixf(r1, r2, h)) * 0.92f;
}

/* Cylinder along y with rounded rims. */
static inline float
sd_cylinder(vec p, float radius, float half, float r)
{
	return sd_box2(len2(p[0], p[2]), p[1], radius, half, r);
}

/* The extrusion of a plane distance to +-half along another axis, edges rounded by r. */
static inline float
sd_extrude(float d2, float across, float half, float r)
{
	const float x = d2 + r, y = fabsf(across) - half + r;
	return fmin2(fmax2(x, y), 0.0f) + len2(fmax2(x, 0.0f), fmax2(y, 0.0f)) - r;
}

static inline float
sd_torus(vec p, float radius, float r)
{
	return len2(len2(p[0], p[2]) - radius, p[1]) - r;
}

static inline float
sd_ellipsoid(vec p, vec radii)
{
	const float k0 = len3(p / (radii + (vec){0, 0, 0, 1})), k1 = len3(p / (radii * radii + (vec){0, 0, 0, 1}));
	return k0 * (k0 - 1.0f) / fmax2(k1, 1e-6f);
}

static inline vec
rot_y(vec p, float c, float s)
{
	return v3(c * p[0] + s * p[2], p[1], c * p[2] - s * p[0]);
}

#endif
