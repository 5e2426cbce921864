/*
 * What is far behind the product. Studio: paper lit by a spot. Outdoors: sky, sun, soft layers of land and discs of
 * light, painted out of focus from the start, which is cheaper and prettier than painting them sharp and blurring.
 */
#include "media/synth/noise.h"
#include "media/synth/scene.h"

/* Discs of light in a jittered grid of cells: highlights as a wide open lens draws them. */
static vec
bokeh(float x, float y, float cell, float size, float density, uint32_t salt, vec warm, vec cool)
{
	const int ix = (int)floorf(x / cell), iy = (int)floorf(y / cell);
	vec sum = v1(0.0f);
	for (int j = -1; j <= 1; j++) {
		for (int i = -1; i <= 1; i++) {
			const int cx = ix + i, cy = iy + j;
			if (noise_cell2(cx, cy, salt) > density)
				continue;
			const float px = ((float)cx + noise_cell2(cx, cy, salt + 1)) * cell - x;
			const float py = ((float)cy + noise_cell2(cx, cy, salt + 2)) * cell - y;
			const float r = size * (0.55f + 0.45f * noise_cell2(cx, cy, salt + 3)), d = len2(px, py);
			const float disc = 1.0f - smooth01(r * 0.90f, r * 1.04f, d);
			const float rim = 0.72f + 0.28f * smooth01(r * 0.55f, r, d);
			const float power = 0.25f + 0.75f * noise_cell2(cx, cy, salt + 4);
			sum += mix3(warm, cool, noise_cell2(cx, cy, salt + 5)) * (disc * rim * power);
		}
	}
	return sum;
}

static vec
sky(const struct scene *scene, float x, float up)
{
	const bool dusk = scene->setting == SETTING_CITY;
	const vec low = dusk ? v3(0.82f, 0.46f, 0.30f) : v3(1.0f, 0.80f, 0.55f);
	const vec high = dusk ? v3(0.10f, 0.13f, 0.27f) : v3(0.34f, 0.50f, 0.74f);
	vec c = mix3(low, high, smooth01(-0.02f, 0.42f, up));
	const float sx = x - 0.22f, sy = up - 0.11f, d = len2(sx, sy);
	c += v3(1.0f, 0.70f, 0.38f) * ((dusk ? 0.35f : 0.75f) * expf(-d * d * 26.0f));
	c += v3(1.0f, 0.92f, 0.75f) * ((dusk ? 0.2f : 1.6f) * (1.0f - smooth01(0.035f, 0.055f, d)));
	const float cloud = noise_fbm2(x * 2.2f + 4.0f, up * 9.0f, 4);
	return c * (1.0f + 0.16f * smooth01(0.05f, 0.4f, cloud) - 0.05f);
}

/* A soft skyline: 1 below the line, 0 above. */
static float
ridge(float x, float up, float base, float height, float freq, float seed, float soft)
{
	return 1.0f - smooth01(-soft, soft, up - base - height * noise_fbm2(x * freq + seed, seed, 3));
}

static vec
hills(const struct scene *scene, float x, float up, vec c)
{
	const bool far = scene->setting == SETTING_LAKE;
	const float tall = far ? 1.7f : 1.0f;
	c = mix3(c, v3(0.62f, 0.60f, 0.62f), 0.85f * ridge(x, up, 0.075f * tall, 0.10f * tall, 2.4f, 3.1f, 0.012f));
	c = mix3(c, v3(0.36f, 0.40f, 0.40f), 0.9f * ridge(x, up, 0.045f * tall, 0.07f * tall, 3.8f, 9.7f, 0.014f));
	return far ? mix3(c, v3(0.16f, 0.19f, 0.15f), 0.95f * ridge(x, up, 0.012f, 0.04f, 6.0f, 5.5f, 0.012f)) : c;
}

/* Trees far out of focus: dark green with holes where the sky shines through as discs. */
static vec
trees(float x, float up, vec c, float height)
{
	const float mass = ridge(x, up, height, height * 1.1f, 4.5f, 12.3f, 0.03f);
	const vec green = mix3(v3(0.05f, 0.085f, 0.03f), v3(0.20f, 0.23f, 0.07f),
	    clampf(0.5f + noise_fbm2(x * 7.0f, up * 9.0f, 3), 0.0f, 1.0f));
	c = mix3(c, green, mass * 0.95f);
	const float lit = clampf(1.0f - (up - height) / (height + 0.1f), 0.0f, 1.0f) * mass;
	c += bokeh(x, up, 0.085f, 0.040f, 0.42f, 31, v3(0.85f, 0.62f, 0.22f), v3(0.50f, 0.58f, 0.24f)) * (0.42f * lit);
	return c;
}

static vec
water(float x, float up, vec deep, vec glint)
{
	/* rows get flatter towards the horizon */
	const float depth = fmax2(-up, 0.002f), row = 0.35f / depth;
	const float wave = noise_fbm2(x * row * 0.9f, row * 1.9f, 3);
	vec c = mix3(glint, deep, smooth01(0.0f, 0.16f, depth)) * (1.0f + 0.28f * wave);
	const float path = expf(-(x - 0.22f) * (x - 0.22f) * 22.0f);
	c += v3(1.0f, 0.72f, 0.40f) * (path * 0.9f * smooth01(0.0f, 0.35f, wave));
	return c + bokeh(x, up, 0.05f, 0.016f, 0.35f, 57, v3(0.9f, 0.7f, 0.4f), v3(0.8f, 0.8f, 0.7f)) *
		       (0.35f * (0.2f + path));
}

static vec
city(float x, float up, vec c)
{
	const float column = floorf(x * 11.0f), h = 0.06f + 0.17f * noise_cell2((int)column, 4, 77);
	const float across = fabsf(fract1(x * 11.0f) - 0.5f);
	const float tower = (1.0f - smooth01(-0.016f, 0.016f, up - h)) * (1.0f - smooth01(0.46f, 0.5f, across));
	c = mix3(c, v3(0.055f, 0.06f, 0.10f), 0.82f * fmax2(tower, ridge(x, up, 0.04f, 0.03f, 6.0f, 2.0f, 0.015f)));
	const float band = expf(-(up - 0.02f) * (up - 0.02f) * 55.0f);
	c += bokeh(x, up, 0.12f, 0.047f, 0.50f, 91, v3(1.0f, 0.62f, 0.22f), v3(0.95f, 0.30f, 0.28f)) * (0.55f * band);
	return c +
	       bokeh(x, up, 0.07f, 0.025f, 0.55f, 97, v3(1.0f, 0.80f, 0.45f), v3(0.35f, 0.60f, 0.95f)) * (0.5f * band);
}

static vec
land(const struct scene *scene, float x, float up)
{
	const float low = clampf(-up / 0.25f, 0.0f, 1.0f);
	switch (scene->setting) {
	case SETTING_BEACH:
		return water(x, up, v3(0.06f, 0.22f, 0.27f), v3(0.55f, 0.55f, 0.46f));
	case SETTING_LAKE:
		return water(x, up, v3(0.07f, 0.13f, 0.16f), v3(0.55f, 0.47f, 0.38f));
	case SETTING_CITY:
		return mix3(v3(0.09f, 0.07f, 0.09f), v3(0.03f, 0.03f, 0.045f), low) +
		       bokeh(x, up, 0.10f, 0.04f, 0.45f, 17, v3(1.0f, 0.6f, 0.25f), v3(0.9f, 0.35f, 0.3f)) *
			   (0.30f * (1.0f - low));
	default: {
		const float blotch = noise_fbm2(x * 4.0f, up * 16.0f, 3);
		const vec grass = mix3(v3(0.36f, 0.36f, 0.12f), v3(0.10f, 0.17f, 0.045f), low) * (1.0f + 0.5f * blotch);
		return grass +
		       bokeh(x, up, 0.075f, 0.03f, 0.35f, 41, v3(0.7f, 0.6f, 0.22f), v3(0.45f, 0.55f, 0.2f)) * 0.16f;
	}
	}
}

static vec
outdoor(const struct scene *scene, vec dir, float sx)
{
	const float x = sx * scene->camera.tan_half, up = dir[1];
	vec c = sky(scene, x, up);
	switch (scene->setting) {
	case SETTING_BEACH:
		c = mix3(c, v3(0.55f, 0.56f, 0.60f), 0.7f * ridge(x, up, 0.0f, 0.06f, 2.0f, 8.8f, 0.008f));
		break;
	case SETTING_CITY:
		c = city(x, up, c);
		break;
	case SETTING_LAKE:
		c = hills(scene, x, up, c);
		break;
	default:
		c = trees(x, up, hills(scene, x, up, c), scene->setting == SETTING_MEADOW ? 0.035f : 0.075f);
		break;
	}
	return mix3(c, land(scene, x, up), 1.0f - smooth01(-0.006f, 0.006f, up));
}

vec
backdrop_at(const struct scene *scene, vec dir, float sx, float sy)
{
	if (scene->setting != SETTING_STUDIO)
		return outdoor(scene, dir, sx);
	const struct light *light = &scene->light;
	const vec lit = light->key * light->key_dir[1] + light->fill * light->fill_dir[1] + light->sky;
	const vec albedo = scene->ground == GROUND_MARBLE ? v3(0.62f, 0.615f, 0.60f) : scene->design->backdrop;
	/* the spot behind the product, and the paper turning away from the light above */
	const float spot = expf(-(sx * sx * 0.55f + (sy - 0.10f) * (sy - 0.10f) * 0.55f));
	const float level = scene->design->dark ? 0.15f + 2.6f * spot * spot : 0.66f + 0.46f * spot;
	return albedo * lit * level;
}
