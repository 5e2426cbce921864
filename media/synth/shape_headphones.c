/* Over-ear headphones standing upright: two cups with cushions, yokes and a padded band. Left and right are mirror
 * images. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_SHELL, PART_PLATE, PART_CUSHION, PART_CLOTH, PART_YOKE, PART_BAND, PART_PAD };
enum { K_BAND, K_CUP, K_PLATE, K_TURN_C, K_TURN_S };

static void
headphones_init(struct shape *shape)
{
	const struct design *design = shape->design;
	shape->k[K_BAND] = 0.060f + 0.02f * design_random(design, 81);
	shape->k[K_CUP] = 0.03f * (design_random(design, 82) - 0.5f);
	shape->k[K_PLATE] = floorf(design_random(design, 83) * 3.0f);
	const struct label_line lines[] = {{design->maker, 0.62f, 0.5f, 0.16f, 600, false}};
	shape->mask[0] = mask_new(256, 56, lines, 1);
	shape->k[K_TURN_C] = 0.985f;
	shape->k[K_TURN_S] = 0.17f;
	shape->lo = v3(-1.06f, 0.0f, -0.58f);
	shape->hi = v3(1.06f, 2.16f, 0.58f);
}

/* Cup coordinates: x outwards along the ear's axis, y up; the cups stand a little splayed. */
static vec
cup_space(const struct shape *shape, vec m)
{
	const vec c = m - v3(0.80f, 0.66f, 0.0f);
	const float k = shape->k[K_TURN_C], s = shape->k[K_TURN_S];
	return v3(k * c[0] + s * c[1], k * c[1] - s * c[0], c[2]);
}

static float
oval(const struct shape *shape, vec c, float grow)
{
	const float half_y = 0.615f + shape->k[K_CUP] + grow, half_z = 0.50f + grow;
	return sd_box2(c[1], c[2], half_y, half_z, half_z - 0.005f);
}

static struct surf
cup_map(const struct shape *shape, vec c)
{
	const float shell_edge = oval(shape, c, -0.02f);
	const float dome = 0.06f * smooth01(0.0f, -0.5f, shell_edge);
	struct surf s = {sd_extrude(shell_edge, c[0] - 0.055f - 0.5f * dome, 0.125f + 0.5f * dome, 0.085f), PART_SHELL};
	/* the plate: a shallow step with a metal rim on the outside */
	const float plate = oval(shape, c, -0.17f);
	s = surf_join(s, len2(plate, c[0] - 0.205f) - 0.014f, PART_YOKE);
	if (s.d < 0.1f && plate < -0.02f && c[0] > 0.1f)
		s.part = PART_PLATE;
	const float ring = oval(shape, c, -0.155f);
	const float cushion = len2(fmax2(fabsf(ring) - 0.055f, 0.0f), (c[0] + 0.15f) * 0.86f) - 0.088f;
	s = surf_join(s, cushion * 0.9f, PART_CUSHION);
	return surf_join(s, sd_extrude(ring, c[0] + 0.10f, 0.03f, 0.01f), PART_CLOTH);
}

/* The fork that holds the cup, and its arm up into the band. */
static float
yoke(const struct shape *shape, vec c)
{
	const float ring = oval(shape, c, 0.045f);
	const float fork = sd_extrude(fabsf(ring) - 0.018f, c[0] - 0.03f, 0.045f, 0.014f);
	const float upper = fmax2(fork, -c[1] - 0.02f);
	const float pivot = sd_capsule(v3(c[0] - 0.03f, c[1], fabsf(c[2])), v3(0, 0, 0.46f), v3(0, 0, 0.575f), 0.042f);
	return fmin2(upper, pivot);
}

static struct surf
band_map(const struct shape *shape, vec m)
{
	/* an arch: half a circle on straight arms that lean inwards */
	const float y = m[1] - 1.22f, r = 0.80f, thick = shape->k[K_BAND];
	float line;
	if (y > 0.0f)
		line = len2(m[0], y * 0.98f) - r;
	else
		line = m[0] - r + 0.10f * y * y;
	const float high = smooth01(0.05f, 0.55f, y);
	const float half = 0.10f + 0.075f * high;
	struct surf s = {fmax2(sd_extrude(fabsf(line) - 0.5f * thick, m[2], half, 0.025f), -y - 0.02f), PART_BAND};
	const float quilts = 0.012f * cosf(atan2f(m[0], fmax2(y, 0.0f)) * 17.0f);
	const float pad = len2(fmax2(fabsf(m[2]) - half + 0.07f, 0.0f), (line + 0.075f + quilts) * 1.15f) - 0.062f;
	s = surf_join(s, fmax2(pad, 0.42f - y) * 0.85f, PART_PAD);
	/* the slider: a bright metal bar out of the end of the band */
	const float arm = sd_box(m - v3(0.785f, 1.22f, 0.0f), v3(0.020f, 0.16f, 0.055f), 0.012f);
	return surf_join(s, arm, PART_YOKE);
}

static struct surf
headphones_map(const struct shape *shape, vec p)
{
	const vec m = v3(fabsf(p[0]), p[1], p[2]);
	struct surf s = band_map(shape, m);
	const vec c = cup_space(shape, m);
	if (len3(c) - 0.75f > s.d)
		return s;
	const struct surf k = cup_map(shape, c);
	s = surf_join(s, k.d, k.part);
	return surf_join(s, yoke(shape, c), PART_YOKE);
}

static void
plate_paint(const struct shape *shape, vec c, bool left, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	*m = material_plain(main, 0.3f, 0.8f);
	if (shape->k[K_PLATE] < 0.5f) {
		/* spun metal in the colour of the shell */
		*m = material_metal(mix3(main, v1(0.45f), 0.35f), 0.28f);
		const float r = len2(c[1], c[2]);
		*normal = norm(*normal + v3(0, c[1], c[2]) * (0.12f * noise2(r * 260.0f, 1.0f) *
								 clampf(0.005f / (px + 1e-5f), 0.0f, 1.0f)));
	} else if (shape->k[K_PLATE] < 1.5f) {
		m->base = main * 0.8f;
		*normal = bump_grain(*normal, c, 0.008f, 0.08f, px);
		m->rough = 0.5f;
	}
	const float u = (left ? c[2] : -c[2]) / 0.44f + 0.5f, v = 0.5f - c[1] / 0.096f;
	const vec ink = luma3(m->base) > 0.35f ? v1(0.04f) : v3(0.78f, 0.76f, 0.72f);
	if (c[0] > 0.15f)
		m->base = mix3(m->base, ink, 0.85f * mask_at(shape->mask[0], u, v));
}

static void
headphones_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	const vec mirrored = v3(fabsf(p[0]), p[1], p[2]), c = cup_space(shape, mirrored);
	switch (part) {
	case PART_PLATE:
		plate_paint(shape, c, p[0] < 0.0f, px, normal, m);
		break;
	case PART_YOKE:
		*m =
		    material_metal(luma3(design->colour[PRODUCT_PART_ACCENT]) > 0.3f && design_random(design, 84) < 0.5f
				       ? v3(0.93f, 0.68f, 0.45f)
				       : v3(0.72f, 0.73f, 0.76f),
			0.2f);
		break;
	case PART_CUSHION:
	case PART_PAD:
		*m = material_of(PRODUCT_MATERIAL_LEATHER, mix3(main * 0.55f, v1(0.03f), 0.35f));
		material_texture(PRODUCT_MATERIAL_LEATHER, p, px, normal, m);
		break;
	case PART_CLOTH:
		*m = material_of(PRODUCT_MATERIAL_CANVAS, v1(0.025f));
		break;
	default:
		*m = material_plain(main, design->words.finish == PRODUCT_FINISH_GLOSSY ? 0.08f : 0.36f, 0.8f);
		*normal = bump_grain(*normal, p, 0.006f, 0.035f, px);
		break;
	}
}

const struct shape_class shape_headphones = {
    .name = "headphones",
    .init = headphones_init,
    .map = headphones_map,
    .paint = headphones_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 24, .above = 12, .fill = 0.74f},
	    [SHAPE_VIEW_SIDE] = {.around = 78, .above = 8, .fill = 0.72f},
	    [SHAPE_VIEW_BACK] = {.around = 200, .above = 14, .fill = 0.74f},
	    [SHAPE_VIEW_TOP] = {.around = 28, .above = 58, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 58, .above = 18, .fill = 1.5f, .focus_x = 0.92f, .focus_y = 0.85f, .focus_z = 0.15f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -32, .above = 9, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -36, .above = 12, .fill = 1.6f, .focus_x = 0.62f, .focus_y = 0.75f, .focus_z = 0.2f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 38, .above = 16, .fill = 0.74f},
	},
};
