/*
 * A film's bytes depend on nothing but its timeline and inputs: not on the number of threads, not on what the processor
 * can.
 */
#include "tests/media/film_rig.h"

#include "media/profile.h"

static int number;

/* Everything that computes: scaling (contain, blur, other sizes), turning points of a transition, text, sound at
 * another rate with fades. */
static const char *
film_args(const char *profile, bool plain, bool sound)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d%s\",\"plain\":%s,\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":\"in2\"},"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":192,\"height\":144,\"fps\":[30,1],\"profile\":\"%s\","
	    "\"audio\":%s},\"tracks\":[{\"items\":["
	    "{\"type\":\"card\",\"duration\":0.4,\"text\":\"Same\",\"font\":\"DejaVuSans-Bold\"},"
	    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.2,\"fit\":\"blur\"},"
	    "{\"type\":\"clip\",\"asset\":\"b\",\"duration\":1.2,\"fit\":\"cover\",\"speed\":1.3}],"
	    "\"transitions\":[{\"after\":1,\"type\":\"dissolve\",\"duration\":0.4}]}],"
	    "\"overlays\":[{\"type\":\"text\",\"text\":\"Over\",\"start\":0.8,\"end\":2.0,"
	    "\"font\":\"DejaVuSans-Bold\"}],"
	    "\"audio\":[{\"asset\":\"m\",\"loop\":true,\"fade_in\":0.2,\"fade_out\":0.5}]}}",
	    number++, profile_find(profile)->extension, plain ? "true" : "false", profile, sound ? "{}" : "null");
}

TEST(film_is_the_same_without_simd)
{
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_nth(i)) != NULL; i++) {
		struct rig_film fast, plain;

		if (!CHECK_OK(rig_render(film_args(profile->name, false, true), -1, &fast), &fast.err) ||
		    !CHECK_OK(rig_render(film_args(profile->name, true, true), -1, &plain), &plain.err))
			continue;
		CHECK_STR(rig_text(plain.json, "/audio/lufs"), rig_text(fast.json, "/audio/lufs"));
		if (!CHECK_STR(rig_text(plain.json, "/sha256"), rig_text(fast.json, "/sha256")))
			(void)fprintf(stderr, "profile %s\n", profile->name);
	}
}

TEST(film_is_the_same_with_any_number_of_threads)
{
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_nth(i)) != NULL; i++) {
		struct rig_film one, four;

		if (!CHECK_OK(rig_render_threads(film_args(profile->name, false, true), -1, 1, &one), &one.err) ||
		    !CHECK_OK(rig_render_threads(film_args(profile->name, false, true), -1, 4, &four), &four.err))
			continue;
		CHECK_STR(rig_text(one.json, "/sha256"), rig_text(four.json, "/sha256"));
	}
}

TEST_MAIN_WITH(
    rig_set_up, rig_tear_down, ROW(film_is_the_same_without_simd), ROW(film_is_the_same_with_any_number_of_threads))
