/*
 * Frames, spans and keys.
 */
#include "tests/harness/test_main.h"

#include "lib/timeline/estimate.h"
#include "lib/timeline/motion.h"

#define OUTPUT "{\"version\":1,\"output\":{\"width\":1920,\"height\":1080,\"fps\":[30,1]},"

static struct plan *
plan(const char *json)
{
	static const struct plan_fact assets[] = {{"a", "digest-a"}, {"b", "digest-b"}, {"c", "digest-c"}};
	static const struct plan_fact fonts[] = {{"Montserrat-Bold", "digest-font"}};
	static const struct plan_facts facts = {
	    .engine = "test", .assets = assets, .n_assets = 3, .fonts = fonts, .n_fonts = 1};
	static struct js_problems problems;
	struct timeline *timeline;
	struct plan *made = NULL;
	struct error err = {0};

	memset(&problems, 0, sizeof(problems));
	if (CHECK_OK(timeline_parse(test_arena(), json, strlen(json), &timeline, &problems, &err), &err))
		(void)CHECK_OK(plan_make(test_arena(), timeline, &facts, &made, &err), &err);
	return made;
}

/* Spans lie end to end over the whole film. */
static void
check_whole(const struct plan *made)
{
	int64_t at = 0;

	for (size_t i = 0; i < made->n_spans; i++) {
		CHECK_INT(made->spans[i].start, at);
		CHECK(made->spans[i].frames >= FW_MIN(made->frames, PLAN_SPAN_MIN));
		CHECK(made->spans[i].frames <= PLAN_SPAN_LONG + 2 * PLAN_SPAN_MIN);
		CHECK_INT(strlen(made->spans[i].key), 64);
		at += made->spans[i].frames;
	}
	CHECK_INT(at, made->frames);
}

static const char advert[] =
    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":1,\"text\":\"Name\"},"
	   "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3},{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3},"
	   "{\"type\":\"clip\",\"asset\":\"c\",\"duration\":3},{\"type\":\"card\",\"duration\":1,\"text\":\"Buy\"}],"
	   "\"transitions\":[{\"after\":1,\"duration\":0.25},{\"after\":2,\"duration\":0.25}]}],"
	   "\"overlays\":[{\"type\":\"text\",\"text\":\"Name\",\"start\":1,\"end\":2},"
	   "{\"type\":\"text\",\"text\":\"Buy\",\"start\":9.5,\"anchor\":\"bottom\"}]}";

/* ADS-228: 1 + 9 - 0.5 + 1 = 10.5 s, although 0.25 s are 7.5 frames. */
TEST(plan_rounds_places_not_lengths)
{
	const struct plan *made = plan(advert);
	static const int64_t starts[] = {0, 30, 60, 113, 120, 195, 203, 285};

	if (made == NULL)
		return;
	CHECK_INT(made->frames, 315);
	check_whole(made);
	CHECK_INT(made->n_spans, ARRAY_LEN(starts));
	for (size_t i = 0; i < FW_MIN(made->n_spans, ARRAY_LEN(starts)); i++)
		CHECK_INT(made->spans[i].start, starts[i]);
	CHECK_INT(made->spans[0].kind, PLAN_CARD);
	CHECK_INT(made->spans[2].kind, PLAN_BODY);
	CHECK_INT(made->spans[3].kind, PLAN_OVERLAP);
	CHECK_INT(made->spans[3].n_layers, 2);
	CHECK_INT(made->spans[7].kind, PLAN_CARD);
}

static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	CHECK(at != NULL);
	return at == NULL ? NULL
			  : arena_printf(test_arena(), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static size_t
common_keys(const struct plan *a, const struct plan *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->n_spans; i++) {
		for (size_t k = 0; k < a->n_spans; k++) {
			if (strcmp(a->spans[k].key, b->spans[i].key) == 0) {
				count++;
				break;
			}
		}
	}
	return count;
}

TEST(plan_keys_change_only_where_pixels_do)
{
	static const struct {
		const char *from, *to;
		size_t kept; /* of 8 spans */
	} rows[] = {
	    {"\"start\":9.5,\"anchor\":\"bottom\"", "\"start\":9.5,\"anchor\":\"top\"", 7},
	    {"\"text\":\"Buy\"}]", "\"text\":\"Now\"}]", 7},
	    /* a longer card moves everything behind it by whole frames and changes itself and what lies under the
	       overlay */
	    {"\"start\":1,\"end\":2", "\"start\":1,\"end\":2,\"opacity\":0.5", 7},
	    {"\"asset\":\"c\"", "\"asset\":\"a\"", 6},
	    {"\"asset\":\"b\",\"duration\":3", "\"asset\":\"b\",\"duration\":3,\"fit\":\"cover\"", 5},
	};
	const struct plan *before = plan(advert);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *after = plan(replaced(advert, rows[i].from, rows[i].to));

		CHECK(strcmp(before->key, after->key) != 0);
		CHECK_INT(common_keys(before, after), rows[i].kept);
	}
}

TEST(plan_keys_do_not_depend_on_the_place)
{
	const struct plan *before = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":1},"
						"{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}]}]}");
	const struct plan *after = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":2},"
					       "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}]}]}");

	CHECK_STR(after->spans[1].key, before->spans[1].key);
	CHECK(strcmp(after->spans[0].key, before->spans[0].key) != 0);
}

TEST(plan_divides_long_bodies)
{
	static const struct {
		const char *seconds;
		size_t spans;
	} rows[] = {{"8", 1}, {"8.0334", 2}, {"16", 2}, {"16.04", 3}, {"60", 8}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *made = plan(arena_printf(test_arena(),
		    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":%s}]}]}",
		    rows[i].seconds));

		CHECK_INT(made->n_spans, rows[i].spans);
		check_whole(made);
		for (size_t k = 0; k < made->n_spans && made->n_spans > 1; k++)
			CHECK(made->spans[k].frames >= PLAN_SPAN_PIECE);
	}
}

TEST(plan_merges_short_pieces)
{
	/* the overlay would leave pieces of 1 and 2 frames */
	const struct plan *made = plan(OUTPUT
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1},{\"type\":\"clip\",\"asset\":"
	    "\"b\","
	    "\"duration\":1}]}],\"overlays\":[{\"type\":\"text\",\"text\":\"x\",\"start\":0.034,\"end\":0.95}]}");

	check_whole(made);
	made = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":0.04}]}]}");
	CHECK_INT(made->frames, 1);
	CHECK_INT(made->n_spans, 1);
}

TEST(plan_names_what_is_missing)
{
	static const struct plan_facts facts = {.engine = "test"};
	static const char json[] =
	    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1}]}]}";
	static struct js_problems problems;
	struct timeline *timeline;
	struct plan *made;
	struct error err = {0};

	CHECK_OK(timeline_parse(test_arena(), json, sizeof(json) - 1, &timeline, &problems, &err), &err);
	CHECK_FAILS_CODE(plan_make(test_arena(), timeline, &facts, &made, &err), &err, ERR_INPUT, "clip_unavailable");
}

TEST(plan_hides_what_is_covered)
{
	const struct plan *made =
	    plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":2}]},"
			"{\"items\":[{\"type\":\"gap\",\"duration\":1},{\"type\":\"colour\",\"duration\":1}]}]}");

	CHECK_INT(made->n_spans, 2);
	CHECK_INT(made->spans[0].n_layers, 1);
	CHECK_INT(made->spans[1].n_layers, 1);
	CHECK_INT(made->layers[made->spans[1].layers[0]].item->type, TIMELINE_COLOUR);
}

#define CLIPS(transition, more) \
	OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}," \
	       "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3" more "}],\"transitions\":[" transition "]}]}"

/* SCENE-69, SCENE-74: a fade takes no time from the film, and colours only its own frames. */
TEST(plan_fade_takes_no_time)
{
	const struct plan *cut = plan(CLIPS("", "")), *fade = plan(CLIPS("{\"after\":0,\"type\":\"fade\"}", ""));

	CHECK_INT(cut->frames, 180);
	CHECK_INT(fade->frames, 180);
	CHECK_INT(plan(CLIPS("{\"after\":0,\"type\":\"wipe\",\"duration\":1}", ""))->frames, 150);
	CHECK_INT(fade->n_spans, 4);
	CHECK_INT(fade->spans[1].start, 75);
	CHECK_INT(fade->spans[2].start, 90);
	CHECK_INT(fade->spans[3].start, 105);
	CHECK_INT(fade->layers[0].leave_frames, 15);
	CHECK_INT(fade->layers[1].enter_frames, 15);
	check_whole(fade);
}

TEST(plan_keys_know_how_a_transition_looks)
{
	static const char *const looks[] = {"\"type\":\"wipe\"", "\"type\":\"wipe\",\"direction\":\"up\"",
	    "\"type\":\"wipe\",\"easing\":\"ease-in\"", "\"type\":\"slide\"", "\"type\":\"xfade:radial\"",
	    "\"type\":\"xfade:pixelize\""};
	const struct plan *made[ARRAY_LEN(looks)];

	for (size_t i = 0; i < ARRAY_LEN(looks); i++) {
		made[i] = plan(arena_printf(test_arena(), CLIPS("{\"after\":0,\"duration\":1,%s}", ""), looks[i]));
		for (size_t k = 0; k < i; k++) {
			CHECK_STR(made[i]->spans[0].key, made[k]->spans[0].key);
			CHECK(strcmp(made[i]->spans[1].key, made[k]->spans[1].key) != 0);
			CHECK_STR(made[i]->spans[2].key, made[k]->spans[2].key);
		}
	}
}

TEST(plan_keys_follow_the_camera_only_while_it_moves)
{
#define CAMERA(zoom) ",\"motion\":[{\"at\":1,\"zoom\":1},{\"at\":2,\"zoom\":" zoom "}]"
	const struct plan *a = plan(CLIPS("", CAMERA("1.2"))), *b = plan(CLIPS("", CAMERA("1.3"))),
			  *none = plan(CLIPS("", ""));

	CHECK_STR(a->spans[0].key, b->spans[0].key);
	CHECK(strcmp(a->spans[1].key, b->spans[1].key) != 0);
	CHECK(strcmp(a->spans[1].key, none->spans[1].key) != 0);
	CHECK_STR(a->spans[0].key, none->spans[0].key);
}

TEST(plan_keys_know_looks)
{
	const struct plan *none = plan(CLIPS("", "")), *warm = plan(CLIPS("", ",\"look\":{\"grade\":\"warm\"}"));
	const struct plan *film =
	    plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3},"
			"{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3}]}],"
			"\"look\":{\"sharpen\":0.5}}");

	CHECK_STR(warm->spans[0].key, none->spans[0].key);
	CHECK(strcmp(warm->spans[1].key, none->spans[1].key) != 0);
	CHECK(strcmp(film->spans[0].key, none->spans[0].key) != 0);
	CHECK(strcmp(film->spans[1].key, none->spans[1].key) != 0);
}

/* Captions cut no spans, and a changed cue costs only the spans that show it. */
TEST(plan_captions_change_the_spans_that_show_them)
{
#define CAPTIONS(first, last) \
	OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}," \
	       "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3}]}],\"captions\":[{\"cues\":[" \
	       "{\"start\":0.5,\"end\":1,\"text\":\"" first "\"},{\"start\":4,\"end\":5,\"text\":\"" last "\"}]}]}"
	const struct plan *before = plan(CAPTIONS("one", "two")), *after = plan(CAPTIONS("one", "three"));

	CHECK_INT(before->n_spans, 2);
	CHECK_STR(before->spans[0].key, after->spans[0].key);
	CHECK(strcmp(before->spans[1].key, after->spans[1].key) != 0);
}

TEST(plan_overlay_fades_in_and_out)
{
	const struct plan *made = plan(
	    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":4}]}],\"overlays\":[{\"type\":\"text\","
		   "\"text\":\"a\",\"start\":1,\"end\":3,\"fade_in\":0.5,\"fade_out\":0.5}]}");
	const struct plan_layer *layer = &made->layers[1];

	CHECK_INT(layer->fade_in, 15);
	CHECK_INT(plan_overlay_share(layer, 0), 65536 / 16);
	CHECK_INT(plan_overlay_share(layer, 7), 65536 / 2);
	CHECK_INT(plan_overlay_share(layer, 15), 65536);
	CHECK_INT(plan_overlay_share(layer, 44), 65536);
	CHECK_INT(plan_overlay_share(layer, 59), 65536 / 16);
}

TEST(plan_sound_key_follows_the_clips_that_are_heard)
{
#define HEARD(sound) \
	"{\"version\":1,\"output\":{\"width\":64,\"height\":64,\"audio\":{}},\"tracks\":[{\"items\":[" \
	"{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3" sound "},{\"type\":\"colour\",\"duration\":1}]}]}"
	const char *loud = plan(HEARD(""))->audio_key;

	CHECK(strcmp(loud, plan(HEARD(",\"volume\":0.5"))->audio_key) != 0);
	CHECK(strcmp(loud, plan(HEARD(",\"speed\":2"))->audio_key) != 0);
	CHECK(strcmp(loud, plan(HEARD(",\"sound\":false"))->audio_key) != 0);
	CHECK_STR(
	    plan(HEARD(",\"sound\":false"))->audio_key, plan(HEARD(",\"sound\":false,\"volume\":0.5"))->audio_key);
}

TEST(motion_goes_smoothly_and_stays_inside)
{
	struct timeline_keyframe keys[] = {{.x = 0, .y = 0.5, .zoom = 2, .easing = EASE_IN_OUT, .at_us = 0},
	    {.x = 1, .y = 0.5, .zoom = 2, .at_us = 1000000}};
	const struct timeline_item item = {.motion = {keys, 2}};
	double step = 0;

	for (int64_t us = 0; us < 1000000; us += 10000) {
		const struct motion_view a = motion_view_at(&item, us), b = motion_view_at(&item, us + 10000);

		CHECK(a.x >= 0.25 && a.x <= 0.75 && a.size == 0.5);
		CHECK(b.x - a.x >= 0 && b.x - a.x < 0.02);
		step = FW_MAX(step, b.x - a.x);
	}
	CHECK(step > 0.01);
	CHECK_INT(motion_progress(EASE_LINEAR, 1, 4), MOTION_ONE / 4);
	CHECK_INT(motion_progress(EASE_IN, 1, 4), MOTION_ONE / 16);
	CHECK_INT(motion_progress(EASE_OUT, 3, 4), MOTION_ONE - MOTION_ONE / 16);
	CHECK_INT(motion_progress(EASE_IN_OUT, 1, 2), MOTION_ONE / 2);
}

TEST(estimate_counts_what_is_missing)
{
	const struct plan *made = plan(advert);
	bool reused[16] = {false};
	struct estimate_request request = {.plan = made, .reused = reused, .threads = 2, .speed = 1};
	struct estimate cold, warm, faster;

	estimate_make(&request, &cold);
	request.speed = 2;
	estimate_make(&request, &faster);
	CHECK(faster.work_s > cold.work_s * 0.49 && faster.work_s < cold.work_s * 0.51);
	request.speed = 1;
	for (size_t i = 0; i + 1 < made->n_spans; i++)
		reused[i] = true;
	estimate_make(&request, &warm);
	CHECK(warm.work_s < cold.work_s / 10);
	CHECK(cold.seconds >= cold.work_s / 2 - 1e-9);
	CHECK_INT(warm.bytes, cold.bytes);
	CHECK(warm.memory_bytes < cold.memory_bytes && cold.memory_bytes < (int64_t)600 * 1000 * 1000);
}

TEST(estimate_makes_fewer_spans_at_a_time_when_memory_is_short)
{
	static const struct {
		const char *profile;
		int64_t limit;
		int threads;
	} rows[] = {{"h264", 512 * MIB, 2}, {"hevc", 512 * MIB, 1}, {"av1", 512 * MIB, 1}, {"webm", 512 * MIB, 2},
	    {"hevc", 1024 * MIB, 2}, {"hevc", 0, 2}, {"h264", 64 * MIB, 1}, {"h264", 1, 1}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *made = plan(arena_printf(test_arena(),
		    "{\"version\":1,\"output\":{\"width\":1920,\"height\":1080,\"fps\":[30,1],\"profile\":\"%s\"},"
		    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3},"
		    "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3}]}]}",
		    rows[i].profile));
		const bool reused[16] = {false};
		struct estimate_request request = {.plan = made,
		    .reused = reused,
		    .threads = 2,
		    .speed = 1,
		    .source_pixels = 1024 * 576,
		    .memory_limit = rows[i].limit};
		struct estimate estimate, large;

		estimate_make(&request, &estimate);
		CHECK_INT(estimate.threads, rows[i].threads);
		if (rows[i].limit > (int64_t)(64 * MIB))
			CHECK(estimate.memory_bytes <= rows[i].limit);
		request.source_pixels = (int64_t)3840 * 2160;
		estimate_make(&request, &large);
		CHECK(large.memory_bytes > estimate.memory_bytes || large.threads < estimate.threads);
	}
}

TEST_MAIN(ROW(plan_rounds_places_not_lengths), ROW(plan_keys_change_only_where_pixels_do),
    ROW(plan_keys_do_not_depend_on_the_place), ROW(plan_divides_long_bodies), ROW(plan_merges_short_pieces),
    ROW(plan_names_what_is_missing), ROW(plan_hides_what_is_covered), ROW(plan_fade_takes_no_time),
    ROW(plan_keys_know_how_a_transition_looks), ROW(plan_keys_follow_the_camera_only_while_it_moves),
    ROW(plan_keys_know_looks), ROW(plan_captions_change_the_spans_that_show_them), ROW(plan_overlay_fades_in_and_out),
    ROW(plan_sound_key_follows_the_clips_that_are_heard), ROW(motion_goes_smoothly_and_stays_inside),
    ROW(estimate_counts_what_is_missing), ROW(estimate_makes_fewer_spans_at_a_time_when_memory_is_short))
