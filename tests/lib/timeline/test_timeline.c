/*
 * Reading and checking timelines.
 */
#include "tests/harness/test_main.h"

#include "lib/timeline/timeline.h"

#define HEAD "{\"version\":1,\"output\":{\"width\":1920,\"height\":1080},"
#define CARD "{\"type\":\"card\",\"duration\":1,\"text\":\"Hi\"}"
#define CLIP "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}"

static int
parse(const char *json, struct timeline **timeline, struct error *err)
{
	static struct js_problems problems;

	memset(&problems, 0, sizeof(problems));
	return timeline_parse(test_arena(), json, strlen(json), timeline, &problems, err);
}

TEST(timeline_fills_defaults)
{
	struct timeline *timeline = NULL;
	struct error err = {0};
	const struct timeline_item *item;

	if (!CHECK_OK(parse(HEAD "\"tracks\":[{\"items\":[" CARD "," CLIP "]}]}", &timeline, &err), &err))
		return;
	CHECK_INT(timeline->output.fps.items[0], 30);
	CHECK(!timeline->output.has_audio);
	item = timeline_item_at(timeline_track_at(timeline, 0), 0);
	CHECK_INT(item->type, TIMELINE_CARD);
	CHECK_INT(item->rgb, 0xffffff);
	CHECK_INT(item->background_rgb, 0);
	item = timeline_item_at(timeline_track_at(timeline, 0), 1);
	CHECK_INT(item->duration_us, 3000000);
	CHECK_INT(item->speed_ppm, 1000000);
	CHECK_INT(item->fit, FIT_CONTAIN);
}

TEST(timeline_audio_null_is_silence)
{
	struct timeline *timeline = NULL;
	struct error err = {0};

	CHECK_OK(
	    parse(
		"{\"version\":1,\"output\":{\"width\":640,\"height\":360,\"audio\":null},\"tracks\":[{\"items\":[" CARD
		"]}]}",
		&timeline, &err),
	    &err);
	CHECK(timeline != NULL && !timeline->output.has_audio);
	CHECK_OK(
	    parse("{\"version\":1,\"output\":{\"width\":640,\"height\":360,\"audio\":{}},\"tracks\":[{\"items\":[" CARD
		  "]}]}",
		&timeline, &err),
	    &err);
	CHECK(timeline->output.has_audio && timeline->output.audio.rate == 48000);
}

TEST(timeline_points_at_what_is_wrong)
{
	static const struct {
		const char *json;
		const char *pointer;
	} rows[] = {
	    {HEAD "\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":1}]}]}", "/tracks/0/items/0/text"},
	    {HEAD "\"tracks\":[{\"items\":[" CARD ",{\"type\":\"clip\",\"duration\":1}]}]}", "/tracks/0/items/1/asset"},
	    {HEAD "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":0}]}]}", "/tracks/0/items/0/duration"},
	    {HEAD "\"tracks\":[{\"items\":[" CARD "],\"transitions\":[{\"after\":0}]}]}",
		"/tracks/0/transitions/0/after"},
	    {HEAD "\"tracks\":[{\"items\":[" CARD "," CARD "," CARD
		  "],\"transitions\":[{\"after\":0,\"duration\":0.6},{\"after\":1,\"duration\":0.6}]}]}",
		"/tracks/0/items/1/duration"},
	    {HEAD "\"tracks\":[{\"items\":[" CARD
		  "]}],\"overlays\":[{\"type\":\"text\",\"text\":\"x\",\"start\":2,\"end\":1}]}",
		"/overlays/0/end"},
	    {HEAD "\"tracks\":[{\"items\":[" CARD "]}],\"overlays\":[{\"type\":\"image\"}]}", "/overlays/0/asset"},
	    {"{\"version\":1,\"output\":{\"width\":1921,\"height\":1080},\"tracks\":[{\"items\":[" CARD "]}]}",
		"/output/width"},
	    {"{\"version\":1,\"output\":{\"width\":64,\"height\":64,\"fps\":[500,1]},\"tracks\":[{\"items\":[" CARD
	     "]}]}",
		"/output/fps"},
	    {"{\"version\":2,\"output\":{\"width\":64,\"height\":64},\"tracks\":[{\"items\":[" CARD "]}]}", "/version"},
	    {HEAD "\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":1,\"text\":\"a\",\"sped\":2}]}]}",
		"/tracks/0/items/0/sped"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct timeline *timeline = NULL;
		struct error err = {0};

		CHECK_FAILS(parse(rows[i].json, &timeline, &err), &err, ERR_INPUT);
		CHECK_STR(err.pointer, rows[i].pointer);
	}
}

TEST_MAIN(ROW(timeline_fills_defaults), ROW(timeline_audio_null_is_silence), ROW(timeline_points_at_what_is_wrong))
