/*
 * Stills and pictures without a process around them: EXIF turns, alpha, colour profiles, 16 bits, CMYK; fonts by name.
 */
#include <fcntl.h>
#include <math.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "media/fonts.h"
#include "media/picture.h"
#include "media/still.h"
#include "media/woff.h"
#include "tests/harness/test_main.h"

static int
load(const char *name, int max_side, struct picture *picture, struct error *err)
{
	char path[64];
	CLEANUP(still_done) struct still still = {0};

	(void)snprintf(path, sizeof(path), "media/%s", name);
	CLEANUP(fd_close) int fd = open(test_data(path), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return error_set(err, ERR_NOT_FOUND, "no '%s'", path);
	if (still_read(fd, &still, err) < 0)
		return -1;
	return picture_load(&still, max_side, picture, err);
}

static void
rgb_at(const struct picture *picture, int x, int y, int rgb[3])
{
	const uint16_t *p = PICTURE_PIXEL(picture, x, y);

	for (int c = 0; c < 3; c++)
		rgb[c] = (p[c] + 128) / 257;
}

static bool
close_to(const struct picture *picture, int x, int y, int r, int g, int b, int slack)
{
	int rgb[3];

	rgb_at(picture, x, y, rgb);
	return abs(rgb[0] - r) <= slack && abs(rgb[1] - g) <= slack && abs(rgb[2] - b) <= slack;
}

/* Stored: red at the top left, blue at the bottom right. Where each lies once the picture is upright. */
TEST(all_eight_orientations_become_upright)
{
	static const struct {
		int width, height, red_x, red_y, blue_x, blue_y;
	} rows[9] = {
	    [1] = {48, 32, 4, 4, 43, 27},
	    [2] = {48, 32, 43, 4, 4, 27},
	    [3] = {48, 32, 43, 27, 4, 4},
	    [4] = {48, 32, 4, 27, 43, 4},
	    [5] = {32, 48, 4, 4, 27, 43},
	    [6] = {32, 48, 27, 4, 4, 43},
	    [7] = {32, 48, 27, 43, 4, 4},
	    [8] = {32, 48, 4, 43, 27, 4},
	};

	for (int o = 1; o <= 8; o++) {
		CLEANUP(picture_done) struct picture picture = {0};
		struct error err = {0};
		char name[16];

		(void)snprintf(name, sizeof(name), "turn%d.jpg", o);
		if (!CHECK_OK(load(name, 100, &picture, &err), &err))
			continue;
		CHECK_INT(picture.width, rows[o].width);
		CHECK_INT(picture.height, rows[o].height);
		CHECK(close_to(&picture, rows[o].red_x, rows[o].red_y, 255, 0, 0, 24));
		CHECK(close_to(&picture, rows[o].blue_x, rows[o].blue_y, 0, 0, 255, 24));
	}
}

TEST(formats_agree_about_the_same_picture)
{
	static const struct {
		const char *name;
		int slack;
	} rows[] = {{"plain.jpg", 12}, {"plain.bmp", 1}, {"deep.png", 1}, {"interlaced.png", 1}, {"plain.webp", 26},
	    {"plain.gif", 16}, {"progressive.jpg", 14}, {"palette.png", 60}, {"cmyk.jpg", 16}};
	CLEANUP(picture_done) struct picture plain = {0};
	struct error err = {0};

	CHECK_OK(load("plain.png", 100, &plain, &err), &err);
	CHECK(close_to(&plain, 16, 14, 255, 255, 255, 1));
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(picture_done) struct picture other = {0};
		int rgb[3];

		if (!CHECK_OK(load(rows[i].name, 100, &other, &err), &err))
			continue;
		for (int y = 4; y < 48; y += 20) {
			rgb_at(&plain, 40, y, rgb);
			CHECK(close_to(&other, 40, y, rgb[0], rgb[1], rgb[2], rows[i].slack));
		}
		CHECK(close_to(&other, 16, 14, 255, 255, 255, rows[i].slack));
	}
}

TEST(alpha_is_laid_over_the_backdrop)
{
	CLEANUP(picture_done) struct picture soft = {0}, red = {0}, plain = {0};
	struct error err = {0};
	int before[3];

	CHECK_OK(load("plain.png", 100, &plain, &err), &err);
	CHECK_OK(load("alpha.png", 100, &soft, &err), &err);
	CHECK(!soft.opaque && plain.opaque);
	CHECK_OK(load("alpha.png", 32, &red, &err), &err);
	CHECK_INT(red.width, 32);
	CHECK_OK(picture_flatten(&soft, NULL, &err), &err);
	CHECK_OK(picture_flatten(&red, "#FF0000", &err), &err);
	rgb_at(&plain, 40, 30, before);
	/* half of the picture, half of a light grey */
	CHECK(close_to(&soft, 40, 30, (before[0] + 228) / 2, (before[1] + 229) / 2, (before[2] + 232) / 2, 6));
	CHECK(close_to(&red, 20, 15, (before[0] + 255) / 2, before[1] / 2, before[2] / 2, 12));
	CHECK_FAILS_CODE(picture_flatten(&red, "red", &err), &err, ERR_INPUT, "media_bad_request");
}

/* 60 200 80 in the wide space (gamma 2.2) lies outside of sRGB in red; littleCMS says 0 204 55 */
TEST(wide_gamut_becomes_srgb)
{
	CLEANUP(picture_done) struct picture picture = {0};
	struct error err = {0};

	CHECK_OK(load("wide_gamut.png", 100, &picture, &err), &err);
	CHECK(close_to(&picture, 5, 5, 0, 204, 55, 3));
}

TEST(pictures_shrink_and_never_grow)
{
	CLEANUP(picture_done) struct picture small = {0}, same = {0};
	struct error err = {0};

	CHECK_OK(load("plain.png", 16, &small, &err), &err);
	CHECK_INT(small.width, 16);
	CHECK_INT(small.height, 12);
	CHECK_OK(load("plain.png", 4000, &same, &err), &err);
	CHECK_INT(same.width, 64);
}

TEST(size_limits_are_exact)
{
	struct error err = {0};

	CHECK_OK(still_size_check(32768, 3000, 10 * 1000 * 1000, &err), &err);
	CHECK_OK(still_size_check(10000, 10000, 10 * 1000 * 1000, &err), &err);
	CHECK_FAILS_CODE(still_size_check(32769, 1, 1000, &err), &err, ERR_INPUT, "media_too_large");
	CHECK_FAILS_CODE(still_size_check(10001, 10000, 10 * 1000 * 1000, &err), &err, ERR_INPUT, "media_too_large");
	CHECK_FAILS_CODE(still_size_check(0, 1, 1000, &err), &err, ERR_INPUT, "media_unreadable");
	CHECK_FAILS_CODE(still_size_check(9000, 9000, 1000, &err), &err, ERR_INPUT, "media_bomb");
}

/* ADS-222 */
TEST(fonts_are_found_by_name_or_replaced)
{
	static const char *const dirs[] = {"/usr/share/fonts", "/nonexistent", NULL};
	struct fonts *fonts = NULL;
	struct font font;
	struct error err = {0};

	if (access("/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", R_OK) != 0)
		SKIP("no DejaVu fonts here");
	CHECK_OK(fonts_new(dirs, test_dir(), &fonts, &err), &err);
	CHECK_OK(fonts_resolve(fonts, "DejaVuSans-Bold", &font, &err), &err);
	CHECK(!font.fallback && font.weight == 700);
	CHECK_STR(font.family, "DejaVu Sans");
	CHECK(text_ends(font.file, "/DejaVuSans-Bold.ttf"));
	CHECK(hash_is_hex(font.sha256));
	CHECK_OK(fonts_resolve(fonts, "dejavu sans", &font, &err), &err);
	CHECK(!font.fallback && font.weight == 400);
	CHECK_OK(fonts_resolve(fonts, "NoSuchFont-Bold", &font, &err), &err);
	CHECK(font.fallback);
	CHECK(text_ends(font.file, "/DejaVuSans-Bold.ttf"));
	fonts_free(&fonts);
}

TEST(damaged_web_fonts_are_refused)
{
	static const unsigned char zero_tables[44] = "wOFF";
	static const unsigned char outside[64] = {
	    'w', 'O', 'F', 'F', 0, 1, 0, 0, 0, 0, 0, 64, 0, 1, [44] = 'g', 'l', 'y', 'f', 0xff, 0xff, 0xff, 0xff};
	CLEANUP(buf_done) struct buf font = BUF_INIT(MIB);
	struct error err = {0};

	CHECK_FAILS(woff_unpack("nope", 4, &font, &err), &err, ERR_INPUT);
	CHECK_FAILS(woff_unpack(zero_tables, sizeof(zero_tables), &font, &err), &err, ERR_INPUT);
	CHECK_FAILS(woff_unpack(outside, sizeof(outside), &font, &err), &err, ERR_INPUT);
}

TEST_MAIN(ROW(all_eight_orientations_become_upright), ROW(formats_agree_about_the_same_picture),
    ROW(alpha_is_laid_over_the_backdrop), ROW(wide_gamut_becomes_srgb), ROW(pictures_shrink_and_never_grow),
    ROW(size_limits_are_exact), ROW(fonts_are_found_by_name_or_replaced), ROW(damaged_web_fonts_are_refused))
