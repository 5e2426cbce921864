/*
 * Captions in films: which cue a frame shows and how it looks, files beside the film, the text track, and what a
 * changed cue makes anew.
 */
#include "tests/harness/test_main.h"

#include <fcntl.h>

#include <libavutil/log.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "lib/timeline/plan.h"
#include "media/caption_paint.h"
#include "media/caption_track.h"
#include "media/picture.h"
#include "media/still.h"
#include "media/task.h"

#define WIDTH 320
#define HEIGHT 180

static struct fonts *fonts;
static struct font font;

static int
set_up(void)
{
	static const char *const dirs[] = {"/usr/share/fonts/truetype/dejavu", NULL};
	struct error err = {0};

	av_log_set_level(AV_LOG_QUIET);
	if (access("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", R_OK) != 0)
		return 77;
	if (fonts_new(dirs, test_dir(), &fonts, &err) < 0 || fonts_resolve(fonts, "DejaVuSans-Bold", &font, &err) < 0) {
		(void)fprintf(stderr, "set-up: %s\n", err.text);
		return 1;
	}
	return 0;
}

static int
tear_down(void)
{
	fonts_free(&fonts);
	return 0;
}

/* ---- painting ---- */

static struct timeline_word words[] = {
    {.text = "one", .start_us = 1000000, .end_us = 1300000},
    {.text = "two", .start_us = 1500000, .end_us = 1900000},
};

static struct timeline_cue cues[] = {
    {.start_us = 1000000, .end_us = 2000000, .text = "one two", .words = {words, 2}},
    {.start_us = 2000000, .end_us = 4000000, .text = "below each other"},
    {.start_us = 3000000, .end_us = 3500000, .text = "both"},
};

static struct timeline_captions
captions_of(enum timeline_caption_look look)
{
	return (struct timeline_captions){
	    .cues = {cues, ARRAY_LEN(cues)},
	    .look = look,
	    .size = 22,
	    .rgb = 0xffffff,
	    .highlight_rgb = 0xff0000,
	    .anchor = ANCHOR_BOTTOM,
	    .margin = 12,
	    .box = {.color = "#0000FF", .rgb = 0x0000ff, .opacity = 1, .padding = 6},
	};
}

static struct caption_painter *
painter_of(const struct timeline_captions *captions)
{
	const struct caption_request request = {.captions = captions,
	    .font = &font,
	    .scale = 1,
	    .width = WIDTH,
	    .height = HEIGHT,
	    .fps_num = 10,
	    .fps_den = 1};
	struct caption_painter *painter = NULL;
	struct error err = {0};

	if (!CHECK_OK(caption_painter_new(&request, &painter, &err), &err))
		abort();
	return painter;
}

static const struct stamp *
stamp_at(struct caption_painter *painter, int64_t frame)
{
	const struct stamp *stamp = NULL;
	struct error err = {0};

	CHECK_OK(caption_painter_at(painter, frame, &stamp, &err), &err);
	return stamp;
}

TEST(cues_are_shown_from_their_first_to_their_last_frame)
{
	const struct timeline_captions captions = captions_of(CAPTION_OUTLINE);
	struct caption_painter *painter = painter_of(&captions);
	const struct stamp *one, *other;
	int height;

	CHECK(stamp_at(painter, 9) == NULL);
	one = stamp_at(painter, 10);
	if (!CHECK(one != NULL))
		return;
	CHECK(stamp_at(painter, 19) == one); /* nothing is drawn twice */
	height = one->height;
	other = stamp_at(painter, 20);
	CHECK(other != NULL && other->width > 100);
	CHECK(stamp_at(painter, 30)->height > height + 16);
	CHECK(stamp_at(painter, 35)->height < height + 8);
	CHECK(stamp_at(painter, 39) != NULL);
	CHECK(stamp_at(painter, 40) == NULL);
	/* backwards, and at once */
	CHECK(stamp_at(painter, 31)->height > height + 16);
	CHECK(stamp_at(painter, 12) != NULL);
	CHECK(stamp_at(painter, 0) == NULL);
	caption_painter_free(&painter);
}

TEST(captions_may_come_earlier_or_later)
{
	struct timeline_captions captions = captions_of(CAPTION_PLAIN);
	struct caption_painter *painter = painter_of(&captions);

	captions.offset_us = -500000;
	CHECK(stamp_at(painter, 4) == NULL);
	CHECK(stamp_at(painter, 5) != NULL);
	CHECK(stamp_at(painter, 35) == NULL);
	caption_painter_free(&painter);
}

struct colours {
	int red, white, blue, black;
	int bottom; /* the lowest line with white in it */
};

/* On a grey ground. */
static struct colours
colours_at(const struct timeline_captions *captions, int64_t frame)
{
	struct caption_painter *painter = painter_of(captions);
	const struct stamp *stamp = stamp_at(painter, frame);
	struct colours seen = {0};
	struct error err = {0};
	AVFrame *canvas = NULL;

	if (!CHECK_OK(canvas_new(WIDTH, HEIGHT, &canvas, &err), &err) || !CHECK(stamp != NULL))
		abort();
	canvas_fill(canvas, 0x808080);
	stamp_put(stamp, canvas, 65536);
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			const int luma = canvas->data[0][y * canvas->linesize[0] + x];
			const int u = canvas->data[1][y / 2 * canvas->linesize[1] + x / 2];
			const int v = canvas->data[2][y / 2 * canvas->linesize[2] + x / 2];

			seen.red += v > 200;
			seen.blue += u > 200;
			seen.white += luma > 225;
			seen.black += luma < 24;
			if (luma > 225)
				seen.bottom = y + 1;
		}
	}
	av_frame_free(&canvas);
	caption_painter_free(&painter);
	return seen;
}

TEST(looks_differ_as_they_say)
{
	struct timeline_captions captions = captions_of(CAPTION_PLAIN);
	const struct colours plain = colours_at(&captions, 12);

	CHECK(plain.white > 100 && plain.black == 0 && plain.red == 0 && plain.blue == 0);
	captions.look = CAPTION_OUTLINE;
	const struct colours outline = colours_at(&captions, 12);
	CHECK(outline.black > 100 && outline.white > 100);
	captions.look = CAPTION_BOX;
	const struct colours box = colours_at(&captions, 12);
	CHECK(box.blue > 1000 && box.white > 100);
	/* the margin is the box's; letters end a padding and a descender above it */
	CHECK(box.bottom <= HEIGHT - 12 - 6);
	CHECK(plain.bottom > box.bottom && plain.bottom <= HEIGHT - 12);
}

TEST(karaoke_lights_the_spoken_word)
{
	const struct timeline_captions captions = captions_of(CAPTION_KARAOKE);
	const struct colours first = colours_at(&captions, 10), between = colours_at(&captions, 14),
			     second = colours_at(&captions, 15), after = colours_at(&captions, 19);

	CHECK(first.red > 20 && first.white > 50);
	CHECK_INT(between.red, first.red);
	CHECK(second.red > 20 && second.red != first.red);
	CHECK_INT(after.red, 0);
	CHECK(after.white > first.white);
}

/* ---- the text track ---- */

TEST(track_has_no_holes_and_lasts_as_long_as_the_film)
{
	static const uint32_t durations[] = {1000, 1000, 1000, 500, 500, 1000};
	static const char *const texts[] = {
	    "", "one two", "below each other", "below each other\nboth", "below each other", ""};
	struct timeline_captions captions = captions_of(CAPTION_PLAIN);
	const struct caption_track_request request = {
	    .captions = &captions, .timescale = 1000, .duration = 5000, .width = WIDTH, .height = HEIGHT};
	struct caption_track track;
	struct error err = {0};
	size_t at = 0;

	captions.language = "de-AT";
	if (!CHECK_OK(caption_track_make(&request, &track, &err), &err))
		return;
	CHECK_STR(track.language, "deu");
	CHECK_INT(caption_track_count(&track), ARRAY_LEN(texts));
	for (size_t i = 0; i < FW_MIN(caption_track_count(&track), ARRAY_LEN(texts)); i++) {
		const struct caption_track_sample *sample = caption_track_at(&track, i);
		const uint8_t *bytes = (const uint8_t *)track.data.data + at;

		CHECK_INT(sample->duration, durations[i]);
		CHECK_INT(sample->size, strlen(texts[i]) + 2);
		CHECK_INT(bytes[0] << 8 | bytes[1], strlen(texts[i]));
		CHECK(memcmp(bytes + 2, texts[i], strlen(texts[i])) == 0);
		at += sample->size;
	}
	CHECK_INT(at, track.data.len);
	/* the box says its own length, and that of its font table */
	const uint8_t *entry = (const uint8_t *)track.entry.data;
	CHECK_INT(entry[2] << 8 | entry[3], track.entry.len);
	CHECK(memcmp(entry + 4, "tx3g", 4) == 0);
	CHECK(memcmp(entry + 50, "ftab", 4) == 0);
	CHECK_INT((size_t)(entry[48] << 8 | entry[49]) + 46, track.entry.len);
	caption_track_done(&track);
}

TEST(languages_become_three_letters)
{
	CHECK_STR(caption_language("en"), "eng");
	CHECK_STR(caption_language("zh-Hant-TW"), "zho");
	CHECK_STR(caption_language("FRA"), "fra");
	CHECK_STR(caption_language("xx"), "und");
	CHECK_STR(caption_language(NULL), "und");
}

/* ---- films ---- */

struct film {
	int scratch;
	const char *json;
	struct error err;
};

static int
film(const char *captions, const char *file, int cache, struct film *ret_film)
{
	struct arena *arena = arena_new(256 * MIB);
	const char *args = arena_printf(test_arena(),
	    "{\"output\":\"film.mp4\",\"poster\":\"poster.jpg\",\"poster_at\":0.5,\"poster_width\":320,"
	    "\"assets\":{\"c\":\"in0\"},\"timeline\":{\"version\":1,"
	    "\"output\":{\"width\":320,\"height\":180,\"fps\":[10,1]},\"tracks\":[{\"items\":["
	    "{\"type\":\"colour\",\"color\":\"#202020\",\"duration\":2},"
	    "{\"type\":\"colour\",\"color\":\"#404040\",\"duration\":2}]}],\"captions\":[%s]}}",
	    captions);
	const char *path = arena_printf(test_arena(), "%s/captions", test_dir());
	struct task_input input = {"in0", -1};
	struct buf result = BUF_INIT(MIB);
	struct task task;
	int ret;

	*ret_film = (struct film){.scratch = open(test_dir(), O_RDONLY | O_DIRECTORY), .json = ""};
	CHECK_OK(path_write(path, file, strlen(file), 0600, &ret_film->err), &ret_film->err);
	input.fd = open(path, O_RDONLY);
	ret = task_test_init(&task, arena, args, ret_film->scratch, &input, 1, &ret_film->err);
	task.cache = cache;
	task.threads = 1;
	task.fonts = fonts;
	if (ret == 0)
		ret = render_run(&task, &result, &ret_film->err);
	ret_film->json = arena_strdup(test_arena(), buf_str(&result));
	(void)close(input.fd);
	buf_done(&result);
	arena_free(&arena);
	return ret;
}

static const char *
file_in(int dir, const char *name)
{
	struct error err = {0};
	char *bytes = NULL;
	size_t len;
	int fd = openat(dir, name, O_RDONLY);

	if (CHECK(fd >= 0))
		CHECK_OK(fd_read_all(test_arena(), fd, MIB, &bytes, &len, &err), &err);
	fd_close(&fd);
	return bytes == NULL ? "" : bytes;
}

/* The brightest pixel of the poster. */
static int
brightest(int dir)
{
	CLEANUP(fd_close) int fd = openat(dir, "poster.jpg", O_RDONLY);
	CLEANUP(still_done) struct still still = {0};
	CLEANUP(picture_done) struct picture picture = {0};
	struct error err = {0};
	int most = 0;

	if (!CHECK_OK(still_read(fd, &still, &err), &err) || !CHECK_OK(picture_load(&still, 320, &picture, &err), &err))
		return -1;
	for (int y = 0; y < picture.height; y++)
		for (int x = 0; x < picture.width; x++)
			most = FW_MAX(most, PICTURE_PIXEL(&picture, x, y)[1] / 257);
	return most;
}

#define SRT "1\n00:00:00,200 --> 00:00:01,000\nHello <i>there</i>\n\n2\n00:00:02,500 --> 00:00:03,000\nagain\n"

TEST(films_burn_captions_in_and_write_them_beside)
{
	struct film with, without;

	if (!CHECK_OK(film("{\"asset\":\"c\",\"language\":\"en\",\"modes\":[\"burn\",\"sidecar\"]}", SRT, -1, &with),
		&with.err) ||
	    !CHECK_OK(film("{\"asset\":\"c\",\"modes\":[\"sidecar\"]}", SRT, -1, &without), &without.err))
		return;
	CHECK(brightest(with.scratch) > 230);
	CHECK(brightest(without.scratch) < 60);
	CHECK_CONTAINS(file_in(with.scratch, "captions-0.srt"), "00:00:00,200 --> 00:00:01,000\nHello there\n\n2\n");
	CHECK(text_starts(
	    file_in(with.scratch, "captions-0.vtt"), "WEBVTT\n\n00:00:00.200 --> 00:00:01.000\nHello there\n"));
	CHECK_JSON_AT(with.json, "/captions/1/name", "captions-0.vtt");
	CHECK_JSON_AT(with.json, "/captions/1/media_type", "text/vtt");
	CHECK_JSON_AT(with.json, "/captions/0/language", "en");
}

TEST(words_are_flowed_into_cues_for_the_film)
{
	struct film made;

	if (CHECK_OK(
		film("{\"asset\":\"c\",\"look\":\"karaoke\",\"modes\":[\"burn\",\"sidecar\"]}",
		    "[{\"text\":\"Hello\",\"start\":0.2,\"end\":0.5},{\"text\":\"words\",\"start\":0.5,\"end\":0.9}]",
		    -1, &made),
		&made.err))
		CHECK_CONTAINS(file_in(made.scratch, "captions-0.srt"), "00:00:00,200 --> 00:00:01,200\nHello words\n");
}

/* A changed cue changes the spans that show it, and no others. */
TEST(changed_cues_make_their_own_spans_anew)
{
	const int cache = open(test_dir(), O_RDONLY | O_DIRECTORY);
	const char *captions = "{\"asset\":\"c\"}";
	struct film first, second, third;

	if (!CHECK_OK(film(captions, SRT, cache, &first), &first.err) ||
	    !CHECK_OK(
		film(captions, "00:00:00,200 --> 00:00:01,000\nHello there\n\n00:00:02,500 --> 00:00:03,000\nchanged\n",
		    cache, &second),
		&second.err) ||
	    !CHECK_OK(film(captions, "00:00:00,200 --> 00:00:01,000\nHello there\n", cache, &third), &third.err))
		return;
	CHECK_JSON_AT(first.json, "/spans/encoded", "2");
	CHECK_JSON_AT(second.json, "/spans/encoded", "1");
	CHECK_JSON_AT(third.json, "/spans/encoded", "1");
}

TEST(captions_that_cannot_be_read_say_why)
{
	struct film made;

	CHECK_FAILS_CODE(film("{\"asset\":\"c\"}", "1\n00:00:02,000 --> 00:00:01,000\nx\n", -1, &made), &made.err,
	    ERR_INPUT, "captions_unreadable");
	CHECK_CONTAINS(made.err.text, "captions 'c': captions, line 2");
	CHECK_FAILS_CODE(film("{\"asset\":\"d\"}", "", -1, &made), &made.err, ERR_INPUT, "captions_unavailable");
}

TEST_MAIN_WITH(set_up, tear_down, ROW(cues_are_shown_from_their_first_to_their_last_frame),
    ROW(captions_may_come_earlier_or_later), ROW(looks_differ_as_they_say), ROW(karaoke_lights_the_spoken_word),
    ROW(track_has_no_holes_and_lasts_as_long_as_the_film), ROW(languages_become_three_letters),
    ROW(films_burn_captions_in_and_write_them_beside), ROW(words_are_flowed_into_cues_for_the_film),
    ROW(changed_cues_make_their_own_spans_anew), ROW(captions_that_cannot_be_read_say_why))
