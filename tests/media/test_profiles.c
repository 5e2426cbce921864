/*
 * Every encoder profile: films of many joins that decode to what was planned, in files that say what they hold.
 */
#include "tests/media/film_rig.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "media/profile.h"

static int number;

/* Card, two clips in pieces, colour: hard joins, an overlap, and a body. 100 frames at 25. */
static const char *
film_args(const char *profile, const char *more)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d%s\",\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":\"in2\"}%s,"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1],\"profile\":\"%s\","
	    "\"audio\":{}},\"tracks\":[{\"items\":["
	    "{\"type\":\"colour\",\"color\":\"#205080\",\"duration\":0.4},"
	    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.6},{\"type\":\"clip\",\"asset\":\"b\",\"in\":0.4,"
	    "\"duration\":1.6},{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.8}],"
	    "\"transitions\":[{\"after\":1,\"type\":\"dissolve\",\"duration\":0.4}]}],"
	    "\"audio\":[{\"asset\":\"m\",\"loop\":true,\"fade_in\":0.2,\"fade_out\":0.5}]}}",
	    number++, profile_find(profile)->extension, more, profile);
}

#define FRAMES 100

TEST(every_profile_makes_the_planned_film)
{
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_nth(i)) != NULL; i++) {
		const char *args = film_args(profile->name, "");
		struct rig_film film;
		struct rig_pixels pixels;

		if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
			continue;
		CHECK_STR(rig_text(film.json, "/profile"), profile->name);
		CHECK_STR(rig_text(film.json, "/media_type"), profile->media_type);
		CHECK_CONTAINS(rig_text(film.json, "/codecs"), profile->sound->codec);
		CHECK_INT(rig_number(film.json, "/frames"), FRAMES);
		CHECK(rig_number(film.json, "/spans/total") >= 5);
		pixels = rig_decode(&film, args);
		if (!CHECK_INT(pixels.frames, FRAMES))
			continue;
		/* 10 colour, 30 of a, 10 of both, 30 of b (from 10 + 10 on), 20 colour */
		for (int k = 16; k < 30; k++)
			CHECK(abs(pixels.luma[10 + k] - rig_luma(k)) <= 3);
		for (int k = 0; k < 30; k++)
			CHECK(abs(pixels.luma[50 + k] - rig_luma(20 + k)) <= 3);
		for (int k = 0; k < 10; k++)
			CHECK(abs(pixels.chroma[40 + k] - (100 + 5 * k)) <= 3);
		CHECK(abs(pixels.chroma[25] - 100) <= 2 && abs(pixels.chroma[65] - 150) <= 2);
	}
}

TEST(every_profile_makes_the_same_bytes_twice_and_from_the_cache)
{
	const struct profile *profile;
	const int cache = rig_open_dir(test_dir());

	for (size_t i = 0; (profile = profile_nth(i)) != NULL; i++) {
		struct rig_film first, second, third;

		if (!CHECK_OK(rig_render(film_args(profile->name, ""), cache, &first), &first.err) ||
		    !CHECK_OK(rig_render(film_args(profile->name, ""), cache, &second), &second.err) ||
		    !CHECK_OK(rig_render(film_args(profile->name, ""), -1, &third), &third.err))
			continue;
		CHECK_INT(rig_number(second.json, "/spans/encoded"), 0);
		CHECK_INT(rig_number(third.json, "/spans/reused"), 0);
		CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
		CHECK_STR(rig_text(third.json, "/sha256"), rig_text(first.json, "/sha256"));
	}
}

TEST(profiles_do_not_share_pieces)
{
	const int cache = rig_open_dir(test_dir());
	struct rig_film film;

	if (!CHECK_OK(rig_render(film_args("h264", ""), cache, &film), &film.err))
		return;
	if (CHECK_OK(rig_render(film_args("av1", ""), cache, &film), &film.err))
		CHECK_INT(rig_number(film.json, "/spans/reused"), 0);
}

TEST(mp4_names_the_coding)
{
	static const struct {
		const char *profile, *entry, *box, *codec;
	} rows[] = {{"h264", "avc1", "avcC", "avc1."}, {"hevc", "hvc1", "hvcC", "hvc1.1.6.L"},
	    {"av1", "av01", "av1C", "av01.0.0"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *args = film_args(rows[i].profile, "");
		struct rig_film film;
		struct rig_bytes file;
		const uint8_t *stsd;

		if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
			continue;
		file = rig_file(&film, args);
		stsd = rig_box(&file, "stsd", 0);
		CHECK(memcmp(stsd + 12, rows[i].entry, 4) == 0);
		CHECK(memcmp(stsd + 8 + 8 + 78 + 4, rows[i].box, 4) == 0);
		CHECK_CONTAINS(rig_text(film.json, "/codecs"), rows[i].codec);
		/* one time step, one edit a track, whatever the coding */
		CHECK_INT(rig_be32(rig_box(&file, "stts", 0) + 4), 1);
		CHECK_INT(rig_be32(rig_box(&file, "elst", 0) + 4), 1);
		CHECK_INT(rig_be32(rig_box(&file, "elst", 1) + 4), 1);
	}
}

TEST(profile_of_an_unknown_word_is_refused)
{
	struct rig_film film;

	CHECK(profile_find("mpeg1") == NULL);
	CHECK_FAILS(rig_render("{\"output\":\"film.mp4\",\"assets\":{},\"timeline\":{\"version\":1,\"output\":{"
			       "\"profile\":\"mpeg1\"},\"tracks\":[{\"items\":[{\"type\":\"colour\","
			       "\"color\":\"#000000\",\"duration\":1}]}]}}",
			-1, &film),
	    &film.err, ERR_INPUT);
	CHECK_FAILS(rig_render("{\"output\":\"film.webm\",\"assets\":{},\"timeline\":{\"version\":1,\"output\":{"
			       "\"profile\":\"webm\",\"audio\":{\"rate\":44100}},\"tracks\":[{\"items\":[{\"type\":"
			       "\"colour\",\"color\":\"#000000\",\"duration\":1}]}]}}",
			-1, &film),
	    &film.err, ERR_INPUT);
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(every_profile_makes_the_planned_film),
    ROW(every_profile_makes_the_same_bytes_twice_and_from_the_cache), ROW(profiles_do_not_share_pieces),
    ROW(mp4_names_the_coding), ROW(profile_of_an_unknown_word_is_refused))
