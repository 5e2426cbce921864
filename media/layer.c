#include "media/layer.h"

#include <stdlib.h>

int
layer_new(int width, int height, struct layer *ret_layer, struct error *err)
{
	void *pixels = NULL;

	if (posix_memalign(&pixels, sizeof(rgb4), (size_t)width * (size_t)height * sizeof(rgb4)) != 0)
		return error_set(err, ERR_MEMORY, "no memory for a canvas of %d x %d", width, height);
	*ret_layer = (struct layer){.width = width, .height = height, .pixels = pixels};
	return 0;
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

rgb4
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

int
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

void
pyramid_done(struct pyramid *pyramid)
{
	for (int i = 0; i < LEVELS_MAX; i++)
		free(pyramid->levels[i].pixels);
}
