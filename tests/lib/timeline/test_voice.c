/*
 * Where sounds lie, and that everything about them is in the programme's key. SCENE-68, SCENE-90, SCENE-91.
 */
#include "tests/harness/test_main.h"

#include "lib/timeline/plan.h"

#define FILM(num, den, rest) \
	"{\"version\":1,\"output\":{\"width\":64,\"height\":64,\"fps\":[" #num "," #den "],\"audio\":{}}," rest "}"

static struct plan *
plan(const char *json)
{
	static const struct plan_fact assets[] = {{"a", "digest-a"}, {"b", "digest-b"}};
	static const struct plan_facts facts = {.engine = "test", .assets = assets, .n_assets = 2};
	struct js_problems problems = {0};
	struct timeline *timeline;
	struct plan *made = NULL;
	struct error err = {0};

	if (CHECK_OK(timeline_parse(test_arena(), json, strlen(json), &timeline, &problems, &err), &err))
		(void)CHECK_OK(plan_make(test_arena(), timeline, &facts, &made, &err), &err);
	return made;
}

/* Two clips that dissolve, 30 a second: 2 + 2 - 0.25 s, the join at 1.75 s is frame 52.5. */
#define CLIPS \
	"\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"in\":1,\"duration\":2}," \
	"{\"type\":\"clip\",\"asset\":\"b\",\"duration\":1,\"hold\":1,\"speed\":2,\"volume\":0.5}]," \
	"\"transitions\":[{\"after\":0,\"type\":\"dissolve\",\"duration\":0.25}]}]"

TEST(clips_sound_over_the_frames_of_their_pictures)
{
	const struct plan *made = plan(FILM(30, 1, CLIPS));
	const struct voice *a, *b;

	if (made == NULL || !CHECK_INT(made->n_voices, 2))
		return;
	a = &made->voices[0];
	b = &made->voices[1];
	CHECK_INT(a->start, 0);
	CHECK_INT(a->end, 60 * 1600);
	CHECK_INT(a->in_us, 1000000);
	CHECK_INT(a->in.end, a->in.start);
	CHECK_INT(a->out.start, 53 * 1600);
	CHECK_INT(a->out.end, 60 * 1600);
	CHECK_INT(a->out.shape, VOICE_POWER);
	/* the one comes as the other goes; the held picture is silent */
	CHECK_INT(b->in.start, a->out.start);
	CHECK_INT(b->in.end, a->out.end);
	CHECK_INT(b->start, 53 * 1600);
	CHECK_INT(b->end, 83 * 1600);
	CHECK_INT(b->speed_ppm, 2000000);
	CHECK(b->volume == 0.5 && b->joined && a->joined);
	CHECK(made->audio_key[0] != '\0');
}

TEST(fades_through_a_colour_take_the_sound_along)
{
	const struct plan *made = plan(FILM(25, 1,
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":2},"
	    "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":2}],"
	    "\"transitions\":[{\"after\":0,\"type\":\"fade\",\"duration\":0.4}]}]"));

	if (made == NULL || !CHECK_INT(made->n_voices, 2))
		return;
	CHECK_INT(made->voices[0].out.start, 40 * 1920);
	CHECK_INT(made->voices[0].out.end, 50 * 1920);
	CHECK_INT(made->voices[1].in.start, 50 * 1920);
	CHECK_INT(made->voices[1].in.end, 60 * 1920);
}

TEST(mute_clips_and_films_without_sound_have_no_voices)
{
	const struct plan *made = plan(FILM(25, 1,
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":2,\"sound\":false},"
	    "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":2,\"volume\":0},"
	    "{\"type\":\"still\",\"asset\":\"b\",\"duration\":2}]}]"));

	if (made != NULL)
		CHECK_INT(made->n_voices, 0);
	made = plan("{\"version\":1,\"output\":{\"width\":64,\"height\":64}," CLIPS "}");
	if (made != NULL)
		CHECK(made->n_voices == 0 && made->audio_key[0] == '\0');
}

#define COLOUR "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":10}]}],"

TEST(items_begin_with_their_frame)
{
	static const struct {
		const char *json;
		int64_t start;
	} rows[] = {
	    {FILM(30, 1, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1.01}]"), 48000},
	    {FILM(30, 1, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1.02}]"), 31 * 1600},
	    {FILM(30000, 1001, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1}]"), 48048},
	    /* half a frame of a 24th is more than 20 ms: the time itself */
	    {FILM(24, 1, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1.0205}]"), 48984},
	    {FILM(24, 1, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1.019}]"), 48000},
	    {FILM(10, 1, COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":1.04}]"), 49920},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *made = plan(rows[i].json);

		if (made != NULL && CHECK_INT(made->n_voices, 1))
			CHECK_INT(made->voices[0].start, rows[i].start);
	}
}

TEST(items_end_where_they_are_told_or_with_the_film)
{
	const struct plan *made = plan(FILM(25, 1,
	    COLOUR "\"audio\":[{\"asset\":\"a\",\"start\":2,\"duration\":1.234,\"fade_in\":0.1,\"fade_out\":0.2},"
		   "{\"asset\":\"a\",\"start\":9,\"duration\":3,\"role\":\"dialogue\"},"
		   "{\"asset\":\"a\",\"loop\":true,\"role\":\"music\"},{\"asset\":\"a\",\"role\":\"sfx\"},"
		   "{\"asset\":\"a\",\"role\":\"music\",\"duck\":false},{\"asset\":\"a\",\"start\":10}]"));

	if (made == NULL || !CHECK_INT(made->n_voices, 5))
		return;
	CHECK_INT(made->voices[0].end, 96000 + 59232);
	CHECK_INT(made->voices[0].in.end, 96000 + 4800);
	CHECK_INT(made->voices[0].out.start, 96000 + 59232 - 9600);
	CHECK_INT(made->voices[0].out.shape, VOICE_LINEAR);
	CHECK(!made->voices[0].cut && !made->voices[0].open);
	CHECK(made->voices[1].cut && made->voices[1].end == 480000);
	CHECK(!made->voices[2].open && made->voices[2].loop && !made->voices[2].cut);
	CHECK(made->voices[3].open);
	/* music steps back by 10 dB, effects by 3, dialogue never */
	CHECK(made->voices[2].duck_db == 10 && made->voices[3].duck_db == 3);
	CHECK(made->voices[1].duck_db == 0 && made->voices[4].duck_db == 0);
}

/* Whatever is changed about the sound changes the key, and what is not heard does not. */
TEST(audio_key_holds_everything_that_is_heard)
{
	static const char base[] = "\"start\":1,\"duration\":5,\"in\":0,\"speed\":1,\"fade_in\":0,\"fade_out\":0,"
				   "\"volume\":1,\"pan\":0,\"loop\":false,\"duck\":true,\"role\":\"music\"";
	static const struct {
		const char *from, *to;
	} edits[] = {{"\"start\":1", "\"start\":2"}, {"\"duration\":5", "\"duration\":4"}, {"\"in\":0", "\"in\":1"},
	    {"\"speed\":1", "\"speed\":1.5"}, {"\"fade_in\":0", "\"fade_in\":1"}, {"\"fade_out\":0", "\"fade_out\":1"},
	    {"\"volume\":1", "\"volume\":0.5"}, {"\"pan\":0", "\"pan\":-1"}, {"\"loop\":false", "\"loop\":true"},
	    {"\"duck\":true", "\"duck\":false"}, {"\"role\":\"music\"", "\"role\":\"sfx\""}};
	const char *const film = FILM(25, 1, "%s,\"audio\":[{\"asset\":\"a\",%s}]");
	static const char pictures[] = "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"b\",\"duration\":10}]}]";
	const struct plan *made = plan(arena_printf(test_arena(), film, pictures, base));
	const char *key;

	if (made == NULL)
		return;
	key = made->audio_key;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const char *at = strstr(base, edits[i].from);
		const char *text = arena_printf(
		    test_arena(), "%.*s%s%s", (int)(at - base), base, edits[i].to, at + strlen(edits[i].from));
		const struct plan *other = plan(arena_printf(test_arena(), film, pictures, text));

		if (other != NULL && !CHECK(strcmp(other->audio_key, key) != 0))
			fprintf(stderr, "%s\n", edits[i].to);
	}
	/* the same sound under other pictures */
	made = plan(arena_printf(test_arena(), film,
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"b\",\"duration\":10,\"fit\":\"cover\"}]}]", base));
	if (made != NULL)
		CHECK_STR(made->audio_key, key);
	made = plan(arena_printf(test_arena(), film,
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"b\",\"duration\":10,\"volume\":0.5}]}]", base));
	if (made != NULL)
		CHECK(strcmp(made->audio_key, key) != 0);
}

/* A dissolve to a card takes the clip's sound away, however silent the card is. */
TEST(audio_key_knows_silent_neighbours)
{
	const char *const film = FILM(25, 1,
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":4},"
	    "{\"type\":\"colour\",\"duration\":%s}],"
	    "\"transitions\":[{\"after\":0,\"type\":\"dissolve\",\"duration\":%s}]}]");
	const struct plan *one = plan(arena_printf(test_arena(), film, "2", "1"));
	const struct plan *two = plan(arena_printf(test_arena(), film, "3", "2"));

	if (one != NULL && two != NULL) {
		CHECK_INT(one->frames, two->frames);
		CHECK(strcmp(one->audio_key, two->audio_key) != 0);
	}
}

TEST(unknown_sounds_are_refused)
{
	struct plan_facts facts = {.engine = "test"};
	struct js_problems problems = {0};
	struct timeline *timeline;
	struct plan *made;
	struct error err = {0};
	static const char json[] = FILM(25, 1, COLOUR "\"audio\":[{\"asset\":\"zz\"}]");

	if (CHECK_OK(timeline_parse(test_arena(), json, strlen(json), &timeline, &problems, &err), &err))
		CHECK_FAILS_CODE(
		    plan_make(test_arena(), timeline, &facts, &made, &err), &err, ERR_INPUT, "sound_unavailable");
}

TEST_MAIN(ROW(clips_sound_over_the_frames_of_their_pictures), ROW(fades_through_a_colour_take_the_sound_along),
    ROW(mute_clips_and_films_without_sound_have_no_voices), ROW(items_begin_with_their_frame),
    ROW(items_end_where_they_are_told_or_with_the_film), ROW(audio_key_holds_everything_that_is_heard),
    ROW(audio_key_knows_silent_neighbours), ROW(unknown_sounds_are_refused))
