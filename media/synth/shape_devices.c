/* Other electronics: a slab phone leaning on nothing but its own corner of the set, and a cloth-covered speaker. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_BODY, PART_FRAME, PART_SCREEN, PART_LENS, PART_CLOTH, PART_KNOB, PART_FOOT };
enum { K_WIDE, K_HIGH, K_CAMERAS, K_ROUND, K_BASE };

#define LEAN_C 0.985f
#define LEAN_S 0.174f

static void
phone_init(struct shape *shape)
{
	const struct design *design = shape->design;
	shape->k[K_WIDE] = 0.50f;
	shape->k[K_HIGH] = 1.02f;
	shape->k[K_CAMERAS] = 2.0f + floorf(design_random(design, 131) * 2.0f);
	shape->k[K_ROUND] = 0.10f + 0.06f * design_random(design, 132);
	const struct label_line lines[] = {
	    {"09:41", 0.13f, 0.24f, 0.0f, 300, false},
	    {"Friday 14 June", 0.042f, 0.34f, 0.0f, 500, false},
	};
	shape->mask[0] = mask_new(320, 640, lines, 2);
	const struct label_line back[] = {{design->maker, 0.6f, 0.5f, 0.2f, 500, false}};
	shape->mask[1] = mask_new(192, 48, back, 1);
	shape->lo = v3(-0.54f, 0.0f, -0.48f);
	shape->hi = v3(0.54f, 2.06f, 0.28f);
}

static vec
phone_space(vec p)
{
	const float y = p[1] - 0.02f, z = p[2] - 0.20f;
	return v3(p[0], LEAN_C * y - LEAN_S * z, LEAN_C * z + LEAN_S * y) - v3(0, 1.02f, 0);
}

static struct surf
phone_map(const struct shape *shape, vec p)
{
	const vec c = phone_space(p);
	const float slab = sd_box2(c[0], c[1], shape->k[K_WIDE], shape->k[K_HIGH], shape->k[K_ROUND]);
	struct surf s = {sd_extrude(slab, c[2], 0.055f, 0.022f), PART_FRAME};
	if (slab < -0.022f)
		s.part = c[2] > 0.0f ? PART_SCREEN : PART_BODY;
	s = surf_join(s, sd_box(c - v3(shape->k[K_WIDE], 0.30f, 0.0f), v3(0.012f, 0.13f, 0.018f), 0.008f), PART_FRAME);
	const vec i = c - v3(0.24f, 0.74f, -0.06f);
	s = surf_join(s, sd_extrude(sd_box2(i[0], i[1], 0.20f, 0.20f, 0.08f), i[2], 0.022f, 0.015f), PART_BODY);
	const float spot = len2(fabsf(i[0]) - 0.09f, fabsf(i[1]) - 0.09f);
	if (i[0] * i[1] < 0.0f || shape->k[K_CAMERAS] > 2.5f)
		s = surf_join(s, sd_box2(spot, i[2] + 0.025f, 0.072f, 0.022f, 0.010f), PART_LENS);
	/* the stand: a low block that the phone rests on */
	const float stand = sd_box(p - v3(0.0f, 0.07f, -0.16f), v3(0.30f, 0.07f, 0.26f), 0.03f);
	return surf_join(s, fmax2(stand, 0.004f - s.d), PART_FOOT);
}

static void
screen_paint(const struct shape *shape, vec c, struct material *m)
{
	const struct design *design = shape->design;
	const float u = c[0] / (2.0f * shape->k[K_WIDE]) + 0.5f, v = 0.5f - c[1] / (2.0f * shape->k[K_HIGH]);
	const float flow = noise_fbm2(u * 1.6f + 3.0f, v * 1.4f + design_random(design, 133) * 9.0f, 3);
	const float fold = smooth01(-0.15f, 0.25f, flow + 0.5f * (v - 0.5f)),
		    second = smooth01(-0.1f, 0.2f, noise2(u * 1.3f + flow, v * 2.0f));
	const vec a = design->colour[PRODUCT_PART_MAIN] * 0.8f + v1(0.02f), b = design->colour[PRODUCT_PART_ACCENT];
	vec picture = mix3(mix3(a, b, fold), mix3(b, v3(0.9f, 0.5f, 0.6f), 0.4f), 0.5f * second);
	picture = mix3(picture, v1(0.95f), mask_at(shape->mask[0], u, v));
	const float island = sd_box2(c[0], c[1] - shape->k[K_HIGH] + 0.11f, 0.12f, 0.032f, 0.03f);
	*m = material_plain(picture * (island < 0.0f ? 0.02f : 1.0f), 0.05f, 1.0f);
	const float border =
	    sd_box2(c[0], c[1], shape->k[K_WIDE] - 0.045f, shape->k[K_HIGH] - 0.045f, shape->k[K_ROUND] * 0.7f);
	if (border > 0.0f)
		m->base = v1(0.004f);
	m->glow = 0.75f;
}

static void
phone_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec c = phone_space(p), main = design->colour[PRODUCT_PART_MAIN];
	switch (part) {
	case PART_SCREEN:
		screen_paint(shape, c, m);
		break;
	case PART_FRAME:
		*m = material_metal(mix3(main, v1(0.6f), 0.6f), 0.2f);
		break;
	case PART_LENS:
		*m = material_plain(v3(0.008f, 0.009f, 0.014f), 0.03f, 1.0f);
		break;
	case PART_FOOT:
		*m = material_plain(v3(0.40f, 0.26f, 0.15f), 0.5f, 0.4f);
		material_texture(PRODUCT_MATERIAL_WOOD, p * 2.0f, px, normal, m);
		break;
	default:
		*m = material_plain(main, design->words.finish == PRODUCT_FINISH_GLOSSY ? 0.06f : 0.28f, 0.95f);
		m->base = mix3(m->base, mix3(main, v1(0.7f), 0.6f),
		    mask_at(shape->mask[1], -c[0] / 0.36f + 0.5f, 0.5f - c[1] / 0.09f));
		break;
	}
}

static void
speaker_init(struct shape *shape)
{
	const struct design *design = shape->design;
	shape->k[K_ROUND] = design_random(design, 141) < 0.5f ? 1.0f : 0.0f;
	shape->k[K_WIDE] = shape->k[K_ROUND] > 0.5f ? 0.58f : 0.98f;
	shape->k[K_HIGH] = shape->k[K_ROUND] > 0.5f ? 1.42f : 0.98f;
	shape->k[K_BASE] =
	    design->material[PRODUCT_PART_MAIN] == PRODUCT_MATERIAL_WOOD || design_random(design, 142) < 0.4f ? 1.0f
													      : 0.0f;
	const struct label_line lines[] = {{design->maker, 0.6f, 0.5f, 0.2f, 600, false}};
	shape->mask[0] = mask_new(256, 56, lines, 1);
	const float deep = shape->k[K_ROUND] > 0.5f ? 0.58f : 0.46f;
	shape->lo = v3(-shape->k[K_WIDE] - 0.03f, 0.0f, -deep - 0.03f);
	shape->hi = v3(shape->k[K_WIDE] + 0.03f, shape->k[K_HIGH] + 0.14f, deep + 0.05f);
}

static struct surf
speaker_map(const struct shape *shape, vec p)
{
	const float w = shape->k[K_WIDE], h = shape->k[K_HIGH];
	const bool tall = shape->k[K_ROUND] > 0.5f;
	const vec c = p - v3(0.0f, 0.5f * h + 0.04f, 0.0f);
	const float plan = tall ? len2(p[0], p[2]) - w : sd_box2(p[0], p[2], w, 0.44f, 0.20f);
	struct surf s = {sd_extrude(plan, c[1], 0.5f * h, 0.06f), PART_BODY};
	const float cover = tall ? plan + 0.004f : fmax2(plan - 0.012f, 0.05f - p[2]);
	const float cloth = sd_extrude(cover, c[1] - (tall ? -0.04f : 0.0f), 0.5f * h - (tall ? 0.17f : 0.11f), 0.03f);
	s = surf_join(s, cloth - 0.014f, PART_CLOTH);
	const float foot = sd_extrude(plan + 0.08f, p[1] - 0.03f, 0.03f, 0.01f);
	s = surf_join(s, foot, PART_FOOT);
	const vec k = p - v3(tall ? 0.0f : 0.62f * w, h + 0.06f, 0.0f);
	const float ring = 0.004f * cosf(atan2f(k[0], k[2]) * 48.0f);
	s = surf_join(s, sd_cylinder(k, (tall ? 0.26f : 0.13f) + ring, 0.05f, 0.02f), PART_KNOB);
	if (!tall) {
		const vec b = v3(p[0] + 0.35f * w, k[1], k[2]);
		const float x = b[0] - 0.20f * clampf(roundf(b[0] / 0.20f), -1.0f, 1.0f);
		s = surf_join(s, sd_cylinder(v3(x, b[1] + 0.02f, b[2]), 0.055f, 0.025f, 0.01f), PART_KNOB);
	}
	const vec tag = p - v3(0.0f, 0.5f * h - (tall ? 0.30f : 0.22f), tall ? w + 0.016f : 0.466f);
	return surf_join(s, sd_box(tag, v3(0.20f, 0.045f, 0.014f), 0.008f), PART_FRAME);
}

static void
speaker_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	const bool tall = shape->k[K_ROUND] > 0.5f;
	if (part == PART_CLOTH) {
		*m = material_of(PRODUCT_MATERIAL_CANVAS, main);
		const float u = tall ? atan2f(p[0], p[2]) * shape->k[K_WIDE] : p[0];
		const vec side = norm(cross(v3(0, 1, 0), *normal));
		*normal = bump_weave(*normal, u, p[1], side, v3(0, 1, 0), 0.020f, 0.32f, px);
		const float thread =
		    sinf(u * 157.0f) * sinf(p[1] * 157.0f) * clampf(0.02f / (px * 1.6f + 1e-6f) - 0.8f, 0.0f, 1.0f);
		m->base *= 0.92f + 0.16f * thread + 0.06f * noise_fbm3(p * 25.0f, 2);
	} else if (part == PART_KNOB) {
		*m = material_metal(shape->k[K_BASE] > 0.5f ? v3(0.90f, 0.66f, 0.38f) : v3(0.74f, 0.75f, 0.77f), 0.2f);
	} else if (part == PART_FRAME) {
		*m = material_metal(v3(0.78f, 0.78f, 0.80f), 0.25f);
		const float y = 0.5f * shape->k[K_HIGH] - (tall ? 0.30f : 0.22f);
		m->base *= 1.0f - 0.85f * mask_at(shape->mask[0], p[0] / 0.36f + 0.5f, (y - p[1]) / 0.079f + 0.5f);
	} else if (part == PART_FOOT) {
		*m = material_plain(v1(0.02f), 0.6f, 0.4f);
	} else if (shape->k[K_BASE] > 0.5f) {
		*m = material_plain(v3(0.36f, 0.20f, 0.10f), 0.42f, 0.5f);
		material_texture(PRODUCT_MATERIAL_WOOD, v3(p[0], p[1] * 1.5f, p[2]) * 1.4f, px, normal, m);
	} else {
		*m = material_plain(main * 0.55f, 0.35f, 0.8f);
	}
}

const struct shape_class shape_phone = {
    .name = "phone",
    .init = phone_init,
    .map = phone_map,
    .paint = phone_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 18, .above = 9, .fill = 0.74f},
	    [SHAPE_VIEW_SIDE] = {.around = 62, .above = 8, .fill = 0.72f},
	    [SHAPE_VIEW_BACK] = {.around = 202, .above = 10, .fill = 0.74f},
	    [SHAPE_VIEW_TOP] = {.around = 16, .above = 48, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 208, .above = 16, .fill = 1.8f, .focus_x = 0.2f, .focus_y = 1.65f, .focus_z = -0.25f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -20, .above = 8, .fill = 0.72f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = 30, .above = 14, .fill = 1.6f, .focus_x = 0.1f, .focus_y = 1.5f, .focus_z = -0.05f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 158, .above = 10, .fill = 0.72f},
	},
};

const struct shape_class shape_speaker = {
    .name = "speaker",
    .init = speaker_init,
    .map = speaker_map,
    .paint = speaker_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 20, .above = 14, .fill = 0.70f},
	    [SHAPE_VIEW_SIDE] = {.around = 66, .above = 14, .fill = 0.68f},
	    [SHAPE_VIEW_BACK] = {.around = 202, .above = 14, .fill = 0.70f},
	    [SHAPE_VIEW_TOP] = {.around = 24, .above = 58, .fill = 0.70f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 30, .above = 22, .fill = 1.6f, .focus_x = 0.1f, .focus_y = 0.85f, .focus_z = 0.45f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -24, .above = 10, .fill = 0.70f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = 36, .above = 36, .fill = 1.7f, .focus_x = 0.3f, .focus_y = 1.05f, .focus_z = 0.1f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 32, .above = 14, .fill = 0.70f},
	},
};
