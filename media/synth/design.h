/*
 * The design of one product: every colour, material and proportion that the pictures of a run share. It depends on the
 * words of the prompt and the seed only, never on the view, so that six pictures show one thing.
 */
#ifndef FW_SYNTH_DESIGN_H
#define FW_SYNTH_DESIGN_H

#include <stdint.h>

#include "lib/base/product_words.h"
#include "media/synth/vec.h"

struct design {
	struct product_words words;
	uint32_t seed;
	vec colour[PRODUCT_PART__COUNT]; /* linear light; every entry is set */
	enum product_material material[PRODUCT_PART__COUNT];
	vec backdrop;	/* linear light, the studio's paper */
	bool dark;	/* dark studio */
	bool vivid;	/* style keyword "vibrant": stronger colours */
	bool warm;	/* style keywords "luxury", "lifestyle": warmer light */
	char maker[16]; /* an invented word mark */
	char title[40]; /* what the label says */
};

void design_init(
    struct design *design, const char *prompt, const char *const *keywords, size_t n_keywords, int64_t seed);

/* 0..1, a different number per salt, always the same per design. */
float design_random(const struct design *design, uint32_t salt);

/* 0xRRGGBB in sRGB to linear light. */
vec design_linear(uint32_t rgb);

#endif
