#include "renderd/provider/plan.h"

#include <string.h>
#include <strings.h>

#include "lib/base/product_words.h"

/* One picture of the plan, in the order the pictures are taken. */
static const struct plan_row {
	const char *view;
	int variant;
	const char *phrase; /* NULL: taken from the category */
} plan_rows[] = {
    {"front", 0, "front view, facing the camera, centred"},
    {"side", 0, "side profile view, full length visible"},
    {"back", 0, "rear view, three-quarter angle from behind"},
    {"top", 0, "top view, looking straight down, flat lay"},
    {"detail", 0, "macro close-up of the material and stitching, shallow depth of field"},
    {"lifestyle", 0, NULL},
    {"lifestyle", 1, NULL},
    {"detail", 1, "extreme macro of another part, raking light across the surface, shallow depth of field"},
};

static const char studio_tail[] =
    "white seamless background, studio lighting with soft shadows, commercial photography, "
    "sharp focus, high detail, 8K resolution";
static const char outdoor_tail[] = "natural light, commercial photography, sharp focus, high detail, 8K resolution";
static const char negative_base[] = "blurry, distorted, low quality, watermark, text";

/* Where a product of a category is at home; two settings for two pictures. */
static const char *const settings[PRODUCT_CATEGORY__COUNT][2] = {
    [PRODUCT_GENERIC] = {"on a stone surface outdoors, soft afternoon light, gentle hills behind",
	"on a wooden table in a garden, morning light"},
    [PRODUCT_FOOTWEAR] = {"on a running track outdoors, golden hour, soft hills behind",
	"on a park path with grass, bright morning light"},
    [PRODUCT_WATCH] = {"on a rock by the sea, late sunlight on the dial",
	"on a weathered wooden pier, clear morning light"},
    [PRODUCT_SKINCARE] = {"on a wet stone by the water, fresh morning light",
	"on sand with leaves, soft afternoon light"},
    [PRODUCT_FOOD] = {"on a rustic wooden table outdoors, warm sunlight",
	"on a picnic cloth in the grass, summer light"},
    [PRODUCT_ELECTRONICS] = {"on a terrace table, city hills in the evening light",
	"on a stone wall by the sea, clear sky"},
    [PRODUCT_BAG] = {"on a mountain trail, warm evening light", "on a bench in a park, bright morning light"},
    [PRODUCT_FURNITURE] = {"on a terrace above the sea, warm evening light",
	"in a garden on flagstones, soft morning light"},
};

/* Words the category brings when the user gave few of their own. */
static const char *const category_keywords[PRODUCT_CATEGORY__COUNT][3] = {
    [PRODUCT_GENERIC] = {"professional", "clean", "commercial"},
    [PRODUCT_FOOTWEAR] = {"sporty", "dynamic", "professional"},
    [PRODUCT_WATCH] = {"luxury", "elegant", "precise"},
    [PRODUCT_SKINCARE] = {"fresh", "minimalist", "clean"},
    [PRODUCT_FOOD] = {"appetising", "warm", "natural"},
    [PRODUCT_ELECTRONICS] = {"modern", "sleek", "professional"},
    [PRODUCT_BAG] = {"urban", "durable", "professional"},
    [PRODUCT_FURNITURE] = {"designed", "calm", "natural"},
};

static void
write_prompt(
    struct js_writer *w, const struct plan_row *row, const struct plan_images *plan, enum product_category category)
{
	struct buf buf = BUF_INIT(4 * KIB);

	buf_printf(&buf, "Professional product photography of %s, %s, %s", plan->product_prompt,
	    row->phrase != NULL ? row->phrase : settings[category][row->variant],
	    row->phrase != NULL ? studio_tail : outdoor_tail);
	for (size_t i = 0; i < plan->keywords.count; i++)
		buf_printf(&buf, "%s%s", i == 0 ? ", style: " : ", ", plan->keywords.items[i]);
	js_str(w, "prompt", buf_str(&buf));
	buf_done(&buf);
}

static void
write_negative(struct js_writer *w, const char *view)
{
	const char *more = "logos, multiple products, hands, people";

	if (strcmp(view, "detail") == 0)
		more = "logos";
	else if (strcmp(view, "lifestyle") == 0)
		more = "indoor, studio";
	js_strf(w, "negative_prompt", "%s, %s", negative_base, more);
}

static bool
has_keyword(const struct js_strings *keywords, const char *word)
{
	for (size_t i = 0; i < keywords->count; i++)
		if (strcasecmp(keywords->items[i], word) == 0)
			return true;
	return false;
}

static void
write_keywords(struct js_writer *w, const struct js_strings *keywords, enum product_category category)
{
	size_t count = FW_MIN(keywords->count, (size_t)PLAN_KEYWORDS_MAX);

	js_open_array(w, "style_keywords");
	for (size_t i = 0; i < count; i++)
		js_str(w, NULL, keywords->items[i]);
	for (size_t i = 0; i < 3 && count < PLAN_KEYWORDS_MAX; i++) {
		if (has_keyword(keywords, category_keywords[category][i]))
			continue;
		js_str(w, NULL, category_keywords[category][i]);
		count++;
	}
	js_close(w);
}

void
plan_images_write(struct js_writer *w, const struct plan_images *plan)
{
	struct product_words words;

	product_words_parse(plan->product_prompt, &words);
	js_int(w, "consistency_seed", plan->seed);
	write_keywords(w, &plan->keywords, words.category);
	js_str(w, "product_category", product_category_name(words.category));
	js_open_array(w, "image_prompts");
	for (int i = 0; i < plan->count && i < (int)ARRAY_LEN(plan_rows); i++) {
		const struct plan_row *row = &plan_rows[i];

		js_open_object(w, NULL);
		write_prompt(w, row, plan, words.category);
		write_negative(w, row->view);
		js_strings(w, "keywords", plan->keywords.items, plan->keywords.count);
		js_str(w, "view_type", row->view);
		js_int(w, "variant", row->variant);
		js_int(w, "seed", plan->seed);
		js_fixed(w, "guidance_scale", 7.5, 2);
		js_fixed(w, "variation_strength", 0.3, 2);
		js_close(w);
	}
	js_close(w);
}

/* How each view likes to be moved when the scene does not say: the strongest angle first, the macro hardly at all. */
static const struct scene_row {
	const char *view;
	const char *phrase;
	const char *movement;
	double intensity;
} scene_rows[] = {
    {"front", "hero shot from the front", "slow zoom in", 0.7},
    {"side", "profile gliding past the camera", "pan right", 0.6},
    {"back", "camera coming round from behind", "orbit left", 0.5},
    {"top", "looking down from above", "tilt down", 0.5},
    {"detail", "macro of the material", "slow zoom in", 0.3},
    {"lifestyle", "in its natural setting", "follow cam tracking forward", 0.5},
};

/* A word of the scene text that decides the movement of the views that may follow it. */
static const struct movement_word {
	const char *word;
	const char *movement;
} movement_words[] = {
    {"rotat", "orbit right"},
    {"turn", "orbit right"},
    {"spin", "orbit right"},
    {"orbit", "orbit left"},
    {"float", "slow tilt up"},
    {"ris", "slow tilt up"},
    {"fall", "slow tilt down"},
    {"zoom out", "slow zoom out"},
    {"reveal", "slow zoom out"},
    {"static", "static"},
    {"still", "static"},
};

static bool
contains_word_start(const char *text, const char *word)
{
	size_t len = strlen(word);

	for (const char *at = text; *at != '\0'; at++)
		if (strncasecmp(at, word, len) == 0 && (at == text || at[-1] == ' ' || at[-1] == ','))
			return true;
	return false;
}

/* Slow words calm every clip down, fast ones drive it. */
static double
energy(const char *text)
{
	static const char *const calm[] = {"slow", "calm", "gentl", "quiet", "elegant", "soft"};
	static const char *const lively[] = {"run", "fast", "sport", "energetic", "dynamic", "jump", "danc", "quick"};

	for (size_t i = 0; i < ARRAY_LEN(calm); i++)
		if (contains_word_start(text, calm[i]))
			return 0.8;
	for (size_t i = 0; i < ARRAY_LEN(lively); i++)
		if (contains_word_start(text, lively[i]))
			return 1.2;
	return 1.0;
}

static const struct scene_row *
scene_row(const char *view)
{
	for (size_t i = 0; i < ARRAY_LEN(scene_rows); i++)
		if (strcmp(scene_rows[i].view, view) == 0)
			return &scene_rows[i];
	return &scene_rows[0];
}

/* The scene's own word moves front and side pictures; the others keep what suits them, so that an advert does not make
 * one move four times. */
static const char *
movement(const struct scene_row *row, const char *scene)
{
	if (strcmp(row->view, "front") != 0 && strcmp(row->view, "side") != 0)
		return row->movement;
	for (size_t i = 0; i < ARRAY_LEN(movement_words); i++)
		if (contains_word_start(scene, movement_words[i].word))
			return movement_words[i].movement;
	return row->movement;
}

void
plan_clips_write(struct js_writer *w, const struct plan_clips *plan)
{
	double factor = energy(plan->video_prompt);

	js_open_array(w, "scenes");
	for (size_t i = 0; i < plan->views.count; i++) {
		const struct scene_row *row = scene_row(plan->views.items[i]);

		js_open_object(w, NULL);
		js_str(w, "image_view", plan->views.items[i]);
		js_strf(w, "scene_prompt", "%s, %s", plan->video_prompt, row->phrase);
		js_str(w, "camera_movement", movement(row, plan->video_prompt));
		js_fixed(w, "motion_intensity", FW_MIN(1.0, row->intensity * factor), 3);
		js_close(w);
	}
	js_close(w);
}
