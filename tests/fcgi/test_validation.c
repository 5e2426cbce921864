/* ADS-113 to ADS-130 and ADS-150, ADS-151: every limit of the start calls, on both sides. */
#include "tests/fcgi/fake.h"

#define S "\"session_id\":\"" FAKE_SESSION "\""
#define T10 "0123456789"
#define T50 T10 T10 T10 T10 T10
#define T100 T50 T50
#define T200 T100 T100
#define U10 "\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4\xc3\xa4"
#define IMAGES "/api/generate-images"
#define CLIPS "/api/generate-clips"
#define COMPOSE "/api/compose-final-video"
#define SAVE_I "/api/save-approved-images"
#define SAVE_C "/api/save-approved-clips"
#define P ",\"product_prompt\":\"pink shoes\""
#define V ",\"video_prompt\":\"girl running in sun\""
#define TEXT(rest) ",\"text_overlay\":{\"product_name\":\"AirRun\",\"cta\":\"Shop\"" rest "}"
#define IDS(n) ",\"approved_image_ids\":[" n "]"
#define CIDS(n) ",\"approved_clip_ids\":[" n "]"

static const struct {
	const char *path, *body;
	const char *pointer; /* NULL: accepted */
} cases[] = {
    /* session_id */
    {IMAGES, "{\"product_prompt\":\"pink shoes\"}", "/session_id"},
    {IMAGES, "{\"session_id\":\"abc\"" P "}", "/session_id"},
    {IMAGES, "{\"session_id\":7" P "}", "/session_id"},
    {CLIPS, "{\"video_prompt\":\"girl running in sun\"}", "/session_id"},
    /* product_prompt 3-200, trimmed, code points */
    {IMAGES, "{" S "}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":\"ab\"}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":\"  ab  \"}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":\"abc\"}", NULL},
    {IMAGES, "{" S ",\"product_prompt\":\"\xc3\xa4\xc3\xb6\"}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":\"" T200 "\"}", NULL},
    {IMAGES, "{" S ",\"product_prompt\":\"  " T200 "  \"}", NULL},
    {IMAGES, "{" S ",\"product_prompt\":\"" T200 "x\"}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":\"" T100 T50 U10 U10 U10 U10 U10 "\"}", NULL},
    {IMAGES, "{" S ",\"product_prompt\":\"" T100 T50 U10 U10 U10 U10 U10 "x\"}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":null}", "/product_prompt"},
    {IMAGES, "{" S ",\"product_prompt\":5}", "/product_prompt"},
    /* num_images 4-8 */
    {IMAGES, "{" S P ",\"num_images\":3}", "/num_images"},
    {IMAGES, "{" S P ",\"num_images\":4}", NULL},
    {IMAGES, "{" S P ",\"num_images\":8}", NULL},
    {IMAGES, "{" S P ",\"num_images\":9}", "/num_images"},
    {IMAGES, "{" S P ",\"num_images\":6.5}", "/num_images"},
    {IMAGES, "{" S P ",\"num_images\":\"6\"}", "/num_images"},
    /* style_keywords 0-10 of 1-30 */
    {IMAGES, "{" S P ",\"style_keywords\":[]}", NULL},
    {IMAGES, "{" S P ",\"style_keywords\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\"]}", NULL},
    {IMAGES, "{" S P ",\"style_keywords\":[\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\",\"j\",\"k\"]}",
	"/style_keywords"},
    {IMAGES, "{" S P ",\"style_keywords\":[\"" T10 T10 T10 "\"]}", NULL},
    {IMAGES, "{" S P ",\"style_keywords\":[\"" T10 T10 T10 "x\"]}", "/style_keywords/0"},
    {IMAGES, "{" S P ",\"style_keywords\":[\"studio\",\" \"]}", "/style_keywords/1"},
    {IMAGES, "{" S P ",\"style_keywords\":\"studio\"}", "/style_keywords"},
    /* model, fresh */
    {IMAGES, "{" S P ",\"model\":\"sdxl\"}", NULL},
    {IMAGES, "{" S P ",\"model\":\"runway-gen2\"}", "/model"},
    {IMAGES, "{" S P ",\"fresh\":true}", NULL},
    {IMAGES, "{" S P ",\"fresh\":\"yes\"}", "/fresh"},
    {IMAGES, "{" S P ",\"seed\":5}", "/seed"},
    /* video_prompt 10-300 */
    {CLIPS, "{" S "}", "/video_prompt"},
    {CLIPS, "{" S ",\"video_prompt\":\"short\"}", "/video_prompt"},
    {CLIPS, "{" S ",\"video_prompt\":\"012345678\"}", "/video_prompt"},
    {CLIPS, "{" S ",\"video_prompt\":\"" T10 "\"}", NULL},
    {CLIPS, "{" S ",\"video_prompt\":\"" T200 T100 "\"}", NULL},
    {CLIPS, "{" S ",\"video_prompt\":\"" T200 T100 "x\"}", "/video_prompt"},
    /* clip_duration 2.0-4.0 */
    {CLIPS, "{" S V ",\"clip_duration\":1.9}", "/clip_duration"},
    {CLIPS, "{" S V ",\"clip_duration\":2}", NULL},
    {CLIPS, "{" S V ",\"clip_duration\":4.0}", NULL},
    {CLIPS, "{" S V ",\"clip_duration\":4.01}", "/clip_duration"},
    {CLIPS, "{" S V ",\"clip_duration\":\"3\"}", "/clip_duration"},
    {CLIPS, "{" S V ",\"model\":\"runway-gen2\"}", NULL},
    {CLIPS, "{" S V ",\"model\":\"flux-pro\"}", "/model"},
    /* text_overlay */
    {COMPOSE, "{" S "}", "/text_overlay"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"cta\":\"Shop\"}}", "/text_overlay/product_name"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"AirRun\"}}", "/text_overlay/cta"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"\",\"cta\":\"Shop\"}}", "/text_overlay/product_name"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"  \",\"cta\":\"Shop\"}}", "/text_overlay/product_name"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"" T50 "\",\"cta\":\"Shop\"}}", NULL},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"" T50 "x\",\"cta\":\"Shop\"}}",
	"/text_overlay/product_name"},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"A\",\"cta\":\"" T10 T10 T10 "\"}}", NULL},
    {COMPOSE, "{" S ",\"text_overlay\":{\"product_name\":\"A\",\"cta\":\"" T10 T10 T10 "x\"}}", "/text_overlay/cta"},
    {COMPOSE, "{" S TEXT(",\"font\":\"Lato-Bold\"") "}", NULL},
    {COMPOSE, "{" S TEXT(",\"font\":\"Comic Sans\"") "}", "/text_overlay/font"},
    {COMPOSE, "{" S TEXT(",\"color\":\"#a0B1c2\"") "}", NULL},
    {COMPOSE, "{" S TEXT(",\"color\":\"#fff\"") "}", "/text_overlay/color"},
    {COMPOSE, "{" S TEXT(",\"color\":\"white\"") "}", "/text_overlay/color"},
    {COMPOSE, "{" S TEXT(",\"cta_lead_in\":2") "}", NULL},
    {COMPOSE, "{" S TEXT(",\"cta_lead_in\":2.1") "}", "/text_overlay/cta_lead_in"},
    {COMPOSE, "{" S TEXT(",\"cta_lead_in\":-0.1") "}", "/text_overlay/cta_lead_in"},
    {COMPOSE, "{" S TEXT(",\"name_start\":1.5,\"name_duration\":2") "}", NULL},
    {COMPOSE, "{" S TEXT(",\"size\":96") "}", "/text_overlay/size"},
    /* audio, cards, transition */
    {COMPOSE, "{" S TEXT("") ",\"audio\":{\"enabled\":true,\"genre\":\"chill\"}}", NULL},
    {COMPOSE, "{" S TEXT("") ",\"audio\":{\"enabled\":true,\"genre\":\"polka\"}}", NULL},
    {COMPOSE, "{" S TEXT("") ",\"audio\":{\"enabled\":1}}", "/audio/enabled"},
    {COMPOSE, "{" S TEXT("") ",\"audio\":{\"volume\":1}}", "/audio/volume"},
    {COMPOSE, "{" S TEXT("") ",\"intro_duration\":0,\"outro_duration\":3}", NULL},
    {COMPOSE, "{" S TEXT("") ",\"intro_duration\":3.1}", "/intro_duration"},
    {COMPOSE, "{" S TEXT("") ",\"outro_duration\":-1}", "/outro_duration"},
    {COMPOSE, "{" S TEXT("") ",\"transition\":\"cut\"}", NULL},
    {COMPOSE, "{" S TEXT("") ",\"transition\":\"wipe\"}", "/transition"},
    {COMPOSE, "{" S TEXT("") ",\"fit_duration\":false}", NULL},
    {COMPOSE, "{" S TEXT("") ",\"fit_duration\":0}", "/fit_duration"},
    /* selections */
    {SAVE_I, "{" S IDS("\"a\"") "}", "/approved_image_ids"},
    {SAVE_I, "{" S IDS("\"a\",\"b\"") "}", NULL},
    {SAVE_I, "{" S IDS("\"a\",\"a\"") "}", "/approved_image_ids/1"},
    {SAVE_I, "{" S IDS("\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\"") "}", NULL},
    {SAVE_I, "{" S IDS("\"a\",\"b\",\"c\",\"d\",\"e\",\"f\",\"g\",\"h\",\"i\"") "}", "/approved_image_ids"},
    {SAVE_I, "{" S "}", "/approved_image_ids"},
    {SAVE_C, "{" S CIDS("") "}", "/approved_clip_ids"},
    {SAVE_C, "{" S CIDS("\"a\"") "}", NULL},
    {SAVE_C, "{" S CIDS("\"a\",\"b\"") ",\"clip_order\":[\"b\",\"a\"]}", NULL},
    {SAVE_C, "{" S CIDS("\"a\",\"b\"") ",\"clip_order\":[\"b\",\"b\"]}", "/clip_order/1"},
    {SAVE_C, "{" S CIDS("\"a\",\"b\"") ",\"clip_order\":\"ab\"}", "/clip_order"},
};

TEST(limits_of_the_start_calls)
{
	fake_reset();
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const struct answer a = fake_post(cases[i].path, cases[i].body);
		bool good;

		if (cases[i].pointer == NULL) {
			good = CHECK(a.status == 202 || a.status == 200);
		} else {
			good = CHECK_INT(a.status, 422);
			good = CHECK_JSON_AT(a.body, "/code", "validation_error") && good;
			good = CHECK_JSON_AT(a.body, "/errors/0/pointer", cases[i].pointer) && good;
		}
		if (!good)
			(void)fprintf(stderr, "  case %zu: %s %s -> %s\n", i, cases[i].path, cases[i].body, a.body);
	}
}

TEST(all_wrong_fields_are_told_at_once)
{
	const struct answer a = fake_post(IMAGES, "{" S ",\"product_prompt\":\"a\",\"num_images\":1,\"colour\":2}");

	CHECK_CONTAINS(a.body, "{\"pointer\":\"/colour\",\"code\":\"unknown_field\"");
	CHECK_CONTAINS(a.body, "{\"pointer\":\"/product_prompt\",\"code\":\"too_short\"");
	CHECK_CONTAINS(a.body, "{\"pointer\":\"/num_images\",\"code\":\"too_small\"");
}

/* Defaults of section 4.3, as the session keeps them. */
TEST(defaults_are_filled_in)
{
	fake_reset();
	CHECK_INT(fake_post(IMAGES, "{" S ",\"product_prompt\":\"  pink shoes \"}").status, 202);
	CHECK_STR(fake.images.product_prompt, "pink shoes");
	CHECK_INT(fake.images.num_images, 6);
	CHECK_INT(fake.images.keyword_count, 0);
	CHECK_STR(fake.images.model, "flux-pro");
	CHECK(!fake.images.fresh);
	CHECK_INT(fake_post(CLIPS, "{" S V "}").status, 202);
	CHECK_INT(fake.clips.clip_duration_ms, 3000);
	CHECK_STR(fake.clips.model, "stable-video-diffusion");
	CHECK_INT(fake_post(COMPOSE, "{" S TEXT("") "}").status, 202);
	CHECK_JSON(fake.compose.request_json,
	    "{\"text_overlay\":{\"product_name\":\"AirRun\",\"cta\":\"Shop\",\"font\":\"Montserrat-Bold\",\"color\":\"#"
	    "FFFFFF\","
	    "\"cta_lead_in\":0,\"name_start\":0,\"name_duration\":1},\"audio\":{\"enabled\":false,\"genre\":\"upbeat\"}"
	    ","
	    "\"intro_duration\":1,\"outro_duration\":1,\"transition\":\"crossfade\",\"fit_duration\":true,\"aspect_"
	    "ratio\":\"16:9\"}");
}

TEST(order_defaults_to_the_selection)
{
	fake_reset();
	CHECK_INT(fake_post(SAVE_C, "{" S CIDS("\"a\",\"b\"") "}").status, 200);
	CHECK(!fake.has_order);
	CHECK_INT(fake_post(SAVE_C, "{" S CIDS("\"a\",\"b\"") ",\"clip_order\":[\"b\",\"a\"]}").status, 200);
	CHECK(fake.has_order);
	CHECK_INT(fake.order_count, 2);
}

TEST_MAIN(ROW(limits_of_the_start_calls), ROW(all_wrong_fields_are_told_at_once), ROW(defaults_are_filled_in),
    ROW(order_defaults_to_the_selection))
