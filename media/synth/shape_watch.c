/*
 * A wrist watch standing on its closed strap, the dial to the front and a little upwards. Everything on the dial is
 * raised metal, so that it catches light and throws shadows like the real thing.
 */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_CASE, PART_BEZEL, PART_DIAL, PART_MARK, PART_SECOND, PART_STRAP, PART_CROWN, PART_KEEPER };
enum { K_SUBDIALS, K_BEZEL, K_MARKS, K_DARK, K_LINKS, K_LEAN_C, K_LEAN_S, K_MIDDLE };

#define PI 3.14159265f

static bool
is_metal(enum product_material m)
{
	return m == PRODUCT_MATERIAL_METAL || m == PRODUCT_MATERIAL_GOLD || m == PRODUCT_MATERIAL_SILVER;
}

static void
watch_init(struct shape *shape)
{
	const struct design *design = shape->design;
	shape->k[K_SUBDIALS] = design_random(design, 31) < 0.5f ? 1.0f : 0.0f;
	shape->k[K_BEZEL] = 0.045f + 0.03f * design_random(design, 32);
	shape->k[K_MARKS] = 0.05f + 0.035f * design_random(design, 33);
	shape->k[K_DARK] = luma3(design->colour[PRODUCT_PART_DIAL]) < 0.3f ? 1.0f : 0.0f;
	shape->k[K_LINKS] = is_metal(design->material[PRODUCT_PART_STRAP]) ? 1.0f : 0.0f;
	const struct label_line lines[] = {
	    {design->maker, 0.30f, 0.30f, 0.16f, 600, true},
	    {"AUTOMATIC", 0.15f, 0.72f, 0.14f, 500, false},
	};
	shape->mask[0] = mask_new(256, 96, lines, 2);
	/* it leans back on its strap; for the view from above it lies there, the dial to the lens */
	const float lean = shape->view == SHAPE_VIEW_TOP ? 1.22f : 0.245f, s = sinf(lean), c = cosf(lean);
	shape->k[K_LEAN_C] = c;
	shape->k[K_LEAN_S] = -s;
	shape->k[K_MIDDLE] = 0.12f * s + 0.24f * c + 0.62f + 0.045f;
	shape->lo = v3(-0.66f, 0.0f, -0.98f);
	shape->hi = v3(0.86f, 1.93f, 1.02f);
}

/* The watch upright, the middle of the loop at 0. */
static vec
watch_space(const struct shape *shape, vec p)
{
	const float y = p[1] - shape->k[K_MIDDLE], c = shape->k[K_LEAN_C], s = shape->k[K_LEAN_S];
	return v3(p[0], c * y + s * p[2], c * p[2] - s * y);
}

/* Case coordinates: z out of the dial, y towards twelve. */
static vec
case_space(vec w)
{
	return w - v3(0.0f, 0.0f, 0.72f);
}

static float
bar(vec c, float angle, float from, float to, float half, float z, float thick)
{
	const float s = sinf(angle), k = cosf(angle);
	const float along = c[0] * s + c[1] * k, side = c[0] * k - c[1] * s;
	const float width = half * (1.0f - 0.45f * clampf((along - from) / (to - from), 0.0f, 1.0f));
	return sd_box(v3(side, along - 0.5f * (from + to), c[2] - z), v3(width, 0.5f * (to - from), thick), 0.004f);
}

static float
marks(const struct shape *shape, vec c)
{
	const float angle = atan2f(c[0], c[1]), sector = PI / 6.0f, n = floorf(angle / sector + 0.5f);
	const float a = n * sector, s = sinf(a), k = cosf(a);
	const float along = c[0] * s + c[1] * k, side = c[0] * k - c[1] * s;
	const bool quarter = fabsf(fract1(n / 3.0f + 0.1f) - 0.1f) < 0.05f;
	const float half = quarter ? 0.020f : 0.012f, len = shape->k[K_MARKS];
	return sd_box(v3(side, along - 0.475f + len, c[2] - 0.088f), v3(half, len, 0.014f), 0.005f);
}

static struct surf
dial_map(const struct shape *shape, vec c, float r)
{
	struct surf s = {fmax2(fabsf(c[2] - 0.03f) - 0.052f, r - 0.53f), PART_DIAL};
	if (s.d > 0.12f)
		return s;
	s = surf_join(s, marks(shape, c), PART_MARK);
	s = surf_join(s, bar(c, -0.93f, -0.09f, 0.29f, 0.030f, 0.105f, 0.007f), PART_MARK);
	s = surf_join(s, bar(c, 1.02f, -0.10f, 0.43f, 0.022f, 0.122f, 0.006f), PART_MARK);
	s = surf_join(s, bar(c, 3.75f, -0.14f, 0.44f, 0.008f, 0.137f, 0.004f), PART_SECOND);
	s = surf_join(s, sd_box2(r, c[2] - 0.11f, 0.034f, 0.036f, 0.008f), PART_MARK);
	if (shape->k[K_SUBDIALS] > 0.5f) {
		const float sub = len2(fabsf(c[0]) - 0.215f, c[1]);
		s.d = fmax2(s.d, -fmax2(sub - 0.115f, 0.066f - c[2]));
		const float ring = len2(sub - 0.118f, c[2] - 0.076f) - 0.007f;
		s = surf_join(s, ring, PART_MARK);
		const vec h = v3(fabsf(c[0]) - 0.215f, c[1], c[2]);
		s = surf_join(s, bar(h, 0.5f, -0.02f, 0.09f, 0.009f, 0.080f, 0.004f), PART_MARK);
	}
	return s;
}

static struct surf
case_map(const struct shape *shape, vec c)
{
	const float r = len2(c[0], c[1]);
	float body = sd_box2(r, c[2] + 0.02f, 0.615f, 0.125f, 0.05f);
	/* the lugs hold the strap: four horns, smooth with the case */
	const float lug = sd_box(
	    v3(fabsf(c[0]) - 0.37f, fabsf(c[1]) - 0.56f, c[2] + 0.035f + 0.30f * fmax2(fabsf(c[1]) - 0.45f, 0.0f)),
	    v3(0.055f, 0.15f, 0.075f), 0.04f);
	body = sd_smin(body, lug, 0.06f);
	body = fmax2(body, -sd_box2(r, c[2] - 0.2f, 0.525f, 0.125f, 0.01f));
	struct surf s = {body, PART_CASE};
	const float rim = 0.53f + shape->k[K_BEZEL];
	const float bezel = sd_box2(r - rim, c[2] - 0.115f + 0.35f * (r - rim), shape->k[K_BEZEL], 0.04f, 0.028f);
	s = surf_join(s, bezel, PART_BEZEL);
	const struct surf dial = dial_map(shape, c, r);
	s = surf_join(s, dial.d, dial.part);
	const vec k = v3(c[0] - 0.70f, c[1], c[2] + 0.02f);
	const float knurl = 0.006f * cosf(atan2f(k[1], k[2]) * 22.0f);
	s = surf_join(s, sd_box2(len2(k[1], k[2]) + knurl, k[0], 0.085f, 0.07f, 0.02f), PART_CROWN);
	s = surf_join(s, sd_box2(len2(k[1], k[2]), k[0] + 0.1f, 0.04f, 0.08f, 0.01f), PART_CROWN);
	if (shape->k[K_SUBDIALS] > 0.5f) {
		const vec b = v3(c[0] - 0.62f, fabsf(c[1]) - 0.27f, c[2] + 0.02f);
		s = surf_join(s, sd_box(b, v3(0.07f, 0.05f, 0.05f), 0.03f), PART_CROWN);
	}
	return s;
}

/* Signed distance to the middle line of the strap's loop, and the width of the band there. */
static float
strap_line(vec p, float *ret_half)
{
	const float y = p[1], z = p[2] + 0.05f;
	*ret_half = 0.245f + 0.075f * smooth01(-0.6f, 0.6f, z);
	return sd_box2(z, y, 0.74f, 0.86f, 0.62f);
}

static struct surf
strap_map(const struct shape *shape, vec p)
{
	float half;
	const float line = strap_line(p, &half);
	float thick = 0.042f + 0.03f * smooth01(0.1f, 0.7f, p[2]) * (1.0f - smooth01(half * 0.55f, half, fabsf(p[0])));
	if (shape->k[K_LINKS] > 0.5f) {
		const float a = atan2f(p[1], p[2] + 0.05f) * 17.0f / PI;
		const float gap = fabsf(fract1(a) - 0.5f) * 2.0f, seam = fabsf(fabsf(p[0]) - half * 0.42f);
		thick -= 0.018f * smooth01(0.82f, 1.0f, gap) + 0.014f * (1.0f - smooth01(0.004f, 0.02f, seam));
	}
	const float case_room = fmax2(len2(p[0], p[1]) - 0.585f, 0.4f - p[2]);
	struct surf s = {fmax2(sd_extrude(fabsf(line) - thick, p[0], half, 0.03f), -case_room), PART_STRAP};
	const vec k = p - v3(0.0f, -0.30f, -0.77f);
	const float keeper = sd_box(k, v3(0.285f, 0.06f, 0.085f), 0.03f);
	s = surf_join(s, keeper, PART_STRAP);
	const vec b = p - v3(0.0f, 0.03f, -0.845f);
	const float frame = fabsf(sd_box2(b[0], b[1], 0.285f, 0.16f, 0.06f)) - 0.026f;
	s = surf_join(s, sd_extrude(frame, b[2], 0.022f, 0.012f), PART_KEEPER);
	return surf_join(s, sd_capsule(b, v3(0, -0.15f, 0.0f), v3(0, 0.16f, -0.02f), 0.020f), PART_KEEPER);
}

static struct surf
watch_map(const struct shape *shape, vec p)
{
	const vec w = watch_space(shape, p), c = case_space(w);
	struct surf s = strap_map(shape, w);
	const float near = len3(c) - 0.85f;
	if (near > s.d)
		return s;
	const struct surf k = case_map(shape, c);
	return surf_join(s, k.d, k.part);
}

static vec
case_colour(const struct design *design, enum product_material *ret_kind)
{
	const enum product_material kind = design->material[PRODUCT_PART_MAIN];
	*ret_kind = is_metal(kind) ? kind : PRODUCT_MATERIAL_METAL;
	if (kind == PRODUCT_MATERIAL_GOLD)
		return mix3(v3(0.95f, 0.62f, 0.24f), design->colour[PRODUCT_PART_MAIN], 0.25f);
	if (is_metal(kind) || !design->words.colour[PRODUCT_PART_MAIN].set)
		return v3(0.62f, 0.63f, 0.65f);
	return mix3(design->colour[PRODUCT_PART_MAIN], v1(0.4f), 0.25f);
}

static void
dial_paint(const struct shape *shape, vec c, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const float r = len2(c[0], c[1]), angle = atan2f(c[0], c[1]);
	*m = material_plain(design->colour[PRODUCT_PART_DIAL], 0.16f, 0.4f);
	/* sunburst: brushed outwards from the middle */
	const float brush = noise2(angle * 90.0f, r * 2.0f) * clampf(0.004f / (px + 1e-5f), 0.0f, 1.0f);
	*normal = norm(*normal + v3(c[1], -c[0], 0.0f) * (0.10f * brush));
	m->base *= 1.0f + 0.05f * brush;
	const vec ink = shape->k[K_DARK] > 0.5f ? v1(0.75f) : v1(0.03f);
	const float tick = fabsf(fract1(angle * 30.0f / PI + 0.5f) - 0.5f) * PI / 30.0f * r;
	float paint = (1.0f - smooth01(0.002f, 0.0035f + px * 0.7f, tick)) * (fabsf(r - 0.497f) < 0.014f ? 1.0f : 0.0f);
	paint = fmax2(paint, mask_at(shape->mask[0], c[0] / 0.36f + 0.5f, (0.30f - c[1]) / 0.135f));
	m->base = mix3(m->base, ink, 0.9f * paint);
}

static void
strap_paint(const struct shape *shape, vec p, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	enum product_material kind = design->material[PRODUCT_PART_STRAP];
	if (kind == PRODUCT_MATERIAL_NONE)
		kind = PRODUCT_MATERIAL_LEATHER;
	if (is_metal(kind)) {
		enum product_material ignored;
		*m = material_metal(case_colour(design, &ignored), 0.26f);
		*normal = bump_grain(*normal, v3(p[0] * 0.1f, p[1], p[2]), 0.004f, 0.05f, px);
		return;
	}
	float half;
	strap_line(p, &half);
	*m = material_of(kind, design->colour[PRODUCT_PART_STRAP]);
	material_texture(kind, p, px, normal, m);
	const float edge = fabsf(fabsf(p[0]) - half + 0.05f), along = p[1] + p[2];
	const float dash = smooth01(0.16f, 0.24f, fabsf(fract1(along * 12.0f) - 0.5f));
	const float stitch = (1.0f - smooth01(0.006f, 0.011f + px * 0.6f, edge)) * dash;
	m->base = mix3(m->base * (1.0f - 0.35f * (1.0f - smooth01(0.0f, 0.03f, half - fabsf(p[0])))),
	    v3(0.72f, 0.62f, 0.46f), 0.8f * stitch);
}

static void
watch_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	enum product_material kind;
	const vec metal = case_colour(shape->design, &kind);
	const vec w = watch_space(shape, p), c = case_space(w);
	switch (part) {
	case PART_DIAL:
		dial_paint(shape, c, px, normal, m);
		break;
	case PART_STRAP:
		strap_paint(shape, w, px, normal, m);
		break;
	case PART_SECOND:
		*m = material_plain(shape->design->colour[PRODUCT_PART_ACCENT], 0.3f, 0.8f);
		break;
	case PART_MARK:
		*m = material_metal(metal, 0.16f);
		m->glow = 0.05f;
		break;
	default:
		*m = material_metal(metal, part == PART_CASE ? 0.20f : 0.13f);
		if (part == PART_CASE)
			*normal = bump_grain(*normal, v3(c[0], c[1], c[2] * 12.0f), 0.03f, 0.015f, px);
		break;
	}
}

const struct shape_class shape_watch = {
    .name = "wrist watch",
    .init = watch_init,
    .map = watch_map,
    .paint = watch_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 14, .above = 14, .fill = 0.74f},
	    [SHAPE_VIEW_SIDE] = {.around = 66, .above = 12, .fill = 0.72f},
	    [SHAPE_VIEW_BACK] = {.around = 205, .above = 16, .fill = 0.70f},
	    [SHAPE_VIEW_TOP] = {.around = -16, .above = 58, .fill = 0.76f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 30, .above = 26, .fill = 1.45f, .focus_x = 0.05f, .focus_y = 1.05f, .focus_z = 0.72f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -26, .above = 10, .fill = 0.72f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = 62, .above = 20, .fill = 1.6f, .focus_x = 0.55f, .focus_y = 1.1f, .focus_z = 0.68f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 36, .above = 15, .fill = 0.72f},
	},
};
