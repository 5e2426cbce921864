/* Value noise on hashed lattices, with quintic fades so that bumps made of it have no visible creases. */
#include "media/synth/noise.h"

uint32_t
noise_hash(uint32_t x)
{
	x ^= x >> 16;
	x *= 0x7feb352du;
	x ^= x >> 15;
	x *= 0x846ca68bu;
	return x ^ (x >> 16);
}

static inline float
lattice3(int x, int y, int z)
{
	const uint32_t h =
	    noise_hash((uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u ^ (uint32_t)z * 0xc2b2ae3du);
	return (float)(h >> 8) * (2.0f / 16777215.0f) - 1.0f;
}

float
noise_cell2(int x, int y, uint32_t salt)
{
	const uint32_t h = noise_hash((uint32_t)x * 0x9e3779b1u ^ (uint32_t)y * 0x85ebca77u ^ salt * 0x27d4eb2fu);
	return (float)(h >> 8) * (1.0f / 16777215.0f);
}

static inline float
fade(float t)
{
	return t * t * t * (t * (t * 6.0f - 15.0f) + 10.0f);
}

float
noise2(float x, float y)
{
	const float fx = floorf(x), fy = floorf(y);
	const int ix = (int)fx, iy = (int)fy;
	const float u = fade(x - fx), v = fade(y - fy);
	return mixf(mixf(lattice3(ix, iy, 0), lattice3(ix + 1, iy, 0), u),
	    mixf(lattice3(ix, iy + 1, 0), lattice3(ix + 1, iy + 1, 0), u), v);
}

float
noise3(vec p)
{
	const float fx = floorf(p[0]), fy = floorf(p[1]), fz = floorf(p[2]);
	const int x = (int)fx, y = (int)fy, z = (int)fz;
	const float u = fade(p[0] - fx), v = fade(p[1] - fy), w = fade(p[2] - fz);
	const float near_z = mixf(mixf(lattice3(x, y, z), lattice3(x + 1, y, z), u),
	    mixf(lattice3(x, y + 1, z), lattice3(x + 1, y + 1, z), u), v);
	const float far_z = mixf(mixf(lattice3(x, y, z + 1), lattice3(x + 1, y, z + 1), u),
	    mixf(lattice3(x, y + 1, z + 1), lattice3(x + 1, y + 1, z + 1), u), v);
	return mixf(near_z, far_z, w);
}

float
noise_fbm2(float x, float y, int octaves)
{
	float sum = 0.0f, weight = 0.5f;
	for (int i = 0; i < octaves; i++) {
		sum += weight * noise2(x, y);
		/* turned by about 37 degrees, so that the lattice does not show */
		const float turned = 1.6f * x + 1.2f * y + 3.1f;
		y = 1.6f * y - 1.2f * x + 1.7f;
		x = turned;
		weight *= 0.5f;
	}
	return sum;
}

float
noise_fbm3(vec p, int octaves)
{
	float sum = 0.0f, weight = 0.5f;
	for (int i = 0; i < octaves; i++) {
		sum += weight * noise3(p);
		p = v3(1.6f * p[0] + 1.2f * p[2], 2.03f * p[1] + 1.3f, 1.6f * p[2] - 1.2f * p[0]) + v1(2.7f);
		weight *= 0.5f;
	}
	return sum;
}

float
noise_voronoi2(float x, float y, float *ret_edge)
{
	const int ix = (int)floorf(x), iy = (int)floorf(y);
	float best = 9.0f, second = 9.0f;
	for (int j = -1; j <= 1; j++) {
		for (int i = -1; i <= 1; i++) {
			const float px = (float)(ix + i) + 0.1f + 0.8f * noise_cell2(ix + i, iy + j, 11) - x;
			const float py = (float)(iy + j) + 0.1f + 0.8f * noise_cell2(ix + i, iy + j, 23) - y;
			const float d = px * px + py * py;
			if (d < best) {
				second = best;
				best = d;
			} else if (d < second) {
				second = d;
			}
		}
	}
	*ret_edge = sqrtf(second) - sqrtf(best);
	return sqrtf(best);
}
