/*
 * The rule-based planner of adverts: what the provider `local` answers in place of a language model, and what a step
 * falls back to when a model's answer stays invalid. Pure text in, JSON out; the same input gives the same output.
 */
#ifndef FW_RENDERD_PROVIDER_PLAN_H
#define FW_RENDERD_PROVIDER_PLAN_H

#include "lib/base/attr.h"
#include "lib/js/read.h"
#include "lib/js/write.h"

#define PLAN_KEYWORDS_MAX 10
#define PLAN_SEED_MIN 100000
#define PLAN_SEED_MAX 999999

struct plan_images {
	const char *product_prompt;
	int count;		    /* pictures, 1-8 */
	int64_t seed;		    /* PLAN_SEED_MIN-PLAN_SEED_MAX, the same for every picture */
	struct js_strings keywords; /* the user's; they come first in the answer */
};

/* Members of the object that is open in w: consistency_seed, style_keywords, product_category, image_prompts[{prompt,
 * negative_prompt, keywords, view_type, variant, seed, guidance_scale, variation_strength}]. */
void plan_images_write(struct js_writer *w, const struct plan_images *plan);

struct plan_clips {
	const char *video_prompt;
	struct js_strings views; /* of the approved pictures, in their order */
};

/* scenes[{image_view, scene_prompt, camera_movement, motion_intensity}], one per view in the same order. */
void plan_clips_write(struct js_writer *w, const struct plan_clips *plan);

#endif
