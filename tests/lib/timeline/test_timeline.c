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

#define ITEMS(text) HEAD "\"tracks\":[{\"items\":[" text "]}]}"
#define TWO(transition) \
	HEAD "\"tracks\":[{\"items\":[" CLIP "," CLIP "],\"transitions\":[{\"after\":0," transition "}]}]}"
#define WITH(more) HEAD "\"tracks\":[{\"items\":[" CARD "]}]," more "}"

TEST(timeline_refuses_what_contradicts_itself)
{
	static const struct {
		const char *json;
		const char *pointer;
	} rows[] = {
	    {ITEMS("{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1,\"out\":2}"), "/tracks/0/items/0/out"},
	    {ITEMS("{\"type\":\"clip\",\"asset\":\"a\",\"in\":3,\"out\":2}"), "/tracks/0/items/0/out"},
	    {ITEMS("{\"type\":\"clip\",\"asset\":\"a\"}"), "/tracks/0/items/0/duration"},
	    {ITEMS("{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1,\"speed\":4.5}"), "/tracks/0/items/0/speed"},
	    {ITEMS("{\"type\":\"card\",\"text\":\"a\",\"duration\":1,\"motion\":[{\"at\":0}]}"),
		"/tracks/0/items/0/motion"},
	    {ITEMS("{\"type\":\"still\",\"asset\":\"a\",\"duration\":1,\"motion\":[{\"at\":1},{\"at\":1}]}"),
		"/tracks/0/items/0/motion"},
	    {ITEMS("{\"type\":\"still\",\"asset\":\"a\",\"duration\":1,\"denoise\":true}"),
		"/tracks/0/items/0/denoise"},
	    {ITEMS("{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1,\"look\":{\"contrast\":1.2}}"),
		"/tracks/0/items/0/grade"},
	    {TWO("\"type\":\"xfade:custom\""), "/tracks/0/transitions/0/type"},
	    {TWO("\"type\":\"melt\""), "/tracks/0/transitions/0/type"},
	    {TWO("\"type\":\"wipe\",\"direction\":\"sideways\""), "/tracks/0/transitions/0/direction"},
	    {WITH("\"overlays\":[{\"type\":\"text\",\"text\":\"a\",\"end\":1,\"fade_in\":0.6,\"fade_out\":0.6}]"),
		"/overlays/0/fade_out"},
	    {WITH("\"overlays\":[{\"type\":\"image\",\"asset\":\"a\",\"box\":{}}]"), "/overlays/0/box"},
	    {WITH("\"captions\":[{}]"), "/captions/0/cues"},
	    {WITH("\"captions\":[{\"cues\":[{\"start\":1,\"end\":1,\"text\":\"a\"}]}]"), "/captions/0/cues/0/end"},
	    {WITH("\"captions\":[{\"cues\":[{\"start\":1,\"end\":2,\"text\":\"a\"},"
		  "{\"start\":0,\"end\":2,\"text\":\"b\"}]}]"),
		"/captions/0/cues/1/start"},
	    {WITH("\"captions\":[{\"cues\":[{\"start\":1,\"end\":2,\"text\":\"a\",\"words\":["
		  "{\"text\":\"a\",\"start\":2,\"end\":1}]}]}]"),
		"/captions/0/cues/0/words"},
	    {WITH("\"audio\":[{\"asset\":\"a\",\"duration\":1,\"fade_in\":2}]"), "/audio/0/fade_out"},
	    {WITH("\"look\":{\"sharpen\":2}"), "/look/sharpen"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct timeline *timeline = NULL;
		struct error err = {0};

		CHECK_FAILS(parse(rows[i].json, &timeline, &err), &err, ERR_INPUT);
		CHECK_STR(err.pointer, rows[i].pointer);
	}
}

TEST(timeline_clip_ends_where_its_out_says)
{
	struct timeline *timeline = NULL;
	struct error err = {0};

	if (!CHECK_OK(
		parse(ITEMS("{\"type\":\"clip\",\"asset\":\"a\",\"in\":1,\"out\":4,\"speed\":2}"), &timeline, &err),
		&err))
		return;
	CHECK_INT(timeline_item_at(timeline_track_at(timeline, 0), 0)->duration_us, 1500000);
}

/* SCENE-69: what a transition lasts when nobody says; SCENE-73: direction and easing. */
TEST(timeline_transitions_have_their_usual_length)
{
	static const struct {
		const char *json;
		enum timeline_transition_type type;
		int64_t us;
		bool overlaps;
	} rows[] = {
	    {TWO("\"type\":\"fade\""), TRANSITION_FADE, 500000, false},
	    {TWO("\"type\":\"dissolve\""), TRANSITION_DISSOLVE, 1000000, true},
	    {TWO("\"type\":\"wipe\",\"direction\":\"down\""), TRANSITION_WIPE, 750000, true},
	    {TWO("\"type\":\"slide\",\"easing\":\"ease-in\""), TRANSITION_SLIDE, 750000, true},
	    {TWO("\"type\":\"xfade:circleopen\",\"duration\":0.3"), TRANSITION_XFADE, 300000, true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct timeline *timeline = NULL;
		struct error err = {0};
		const struct timeline_transition *transition;

		if (!CHECK_OK(parse(rows[i].json, &timeline, &err), &err))
			continue;
		transition = timeline_transition_after(timeline_track_at(timeline, 0), 0);
		CHECK_INT(transition->type, rows[i].type);
		CHECK_INT(transition->duration_us, rows[i].us);
		CHECK_INT(timeline_overlaps(transition), rows[i].overlaps);
		CHECK(rows[i].type != TRANSITION_WIPE || transition->direction == DIRECTION_DOWN);
		CHECK(rows[i].type != TRANSITION_SLIDE || transition->easing == EASE_IN);
		CHECK((rows[i].type == TRANSITION_XFADE) == (transition->xfade != NULL));
	}
}

TEST(timeline_reads_captions_and_ducking)
{
	struct timeline *timeline = NULL;
	struct error err = {0};
	const struct timeline_captions *captions;

	if (!CHECK_OK(parse("{\"version\":1,\"output\":{\"width\":64,\"height\":64,\"audio\":{}},"
			    "\"tracks\":[{\"items\":[" CARD "]}],\"captions\":[{\"modes\":[\"burn\",\"track\"],"
			    "\"look\":\"karaoke\",\"offset\":-0.5,\"cues\":[{\"start\":1,\"end\":2,\"text\":\"hi you\","
			    "\"words\":[{\"text\":\"hi\",\"start\":1,\"end\":1.4}]}]}]}",
			  &timeline, &err),
		&err))
		return;
	captions = timeline_captions_at(timeline, 0);
	CHECK(captions->modes[CAPTION_BURN] && captions->modes[CAPTION_TRACK] && !captions->modes[CAPTION_SIDECAR]);
	CHECK_INT(captions->look, CAPTION_KARAOKE);
	CHECK_INT(captions->anchor, ANCHOR_BOTTOM);
	CHECK_INT(captions->offset_us, -500000);
	CHECK_INT(timeline_word_at(timeline_cue_at(captions, 0), 0)->end_us, 1400000);
	/* SCENE-91 */
	CHECK(timeline->output.audio.ducking.music_db == 10 && timeline->output.audio.ducking.sfx_db == 3);
}

TEST_MAIN(ROW(timeline_fills_defaults), ROW(timeline_audio_null_is_silence), ROW(timeline_points_at_what_is_wrong),
    ROW(timeline_refuses_what_contradicts_itself), ROW(timeline_clip_ends_where_its_out_says),
    ROW(timeline_transitions_have_their_usual_length), ROW(timeline_reads_captions_and_ducking))
