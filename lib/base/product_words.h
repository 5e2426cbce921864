/*
 * What a product prompt says in plain English words: the category and form of the product, its colours and materials,
 * the surface it stands on. Pure and cheap; it knows nothing about rendering, so that the planner of prompts and the
 * painter of pictures agree on one reading. What the prompt does not say stays 0 here: the painter chooses it from the
 * seed.
 */
#ifndef FW_BASE_PRODUCT_WORDS_H
#define FW_BASE_PRODUCT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum product_category {
	PRODUCT_GENERIC,
	PRODUCT_FOOTWEAR,
	PRODUCT_WATCH,
	PRODUCT_SKINCARE,
	PRODUCT_FOOD,
	PRODUCT_ELECTRONICS,
	PRODUCT_BAG,
	PRODUCT_FURNITURE,
	PRODUCT_CATEGORY__COUNT
};

enum product_form {
	PRODUCT_FORM_BOX,
	PRODUCT_FORM_SNEAKER,
	PRODUCT_FORM_WATCH,
	PRODUCT_FORM_BOTTLE,
	PRODUCT_FORM_CREAM,
	PRODUCT_FORM_PUMP,
	PRODUCT_FORM_DROPPER,
	PRODUCT_FORM_TUBE,
	PRODUCT_FORM_PERFUME,
	PRODUCT_FORM_JAR,
	PRODUCT_FORM_MUG,
	PRODUCT_FORM_CUP,
	PRODUCT_FORM_CAN,
	PRODUCT_FORM_DRINK,
	PRODUCT_FORM_POUCH,
	PRODUCT_FORM_HEADPHONES,
	PRODUCT_FORM_PHONE,
	PRODUCT_FORM_SPEAKER,
	PRODUCT_FORM_BACKPACK,
	PRODUCT_FORM_HANDBAG,
	PRODUCT_FORM_CHAIR,
	PRODUCT_FORM_LAMP,
	PRODUCT_FORM__COUNT
};

enum product_material {
	PRODUCT_MATERIAL_NONE,
	PRODUCT_MATERIAL_LEATHER,
	PRODUCT_MATERIAL_SUEDE,
	PRODUCT_MATERIAL_CANVAS,
	PRODUCT_MATERIAL_KNIT,
	PRODUCT_MATERIAL_METAL,
	PRODUCT_MATERIAL_GOLD,
	PRODUCT_MATERIAL_SILVER,
	PRODUCT_MATERIAL_GLASS,
	PRODUCT_MATERIAL_WOOD,
	PRODUCT_MATERIAL_CERAMIC,
	PRODUCT_MATERIAL_PLASTIC,
	PRODUCT_MATERIAL_RUBBER,
	PRODUCT_MATERIAL_PAPER,
	PRODUCT_MATERIAL__COUNT
};

enum product_ground {
	PRODUCT_GROUND_NONE,
	PRODUCT_GROUND_WHITE,
	PRODUCT_GROUND_DARK,
	PRODUCT_GROUND_COLOUR,
	PRODUCT_GROUND_MARBLE,
	PRODUCT_GROUND_WOOD,
	PRODUCT_GROUND_STONE,
	PRODUCT_GROUND_SAND,
	PRODUCT_GROUND_GRASS,
	PRODUCT_GROUND_WATER,
	PRODUCT_GROUND__COUNT
};

/* What a colour or material word belongs to: "white laces" is not the colour of the shoe. */
enum product_part {
	PRODUCT_PART_MAIN,
	PRODUCT_PART_ACCENT,
	PRODUCT_PART_LACES,
	PRODUCT_PART_SOLE,
	PRODUCT_PART_STRAP,
	PRODUCT_PART_DIAL,
	PRODUCT_PART_LID,
	PRODUCT_PART_LABEL,
	PRODUCT_PART_CONTENT,
	PRODUCT_PART_GROUND,
	PRODUCT_PART__COUNT
};

enum product_finish { PRODUCT_FINISH_NONE, PRODUCT_FINISH_MATTE, PRODUCT_FINISH_GLOSSY };

struct product_colour {
	bool set;
	uint32_t rgb; /* 0xRRGGBB, sRGB */
};

struct product_words {
	enum product_category category;
	enum product_form form;
	enum product_finish finish;
	enum product_ground ground;
	enum product_material material[PRODUCT_PART__COUNT];
	struct product_colour colour[PRODUCT_PART__COUNT];
	char title[40]; /* the words that name the product, for a label; may be empty */
};

/*
 * Reads `prompt` (UTF-8, any text; NULL is an empty prompt). Photographer's phrases that follow the product ("front
 * view, white seamless background, studio lighting") are not taken for properties of the product. Never fails.
 */
void product_words_parse(const char *prompt, struct product_words *ret_words);

/* "footwear", "watch", ...; static text, also for the planner's `product_category`. */
const char *product_category_name(enum product_category category);

#endif
