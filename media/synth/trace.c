/*
 * Sphere tracing. The distance functions are not exact everywhere (profiles joined by soft minima), hence the step
 * factor below 1.
 */
#include "media/synth/trace.h"

#define STEP 0.9f

bool
trace_bounds(const struct shape *shape, vec from, vec dir, float grow, float *ret_near, float *ret_far)
{
	float t0 = 0.0f, t1 = TRACE_FAR;
	for (int i = 0; i < 3; i++) {
		const float d = fabsf(dir[i]) < 1e-8f ? 1e-8f : dir[i];
		const float a = (shape->lo[i] - grow - from[i]) / d, b = (shape->hi[i] + grow - from[i]) / d;
		t0 = fmax2(t0, fmin2(a, b));
		t1 = fmin2(t1, fmax2(a, b));
	}
	*ret_near = t0;
	*ret_far = t1;
	return t0 < t1;
}

float
trace_product(
    const struct shape *shape, vec from, vec dir, float start, float end, float pixel, int steps, int *ret_part)
{
	float t0, t1;
	if (!trace_bounds(shape, from, dir, 0.0f, &t0, &t1))
		return TRACE_FAR;
	float t = fmax2(start, t0);
	t1 = fmin2(t1, end);
	for (int i = 0; i < steps && t < t1; i++) {
		const struct surf s = shape->class->map(shape, from + dir * t);
		if (s.d < pixel * t * 0.35f) {
			*ret_part = s.part;
			return t;
		}
		t += s.d * STEP;
	}
	return TRACE_FAR;
}

float
trace_glass(const struct shape *shape, vec from, vec dir, float start, int steps)
{
	float t0, t1;
	if (!trace_bounds(shape, from, dir, 0.0f, &t0, &t1))
		return TRACE_FAR;
	float t = fmax2(start, t0);
	for (int i = 0; i < steps && t < t1; i++) {
		const float d = shape->class->glass(shape, from + dir * t);
		if (d < 0.0005f)
			return t;
		t += d * STEP;
	}
	return TRACE_FAR;
}

float
trace_cone(const struct shape *shape, vec from, vec dir, float spread)
{
	float t0, t1;
	const float far = len3((shape->lo + shape->hi) * 0.5f - from) + len3(shape->hi - shape->lo);
	if (!trace_bounds(shape, from, dir, far * spread, &t0, &t1))
		return TRACE_FAR;
	float t = t0;
	for (int i = 0; i < 48 && t < t1; i++) {
		float d = shape->class->map(shape, from + dir * t).d * 0.85f;
		if (shape->class->glass != NULL)
			d = fmin2(d, shape->class->glass(shape, from + dir * t) * 0.85f);
		const float room = d - t * spread;
		if (room < 0.002f)
			return fmax2(t - t * spread, 0.0f);
		t += room;
	}
	return t < t1 ? t : TRACE_FAR;
}

float
trace_light(const struct shape *shape, vec from, vec dir, float size, int steps)
{
	float t0, t1, light = 1.0f;
	if (!trace_bounds(shape, from, dir, 0.02f, &t0, &t1))
		return 1.0f;
	float t = fmax2(t0, 0.015f);
	for (int i = 0; i < steps && t < t1; i++) {
		const float d = shape->class->map(shape, from + dir * t).d;
		light = fmin2(light, 0.5f + 0.5f * d / (size * t));
		if (light <= 0.0f)
			break;
		t += clampf(d * STEP, 0.012f, 0.35f);
	}
	light = fmax2(light, 0.0f);
	return light * light * (3.0f - 2.0f * light);
}

float
trace_open(const struct shape *shape, vec at, vec normal, float reach)
{
	float closed = 0.0f, weight = 1.0f;
	for (int i = 1; i <= 5; i++) {
		const float h = reach * (float)(i * i) / 25.0f + 0.004f;
		const vec q = at + normal * h;
		const float d = fmin2(shape->class->map(shape, q).d, q[1]);
		closed += weight * fmax2(h - d, 0.0f) / reach;
		weight *= 0.82f;
	}
	return clampf(1.0f - 1.15f * closed, 0.0f, 1.0f);
}

vec
trace_normal(const struct shape *shape, vec at, float e)
{
	const vec a = v3(1, -1, -1), b = v3(-1, -1, 1), c = v3(-1, 1, -1), d = v3(1, 1, 1);
	return norm(a * shape->class->map(shape, at + a * e).d + b * shape->class->map(shape, at + b * e).d +
		    c * shape->class->map(shape, at + c * e).d + d * shape->class->map(shape, at + d * e).d);
}

vec
trace_glass_normal(const struct shape *shape, vec at, float e)
{
	const vec a = v3(1, -1, -1), b = v3(-1, -1, 1), c = v3(-1, 1, -1), d = v3(1, 1, 1);
	return norm(a * shape->class->glass(shape, at + a * e) + b * shape->class->glass(shape, at + b * e) +
		    c * shape->class->glass(shape, at + c * e) + d * shape->class->glass(shape, at + d * e));
}
