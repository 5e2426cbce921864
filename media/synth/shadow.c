/*
 * The light on the ground, baked into a small map: it is smooth, so a few ten thousand careful samples (several points
 * of an area light, several directions of sky) stand in for half a million hasty ones.
 */
#include <assert.h>
#include <stdlib.h>

#include "media/synth/trace.h"

#define CELLS 144

struct shadow_map {
	float x0, z0, scale;
	float key[CELLS * CELLS], sky[CELLS * CELLS];
};

static float
key_share(const struct scene *scene, vec at)
{
	const vec dir = scene->light.key_dir;
	const vec u = norm(cross(dir, v3(0, 1, 0.01f))), v = cross(u, dir);
	const float size = scene->light.key_size;
	float sum = 0.0f;
	for (int i = 0; i < 7; i++) {
		const float a = (float)i * 2.39996f, r = size * 1.2f * sqrtf(((float)i + 0.5f) / 7.0f);
		sum +=
		    trace_light(&scene->shape, at, norm(dir + u * (r * cosf(a)) + v * (r * sinf(a))), size * 0.5f, 28);
	}
	return sum / 7.0f;
}

static float
sky_share(const struct scene *scene, vec at)
{
	float sum = 1.4f * trace_light(&scene->shape, at, v3(0, 1, 0), 0.45f, 10);
	for (int i = 0; i < 7; i++) {
		const float a = (float)i * 0.8976f + 0.3f, up = (i & 1) != 0 ? 0.45f : 0.95f;
		sum += trace_light(&scene->shape, at, norm(v3(cosf(a), up, sinf(a))), 0.45f, 12);
	}
	const float share = sum / 8.4f;
	return share * (0.35f + 0.65f * share);
}

struct shadow_map *
shadow_map_new(const struct scene *scene)
{
	struct shadow_map *map = malloc(sizeof(*map));
	if (map == NULL)
		abort();
	const struct shape *shape = &scene->shape;
	const vec dir = scene->light.key_dir;
	const float throw = fmin2(shape->hi[1] / fmax2(dir[1], 0.3f), 3.0f * shape->hi[1]),
		    soft = 0.55f * shape->hi[1] + 0.15f;
	const float dx = -dir[0] * throw, dz = -dir[2] * throw;
	const float x0 = shape->lo[0] + fmin2(dx, 0.0f) - soft, x1 = shape->hi[0] + fmax2(dx, 0.0f) + soft;
	const float z0 = shape->lo[2] + fmin2(dz, 0.0f) - soft, z1 = shape->hi[2] + fmax2(dz, 0.0f) + soft;
	const float side = fmax2(x1 - x0, z1 - z0);
	map->scale = (float)(CELLS - 1) / side;
	map->x0 = (x0 + x1 - side) * 0.5f;
	map->z0 = (z0 + z1 - side) * 0.5f;
	for (int j = 0; j < CELLS; j++) {
		for (int i = 0; i < CELLS; i++) {
			const vec at = v3(map->x0 + (float)i / map->scale, 0.002f, map->z0 + (float)j / map->scale);
			map->key[j * CELLS + i] = key_share(scene, at);
			map->sky[j * CELLS + i] = sky_share(scene, at);
		}
	}
	return map;
}

void
shadow_map_free(struct shadow_map **map)
{
	free(*map);
	*map = NULL;
}

void
shadow_map_at(const struct shadow_map *map, float x, float z, float *ret_key, float *ret_sky)
{
	const float gx = clampf((x - map->x0) * map->scale, 1.0f, (float)CELLS - 2.01f);
	const float gz = clampf((z - map->z0) * map->scale, 1.0f, (float)CELLS - 2.01f);
	const int ix = (int)(gx + 0.5f), iz = (int)(gz + 0.5f);
	const int kx = ix > CELLS - 2 ? CELLS - 2 : ix, kz = iz > CELLS - 2 ? CELLS - 2 : iz;
	const float tx = gx - (float)kx, tz = gz - (float)kz;
	const float wx[3] = {0.5f * (0.5f - tx) * (0.5f - tx), 0.75f - tx * tx, 0.5f * (0.5f + tx) * (0.5f + tx)};
	const float wz[3] = {0.5f * (0.5f - tz) * (0.5f - tz), 0.75f - tz * tz, 0.5f * (0.5f + tz) * (0.5f + tz)};
	float key = 0.0f, sky = 0.0f;
	for (int j = 0; j < 3; j++) {
		for (int i = 0; i < 3; i++) {
			const int at = (kz + j - 1) * CELLS + kx + i - 1;
			key += wx[i] * wz[j] * map->key[at];
			sky += wx[i] * wz[j] * map->sky[at];
		}
	}
	*ret_key = key;
	*ret_sky = sky;
}
