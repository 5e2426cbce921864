/* The canvas of a camera move: the picture, and what goes on beyond its edges. */
#include "media/camera_canvas.h"

#include <math.h>
#include <stdlib.h>

#include "media/camera_lens.h"
#include "media/parallel.h"
#include "media/picture.h"

/* Canvas pixels per frame pixel where the camera is nearest. Above 1, so that the kernel always covers more than one
 * canvas pixel and sharpness does not pulse as the picture glides. */
#define OVERSAMPLE 1.3
#define CANVAS_PIXELS_MAX (9 * 1000 * 1000)
/* Blur of the backdrop along the picture's edge, per pixel of distance from it. */
#define BLUR_PER_PIXEL 0.35
/* Share of the picture's shorter side that counts as its edge. */
#define EDGE_STRIP 0.05
/* What rises by more than this within the strip, of 255, is something that stands at the edge and no gradient. */
#define RISE_MOST 12.0f
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

enum edge { EDGE_LEFT, EDGE_RIGHT, EDGE_TOP, EDGE_BOTTOM, EDGE__COUNT };

struct compose {
	struct camera_canvas *canvas;
	struct pyramid picture;		   /* at canvas size */
	struct pyramid edges[EDGE__COUNT]; /* mean colour of the strip along each edge */
	struct pyramid rises[EDGE__COUNT]; /* by how much the colour rises within that strip towards the edge */
	double strip;			   /* how deep that strip is, in canvas pixels */
	int left, top;			   /* of the picture on the canvas */
};

/* Of the strip along an edge: its colour averaged over its depth, and the slope of a line through it. */
static int
edge_fill(struct compose *c, enum edge edge, struct error *err)
{
	const struct layer *picture = &c->picture.levels[0];
	const bool upright = edge == EDGE_LEFT || edge == EDGE_RIGHT;
	const int n = upright ? picture->height : picture->width, depth = (int)c->strip;
	struct layer *line = &c->edges[edge].levels[0], *rise = &c->rises[edge].levels[0];

	if (layer_new(n, 1, line, err) < 0 || layer_new(n, 1, rise, err) < 0)
		return -1;
	for (int i = 0; i < n; i++) {
		rgb4 sum = {0}, outer = {0};
		for (int j = 0; j < depth; j++) {
			const int in = edge == EDGE_RIGHT    ? picture->width - 1 - j
				       : edge == EDGE_BOTTOM ? picture->height - 1 - j
							     : j;
			const rgb4 colour = upright ? *layer_at(picture, in, i) : *layer_at(picture, i, in);
			sum += colour;
			if (j < depth / 2)
				outer += colour;
		}
		line->pixels[i] = sum / (float)depth;
		/* the middles of the two halves are half a strip apart */
		rise->pixels[i] = 2 * (outer / (float)(depth / 2) - (sum - outer) / (float)(depth - depth / 2));
	}
	return pyramid_fill(&c->edges[edge], err) < 0 || pyramid_fill(&c->rises[edge], err) < 0 ? -1 : 0;
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

/* By how much a gradient that ends at the edges has risen dx and dy beyond them, blurred by `level` along them. */
static rgb4
rise_beyond(const struct compose *c, double x, double y, double dx, double dy, double level)
{
	const double grainless = fmax(level, log2(c->strip));
	const rgb4 side = pyramid_sample(&c->rises[x < 0 ? EDGE_LEFT : EDGE_RIGHT], y, 0.5, grainless);
	const rgb4 end = pyramid_sample(&c->rises[y < 0 ? EDGE_TOP : EDGE_BOTTOM], x, 0.5, grainless);
	rgb4 rise =
	    (side * (float)mirror_depth(dx, c->strip) + end * (float)mirror_depth(dy, c->strip)) / (float)c->strip;

	for (int i = 0; i < 3; i++)
		rise[i] = RISE_MOST * tanhf(rise[i] / RISE_MOST);
	return rise;
}

/*
 * Outside of the picture, at (x, y) from its corner: close to the edge the mirror image, further out the colours of the
 * edge, the more blurred along it the farther away. What stands in the middle of the picture is never seen twice. A
 * gradient does not turn back at the edge, which would be seen as a crease: twice what it rose by makes it go on.
 */
static rgb4
beyond(const struct compose *c, double x, double y)
{
	const struct layer *picture = &c->picture.levels[0];
	const double dx = fmax(fmax(-x, x - picture->width), 0), dy = fmax(fmax(-y, y - picture->height), 0);
	const double distance = hypot(dx, dy), level = log2(fmax(BLUR_PER_PIXEL * distance, 1e-3)) + 0.5;
	const double away = fmin(distance / (2 * c->strip), 1);
	const float share = (float)(away * away * (3 - 2 * away));
	const rgb4 side = pyramid_sample(&c->edges[x < 0 ? EDGE_LEFT : EDGE_RIGHT], y, 0.5, level);
	const rgb4 end = pyramid_sample(&c->edges[y < 0 ? EDGE_TOP : EDGE_BOTTOM], x, 0.5, level);
	const rgb4 line =
	    (side * (float)dx + end * (float)dy) / (float)(dx + dy); /* one of them is positive out here */
	const rgb4 rise = rise_beyond(c, x, y, dx, dy, level);
	const rgb4 far = line + rise * 1.5f; /* the line is as bright as the middle of the strip */
	rgb4 near = far;

	if (share < 1)
		near = pyramid_sample(&c->picture, mirror(x, picture->width, c->strip),
			   mirror(y, picture->height, c->strip), fmin(level, log2(c->strip) - 2)) +
		       rise * 2;
	return near + (far - near) * share;
}

static void
compose_rows(void *ctx, int from, int to)
{
	const struct compose *c = ctx;
	const struct layer *canvas = &c->canvas->layer, *picture = &c->picture.levels[0];

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
	for (int i = 0; i < EDGE__COUNT; i++) {
		pyramid_done(&c->edges[i]);
		pyramid_done(&c->rises[i]);
	}
}

static int
compose(struct camera_canvas *canvas, const struct picture *picture, double fit, unsigned threads, struct error *err)
{
	const int width = FW_MAX(1, (int)lrint(picture->width * fit)),
		  height = FW_MAX(1, (int)lrint(picture->height * fit));
	CLEANUP(compose_done)
	struct compose c = {.canvas = canvas, .strip = fmax(2, EDGE_STRIP * FW_MIN(width, height))};

	if (layer_from_picture(picture, width, height, &c.picture.levels[0], err) < 0 ||
	    pyramid_fill(&c.picture, err) < 0)
		return -1;
	for (int i = 0; i < EDGE__COUNT; i++) {
		if (edge_fill(&c, (enum edge)i, err) < 0)
			return -1;
	}
	c.left = (canvas->layer.width - width) / 2;
	c.top = (canvas->layer.height - height) / 2;
	canvas->center_x = c.left + width / 2.0 - 0.5;
	canvas->center_y = c.top + height / 2.0 - 0.5;
	parallel_rows(threads, canvas->layer.height, 1, compose_rows, &c);
	return 0;
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
		lens_project(width, height, &pose, m);
		lens_invert(m, back);
		*ret_zoom = fmax(*ret_zoom, pose.zoom);
		for (int corner = 0; corner < 4; corner++) {
			double x, y;
			lens_apply(back, (corner & 1 ? 0.5 : -0.5) * width, (corner & 2 ? 0.5 : -0.5) * height, &x, &y);
			*ret_x = fmax(*ret_x, fabs(x));
			*ret_y = fmax(*ret_y, fabs(y));
		}
	}
}

int
camera_canvas_new(const struct picture *picture, int width, int height, const struct camera_move *move,
    unsigned threads, struct camera_canvas *ret_canvas, struct error *err)
{
	struct camera_canvas canvas = {0};
	double x, y, zoom;

	reach(width, height, move, &x, &y, &zoom);
	canvas.scale = fmax(1.0, fmin(OVERSAMPLE * zoom, sqrt(CANVAS_PIXELS_MAX / (4 * x * y))));
	if (layer_new((int)ceil(2 * x * canvas.scale) + 8, (int)ceil(2 * y * canvas.scale) + 8, &canvas.layer, err) < 0)
		return -1;
	if (compose(&canvas, picture,
		canvas.scale * fmin((double)width / picture->width, (double)height / picture->height), threads,
		err) < 0) {
		free(canvas.layer.pixels);
		return -1;
	}
	*ret_canvas = canvas;
	return 0;
}
