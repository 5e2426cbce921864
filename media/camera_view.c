#include "media/camera_view.h"

#include <math.h>

#include "media/parallel.h"
#include "media/picture.h"

/* Canvas pixels per frame pixel where the camera is nearest. Above 1, so that the kernel always covers more than one
 * canvas pixel and sharpness does not pulse as the picture glides. */
#define OVERSAMPLE 1.3
#define CANVAS_PIXELS_MAX (9 * 1000 * 1000)
#define LEVELS_MAX 12
#define TAPS_MAX 16
/* Distance of the eye in frame widths: long enough that turning looks like a lens and not like a trick. */
#define EYE 1.7
/* Blur of the backdrop along the picture's edge, per pixel of distance from it. */
#define BLUR_PER_PIXEL 0.35
/* Share of the picture's shorter side that counts as its edge. */
#define EDGE_STRIP 0.05

typedef float rgb4 __attribute__((vector_size(16)));

struct layer {
	int width, height;
	rgb4 *pixels;
};

struct camera_view {
	int width, height; /* of the frame */
	unsigned threads;
	double scale; /* canvas pixels per frame pixel */
	struct layer canvas;
	double center_x, center_y; /* the frame's centre on the canvas */
};

struct map {
	double m[3][3]; /* frame pixel (from the centre) to canvas pixel */
};

/* ---- geometry ---- */

static void
multiply(const double a[3][3], const double b[3][3], double out[3][3])
{
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			out[i][j] = a[i][0] * b[0][j] + a[i][1] * b[1][j] + a[i][2] * b[2][j];
	}
}

/* From the picture's plane (frame pixels from the centre) to the frame. */
static void
projection(int width, int height, const struct camera_pose *pose, double out[3][3])
{
	const double eye = EYE * width, z = pose->zoom;
	const double cy = cos(pose->yaw), sy = sin(pose->yaw), cp = cos(pose->pitch), sp = sin(pose->pitch);
	const double cr = cos(pose->roll), sr = sin(pose->roll);
	/* the plane turns around its centre: yaw, then pitch */
	const double lens[3][3] = {{z * eye * cy, 0, 0}, {z * eye * sy * sp, z * eye * cp, 0}, {sy * cp, -sp, eye}};
	const double roll[3][3] = {{cr, -sr, 0}, {sr, cr, 0}, {0, 0, 1}};
	const double shift[3][3] = {{1, 0, -pose->x * width}, {0, 1, -pose->y * height}, {0, 0, 1}};
	double turned[3][3];

	multiply(roll, lens, turned);
	multiply(turned, shift, out);
}

static void
invert(const double a[3][3], double out[3][3])
{
	double det = 0;

	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++) {
			const int r0 = (j + 1) % 3, r1 = (j + 2) % 3, c0 = (i + 1) % 3, c1 = (i + 2) % 3;
			out[i][j] = a[r0][c0] * a[r1][c1] - a[r0][c1] * a[r1][c0];
		}
	}
	for (int i = 0; i < 3; i++)
		det += a[0][i] * out[i][0];
	for (int i = 0; i < 3; i++) {
		for (int j = 0; j < 3; j++)
			out[i][j] /= det;
	}
}

static void
apply(const double m[3][3], double x, double y, double *ret_x, double *ret_y)
{
	const double w = m[2][0] * x + m[2][1] * y + m[2][2];

	*ret_x = (m[0][0] * x + m[0][1] * y + m[0][2]) / w;
	*ret_y = (m[1][0] * x + m[1][1] * y + m[1][2]) / w;
}

void
camera_view_project(
    int width, int height, const struct camera_pose *pose, double x, double y, double *ret_x, double *ret_y)
{
	double m[3][3];

	projection(width, height, pose, m);
	apply(m, x - width / 2.0, y - height / 2.0, ret_x, ret_y);
	*ret_x += width / 2.0;
	*ret_y += height / 2.0;
}

/* How far the poses of a move see from the centre, in frame pixels, and how near they come. */
static void
reach(int width, int height, const struct camera_move *move, double *ret_x, double *ret_y, double *ret_zoom)
{
	*ret_x = width / 2.0;
	*ret_y = height / 2.0;
	*ret_zoom = 1;
	for (int i = 0; i <= 64; i++) {
		struct camera_pose pose;
		double m[3][3], back[3][3];

		camera_move_at(move, i / 64.0, &pose);
		projection(width, height, &pose, m);
		invert(m, back);
		*ret_zoom = fmax(*ret_zoom, pose.zoom);
		for (int corner = 0; corner < 4; corner++) {
			double x, y;
			apply(back, (corner & 1 ? 0.5 : -0.5) * width, (corner & 2 ? 0.5 : -0.5) * height, &x, &y);
			*ret_x = fmax(*ret_x, fabs(x));
			*ret_y = fmax(*ret_y, fabs(y));
		}
	}
}

/* ---- layers ---- */

static int
layer_new(int width, int height, struct layer *ret_layer, struct error *err)
{
	void *pixels = NULL;

	if (posix_memalign(&pixels, sizeof(rgb4), (size_t)width * (size_t)height * sizeof(rgb4)) != 0)
		return error_set(err, ERR_MEMORY, "no memory for a canvas of %d x %d", width, height);
	*ret_layer = (struct layer){.width = width, .height = height, .pixels = pixels};
	return 0;
}

static inline const rgb4 *
layer_at(const struct layer *layer, int x, int y)
{
	x = x < 0 ? 0 : x >= layer->width ? layer->width - 1 : x;
	y = y < 0 ? 0 : y >= layer->height ? layer->height - 1 : y;
	return layer->pixels + (size_t)y * (size_t)layer->width + x;
}

/* Catmull-Rom: sharp, and exact where nothing is scaled. */
static inline float
kernel(float x)
{
	x = fabsf(x);
	if (x < 1)
		return 1 + x * x * (1.5f * x - 2.5f);
	return x < 2 ? 2 + x * (-4 + x * (2.5f - 0.5f * x)) : 0;
}

/* Weights of the pixels around `at`, the kernel stretched by `stretch`; first pixel through ret_first, their number. */
static inline int
weights(double at, float stretch, float out[static TAPS_MAX], int *ret_first)
{
	const double radius = 2.0 * (double)stretch;
	const int first = (int)ceil(at - radius), last = (int)floor(at + radius);
	const int n = FW_MIN(last - first + 1, TAPS_MAX);
	float sum = 0;

	for (int i = 0; i < n; i++) {
		out[i] = kernel((float)(first + i - at) / stretch);
		sum += out[i];
	}
	for (int i = 0; i < n; i++)
		out[i] /= sum;
	*ret_first = first;
	return n;
}

static inline rgb4
layer_sample(const struct layer *layer, double x, double y, float stretch)
{
	float wx[TAPS_MAX], wy[TAPS_MAX];
	int x0, y0;
	const int nx = weights(x, stretch, wx, &x0), ny = weights(y, stretch, wy, &y0);
	const bool inside = x0 >= 0 && y0 >= 0 && x0 + nx <= layer->width && y0 + ny <= layer->height;
	rgb4 sum = {0};

	for (int j = 0; j < ny; j++) {
		rgb4 row = {0};
		if (inside) {
			const rgb4 *p = layer->pixels + (size_t)(y0 + j) * (size_t)layer->width + x0;
			for (int i = 0; i < nx; i++)
				row += p[i] * wx[i];
		} else {
			for (int i = 0; i < nx; i++)
				row += *layer_at(layer, x0 + i, y0 + j) * wx[i];
		}
		sum += row * wy[j];
	}
	return sum;
}

/* ---- composing ---- */

/* The picture at canvas size. */
static int
layer_from_picture(const struct picture *picture, int width, int height, struct layer *ret_layer, struct error *err)
{
	const double sx = (double)picture->width / width, sy = (double)picture->height / height;
	struct layer source = {0}, wide = {0};
	int rc;

	if (layer_new(picture->width, picture->height, &source, err) < 0)
		return -1;
	for (size_t i = 0; i < (size_t)picture->width * (size_t)picture->height; i++) {
		const uint16_t *p = picture->pixels + 4 * i;
		source.pixels[i] = (rgb4){p[0] / 257.0f, p[1] / 257.0f, p[2] / 257.0f, 0};
	}
	rc = layer_new(width, height, &wide, err);
	for (int y = 0; rc == 0 && y < height; y++) {
		for (int x = 0; x < width; x++)
			wide.pixels[(size_t)y * (size_t)width + (size_t)x] = layer_sample(&source, (x + 0.5) * sx - 0.5,
			    (y + 0.5) * sy - 0.5, (float)fmin(fmax(1.0, fmax(sx, sy)), TAPS_MAX / 4.0 - 0.25));
	}
	free(source.pixels);
	if (rc == 0)
		*ret_layer = wide;
	return rc;
}

/* Half the size through a kernel of 1 3 3 1. */
static int
layer_half(const struct layer *from, struct layer *ret_half, struct error *err)
{
	static const float w[4] = {0.125f, 0.375f, 0.375f, 0.125f};
	struct layer half;

	if (layer_new((from->width + 1) / 2, (from->height + 1) / 2, &half, err) < 0)
		return -1;
	for (int y = 0; y < half.height; y++) {
		for (int x = 0; x < half.width; x++) {
			rgb4 sum = {0};
			for (int j = 0; j < 4; j++) {
				for (int i = 0; i < 4; i++)
					sum += *layer_at(from, 2 * x - 1 + i, 2 * y - 1 + j) * (w[i] * w[j]);
			}
			half.pixels[(size_t)y * (size_t)half.width + (size_t)x] = sum;
		}
	}
	*ret_half = half;
	return 0;
}

/* A cubic B-spline, smooth however far it is enlarged. */
static rgb4
layer_smooth(const struct layer *layer, double x, double y)
{
	const int x0 = (int)floor(x), y0 = (int)floor(y);
	const float fx = (float)(x - x0), fy = (float)(y - y0);
	const float wx[4] = {(1 - fx) * (1 - fx) * (1 - fx) / 6, (4 - 6 * fx * fx + 3 * fx * fx * fx) / 6,
	    (1 + 3 * fx + 3 * fx * fx - 3 * fx * fx * fx) / 6, fx * fx * fx / 6};
	const float wy[4] = {(1 - fy) * (1 - fy) * (1 - fy) / 6, (4 - 6 * fy * fy + 3 * fy * fy * fy) / 6,
	    (1 + 3 * fy + 3 * fy * fy - 3 * fy * fy * fy) / 6, fy * fy * fy / 6};
	rgb4 sum = {0};

	for (int j = 0; j < 4; j++) {
		for (int i = 0; i < 4; i++)
			sum += *layer_at(layer, x0 - 1 + i, y0 - 1 + j) * (wx[i] * wy[j]);
	}
	return sum;
}

/* One layer and its halves. A picture, or a line of colours (height 1). */
struct pyramid {
	struct layer levels[LEVELS_MAX];
	int n;
};

enum edge { EDGE_LEFT, EDGE_RIGHT, EDGE_TOP, EDGE_BOTTOM, EDGE__COUNT };

struct compose {
	struct camera_view *view;
	struct pyramid picture;		   /* at canvas size */
	struct pyramid edges[EDGE__COUNT]; /* mean colour of the strip along each edge */
	double strip;			   /* how deep that strip is, in canvas pixels */
	int left, top;			   /* of the picture on the canvas */
};

/* Blurred by about 0.7 * 2^level pixels. */
static rgb4
pyramid_sample(const struct pyramid *pyramid, double x, double y, double level)
{
	const double at = fmin(fmax(level, 0), pyramid->n - 1);
	const int low = (int)at, high = FW_MIN(low + 1, pyramid->n - 1);
	const struct layer *a = &pyramid->levels[low], *b = &pyramid->levels[high];
	/* at level 0 the exact pixel, so that nothing jumps at the picture's edge */
	const rgb4 near = low == 0 ? layer_sample(a, x - 0.5, y - 0.5, 1)
				   : layer_smooth(a, x / (1 << low) - 0.5, y / (1 << low) - 0.5);
	const rgb4 far = layer_smooth(b, x / (1 << high) - 0.5, y / (1 << high) - 0.5);

	return near + (far - near) * (float)(at - low);
}

static int
pyramid_fill(struct pyramid *pyramid, struct error *err)
{
	for (pyramid->n = 1; pyramid->n < LEVELS_MAX; pyramid->n++) {
		const struct layer *last = &pyramid->levels[pyramid->n - 1];
		if (FW_MAX(last->width, last->height) <= 4)
			break;
		if (layer_half(last, &pyramid->levels[pyramid->n], err) < 0)
			return -1;
	}
	return 0;
}

/* The strip along an edge, averaged over its depth. */
static int
edge_fill(struct compose *c, enum edge edge, struct error *err)
{
	const struct layer *picture = &c->picture.levels[0];
	const bool upright = edge == EDGE_LEFT || edge == EDGE_RIGHT;
	const int n = upright ? picture->height : picture->width, depth = FW_MAX(1, (int)c->strip);
	struct layer *line = &c->edges[edge].levels[0];

	if (layer_new(n, 1, line, err) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		rgb4 sum = {0};
		for (int j = 0; j < depth; j++) {
			const int in = edge == EDGE_RIGHT    ? picture->width - 1 - j
				       : edge == EDGE_BOTTOM ? picture->height - 1 - j
							     : j;
			sum += upright ? *layer_at(picture, in, i) : *layer_at(picture, i, in);
		}
		line->pixels[i] = sum / (float)depth;
	}
	return pyramid_fill(&c->edges[edge], err);
}

static void
pyramid_done(struct pyramid *pyramid)
{
	for (int i = 0; i < LEVELS_MAX; i++)
		free(pyramid->levels[i].pixels);
}

/* How deep into the picture a point outside looks: at first its mirror image, then never deeper than the strip. */
static double
mirror_depth(double distance, double strip)
{
	return strip * (1 - exp(-distance / strip));
}

static double
mirror(double at, double size, double strip)
{
	if (at < 0)
		return fmin(mirror_depth(-at, strip), size);
	return at > size ? size - fmin(mirror_depth(at - size, strip), size) : at;
}

/*
 * Outside of the picture, at (x, y) from its corner: close to the edge the mirror image, further out the colours of the
 * edge, the more blurred along it the farther away. What stands in the middle of the picture is never seen twice.
 */
static rgb4
beyond(const struct compose *c, double x, double y)
{
	const struct layer *picture = &c->picture.levels[0];
	const double dx = fmax(fmax(-x, x - picture->width), 0), dy = fmax(fmax(-y, y - picture->height), 0);
	const double distance = hypot(dx, dy), level = log2(fmax(BLUR_PER_PIXEL * distance, 1e-3)) + 0.5;
	const double near = fmin(distance / (2 * c->strip), 1);
	const float share = (float)(near * near * (3 - 2 * near));
	const rgb4 side = pyramid_sample(&c->edges[x < 0 ? EDGE_LEFT : EDGE_RIGHT], y, 0.5, level);
	const rgb4 end = pyramid_sample(&c->edges[y < 0 ? EDGE_TOP : EDGE_BOTTOM], x, 0.5, level);
	const rgb4 line =
	    (side * (float)dx + end * (float)dy) / (float)(dx + dy); /* one of them is positive out here */
	rgb4 mirrored = line;

	if (share < 1)
		mirrored = pyramid_sample(&c->picture, mirror(x, picture->width, c->strip),
		    mirror(y, picture->height, c->strip), fmin(level, log2(c->strip) - 2));
	return mirrored + (line - mirrored) * share;
}

static void
compose_rows(void *ctx, int from, int to)
{
	const struct compose *c = ctx;
	const struct layer *canvas = &c->view->canvas, *picture = &c->picture.levels[0];

	for (int y = from; y < to; y++) {
		for (int x = 0; x < canvas->width; x++) {
			const int px = x - c->left, py = y - c->top;
			const bool inside = px >= 0 && py >= 0 && px < picture->width && py < picture->height;
			canvas->pixels[(size_t)y * (size_t)canvas->width + (size_t)x] =
			    inside ? picture->pixels[(size_t)py * (size_t)picture->width + (size_t)px]
				   : beyond(c, px + 0.5, py + 0.5);
		}
	}
}

static void
compose_done(struct compose *c)
{
	pyramid_done(&c->picture);
	for (int i = 0; i < EDGE__COUNT; i++)
		pyramid_done(&c->edges[i]);
}

static int
compose(struct camera_view *view, const struct picture *picture, struct error *err)
{
	const double fit =
	    fmin((double)view->width / picture->width, (double)view->height / picture->height) * view->scale;
	const int width = FW_MAX(1, (int)lrint(picture->width * fit)),
		  height = FW_MAX(1, (int)lrint(picture->height * fit));
	CLEANUP(compose_done) struct compose c = {.view = view, .strip = fmax(2, EDGE_STRIP * FW_MIN(width, height))};

	if (layer_from_picture(picture, width, height, &c.picture.levels[0], err) < 0 ||
	    pyramid_fill(&c.picture, err) < 0)
		return -1;
	for (int i = 0; i < EDGE__COUNT; i++) {
		if (edge_fill(&c, (enum edge)i, err) < 0)
			return -1;
	}
	c.left = (view->canvas.width - width) / 2;
	c.top = (view->canvas.height - height) / 2;
	view->center_x = c.left + width / 2.0 - 0.5;
	view->center_y = c.top + height / 2.0 - 0.5;
	parallel_rows(view->threads, view->canvas.height, 1, compose_rows, &c);
	return 0;
}

int
camera_view_new(const struct picture *picture, int width, int height, const struct camera_move *move, unsigned threads,
    struct camera_view **ret_view, struct error *err)
{
	struct camera_view *view = calloc(1, sizeof(*view));
	double x, y, zoom;

	if (view == NULL)
		abort();
	view->width = width;
	view->height = height;
	view->threads = threads;
	reach(width, height, move, &x, &y, &zoom);
	view->scale = fmax(1.0, fmin(OVERSAMPLE * zoom, sqrt(CANVAS_PIXELS_MAX / (4 * x * y))));
	if (layer_new((int)ceil(2 * x * view->scale) + 8, (int)ceil(2 * y * view->scale) + 8, &view->canvas, err) < 0 ||
	    compose(view, picture, err) < 0) {
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
	free((*view)->canvas.pixels);
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
		apply(m, x + 0.5 - view->width / 2.0, fy, &cx, &cy);
		row[x] = layer_sample(&view->canvas, cx, cy, d->stretch);
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
	const struct layer *canvas = &d->view->canvas;
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
		taps[i].n = weights((i + 0.5 - n / 2.0) * scale + center, stretch, taps[i].weight, &taps[i].first);
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
	const double to_canvas[3][3] = {{view->scale, 0, view->center_x}, {0, view->scale, view->center_y}, {0, 0, 1}};
	struct drawing d = {.view = view, .frame = frame};
	double m[3][3], back[3][3];

	projection(view->width, view->height, pose, m);
	invert(m, back);
	multiply(to_canvas, back, d.map.m);
	d.stretch = (float)fmin(fmax(1.0, view->scale / pose->zoom), TAPS_MAX / 4.0 - 0.25);
	taps_fill(&d, pose);
	parallel_rows(view->threads, view->height, 2, draw_rows, &d);
	free(d.columns);
	free(d.rows);
}
