/* The choice of the class for a form, and the materials that all classes share. */
#include "media/synth/shape.h"

#include "media/synth/label.h"
#include "media/synth/noise.h"

static const struct shape_class *const form_classes[PRODUCT_FORM__COUNT] = {
    [PRODUCT_FORM_BOX] = &shape_box,
    [PRODUCT_FORM_SNEAKER] = &shape_footwear,
    [PRODUCT_FORM_WATCH] = &shape_watch,
    [PRODUCT_FORM_BOTTLE] = &shape_vessel,
    [PRODUCT_FORM_CREAM] = &shape_vessel,
    [PRODUCT_FORM_PUMP] = &shape_vessel,
    [PRODUCT_FORM_DROPPER] = &shape_vessel,
    [PRODUCT_FORM_TUBE] = &shape_vessel,
    [PRODUCT_FORM_PERFUME] = &shape_vessel,
    [PRODUCT_FORM_JAR] = &shape_jar,
    [PRODUCT_FORM_MUG] = &shape_mug,
    [PRODUCT_FORM_CUP] = &shape_mug,
    [PRODUCT_FORM_CAN] = &shape_pack,
    [PRODUCT_FORM_DRINK] = &shape_vessel,
    [PRODUCT_FORM_POUCH] = &shape_pack,
    [PRODUCT_FORM_HEADPHONES] = &shape_headphones,
    [PRODUCT_FORM_PHONE] = &shape_phone,
    [PRODUCT_FORM_SPEAKER] = &shape_speaker,
    [PRODUCT_FORM_BACKPACK] = &shape_backpack,
    [PRODUCT_FORM_HANDBAG] = &shape_handbag,
    [PRODUCT_FORM_CHAIR] = &shape_chair,
    [PRODUCT_FORM_LAMP] = &shape_lamp,
};

void
shape_open(struct shape *shape, const struct design *design, enum shape_view view)
{
	*shape = (struct shape){.class = form_classes[design->words.form], .design = design, .view = view};
	shape->pair = shape->class->pose[view].pair;
	shape->class->init(shape);
}

void
shape_close(struct shape *shape)
{
	for (int i = 0; i < SHAPE_PROFILES; i++)
		profile_free(&shape->profile[i]);
	for (int i = 0; i < SHAPE_MASKS; i++)
		mask_free(&shape->mask[i]);
}

struct material
material_plain(vec colour, float rough, float coat)
{
	return (struct material){.base = colour, .rough = rough, .coat = coat};
}

struct material
material_metal(vec colour, float rough)
{
	return (struct material){.base = colour, .rough = rough, .metal = 1.0f, .coat = 1.0f};
}

struct material
material_of(enum product_material kind, vec colour)
{
	switch (kind) {
	case PRODUCT_MATERIAL_LEATHER:
		return material_plain(colour, 0.42f, 0.65f);
	case PRODUCT_MATERIAL_SUEDE:
		return (struct material){.base = colour, .rough = 0.95f, .coat = 0.05f, .sheen = 0.55f};
	case PRODUCT_MATERIAL_CANVAS:
	case PRODUCT_MATERIAL_KNIT:
		return (struct material){.base = colour, .rough = 0.9f, .coat = 0.12f, .sheen = 0.3f};
	case PRODUCT_MATERIAL_METAL:
	case PRODUCT_MATERIAL_SILVER:
		return material_metal(colour, 0.22f);
	case PRODUCT_MATERIAL_GOLD:
		return material_metal(colour, 0.17f);
	case PRODUCT_MATERIAL_GLASS:
		return material_plain(colour, 0.05f, 1.0f);
	case PRODUCT_MATERIAL_WOOD:
		return material_plain(colour, 0.5f, 0.45f);
	case PRODUCT_MATERIAL_CERAMIC:
		return material_plain(colour, 0.16f, 0.9f);
	case PRODUCT_MATERIAL_RUBBER:
		return material_plain(colour, 0.6f, 0.45f);
	case PRODUCT_MATERIAL_PAPER:
		return material_plain(colour, 0.85f, 0.15f);
	default:
		return material_plain(colour, 0.35f, 0.7f);
	}
}

vec
bump_grain(vec normal, vec p, float size, float depth, float px)
{
	const float fade = clampf(size / (px * 2.0f + 1e-6f) - 0.6f, 0.0f, 1.0f);
	if (fade <= 0.0f)
		return normal;
	const vec q = p / size;
	const float e = 0.12f, here = noise_fbm3(q, 2);
	const vec slope = v3(noise_fbm3(q + v3(e, 0, 0), 2) - here, noise_fbm3(q + v3(0, e, 0), 2) - here,
	    noise_fbm3(q + v3(0, 0, e), 2) - here);
	return norm(normal - slope * (depth * fade / e));
}

/* Plain weave: threads over and under; each thread is a rounded ridge. */
vec
bump_weave(vec normal, float u, float v, vec along_u, vec along_v, float size, float depth, float px)
{
	const float fade = clampf(size / (px * 1.6f + 1e-6f) - 0.8f, 0.0f, 1.0f);
	if (fade <= 0.0f)
		return normal;
	const float pi = 3.14159265f, a = u / size, b = v / size;
	const float over = sinf(a * pi) * sinf(b * pi);
	const float du = over > 0.0f ? cosf(2.0f * pi * a) : 0.35f * cosf(pi * a);
	const float dv = over > 0.0f ? 0.35f * cosf(pi * b) : cosf(2.0f * pi * b);
	return norm(normal - (along_u * du + along_v * dv) * (depth * fade));
}

static void
leather_texture(vec p, float px, vec *normal, struct material *material)
{
	*normal = bump_grain(*normal, p, 0.013f, 0.075f, px);
	material->base *= 1.0f + 0.10f * noise_fbm3(p * 5.0f, 3);
	material->rough = clampf(material->rough + 0.12f * noise3(p * 14.0f), 0.1f, 1.0f);
}

static void
wood_texture(vec p, struct material *material)
{
	const vec q = p + v1(0.15f) * noise_fbm3(p * 1.3f, 3);
	const float ring =
	    fract1(5.5f * len2(q[0] * 0.35f + 1.7f, q[2] + 0.6f) + 0.7f * noise3(v3(p[0] * 0.7f, p[1] * 0.7f, p[2])));
	const float fibre = noise_fbm3(v3(p[0] * 3.0f, p[1] * 60.0f, p[2] * 60.0f), 2);
	material->base *= 0.72f + 0.3f * ring * ring + 0.16f * fibre;
}

void
material_texture(enum product_material kind, vec p, float px, vec *normal, struct material *material)
{
	switch (kind) {
	case PRODUCT_MATERIAL_LEATHER:
		leather_texture(p, px, normal, material);
		break;
	case PRODUCT_MATERIAL_SUEDE:
		*normal = bump_grain(*normal, p, 0.012f, 0.3f, px);
		material->base *= 1.0f + 0.22f * noise_fbm3(p * 7.0f, 3);
		break;
	case PRODUCT_MATERIAL_CANVAS:
	case PRODUCT_MATERIAL_KNIT:
		*normal = bump_grain(*normal, p, 0.014f, 0.22f, px);
		material->base *= 1.0f + 0.06f * noise_fbm3(p * 30.0f, 2);
		break;
	case PRODUCT_MATERIAL_CERAMIC:
		material->base *= 1.0f + 0.05f * noise_fbm3(p * 3.0f, 3);
		break;
	case PRODUCT_MATERIAL_WOOD:
		wood_texture(p, material);
		break;
	default:
		break;
	}
}
