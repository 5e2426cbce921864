/* Packs of food and drink: the aluminium can, and the stand-up pouch with its welded edges. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_PRINT, PART_METAL, PART_SEAL, PART_TAB };
enum { K_CAN, K_RADIUS, K_TOP, K_PATTERN };

#define PI 3.14159265f

static void
pack_init(struct shape *shape)
{
	const struct design *design = shape->design;
	float *k = shape->k;
	k[K_CAN] = design->words.form == PRODUCT_FORM_CAN ? 1.0f : 0.0f;
	k[K_PATTERN] = floorf(design_random(design, 121) * 3.0f);
	const char *title = design->title[0] != '\0' ? design->title : "ORIGINAL";
	const struct label_line lines[] = {
	    {design->maker, 0.19f, 0.22f, 0.08f, 800, false},
	    {title, 0.105f, 0.46f, 0.10f, 600, false},
	    {k[K_CAN] > 0.5f ? "330 ml" : "small batch", 0.055f, 0.60f, 0.10f, 400, false},
	    {k[K_CAN] > 0.5f ? "" : "250 g", 0.06f, 0.92f, 0.10f, 500, false},
	};
	shape->mask[0] = mask_new(320, 420, lines, 4);
	if (k[K_CAN] > 0.5f) {
		const float r = k[K_RADIUS] = 0.46f - 0.08f * design_random(design, 122), top = k[K_TOP] = 1.72f;
		const struct profile_point can[] = {
		    {0.0f, 0.10f, 0},
		    {r - 0.16f, 0.07f, 1},
		    {r - 0.13f, 0.0f, 1},
		    {r - 0.10f, 0.015f, 1},
		    {r - 0.02f, 0.11f, 1},
		    {r, 0.18f, 1},
		    {r, 0.8f, 1},
		    {r, 1.46f, 1},
		    {r - 0.02f, 1.54f, 1},
		    {r - 0.085f, 1.66f, 1},
		    {r - 0.075f, top - 0.01f, 1},
		    {r - 0.10f, top, 1},
		    {r - 0.12f, top - 0.05f, 0},
		    {0.0f, top - 0.05f, 0},
		};
		shape->profile[0] = profile_new_turned(can, sizeof(can) / sizeof(can[0]), 320);
		shape->lo = v3(-r - 0.02f, 0.0f, -r - 0.02f);
		shape->hi = v3(r + 0.02f, top + 0.04f, r + 0.02f);
		return;
	}
	k[K_RADIUS] = 0.66f;
	k[K_TOP] = 1.86f;
	shape->lo = v3(-0.70f, 0.0f, -0.36f);
	shape->hi = v3(0.70f, 1.90f, 0.40f);
}

static struct surf
can_map(const struct shape *shape, vec p)
{
	const float r = len2(p[0], p[2]), top = shape->k[K_TOP];
	const float d = profile_at(shape->profile[0], r, p[1]);
	struct surf s = {d, p[1] > 1.56f || p[1] < 0.10f ? PART_METAL : PART_PRINT};
	if (p[1] < top - 0.3f)
		return s;
	const vec t = p - v3(0.0f, top - 0.03f, 0.07f);
	const float tab = fabsf(sd_box2(t[0], t[2], 0.085f, 0.13f, 0.07f) + 0.018f) - 0.020f;
	s = surf_join(s, sd_extrude(tab, t[1], 0.012f, 0.006f), PART_TAB);
	return surf_join(s, sd_cylinder(p - v3(0, top - 0.035f, -0.01f), 0.035f, 0.018f, 0.008f), PART_TAB);
}

static struct surf
pouch_map(const struct shape *shape, vec p)
{
	const float top = shape->k[K_TOP], y = clampf(p[1], 0.0f, top), t = y / top;
	/* full at the bottom, flat where it is welded */
	const float belly =
	    0.30f * sqrtf(clampf(1.0f - t * t * 1.15f, 0.0f, 1.0f)) * (0.82f + 0.18f * smooth01(0.0f, 0.25f, y));
	const float edge = clampf(1.0f - (p[0] * p[0]) / (0.62f * 0.62f), 0.0f, 1.0f);
	const float crease =
	    0.012f * noise_fbm3(v3(p[0] * 2.5f, p[1] * 2.0f + 3.0f, p[2] > 0.0f ? 1.0f : 5.0f), 3) * (1.0f - 0.5f * t);
	const float half = 0.014f + belly * sqrtf(edge) + crease * edge;
	const float outline = sd_box2(p[0], p[1] - 0.5f * top, 0.655f - 0.03f * sinf(t * PI), 0.5f * top, 0.05f);
	const float d = sd_smax(outline, fabsf(p[2]) - half, 0.015f) * 0.62f;
	const bool seal = p[1] > top - 0.14f || fabsf(p[0]) > 0.60f;
	return (struct surf){d, seal ? PART_SEAL : PART_PRINT};
}

static struct surf
pack_map(const struct shape *shape, vec p)
{
	return shape->k[K_CAN] > 0.5f ? can_map(shape, p) : pouch_map(shape, p);
}

/* The printed design: one of three grounds that a packaging studio would do, around the name. */
static vec
print_colour(const struct shape *shape, float u, float v, float px)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN], accent = design->colour[PRODUCT_PART_ACCENT];
	const float soft = 0.01f + px;
	if (shape->k[K_PATTERN] < 0.5f) {
		const float wave = v - 0.30f - 0.05f * sinf(u * 5.0f + 1.0f);
		const float second = v - 0.20f - 0.05f * sinf(u * 5.0f + 2.2f);
		const vec c = mix3(main, accent, 1.0f - smooth01(-soft, soft, wave));
		return mix3(c, accent * 0.55f, 1.0f - smooth01(-soft, soft, second));
	}
	if (shape->k[K_PATTERN] < 1.5f) {
		const float disc = len2(u, (v - 0.66f) * 1.1f) - 0.40f;
		return mix3(main, mix3(main, v1(0.9f), 0.82f), 1.0f - smooth01(-soft, soft, disc));
	}
	const float rays = sinf(atan2f(u, v - 0.30f) * 18.0f);
	const vec c = mix3(main, main * 0.72f, smooth01(-0.1f, 0.1f, rays));
	return mix3(c, accent, 1.0f - smooth01(-soft, soft, v - 0.16f));
}

static void
print_paint(const struct shape *shape, vec p, float px, struct material *m)
{
	const bool can = shape->k[K_CAN] > 0.5f;
	const float u = can ? atan2f(p[0], p[2]) * shape->k[K_RADIUS] : p[0], v = p[1] / shape->k[K_TOP];
	m->base = print_colour(shape, u, v, px);
	const float width = can ? 0.80f : 0.96f, height = can ? 1.15f : 1.30f;
	const float ink =
	    p[2] > 0.0f ? mask_at(shape->mask[0], u / width + 0.5f, (0.56f * shape->k[K_TOP] - p[1]) / height + 0.5f)
			: 0.0f;
	const vec tone =
	    luma3(m->base) > 0.30f ? shape->design->colour[PRODUCT_PART_MAIN] * 0.12f : v3(0.92f, 0.90f, 0.85f);
	m->base = mix3(m->base, tone, 0.95f * ink);
}

static void
pack_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const bool can = shape->k[K_CAN] > 0.5f;
	if (part == PART_METAL || part == PART_TAB) {
		*m = material_metal(v3(0.78f, 0.79f, 0.80f), 0.22f);
		return;
	}
	*m = material_plain(shape->design->colour[PRODUCT_PART_MAIN], can ? 0.22f : 0.42f, can ? 1.0f : 0.65f);
	if (part == PART_SEAL) {
		m->base *= 0.85f;
		const float rib = sinf(p[1] * 150.0f) * clampf(0.012f / (px + 1e-5f) - 0.3f, 0.0f, 1.0f);
		*normal = norm(*normal + v3(0.0f, 0.2f * rib, 0.0f));
		return;
	}
	print_paint(shape, p, px, m);
	if (can) {
		/* cold drops */
		float edge;
		const float a = atan2f(p[0], p[2]) * 9.0f, d = noise_voronoi2(a, p[1] * 20.0f, &edge);
		const float size = 0.10f + 0.20f * noise_cell2((int)floorf(a), (int)floorf(p[1] * 20.0f), 9);
		if (d < size && px < 0.006f)
			*normal =
			    norm(*normal + v3(0.35f * sinf(a * 3.0f), 0.35f * cosf(p[1] * 60.0f), 0.0f) * (d / size));
	}
}

const struct shape_class shape_pack = {
    .name = "pack",
    .init = pack_init,
    .map = pack_map,
    .paint = pack_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 12, .above = 9, .fill = 0.72f},
	    [SHAPE_VIEW_SIDE] = {.around = 62, .above = 10, .fill = 0.70f},
	    [SHAPE_VIEW_BACK] = {.around = 196, .above = 12, .fill = 0.70f},
	    [SHAPE_VIEW_TOP] = {.around = 14, .above = 56, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 26, .above = 22, .fill = 1.45f, .focus_x = 0.0f, .focus_y = 1.42f, .focus_z = 0.25f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -18, .above = 8, .fill = 0.72f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -24, .above = 8, .fill = 1.5f, .focus_x = 0.0f, .focus_y = 0.95f, .focus_z = 0.35f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 28, .above = 12, .fill = 0.72f},
	},
};
