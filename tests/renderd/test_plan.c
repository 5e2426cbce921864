#include "renderd/provider/plan.h"

#include <string.h>

#include "tests/harness/test_main.h"

static const struct js_value *
plan(const struct plan_images *request)
{
	struct buf buf = BUF_INIT(64 * KIB);
	const struct js_value *value = NULL;
	struct js_writer w;
	struct error err;

	error_clear(&err);
	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	plan_images_write(&w, request);
	js_close(&w);
	js_end(&w);
	CHECK_OK(js_parse_free(test_arena(), buf_str(&buf), buf.len, &value, &err), &err);
	buf_done(&buf);
	return value;
}

static const struct js_value *
shoes(int count)
{
	static const char *const words[] = {"studio", "vibrant"};
	const struct plan_images request = {.product_prompt = "pink tennis shoes with white laces",
	    .count = count,
	    .seed = 417293,
	    .keywords = {words, 2}};

	return plan(&request);
}

/* ADS-307, ADS-178, ADS-181 */
TEST(plan_has_as_many_prompts_as_asked_with_one_seed)
{
	for (int count = 4; count <= 8; count++) {
		const struct js_value *value = shoes(count);

		CHECK_INT(js_count(value, "/image_prompts"), count);
		CHECK_INT(js_number(value, "/consistency_seed", 0), 417293);
		for (int i = 0; i < count; i++)
			CHECK_INT(js_number(js_item(js_at(value, "/image_prompts"), (size_t)i), "/seed", 0), 417293);
	}
}

/* ADS-180, ADS-181 */
TEST(plan_takes_views_in_order)
{
	static const char *const views[] = {
	    "front", "side", "back", "top", "detail", "lifestyle", "lifestyle", "detail"};
	const struct js_value *prompts = js_at(shoes(8), "/image_prompts");

	for (size_t i = 0; i < ARRAY_LEN(views); i++) {
		CHECK_STR(js_text(js_item(prompts, i), "/view_type", ""), views[i]);
	}
	CHECK(strcmp(js_text(js_item(prompts, 5), "/prompt", ""), js_text(js_item(prompts, 6), "/prompt", "")) != 0);
	CHECK(strcmp(js_text(js_item(prompts, 4), "/prompt", ""), js_text(js_item(prompts, 7), "/prompt", "")) != 0);
	CHECK_INT(js_number(js_item(prompts, 6), "/variant", 0), 1);
}

/* ADS-179, ADS-186, ADS-187 */
TEST(plan_writes_prompts_of_the_template)
{
	const struct js_value *prompts = js_at(shoes(6), "/image_prompts");
	const char *front = js_text(js_item(prompts, 0), "/prompt", "");

	CHECK_CONTAINS(front, "Professional product photography of pink tennis shoes with white laces, front view");
	CHECK_CONTAINS(
	    front, "white seamless background, studio lighting with soft shadows, commercial photography, sharp focus");
	CHECK_CONTAINS(js_text(js_item(prompts, 4), "/prompt", ""), "macro close-up");
	CHECK_CONTAINS(js_text(js_item(prompts, 5), "/prompt", ""), "natural light");
	CHECK_STR(js_text(js_item(prompts, 0), "/negative_prompt", ""),
	    "blurry, distorted, low quality, watermark, text, logos, multiple products, hands, people");
	CHECK_STR(js_text(js_item(prompts, 4), "/negative_prompt", ""),
	    "blurry, distorted, low quality, watermark, text, logos");
	CHECK_STR(js_text(js_item(prompts, 5), "/negative_prompt", ""),
	    "blurry, distorted, low quality, watermark, text, indoor, studio");
	CHECK(js_real(js_item(prompts, 0), "/guidance_scale", 0) == 7.5);
	CHECK(js_real(js_item(prompts, 0), "/variation_strength", 0) == 0.3);
}

/* ADS-188 */
TEST(plan_keeps_the_users_keywords_first_and_at_most_ten)
{
	static const char *const ten[] = {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"};
	const struct plan_images request = {
	    .product_prompt = "shoes", .count = 4, .seed = 100000, .keywords = {ten, 10}};
	const struct js_value *value = plan(&request);

	CHECK_INT(js_count(value, "/style_keywords"), 10);
	CHECK_STR(js_text(shoes(4), "/style_keywords/0", ""), "studio");
	CHECK_STR(js_text(shoes(4), "/style_keywords/1", ""), "vibrant");
	CHECK(js_count(shoes(4), "/style_keywords") > 2);
}

TEST(plan_names_the_category)
{
	CHECK_STR(js_text(shoes(4), "/product_category", ""), "footwear");
}

static const struct js_value *
scenes(const char *prompt)
{
	static const char *const views[] = {"front", "side", "detail", "lifestyle", "front"};
	const struct plan_clips request = {.video_prompt = prompt, .views = {views, ARRAY_LEN(views)}};
	struct buf buf = BUF_INIT(64 * KIB);
	const struct js_value *value = NULL;
	struct js_writer w;
	struct error err;

	error_clear(&err);
	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	plan_clips_write(&w, &request);
	js_close(&w);
	js_end(&w);
	CHECK_OK(js_parse_free(test_arena(), buf_str(&buf), buf.len, &value, &err), &err);
	buf_done(&buf);
	return js_at(value, "/scenes");
}

/* ADS-202, ADS-204, ADS-206 */
TEST(scenes_are_one_per_picture_within_range)
{
	const struct js_value *list = scenes("girl running in sun, outdoor track");

	CHECK_INT(js_count(list, ""), 5);
	for (size_t i = 0; i < 5; i++) {
		double intensity = js_real(js_item(list, i), "/motion_intensity", -1);

		CHECK(intensity >= 0 && intensity <= 1);
		CHECK_CONTAINS(js_text(js_item(list, i), "/scene_prompt", ""), "girl running in sun");
	}
	CHECK_STR(js_text(js_item(list, 2), "/image_view", ""), "detail");
	CHECK_STR(js_text(js_item(list, 0), "/camera_movement", ""), "slow zoom in");
}

TEST(scene_words_move_the_camera)
{
	CHECK_STR(js_text(js_item(scenes("slow rotation on black velvet"), 0), "/camera_movement", ""), "orbit right");
	CHECK_STR(
	    js_text(js_item(scenes("product floating with droplets"), 0), "/camera_movement", ""), "slow tilt up");
	/* a part of another word moves nothing */
	CHECK_STR(js_text(js_item(scenes("a bright and instilling scene"), 0), "/camera_movement", ""), "slow zoom in");
	CHECK(js_real(js_item(scenes("slow and calm evening"), 0), "/motion_intensity", 1) <
	      js_real(js_item(scenes("a fast run"), 0), "/motion_intensity", 0));
}

TEST_MAIN(ROW(plan_has_as_many_prompts_as_asked_with_one_seed), ROW(plan_takes_views_in_order),
    ROW(plan_writes_prompts_of_the_template), ROW(plan_keeps_the_users_keywords_first_and_at_most_ten),
    ROW(plan_names_the_category), ROW(scenes_are_one_per_picture_within_range), ROW(scene_words_move_the_camera))
