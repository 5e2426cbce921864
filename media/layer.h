/*
 * A layer: colours as real numbers, sampled at any point through a kernel, and its pyramid of halves for samples as
 * blurred as one likes. The sampling is inline: it is the inner loop of every camera move.
 */
#ifndef MEDIA_LAYER_H
#define MEDIA_LAYER_H

#include <math.h>
#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* Most halves of a pyramid: a layer of 2^12 pixels ends in one of 2. */
#define LEVELS_MAX 12
/* Most pixels that one axis of a sample takes. */
#define TAPS_MAX 16

/* Red, green, blue from 0 to 255; the fourth is not used. */
typedef float rgb4 __attribute__((vector_size(16)));

struct layer {
	int width, height;
	rgb4 *pixels; /* owned, row by row, without gaps */
};

/* One layer and its halves. A picture, or a line of colours (height 1). */
struct pyramid {
	struct layer levels[LEVELS_MAX];
	int n;
};

/* Not cleared. Fails with ERR_MEMORY. The pixels are the caller's to free(). */
int layer_new(int width, int height, struct layer *ret_layer, struct error *err) MUST_CHECK;

/* Makes the halves of levels[0] until four pixels are left. pyramid_done() frees whatever there is, levels[0] too. */
int pyramid_fill(struct pyramid *pyramid, struct error *err) MUST_CHECK;
void pyramid_done(struct pyramid *pyramid);

/* The colour at (x, y) in pixels of levels[0], corner at 0, blurred by about 0.7 * 2^level pixels; the exact pixel at
 * level 0. */
rgb4 pyramid_sample(const struct pyramid *pyramid, double x, double y, double level);

/* The pixel, or the nearest one of the layer's edge. */
static inline const rgb4 *
layer_at(const struct layer *layer, int x, int y)
{
	x = x < 0 ? 0 : x >= layer->width ? layer->width - 1 : x;
	y = y < 0 ? 0 : y >= layer->height ? layer->height - 1 : y;
	return layer->pixels + (size_t)y * (size_t)layer->width + x;
}

/* Catmull-Rom: sharp, and exact where nothing is scaled. */
static inline float
kernel_at(float x)
{
	x = fabsf(x);
	if (x < 1)
		return 1 + x * x * (1.5f * x - 2.5f);
	return x < 2 ? 2 + x * (-4 + x * (2.5f - 0.5f * x)) : 0;
}

/* Weights of the pixels around `at`, the kernel stretched by `stretch`; first pixel through ret_first, their number. */
static inline int
kernel_weights(double at, float stretch, float out[static TAPS_MAX], int *ret_first)
{
	const double radius = 2.0 * (double)stretch;
	const int first = (int)ceil(at - radius), last = (int)floor(at + radius);
	const int n = FW_MIN(last - first + 1, TAPS_MAX);
	float sum = 0;

	for (int i = 0; i < n; i++) {
		out[i] = kernel_at((float)(first + i - at) / stretch);
		sum += out[i];
	}
	for (int i = 0; i < n; i++)
		out[i] /= sum;
	*ret_first = first;
	return n;
}

/* The colour at (x, y), pixel centres at whole numbers, through the kernel stretched by `stretch` (at least 1, at most
 * TAPS_MAX / 4). */
static inline rgb4
layer_sample(const struct layer *layer, double x, double y, float stretch)
{
	float wx[TAPS_MAX], wy[TAPS_MAX];
	int x0, y0;
	const int nx = kernel_weights(x, stretch, wx, &x0), ny = kernel_weights(y, stretch, wy, &y0);
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

#endif
