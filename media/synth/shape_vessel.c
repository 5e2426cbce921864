/*
 * Bottles and their relatives: bodies turned on a lathe with a cap, pump, dropper or cork on top, the squeezed tube and
 * the flacon. The outline is drawn per form; proportions vary with the seed.
 */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_BODY, PART_CAP, PART_RING, PART_CONTENT, PART_BULB };
enum { K_FORM, K_RADIUS, K_NECK, K_TOP, K_LABEL_Y, K_LABEL_H, K_DARK, K_CAP };

static void
outline(struct shape *shape, const struct profile_point *points, size_t n)
{
	shape->profile[0] = profile_new_turned(points, n, 300);
}

static void
bottle_outline(struct shape *shape, float r, float top, float neck)
{
	const float s = 0.10f + 0.16f * design_random(shape->design, 41);
	const struct profile_point points[] = {
	    {0.0f, 0.0f, 0},
	    {r - 0.07f, 0.0f, 0},
	    {r - 0.01f, 0.03f, 1},
	    {r, 0.10f, 1},
	    {r, 0.55f * top, 1},
	    {r, top - s, 1},
	    {r - 0.03f, top - 0.35f * s, 1},
	    {r - 0.14f, top - 0.02f, 1},
	    {neck + 0.03f, top + 0.02f, 1},
	    {neck, top + 0.06f, 0},
	    {neck, top + 0.14f, 0},
	    {0.0f, top + 0.14f, 0},
	};
	outline(shape, points, sizeof(points) / sizeof(points[0]));
}

static void
drink_outline(struct shape *shape, float r, float top)
{
	const struct profile_point points[] = {
	    {0.0f, 0.04f, 0},
	    {r - 0.10f, 0.0f, 1},
	    {r - 0.01f, 0.04f, 1},
	    {r, 0.14f, 1},
	    {r, 0.8f, 1},
	    {r, 1.22f, 1},
	    {r - 0.06f, 1.42f, 1},
	    {0.20f, 1.66f, 1},
	    {0.135f, 1.86f, 1},
	    {0.125f, top, 0},
	    {0.15f, top + 0.02f, 0},
	    {0.15f, top + 0.10f, 0},
	    {0.0f, top + 0.10f, 0},
	};
	outline(shape, points, sizeof(points) / sizeof(points[0]));
}

static void
cream_outline(struct shape *shape, float r, float top)
{
	const struct profile_point points[] = {
	    {0.0f, 0.02f, 0},
	    {r - 0.14f, 0.0f, 1},
	    {r - 0.03f, 0.05f, 1},
	    {r, 0.17f, 1},
	    {r, 0.34f, 1},
	    {r, top - 0.05f, 1},
	    {r - 0.03f, top, 0},
	    {0.0f, top, 0},
	};
	outline(shape, points, sizeof(points) / sizeof(points[0]));
}

/* Sizes per form: radius, shoulder, neck, top of everything. */
static void
proportions(struct shape *shape)
{
	const struct design *design = shape->design;
	const float vary = design_random(design, 42) - 0.5f;
	float *k = shape->k;
	switch (design->words.form) {
	case PRODUCT_FORM_CREAM:
		k[K_RADIUS] = 0.82f + 0.08f * vary;
		k[K_NECK] = 0.62f;
		k[K_TOP] = 1.06f;
		cream_outline(shape, k[K_RADIUS], k[K_NECK]);
		break;
	case PRODUCT_FORM_DRINK:
		k[K_RADIUS] = 0.42f + 0.04f * vary;
		k[K_NECK] = 2.12f;
		k[K_TOP] = 2.30f;
		drink_outline(shape, k[K_RADIUS], k[K_NECK]);
		break;
	case PRODUCT_FORM_DROPPER:
		k[K_RADIUS] = 0.47f + 0.04f * vary;
		k[K_NECK] = 1.12f;
		k[K_TOP] = 1.98f;
		bottle_outline(shape, k[K_RADIUS], k[K_NECK], 0.20f);
		break;
	default:
		k[K_RADIUS] = 0.44f + 0.08f * vary;
		k[K_NECK] = 1.42f + 0.16f * vary;
		k[K_TOP] = k[K_NECK] + (design->words.form == PRODUCT_FORM_PUMP ? 0.66f : 0.56f);
		bottle_outline(shape, k[K_RADIUS], k[K_NECK], 0.19f);
		break;
	}
}

static void
vessel_init(struct shape *shape)
{
	const struct design *design = shape->design;
	const enum product_form form = design->words.form;
	shape->k[K_FORM] = (float)form;
	float half = 0.0f;
	if (form == PRODUCT_FORM_TUBE) {
		half = shape->k[K_RADIUS] = 0.46f;
		shape->k[K_TOP] = 2.05f;
	} else if (form == PRODUCT_FORM_PERFUME) {
		half = shape->k[K_RADIUS] = 0.60f;
		shape->k[K_TOP] = 1.72f;
	} else {
		proportions(shape);
		half = shape->k[K_RADIUS];
	}
	shape->k[K_CAP] = floorf(design_random(design, 44) * 4.0f);
	shape->k[K_DARK] = luma3(design->colour[PRODUCT_PART_MAIN]) < 0.22f ? 1.0f : 0.0f;
	const bool cream = form == PRODUCT_FORM_CREAM;
	shape->k[K_LABEL_Y] = cream			     ? 0.31f
			      : form == PRODUCT_FORM_TUBE    ? 1.22f
			      : form == PRODUCT_FORM_PERFUME ? 0.58f
							     : 0.74f;
	shape->k[K_LABEL_H] = cream ? 0.42f : 0.80f;
	const struct label_line lines[] = {
	    {design->maker, cream ? 0.26f : 0.15f, cream ? 0.30f : 0.20f, 0.20f, 600, true},
	    {design->title, cream ? 0.13f : 0.068f, cream ? 0.62f : 0.40f, 0.16f, 500, false},
	    {cream ? "50 ml  1.7 fl oz" : "gentle formula", 0.06f, cream ? 0.82f : 0.52f, 0.06f, 400, false},
	    {cream ? "" : "50 ml  1.7 fl oz", 0.05f, 0.90f, 0.08f, 400, false},
	};
	shape->mask[0] = mask_new(384, cream ? 256 : 480, lines, 4);
	const float depth = form == PRODUCT_FORM_PERFUME ? 0.26f : half;
	const float nose = form == PRODUCT_FORM_PUMP ? 0.58f : 0.0f;
	shape->lo = v3(-half - 0.02f, 0.0f, -depth - 0.02f);
	shape->hi = v3(half + 0.02f, shape->k[K_TOP] + 0.02f, fmax2(depth + 0.02f, nose));
}

static struct surf
tube_map(const struct shape *shape, vec p)
{
	const float top = shape->k[K_TOP], t = clampf((p[1] - 0.34f) / (top - 0.34f), 0.0f, 1.0f);
	const float rx = mixf(0.36f, 0.46f, t), rz = mixf(0.36f, 0.022f, t * sqrtf(t) * 0.6f + 0.4f * t);
	const float k = len2(p[0] / rx, p[2] / rz);
	const float wall = (k - 1.0f) * fmin2(rx, rz) * mixf(1.0f, 0.75f, t);
	const float flat = fmax2(fabsf(p[2]) - rz, fabsf(p[0]) - rx);
	const float side = t > 0.9f ? mixf(wall, flat, (t - 0.9f) * 10.0f) : wall;
	struct surf s = {fmax2(side, fabsf(p[1] - 0.5f * (top + 0.34f)) - 0.5f * (top - 0.34f)) * 0.7f, PART_BODY};
	const float ribs = 0.006f * cosf(atan2f(p[0], p[2]) * 40.0f);
	return surf_join(s, sd_cylinder(p - v3(0, 0.175f, 0), 0.34f + ribs, 0.175f, 0.03f), PART_CAP);
}

static struct surf
flacon_map(const struct shape *shape, vec p)
{
	const vec c = p - v3(0.0f, 0.63f, 0.0f);
	struct surf s = {sd_box(c + v3(0, 0.03f, 0), v3(0.515f, 0.46f, 0.155f), 0.05f), PART_CONTENT};
	if (shape->design->words.material[PRODUCT_PART_MAIN] == PRODUCT_MATERIAL_NONE &&
	    luma3(shape->design->colour[PRODUCT_PART_MAIN]) < 0.05f)
		s = (struct surf){sd_box(c, v3(0.60f, 0.60f, 0.24f), 0.07f), PART_BODY};
	s = surf_join(s, sd_cylinder(p - v3(0, 1.27f, 0), 0.135f, 0.06f, 0.015f), PART_RING);
	return surf_join(s, sd_box(p - v3(0, 1.49f, 0), v3(0.25f, 0.19f, 0.19f), 0.035f), PART_CAP);
}

static struct surf
pump_map(vec p, float neck)
{
	struct surf s = {sd_cylinder(p - v3(0, neck + 0.16f, 0), 0.235f, 0.10f, 0.025f), PART_RING};
	s = surf_join(s, sd_cylinder(p - v3(0, neck + 0.36f, 0), 0.07f, 0.14f, 0.01f), PART_CAP);
	s = surf_join(s, sd_cylinder(p - v3(0, neck + 0.555f, 0), 0.20f, 0.085f, 0.04f), PART_CAP);
	const float nozzle = sd_capsule(p, v3(0, neck + 0.565f, 0.1f), v3(0, neck + 0.52f, 0.50f), 0.058f);
	return surf_join(s,
	    sd_smin(nozzle, sd_capsule(p, v3(0, neck + 0.52f, 0.50f), v3(0, neck + 0.46f, 0.51f), 0.04f), 0.04f),
	    PART_CAP);
}

static struct surf
closure_map(const struct shape *shape, vec p)
{
	const float neck = shape->k[K_NECK], top = shape->k[K_TOP], r = shape->k[K_RADIUS];
	switch ((enum product_form)shape->k[K_FORM]) {
	case PRODUCT_FORM_CREAM: {
		const float mid = 0.5f * (neck + 0.025f + top), half = 0.5f * (top - neck - 0.025f);
		const struct surf s = {sd_cylinder(p - v3(0, mid, 0), r + 0.004f, half, 0.06f), PART_CAP};
		return surf_join(s, sd_cylinder(p - v3(0, neck + 0.012f, 0), r - 0.035f, 0.03f, 0.005f), PART_RING);
	}
	case PRODUCT_FORM_DRINK:
		return (struct surf){sd_cylinder(p - v3(0, neck + 0.03f, 0), 0.162f, 0.14f, 0.02f), PART_CAP};
	case PRODUCT_FORM_PUMP:
		return pump_map(p, neck);
	case PRODUCT_FORM_DROPPER: {
		struct surf s = {sd_cylinder(p - v3(0, neck + 0.25f, 0), 0.245f, 0.16f, 0.025f), PART_RING};
		const float bulb = sd_cone(p, v3(0, neck + 0.45f, 0), v3(0, top - 0.15f, 0), 0.165f, 0.135f);
		return surf_join(s, bulb, PART_BULB);
	}
	default: {
		const float radius = fmin2(0.29f, r * 0.72f), mid = 0.5f * (neck + 0.13f + top),
			    half = 0.5f * (top - neck - 0.13f);
		const struct surf s = {sd_cylinder(p - v3(0, mid, 0), radius, half, 0.028f), PART_CAP};
		return surf_join(s, sd_cylinder(p - v3(0, neck + 0.10f, 0), radius * 0.94f, 0.032f, 0.008f), PART_RING);
	}
	}
}

static struct surf
vessel_map(const struct shape *shape, vec p)
{
	const enum product_form form = (enum product_form)shape->k[K_FORM];
	if (form == PRODUCT_FORM_TUBE)
		return tube_map(shape, p);
	if (form == PRODUCT_FORM_PERFUME)
		return flacon_map(shape, p);
	struct surf s = {profile_at(shape->profile[0], len2(p[0], p[2]), p[1]), PART_BODY};
	if (p[1] > shape->k[K_NECK] - 0.6f) {
		const struct surf c = closure_map(shape, p);
		s = surf_join(s, c.d, c.part);
	}
	return s;
}

/* Only the flacon is clear; other vessels keep their glass a little way off, where no ray finds it. */
static float
vessel_glass(const struct shape *shape, vec p)
{
	if ((enum product_form)shape->k[K_FORM] != PRODUCT_FORM_PERFUME)
		return 9.0f;
	return sd_box(p - v3(0.0f, 0.63f, 0.0f), v3(0.60f, 0.61f, 0.24f), 0.07f);
}

/* Caps: as named, or one of four that suit most bottles. */
static void
cap_paint(const struct shape *shape, vec p, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const enum product_material named = design->material[PRODUCT_PART_LID];
	if (named != PRODUCT_MATERIAL_NONE || design->words.colour[PRODUCT_PART_LID].set) {
		*m = material_of(named, design->colour[PRODUCT_PART_LID]);
		material_texture(named, p, px, normal, m);
		return;
	}
	switch ((int)shape->k[K_CAP]) {
	case 0:
		*m = material_plain(v3(0.36f, 0.21f, 0.11f), 0.5f, 0.4f);
		material_texture(PRODUCT_MATERIAL_WOOD, v3(p[1], p[0], p[2]) * 2.2f, px, normal, m);
		break;
	case 1:
		*m = material_metal(v3(0.92f, 0.66f, 0.36f), 0.18f);
		break;
	case 2:
		*m = material_plain(v1(0.035f), 0.3f, 0.8f);
		break;
	default:
		*m = material_metal(v3(0.80f, 0.81f, 0.83f), 0.2f);
		break;
	}
}

static void
body_paint(const struct shape *shape, vec p, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const enum product_form form = (enum product_form)shape->k[K_FORM];
	const bool matte = design->words.finish == PRODUCT_FINISH_MATTE ||
			   (form != PRODUCT_FORM_DRINK && design_random(design, 46) < 0.4f);
	*m = material_plain(design->colour[PRODUCT_PART_MAIN], matte ? 0.34f : 0.10f, matte ? 0.75f : 1.0f);
	if (design->words.finish == PRODUCT_FINISH_GLOSSY || form == PRODUCT_FORM_DROPPER || form == PRODUCT_FORM_DRINK)
		m->rough = 0.07f;
	material_texture(design->material[PRODUCT_PART_MAIN], p, px, normal, m);
	const float r = shape->k[K_RADIUS], width = form == PRODUCT_FORM_CREAM ? 0.66f : fmin2(0.72f, r * 1.5f);
	const float along = form == PRODUCT_FORM_TUBE ? p[0] : atan2f(p[0], p[2]) * r;
	const float u = along / width + 0.5f, v = (shape->k[K_LABEL_Y] - p[1]) / shape->k[K_LABEL_H] + 0.5f;
	const float ink = p[2] > 0.0f ? mask_at(shape->mask[0], u, v) : 0.0f;
	vec label = shape->k[K_DARK] > 0.5f ? v3(0.82f, 0.74f, 0.60f) : v3(0.045f, 0.045f, 0.05f);
	if (form == PRODUCT_FORM_DRINK || form == PRODUCT_FORM_DROPPER) {
		/* a paper label wrapped around the front */
		const float edge = fmax2(fabsf(along) - r * 1.75f, fabsf(shape->k[K_LABEL_Y] - 0.06f - p[1]) - 0.40f);
		const float paper = 1.0f - smooth01(-px, px + 0.002f, edge);
		m->base = mix3(m->base, design->colour[PRODUCT_PART_LABEL], paper);
		m->rough = mixf(m->rough, 0.75f, paper);
		m->coat = mixf(m->coat, 0.25f, paper);
		label = v3(0.05f, 0.04f, 0.035f);
		const float rule = fabsf(edge + 0.03f);
		m->base = mix3(m->base, design->colour[PRODUCT_PART_ACCENT] * 0.7f,
		    0.8f * (1.0f - smooth01(0.004f, 0.006f + px, rule)));
	}
	m->base = mix3(m->base, label, 0.92f * ink);
}

static void
content_paint(const struct shape *shape, vec p, struct material *m)
{
	const struct design *design = shape->design;
	const bool named =
	    design->words.colour[PRODUCT_PART_MAIN].set || design->words.colour[PRODUCT_PART_CONTENT].set;
	const vec liquid = named ? design->colour[PRODUCT_PART_MAIN] : v3(0.86f, 0.58f, 0.34f);
	*m = material_plain(mix3(liquid, v1(0.9f), 0.25f), 0.2f, 0.6f);
	m->glow = 0.16f + 0.16f * clampf(p[1], 0.0f, 1.0f);
	const float u = p[0] / 0.86f + 0.5f, v = (shape->k[K_LABEL_Y] - p[1]) / 0.72f + 0.55f;
	if (p[2] > 0.1f)
		m->base = mix3(m->base, v3(0.05f, 0.04f, 0.04f), 0.9f * mask_at(shape->mask[0], u, v));
}

static void
vessel_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	switch (part) {
	case PART_CAP:
		if ((enum product_form)shape->k[K_FORM] == PRODUCT_FORM_PUMP) {
			*m = material_plain(v1(0.03f), 0.28f, 0.8f);
			if ((int)shape->k[K_CAP] % 2 != 0)
				m->base = v1(0.80f);
			break;
		}
		cap_paint(shape, p, px, normal, m);
		break;
	case PART_RING:
		*m = material_metal(
		    (int)shape->k[K_CAP] == 3 ? v3(0.80f, 0.81f, 0.83f) : v3(0.92f, 0.66f, 0.36f), 0.16f);
		break;
	case PART_BULB:
		*m = material_plain(v1(0.03f), 0.5f, 0.5f);
		break;
	case PART_CONTENT:
		content_paint(shape, p, m);
		break;
	default:
		body_paint(shape, p, px, normal, m);
		break;
	}
}

const struct shape_class shape_vessel = {
    .name = "vessel",
    .init = vessel_init,
    .map = vessel_map,
    .glass = vessel_glass,
    .paint = vessel_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 10, .above = 8, .fill = 0.70f},
	    [SHAPE_VIEW_SIDE] = {.around = 68, .above = 10, .fill = 0.70f},
	    [SHAPE_VIEW_BACK] = {.around = 190, .above = 14, .fill = 0.68f},
	    [SHAPE_VIEW_TOP] = {.around = 18, .above = 58, .fill = 0.72f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 24, .above = 18, .fill = 1.35f, .focus_x = 0.0f, .focus_y = 1.15f, .focus_z = 0.35f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -18, .above = 8, .fill = 0.70f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -30, .above = 8, .fill = 1.5f, .focus_x = 0.0f, .focus_y = 0.62f, .focus_z = 0.40f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 24, .above = 12, .fill = 0.70f},
	},
};
