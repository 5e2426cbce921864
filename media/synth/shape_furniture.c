/* Furniture: an upholstered shell chair on wooden legs, and a table lamp with a cloth shade. */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part { PART_CLOTH, PART_WOOD, PART_SHADE, PART_METAL, PART_STONE, PART_BULB };
enum { K_SPLAY, K_BACK, K_STEM, K_SHADE };

static void
chair_init(struct shape *shape)
{
	shape->k[K_SPLAY] = 0.14f + 0.08f * design_random(shape->design, 151);
	shape->k[K_BACK] = 0.25f * design_random(shape->design, 152);
	shape->lo = v3(-0.86f, 0.0f, -0.88f);
	shape->hi = v3(0.86f, 1.95f + shape->k[K_BACK], 0.82f);
}

static struct surf
chair_map(const struct shape *shape, vec p)
{
	const vec m = v3(fabsf(p[0]), p[1], p[2]);
	/* the seat is a thick cushion, the back and arms one bent shell around it */
	const float seat = sd_box(m - v3(0.0f, 0.84f, 0.06f), v3(0.56f, 0.13f, 0.56f), 0.11f) -
			   0.02f * clampf(1.0f - m[0] * m[0] * 3.0f, 0.0f, 1.0f);
	const float curve = 0.52f * m[0] * m[0];
	const float lean = 0.20f * (p[1] - 0.8f);
	const float top = 1.84f + shape->k[K_BACK] - 0.34f * m[0] * m[0];
	const float z = p[2] + 0.60f - curve + lean;
	const float face = sd_box2(m[0], p[1] - 0.5f * (top + 0.70f), 0.66f, 0.5f * (top - 0.70f), 0.26f);
	const float back = sd_extrude(face, z, 0.095f, 0.085f) * 0.8f;
	const float arm_y = 1.17f - 0.10f * (p[2] - 0.1f);
	const float arm = sd_box(v3(m[0] - 0.665f - 0.05f * (p[1] - 0.9f), p[1] - 0.5f * (arm_y + 0.72f), p[2] - 0.0f),
	    v3(0.075f, 0.5f * (arm_y - 0.72f), 0.56f), 0.07f);
	struct surf s = {fmin2(seat, sd_smin(back, arm, 0.14f)), PART_CLOTH};
	const float rail = sd_box(m - v3(0.0f, 0.70f, 0.02f), v3(0.50f, 0.035f, 0.48f), 0.02f);
	s = surf_join(s, rail, PART_WOOD);
	const float splay = shape->k[K_SPLAY];
	const float leg = sd_cone(v3(m[0], p[1], fabsf(p[2] - 0.02f)), v3(0.42f, 0.70f, 0.40f),
	    v3(0.42f + splay, 0.03f, 0.40f + splay), 0.055f, 0.030f);
	return surf_join(s, leg, PART_WOOD);
}

static void
chair_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	if (part == PART_WOOD) {
		*m = material_plain(v3(0.36f, 0.20f, 0.10f), 0.45f, 0.5f);
		material_texture(PRODUCT_MATERIAL_WOOD, v3(p[1] * 1.5f, p[0], p[2]), px, normal, m);
		return;
	}
	enum product_material kind = design->material[PRODUCT_PART_MAIN];
	if (kind == PRODUCT_MATERIAL_NONE || kind > PRODUCT_MATERIAL_KNIT)
		kind = PRODUCT_MATERIAL_CANVAS;
	vec colour = design->colour[PRODUCT_PART_MAIN];
	if (kind != design->material[PRODUCT_PART_MAIN] && design->material[PRODUCT_PART_MAIN] == PRODUCT_MATERIAL_WOOD)
		colour = design->colour[PRODUCT_PART_ACCENT];
	*m = material_of(kind, colour);
	material_texture(kind, p, px, normal, m);
	if (kind == PRODUCT_MATERIAL_CANVAS) {
		const vec side = fabsf((*normal)[1]) > 0.7f ? v3(1, 0, 0) : norm(cross(v3(0, 1, 0), *normal));
		const vec up = cross(*normal, side);
		*normal = bump_weave(*normal, dot(p, side), dot(p, up), side, up, 0.018f, 0.28f, px);
	}
}

static void
lamp_init(struct shape *shape)
{
	shape->k[K_STEM] = floorf(design_random(shape->design, 161) * 2.0f);
	shape->k[K_SHADE] = 0.44f + 0.16f * design_random(shape->design, 162);
	shape->lo = v3(-0.74f, 0.0f, -0.74f);
	shape->hi = v3(0.74f, 2.02f, 0.74f);
}

static struct surf
lamp_map(const struct shape *shape, vec p)
{
	const float r = len2(p[0], p[2]), y = p[1];
	struct surf s = {9.0f, PART_STONE};
	if (shape->k[K_STEM] < 0.5f) {
		s.d = sd_cylinder(p - v3(0, 0.06f, 0), 0.40f, 0.06f, 0.025f);
		s = surf_join(s, sd_cylinder(p - v3(0, 0.7f, 0), 0.032f, 0.66f, 0.005f), PART_METAL);
	} else {
		const float body = sd_smin(sd_ellipsoid(p - v3(0, 0.46f, 0), v3(0.42f, 0.46f, 0.42f)),
		    sd_cylinder(p - v3(0, 0.92f, 0), 0.09f, 0.16f, 0.03f), 0.12f);
		s.d = fmax2(body, -y) * 0.9f;
		s = surf_join(s, sd_cylinder(p - v3(0, 1.14f, 0), 0.035f, 0.14f, 0.005f), PART_METAL);
	}
	const float t = clampf((y - 1.18f) / 0.74f, 0.0f, 1.0f), wall = mixf(0.69f, shape->k[K_SHADE], t);
	const float shade = sd_box2(r - wall, y - 1.55f, 0.012f, 0.38f, 0.010f) * 0.92f;
	s = surf_join(s, shade, PART_SHADE);
	s = surf_join(s, len3(p - v3(0, 1.48f, 0)) - 0.12f, PART_BULB);
	return surf_join(s, sd_cylinder(p - v3(0, 1.97f, 0), 0.03f, 0.03f, 0.01f), PART_METAL);
}

static void
lamp_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	switch (part) {
	case PART_METAL:
		*m = material_metal(v3(0.90f, 0.66f, 0.36f), 0.18f);
		break;
	case PART_BULB:
		*m = material_plain(v3(1.0f, 0.80f, 0.52f), 0.5f, 0.0f);
		m->glow = 3.0f;
		break;
	case PART_SHADE: {
		*m = material_of(PRODUCT_MATERIAL_CANVAS, v3(0.86f, 0.78f, 0.64f));
		const float warm = 1.0f - clampf(fabsf(p[1] - 1.45f) / 0.5f, 0.0f, 1.0f);
		m->base *= 0.97f + 0.05f * noise_fbm3(v3(p[0] * 20.0f, p[1] * 90.0f, p[2] * 20.0f), 2);
		m->base = m->base * v3(1.0f, 0.90f, 0.74f);
		m->glow = 0.25f + 0.55f * warm;
		break;
	}
	default: {
		enum product_material kind = design->material[PRODUCT_PART_MAIN];
		if (kind == PRODUCT_MATERIAL_NONE)
			kind = PRODUCT_MATERIAL_CERAMIC;
		*m = material_of(kind, design->colour[PRODUCT_PART_MAIN]);
		material_texture(kind, p, px, normal, m);
		break;
	}
	}
}

#define POSES \
	{ \
		[SHAPE_VIEW_FRONT] = {.around = 24, .above = 12, .fill = 0.74f}, \
		[SHAPE_VIEW_SIDE] = {.around = 80, .above = 10, .fill = 0.72f}, \
		[SHAPE_VIEW_BACK] = {.around = 206, .above = 14, .fill = 0.74f}, \
		[SHAPE_VIEW_TOP] = {.around = 28, .above = 56, .fill = 0.76f}, \
		[SHAPE_VIEW_DETAIL] = \
		    {.around = 36, .above = 20, .fill = 1.6f, .focus_x = 0.2f, .focus_y = 1.05f, .focus_z = 0.3f}, \
		[SHAPE_VIEW_LIFESTYLE] = {.around = -32, .above = 9, .fill = 0.74f}, \
		[SHAPE_VIEW_DETAIL_2] = \
		    {.around = -40, .above = 12, .fill = 1.7f, .focus_x = -0.2f, .focus_y = 1.5f, .focus_z = 0.1f}, \
		[SHAPE_VIEW_LIFESTYLE_2] = {.around = 36, .above = 12, .fill = 0.74f}, \
	}

const struct shape_class shape_chair = {
    .name = "chair", .init = chair_init, .map = chair_map, .paint = chair_paint, .pose = POSES};
const struct shape_class shape_lamp = {
    .name = "lamp", .init = lamp_init, .map = lamp_map, .paint = lamp_paint, .pose = POSES};
