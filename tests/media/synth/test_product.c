/* The built-in photographer: the same request gives the same picture, all views show one design, words and seeds matter
 * (ADS-201). */
#include "media/synth/product.h"

#include <stdlib.h>
#include <string.h>

#include "tests/harness/test_main.h"

/* fontconfig keeps its pattern cache for the life of the process; the leak checker would count it as ours */
const char *__lsan_default_suppressions(void);
const char *
__lsan_default_suppressions(void)
{
	return "leak:libfontconfig\n";
}

#define SIDE 64
#define BYTES ((size_t)SIDE * SIDE * 3)

static const char *const views[] = {"front", "side", "back", "top", "detail", "lifestyle"};

struct shot {
	uint8_t rgb[BYTES];
};

static void
shoot(const char *prompt, const char *view, int variant, int64_t seed, struct shot *shot)
{
	const struct product_request request = {
	    .prompt = prompt, .view = view, .seed = seed, .variant = variant, .width = SIDE, .height = SIDE};
	struct error err = {0};
	memset(shot->rgb, 0, BYTES);
	CHECK_OK(product_render(&request, shot->rgb, &err), &err);
}

static double
mean_difference(const struct shot *a, const struct shot *b)
{
	double sum = 0;
	for (size_t i = 0; i < BYTES; i++)
		sum += abs(a->rgb[i] - b->rgb[i]);
	return sum / (double)BYTES;
}

/* The mean hue vector of all strongly coloured pixels: red minus green and blue minus green, both relative to
 * brightness. */
static size_t
product_tint(const struct shot *shot, double ret[2])
{
	size_t n = 0;
	ret[0] = ret[1] = 0;
	for (size_t i = 0; i < BYTES; i += 3) {
		const double r = shot->rgb[i], g = shot->rgb[i + 1], b = shot->rgb[i + 2];
		const double high = FW_MAX(r, FW_MAX(g, b)), low = FW_MIN(r, FW_MIN(g, b));
		if (high < 60 || high - low < 0.3 * high)
			continue;
		ret[0] += (r - g) / high;
		ret[1] += (b - g) / high;
		n++;
	}
	if (n > 0) {
		ret[0] /= (double)n;
		ret[1] /= (double)n;
	}
	return n;
}

TEST(same_request_gives_the_same_bytes)
{
	static struct shot a, b;
	shoot("pink tennis shoes with white laces", "front", 0, 123456, &a);
	shoot("pink tennis shoes with white laces", "front", 0, 123456, &b);
	CHECK(memcmp(a.rgb, b.rgb, BYTES) == 0);
}

TEST(studio_views_share_the_colours_of_one_design_ads_201)
{
	static struct shot shot;
	double first[2], other[2];
	shoot("pink tennis shoes with white laces", "front", 0, 123456, &shot);
	CHECK(product_tint(&shot, first) > 100);
	CHECK(first[0] > 0.15 && first[1] > 0.0); /* pink: red over green, blue over green */
	for (size_t i = 1; i < 5; i++) {
		shoot("pink tennis shoes with white laces", views[i], 0, 123456, &shot);
		CHECK(product_tint(&shot, other) > 50);
		CHECK(other[0] - first[0] < 0.15 && first[0] - other[0] < 0.15);
		CHECK(other[1] - first[1] < 0.15 && first[1] - other[1] < 0.15);
	}
}

TEST(views_differ_visibly_ads_201)
{
	static struct shot shots[6];
	for (size_t i = 0; i < 6; i++)
		shoot("handmade ceramic coffee mug", views[i], 0, 4711, &shots[i]);
	for (size_t i = 0; i < 6; i++)
		for (size_t k = i + 1; k < 6; k++)
			CHECK(mean_difference(&shots[i], &shots[k]) > 2.0);
}

TEST(pictures_seven_and_eight_have_another_setting_ads_181)
{
	static struct shot a, b;
	shoot("white skincare bottle", "lifestyle", 0, 9, &a);
	shoot("white skincare bottle", "lifestyle", 1, 9, &b);
	CHECK(mean_difference(&a, &b) > 8.0);
	shoot("white skincare bottle", "detail", 0, 9, &a);
	shoot("white skincare bottle", "detail", 1, 9, &b);
	CHECK(mean_difference(&a, &b) > 2.0);
}

TEST(seed_chooses_colours_that_are_not_named)
{
	static struct shot a, b;
	shoot("bluetooth speaker", "front", 0, 1, &a);
	shoot("bluetooth speaker", "front", 0, 5, &b);
	CHECK(mean_difference(&a, &b) > 2.0);
}

TEST(photographers_phrases_do_not_change_the_design)
{
	static struct shot a, b;
	double plain[2], full[2];
	shoot("red leather handbag", "front", 0, 31, &a);
	shoot("Professional product photography of red leather handbag, front view, white seamless background, studio "
	      "lighting",
	    "front", 0, 31, &b);
	CHECK(product_tint(&a, plain) > 100 && product_tint(&b, full) > 100);
	CHECK(mean_difference(&a, &b) < 12.0);
}

TEST(every_form_paints_a_product)
{
	static const char *const prompts[] = {"gold watch", "face serum", "hand lotion", "night cream",
	    "sunscreen tube", "perfume", "honey jar", "paper cup latte", "lemon soda can", "orange juice bottle",
	    "coffee beans pouch", "headphones", "smartphone", "speaker", "backpack", "armchair", "table lamp",
	    "something else", ""};
	static struct shot shot;
	for (size_t i = 0; i < ARRAY_LEN(prompts); i++) {
		shoot(prompts[i], "front", 0, 77, &shot);
		uint8_t low = 255, high = 0;
		for (size_t k = 0; k < BYTES; k++) {
			low = FW_MIN(low, shot.rgb[k]);
			high = FW_MAX(high, shot.rgb[k]);
		}
		CHECK(high - low > 80); /* light and shadow, not a flat sheet */
	}
}

static bool
stop_at_once(void *arg)
{
	++*(int *)arg;
	return true;
}

TEST(refuses_unknown_views_and_sizes_and_can_be_stopped)
{
	static struct shot shot;
	int asked = 0;
	struct error err = {0};
	struct product_request request = {.prompt = "shoe", .view = "inside", .width = SIDE, .height = SIDE};
	CHECK_FAILS(product_render(&request, shot.rgb, &err), &err, ERR_INPUT);
	request.view = "front";
	request.width = PRODUCT_SIZE_MAX + 1;
	CHECK_FAILS(product_render(&request, shot.rgb, &err), &err, ERR_INPUT);
	request.width = SIDE;
	request.stop = stop_at_once;
	request.arg = &asked;
	CHECK_FAILS(product_render(&request, shot.rgb, &err), &err, ERR_CANCELLED);
	CHECK_INT(asked, 1);
}

TEST(words_find_the_category)
{
	static const struct {
		const char *prompt;
		enum product_category category;
		enum product_form form;
	} rows[] = {
	    {"pink tennis shoes with white laces", PRODUCT_FOOTWEAR, PRODUCT_FORM_SNEAKER},
	    {"luxury gold watch with leather strap on marble surface", PRODUCT_WATCH, PRODUCT_FORM_WATCH},
	    {"white minimalist skincare bottle on clean background", PRODUCT_SKINCARE, PRODUCT_FORM_BOTTLE},
	    {"wireless noise cancelling headphones in midnight blue", PRODUCT_ELECTRONICS, PRODUCT_FORM_HEADPHONES},
	    {"artisan strawberry jam in a glass jar", PRODUCT_FOOD, PRODUCT_FORM_JAR},
	    {"handmade ceramic coffee mug", PRODUCT_FOOD, PRODUCT_FORM_MUG},
	    {"vegan leather backpack in olive green", PRODUCT_BAG, PRODUCT_FORM_BACKPACK},
	    {"mid-century armchair", PRODUCT_FURNITURE, PRODUCT_FORM_CHAIR},
	    {"a thing", PRODUCT_GENERIC, PRODUCT_FORM_BOX},
	};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct product_words words;
		product_words_parse(rows[i].prompt, &words);
		CHECK_INT(words.category, rows[i].category);
		CHECK_INT(words.form, rows[i].form);
	}
	CHECK_STR(product_category_name(PRODUCT_FOOTWEAR), "footwear");
}

TEST(words_give_colours_to_the_parts_they_describe)
{
	struct product_words words;
	product_words_parse("pink tennis shoes with white laces and black soles", &words);
	CHECK(words.colour[PRODUCT_PART_MAIN].set && words.colour[PRODUCT_PART_LACES].set &&
	      words.colour[PRODUCT_PART_SOLE].set);
	CHECK(words.colour[PRODUCT_PART_LACES].rgb > 0xe00000);
	CHECK(words.colour[PRODUCT_PART_SOLE].rgb < 0x400000);
	CHECK(!words.colour[PRODUCT_PART_ACCENT].set);
	product_words_parse("gold watch with leather strap on black velvet", &words);
	CHECK_INT(words.material[PRODUCT_PART_MAIN], PRODUCT_MATERIAL_GOLD);
	CHECK_INT(words.material[PRODUCT_PART_STRAP], PRODUCT_MATERIAL_LEATHER);
	CHECK_INT(words.ground, PRODUCT_GROUND_DARK);
	product_words_parse("red mug, front view, white seamless background", &words);
	CHECK_INT(words.ground, PRODUCT_GROUND_NONE);
	CHECK(!words.colour[PRODUCT_PART_ACCENT].set);
	product_words_parse(NULL, &words);
	CHECK_INT(words.category, PRODUCT_GENERIC);
	CHECK_STR(words.title, "");
}

TEST_MAIN(ROW(same_request_gives_the_same_bytes), ROW(studio_views_share_the_colours_of_one_design_ads_201),
    ROW(views_differ_visibly_ads_201), ROW(pictures_seven_and_eight_have_another_setting_ads_181),
    ROW(seed_chooses_colours_that_are_not_named), ROW(photographers_phrases_do_not_change_the_design),
    ROW(every_form_paints_a_product), ROW(refuses_unknown_views_and_sizes_and_can_be_stopped),
    ROW(words_find_the_category), ROW(words_give_colours_to_the_parts_they_describe))
