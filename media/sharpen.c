/*
 * Unsharp masking with the binomial 1 4 6 4 1 in both directions, whole numbers.
 *
 * Five rows of horizontal sums are kept, so a row may be written as soon as the two below it were read.
 */
#include "media/sharpen.h"

#include "media/canvas.h"

#define TAPS 5
/* Full strength adds this much of the difference, in halves. */
#define GAIN_HALVES 3
#define LIMIT_LOW 16
#define LIMIT_HIGH 235

/* sums[x] = 1 4 6 4 1 over row[x - 2] .. row[x + 2], ends repeated; `line` has room for width + 4. */
static void
sum_row(const uint8_t *row, int width, uint8_t *line, uint16_t *restrict sums)
{
	memset(line, row[0], 2);
	memcpy(line + 2, row, (size_t)width);
	memset(line + 2 + width, row[width - 1], 2);
	for (int x = 0; x < width; x++)
		sums[x] = (uint16_t)(line[x] + 4 * line[x + 1] + 6 * line[x + 2] + 4 * line[x + 3] + line[x + 4]);
}

static void
sharpen_row(uint8_t *restrict row, uint16_t *const sums[TAPS], int width, int strength)
{
	const uint16_t *a = sums[0], *b = sums[1], *c = sums[2], *d = sums[3], *e = sums[4];

	for (int x = 0; x < width; x++) {
		const int32_t soft = a[x] + 4 * b[x] + 6 * c[x] + 4 * d[x] + e[x]; /* times 256 */
		const int32_t own = row[x];
		/* 256ths of a step, times strength of 256ths, halves */
		const int32_t more = ((own * 256 - soft) * strength * GAIN_HALVES) >> 9;
		const int32_t sharp = (own * 256 + more + 128) >> 8;
		const int32_t low = own < LIMIT_LOW ? own : LIMIT_LOW, high = own > LIMIT_HIGH ? own : LIMIT_HIGH;

		row[x] = (uint8_t)(sharp < low ? low : sharp > high ? high : sharp);
	}
}

void
sharpen_put(AVFrame *picture, int strength)
{
	const int width = picture->width, height = picture->height;
	uint16_t *store, *sums[TAPS];
	uint8_t *line;

	if (strength <= 0 || width <= 0 || height <= 0)
		return;
	store = malloc(((size_t)width * TAPS + (size_t)width / 2 + 4) * sizeof(*store));
	if (store == NULL)
		abort();
	line = (uint8_t *)(store + (size_t)width * TAPS);
	for (int i = 0; i < TAPS; i++) {
		sums[i] = store + (size_t)i * (size_t)width;
		sum_row(canvas_row(picture, 0, FW_MIN(FW_MAX(i - 2, 0), height - 1)), width, line, sums[i]);
	}
	for (int y = 0; y < height; y++) {
		uint16_t *oldest = sums[0];

		sharpen_row(canvas_row(picture, 0, y), sums, width, strength);
		memmove(sums, sums + 1, (TAPS - 1) * sizeof(*sums));
		sums[TAPS - 1] = oldest;
		/* rows beyond the end repeat the last one as it was: its sums are still here */
		if (y + 3 < height)
			sum_row(canvas_row(picture, 0, y + 3), width, line, oldest);
		else
			memcpy(oldest, sums[TAPS - 2], (size_t)width * sizeof(*oldest));
	}
	free(store);
}
