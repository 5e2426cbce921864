/*
 * Tables and looking up in them. Files are read in lut_cube.c.
 */
#include "media/lut.h"

#include <math.h>

#include "media/lut_priv.h"

struct lut *
lut_new(int side, bool curves)
{
	const size_t nodes = curves ? (size_t)side : (size_t)side * (size_t)side * (size_t)side;
	struct lut *lut = calloc(1, sizeof(*lut) + nodes * sizeof(lut->nodes[0]));

	if (lut == NULL)
		abort();
	lut->side = side;
	lut->curves = curves;
	lut->n_nodes = nodes;
	for (int c = 0; c < 3; c++)
		lut->high[c] = LUT_ONE;
	return lut;
}

void
lut_free(struct lut **lut)
{
	free(*lut);
	*lut = NULL;
}

struct lut *
lut_cube(int side, void (*colour)(const void *ctx, double rgb[3]), const void *ctx)
{
	struct lut *lut = lut_new(side, false);
	const double last = side - 1;

	for (size_t i = 0; i < lut->n_nodes; i++) {
		const int r = (int)(i % (size_t)side), g = (int)(i / (size_t)side % (size_t)side);
		const int b = (int)(i / ((size_t)side * (size_t)side));
		double rgb[3] = {r / last, g / last, b / last};

		colour(ctx, rgb);
		for (int c = 0; c < 3; c++)
			lut->nodes[i][c] = (int32_t)lround(fmin(fmax(rgb[c], 0), 1) * LUT_ONE);
	}
	return lut;
}

/* Where a value lies: the node below it, and how far on towards the next, of LUT_ONE. */
struct place {
	int node;
	int32_t part;
};

static struct place
place_of(const struct lut *lut, int channel, int32_t value)
{
	const int64_t low = lut->low[channel], high = lut->high[channel];
	const int64_t inside = value < low ? low : value > high ? high : value;
	const int64_t at = (inside - low) * (lut->side - 1) * LUT_ONE / (high - low);
	struct place place = {(int)(at / LUT_ONE), (int32_t)(at % LUT_ONE)};

	if (place.node == lut->side - 1)
		place = (struct place){lut->side - 2, LUT_ONE};
	return place;
}

static int32_t
limited(int64_t value)
{
	return value < 0 ? 0 : value > LUT_ONE ? LUT_ONE : (int32_t)value;
}

/* From the corner below to the one above along the edges of the largest, middle and smallest part. */
static void
in_cube(const struct lut *lut, int32_t rgb[3])
{
	const int step[3] = {1, lut->side, lut->side * lut->side};
	struct place at[3];
	int order[3] = {0, 1, 2};
	const int32_t(*node)[3] = lut->nodes;
	int64_t sum[3];

	for (int c = 0; c < 3; c++) {
		at[c] = place_of(lut, c, rgb[c]);
		node += (ptrdiff_t)at[c].node * step[c];
	}
	for (int i = 0; i < 2; i++) {
		for (int k = 0; k < 2 - i; k++) {
			if (at[order[k]].part < at[order[k + 1]].part) {
				const int swap = order[k];

				order[k] = order[k + 1];
				order[k + 1] = swap;
			}
		}
	}
	for (int c = 0; c < 3; c++)
		sum[c] = (int64_t)(*node)[c] * (LUT_ONE - at[order[0]].part) + LUT_ONE / 2;
	for (int i = 0; i < 3; i++) {
		const int32_t share = at[order[i]].part - (i < 2 ? at[order[i + 1]].part : 0);

		node += step[order[i]];
		for (int c = 0; c < 3; c++)
			sum[c] += (int64_t)(*node)[c] * share;
	}
	for (int c = 0; c < 3; c++)
		rgb[c] = limited(sum[c] >> 16);
}

static void
on_curves(const struct lut *lut, int32_t rgb[3])
{
	for (int c = 0; c < 3; c++) {
		const struct place at = place_of(lut, c, rgb[c]);
		const int64_t low = lut->nodes[at.node][c], high = lut->nodes[at.node + 1][c];

		rgb[c] = limited((low * (LUT_ONE - at.part) + high * at.part + LUT_ONE / 2) >> 16);
	}
}

void
lut_apply(const struct lut *lut, int32_t rgb[3])
{
	if (lut->curves)
		on_curves(lut, rgb);
	else
		in_cube(lut, rgb);
}
