/*
 * Text in pictures: scripts and emoji through fallback fonts, exact places, breaking, plates, outlines; which fonts a
 * text's letters come from.
 */
#include "tests/harness/test_main.h"

#include <sys/stat.h>

#include "lib/base/text.h"
#include "media/drawtext.h"

#define WIDTH 320
#define HEIGHT 180
/* luma of a pixel that is seen as part of a white letter on black */
#define SEEN 44

static struct fonts *fonts;
static struct font font;

static int
set_up(void)
{
	static const char *const dirs[] = {"/usr/share/fonts", NULL};
	static const char *const needed[] = {"dejavu/DejaVuSans-Bold.ttf", "noto/NotoColorEmoji.ttf",
	    "wqy/wqy-microhei.ttc", "lohit-devanagari/Lohit-Devanagari.ttf", "tlwg/Loma-Bold.ttf"};
	struct error err = {0};
	char path[128];

	for (size_t i = 0; i < ARRAY_LEN(needed); i++) {
		(void)snprintf(path, sizeof(path), "/usr/share/fonts/truetype/%s", needed[i]);
		if (access(path, R_OK) != 0)
			return 77;
	}
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

static struct drawtext
plain(const char *text)
{
	return (struct drawtext){.text = text,
	    .font = &font,
	    .size = 32,
	    .size_min = 20,
	    .rgb = 0xffffff,
	    .width = WIDTH,
	    .height = HEIGHT,
	    .opacity = 1};
}

/* Drawn on black; the caller frees. */
static AVFrame *
picture_of(const struct drawtext *what, struct drawtext_report *report)
{
	struct stamp *stamp = NULL;
	struct error err = {0};
	AVFrame *canvas = NULL;

	if (!CHECK_OK(canvas_new(what->width, what->height, &canvas, &err), &err))
		abort();
	canvas_fill(canvas, 0);
	CHECK_OK(drawtext_stamp(what, &stamp, report, &err), &err);
	if (stamp != NULL)
		stamp_put(stamp, canvas, 65536);
	stamp_free(&stamp);
	return canvas;
}

struct area {
	int left, top, right, bottom;
};

static struct area
lit(const AVFrame *canvas, int least)
{
	struct area area = {canvas->width, canvas->height, 0, 0};

	for (int y = 0; y < canvas->height; y++) {
		for (int x = 0; x < canvas->width; x++) {
			if (canvas->data[0][y * canvas->linesize[0] + x] < least)
				continue;
			area.left = FW_MIN(area.left, x);
			area.right = FW_MAX(area.right, x + 1);
			area.top = FW_MIN(area.top, y);
			area.bottom = y + 1;
		}
	}
	return area;
}

static struct area
lit_by(const struct drawtext *what)
{
	AVFrame *canvas = picture_of(what, NULL);
	const struct area area = lit(canvas, SEEN);

	av_frame_free(&canvas);
	return area;
}

/* By how much the strongest colour differs from grey. */
static int
colourfulness(const char *text)
{
	const struct drawtext what = plain(text);
	AVFrame *canvas = picture_of(&what, NULL);
	int most = 0;

	for (int p = 1; p < 3; p++)
		for (int y = 0; y < canvas->height / 2; y++)
			for (int x = 0; x < canvas->width / 2; x++)
				most = FW_MAX(most, abs(canvas->data[p][y * canvas->linesize[p] + x] - 128));
	av_frame_free(&canvas);
	return most;
}

static const char *
digest_of(const char *text)
{
	const struct drawtext what = plain(text);
	AVFrame *canvas = picture_of(&what, NULL);
	char *hex = arena_alloc(test_arena(), HASH_HEX_SIZE);
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	for (int y = 0; y < canvas->height; y++)
		hash_add(&hash, canvas->data[0] + y * canvas->linesize[0], (size_t)canvas->width);
	hash_end_hex(&hash, hex);
	av_frame_free(&canvas);
	return hex;
}

static struct drawtext_fonts
fonts_of(const char *text)
{
	struct drawtext_fonts used = {0};
	struct error err = {0};

	CHECK_OK(drawtext_fonts_used(&(struct drawtext){.text = text, .font = &font}, &used, NULL, &err), &err);
	return used;
}

static double
width_of(const char *text, double size)
{
	return drawtext_width(&(struct drawtext){.text = text, .font = &font, .size = size});
}

/* ---- letters ---- */

/* Two words of one script in one font must look different: boxes for missing glyphs would be alike. */
TEST(scripts_are_drawn_from_fonts_that_have_them)
{
	static const struct {
		const char *one, *other, *file;
	} rows[] = {
	    {"\xd9\x85\xd8\xb1\xd8\xad", "\xd8\xb3\xd9\x84\xd8\xa7", "DejaVuSans-Bold.ttf"},  /* Arabic */
	    {"\xd7\xa9\xd7\x9c", "\xd7\x9e\xd7\xaa", "DejaVuSans-Bold.ttf"},		      /* Hebrew */
	    {"\xe4\xb8\xad\xe6\x96\x87", "\xe4\xba\xa7\xe5\x93\x81", "wqy-microhei.ttc"},     /* Chinese */
	    {"\xe3\x81\x93\xe3\x82\x93", "\xe3\x83\x8b\xe3\x83\x81", "wqy-microhei.ttc"},     /* Japanese */
	    {"\xed\x95\x9c\xea\xb5\xad", "\xec\x95\x88\xeb\x85\x95", "wqy-microhei.ttc"},     /* Korean */
	    {"\xe0\xa4\xa8\xe0\xa4\xae", "\xe0\xa4\xa6\xe0\xa5\x81", "Lohit-Devanagari.ttf"}, /* Hindi */
	    {"\xe0\xb9\x84\xe0\xb8\x97", "\xe0\xb8\xaa\xe0\xb8\xa7", "Loma-Bold.ttf"},	      /* Thai */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct drawtext what = plain(rows[i].one);
		const struct drawtext_fonts used = fonts_of(rows[i].one);
		struct drawtext_report report = {0};
		struct font named;
		struct error err = {0};
		const char *sha256;
		AVFrame *canvas = picture_of(&what, &report);

		CHECK_INT(report.missing, 0);
		CHECK(report.ink_width > 10 && report.ink_height > 10);
		CHECK(strcmp(digest_of(rows[i].one), digest_of(rows[i].other)) != 0);
		av_frame_free(&canvas);
		CHECK_INT(used.count, 1);
		CHECK_OK(fonts_resolve(fonts, "DejaVuSans-Bold", &named, &err), &err);
		const char *path = arena_printf(test_arena(), "/usr/share/fonts/truetype/%s/%s",
		    text_starts(rows[i].file, "DejaVu") ? "dejavu"
		    : text_starts(rows[i].file, "wqy")	? "wqy"
		    : text_starts(rows[i].file, "Loma") ? "tlwg"
							: "lohit-devanagari",
		    rows[i].file);
		if (CHECK_OK(fonts_digest(fonts, path, &sha256, &err), &err))
			CHECK_STR(used.items[0].sha256, sha256);
	}
}

/* A family, a thumb with a skin tone and a flag are one picture each, as wide as any other emoji. */
TEST(emoji_are_coloured_and_sequences_are_one_picture)
{
	static const char *const rows[] = {
	    "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x91\xa7\xe2\x80\x8d\xf0\x9f\x91\xa6",
	    "\xf0\x9f\x91\x8d\xf0\x9f\x8f\xbd", "\xf0\x9f\x87\xa9\xf0\x9f\x87\xaa",
	    "\xe2\x9d\xa4\xef\xb8\x8f", /* a heart, asked for in colour */
	};
	const double one = width_of("\xf0\x9f\x98\x80", 32);

	CHECK(one > 30 && one < 48);
	CHECK(colourfulness("\xf0\x9f\x98\x80") > 60);
	CHECK_INT(colourfulness("\xe2\x98\xba\xef\xb8\x8e"), 0); /* a face, asked for as text */
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const double width = width_of(rows[i], 32);

		CHECK(width > one - 1 && width < one + 1);
		if (i > 0)
			CHECK(colourfulness(rows[i]) > 15);
	}
	/* as high as letters are, and not as their bitmap is */
	const struct drawtext what = plain("\xf0\x9f\x98\x80");
	const struct area area = lit_by(&what);
	CHECK(area.bottom - area.top > 28 && area.bottom - area.top < 42);
}

TEST(marks_stay_on_their_letters)
{
	const double plain_z = width_of("Z", 32), marked = width_of("Z\xcd\x91\xcd\x83", 32);
	struct font sans;
	struct error err = {0};

	CHECK(marked > plain_z - 0.1 && marked < plain_z + 0.1);
	if (!CHECK_OK(fonts_resolve(fonts, "OpenSans-Bold", &sans, &err), &err) || sans.fallback)
		return;
	/* Open Sans lacks the mark: letter and mark come from one font together */
	struct drawtext_fonts used;
	CHECK_OK(drawtext_fonts_used(&(struct drawtext){.text = "Z\xcd\x91", .font = &sans}, &used, NULL, &err), &err);
	CHECK_INT(used.count, 1);
	CHECK_OK(drawtext_fonts_used(&(struct drawtext){.text = "Za\xcd\x91", .font = &sans}, &used, NULL, &err), &err);
	CHECK_INT(used.count, 2);
}

/* The direction is that of the first strong letter: what ends a Hebrew sentence lies on its left. */
TEST(right_to_left_text_runs_to_the_left)
{
	const struct drawtext hebrew = plain("\xd7\x90\xd7\x90\xd7\x90____"), latin = plain("aaa____");
	AVFrame *canvas;
	struct area area;

	canvas = picture_of(&hebrew, NULL);
	area = lit(canvas, SEEN);
	CHECK(canvas->data[0][(area.bottom - 1) * canvas->linesize[0] + area.left + 4] >= SEEN);
	CHECK(canvas->data[0][(area.bottom - 1) * canvas->linesize[0] + area.right - 4] < 20);
	av_frame_free(&canvas);
	canvas = picture_of(&latin, NULL);
	area = lit(canvas, SEEN);
	CHECK(canvas->data[0][(area.bottom - 1) * canvas->linesize[0] + area.left + 4] < 20);
	CHECK(canvas->data[0][(area.bottom - 1) * canvas->linesize[0] + area.right - 4] >= SEEN);
	av_frame_free(&canvas);
}

TEST(missing_characters_are_left_out_and_reported)
{
	const struct drawtext what = plain("a\xee\x80\x80\xf4\x8f\xbf\xbd\xee\x80\x80z");
	struct drawtext_report report = {0};
	AVFrame *canvas = picture_of(&what, &report);

	CHECK_INT(report.missing, 3);
	CHECK_STR(drawtext_missing(&report, test_arena()), "U+E000, U+10FFFD");
	CHECK_STR(digest_of(what.text), digest_of("az"));
	CHECK(strcmp(fonts_of(what.text).key, fonts_of("az").key) != 0);
	av_frame_free(&canvas);
}

/* ADS-223 */
TEST(text_is_literal)
{
	static const char *const rows[] = {"<b>x</b>", "&amp;", "%{pts}", "a\\nb", "'\":;[]"};
	const struct drawtext control = plain("a\tb\x01");
	struct drawtext_report report = {0};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const double width = width_of(rows[i], 32);
		double sum = 0;

		for (const char *at = rows[i]; *at != '\0'; at++)
			sum += width_of((const char[]){*at, '\0'}, 32);
		/* kerning aside, each byte is one letter */
		CHECK(width > sum - 8 && width < sum + 8);
	}
	AVFrame *canvas = picture_of(&control, &report);
	CHECK_INT(report.missing, 0);
	CHECK_INT(report.lines, 1);
	av_frame_free(&canvas);
}

/* ---- places ---- */

TEST(ink_lies_exactly_at_its_margins)
{
	static const char *const texts[] = {
	    "HILL", "Ogjpq", "\xc3\x84\xc3\xa9", "\xe4\xb8\xad\xe6\x96\x87", "\xd7\xa9\xd7\x9c."};
	static const double sizes[] = {20, 31.3, 48};

	for (size_t i = 0; i < ARRAY_LEN(texts) * ARRAY_LEN(sizes) * 9; i++) {
		struct drawtext what = plain(texts[i % ARRAY_LEN(texts)]);
		AVFrame *canvas;
		struct area some, more;

		what.size = sizes[i / ARRAY_LEN(texts) % ARRAY_LEN(sizes)];
		what.across = (int)(i / 15 % 3) - 1;
		what.down = (int)(i / 45) - 1;
		what.margin_x = 13;
		what.margin_y = 8;
		canvas = picture_of(&what, NULL);
		/* luma is rounded: what is a little brighter than seen lies inside, what is a little darker reaches it
		 */
		some = lit(canvas, SEEN - 2);
		more = lit(canvas, SEEN + 2);
		if (what.across < 0)
			CHECK(some.left <= 13 && more.left >= 13);
		else if (what.across > 0)
			CHECK(some.right >= WIDTH - 13 && more.right <= WIDTH - 13);
		else
			CHECK(abs(more.left - (WIDTH - more.right)) <= 2);
		if (what.down < 0)
			CHECK(some.top <= 8 && more.top >= 8);
		else if (what.down > 0)
			CHECK(some.bottom >= HEIGHT - 8 && more.bottom <= HEIGHT - 8);
		else
			CHECK(abs(more.top - (HEIGHT - more.bottom)) <= 2);
		av_frame_free(&canvas);
	}
}

TEST(offsets_move_and_never_out_of_the_frame)
{
	struct drawtext what = plain("Moved");
	const struct area before = lit_by(&what);
	struct area after;

	what.offset_x = 15;
	what.offset_y = -21;
	after = lit_by(&what);
	CHECK_INT(after.left - before.left, 15);
	CHECK_INT(after.top - before.top, -21);
	what.offset_x = 5000;
	what.offset_y = 5000;
	after = lit_by(&what);
	CHECK_INT(after.right, WIDTH);
	CHECK_INT(after.bottom, HEIGHT);
	CHECK_INT(after.right - after.left, before.right - before.left);
}

TEST(outline_counts_as_ink_and_has_its_colour)
{
	struct drawtext what = plain("H");
	const struct area bare = lit_by(&what);
	struct drawtext_report report = {0};
	struct area area;
	AVFrame *canvas;

	what.edge_width = 4;
	what.across = what.down = -1;
	what.margin_x = what.margin_y = 10;
	what.edge_rgb = 0xffffff;
	area = lit_by(&what);
	CHECK_INT(area.left, 10);
	CHECK_INT(area.top, 10);
	CHECK(abs((area.right - area.left) - (bare.right - bare.left) - 8) <= 1);
	what.edge_rgb = 0xff0000;
	canvas = picture_of(&what, &report);
	/* red outside, white within the stem */
	CHECK(canvas->data[2][(report.ink_y + 10) / 2 * canvas->linesize[2] + (report.ink_x + 1) / 2] > 200);
	CHECK(canvas->data[0][(report.ink_y + 12) * canvas->linesize[0] + report.ink_x + 8] > 225);
	av_frame_free(&canvas);
}

TEST(steady_texts_share_their_baseline)
{
	struct drawtext low = plain("gap"), high = plain("nap");
	AVFrame *canvas;
	struct area one, other;

	low.steady = high.steady = true;
	low.down = high.down = 1;
	low.margin_y = high.margin_y = 10;
	one = lit_by(&low);
	other = lit_by(&high);
	CHECK_INT(one.top, other.top);
	CHECK(one.bottom == other.bottom); /* both have a p */
	high.text = "nnn";
	canvas = picture_of(&high, NULL);
	CHECK(lit(canvas, SEEN).bottom < one.bottom);
	CHECK_INT(lit(canvas, SEEN).top, one.top);
	av_frame_free(&canvas);
}

/* ---- lines ---- */

/* ADS-224 */
TEST(wide_text_shrinks_then_breaks_into_two_even_lines)
{
	struct drawtext what = plain("A fairly wide text");
	struct drawtext_report report = {0};
	struct area area;
	AVFrame *canvas = picture_of(&what, &report);

	CHECK_INT(report.lines, 1);
	CHECK(report.size < 32 && report.size >= 20);
	CHECK(report.ink_width <= WIDTH * 9 / 10);
	av_frame_free(&canvas);
	what.text = "one two three four five six";
	canvas = picture_of(&what, &report);
	CHECK_INT(report.lines, 2);
	CHECK(report.size == 20);
	/* not "one two three four five / six" */
	CHECK(report.ink_width < width_of("one two three four", 20));
	av_frame_free(&canvas);
	what.text =
	    "a text that goes on and on until it must become smaller and still more words come after it, on and "
	    "on and on without any end in sight, which nobody will ever be able to read while it is shown";
	canvas = picture_of(&what, &report);
	area = lit(canvas, SEEN);
	CHECK(report.lines > 2);
	CHECK(report.size >= 12);
	CHECK(area.left >= WIDTH / 20 - 1 && area.right <= WIDTH * 19 / 20 + 1 && area.top > 0 && area.bottom < HEIGHT);
	av_frame_free(&canvas);
}

TEST(line_feeds_break_and_lines_are_aligned)
{
	static const enum drawtext_align aligns[] = {DRAWTEXT_LEFT, DRAWTEXT_CENTER, DRAWTEXT_RIGHT};
	struct drawtext what = plain("HHHHHH\nHH\r\nHHHH");
	struct drawtext_report report = {0};

	what.size = 24;
	for (size_t i = 0; i < ARRAY_LEN(aligns); i++) {
		AVFrame *canvas;
		struct area all, second;

		what.align = aligns[i];
		canvas = picture_of(&what, &report);
		CHECK_INT(report.lines, 3);
		all = lit(canvas, SEEN);
		canvas->height = (all.top + all.bottom) / 2 + 6;
		canvas->data[0] += ((all.top + all.bottom) / 2 - 6) * canvas->linesize[0];
		canvas->height = 12;
		second = lit(canvas, SEEN);
		if (what.align == DRAWTEXT_LEFT)
			CHECK_INT(second.left, all.left);
		else if (what.align == DRAWTEXT_RIGHT)
			CHECK(abs(second.right - all.right) <= 1);
		else
			CHECK(abs((second.left - all.left) - (all.right - second.right)) <= 1);
		av_frame_free(&canvas);
	}
}

TEST(lines_keep_to_the_maximum_width)
{
	struct drawtext what = plain("some words to break");
	struct drawtext_report report = {0};
	AVFrame *canvas;

	what.max_width = 120;
	what.size = what.size_min = 22;
	what.max_lines = 3;
	canvas = picture_of(&what, &report);
	CHECK(report.lines == 3 || report.lines == 2);
	CHECK(report.ink_width <= 120);
	CHECK(report.size == 22);
	av_frame_free(&canvas);
}

/* ---- plates and colours ---- */

TEST(box_lies_behind_with_padding_colour_and_round_corners)
{
	struct drawtext what = plain("Box");
	struct drawtext_report report = {0};
	AVFrame *canvas;

	what.rgb = 0;
	what.box = (struct drawtext_box){.opacity = 0.5, .rgb = 0xffffff, .pad = 9, .radius = 8};
	what.across = 1;
	what.down = 1;
	what.margin_x = 20;
	what.margin_y = 10;
	canvas = picture_of(&what, &report);
	CHECK_INT(report.box_x + report.box_width, WIDTH - 20);
	CHECK_INT(report.box_y + report.box_height, HEIGHT - 10);
	CHECK_INT(report.ink_x - report.box_x, 9);
	CHECK(report.ink_y - report.box_y >= 9);
	const struct area area = lit(canvas, SEEN);
	CHECK_INT(area.left, report.box_x);
	CHECK_INT(area.right, WIDTH - 20);
	CHECK_INT(area.top, report.box_y);
	CHECK_INT(area.bottom, HEIGHT - 10);
	/* half of white over black; the corner is cut away */
	CHECK(abs(canvas->data[0][(report.box_y + 2) * canvas->linesize[0] + report.box_x + report.box_width / 2] -
		  126) <= 2);
	CHECK(canvas->data[0][report.box_y * canvas->linesize[0] + report.box_x] < 20);
	av_frame_free(&canvas);
}

TEST(parts_have_their_own_colour)
{
	static const struct drawtext_part parts[] = {{4, 7, 0xff0000}};
	struct drawtext what = plain("HHH HHH HHH");
	const struct area white = lit_by(&what);
	AVFrame *canvas;
	int red = 0;

	what.parts = parts;
	what.n_parts = 1;
	canvas = picture_of(&what, NULL);
	CHECK_INT(lit(canvas, SEEN).left, white.left);
	CHECK_INT(lit(canvas, SEEN).right, white.right);
	for (int x = 0; x < WIDTH / 2; x++)
		red += canvas->data[2][(HEIGHT / 4) * canvas->linesize[2] + x] > 190;
	/* the middle word, and nothing of the others */
	CHECK(red > 8 && red * 2 < (white.right - white.left) / 3);
	av_frame_free(&canvas);
}

TEST(stamps_fade_in_shares)
{
	const struct drawtext what = plain("HHHH");
	struct stamp *stamp = NULL;
	struct error err = {0};
	int most[3] = {0};

	CHECK_OK(drawtext_stamp(&what, &stamp, NULL, &err), &err);
	for (int i = 0; i < 3; i++) {
		AVFrame *canvas = NULL;

		if (!CHECK_OK(canvas_new(WIDTH, HEIGHT, &canvas, &err), &err))
			return;
		canvas_fill(canvas, 0);
		stamp_put(stamp, canvas, i * 32768);
		for (int y = 0; y < HEIGHT; y++)
			for (int x = 0; x < WIDTH; x++)
				most[i] = FW_MAX(most[i], canvas->data[0][y * canvas->linesize[0] + x]);
		av_frame_free(&canvas);
	}
	stamp_free(&stamp);
	CHECK_INT(most[0], 16);
	CHECK(abs(most[1] - 126) <= 1);
	CHECK_INT(most[2], 235);
}

/* ---- keys ---- */

static struct drawtext_fonts
used_with(const char *const *links, const char *text)
{
	const char *dir = test_dir();
	const char *const dirs[] = {dir, NULL};
	struct fonts *own = NULL;
	struct drawtext_fonts used = {0};
	struct font bold;
	struct error err = {0};

	for (size_t i = 0; links[i] != NULL; i++) {
		const char *from = arena_printf(test_arena(), "/usr/share/fonts/truetype/%s", links[i]);

		CHECK_INT(symlink(from, arena_printf(test_arena(), "%s/%zu%s", dir, i, strrchr(from, '.'))), 0);
	}
	if (CHECK_OK(fonts_new(dirs, test_dir(), &own, &err), &err) &&
	    CHECK_OK(fonts_resolve(own, "DejaVuSans-Bold", &bold, &err), &err))
		CHECK_OK(drawtext_fonts_used(&(struct drawtext){.text = text, .font = &bold}, &used, NULL, &err), &err);
	for (size_t i = 0; i < used.count; i++)
		used.items[i].sha256 = arena_strdup(test_arena(), used.items[i].sha256);
	fonts_free(&own);
	return used;
}

/* Spans hold the digests of the fonts that their letters came from, and of no others. */
TEST(key_changes_with_the_fonts_that_are_really_used)
{
	static const char *const few[] = {"dejavu/DejaVuSans-Bold.ttf", NULL};
	static const char *const more[] = {"dejavu/DejaVuSans-Bold.ttf", "wqy/wqy-microhei.ttc", NULL};
	const char *latin = "Latin 123", *chinese = "x \xe4\xb8\xad\xe6\x96\x87";
	const struct drawtext_fonts before = used_with(few, chinese), after = used_with(more, chinese);

	CHECK_STR(used_with(few, latin).key, used_with(more, latin).key);
	CHECK(strcmp(before.key, after.key) != 0);
	CHECK_INT(before.count, 1);
	CHECK_INT(after.count, 2);
	CHECK_STR(before.items[0].sha256, font.sha256);
	/* fontconfig has one current configuration: back to the other tests' */
	tear_down();
	CHECK_INT(set_up(), 0);
}

TEST_MAIN_WITH(set_up, tear_down, ROW(scripts_are_drawn_from_fonts_that_have_them),
    ROW(emoji_are_coloured_and_sequences_are_one_picture), ROW(marks_stay_on_their_letters),
    ROW(right_to_left_text_runs_to_the_left), ROW(missing_characters_are_left_out_and_reported), ROW(text_is_literal),
    ROW(ink_lies_exactly_at_its_margins), ROW(offsets_move_and_never_out_of_the_frame),
    ROW(outline_counts_as_ink_and_has_its_colour), ROW(steady_texts_share_their_baseline),
    ROW(wide_text_shrinks_then_breaks_into_two_even_lines), ROW(line_feeds_break_and_lines_are_aligned),
    ROW(lines_keep_to_the_maximum_width), ROW(box_lies_behind_with_padding_colour_and_round_corners),
    ROW(parts_have_their_own_colour), ROW(stamps_fade_in_shares), ROW(key_changes_with_the_fonts_that_are_really_used))
