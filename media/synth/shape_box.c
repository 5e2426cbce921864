/* The fallback for what has no shape of its own: a rigid gift box with a lifted-edge lid, a ribbon with a bow and a
 * printed front. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_BOX, PART_LID, PART_RIBBON, PART_CARD };
enum { K_WIDE, K_HIGH, K_DEEP, K_FACET };

static void
box_init(struct shape *shape)
{
	const struct design *design = shape->design;
	float *k = shape->k;
	k[K_WIDE] = 0.70f + 0.12f * design_random(design, 111);
	k[K_HIGH] = 0.80f + 0.30f * design_random(design, 112);
	k[K_DEEP] = 0.56f + 0.10f * design_random(design, 113);
	k[K_FACET] = design_random(design, 114) < 0.5f ? 0.16f : 0.03f;
	const struct label_line lines[] = {
	    {design->maker, 0.26f, 0.30f, 0.18f, 600, true},
	    {design->title, 0.15f, 0.62f, 0.14f, 500, false},
	    {"the original", 0.10f, 0.84f, 0.06f, 400, true},
	};
	shape->mask[0] = mask_new(360, 220, lines, 3);
	shape->lo = v3(-k[K_WIDE] - 0.06f, 0.0f, -k[K_DEEP] - 0.06f);
	shape->hi = v3(k[K_WIDE] + 0.06f, k[K_HIGH] + 0.56f, k[K_DEEP] + 0.07f);
}

/* A rectangle whose corners are cut, in plan. */
static float
plan(const struct shape *shape, vec p, float grow)
{
	const float x = fabsf(p[0]) - shape->k[K_WIDE] - grow, z = fabsf(p[2]) - shape->k[K_DEEP] - grow;
	const float straight = sd_box2(p[0], p[2], shape->k[K_WIDE] + grow, shape->k[K_DEEP] + grow, 0.03f);
	return fmax2(straight, (x + z) * 0.7071f + shape->k[K_FACET]);
}

static float
bow(const struct shape *shape, vec p)
{
	const vec o = v3(fabsf(p[0]), p[1] - shape->k[K_HIGH] - 0.30f, p[2]);
	const float across = fabsf(o[2]) - 0.085f + 0.05f * smooth01(0.25f, 0.0f, o[0]);
	const float u = o[0] - 0.23f, v = o[1] - 0.13f + 0.25f * u;
	const float ring = fabsf(len2(u * 0.72f, v * 1.15f) - 0.135f) - 0.010f;
	float d = len2(fmax2(ring, 0.0f), fmax2(across, 0.0f)) - 0.012f;
	const float tail = sd_segment2(o[0], o[1], 0.04f, 0.03f, 0.42f, -0.02f);
	d = fmin2(d, len2(fmax2(tail - 0.006f, 0.0f), fmax2(fabsf(o[2] - 0.30f * o[0]) - 0.07f, 0.0f)) - 0.010f);
	return fmin2(d, sd_box(o - v3(0, 0.06f, 0), v3(0.065f, 0.065f, 0.085f), 0.045f)) * 0.85f;
}

static struct surf
box_map(const struct shape *shape, vec p)
{
	const float high = shape->k[K_HIGH], base = plan(shape, p, 0.0f), lid = plan(shape, p, 0.032f);
	struct surf s = {sd_extrude(base, p[1] - 0.5f * high, 0.5f * high, 0.012f), PART_BOX};
	s = surf_join(s, sd_extrude(lid, p[1] - high - 0.10f, 0.16f, 0.018f), PART_LID);
	const float top = high + 0.26f;
	const float wrap = fmin2(fmax2(fabsf(p[0]) - 0.085f, fabsf(lid - 0.002f) - 0.010f),
	    fmax2(fabsf(p[2]) - 0.085f, fabsf(lid - 0.002f) - 0.010f));
	const float sides = fmax2(fmin2(wrap, 9.0f), fabsf(p[1] - 0.5f * top) - 0.5f * top - 0.008f);
	const float cross =
	    fmax2(fmin2(fabsf(p[0]), fabsf(p[2])) - 0.085f, fmax2(fabsf(p[1] - top) - 0.010f, lid - 0.012f));
	const float under = fmax2(fmin2(fabsf(p[0]), fabsf(p[2])) - 0.085f,
	    fmax2(fabsf(base - 0.004f) - 0.010f, fabsf(p[1] - 0.5f * high) - 0.5f * high));
	s = surf_join(s, fmin2(fmax2(sides, high - 0.07f - p[1]), fmin2(cross, under)) * 0.9f, PART_RIBBON);
	s = surf_join(s, bow(shape, p), PART_RIBBON);
	const float card =
	    sd_box(p - v3(0.0f, 0.46f * high, shape->k[K_DEEP] + 0.016f), v3(0.40f, 0.245f, 0.012f), 0.008f);
	return surf_join(s, card, PART_CARD);
}

static void
box_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	if (part == PART_RIBBON) {
		*m = (struct material){
		    .base = design->colour[PRODUCT_PART_ACCENT], .rough = 0.32f, .coat = 0.8f, .sheen = 0.5f};
		*normal = norm(*normal + v3(0.05f * sinf(p[1] * 300.0f), 0.0f, 0.05f * sinf(p[0] * 300.0f)) *
					     clampf(0.006f / (px + 1e-5f) - 0.3f, 0.0f, 1.0f));
		return;
	}
	const enum product_material kind = design->material[PRODUCT_PART_MAIN];
	if (part == PART_CARD) {
		*m = material_of(PRODUCT_MATERIAL_PAPER, design->colour[PRODUCT_PART_LABEL]);
		const float u = p[0] / 0.72f + 0.5f, v = (0.46f * shape->k[K_HIGH] - p[1]) / 0.44f + 0.5f;
		const float rule = fabsf(sd_box2(p[0], p[1] - 0.46f * shape->k[K_HIGH], 0.37f, 0.215f, 0.01f));
		const float ink =
		    fmax2(mask_at(shape->mask[0], u, v), 1.0f - smooth01(0.003f, 0.005f + px * 0.7f, rule));
		m->base = mix3(m->base, main * 0.35f, 0.9f * ink);
		return;
	}
	*m = kind != PRODUCT_MATERIAL_NONE ? material_of(kind, main) : material_plain(main, 0.48f, 0.6f);
	if (part == PART_LID)
		m->base *= 0.88f;
	material_texture(kind, p, px, normal, m);
	if (kind == PRODUCT_MATERIAL_NONE)
		*normal = bump_grain(*normal, p, 0.012f, 0.05f, px);
}

const struct shape_class shape_box = {
    .name = "gift box",
    .init = box_init,
    .map = box_map,
    .paint = box_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 24, .above = 18, .fill = 0.72f},
	    [SHAPE_VIEW_SIDE] = {.around = 66, .above = 16, .fill = 0.70f},
	    [SHAPE_VIEW_BACK] = {.around = 206, .above = 18, .fill = 0.72f},
	    [SHAPE_VIEW_TOP] = {.around = 30, .above = 58, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 30, .above = 32, .fill = 1.55f, .focus_x = 0.0f, .focus_y = 1.15f, .focus_z = 0.1f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -30, .above = 11, .fill = 0.72f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -24, .above = 14, .fill = 1.6f, .focus_x = 0.0f, .focus_y = 0.5f, .focus_z = 0.6f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 36, .above = 15, .fill = 0.72f},
	},
};
