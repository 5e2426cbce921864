/*
 * Presets as formulas on R'G'B', and the rows of ready answers.
 */
#include "media/grade.h"

#include <math.h>
#include <stdatomic.h>

#include "media/canvas.h"
#include "media/tone.h"

#define PRESET_SIDE 33
#define LUTS_MAX 2
#define ROWS 65536

/* What each luma becomes beside one pair of chroma values, and what the chroma becomes beside that luma. */
struct row {
	uint8_t luma[256];
	uint8_t chroma[256][2];
};

struct grade {
	struct lut *luts[LUTS_MAX];
	size_t n_luts;
	_Atomic(struct row *) rows[ROWS]; /* by u * 256 + v; NULL: not made yet */
};

/* ---- formulas ---- */

static double
luma_of(const double rgb[3])
{
	return 0.2126 * rgb[0] + 0.7152 * rgb[1] + 0.0722 * rgb[2];
}

static void
saturate(double rgb[3], double amount)
{
	const double luma = luma_of(rgb);

	for (int c = 0; c < 3; c++)
		rgb[c] = luma + (rgb[c] - luma) * amount;
}

/* Dark gets darker and bright brighter, ends stay: a share of an S-shaped curve. */
static void
steepen(double rgb[3], double share)
{
	for (int c = 0; c < 3; c++) {
		const double v = fmin(fmax(rgb[c], 0), 1);

		rgb[c] = v + (v * v * (3 - 2 * v) - v) * share;
	}
}

/* Most in the middle, so black stays black and white hardly changes. */
static void
tint(double rgb[3], double amount)
{
	rgb[0] += amount * (rgb[0] * (1 - rgb[0]) + 0.15 * rgb[0]);
	rgb[2] -= amount * (rgb[2] * (1 - rgb[2]) + 0.35 * rgb[2]);
}

static void
natural(double rgb[3])
{
	steepen(rgb, 0.12);
	saturate(rgb, 1.06);
}

static void
cinematic(double rgb[3])
{
	double shadow, light;

	steepen(rgb, 0.35);
	saturate(rgb, 0.80);
	light = luma_of(rgb);
	shadow = (1 - light) * (1 - light) * light * 4;
	light = light * light;
	rgb[0] += 0.045 * light - 0.035 * shadow;
	rgb[1] += 0.010 * light;
	rgb[2] += 0.045 * shadow - 0.055 * light;
}

static void
high_contrast(double rgb[3])
{
	steepen(rgb, 0.85);
	saturate(rgb, 1.05);
}

static void
custom(const struct timeline_look *look, double rgb[3])
{
	rgb[0] *= 1 + 0.2 * look->temperature;
	rgb[2] *= 1 - 0.2 * look->temperature;
	for (int c = 0; c < 3; c++) {
		const double v = (rgb[c] - 0.5) * look->contrast + 0.5 + look->brightness;

		rgb[c] = tone_power(fmin(fmax(v, 0), 1), 1 / look->gamma);
	}
	saturate(rgb, look->saturation);
}

static void
preset_colour(const void *ctx, double rgb[3])
{
	const struct timeline_look *look = ctx;

	switch (look->grade) {
	case GRADE_NATURAL:
		natural(rgb);
		break;
	case GRADE_CINEMATIC:
		cinematic(rgb);
		break;
	case GRADE_WARM:
		tint(rgb, 0.30);
		break;
	case GRADE_COOL:
		tint(rgb, -0.30);
		break;
	case GRADE_HIGH_CONTRAST:
		high_contrast(rgb);
		break;
	case GRADE_CUSTOM:
		custom(look, rgb);
		break;
	default:
		break;
	}
}

struct lut *
grade_lut(const struct timeline_look *look)
{
	return look->grade == GRADE_NONE ? NULL : lut_cube(PRESET_SIDE, preset_colour, look);
}

/* ---- rows ---- */

struct grade *
grade_new(struct lut *const *luts, size_t n_luts)
{
	struct grade *grade = calloc(1, sizeof(*grade));

	if (grade == NULL)
		abort();
	for (size_t i = 0; i < n_luts; i++)
		grade->luts[grade->n_luts++] = luts[i];
	return grade;
}

void
grade_free(struct grade **grade)
{
	if (*grade == NULL)
		return;
	for (size_t i = 0; i < (*grade)->n_luts; i++)
		lut_free(&(*grade)->luts[i]);
	for (size_t i = 0; i < ROWS; i++)
		free(atomic_load_explicit(&(*grade)->rows[i], memory_order_relaxed));
	free(*grade);
	*grade = NULL;
}

static uint8_t
limited(int64_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* Luma has 219 steps of LUT_ONE, chroma 224; the matrix is BT.709's, its numbers scaled by 2^16. */
static void
answer(const struct grade *grade, int y, int u, int v, struct row *row)
{
	const int64_t luma = ((int64_t)(y - 16) * LUT_ONE + 109) / 219;
	const int64_t cb = (int64_t)(u - 128) * LUT_ONE / 224, cr = (int64_t)(v - 128) * LUT_ONE / 224;
	int32_t rgb[3];
	int64_t out;

	rgb[0] = (int32_t)(luma + ((103206 * cr) >> 16));
	rgb[1] = (int32_t)(luma - ((12277 * cb + 30679 * cr) >> 16));
	rgb[2] = (int32_t)(luma + ((121609 * cb) >> 16));
	for (size_t i = 0; i < grade->n_luts; i++)
		lut_apply(grade->luts[i], rgb);
	out = (13933 * (int64_t)rgb[0] + 46871 * (int64_t)rgb[1] + 4732 * (int64_t)rgb[2]) >> 16;
	row->luma[y] = limited((16 * (int64_t)LUT_ONE + out * 219 + LUT_ONE / 2) >> 16);
	/* (b - y) / 1.8556 and (r - y) / 1.5748 */
	row->chroma[y][0] =
	    limited((128 * (int64_t)LUT_ONE + (((rgb[2] - out) * 35318) >> 16) * 224 + LUT_ONE / 2) >> 16);
	row->chroma[y][1] =
	    limited((128 * (int64_t)LUT_ONE + (((rgb[0] - out) * 41615) >> 16) * 224 + LUT_ONE / 2) >> 16);
}

/* Two threads may make the same row at once; they make the same one, and the first to have it is kept. */
static const struct row *
row_make(struct grade *grade, int u, int v)
{
	struct row *row = malloc(sizeof(*row)), *there = NULL;

	if (row == NULL)
		abort();
	for (int y = 0; y < 256; y++)
		answer(grade, y, u, v, row);
	if (atomic_compare_exchange_strong_explicit(
		&grade->rows[u * 256 + v], &there, row, memory_order_acq_rel, memory_order_acquire))
		return row;
	free(row);
	return there;
}

static const struct row *
row_for(struct grade *grade, int u, int v)
{
	const struct row *row = atomic_load_explicit(&grade->rows[u * 256 + v], memory_order_acquire);

	return row != NULL ? row : row_make(grade, u, v);
}

void
grade_put(struct grade *grade, AVFrame *picture)
{
	for (int y = 0; y < picture->height / 2; y++) {
		uint8_t *upper = canvas_row(picture, 0, 2 * y), *lower = canvas_row(picture, 0, 2 * y + 1);
		uint8_t *us = canvas_row(picture, 1, y), *vs = canvas_row(picture, 2, y);

		for (int x = 0; x < picture->width / 2; x++, upper += 2, lower += 2) {
			const struct row *row = row_for(grade, us[x], vs[x]);
			const int mean = (upper[0] + upper[1] + lower[0] + lower[1] + 2) >> 2;

			us[x] = row->chroma[mean][0];
			vs[x] = row->chroma[mean][1];
			upper[0] = row->luma[upper[0]];
			upper[1] = row->luma[upper[1]];
			lower[0] = row->luma[lower[0]];
			lower[1] = row->luma[lower[1]];
		}
	}
}
