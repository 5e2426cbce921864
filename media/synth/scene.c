/* Which place and which ground belong to a view of a product. */
#include "media/synth/scene.h"

struct place {
	enum setting setting;
	enum ground ground;
	float edge; /* in product radii */
};

/* A first and a second outdoor place for every category. */
static const struct place places[PRODUCT_CATEGORY__COUNT][2] = {
    [PRODUCT_GENERIC] = {{SETTING_DECK, GROUND_WOOD, 2.2f}, {SETTING_LAKE, GROUND_STONE, 2.4f}},
    [PRODUCT_FOOTWEAR] = {{SETTING_TRACK, GROUND_TRACK, 0.0f}, {SETTING_LAKE, GROUND_WOOD, 3.0f}},
    [PRODUCT_WATCH] = {{SETTING_LAKE, GROUND_STONE, 2.2f}, {SETTING_CITY, GROUND_WOOD, 2.2f}},
    [PRODUCT_SKINCARE] = {{SETTING_BEACH, GROUND_SAND, 3.2f}, {SETTING_MEADOW, GROUND_STONE, 2.0f}},
    [PRODUCT_FOOD] = {{SETTING_DECK, GROUND_WOOD, 2.2f}, {SETTING_MEADOW, GROUND_STONE, 2.2f}},
    [PRODUCT_ELECTRONICS] = {{SETTING_CITY, GROUND_WOOD, 2.2f}, {SETTING_LAKE, GROUND_STONE, 2.4f}},
    [PRODUCT_BAG] = {{SETTING_LAKE, GROUND_WOOD, 2.6f}, {SETTING_MEADOW, GROUND_STONE, 2.4f}},
    [PRODUCT_FURNITURE] = {{SETTING_MEADOW, GROUND_WOOD, 2.6f}, {SETTING_BEACH, GROUND_STONE, 2.6f}},
};

static enum ground
studio_ground(const struct design *design)
{
	switch (design->words.ground) {
	case PRODUCT_GROUND_MARBLE:
		return GROUND_MARBLE;
	case PRODUCT_GROUND_WOOD:
		return GROUND_WOOD;
	case PRODUCT_GROUND_STONE:
		return GROUND_STONE;
	case PRODUCT_GROUND_SAND:
		return GROUND_SAND;
	case PRODUCT_GROUND_DARK:
		return GROUND_GLOSS;
	default:
		return GROUND_PAPER;
	}
}

void
scene_open(struct scene *scene, const struct design *design, enum shape_view view, int width, int height)
{
	*scene = (struct scene){.design = design, .aspect = (float)width / (float)height};
	shape_open(&scene->shape, design, view);
	scene->radius = 0.5f * len3(scene->shape.hi - scene->shape.lo);
	scene->ground = studio_ground(design);
	const bool life = view == SHAPE_VIEW_LIFESTYLE || view == SHAPE_VIEW_LIFESTYLE_2;
	if (life) {
		const struct place *place = &places[design->words.category][view == SHAPE_VIEW_LIFESTYLE_2];
		scene->setting = place->setting;
		scene->ground = place->ground;
		scene->edge = place->edge * scene->radius;
	}
	camera_place(scene);
	scene->pixel = 2.0f * scene->camera.tan_half / (float)(width < height ? width : height);
	if (life)
		light_outdoor(scene);
	else
		light_studio(scene);
	scene->shadows = shadow_map_new(scene);
}

void
scene_close(struct scene *scene)
{
	shadow_map_free(&scene->shadows);
	shape_close(&scene->shape);
}
