/* Colours that the prompt leaves open come from a few palettes that a designer would pick, not from the whole colour
 * circle. */
#include "media/synth/design.h"

#include <stdio.h>
#include <string.h>

#include "media/synth/noise.h"

struct palette {
	uint32_t main, accent, strap, lid, backdrop;
};

static const struct palette palettes[] = {
    {0x2b5f8f, 0xf2a65a, 0x7a4a2c, 0xf1ede6, 0xdfe7ee},
    {0xc9563c, 0xf4e3cf, 0x4a2f24, 0x2a2624, 0xf0dfd2},
    {0x37705c, 0xe9c46a, 0x8a5a34, 0xf0e9d8, 0xdfe8df},
    {0xe3b23c, 0x2e4057, 0x38332f, 0xf7f3ea, 0xf3e8cf},
    {0x8d6a9f, 0xf4d6cc, 0x4b3a55, 0xefe7f2, 0xe9e0ee},
    {0xd98880, 0x34495e, 0x6e4632, 0xfbf5f0, 0xf2dedb},
    {0x2f3640, 0xe58e73, 0x3a2a22, 0xd8c7a4, 0xdcdcdf},
    {0xd7c3a5, 0x6b4f3a, 0x7b4f2e, 0x2d2a27, 0xeee6da},
    {0x16a3a1, 0xff8a5c, 0x50362a, 0xf3f3f0, 0xd9ecec},
    {0x5477c4, 0xf7d368, 0x5a4032, 0xf2f2f2, 0xe2e6f3},
};

vec
design_linear(uint32_t rgb)
{
	vec c = v1(0.0f);
	for (int i = 0; i < 3; i++) {
		const float s = (float)((rgb >> (16 - 8 * i)) & 255) / 255.0f;
		c[i] = s <= 0.04045f ? s / 12.92f : powf((s + 0.055f) / 1.055f, 2.4f);
	}
	return c;
}

float
design_random(const struct design *design, uint32_t salt)
{
	return (float)(noise_hash(design->seed ^ noise_hash(salt + 0x51u)) >> 8) * (1.0f / 16777216.0f);
}

static bool
keyword_given(const char *const *keywords, size_t n, const char *word)
{
	for (size_t i = 0; i < n; i++)
		if (keywords[i] != NULL && strcasecmp(keywords[i], word) == 0)
			return true;
	return false;
}

/* Open syllables make names that read like a brand and belong to nobody. */
static void
maker_invent(struct design *design)
{
	static const char *const starts[] = {"av", "el", "or", "lu", "no", "mi", "so", "ve", "ka", "ti", "ar", "ol"};
	static const char *const middles[] = {"ni", "re", "va", "lo", "mi", "da", "se", "no", "ra", "li"};
	static const char *const ends[] = {"a", "o", "en", "is", "um", "e", "ar", "el"};
	const size_t s = (size_t)(design_random(design, 71) * (float)(sizeof(starts) / sizeof(starts[0])));
	const size_t m = (size_t)(design_random(design, 72) * (float)(sizeof(middles) / sizeof(middles[0])));
	const size_t e = (size_t)(design_random(design, 73) * (float)(sizeof(ends) / sizeof(ends[0])));
	snprintf(design->maker, sizeof(design->maker), "%s%s%s", starts[s], middles[m], ends[e]);
	for (char *c = design->maker; *c != '\0'; c++)
		*c = (char)(*c - 'a' + 'A');
}

static vec
colour_of(const struct product_words *words, enum product_part part, uint32_t otherwise)
{
	return design_linear(words->colour[part].set ? words->colour[part].rgb : otherwise);
}

static uint32_t
material_rgb(enum product_material material, uint32_t otherwise)
{
	switch (material) {
	case PRODUCT_MATERIAL_GOLD:
		return 0xe2b04c;
	case PRODUCT_MATERIAL_SILVER:
	case PRODUCT_MATERIAL_METAL:
		return 0xc4c8ce;
	case PRODUCT_MATERIAL_WOOD:
		return 0x9a6b42;
	case PRODUCT_MATERIAL_PAPER:
		return 0xb98d5e;
	case PRODUCT_MATERIAL_LEATHER:
		return 0x8a5230;
	default:
		return otherwise;
	}
}

static uint32_t
main_rgb(const struct design *design, const struct palette *palette)
{
	const struct product_words *words = &design->words;
	if (words->category == PRODUCT_FOOD && words->colour[PRODUCT_PART_CONTENT].set &&
	    words->form != PRODUCT_FORM_MUG && words->form != PRODUCT_FORM_POUCH)
		return words->colour[PRODUCT_PART_CONTENT].rgb;
	if (words->form == PRODUCT_FORM_MUG) {
		static const uint32_t glazes[] = {0x5f7f8c, 0xe2d9c6, 0x7d8f6f, 0xb5653f, 0x2f4a5e, 0xeae5da};
		return glazes[(size_t)(design_random(design, 3) * 6.0f)];
	}
	return material_rgb(words->material[PRODUCT_PART_MAIN], palette->main);
}

/* The sets of part colours that go together; sole and laces of a dark shoe stay light and the other way round. */
static void
colours_choose(struct design *design, const struct palette *palette)
{
	const struct product_words *words = &design->words;
	const uint32_t content = words->category == PRODUCT_FOOD ? 0xb04a22 : 0xf3eadf;
	vec *colour = design->colour;
	colour[PRODUCT_PART_MAIN] = colour_of(words, PRODUCT_PART_MAIN, main_rgb(design, palette));
	colour[PRODUCT_PART_ACCENT] = colour_of(words, PRODUCT_PART_ACCENT, palette->accent);
	colour[PRODUCT_PART_LACES] = colour_of(words, PRODUCT_PART_LACES, 0xf3f0ea);
	colour[PRODUCT_PART_SOLE] = colour_of(words, PRODUCT_PART_SOLE, 0xf1eee8);
	colour[PRODUCT_PART_STRAP] =
	    colour_of(words, PRODUCT_PART_STRAP, material_rgb(words->material[PRODUCT_PART_STRAP], palette->strap));
	colour[PRODUCT_PART_DIAL] =
	    colour_of(words, PRODUCT_PART_DIAL, design_random(design, 7) < 0.55f ? 0xf2eee4 : 0x14202e);
	colour[PRODUCT_PART_LID] =
	    colour_of(words, PRODUCT_PART_LID, material_rgb(words->material[PRODUCT_PART_LID], palette->lid));
	colour[PRODUCT_PART_LABEL] = colour_of(words, PRODUCT_PART_LABEL, 0xf6f1e6);
	colour[PRODUCT_PART_CONTENT] = colour_of(words, PRODUCT_PART_CONTENT, content);
	colour[PRODUCT_PART_GROUND] = colour_of(words, PRODUCT_PART_GROUND, palette->backdrop);
}

static void
backdrop_choose(struct design *design)
{
	const enum product_ground ground = design->words.ground;
	const vec main = design->colour[PRODUCT_PART_MAIN];
	design->dark = ground == PRODUCT_GROUND_DARK;
	design->backdrop = design->colour[PRODUCT_PART_GROUND];
	if (ground == PRODUCT_GROUND_DARK) {
		design->backdrop = v3(0.012f, 0.012f, 0.014f);
	} else if (ground != PRODUCT_GROUND_COLOUR) {
		/* paper with a breath of the product's colour; a near-white product gets a deeper tone to stand out
		 * from */
		const float bright = luma3(main);
		const vec tint = main * (0.8f / fmax2(bright, 0.08f));
		const vec paper = design_linear(bright > 0.62f ? 0xdddcda : 0xebe9e8);
		const float amount = ground == PRODUCT_GROUND_WHITE ? 0.03f : 0.15f;
		const vec toned =
		    paper *
		    mix3(v1(1.0f), (vec){fmin2(tint[0], 1.6f), fmin2(tint[1], 1.6f), fmin2(tint[2], 1.6f), 0}, amount);
		design->backdrop = toned;
	}
}

static void
title_make(struct design *design)
{
	const char *title = design->words.title;
	size_t i = 0;
	for (; title[i] != '\0'; i++)
		design->title[i] = title[i] >= 'a' && title[i] <= 'z' ? (char)(title[i] - 'a' + 'A') : title[i];
	design->title[i] = '\0';
}

void
design_init(struct design *design, const char *prompt, const char *const *keywords, size_t n_keywords, int64_t seed)
{
	*design = (struct design){.seed = noise_hash((uint32_t)seed ^ noise_hash((uint32_t)((uint64_t)seed >> 32)))};
	product_words_parse(prompt, &design->words);
	for (int i = 0; i < PRODUCT_PART__COUNT; i++)
		design->material[i] = design->words.material[i];
	const struct palette *palette =
	    &palettes[(size_t)(design_random(design, 1) * (float)(sizeof(palettes) / sizeof(palettes[0])))];
	colours_choose(design, palette);
	backdrop_choose(design);
	design->vivid = keyword_given(keywords, n_keywords, "vibrant");
	design->warm =
	    keyword_given(keywords, n_keywords, "luxury") || keyword_given(keywords, n_keywords, "lifestyle");
	maker_invent(design);
	title_make(design);
}
