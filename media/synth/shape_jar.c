/* A preserving jar: clear glass around its content, a metal lid and a paper label with the name of what is inside. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_CONTENT, PART_LID, PART_LABEL, PART_TWINE };
enum { OUTLINE_GLASS };
enum { K_RADIUS, K_FILL, K_LID };

static void
jar_init(struct shape *shape)
{
	const struct design *design = shape->design;
	const float r = 0.60f + 0.06f * design_random(design, 51), top = 1.32f;
	shape->k[K_RADIUS] = r;
	shape->k[K_FILL] = 1.17f;
	shape->k[K_LID] = floorf(design_random(design, 52) * 3.0f);
	const struct profile_point glass[] = {
	    {0.0f, 0.03f, 0},
	    {r - 0.16f, 0.0f, 1},
	    {r - 0.03f, 0.05f, 1},
	    {r, 0.18f, 1},
	    {r, 0.6f, 1},
	    {r, 1.02f, 1},
	    {r - 0.03f, 1.16f, 1},
	    {r - 0.10f, 1.25f, 1},
	    {r - 0.12f, top, 0},
	    {0.0f, top, 0},
	};
	shape->profile[OUTLINE_GLASS] = profile_new_turned(glass, sizeof(glass) / sizeof(glass[0]), 256);
	const struct label_line lines[] = {
	    {design->maker, 0.10f, 0.17f, 0.24f, 500, false},
	    {design->title[0] != '\0' ? design->title : "PRESERVE", 0.20f, 0.47f, 0.04f, 700, true},
	    {"small batch  handmade", 0.075f, 0.70f, 0.06f, 400, true},
	    {"NET WT 340 g", 0.06f, 0.86f, 0.10f, 400, false},
	};
	shape->mask[0] = mask_new(448, 288, lines, 4);
	shape->lo = v3(-r - 0.02f, 0.0f, -r - 0.02f);
	shape->hi = v3(r + 0.02f, 1.66f, r + 0.03f);
}

static float
label_edge(const struct shape *shape, vec p)
{
	const float along = atan2f(p[0], p[2]) * shape->k[K_RADIUS];
	return sd_box2(along, p[1] - 0.60f, 0.56f, 0.34f, 0.05f);
}

static float
twine(const struct shape *shape, vec p)
{
	const float r = len2(p[0], p[2]), neck = shape->k[K_RADIUS] - 0.082f;
	const float turn = 0.010f * sinf(atan2f(p[0], p[2]) * 60.0f + p[1] * 160.0f);
	float d = len2(r - neck, fabsf(p[1] - 1.235f) - 0.022f) - 0.024f - turn * 0.35f;
	const vec o = v3(fabsf(p[0]), p[1] - 1.225f, p[2] - neck - 0.035f);
	const float ring = len2((o[0] - 0.145f) * 0.75f, o[1] + 0.25f * o[0]) - 0.085f;
	d = fmin2(d, len2(ring, o[2] + 0.28f * o[0] * o[0]) - 0.018f);
	d = fmin2(d, sd_capsule(o, v3(0.01f, 0, 0.015f), v3(0.13f, -0.24f, 0.02f), 0.018f));
	return fmin2(d, len3(o * v3(0.8f, 1, 1)) - 0.042f);
}

static float
lid_map(const struct shape *shape, vec p)
{
	const float radius = shape->k[K_RADIUS] - 0.055f;
	const vec c = p - v3(0, 1.47f, 0);
	float lid = sd_cylinder(c, radius + 0.006f, 0.165f, 0.035f);
	if (lid > 0.05f)
		return lid;
	const float knurl = 0.005f * cosf(atan2f(p[0], p[2]) * 70.0f) * smooth01(1.62f, 1.56f, p[1]);
	lid = sd_cylinder(c, radius + knurl, 0.165f, 0.035f);
	return fmax2(lid, -sd_cylinder(p - v3(0, 1.66f, 0), radius - 0.09f, 0.035f, 0.015f));
}

static struct surf
jar_map(const struct shape *shape, vec p)
{
	const float r = len2(p[0], p[2]), glass = profile_at(shape->profile[OUTLINE_GLASS], r, p[1]);
	float level = shape->k[K_FILL];
	if (fabsf(p[1] - level) < 0.08f)
		level += 0.012f * noise2(p[0] * 4.0f, p[2] * 4.0f);
	struct surf s = {sd_smax(glass + 0.045f, p[1] - level, 0.05f), PART_CONTENT};
	/* fine parts are only looked at from nearby; until then their bounds will do */
	if (p[2] > 0.0f) {
		const float shell = fabsf(glass - 0.004f) - 0.012f;
		s = surf_join(s, shell < 0.05f ? fmax2(shell, label_edge(shape, p)) * 0.8f : shell, PART_LABEL);
	}
	s = surf_join(s, lid_map(shape, p), PART_LID);
	const float ring = fmax2(fabsf(p[1] - 1.10f) - 0.22f, fabsf(r - shape->k[K_RADIUS] + 0.08f) - 0.12f);
	return ring < s.d ? surf_join(s, ring > 0.06f ? ring : twine(shape, p) * 0.85f, PART_TWINE) : s;
}

static float
jar_glass(const struct shape *shape, vec p)
{
	return profile_at(shape->profile[OUTLINE_GLASS], len2(p[0], p[2]), p[1]);
}

static void
label_paint(const struct shape *shape, vec p, float px, struct material *m)
{
	const struct design *design = shape->design;
	*m = material_of(PRODUCT_MATERIAL_PAPER, design->colour[PRODUCT_PART_LABEL]);
	m->base *= 1.0f + 0.04f * noise_fbm3(p * 40.0f, 2);
	const float along = atan2f(p[0], p[2]) * shape->k[K_RADIUS];
	const float u = along / 1.0f + 0.5f, v = (0.60f - p[1]) / 0.64f + 0.5f;
	const float rule = fabsf(label_edge(shape, p) + 0.035f);
	const vec ink = design->colour[PRODUCT_PART_CONTENT] * 0.45f + v1(0.01f);
	m->base = mix3(m->base, ink,
	    0.9f * fmax2(mask_at(shape->mask[0], u, v), 1.0f - smooth01(0.004f, 0.006f + px * 0.7f, rule)));
}

/* Fruit in its syrup: lumps and seeds seen through the glass, lit from inside where light comes through. */
static void
content_paint(const struct shape *shape, vec p, float px, vec *normal, struct material *m)
{
	const vec colour = shape->design->colour[PRODUCT_PART_CONTENT];
	const float lump = noise_fbm3(p * 5.0f, 3), fine = noise_fbm3(p * 14.0f, 2);
	*m = material_plain(colour * (0.85f + 0.75f * lump + 0.25f * fine), 0.12f, 0.9f);
	m->base = v3(fmax2(m->base[0], 0.002f), fmax2(m->base[1], 0.002f), fmax2(m->base[2], 0.002f));
	m->glow = 0.22f + 0.20f * clampf(lump + 0.4f, 0.0f, 1.0f);
	float edge;
	const float seed = noise_voronoi2(atan2f(p[0], p[2]) * 9.0f, p[1] * 15.0f, &edge);
	m->base =
	    mix3(m->base, mix3(colour, v3(0.8f, 0.55f, 0.2f), 0.6f), 0.55f * (1.0f - smooth01(0.08f, 0.13f, seed)));
	*normal = bump_grain(*normal, p, 0.10f, 0.10f, px);
}

static void
lid_paint(const struct shape *shape, vec p, float px, struct material *m)
{
	const struct design *design = shape->design;
	if (design->words.colour[PRODUCT_PART_LID].set) {
		*m = material_plain(design->colour[PRODUCT_PART_LID], 0.3f, 0.8f);
		return;
	}
	if (shape->k[K_LID] < 1.5f) {
		*m = material_metal(shape->k[K_LID] < 0.5f ? v3(0.90f, 0.66f, 0.36f) : v3(0.78f, 0.79f, 0.81f), 0.22f);
		return;
	}
	/* printed gingham */
	const bool top = p[1] > 1.60f;
	const float u = top ? p[0] : atan2f(p[0], p[2]) * 0.5f, v = top ? p[2] : p[1];
	const float a = smooth01(-0.05f - px, 0.05f + px, sinf(u * 52.0f) * 0.5f),
		    b = smooth01(-0.05f - px, 0.05f + px, sinf(v * 52.0f) * 0.5f);
	*m = material_plain(mix3(v1(0.82f), design->colour[PRODUCT_PART_CONTENT], 0.5f * (a + b)), 0.3f, 0.7f);
}

static void
jar_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	switch (part) {
	case PART_LABEL:
		label_paint(shape, p, px, m);
		break;
	case PART_LID:
		lid_paint(shape, p, px, m);
		break;
	case PART_TWINE:
		*m = material_of(PRODUCT_MATERIAL_CANVAS, v3(0.50f, 0.36f, 0.20f));
		*normal = bump_grain(*normal, v3(p[0] * 4.0f, p[1], p[2]), 0.012f, 0.25f, px);
		break;
	default:
		content_paint(shape, p, px, normal, m);
		break;
	}
}

const struct shape_class shape_jar = {
    .name = "jar",
    .init = jar_init,
    .map = jar_map,
    .glass = jar_glass,
    .paint = jar_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 8, .above = 10, .fill = 0.66f},
	    [SHAPE_VIEW_SIDE] = {.around = 70, .above = 12, .fill = 0.66f},
	    [SHAPE_VIEW_BACK] = {.around = 188, .above = 16, .fill = 0.66f},
	    [SHAPE_VIEW_TOP] = {.around = 16, .above = 56, .fill = 0.68f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 28, .above = 16, .fill = 1.4f, .focus_x = 0.1f, .focus_y = 1.05f, .focus_z = 0.5f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -18, .above = 9, .fill = 0.66f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -52, .above = 8, .fill = 1.5f, .focus_x = -0.2f, .focus_y = 0.6f, .focus_z = 0.5f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 26, .above = 14, .fill = 0.66f},
	},
};
