/*
 * Three-component vectors in one SIMD register. The compiler's vector type is used directly (a typedef, against the
 * habit of this tree) because a + b * 2.0f reads like the formula it stands for; lane 3 is unused and stays 0 where it
 * matters.
 */
#ifndef FW_SYNTH_VEC_H
#define FW_SYNTH_VEC_H

#include <math.h>

typedef float vec __attribute__((vector_size(16)));

static inline vec
v3(float x, float y, float z)
{
	return (vec){x, y, z, 0.0f};
}

static inline vec
v1(float s)
{
	return (vec){s, s, s, 0.0f};
}

static inline float
dot(vec a, vec b)
{
	const vec m = a * b;
	return m[0] + m[1] + m[2];
}

static inline vec
cross(vec a, vec b)
{
	return v3(a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]);
}

static inline float
len2(float x, float y)
{
	return sqrtf(x * x + y * y);
}

static inline float
len3(vec a)
{
	return sqrtf(dot(a, a));
}

static inline vec
norm(vec a)
{
	return a * (1.0f / sqrtf(dot(a, a) + 1e-20f));
}

static inline float
fmin2(float a, float b)
{
	return a < b ? a : b;
}

static inline float
fmax2(float a, float b)
{
	return a > b ? a : b;
}

static inline float
clampf(float x, float lo, float hi)
{
	return x < lo ? lo : x > hi ? hi : x;
}

static inline float
mixf(float a, float b, float t)
{
	return a + (b - a) * t;
}

static inline vec
mix3(vec a, vec b, float t)
{
	return a + (b - a) * t;
}

static inline float
smooth01(float lo, float hi, float x)
{
	const float t = clampf((x - lo) / (hi - lo), 0.0f, 1.0f);
	return t * t * (3.0f - 2.0f * t);
}

static inline vec
reflect3(vec d, vec n)
{
	return d - n * (2.0f * dot(d, n));
}

static inline float
fract1(float x)
{
	return x - floorf(x);
}

static inline float
luma3(vec c)
{
	return 0.2126f * c[0] + 0.7152f * c[1] + 0.0722f * c[2];
}

#endif
