/*
 * Colour tables, grades and sharpening on small pictures.
 */
#include "tests/harness/test_main.h"

#include <math.h>

#include "lib/base/buf.h"
#include "media/canvas.h"
#include "media/grade.h"
#include "media/look.h"
#include "media/lut.h"
#include "media/sharpen.h"
#include "media/tone.h"

#define WIDTH 64
#define HEIGHT 32

static const struct timeline_look neutral = {.contrast = 1, .saturation = 1, .gamma = 1};

/* A ramp of greys with a slope of detail in it. */
static AVFrame *
grey_card(void)
{
	struct error err = {0};
	AVFrame *card = NULL;

	if (canvas_new(WIDTH, HEIGHT, &card, &err) < 0)
		abort();
	canvas_fill(card, 0x808080);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			canvas_row(card, 0, y)[x] = (uint8_t)(30 + x * 3 + (y % 4 < 2 ? 4 : 0));
	return card;
}

static double
mean(const AVFrame *frame, int plane)
{
	double sum = 0;

	for (int y = 0; y < canvas_side(frame->height, plane); y++)
		for (int x = 0; x < canvas_side(frame->width, plane); x++)
			sum += canvas_row(frame, plane, y)[x];
	return sum / (canvas_side(frame->width, plane) * canvas_side(frame->height, plane));
}

static double
spread(const AVFrame *frame)
{
	const double middle = mean(frame, 0);
	double sum = 0;

	for (int y = 0; y < frame->height; y++)
		for (int x = 0; x < frame->width; x++)
			sum += pow(canvas_row(frame, 0, y)[x] - middle, 2);
	return sqrt(sum / (frame->width * frame->height));
}

static double
edges(const AVFrame *frame)
{
	double sum = 0;

	for (int y = 0; y + 1 < frame->height; y++)
		for (int x = 0; x + 1 < frame->width; x++)
			sum += abs(canvas_row(frame, 0, y)[x] - canvas_row(frame, 0, y + 1)[x]);
	return sum;
}

/* Mean red minus blue, of 255. */
static double
warmth(const AVFrame *frame)
{
	return (mean(frame, 2) - 128) * 1.793 - (mean(frame, 1) - 128) * 2.112;
}

static AVFrame *
graded(const struct timeline_look *what)
{
	struct lut *none = NULL;
	struct look *look = look_new(what, &none);
	AVFrame *card = grey_card();

	look_put(look, card);
	look_free(&look);
	return card;
}

static AVFrame *
preset(enum timeline_grade grade)
{
	struct timeline_look what = neutral;

	what.grade = grade;
	return graded(&what);
}

/* ---- grades: SCENE-85 ---- */

TEST(grade_natural_leaves_grey_neutral)
{
	AVFrame *card = preset(GRADE_NATURAL);

	for (int y = 0; y < HEIGHT / 2; y++)
		for (int x = 0; x < WIDTH / 2; x++)
			CHECK(canvas_row(card, 1, y)[x] == 128 && canvas_row(card, 2, y)[x] == 128);
	av_frame_free(&card);
}

TEST(grade_warm_raises_red_against_blue_and_cool_lowers_it)
{
	AVFrame *plain = grey_card(), *warm = preset(GRADE_WARM), *cool = preset(GRADE_COOL);

	CHECK(warmth(warm) > warmth(plain) + 8);
	CHECK(warmth(cool) < warmth(plain) - 8);
	CHECK(fabs(mean(warm, 0) - mean(plain, 0)) < 8);
	av_frame_free(&plain);
	av_frame_free(&warm);
	av_frame_free(&cool);
}

TEST(grade_high_contrast_widens_the_spread_of_luma)
{
	AVFrame *plain = grey_card(), *steep = preset(GRADE_HIGH_CONTRAST);

	CHECK(spread(steep) > spread(plain) * 1.1);
	av_frame_free(&plain);
	av_frame_free(&steep);
}

TEST(grade_cinematic_cools_shadows_and_warms_lights_with_less_saturation)
{
	struct timeline_look what = neutral;
	struct lut *lut;
	int32_t dark[3] = {13000, 13000, 13000}, light[3] = {55000, 55000, 55000}, red[3] = {50000, 20000, 20000};

	what.grade = GRADE_CINEMATIC;
	lut = grade_lut(&what);
	lut_apply(lut, dark);
	lut_apply(lut, light);
	lut_apply(lut, red);
	CHECK(dark[2] > dark[0]);
	CHECK(light[0] > light[2]);
	CHECK(red[0] - (red[1] + red[2]) / 2 < 30000);
	lut_free(&lut);
}

TEST(grade_custom_follows_its_numbers_and_neutral_ones_change_nothing)
{
	struct timeline_look what = neutral;
	AVFrame *plain = grey_card(), *same, *other;

	what.grade = GRADE_CUSTOM;
	same = graded(&what);
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(HEIGHT, p); y++)
			CHECK(memcmp(canvas_row(plain, p, y), canvas_row(same, p, y), (size_t)canvas_side(WIDTH, p)) ==
			      0);
	what.brightness = 0.1;
	other = graded(&what);
	CHECK(fabs(mean(other, 0) - mean(plain, 0) - 21.9) < 1.5);
	av_frame_free(&other);
	what.brightness = 0;
	what.gamma = 2;
	other = graded(&what);
	CHECK(mean(other, 0) > mean(plain, 0) + 20);
	av_frame_free(&other);
	what.gamma = 1;
	what.contrast = 0.5;
	other = graded(&what);
	CHECK(fabs(spread(other) - spread(plain) / 2) < 1);
	av_frame_free(&other);
	what.contrast = 1;
	what.temperature = -1;
	other = graded(&what);
	CHECK(warmth(other) < warmth(plain) - 20);
	av_frame_free(&other);
	av_frame_free(&same);
	av_frame_free(&plain);
}

/* ---- sharpening: SCENE-87 ---- */

TEST(sharpen_raises_edge_energy_with_growing_strength)
{
	double last = 0;

	for (int strength = 0; strength <= SHARPEN_ONE; strength += SHARPEN_ONE / 4) {
		AVFrame *card = grey_card();

		sharpen_put(card, strength);
		CHECK(edges(card) > last);
		last = edges(card);
		av_frame_free(&card);
	}
}

TEST(sharpen_leaves_a_flat_picture_alone)
{
	struct error err = {0};
	AVFrame *flat = NULL;

	if (!CHECK_OK(canvas_new(6, 2, &flat, &err), &err))
		return;
	canvas_fill(flat, 0x406080);
	const uint8_t luma = canvas_row(flat, 0, 0)[0];

	sharpen_put(flat, SHARPEN_ONE);
	for (int y = 0; y < 2; y++)
		for (int x = 0; x < 6; x++)
			CHECK_INT(canvas_row(flat, 0, y)[x], luma);
	av_frame_free(&flat);
}

/* ---- .cube files ---- */

static int
parse(const char *text, struct lut **ret_lut, struct error *err)
{
	return lut_parse(text, strlen(text), ret_lut, err);
}

#define CORNERS "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"

TEST(lut_of_two_sides_is_linear)
{
	struct error err = {0};
	struct lut *lut = NULL;
	int32_t rgb[3] = {12345, 54321, 333};

	if (!CHECK_OK(parse("TITLE \"a b c d e\"\n# what\n\nLUT_3D_SIZE 2\r\n" CORNERS, &lut, &err), &err))
		return;
	lut_apply(lut, rgb);
	CHECK_INT(rgb[0], 12345);
	CHECK_INT(rgb[1], 54321);
	CHECK_INT(rgb[2], 333);
	lut_free(&lut);
}

TEST(lut_domain_and_curves_are_observed)
{
	struct error err = {0};
	struct lut *lut = NULL;
	int32_t rgb[3] = {LUT_ONE / 2, LUT_ONE / 4, LUT_ONE};

	if (!CHECK_OK(
		parse("LUT_1D_SIZE 3\nDOMAIN_MIN 0 0 0\nDOMAIN_MAX 1 .5 2\n0 0 1\n.25 .5 .5\n1 1 0\n", &lut, &err),
		&err))
		return;
	lut_apply(lut, rgb);
	CHECK_INT(rgb[0], LUT_ONE / 4);
	CHECK_INT(rgb[1], LUT_ONE / 2);
	CHECK_INT(rgb[2], LUT_ONE / 2);
	lut_free(&lut);
}

static void
swap_colours(const void *ctx, double rgb[3])
{
	const double r = rgb[0];

	(void)ctx;
	rgb[0] = rgb[2];
	rgb[2] = r;
}

TEST(lut_cube_gives_its_nodes_back)
{
	struct lut *lut = lut_cube(5, swap_colours, NULL);

	for (int i = 0; i <= 4; i++) {
		int32_t rgb[3] = {i * LUT_ONE / 4, LUT_ONE / 4, LUT_ONE / 2};

		lut_apply(lut, rgb);
		CHECK_INT(rgb[0], LUT_ONE / 2);
		CHECK_INT(rgb[1], LUT_ONE / 4);
		CHECK_INT(rgb[2], i * LUT_ONE / 4);
	}
	lut_free(&lut);
}

TEST(lut_refuses_with_the_line)
{
	static const struct {
		const char *text, *says;
	} rows[] = {
	    {"", "LUT_3D_SIZE"},
	    {"LUT_3D_SIZE 1\n", "between 2 and 65"},
	    {"LUT_3D_SIZE 66\n", "between 2 and 65"},
	    {"LUT_3D_SIZE 99999999999\n", "line 1"},
	    {"LUT_1D_SIZE 4097\n", "between 2 and 4096"},
	    {"LUT_3D_SIZE two\n", "a size was expected"},
	    {"LUT_3D_SIZE 2\nLUT_1D_SIZE 2\n", "line 2 of the colour table: the file holds a second table"},
	    {"0 0 0\nLUT_3D_SIZE 2\n", "line 1"},
	    {"LUT_3D_SIZE 2\n0 0\n", "line 2 of the colour table: three numbers"},
	    {"LUT_3D_SIZE 2\n0 0 x\n", "line 2 of the colour table: a number was expected"},
	    {"LUT_3D_SIZE 2\n0 0 nan\n", "line 2"},
	    {"LUT_3D_SIZE 2\n0 0 0x1\n", "line 2"},
	    {"LUT_3D_SIZE 2\n0 0 1e9\n", "line 2 of the colour table: the number is too large"},
	    {"LUT_3D_SIZE 2\n0 0 0 0 0\n", "line 2"},
	    {"LUT_3D_SIZE 2\n" CORNERS "0 0 0\n", "line 10 of the colour table: the table has more lines"},
	    {"LUT_3D_SIZE 2\n0 0 0\n", "1 lines of 8"},
	    {"LUT_3D_SIZE 2\nDOMAIN_MIN 1 1 1\nDOMAIN_MAX 1 1 1\n" CORNERS, "domain is empty"},
	    {"LUT_3D_SIZE 2\nSHAPER 1\n", "line 2 of the colour table: the keyword is not known"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		struct lut *lut = NULL;

		CHECK_FAILS_CODE(parse(rows[i].text, &lut, &err), &err, ERR_INPUT, "lut_invalid");
		CHECK_CONTAINS(err.text, rows[i].says);
		CHECK(lut == NULL);
	}
}

/* ---- powers and wide range ---- */

TEST(tone_power_is_close_to_the_real_one)
{
	static const double bases[] = {0.001, 0.018, 0.5, 0.999, 1, 3.7},
			    exponents[] = {0.0126, 0.45, 1, 2.4, 6.28, 78.84};

	for (size_t i = 0; i < ARRAY_LEN(bases); i++)
		for (size_t k = 0; k < ARRAY_LEN(exponents); k++) {
			const double real = pow(bases[i], exponents[k]);

			CHECK(fabs(tone_power(bases[i], exponents[k]) - real) <= 1e-6 * fmax(real, 1e-30));
		}
	CHECK(tone_power(0, 2) == 0);
}

/* PQ: 203 cd/m2 has signal 0.581, 1,000 cd/m2 0.752. */
TEST(tone_mapping_keeps_white_below_highlights_and_grey_grey)
{
	struct lut *lut = tone_lut(AVCOL_TRC_SMPTE2084, AVCOL_PRI_BT2020);
	int32_t last = -1;

	for (int i = 0; i <= 64; i++) {
		int32_t rgb[3] = {i * 1024, i * 1024, i * 1024};

		lut_apply(lut, rgb);
		CHECK(rgb[0] >= last);
		CHECK(abs(rgb[0] - rgb[1]) < 40 && abs(rgb[0] - rgb[2]) < 40);
		last = rgb[0];
	}
	int32_t white[3] = {38077, 38077, 38077}, peak[3] = {49300, 49300, 49300}, black[3] = {0, 0, 0};

	lut_apply(lut, white);
	lut_apply(lut, peak);
	lut_apply(lut, black);
	CHECK(white[0] > LUT_ONE * 0.8 && white[0] < LUT_ONE * 0.97);
	CHECK(peak[0] > LUT_ONE * 0.98);
	CHECK(black[0] < 10);
	lut_free(&lut);
	CHECK(tone_lut(AVCOL_TRC_BT709, AVCOL_PRI_BT709) == NULL);
}

TEST_MAIN(ROW(grade_natural_leaves_grey_neutral), ROW(grade_warm_raises_red_against_blue_and_cool_lowers_it),
    ROW(grade_high_contrast_widens_the_spread_of_luma),
    ROW(grade_cinematic_cools_shadows_and_warms_lights_with_less_saturation),
    ROW(grade_custom_follows_its_numbers_and_neutral_ones_change_nothing),
    ROW(sharpen_raises_edge_energy_with_growing_strength), ROW(sharpen_leaves_a_flat_picture_alone),
    ROW(lut_of_two_sides_is_linear), ROW(lut_domain_and_curves_are_observed), ROW(lut_cube_gives_its_nodes_back),
    ROW(lut_refuses_with_the_line), ROW(tone_power_is_close_to_the_real_one),
    ROW(tone_mapping_keeps_white_below_highlights_and_grey_grey))
