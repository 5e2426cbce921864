/* A structured handbag: tapered body, flap with clasp, rolled handle on rings, piping along the edges. */
#include "media/synth/label.h"
#include "media/synth/shape.h"

enum part { PART_BODY, PART_FLAP, PART_HANDLE, PART_METAL, PART_PIPE };
enum { OUTLINE_FRONT };
enum { K_DROP, K_DEPTH, K_HANDLE };

static void
handbag_init(struct shape *shape)
{
	const struct design *design = shape->design;
	const float w = 1.02f, n = 0.80f + 0.08f * design_random(design, 101), h = 1.22f;
	shape->k[K_DROP] = 0.58f + 0.12f * design_random(design, 102);
	shape->k[K_DEPTH] = 0.36f;
	shape->k[K_HANDLE] = 0.46f + 0.06f * design_random(design, 103);
	const struct profile_point front[] = {
	    {-w + 0.10f, 0.0f, 1},
	    {-w, 0.10f, 1},
	    {-w + 0.04f, 0.35f, 1},
	    {-n - 0.02f, h - 0.12f, 1},
	    {-n + 0.10f, h, 1},
	    {0.0f, h + 0.01f, 1},
	    {n - 0.10f, h, 1},
	    {n + 0.02f, h - 0.12f, 1},
	    {w - 0.04f, 0.35f, 1},
	    {w, 0.10f, 1},
	    {w - 0.10f, 0.0f, 1},
	    {0.0f, -0.005f, 1},
	};
	shape->profile[OUTLINE_FRONT] = profile_new(front, sizeof(front) / sizeof(front[0]), 224);
	const struct label_line lines[] = {{design->maker, 0.6f, 0.5f, 0.2f, 600, true}};
	shape->mask[0] = mask_new(256, 56, lines, 1);
	shape->lo = v3(-1.08f, 0.0f, -0.46f);
	shape->hi = v3(1.08f, 1.92f, 0.52f);
}

static float
body_shape(const struct shape *shape, vec p, float front)
{
	const float deep = shape->k[K_DEPTH] * (1.0f - 0.42f * clampf(p[1] / 1.25f, 0.0f, 1.0f));
	const float swell = 0.045f * clampf(1.0f - p[0] * p[0], 0.0f, 1.0f) *
			    clampf(1.0f - (p[1] - 0.5f) * (p[1] - 0.5f) * 2.2f, 0.0f, 1.0f);
	return sd_extrude(front, p[2], deep + swell, 0.06f) * 0.92f;
}

static float
flap_rim(const struct shape *shape, float x)
{
	return 1.22f - shape->k[K_DROP] + 0.22f * x * x;
}

static struct surf
handbag_map(const struct shape *shape, vec p)
{
	const float front = profile_at(shape->profile[OUTLINE_FRONT], p[0], p[1]);
	const float body = body_shape(shape, p, front);
	struct surf s = {body, PART_BODY};
	const float depth = shape->k[K_DEPTH] * (1.0f - 0.42f * clampf(p[1] / 1.25f, 0.0f, 1.0f));
	const float pipe = len2(front + 0.015f, fabsf(p[2]) - depth) - 0.026f;
	s = surf_join(s, pipe * 0.9f, PART_PIPE);
	const float rim = flap_rim(shape, p[0]);
	const float flap = fmax2(fmax2(fabsf(body - 0.02f) - 0.018f, rim - p[1]), -p[2] - 0.05f);
	s = surf_join(s, flap * 0.9f, PART_FLAP);
	const float clasp_y = 1.22f - shape->k[K_DROP] + 0.05f;
	const float plate =
	    sd_extrude(sd_box2(p[0], p[1] - clasp_y, 0.125f, 0.095f, 0.03f), body - 0.055f, 0.022f, 0.012f);
	if (p[2] > 0.0f) {
		s = surf_join(s, plate, PART_METAL);
		s = surf_join(s,
		    sd_extrude(sd_box2(p[0], p[1] - clasp_y, 0.035f, 0.055f, 0.02f), body - 0.085f, 0.022f, 0.012f),
		    PART_METAL);
	}
	/* handle: an arch above the top, through rings on both sides */
	const vec m = v3(fabsf(p[0]), p[1] - 1.36f, p[2]);
	const float arch =
	    m[1] > 0.0f ? len2(m[0], m[1] * 1.12f) - shape->k[K_HANDLE] : len2(m[0] - shape->k[K_HANDLE], 0.0f);
	const float roll = len2(arch, m[2]) - 0.048f;
	s = surf_join(s, fmax2(roll, -m[1] - 0.02f), PART_HANDLE);
	const vec r = m - v3(shape->k[K_HANDLE], -0.075f, 0.0f);
	const float ring = len2(len2(r[0], r[1]) - 0.075f, r[2]) - 0.019f;
	s = surf_join(s, ring, PART_METAL);
	return surf_join(s, sd_box(r + v3(0, 0.085f, 0), v3(0.06f, 0.035f, 0.045f), 0.02f), PART_HANDLE);
}

static void
handbag_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	if (part == PART_METAL) {
		*m = material_metal(v3(0.92f, 0.68f, 0.36f), 0.14f);
		return;
	}
	enum product_material kind = design->material[PRODUCT_PART_MAIN];
	if (kind == PRODUCT_MATERIAL_NONE || kind > PRODUCT_MATERIAL_KNIT)
		kind = PRODUCT_MATERIAL_LEATHER;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	const vec trim =
	    design->words.colour[PRODUCT_PART_STRAP].set ? design->colour[PRODUCT_PART_STRAP] : main * 0.62f;
	*m = material_of(kind, part == PART_HANDLE || part == PART_PIPE ? trim
			       : part == PART_FLAP			? main
									: main * 0.92f);
	material_texture(kind, p, px, normal, m);
	if (part == PART_FLAP) {
		const float rim = p[1] - flap_rim(shape, p[0]) - 0.04f;
		const float dash = smooth01(0.14f, 0.22f, fabsf(fract1(p[0] * 13.0f) - 0.5f));
		const float thread = (1.0f - smooth01(0.005f, 0.009f + 0.6f * px, fabsf(rim))) * dash;
		m->base = mix3(m->base, mix3(main, v1(0.8f), 0.5f), 0.7f * thread);
	}
	if (part == PART_FLAP) {
		const float y = 1.32f - 0.5f * shape->k[K_DROP];
		const float ink =
		    p[2] > 0.0f ? mask_at(shape->mask[0], p[0] / 0.42f + 0.5f, (y - p[1]) / 0.092f + 0.5f) : 0.0f;
		m->base = mix3(m->base, v3(0.80f, 0.58f, 0.28f), 0.8f * ink);
	}
}

const struct shape_class shape_handbag = {
    .name = "handbag",
    .init = handbag_init,
    .map = handbag_map,
    .paint = handbag_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 20, .above = 12, .fill = 0.74f},
	    [SHAPE_VIEW_SIDE] = {.around = 68, .above = 12, .fill = 0.70f},
	    [SHAPE_VIEW_BACK] = {.around = 204, .above = 14, .fill = 0.74f},
	    [SHAPE_VIEW_TOP] = {.around = 18, .above = 56, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 28, .above = 18, .fill = 1.7f, .focus_x = 0.05f, .focus_y = 0.75f, .focus_z = 0.35f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -24, .above = 9, .fill = 0.74f},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = -36, .above = 20, .fill = 1.8f, .focus_x = -0.45f, .focus_y = 1.25f, .focus_z = 0.1f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 30, .above = 13, .fill = 0.74f},
	},
};
