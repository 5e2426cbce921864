/*
 * The advert's lengths (ADS-217..229) and its timeline.
 */
#include "tests/harness/test_main.h"

#include "lib/timeline/advert.h"
#include "lib/timeline/plan.h"

static const struct advert_clip clips3[] = {{"a1", 3}, {"a2", 3}, {"a3", 3}};
static const struct advert_clip clips6[] = {{"a1", 4}, {"a2", 4}, {"a3", 4}, {"a4", 4}, {"a5", 4}, {"a6", 4}};
static const struct advert_clip clips2[] = {{"a1", 2}, {"a2", 2}};
static const struct advert_clip uneven[] = {{"a1", 1.1}, {"a2", 8}, {"a3", 0.8}, {"a4", 8}};

static struct advert
advert(const struct advert_clip *clips, size_t n)
{
	return (struct advert){
	    .clips = clips,
	    .n_clips = n,
	    .intro_s = 1,
	    .outro_s = 1,
	    .crossfade = true,
	    .fit = true,
	    .name = "AirRun \"Pro\"",
	    .cta = "Shop now: 50% \\ off",
	    .font = "Montserrat-Bold",
	    .color = "#FF0000",
	    .name_duration_s = 1,
	};
}

static struct advert_length
length_of(struct advert ad)
{
	struct advert_length length = {0};
	struct error err = {0};

	(void)CHECK_OK(advert_length(&ad, &length, &err), &err);
	return length;
}

TEST(advert_natural_length_is_the_formula) /* ADS-228 */
{
	struct advert ad = advert(clips3, 3);

	CHECK_INT(length_of(ad).natural_us, 10500000);
	CHECK_INT(length_of(ad).film_us, 10500000);
	ad.crossfade = false;
	CHECK_INT(length_of(ad).natural_us, 11000000);
	ad.intro_s = 0;
	ad.outro_s = 2.5;
	CHECK_INT(length_of(ad).natural_us, 11500000);
}

TEST(advert_long_ones_are_trimmed) /* ADS-229 */
{
	const struct advert_length length = length_of(advert(clips6, 6));

	CHECK_INT(length.natural_us, 24750000);
	CHECK_INT(length.film_us, 12000000);
	CHECK(length.factor < 1);
	CHECK(!length.out_of_range);
	CHECK_INT(length_of(advert(uneven, 4)).film_us, 12000000);
}

TEST(advert_trim_stops_at_a_second)
{
	struct advert_clip many[ADVERT_CLIPS_MAX];
	struct advert_length length;

	for (size_t i = 0; i < ADVERT_CLIPS_MAX; i++)
		many[i] = (struct advert_clip){"a", 2};
	length = length_of(advert(many, ADVERT_CLIPS_MAX));
	/* 1 + 16 * 1 - 15 * 0.25 + 1 */
	CHECK_INT(length.film_us, 14250000);
	CHECK(length.out_of_range);
}

TEST(advert_short_ones_are_slowed_then_held) /* ADS-229 */
{
	struct advert ad = advert(clips2, 2);
	struct advert_length length;

	/* 1 + 4 - 0.25 + 1 = 5.75; at 1.5 the clips make 6 s: 7.75, so 0.25 s are held */
	length = length_of(ad);
	CHECK_INT(length.film_us, 8000000);
	CHECK_INT(length.hold_us, 250000);
	ad.intro_s = ad.outro_s = 1.2;
	length = length_of(ad);
	CHECK_INT(length.film_us, 8000000);
	CHECK_INT(length.hold_us, 0);
	CHECK(length.factor > 1 && length.factor < 1.5);
	ad.fit = false;
	length = length_of(ad);
	CHECK_INT(length.film_us, 6150000);
	CHECK(length.out_of_range);
}

TEST(advert_refuses_nothing_and_too_much)
{
	static const struct advert_clip empty[] = {{"a1", 0}};
	struct advert ad = advert(NULL, 0);
	struct advert_length length;
	struct error err = {0};

	CHECK_FAILS(advert_length(&ad, &length, &err), &err, ERR_INPUT);
	ad = advert(empty, 1);
	CHECK_FAILS(advert_length(&ad, &length, &err), &err, ERR_INPUT);
	ad = advert(clips3, ADVERT_CLIPS_MAX + 1);
	CHECK_FAILS(advert_length(&ad, &length, &err), &err, ERR_INPUT);
}

/* What is written is a timeline of exactly the promised length, whatever the clips are. */
TEST(advert_timeline_has_the_length)
{
	static const struct plan_fact assets[] = {
	    {"a1", "1"}, {"a2", "2"}, {"a3", "3"}, {"a4", "4"}, {"a5", "5"}, {"a6", "6"}, {ADVERT_MUSIC, "7"}};
	static const struct plan_fact fonts[] = {{"Montserrat-Bold", "f"}};
	static const struct plan_facts facts = {
	    .engine = "e", .assets = assets, .n_assets = 7, .fonts = fonts, .n_fonts = 1};
	const struct advert ads[] = {
	    advert(clips3, 3), advert(clips6, 6), advert(clips2, 2), advert(uneven, 4), advert(clips3, 1)};

	for (size_t i = 0; i < ARRAY_LEN(ads); i++) {
		struct advert ad = ads[i];
		struct buf json = BUF_INIT(64 * KIB);
		struct advert_length length = {0};
		struct js_problems problems = {0};
		struct timeline *timeline = NULL;
		struct plan *plan = NULL;
		struct error err = {0};

		ad.music = i % 2 == 0;
		CHECK_OK(advert_write(&ad, &json, &length, &err), &err);
		if (CHECK_OK(
			timeline_parse(test_arena(), buf_str(&json), json.len, &timeline, &problems, &err), &err) &&
		    CHECK_OK(plan_make(test_arena(), timeline, &facts, &plan, &err), &err)) {
			CHECK_INT(plan->frames, plan_frame(length.film_us, 30, 1));
			CHECK_INT(timeline->output.has_audio, ad.music);
			CHECK_STR(timeline_item_at(timeline_track_at(timeline, 0), 0)->text, ad.name);
		}
		buf_done(&json);
	}
}

TEST(advert_overlays_are_where_the_rules_say) /* ADS-220, ADS-221, SUP-12 */
{
	struct advert ad = advert(clips3, 3);
	struct buf json = BUF_INIT(64 * KIB);
	struct error err = {0};

	ad.cta_lead_in_s = 0.5;
	ad.name_start_s = 0.25;
	ad.name_duration_s = 100;
	CHECK_OK(advert_write(&ad, &json, NULL, &err), &err);
	CHECK_JSON_AT(buf_str(&json), "/overlays/0/start", "1.25");
	CHECK_JSON_AT(buf_str(&json), "/overlays/0/end", "10.5");
	CHECK_JSON_AT(buf_str(&json), "/overlays/0/size", "72");
	CHECK_JSON_AT(buf_str(&json), "/overlays/0/color", "#FF0000");
	CHECK_JSON_AT(buf_str(&json), "/overlays/1/start", "9");
	CHECK_JSON_AT(buf_str(&json), "/overlays/1/anchor", "bottom");
	CHECK_JSON_AT(buf_str(&json), "/overlays/1/size", "56");
	CHECK_JSON_AT(buf_str(&json), "/tracks/0/items/0/color", "#FFFFFF");
	buf_done(&json);
}

TEST_MAIN(ROW(advert_natural_length_is_the_formula), ROW(advert_long_ones_are_trimmed),
    ROW(advert_trim_stops_at_a_second), ROW(advert_short_ones_are_slowed_then_held),
    ROW(advert_refuses_nothing_and_too_much), ROW(advert_timeline_has_the_length),
    ROW(advert_overlays_are_where_the_rules_say))
