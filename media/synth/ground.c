/* The stuff under the product. Patterns fade out where they would be finer than a pixel. */
#include "media/synth/noise.h"
#include "media/synth/scene.h"

static void
marble(float x, float z, struct ground_point *g)
{
	const float wx = noise_fbm2(x * 0.9f + 5.0f, z * 0.9f, 4), wz = noise_fbm2(x * 0.9f, z * 0.9f + 9.0f, 4);
	const float a = noise_fbm2(x * 0.55f + 1.5f * wx, z * 0.85f + 1.5f * wz, 5);
	const float b = noise_fbm2(x * 1.9f + 2.0f * wz + 7.0f, z * 1.6f + 2.0f * wx, 4);
	const float vein = 1.0f - smooth01(0.0f, 0.075f, fabsf(a)), fine = 1.0f - smooth01(0.0f, 0.03f, fabsf(b));
	const float cloud = 0.5f + 0.5f * noise_fbm2(x * 0.6f + 3.0f, z * 0.6f, 3);
	g->albedo = mix3(v3(0.80f, 0.795f, 0.78f), v3(0.64f, 0.645f, 0.65f), cloud * 0.55f);
	g->albedo = mix3(g->albedo, v3(0.27f, 0.28f, 0.30f), 0.75f * vein * (0.4f + 0.6f * cloud));
	g->albedo = mix3(g->albedo, v3(0.42f, 0.40f, 0.37f), 0.35f * fine);
	g->mirror = 0.75f;
	g->rough = 0.1f;
}

static void
planks(float x, float z, float px, struct ground_point *g)
{
	const float width = 0.95f, row = floorf(z / width), v = z - row * width;
	const int r = (int)row;
	const float tone = noise_cell2(r, 3, 5), shift = noise_cell2(r, 9, 6) * 40.0f;
	const float warp = 0.25f * noise2(x * 0.5f + shift, z * 1.5f);
	const float grain = noise_fbm2(x * 0.9f + shift, (z + warp) * 9.0f, 4);
	const float fibre = noise_fbm2(x * 4.0f + shift, z * 70.0f, 2) * clampf(0.02f / (px + 1e-5f), 0.0f, 1.0f);
	const vec dark = v3(0.13f, 0.065f, 0.032f), light = v3(0.42f, 0.25f, 0.135f);
	g->albedo =
	    mix3(dark, light, clampf(0.45f + 0.35f * (tone - 0.5f) + 0.55f * grain + 0.16f * fibre, 0.0f, 1.0f));
	const float gap = fmin2(v, width - v);
	g->albedo *= smooth01(0.004f, 0.022f + px, gap) * 0.85f + 0.15f;
	const float bevel = (1.0f - smooth01(0.01f, 0.035f, gap)) * (v < width * 0.5f ? -0.35f : 0.35f);
	g->normal = norm(v3(0.05f * fibre, 1.0f, bevel + 0.05f * grain));
	g->mirror = 0.22f;
	g->rough = 0.4f;
}

static void
stone(float x, float z, float px, struct ground_point *g)
{
	const float big = noise_fbm2(x * 0.8f, z * 0.8f, 5), e = 0.02f;
	const float fade = clampf(0.03f / (px + 1e-5f), 0.0f, 1.0f);
	const float here = noise_fbm2(x * 4.0f, z * 4.0f, 4);
	const float sx = noise_fbm2((x + e) * 4.0f, z * 4.0f, 4) - here,
		    sz = noise_fbm2(x * 4.0f, (z + e) * 4.0f, 4) - here;
	const float speck = noise2(x * 60.0f, z * 60.0f) * fade;
	g->albedo = mix3(v3(0.20f, 0.195f, 0.19f), v3(0.40f, 0.385f, 0.365f), clampf(0.5f + 0.9f * big, 0.0f, 1.0f)) *
		    (1.0f + 0.16f * here + 0.08f * speck);
	g->normal = norm(v3(-sx * 1.1f, 1.0f, -sz * 1.1f));
	g->mirror = 0.16f;
	g->rough = 0.5f;
}

static void
sand(float x, float z, float px, struct ground_point *g)
{
	const float warp = 0.6f * noise_fbm2(x * 0.7f, z * 0.7f, 3), phase = z * 9.0f + warp * 9.0f + x * 1.5f;
	const float fade = clampf(0.012f / (px + 1e-5f), 0.0f, 1.0f),
		    ripple_fade = clampf(0.15f / (px + 1e-5f), 0.0f, 1.0f);
	const float gx = noise2(x * 110.0f, z * 110.0f) * fade, gz = noise2(x * 110.0f + 40.0f, z * 110.0f) * fade;
	const float ripple = cosf(phase) * (0.5f + 0.5f * noise2(x * 0.8f, z * 0.8f));
	g->albedo = v3(0.58f, 0.44f, 0.295f) *
		    (1.0f + 0.10f * noise_fbm2(x * 2.0f, z * 2.0f, 3) + 0.10f * gx + 0.05f * sinf(phase));
	g->normal = norm(v3(0.2f * gx, 1.0f, -0.2f * ripple * ripple_fade + 0.2f * gz));
	g->mirror = 0.0f;
	g->rough = 1.0f;
}

static void
track(float x, float z, float px, struct ground_point *g)
{
	const float fade = clampf(0.02f / (px + 1e-5f), 0.0f, 1.0f);
	float edge;
	const float crumb = noise_voronoi2(x * 26.0f, z * 26.0f, &edge) * fade;
	const float speck = noise2(x * 45.0f, z * 45.0f) * fade;
	g->albedo = v3(0.36f, 0.095f, 0.06f) * (1.0f + 0.12f * noise_fbm2(x, z, 4) + 0.25f * speck - 0.25f * crumb);
	const float lane = fabsf(fract1((x + 1.15f) / 5.2f) - 0.5f) * 5.2f;
	const float line = 1.0f - smooth01(0.10f, 0.115f + px, lane + 0.012f * speck);
	g->albedo = mix3(g->albedo, v3(0.80f, 0.78f, 0.74f) * (1.0f - 0.15f * crumb), line * 0.93f);
	g->normal = norm(v3(0.25f * speck, 1.0f, 0.25f * noise2(x * 45.0f + 9.0f, z * 45.0f) * fade));
	g->mirror = 0.04f;
	g->rough = 0.8f;
}

void
ground_at(const struct scene *scene, float x, float z, float px, struct ground_point *ret)
{
	*ret = (struct ground_point){
	    .albedo = scene->design->backdrop, .normal = v3(0, 1, 0), .mirror = 0.16f, .rough = 0.25f};
	switch (scene->ground) {
	case GROUND_PAPER:
		break;
	case GROUND_GLOSS:
		ret->mirror = 0.9f;
		ret->rough = 0.08f;
		break;
	case GROUND_MARBLE:
		marble(x, z, ret);
		break;
	case GROUND_WOOD:
		planks(x, z, px, ret);
		break;
	case GROUND_STONE:
		stone(x, z, px, ret);
		break;
	case GROUND_SAND:
		sand(x, z, px, ret);
		break;
	case GROUND_TRACK:
		track(x, z, px, ret);
		break;
	}
}
