/*
 * A low court shoe. The upper is the common volume of two drawn outlines, side view and footprint, rounded where they
 * meet; panels, laces and stitches live in the coordinates of those outlines and so follow the surface. Toe at +z,
 * right shoe; the left one is its mirror image.
 */
#include "media/synth/label.h"
#include "media/synth/noise.h"
#include "media/synth/shape.h"

enum part {
	PART_VAMP,
	PART_PANEL,
	PART_COUNTER,
	PART_TAB,
	PART_LINING,
	PART_TONGUE,
	PART_LACE,
	PART_MIDSOLE,
	PART_OUTSOLE,
	PART_STRIPE
};

enum { OUTLINE_SIDE, OUTLINE_FOOT };
enum { K_STRIPE, K_COLLAR, K_SOLE, K_SPREAD };

static const struct profile_point foot_points[] = {
    {-1.42f, 0.00f, 1},
    {-1.33f, 0.26f, 1},
    {-1.02f, 0.395f, 1},
    {-0.45f, 0.365f, 1},
    {0.15f, 0.42f, 1},
    {0.68f, 0.53f, 1},
    {1.08f, 0.505f, 1},
    {1.36f, 0.31f, 1},
    {1.46f, 0.03f, 1},
    {1.39f, -0.25f, 1},
    {1.13f, -0.44f, 1},
    {0.68f, -0.50f, 1},
    {0.15f, -0.40f, 1},
    {-0.40f, -0.34f, 1},
    {-1.02f, -0.395f, 1},
    {-1.33f, -0.26f, 1},
};

static void
outlines_make(struct shape *shape)
{
	const float c = shape->k[K_COLLAR];
	const struct profile_point side[] = {
	    {-1.44f, -0.40f, 0},
	    {-1.47f, 0.10f, 1},
	    {-1.46f, 0.48f, 1},
	    {-1.38f, 0.82f, 1},
	    {-1.375f, 1.08f + c, 1},
	    {-1.30f, 1.20f + c, 1},
	    {-1.16f, 1.15f + c, 1},
	    {-0.90f, 0.96f + c * 0.6f, 1},
	    {-0.58f, 0.92f + c * 0.5f, 1},
	    {-0.30f, 1.06f + c * 0.5f, 1},
	    {-0.12f, 1.13f + c * 0.3f, 1},
	    {0.12f, 1.01f, 1},
	    {0.48f, 0.79f, 1},
	    {0.80f, 0.635f, 1},
	    {1.10f, 0.565f, 1},
	    {1.38f, 0.49f, 1},
	    {1.56f, 0.32f, 1},
	    {1.62f, 0.08f, 1},
	    {1.60f, -0.40f, 0},
	};
	shape->profile[OUTLINE_SIDE] = profile_new(side, sizeof(side) / sizeof(side[0]), 256);
	shape->profile[OUTLINE_FOOT] = profile_new(foot_points, sizeof(foot_points) / sizeof(foot_points[0]), 224);
}

static void
footwear_init(struct shape *shape)
{
	const struct design *design = shape->design;
	shape->k[K_STRIPE] = floorf(design_random(design, 21) * 3.0f);
	shape->k[K_COLLAR] = 0.10f * design_random(design, 22);
	shape->k[K_SOLE] = 0.05f * design_random(design, 23);
	shape->k[K_SPREAD] = 0.64f;
	outlines_make(shape);
	const struct label_line tag[] = {{design->maker, 0.5f, 0.5f, 0.12f, 700, false}};
	shape->mask[0] = mask_new(256, 96, tag, 1);
	shape->lo = v3(-0.60f, 0.0f, -1.52f);
	shape->hi = v3(0.64f, 1.52f, 1.56f);
	if (shape->pair) {
		shape->lo = v3(-1.42f, 0.0f, -1.62f);
		shape->hi = v3(1.42f, 1.52f, 1.70f);
	}
}

/* Into the coordinates of one right shoe; `ret_room` bounds the step where the two halves of space meet. */
static vec
one_shoe(const struct shape *shape, vec p, float *ret_room)
{
	*ret_room = 1e9f;
	if (!shape->pair)
		return p;
	*ret_room = fabsf(p[0]) + 0.07f;
	const bool left = p[0] < 0.0f;
	vec q = v3(left ? -p[0] : p[0], p[1], p[2]);
	q[0] -= shape->k[K_SPREAD];
	q[2] += left ? -0.10f : 0.08f;
	return rot_y(q, 0.9925f, -0.122f);
}

/* The figures that map and paint share. */
struct body {
	float foot;			       /* footprint, tapered with height */
	float whole;			       /* upper without openings */
	float slot;			       /* figure of the throat, in x and z */
	float guard, eyestay, counter, stripe; /* panel figures, negative inside */
};

static float
stripe_figure(const struct shape *shape, float z, float y)
{
	if (shape->k[K_STRIPE] < 0.5f) {
		const float s = z + 0.62f * (y - 0.5f) + 0.02f;
		return fmax2(fabsf(fabsf(s) - 0.085f) - 0.042f, fabsf(y - 0.52f) - 0.36f);
	}
	if (shape->k[K_STRIPE] < 1.5f) {
		const float a = sd_segment2(z, y, -0.92f, 0.36f, -0.30f, 0.44f),
			    b = sd_segment2(z, y, -0.30f, 0.44f, 0.22f, 0.86f);
		return sd_smin(a, b, 0.1f) - 0.055f;
	}
	const float a = sd_segment2(z, y, -0.42f, 0.28f, -0.14f, 0.60f),
		    b = sd_segment2(z, y, -0.14f, 0.60f, -0.42f, 0.92f);
	const float c = sd_segment2(z, y, -0.18f, 0.28f, 0.10f, 0.60f),
		    d = sd_segment2(z, y, 0.10f, 0.60f, -0.18f, 0.92f);
	return fmin2(fmin2(a, b), fmin2(c, d)) - 0.045f;
}

static struct body
body_at(const struct shape *shape, vec q)
{
	struct body b;
	const float side = profile_at(shape->profile[OUTLINE_SIDE], q[2], q[1]);
	/* the upper leans inwards: more at the ankle than at the toes */
	const float lean = fmax2(q[1] - 0.22f, 0.0f) * (0.12f + 0.07f * smooth01(0.9f, -0.4f, q[2]));
	b.foot = profile_at(shape->profile[OUTLINE_FOOT], q[2], q[0]);
	const float rounding = 0.24f + 0.30f * smooth01(-0.5f, 0.5f, q[2]);
	/* a rounded intersection is thinner than its outlines; the outlines are grown by as much */
	b.whole = sd_smax(side - 0.035f,
	    b.foot + lean - 0.03f - 0.05f * smooth01(0.2f, 0.9f, q[2]) * smooth01(0.25f, 0.4f, q[1]), rounding);
	const float along = clampf((q[2] + 0.16f) / 0.80f, 0.0f, 1.0f);
	b.slot = len2(fmax2(fabsf(q[0]) - 0.085f + 0.035f * along, 0.0f), q[2] - clampf(q[2], -0.6f, 0.58f)) - 0.045f;
	const float xx = q[0] * q[0];
	b.guard = 0.80f + 0.9f * fmax2(q[1] - 0.30f, 0.0f) - 1.1f * xx - q[2];
	b.eyestay = fmax2(b.slot - 0.115f, -q[2] - 0.22f + 0.3f * fabsf(q[0]));
	b.counter = q[2] + 0.86f + 0.50f * (q[1] - 0.35f) * (q[1] - 0.1f);
	b.stripe = b.whole < 0.08f ? stripe_figure(shape, q[2], q[1]) : 1.0f;
	return b;
}

static float
raised(float figure, float height)
{
	return height * (1.0f - smooth01(-0.012f, 0.012f, figure));
}

static struct surf
upper_map(vec q, const struct body *b)
{
	float d = b->whole - 0.02f;
	if (d < 0.04f)
		d = b->whole - fmax2(fmax2(raised(b->guard, 0.016f), raised(b->eyestay, 0.02f)),
				   fmax2(raised(b->counter, 0.016f), raised(fmax2(b->stripe, 0.25f - q[1]), 0.012f)));
	const float lean = fmax2(q[1] - 0.22f, 0.0f) * 0.19f;
	const float hole = sd_smax(b->foot + lean + 0.075f, fabsf(q[2] + 0.66f) - 0.575f, 0.2f);
	const float cavity = fmax2(hole, 0.34f - q[1]);
	const float throat = fmax2(b->slot, -b->whole - 0.075f);
	const float open = fmin2(cavity, throat);
	const float shell = fmax2(sd_smax(d, -open, 0.075f), 0.25f - q[1]);
	struct surf s = {shell, hole < 0.035f && q[2] < -0.02f ? PART_LINING : PART_VAMP};
	const float tongue = fmax2(b->whole + 0.045f, b->slot - 0.06f);
	return surf_join(s, sd_smax(tongue, -q[2] - 0.26f, 0.03f), PART_TONGUE);
}

/* The free end of the tongue behind the laces: a bent, padded plate. */
static float
tongue_tip(vec q)
{
	const float bow = 0.55f * q[0] * q[0], z = q[2] + bow;
	const float d2 = sd_segment2(z, q[1], -0.10f, 1.00f, -0.27f, 1.36f) - 0.045f;
	return sd_extrude(d2, q[0], 0.235f - 0.05f * smooth01(1.2f, 1.4f, q[1]), 0.04f);
}

static float
lace_rows(vec q, const struct body *b)
{
	const float spacing = 0.128f, first = 0.545f;
	const float row = clampf(floorf((first - q[2]) / spacing + 0.5f), 0.0f, 5.0f);
	const float reach = 0.175f + 0.011f * row, ax = fabsf(q[0]);
	const float dz = q[2] - (first - row * spacing) + 0.02f * sinf(q[0] * 9.0f + row * 2.0f);
	const float over = b->whole - 0.032f + 0.055f * smooth01(reach - 0.03f, reach + 0.05f, ax);
	const float flat = len2(fmax2(fabsf(dz) - 0.026f, 0.0f), fmax2(fabsf(over) - 0.002f, 0.0f));
	return len2(flat, fmax2(ax - reach - 0.02f, 0.0f)) - 0.021f;
}

/* Two loops and two ends that hang over the eyestays. */
static float
lace_bow(vec q)
{
	const vec m = v3(fabsf(q[0]), q[1], q[2]);
	const vec o = m - v3(0.0f, 1.185f, 0.015f);
	const float droop = o[1] + 0.75f * o[0] * o[0] - 0.02f - 0.10f * sinf(fmin2(o[0], 0.42f) * 7.0f);
	const float u = (o[0] - 0.215f) * 0.92f, w = o[2] - 0.10f * o[0];
	const float ring = len2(u / 0.92f, w * 1.75f) - 0.18f;
	const float loop = len2(ring * 0.72f, droop) - 0.026f;
	const float knot = sd_ellipsoid(o - v3(0, 0.005f, 0.01f), v3(0.062f, 0.045f, 0.052f));
	const float end1 = sd_capsule(o, v3(0.02f, 0.0f, 0.03f), v3(0.19f, -0.02f, 0.17f), 0.023f);
	const float end2 = sd_capsule(o, v3(0.19f, -0.02f, 0.17f), v3(0.335f, -0.22f, 0.27f), 0.023f);
	return fmin2(fmin2(loop * 0.75f, knot), fmin2(end1, end2));
}

static struct surf
sole_map(const struct shape *shape, vec q, float foot)
{
	const float spring = fmax2(q[2] - 0.55f, 0.0f),
		    lift = 0.13f * spring * spring + 0.05f * fmax2(-q[2] - 1.1f, 0.0f);
	const float top =
	    0.285f + shape->k[K_SOLE] + 0.07f * smooth01(-0.1f, -1.2f, q[2]) + 0.045f * smooth01(1.0f, 1.3f, q[2]);
	const float y = q[1] - lift;
	const float waist = 0.014f * smooth01(0.07f, 0.15f, y) * (1.0f - smooth01(0.15f, 0.27f, y));
	const float mid = (top + 0.06f) * 0.5f, half = (top - 0.06f) * 0.5f;
	const float wall = sd_extrude(foot - 0.042f + waist, y - mid, half, 0.045f);
	const float tread = 0.012f * smooth01(-0.3f, 0.3f, sinf(q[2] * 42.0f + 6.0f * q[0]));
	const float rubber = sd_extrude(foot - 0.048f + tread, y - 0.038f, 0.038f, 0.018f);
	return surf_join((struct surf){wall, PART_MIDSOLE}, rubber, PART_OUTSOLE);
}

static struct surf
footwear_map(const struct shape *shape, vec p)
{
	float room;
	const vec q = one_shoe(shape, p, &room);
	const struct body b = body_at(shape, q);
	struct surf s = upper_map(q, &b);
	if (fmax2(q[1] - 0.55f, b.foot - 0.06f) < s.d) {
		const struct surf sole = sole_map(shape, q, b.foot);
		s = surf_join(s, sole.d, sole.part);
	}
	/* tongue and laces sit in a small ball; far from it the ball itself is near enough */
	const float ball = len3(q - v3(0.0f, 1.08f, 0.12f)) - 0.62f;
	if (ball > 0.1f)
		return (struct surf){fmin2(fmin2(s.d * 0.92f, ball), room), s.part};
	if (ball < s.d) {
		s = surf_join(s, tongue_tip(q), PART_TONGUE);
		s = surf_join(s, lace_rows(q, &b), PART_LACE);
		if (q[1] > 0.85f)
			s = surf_join(s, lace_bow(q), PART_LACE);
	}
	s.d = fmin2(s.d * 0.92f, room);
	return s;
}

/* Which piece of the upper a point of its outside belongs to. */
static int
upper_part(vec q, const struct body *b)
{
	if (q[2] < -1.12f && q[1] > 0.90f)
		return PART_TAB;
	if (b->counter < 0.0f)
		return PART_COUNTER;
	if (fmin2(b->guard, b->eyestay) < 0.0f)
		return PART_PANEL;
	return b->stripe < 0.0f && q[1] > 0.25f ? PART_STRIPE : PART_VAMP;
}

static float
stitches(float figure, float along, float px)
{
	const float line = 1.0f - smooth01(0.005f, 0.010f + 0.6f * px, fabsf(figure + 0.028f));
	const float dash = smooth01(0.20f, 0.30f, fabsf(fract1(along * 15.0f) - 0.5f) + 0.1f);
	return line * mixf(dash, 0.6f, clampf(px * 25.0f, 0.0f, 1.0f)) * clampf(1.4f - px * 50.0f, 0.0f, 1.0f);
}

static void
upper_paint(const struct shape *shape, vec q, int part, const struct body *b, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec main = design->colour[PRODUCT_PART_MAIN], accent = design->colour[PRODUCT_PART_ACCENT];
	enum product_material kind = design->material[PRODUCT_PART_MAIN];
	if (kind == PRODUCT_MATERIAL_NONE || kind > PRODUCT_MATERIAL_KNIT)
		kind = PRODUCT_MATERIAL_LEATHER;
	vec colour = main;
	if (part == PART_PANEL)
		colour = main * 0.86f;
	else if (part == PART_COUNTER || part == PART_TAB)
		colour = part == PART_TAB || design_random(design, 25) < 0.5f ? accent : main * 0.72f;
	else if (part == PART_STRIPE)
		colour =
		    mix3(design->colour[PRODUCT_PART_SOLE], accent, design_random(design, 26) < 0.5f ? 1.0f : 0.0f);
	*m = material_of(kind, colour);
	material_texture(kind, q, px, normal, m);
	const float thread = fmax2(fmax2(stitches(b->guard, q[0] + q[1], px), stitches(b->eyestay, q[2], px)),
	    fmax2(stitches(b->counter, q[1], px), stitches(b->stripe, q[1], px) * (q[1] > 0.27f ? 1.0f : 0.0f)));
	m->base = mix3(m->base, mix3(main, v1(0.85f), 0.6f), 0.75f * thread);
	if (part == PART_VAMP && q[2] > 0.5f) {
		/* breathing holes on the toe box */
		const float gx = q[0] / 0.075f, gz = q[2] / 0.075f;
		const float hole = len2(fract1(gx) - 0.5f, fract1(gz) - 0.5f);
		const float inside =
		    smooth01(0.06f, 0.12f, fmin2(b->guard, 0.30f - fabsf(q[0]))) * smooth01(0.50f, 0.6f, q[1] + 0.1f);
		m->base *= 1.0f - 0.8f * inside * (1.0f - smooth01(0.15f, 0.15f + 0.06f + px * 8.0f, hole)) *
				      smooth01(0.6f, 0.68f, q[2]);
	}
}

static void
tongue_paint(const struct shape *shape, vec q, bool mirrored, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	*m = material_of(PRODUCT_MATERIAL_CANVAS, design->colour[PRODUCT_PART_MAIN] * 0.9f);
	material_texture(PRODUCT_MATERIAL_CANVAS, q, px, normal, m);
	const float u = (mirrored ? -q[0] : q[0]) / 0.30f + 0.5f, v = (1.385f - q[1]) / 0.125f;
	if (q[1] > 1.245f && q[1] < 1.40f && fabsf(q[0]) < 0.155f && (*normal)[2] > 0.0f) {
		m->base = design->colour[PRODUCT_PART_SOLE];
		m->base = mix3(m->base, design->colour[PRODUCT_PART_MAIN] * 0.35f, mask_at(shape->mask[0], u, v));
		m->rough = 0.5f;
	}
}

static void
sole_paint(const struct shape *shape, vec q, int part, float px, vec *normal, struct material *m)
{
	const struct design *design = shape->design;
	const vec sole = design->colour[PRODUCT_PART_SOLE];
	*m = material_plain(sole, 0.55f, 0.55f);
	const float spring = fmax2(q[2] - 0.55f, 0.0f), y = q[1] - 0.13f * spring * spring;
	if (part == PART_OUTSOLE) {
		const bool gum = design_random(design, 27) < 0.45f && !design->words.colour[PRODUCT_PART_SOLE].set;
		m->base = gum ? v3(0.42f, 0.22f, 0.09f) : sole * 0.75f;
		m->rough = 0.7f;
		return;
	}
	/* a fine line around the wall, and the grain of moulded rubber at the toe */
	const float line = 1.0f - smooth01(0.008f, 0.010f + px, fabsf(y - 0.205f));
	m->base = mix3(m->base, design->colour[PRODUCT_PART_MAIN], 0.85f * line);
	if (q[2] > 0.95f || q[2] < -0.9f) {
		const float rib = sinf(y * 190.0f) * clampf(0.012f / (px + 1e-5f) - 0.4f, 0.0f, 1.0f);
		*normal = norm(*normal + v3(0, 0.12f * rib * smooth01(0.22f, 0.24f, y), 0));
	}
	*normal = bump_grain(*normal, q, 0.02f, 0.04f, px);
}

static void
lace_paint(const struct shape *shape, vec q, float px, vec *normal, struct material *m)
{
	*m = material_of(PRODUCT_MATERIAL_CANVAS, shape->design->colour[PRODUCT_PART_LACES]);
	const float fade = clampf(0.02f / (px + 1e-5f) - 0.7f, 0.0f, 1.0f);
	const float braid = sinf((q[0] + q[2]) * 170.0f) * sinf((q[0] - q[2]) * 170.0f);
	*normal = norm(*normal + v3(0.18f * braid * fade, 0.0f, 0.18f * braid * fade));
	m->base *= 0.95f + 0.05f * braid * fade;
}

static void
footwear_paint(const struct shape *shape, vec p, int part, float px, vec *normal, struct material *m)
{
	float room;
	const vec q = one_shoe(shape, p, &room);
	const struct body b = body_at(shape, q);
	switch (part) {
	case PART_LACE:
		lace_paint(shape, q, px, normal, m);
		break;
	case PART_TONGUE:
		tongue_paint(shape, q, shape->pair && p[0] < 0.0f, px, normal, m);
		break;
	case PART_MIDSOLE:
	case PART_OUTSOLE:
		sole_paint(shape, q, part, px, normal, m);
		break;
	case PART_LINING:
		*m = material_of(
		    PRODUCT_MATERIAL_CANVAS, mix3(shape->design->colour[PRODUCT_PART_MAIN], v1(0.75f), 0.35f));
		material_texture(PRODUCT_MATERIAL_CANVAS, q, px, normal, m);
		break;
	default:
		upper_paint(shape, q, upper_part(q, &b), &b, px, normal, m);
		break;
	}
}

const struct shape_class shape_footwear = {
    .name = "court shoe",
    .init = footwear_init,
    .map = footwear_map,
    .paint = footwear_paint,
    .pose =
	{
	    [SHAPE_VIEW_FRONT] = {.around = 34, .above = 22, .fill = 0.86f, .pair = true},
	    [SHAPE_VIEW_SIDE] = {.around = 90, .above = 7, .fill = 0.80f},
	    [SHAPE_VIEW_BACK] = {.around = 206, .above = 17, .fill = 0.84f, .pair = true},
	    [SHAPE_VIEW_TOP] = {.around = 180, .above = 72, .fill = 0.80f, .pair = true},
	    [SHAPE_VIEW_DETAIL] =
		{.around = 52, .above = 30, .fill = 1.55f, .focus_x = 0.16f, .focus_y = 0.72f, .focus_z = 0.55f},
	    [SHAPE_VIEW_LIFESTYLE] = {.around = -52, .above = 9, .fill = 0.80f, .pair = true},
	    [SHAPE_VIEW_DETAIL_2] =
		{.around = 118, .above = 16, .fill = 1.6f, .focus_x = 0.2f, .focus_y = 0.62f, .focus_z = -0.95f},
	    [SHAPE_VIEW_LIFESTYLE_2] = {.around = 64, .above = 12, .fill = 0.78f, .pair = true},
	},
};
