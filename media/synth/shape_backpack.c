/*
 * A backpack: soft body with a flap, front pocket, side pockets, buckled straps, grab handle and shoulder straps
 * behind. The front silhouette is drawn; its depth swells like something that is filled.
 */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_BODY, PART_FLAP, PART_POCKET, PART_STRAP, PART_METAL, PART_PATCH, PART_BACK, PART_ZIP };
enum { OUTLINE_FRONT, OUTLINE_POCKET };
enum { K_STYLE, K_FLAP };

static void
backpack_init(struct shape *shape)
{
	const struct design *design = shape->design;
	const float w = 0.74f + 0.05f * design_random(design, 91);
	shape->k[K_STYLE] = floorf(design_random(design, 92) * 2.0f);
	shape->k[K_FLAP] = 1.22f - 0.14f * design_random(design, 93);
	const struct profile_point front[] = {
	    {-w + 0.16f, 0.02f, 1},
	    {-w + 0.03f, 0.10f, 1},
	    {-w, 0.32f, 1},
	    {-w + 0.01f, 0.9f, 1},
	    {-w + 0.05f, 1.45f, 1},
	    {-w + 0.20f, 1.80f, 1},
	    {-0.26f, 1.985f, 1},
	    {0.0f, 2.01f, 1},
	    {0.26f, 1.985f, 1},
	    {w - 0.20f, 1.80f, 1},
	    {w - 0.05f, 1.45f, 1},
	    {w - 0.01f, 0.9f, 1},
	    {w, 0.32f, 1},
	    {w - 0.03f, 0.10f, 1},
	    {w - 0.16f, 0.02f, 1},
	    {0.0f, 0.0f, 1},
	};
	shape->profile[OUTLINE_FRONT] = profile_new(front, sizeof(front) / sizeof(front[0]), 224);
	const struct profile_point pocket[] = {
	    {-0.50f, 0.16f, 1},
	    {-0.54f, 0.30f, 1},
	    {-0.53f, 0.66f, 1},
	    {-0.47f, 0.80f, 1},
	    {0.0f, 0.82f, 1},
	    {0.47f, 0.80f, 1},
	    {0.53f, 0.66f, 1},
	    {0.54f, 0.30f, 1},
	    {0.50f, 0.16f, 1},
	    {0.0f, 0.125f, 1},
	};
	shape->profile[OUTLINE_POCKET] = profile_new(pocket, sizeof(pocket) / sizeof(pocket[0]), 192);
	const struct label_line lines[] = {{design->maker, 0.46f, 0.5f, 0.18f, 700, false}};
	shape->mask[0] = mask_new(256, 96, lines, 1);
	shape->lo = v3(-0.96f, 0.0f, -0.66f);
	shape->hi = v3(0.96f, 2.24f, 0.74f);
}

static float
body_shape(vec p, float front)
{
	const float swell =
	    0.10f * clampf(1.0f - 1.5f * p[0] * p[0], 0.0f, 1.0f) * (1.0f - 0.5f * smooth01(0.9f, 1.9f, p[1]));
	const float deep = 0.40f - 0.10f * smooth01(1.0f, 1.95f, p[1]);
	const float wrinkle = 0.010f * noise_fbm3(v3(p[0] * 2.0f, p[1] * 3.0f, p[2] * 2.0f), 2);
	const float z = p[2] > 0.0f ? p[2] - swell : p[2];
	return sd_extrude(front, z, deep, 0.20f) * 0.9f + wrinkle;
}

/* Belts that hold the flap, with a buckle on each. */
static struct surf
belts(const struct shape *shape, vec m, float skin)
{
	const float x = m[0] - 0.36f, y = m[1];
	const float belt = sd_extrude(sd_box2(x, y - 1.02f, 0.062f, 0.46f, 0.03f), skin - 0.055f, 0.016f, 0.008f);
	struct surf s = {m[2] > 0.0f ? belt : 9.0f, PART_STRAP};
	const float at = y - shape->k[K_FLAP] + 0.32f;
	const float frame = fabsf(sd_box2(x, at, 0.088f, 0.075f, 0.025f)) - 0.016f;
	const float buckle = sd_extrude(frame, skin - 0.078f, 0.018f, 0.010f);
	return m[2] > 0.0f ? surf_join(s, buckle, PART_METAL) : s;
}

static struct surf
harness(vec m)
{
	/* padded shoulder straps on the back, from the top down to the corners, bent outwards */
	const float t = clampf((1.82f - m[1]) / 1.5f, 0.0f, 1.0f);
	const float x = 0.25f + 0.22f * t * t, z = -0.43f - 0.17f * sinf(t * 3.0f);
	const float d = sd_box2(m[0] - x, m[2] - z, 0.105f - 0.03f * smooth01(0.6f, 1.0f, t), 0.038f, 0.03f);
	const float strap = fmax2(d * 0.8f, fabsf(m[1] - 1.07f) - 0.76f);
	const float top = m[1] - 2.02f, arch = len2(m[0] * 0.9f, fmax2(top, 0.0f)) - 0.17f;
	const float grab = len2(fmax2(fabsf(m[2] + 0.18f) - 0.045f, 0.0f), top > -0.12f ? arch : 1.0f) - 0.028f;
	return surf_join((struct surf){strap, PART_STRAP}, grab, PART_STRAP);
}

static struct surf
backpack_map(const struct shape *shape, vec p)
{
	const float front = profile_at(shape->profile[OUTLINE_FRONT], p[0], p[1]);
	const float body = body_shape(p, front);
	const vec m = v3(fabsf(p[0]), p[1], p[2]);
	struct surf s = {body, p[2] < -0.30f ? PART_BACK : PART_BODY};
	const struct surf h = harness(m);
	s = surf_join(s, h.d, h.part);
	/* side pockets */
	const float side = sd_box(m - v3(0.76f, 0.42f, 0.0f), v3(0.135f, 0.34f, 0.25f), 0.11f);
	s = surf_join(s, side, PART_POCKET);
	if (p[2] < 0.0f && body > 0.12f)
		return s;
	const float rim = shape->k[K_FLAP] - 0.30f + 0.16f * m[0] * m[0];
	const float flap = fmax2(fmax2(fabsf(body - 0.028f) - 0.024f, rim - p[1]), -p[2] - 0.12f);
	s = surf_join(s, flap * 0.9f, PART_FLAP);
	const float pocket2 = profile_at(shape->profile[OUTLINE_POCKET], p[0], p[1]);
	const float pocket = sd_smax(body - 0.155f + 0.05f * smooth01(-0.3f, 0.0f, pocket2), pocket2, 0.13f);
	if (p[2] > 0.0f) {
		s = surf_join(s, pocket, PART_POCKET);
		const float zip = len2(body - 0.135f, fabsf(p[1] - 0.72f)) - 0.016f;
		s = surf_join(s, fmax2(zip, m[0] - 0.40f), PART_ZIP);
		const float patch =
		    sd_extrude(sd_box2(p[0], p[1] - 0.43f, 0.20f, 0.085f, 0.02f), body - 0.155f, 0.016f, 0.006f);
		s = surf_join(s, patch, PART_PATCH);
	}
	const struct surf b = belts(shape, m, fmin2(body, pocket));
	return surf_join(s, b.d, b.part);
}

static float
seam(float figure, float along, float px)
{
	const float line = 1.0f - smooth01(0.005f, 0.010f + 0.6f * px, fabsf(figure));
	return line * smooth01(0.14f, 0.22f, fabsf(fract1(along * 13.0f) - 0.5f));
}

static void
cloth_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	enum product_material kind = design->material[PRODUCT_PART_MAIN];
	if (kind == PRODUCT_MATERIAL_NONE)
		kind = PRODUCT_MATERIAL_CANVAS;
	*m = material_of(kind, part == PART_FLAP ? main : part == PART_POCKET ? main * 0.93f : main * 0.86f);
	material_texture(kind, p * 0.8f, px, normal, m);
	const float pocket = profile_at(shape->profile[OUTLINE_POCKET], p[0], p[1]);
	const float front = profile_at(shape->profile[OUTLINE_FRONT], p[0], p[1]);
	const float rim = p[1] - (shape->k[K_FLAP] - 0.30f + 0.16f * p[0] * p[0]);
	float thread = 0.0f;
	if (part == PART_FLAP)
		thread = fmax2(seam(rim - 0.045f, p[0], px), seam(front + 0.06f, p[1], px));
	else if (part == PART_POCKET && p[2] > 0.3f)
		thread = seam(pocket + 0.035f, p[0] + p[1], px);
	m->base = mix3(m->base, mix3(main, v3(0.85f, 0.78f, 0.62f), 0.7f), 0.8f * thread);
}

static void
backpack_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec strap = design->words.colour[PRODUCT_PART_STRAP].set ? design->colour[PRODUCT_PART_STRAP]
			  : shape->k[K_STYLE] < 0.5f		       ? v3(0.27f, 0.12f, 0.05f)
								       : design->colour[PRODUCT_PART_MAIN] * 0.45f;
	switch (part) {
	case PART_STRAP:
	case PART_PATCH:
		*m = material_of(PRODUCT_MATERIAL_LEATHER, strap);
		material_texture(PRODUCT_MATERIAL_LEATHER, p, px, normal, m);
		if (part == PART_PATCH) {
			const float ink = mask_at(shape->mask[0], p[0] / 0.36f + 0.5f, (0.43f - p[1]) / 0.135f + 0.5f);
			m->base *= 1.0f - 0.7f * ink;
		}
		break;
	case PART_METAL:
	case PART_ZIP:
		*m = material_metal(
		    design_random(design, 94) < 0.5f ? v3(0.86f, 0.62f, 0.34f) : v3(0.72f, 0.73f, 0.75f), 0.24f);
		break;
	case PART_BACK:
		*m = material_of(PRODUCT_MATERIAL_CANVAS, design->colour[PRODUCT_PART_MAIN] * 0.55f);
		*normal = bump_grain(*normal, p, 0.025f, 0.25f, px);
		break;
	default:
		cloth_paint(shape, p, part, px, normal, m);
		break;
	}
}

const struct shape_class shape_backpack = {
    .name = "backpack",
    .init = backpack_init,
    .map = backpack_map,
    .paint = backpack_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 22, .above = 11, .fill = 0.76f},
	    [SHAPE_VIEW_SIDE] = {.around = 76, .above = 9, .fill = 0.74f},
	    [SHAPE_VIEW_BACK] = {.around = 202, .above = 12, .fill = 0.76f},
	    [SHAPE_VIEW_TOP] = {.around = 20, .above = 54, .fill = 0.76f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 34, .above = 16, .fill = 1.6f, .focus_x = 0.2f, .focus_y = 0.88f, .focus_z = 0.6f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -26, .above = 8, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -38, .above = 20, .fill = 1.7f, .focus_x = -0.3f, .focus_y = 1.5f, .focus_z = 0.4f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 32, .above = 12, .fill = 0.74f},
	},
};
