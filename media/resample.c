/*
 * Filters for rows and columns, then columns first: the rows that are needed become 16-bit rows of the output's width.
 */
#include "media/resample.h"

#include <math.h>

#include "media/canvas.h"

#define COEF_ONE 16384
#define ROW_SHIFT 8 /* leaves 6 bits below the point */
#define COLUMN_SHIFT 20
/* The sharpness of swscale's bicubic, so that a moving picture looks like a resting one. */
#define CUBIC 0.6

/* For each output sample the first source sample and `taps` weights that sum up to COEF_ONE. */
struct filter {
	int count, taps;
	int *first;
	int16_t *weights;
	size_t room_first, room_weights;
};

struct resampler {
	struct filter columns, rows;
	uint8_t *line;
	int16_t *sheet;
	size_t room_line, room_sheet;
};

struct resampler *
resampler_new(void)
{
	struct resampler *resampler = calloc(1, sizeof(*resampler));

	if (resampler == NULL)
		abort();
	return resampler;
}

void
resampler_free(struct resampler **resampler)
{
	if (*resampler == NULL)
		return;
	free((*resampler)->columns.first);
	free((*resampler)->columns.weights);
	free((*resampler)->rows.first);
	free((*resampler)->rows.weights);
	free((*resampler)->line);
	free((*resampler)->sheet);
	free(*resampler);
	*resampler = NULL;
}

/* At least `bytes`; the contents are not kept. */
static void *
grown(void *memory, size_t *room, size_t bytes)
{
	if (*room >= bytes)
		return memory;
	free(memory);
	memory = malloc(bytes);
	if (memory == NULL)
		abort();
	*room = bytes;
	return memory;
}

static double
cubic(double x)
{
	x = fabs(x);
	if (x < 1)
		return ((2 - CUBIC) * x - (3 - CUBIC)) * x * x + 1;
	if (x < 2)
		return ((-CUBIC * x + 5 * CUBIC) * x - 8 * CUBIC) * x + 4 * CUBIC;
	return 0;
}

/* Whole weights of the right sum; what rounding leaves over goes to the largest. */
static void
weigh(int16_t *weights, int taps, double centre, int first, double stretch)
{
	double share[512], sum = 0;
	int left = COEF_ONE, largest = 0;

	for (int t = 0; t < taps; t++)
		sum += share[t] = cubic((first + t - centre) / stretch);
	for (int t = 0; t < taps; t++) {
		weights[t] = (int16_t)lround(share[t] / sum * COEF_ONE);
		left -= weights[t];
		if (weights[t] > weights[largest])
			largest = t;
	}
	weights[largest] = (int16_t)(weights[largest] + left);
}

/* start and length in samples of a plane with `from` samples. */
static void
filter_set(struct filter *filter, double start, double length, int from, int to)
{
	const double step = length / to, stretch = FW_MAX(step, 1.0);

	filter->count = to;
	filter->taps = FW_MIN(2 * (int)ceil(2 * stretch), 256);
	filter->first = grown(filter->first, &filter->room_first, (size_t)to * sizeof(*filter->first));
	filter->weights =
	    grown(filter->weights, &filter->room_weights, (size_t)to * (size_t)filter->taps * sizeof(*filter->weights));
	for (int i = 0; i < to; i++) {
		const double centre = start + (i + 0.5) * step - 0.5;
		const int first = (int)floor(centre) - filter->taps / 2 + 1;

		weigh(filter->weights + (ptrdiff_t)i * filter->taps, filter->taps, centre, first, stretch);
		/* further out there is only the repeated edge */
		filter->first[i] = FW_MIN(FW_MAX(first, -filter->taps), from);
	}
}

static void
row_of_four(const uint8_t *line, const struct filter *filter, int16_t *restrict out)
{
	for (int x = 0; x < filter->count; x++) {
		const uint8_t *at = line + filter->first[x];
		const int16_t *w = filter->weights + (ptrdiff_t)x * 4;

		out[x] =
		    (int16_t)((at[0] * w[0] + at[1] * w[1] + at[2] * w[2] + at[3] * w[3] + (1 << (ROW_SHIFT - 1))) >>
			      ROW_SHIFT);
	}
}

/* `line` is the row with its ends repeated; index 0 is the row's first sample. */
static void
row_of_many(const uint8_t *line, const struct filter *filter, int16_t *restrict out)
{
	for (int x = 0; x < filter->count; x++) {
		const uint8_t *at = line + filter->first[x];
		const int16_t *w = filter->weights + (ptrdiff_t)x * filter->taps;
		int32_t sum = 1 << (ROW_SHIFT - 1);

		for (int t = 0; t < filter->taps; t++)
			sum += at[t] * w[t];
		out[x] = (int16_t)(sum >> ROW_SHIFT);
	}
}

static void
add_weighted(int32_t *restrict sums, const int16_t *restrict row, int width, int32_t weight)
{
	for (int x = 0; x < width; x++)
		sums[x] += row[x] * weight;
}

static void
finish_row(uint8_t *restrict out, const int32_t *restrict sums, int width)
{
	for (int x = 0; x < width; x++) {
		const int32_t value = sums[x] >> COLUMN_SHIFT;

		out[x] = (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
	}
}

static void
put_columns(struct resampler *resampler, const AVFrame *from, int plane, int top, int bottom)
{
	const int width = canvas_side(from->width, plane), height = canvas_side(from->height, plane);
	const struct filter *filter = &resampler->columns;
	const int pad = filter->taps;

	resampler->line = grown(resampler->line, &resampler->room_line, (size_t)width + 2 * (size_t)pad);
	resampler->sheet = grown(resampler->sheet, &resampler->room_sheet,
	    (size_t)(bottom - top) * (size_t)filter->count * sizeof(*resampler->sheet));
	for (int y = top; y < bottom; y++) {
		const uint8_t *row = canvas_row(from, plane, FW_MIN(FW_MAX(y, 0), height - 1));
		int16_t *out = resampler->sheet + (ptrdiff_t)(y - top) * filter->count;

		memset(resampler->line, row[0], (size_t)pad);
		memcpy(resampler->line + pad, row, (size_t)width);
		memset(resampler->line + pad + width, row[width - 1], (size_t)pad);
		if (filter->taps == 4)
			row_of_four(resampler->line + pad, filter, out);
		else
			row_of_many(resampler->line + pad, filter, out);
	}
}

static void
put_rows(struct resampler *resampler, AVFrame *to, int plane, int top)
{
	const struct filter *filter = &resampler->rows;
	const int width = resampler->columns.count;
	int32_t *sums = malloc((size_t)width * sizeof(*sums));

	if (sums == NULL)
		abort();
	for (int y = 0; y < filter->count; y++) {
		const int16_t *weights = filter->weights + (ptrdiff_t)y * filter->taps;
		const int16_t *row = resampler->sheet + (ptrdiff_t)(filter->first[y] - top) * width;

		for (int x = 0; x < width; x++)
			sums[x] = 1 << (COLUMN_SHIFT - 1);
		for (int t = 0; t < filter->taps; t++, row += width)
			add_weighted(sums, row, width, weights[t]);
		finish_row(canvas_row(to, plane, y), sums, width);
	}
	free(sums);
}

void
resample_put(struct resampler *resampler, const AVFrame *from, const struct resample_window *window, AVFrame *to)
{
	for (int p = 0; p < 3; p++) {
		const double one = (double)RESAMPLE_ONE * (p == 0 ? 1 : 2);
		const struct filter *rows = &resampler->rows;
		int top, bottom;

		filter_set(&resampler->columns, (double)window->x / one, (double)window->width / one,
		    canvas_side(from->width, p), canvas_side(to->width, p));
		filter_set(&resampler->rows, (double)window->y / one, (double)window->height / one,
		    canvas_side(from->height, p), canvas_side(to->height, p));
		top = rows->first[0];
		bottom = rows->first[rows->count - 1] + rows->taps;
		put_columns(resampler, from, p, top, bottom);
		put_rows(resampler, to, p, top);
	}
}
