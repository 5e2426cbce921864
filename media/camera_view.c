#include "media/camera_view.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "media/camera_canvas.h"
#include "media/camera_lens.h"
#include "media/parallel.h"

struct camera_view {
	int width, height; /* of the frame */
	unsigned threads;
	struct camera_canvas canvas;
};

struct map {
	double m[3][3]; /* frame pixel (from the centre) to canvas pixel */
};

void
camera_view_project(
    int width, int height, const struct camera_pose *pose, double x, double y, double *ret_x, double *ret_y)
{
	double m[3][3];

	lens_project(width, height, pose, m);
	lens_apply(m, x - width / 2.0, y - height / 2.0, ret_x, ret_y);
	*ret_x += width / 2.0;
	*ret_y += height / 2.0;
}

int
camera_view_new(const struct picture *picture, int width, int height, const struct camera_move *move, unsigned threads,
    struct camera_view **ret_view, struct error *err)
{
	struct camera_view *view = calloc(1, sizeof(*view));

	if (view == NULL)
		abort();
	view->width = width;
	view->height = height;
	view->threads = threads;
	if (camera_canvas_new(picture, width, height, move, threads, &view->canvas, err) < 0) {
		camera_view_free(&view);
		return -1;
	}
	*ret_view = view;
	return 0;
}

void
camera_view_free(struct camera_view **view)
{
	if (*view == NULL)
		return;
	free((*view)->canvas.layer.pixels);
	free(*view);
	*view = NULL;
}

/* ---- drawing ---- */

/* The pixels of one axis that make one pixel of the frame. */
struct tap {
	int first, n;
	float weight[TAPS_MAX];
};

struct drawing {
	const struct camera_view *view;
	struct map map;
	float stretch;
	AVFrame *frame;
	struct tap *columns, *rows; /* of the frame, when the map neither turns nor leans; else NULL */
};

static void
draw_row(const struct drawing *d, int y, rgb4 *row)
{
	const struct camera_view *view = d->view;
	const double(*m)[3] = d->map.m;
	const double fy = y + 0.5 - view->height / 2.0;

	for (int x = 0; x < view->width; x++) {
		double cx, cy;
		lens_apply(m, x + 0.5 - view->width / 2.0, fy, &cx, &cy);
		row[x] = layer_sample(&view->canvas.layer, cx, cy, d->stretch);
	}
}

/* A fixed pattern of thresholds instead of 1/2: gradients of a studio backdrop do not break into bands. */
static inline float
threshold(int x, int y)
{
	const float a = 0.06711056f * (float)x + 0.00583715f * (float)y;
	const float b = 52.9829189f * (a - floorf(a));

	return b - floorf(b);
}

static inline uint8_t
quantise(float value, int x, int y)
{
	const float v = value + threshold(x, y);

	return (uint8_t)(v < 16 ? 16 : v > 240 ? 240 : v);
}

static void
put_luma(const struct drawing *d, int y, const rgb4 *row)
{
	uint8_t *to = d->frame->data[0] + (ptrdiff_t)y * d->frame->linesize[0];

	for (int x = 0; x < d->view->width; x++) {
		const float luma =
		    16 + (0.2126f * row[x][0] + 0.7152f * row[x][1] + 0.0722f * row[x][2]) * (219.0f / 255);
		to[x] = quantise(FW_MIN(FW_MAX(luma, 16.0f), 235.0f), x, y);
	}
}

/* Chroma lies on the even columns and between two rows: 1 2 1 across, 1 1 down. */
static void
put_chroma(const struct drawing *d, int y, const rgb4 *above, const rgb4 *below)
{
	uint8_t *u = d->frame->data[1] + (ptrdiff_t)(y / 2) * d->frame->linesize[1];
	uint8_t *v = d->frame->data[2] + (ptrdiff_t)(y / 2) * d->frame->linesize[2];
	const int last = d->view->width - 1;

	for (int x = 0; x < d->view->width; x += 2) {
		const int left = FW_MAX(x - 1, 0), right = FW_MIN(x + 1, last);
		const rgb4 c =
		    (above[left] + below[left] + (above[x] + below[x]) * 2 + above[right] + below[right]) * 0.125f;
		const float luma = 0.2126f * c[0] + 0.7152f * c[1] + 0.0722f * c[2];
		u[x / 2] = quantise(128 + (c[2] - luma) * (224.0f / 255 / 1.8556f), x, y);
		v[x / 2] = quantise(128 + (c[0] - luma) * (224.0f / 255 / 1.5748f), x + 31, y + 17);
	}
}

/* All columns of the canvas rows that frame rows from..to need, in the frame's columns. */
static rgb4 *
draw_across(const struct drawing *d, int from, int to, int *ret_first)
{
	const struct layer *canvas = &d->view->canvas.layer;
	const int first = d->rows[from].first, last = d->rows[to - 1].first + d->rows[to - 1].n;
	const size_t width = (size_t)d->view->width;
	rgb4 *out = aligned_alloc(sizeof(rgb4), (size_t)(last - first) * width * sizeof(rgb4));

	if (out == NULL)
		abort();
	for (int y = first; y < last; y++) {
		for (size_t x = 0; x < width; x++) {
			const struct tap *tap = &d->columns[x];
			const bool inside = tap->first >= 0 && tap->first + tap->n <= canvas->width;
			const rgb4 *p = layer_at(canvas, inside ? tap->first : 0, y);
			rgb4 sum = {0};
			for (int i = 0; i < tap->n; i++)
				sum += (inside ? p[i] : *layer_at(canvas, tap->first + i, y)) * tap->weight[i];
			out[(size_t)(y - first) * width + x] = sum;
		}
	}
	*ret_first = first;
	return out;
}

static void
draw_down(const struct drawing *d, int y, const rgb4 *across, int first, rgb4 *row)
{
	const struct tap *tap = &d->rows[y];
	const size_t width = (size_t)d->view->width;

	memset(row, 0, width * sizeof(rgb4));
	for (int j = 0; j < tap->n; j++) {
		const rgb4 *p = across + (size_t)(tap->first + j - first) * width;
		for (size_t x = 0; x < width; x++)
			row[x] += p[x] * tap->weight[j];
	}
}

static void
draw_rows(void *ctx, int from, int to)
{
	const struct drawing *d = ctx;
	rgb4 *rows = aligned_alloc(sizeof(rgb4), (size_t)d->view->width * 2 * sizeof(rgb4));
	rgb4 *across = NULL, *below = rows + d->view->width;
	int first = 0;

	if (rows == NULL)
		abort();
	if (d->rows != NULL && from < to)
		across = draw_across(d, from, to, &first);
	for (int y = from; y < to; y += 2) {
		if (across != NULL) {
			draw_down(d, y, across, first, rows);
			draw_down(d, y + 1, across, first, below);
		} else {
			draw_row(d, y, rows);
			draw_row(d, y + 1, below);
		}
		put_luma(d, y, rows);
		put_luma(d, y + 1, below);
		put_chroma(d, y, rows, below);
	}
	free(across);
	free(rows);
}

static struct tap *
taps_new(double scale, double center, int n, float stretch)
{
	struct tap *taps = calloc((size_t)n, sizeof(*taps));

	if (taps == NULL)
		abort();
	for (int i = 0; i < n; i++)
		taps[i].n =
		    kernel_weights((i + 0.5 - n / 2.0) * scale + center, stretch, taps[i].weight, &taps[i].first);
	return taps;
}

/* Moves without turning are two passes of a few pixels each instead of one over a square of them. */
static void
taps_fill(struct drawing *d, const struct camera_pose *pose)
{
	const double(*m)[3] = d->map.m;

	if (pose->yaw != 0 || pose->pitch != 0 || pose->roll != 0)
		return;
	d->columns = taps_new(m[0][0] / m[2][2], m[0][2] / m[2][2], d->view->width, d->stretch);
	d->rows = taps_new(m[1][1] / m[2][2], m[1][2] / m[2][2], d->view->height, d->stretch);
}

void
camera_view_draw(const struct camera_view *view, const struct camera_pose *pose, AVFrame *frame)
{
	const struct camera_canvas *canvas = &view->canvas;
	const double to_canvas[3][3] = {
	    {canvas->scale, 0, canvas->center_x}, {0, canvas->scale, canvas->center_y}, {0, 0, 1}};
	struct drawing d = {.view = view, .frame = frame};
	double m[3][3], back[3][3];

	lens_project(view->width, view->height, pose, m);
	lens_invert(m, back);
	lens_multiply(to_canvas, back, d.map.m);
	d.stretch = (float)fmin(fmax(1.0, canvas->scale / pose->zoom), TAPS_MAX / 4.0 - 0.25);
	taps_fill(&d, pose);
	parallel_rows(view->threads, view->height, 2, draw_rows, &d);
	free(d.columns);
	free(d.rows);
}
