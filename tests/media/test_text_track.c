/*
 * Captions as text tracks of a finished MP4: what a reader of boxes finds, what stays as it was without them, and
 * the files that have none.
 */
#include "tests/media/film_rig.h"

#include <fcntl.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

#define EN "{\"language\":\"en-GB\",\"modes\":[\"track\"],\"cues\":[{\"start\":1,\"end\":2,\"text\":\"hello\"}]}"
#define DE \
	"{\"language\":\"de\",\"modes\":[\"track\"],\"cues\":[" \
	"{\"start\":0.2,\"end\":1,\"text\":\"Grüße\"},{\"start\":0.8,\"end\":2.4,\"text\":\"世界 🎬\"}]}"

#define SCALE 12800 /* of a film of 25 pictures a second: 512 units a picture */

static int number;

/* 60 pictures at 25 a second: 2.4 seconds. */
static const char *
film_args(const char *profile, const char *more, const char *audio, const char *captions)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d.%s\"%s,\"assets\":{\"a\":\"in0\",\"m\":\"in2\"},"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1],\"profile\":\"%s\"%s},"
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.6},"
	    "{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.8}]}],"
	    "\"audio\":[{\"asset\":\"m\",\"loop\":true}],\"captions\":[%s]}}",
	    number++, text_equal(profile, "webm") ? "webm" : "mp4", more, profile, audio, captions);
}

static struct rig_bytes
render(const char *args, int cache, struct rig_film *film)
{
	if (!CHECK_OK(rig_render(args, cache, film), &film->err))
		return (struct rig_bytes){0};
	return rig_file(film, args);
}

struct expected {
	uint32_t ms;
	const char *text;
};

/* The n-th track of the file, which is a text track. */
static void
check_track(const struct rig_bytes *file, int n, const struct expected *expected, uint32_t count)
{
	const uint8_t *times = rig_box(file, "stts", n), *sizes = rig_box(file, "stsz", n);
	const uint8_t *chunks = rig_box(file, "stco", n), *runs = rig_box(file, "stsc", n);
	uint32_t entry = 0, left = 0, at;

	if (!CHECK(times != NULL && sizes != NULL && chunks != NULL && runs != NULL))
		return;
	CHECK_INT(rig_be32(rig_box(file, "mdhd", n) + 12), SCALE);
	CHECK(memcmp(rig_box(file, "hdlr", n) + 8, "sbtl", 4) == 0);
	CHECK(memcmp(rig_box(file, "stsd", n) + 12, "tx3g", 4) == 0);
	/* one chunk of all samples */
	CHECK_INT(rig_be32(runs + 4), 1);
	CHECK_INT(rig_be32(runs + 12), count);
	CHECK_INT(rig_be32(chunks + 4), 1);
	if (!CHECK_INT(rig_be32(sizes + 8), count))
		return;
	at = rig_be32(chunks + 8);
	for (uint32_t i = 0; i < count; i++) {
		const uint8_t *bytes = file->bytes + at;
		const uint32_t size = rig_be32(sizes + 12 + 4 * (size_t)i);

		if (left == 0)
			left = rig_be32(times + 8 + 8 * (size_t)entry++);
		left--;
		CHECK_INT(rig_be32(times + 4 + 8 * (size_t)entry), expected[i].ms * SCALE / 1000);
		CHECK_INT(size, strlen(expected[i].text) + 2);
		CHECK_INT(bytes[0] << 8 | bytes[1], strlen(expected[i].text));
		CHECK(memcmp(bytes + 2, expected[i].text, strlen(expected[i].text)) == 0);
		at += size;
	}
	CHECK_INT(left, 0);
	CHECK_INT(rig_be32(times + 4), entry);
}

static unsigned
language(const struct rig_bytes *file, int n)
{
	const uint8_t *at = rig_box(file, "mdhd", n) + 20;

	return (unsigned)at[0] << 8 | at[1];
}

static unsigned
packed(const char *code)
{
	return (code[0] - 0x60u) << 10 | (code[1] - 0x60u) << 5 | (code[2] - 0x60u);
}

static const struct expected german[] = {{200, ""}, {600, "Grüße"}, {200, "Grüße\n世界 🎬"}, {1400, "世界 🎬"}};
static const struct expected english[] = {{1000, ""}, {1000, "hello"}, {400, ""}};

TEST(captions_are_read_back_from_their_tracks)
{
	struct rig_film film;
	const struct rig_bytes file = render(film_args("h264", "", ",\"audio\":{}", DE "," EN), -1, &film);

	if (file.bytes == NULL)
		return;
	check_track(&file, 2, german, ARRAY_LEN(german));
	check_track(&file, 3, english, ARRAY_LEN(english));
	CHECK_INT(language(&file, 0), packed("und"));
	CHECK_INT(language(&file, 2), packed("deu"));
	CHECK_INT(language(&file, 3), packed("eng"));
	CHECK(rig_box(&file, "trak", 4) == NULL);
	/* numbers in order, and the next one in the film's header */
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2) + 12), 3);
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 3) + 12), 4);
	CHECK_INT(rig_be32(rig_box(&file, "mvhd", 0) + 96), 5);
	/* the first is shown, the second can be chosen; both at the bottom, as long as the film */
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2)), 3);
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 3)), 2);
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2) + 20), rig_be32(rig_box(&file, "mvhd", 0) + 16));
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2) + 68) >> 16, 96 - 96 / 5);
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2) + 80) >> 16, 96 / 5);
}

TEST(captions_stand_alone_in_a_silent_film)
{
	struct rig_film film;
	const struct rig_bytes file = render(film_args("hevc", "", "", EN), -1, &film);

	if (file.bytes == NULL)
		return;
	check_track(&file, 1, english, ARRAY_LEN(english));
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 1) + 12), 2);
	CHECK_INT(rig_be32(rig_box(&file, "mvhd", 0) + 96), 3);
}

/* Behind the texts lie the same bytes as in the film without them, from the same pieces. */
TEST(pictures_and_sound_stay_as_they_are)
{
	const int cache = rig_open_dir(test_dir());
	struct rig_film with, without;
	const char *args = film_args("h264", "", ",\"audio\":{}", DE);
	const struct rig_bytes texts = render(args, cache, &with);
	const struct rig_bytes plain = render(film_args("h264", "", ",\"audio\":{}", ""), cache, &without);
	size_t text = 0, data, first;

	if (texts.bytes == NULL || plain.bytes == NULL)
		return;
	for (size_t i = 0; i < ARRAY_LEN(german); i++)
		text += strlen(german[i].text) + 2;
	first = (size_t)(rig_box(&plain, "mdat", 0) - plain.bytes);
	data = plain.len - first;
	if (!CHECK_INT(texts.len - (size_t)(rig_box(&texts, "mdat", 0) - texts.bytes), data + text))
		return;
	CHECK(memcmp(texts.bytes + texts.len - data, plain.bytes + first, data) == 0);
	CHECK_INT(rig_be32(rig_box(&texts, "stco", 0) + 8), texts.len - data);
	CHECK_INT(rig_decode(&with, args).frames, 60);
	CHECK_JSON_AT(without.json, "/spans/encoded", "0");
	/* another film all the same: neither is taken for the other out of the cache */
	CHECK_JSON_AT(without.json, "/film_reused", "false");
	CHECK(!text_equal(rig_text(with.json, "/key"), rig_text(without.json, "/key")));
	CHECK_INT(render(film_args("h264", "", ",\"audio\":{}", DE), cache, &with).len, texts.len);
	CHECK_JSON_AT(with.json, "/film_reused", "true");
}

TEST(fragments_have_no_text_track_but_the_file_has)
{
	struct rig_film film;
	const struct rig_bytes file = render(film_args("h264", ",\"live\":true", ",\"audio\":{}", EN), -1, &film);
	struct rig_bytes init = {0};
	struct error err = {0};
	int fd = openat(film.dir, "live/init.mp4", O_RDONLY);

	if (file.bytes != NULL && CHECK(fd >= 0) &&
	    CHECK_OK(fd_read_all(test_arena(), fd, MIB, (char **)&init.bytes, &init.len, &err), &err)) {
		check_track(&file, 2, english, ARRAY_LEN(english));
		CHECK(rig_box(&init, "trak", 1) != NULL && rig_box(&init, "trak", 2) == NULL);
		CHECK_INT(rig_be32(rig_box(&init, "mvhd", 0) + 96), 3);
	}
	fd_close(&fd);
}

TEST(webm_says_that_it_has_no_text_track)
{
	struct rig_film with, without;
	const struct rig_bytes texts = render(film_args("webm", "", "", EN), -1, &with);
	const struct rig_bytes plain = render(film_args("webm", "", "", ""), -1, &without);

	CHECK_STR(rig_text(with.json, "/warnings/0/code"), "captions_track_unavailable");
	CHECK_STR(rig_text(without.json, "/warnings/0/code"), "");
	CHECK(texts.len > 0 && texts.len == plain.len && memcmp(texts.bytes, plain.bytes, plain.len) == 0);
}

/* What is in the picture already is not shown twice. */
TEST(burnt_in_captions_are_not_shown_unasked)
{
	struct rig_film film;
	const struct rig_bytes file = render(film_args("h264", "", "",
						 "{\"language\":\"en\",\"modes\":[\"burn\",\"track\"],\"cues\":["
						 "{\"start\":1,\"end\":2,\"text\":\"hello\"}]}," DE),
	    -1, &film);

	if (file.bytes == NULL)
		return;
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 1)), 2);
	CHECK_INT(rig_be32(rig_box(&file, "tkhd", 2)), 3);
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(captions_are_read_back_from_their_tracks),
    ROW(captions_stand_alone_in_a_silent_film), ROW(pictures_and_sound_stay_as_they_are),
    ROW(fragments_have_no_text_track_but_the_file_has), ROW(webm_says_that_it_has_no_text_track),
    ROW(burnt_in_captions_are_not_shown_unasked))
