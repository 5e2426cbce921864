/* Catmull-Rom through the round points, straight lines at corners, then exact distances to the resulting chain at every
 * grid point. */
#include "media/synth/profile.h"

#include <assert.h>
#include <stdlib.h>

#include "media/synth/vec.h"

#define CHAIN_MAX 512
#define STEPS 10

struct profile {
	float x0, y0, scale; /* cells per unit */
	int w, h;
	float d[];
};

struct chain {
	size_t n;
	float x[CHAIN_MAX], y[CHAIN_MAX];
};

static float
spline(float a, float b, float c, float d, float t)
{
	return 0.5f * (2.0f * b + (c - a) * t + (2.0f * a - 5.0f * b + 4.0f * c - d) * t * t +
			  (3.0f * (b - c) + d - a) * t * t * t);
}

/* The slope at a corner points along the piece itself: the neighbour beyond a corner is mirrored. */
static void
chain_make(const struct profile_point *points, size_t n, struct chain *chain)
{
	chain->n = 0;
	for (size_t i = 0; i < n; i++) {
		const struct profile_point b = points[i], c = points[(i + 1) % n];
		struct profile_point a = points[(i + n - 1) % n], d = points[(i + 2) % n];
		if (b.round <= 0.0f)
			a = (struct profile_point){2.0f * b.x - c.x, 2.0f * b.y - c.y, 0.0f};
		if (c.round <= 0.0f)
			d = (struct profile_point){2.0f * c.x - b.x, 2.0f * c.y - b.y, 0.0f};
		const int steps = b.round <= 0.0f && c.round <= 0.0f ? 1 : STEPS;
		for (int k = 0; k < steps; k++) {
			assert(chain->n < CHAIN_MAX);
			const float t = (float)k / (float)steps;
			chain->x[chain->n] = spline(a.x, b.x, c.x, d.x, t);
			chain->y[chain->n++] = spline(a.y, b.y, c.y, d.y, t);
		}
	}
}

/* Distance by the nearest piece, sign by the crossings of a ray to the right. */
static float
chain_distance(const struct chain *chain, float x, float y)
{
	float best = 1e9f;
	int crossings = 0;
	for (size_t i = 0; i < chain->n; i++) {
		const size_t j = i + 1 < chain->n ? i + 1 : 0;
		const float ax = chain->x[i], ay = chain->y[i], dx = chain->x[j] - ax, dy = chain->y[j] - ay;
		const float h = clampf(((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy + 1e-12f), 0.0f, 1.0f);
		const float ex = x - ax - dx * h, ey = y - ay - dy * h;
		best = fmin2(best, ex * ex + ey * ey);
		if ((ay > y) != (chain->y[j] > y) && x < ax + dx * (y - ay) / dy)
			crossings ^= 1;
	}
	return crossings != 0 ? -sqrtf(best) : sqrtf(best);
}

static struct profile *
profile_fill(const struct chain *chain, int cells)
{
	float x0 = 1e9f, y0 = 1e9f, x1 = -1e9f, y1 = -1e9f;
	for (size_t i = 0; i < chain->n; i++) {
		x0 = fmin2(x0, chain->x[i]);
		x1 = fmax2(x1, chain->x[i]);
		y0 = fmin2(y0, chain->y[i]);
		y1 = fmax2(y1, chain->y[i]);
	}
	const float margin = 0.06f * fmax2(x1 - x0, y1 - y0);
	const float scale = (float)cells / (fmax2(x1 - x0, y1 - y0) + 2.0f * margin);
	const int w = (int)((x1 - x0 + 2.0f * margin) * scale) + 4, h = (int)((y1 - y0 + 2.0f * margin) * scale) + 4;
	struct profile *profile = malloc(sizeof(*profile) + sizeof(float) * (size_t)w * (size_t)h);
	if (profile == NULL)
		abort();
	*profile = (struct profile){
	    .x0 = x0 - margin - 1.0f / scale, .y0 = y0 - margin - 1.0f / scale, .scale = scale, .w = w, .h = h};
	for (int j = 0; j < h; j++)
		for (int i = 0; i < w; i++)
			profile->d[j * w + i] =
			    chain_distance(chain, profile->x0 + (float)i / scale, profile->y0 + (float)j / scale);
	return profile;
}

struct profile *
profile_new(const struct profile_point *points, size_t n, int cells)
{
	struct chain chain;
	chain_make(points, n, &chain);
	return profile_fill(&chain, cells);
}

struct profile *
profile_new_turned(const struct profile_point *points, size_t n, int cells)
{
	struct profile_point full[64];
	assert(n >= 2 && n <= 32);
	for (size_t i = 0; i < n; i++) {
		full[i] = points[i];
		full[2 * n - 1 - i] = (struct profile_point){-points[i].x, points[i].y, points[i].round};
	}
	/* points on the axis stand in both halves; each would be a piece of length 0 */
	size_t used = 0;
	for (size_t i = 0; i < 2 * n; i++)
		if (i == 0 || full[i].x != full[used - 1].x || full[i].y != full[used - 1].y)
			full[used++] = full[i];
	if (full[used - 1].x == full[0].x && full[used - 1].y == full[0].y)
		used--;
	return profile_new(full, used, cells);
}

void
profile_free(struct profile **profile)
{
	free(*profile);
	*profile = NULL;
}

float
profile_at(const struct profile *profile, float x, float y)
{
	const float gx = (x - profile->x0) * profile->scale, gy = (y - profile->y0) * profile->scale;
	const float cx = clampf(gx, 1.0f, (float)(profile->w - 2)), cy = clampf(gy, 1.0f, (float)(profile->h - 2));
	const int ix = (int)(cx + 0.5f), iy = (int)(cy + 0.5f);
	const int kx = ix > profile->w - 2 ? profile->w - 2 : ix, ky = iy > profile->h - 2 ? profile->h - 2 : iy;
	const float tx = cx - (float)kx, ty = cy - (float)ky;
	const float ax = 0.5f * (0.5f - tx) * (0.5f - tx), bx = 0.75f - tx * tx, ex = 0.5f * (0.5f + tx) * (0.5f + tx);
	const float ay = 0.5f * (0.5f - ty) * (0.5f - ty), by = 0.75f - ty * ty, ey = 0.5f * (0.5f + ty) * (0.5f + ty);
	const float *r = profile->d + (ky - 1) * profile->w + kx - 1;
	const float *s = r + profile->w, *t = s + profile->w;
	const float d = ay * (ax * r[0] + bx * r[1] + ex * r[2]) + by * (ax * s[0] + bx * s[1] + ex * s[2]) +
			ey * (ax * t[0] + bx * t[1] + ex * t[2]);
	if (gx == cx && gy == cy)
		return d;
	return d + len2(gx - cx, gy - cy) / profile->scale * 0.7f;
}
