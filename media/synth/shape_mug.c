/* Things to drink from: a thrown ceramic mug with two glazes, and a paper cup with lid and sleeve. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_GLAZE, PART_DRINK, PART_PAPER, PART_LID, PART_SLEEVE };
enum { OUTLINE_OUT, OUTLINE_IN };
enum { K_CUP, K_RADIUS, K_TOP, K_DIP, K_RAW, K_SPECKLE, K_HANDLE };

static void
mug_outlines(struct shape *shape, float r, float top)
{
	const float belly = 0.05f * (design_random(shape->design, 61) - 0.3f);
	const struct profile_point out[] = {
	    {0.0f, 0.03f, 0},
	    {r - 0.16f, 0.0f, 0},
	    {r - 0.06f, 0.035f, 1},
	    {r - 0.005f, 0.14f, 1},
	    {r + belly, 0.45f, 1},
	    {r + 0.6f * belly, 0.8f, 1},
	    {r, top - 0.04f, 1},
	    {r - 0.03f, top, 1},
	    {r - 0.10f, top + 0.05f, 0},
	    {0.0f, top + 0.05f, 0},
	};
	const struct profile_point in[] = {
	    {0.0f, 0.12f, 0},
	    {r - 0.26f, 0.13f, 1},
	    {r - 0.10f, 0.22f, 1},
	    {r - 0.075f + belly, 0.5f, 1},
	    {r - 0.07f, top, 1},
	    {r - 0.065f, top + 0.2f, 0},
	    {0.0f, top + 0.2f, 0},
	};
	shape->profile[OUTLINE_OUT] = profile_new_turned(out, sizeof(out) / sizeof(out[0]), 256);
	shape->profile[OUTLINE_IN] = profile_new_turned(in, sizeof(in) / sizeof(in[0]), 224);
}

static void
mug_init(struct shape *shape)
{
	const struct design *design = shape->design;
	float *k = shape->k;
	k[K_CUP] = design->words.form == PRODUCT_FORM_CUP ? 1.0f : 0.0f;
	k[K_RADIUS] = k[K_CUP] > 0.5f ? 0.52f : 0.58f + 0.06f * design_random(design, 62);
	k[K_TOP] = k[K_CUP] > 0.5f ? 1.50f : 1.18f + 0.14f * design_random(design, 63);
	k[K_DIP] = 0.34f + 0.22f * design_random(design, 64);
	k[K_RAW] = design_random(design, 65);
	k[K_SPECKLE] = design_random(design, 66) < 0.7f ? 1.0f : 0.0f;
	k[K_HANDLE] = 0.26f + 0.05f * design_random(design, 67);
	if (k[K_CUP] > 0.5f) {
		const struct label_line lines[] = {
		    {design->maker, 0.42f, 0.38f, 0.14f, 700, false}, {design->title, 0.16f, 0.76f, 0.14f, 500, false}};
		shape->mask[0] = mask_new(320, 140, lines, 2);
		shape->lo = v3(-0.60f, 0.0f, -0.60f);
		shape->hi = v3(0.60f, 1.74f, 0.60f);
		return;
	}
	mug_outlines(shape, k[K_RADIUS], k[K_TOP]);
	shape->lo = v3(-k[K_RADIUS] - 0.04f, 0.0f, -k[K_RADIUS] - 0.04f);
	shape->hi = v3(k[K_RADIUS] + 0.46f, k[K_TOP] + 0.04f, k[K_RADIUS] + 0.04f);
}

static struct surf
cup_map(const struct shape *shape, vec p)
{
	const float r = len2(p[0], p[2]), top = shape->k[K_TOP];
	const float wall = 0.40f + 0.115f * p[1] / top;
	struct surf s = {fmax2(r - wall, fabsf(p[1] - 0.5f * top) - 0.5f * top) * 0.95f, PART_PAPER};
	const float sleeve = sd_box2(r - wall, p[1] - 0.74f, 0.022f, 0.30f, 0.015f);
	s = surf_join(s, sleeve, PART_SLEEVE);
	float lid = sd_box2(r, p[1] - top - 0.01f, 0.555f, 0.045f, 0.03f);
	lid = sd_smin(lid, sd_box2(r, p[1] - top - 0.10f, 0.485f + 0.10f * (top + 0.1f - p[1]), 0.11f, 0.03f), 0.03f);
	lid = sd_smax(lid, -sd_box2(r, p[1] - top - 0.25f, 0.415f, 0.09f, 0.02f), 0.03f);
	lid = fmax2(lid, -sd_box(p - v3(0, top + 0.16f, 0.33f), v3(0.075f, 0.08f, 0.028f), 0.02f));
	return surf_join(s, lid, PART_LID);
}

static float
handle(const struct shape *shape, vec p)
{
	const float size = shape->k[K_HANDLE], mid = 0.53f * shape->k[K_TOP];
	const float x = p[0] - shape->k[K_RADIUS] + 0.03f, y = p[1] - mid;
	const float ring = sd_box2(x - 0.04f, y, size + 0.09f, size + 0.09f, size);
	const float thick = 0.062f + 0.012f * y;
	const float d = len2(ring * 1.05f, fmax2(fabsf(p[2]) - 0.035f, 0.0f)) - thick;
	return fmax2(d, -x - 0.06f);
}

static struct surf
mug_map(const struct shape *shape, vec p)
{
	if (shape->k[K_CUP] > 0.5f)
		return cup_map(shape, p);
	const float r = len2(p[0], p[2]), top = shape->k[K_TOP];
	/* the rings a potter's fingers leave */
	const float thrown = 0.0035f * sinf(p[1] * 46.0f + 0.8f * sinf(atan2f(p[0], p[2])));
	const float out = profile_at(shape->profile[OUTLINE_OUT], r, p[1]) + thrown;
	const float inside = profile_at(shape->profile[OUTLINE_IN], r, p[1]);
	const float body = sd_smin(out, handle(shape, p), 0.075f);
	float d = fmax2(body, p[1] - top);
	d = sd_smax(d, -inside, 0.055f);
	struct surf s = {d * 0.95f, PART_GLAZE};
	const float level = top - 0.17f;
	return surf_join(s, fmax2(inside - 0.02f, p[1] - level), PART_DRINK);
}

static void
drink_paint(const struct shape *shape, vec p, vec *normal, struct material *m)
{
	const vec colour = shape->design->colour[PRODUCT_PART_CONTENT];
	const bool coffee = luma3(colour) < 0.10f;
	*m = material_plain(coffee ? v3(0.035f, 0.014f, 0.006f) : colour, 0.06f, 1.0f);
	const float r = len2(p[0], p[2]) / shape->k[K_RADIUS], warp = noise_fbm2(p[0] * 4.0f, p[2] * 4.0f, 3);
	const float foam = smooth01(0.72f, 0.83f, r + 0.10f * warp) +
			   0.8f * smooth01(0.18f, 0.45f, noise_fbm2(p[0] * 3.0f + warp, p[2] * 3.0f, 4));
	if (coffee) {
		m->base = mix3(m->base, v3(0.34f, 0.17f, 0.06f), clampf(foam, 0.0f, 1.0f) * 0.8f);
		m->rough = 0.06f + 0.25f * clampf(foam, 0.0f, 1.0f);
	}
	*normal = v3(0, 1, 0);
}

static void
glaze_paint(const struct shape *shape, vec p, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const bool glossy = design->words.finish != PRODUCT_FINISH_MATTE;
	*m = material_plain(design->colour[PRODUCT_PART_MAIN], glossy ? 0.14f : 0.4f, glossy ? 0.95f : 0.5f);
	const float angle = atan2f(p[0], p[2]);
	const float drip = shape->k[K_DIP] + 0.045f * noise2(angle * 2.3f + 3.0f, shape->k[K_RAW] * 9.0f) +
			   0.02f * noise2(angle * 6.0f, 1.0f);
	const float r = len2(p[0], p[2]);
	const bool outside = r > shape->k[K_RADIUS] - 0.05f && p[0] < shape->k[K_RADIUS] + 0.05f;
	const float below = outside ? 1.0f - smooth01(-0.008f - px, 0.008f + px, p[1] - drip) : 0.0f;
	const bool raw = shape->k[K_RAW] < 0.6f;
	const vec second = raw ? v3(0.50f, 0.33f, 0.21f) : design->colour[PRODUCT_PART_ACCENT];
	/* glaze runs thin at edges and pools above the line */
	m->base *= 1.0f + 0.07f * noise_fbm3(p * 4.0f, 3) -
		   0.22f * smooth01(0.05f, 0.0f, fabsf(p[1] - drip - 0.02f)) * (outside ? 1.0f : 0.0f);
	m->base = mix3(m->base, second * (1.0f + 0.12f * noise_fbm3(p * 12.0f, 3)), below);
	if (raw) {
		m->rough = mixf(m->rough, 0.8f, below);
		m->coat = mixf(m->coat, 0.15f, below);
		*normal = bump_grain(*normal, p, 0.02f, 0.10f * below, px);
	}
	float edge;
	const float speck = noise_voronoi2(angle * 9.0f, p[1] * 14.0f, &edge);
	const float dot_size = 0.03f + 0.05f * noise_cell2((int)floorf(angle * 9.0f), (int)floorf(p[1] * 14.0f), 4);
	m->base *= 1.0f - 0.65f * shape->k[K_SPECKLE] *
			      (1.0f - smooth01(dot_size, dot_size + 0.03f + px * 8.0f, speck)) * (1.0f - below * 0.5f);
	const float rim = smooth01(0.03f, 0.0f, shape->k[K_TOP] - p[1]);
	m->base = mix3(m->base, v3(0.36f, 0.20f, 0.11f), 0.55f * rim);
}

static void
cup_paint(const struct shape *shape, vec p, int part, float px, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	if (part == PART_LID) {
		*m = material_plain(design->words.colour[PRODUCT_PART_LID].set ? design->colour[PRODUCT_PART_LID]
									       : v1(luma3(main) > 0.5f ? 0.03f : 0.8f),
		    0.3f, 0.7f);
		return;
	}
	*m = material_of(PRODUCT_MATERIAL_PAPER, part == PART_SLEEVE ? v3(0.47f, 0.31f, 0.18f) : main);
	if (part == PART_SLEEVE) {
		const float along = atan2f(p[0], p[2]) * 0.46f;
		m->base *= 1.0f + 0.06f * sinf(along * 210.0f) * clampf(0.01f / (px + 1e-5f) - 0.3f, 0.0f, 1.0f) +
			   0.05f * noise_fbm3(p * 30.0f, 2);
		const float ink =
		    p[2] > 0.0f ? mask_at(shape->mask[0], along / 0.62f + 0.5f, (0.74f - p[1]) / 0.34f + 0.5f) : 0.0f;
		m->base = mix3(m->base, v3(0.05f, 0.03f, 0.02f), 0.92f * ink);
	}
}

static void
mug_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	if (part == PART_DRINK)
		drink_paint(shape, p, normal, m);
	else if (part == PART_GLAZE)
		glaze_paint(shape, p, px, normal, m);
	else
		cup_paint(shape, p, part, px, m);
}

const struct shape_class shape_mug = {
    .name = "mug",
    .init = mug_init,
    .map = mug_map,
    .paint = mug_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = -18, .above = 17, .fill = 0.66f},
	    [SHAPE_VIEW_SIDE] = {.around = 58, .above = 14, .fill = 0.64f},
	    [SHAPE_VIEW_BACK] = {.around = 160, .above = 18, .fill = 0.66f},
	    [SHAPE_VIEW_TOP] = {.around = -30, .above = 66, .fill = 0.66f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 24, .above = 30, .fill = 1.35f, .focus_x = 0.2f, .focus_y = 0.98f, .focus_z = 0.36f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -32, .above = 14, .fill = 0.66f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -10, .above = 8, .fill = 1.6f, .focus_x = 0.0f, .focus_y = 0.5f, .focus_z = 0.55f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 34, .above = 20, .fill = 0.66f},
	},
};
