/*
 * Stamps: drawings with soft edges, converted once to the film's colours. Premultiplied colour is linear, so luma and
 * the mean of four chroma neighbours are sums.
 */
#include <math.h>

#include "media/colour.h"
#include "media/canvas.h"

/* Mean premultiplied colour and cover of the argb pixels of one sample of plane p. */
static void
sample_at(const uint32_t *argb, int stride, int x, int y, int plane, double rgba[4])
{
	const int side = plane == 0 ? 1 : 2;

	for (int c = 0; c < 4; c++)
		rgba[c] = 0;
	for (int dy = 0; dy < side; dy++) {
		for (int dx = 0; dx < side; dx++) {
			const uint32_t word = argb[(ptrdiff_t)(y * side + dy) * stride + x * side + dx];

			rgba[0] += (double)(word >> 16 & 255);
			rgba[1] += (double)(word >> 8 & 255);
			rgba[2] += (double)(word & 255);
			rgba[3] += (double)(word >> 24);
		}
	}
	for (int c = 0; c < 4; c++)
		rgba[c] /= 255.0 * side * side;
}

static void
fill_plane(struct stamp *stamp, const uint32_t *argb, int stride, double opacity, int plane)
{
	static const double zero[3] = {16, 128, 128};
	const int width = plane == 0 ? stamp->width : stamp->width / 2;
	const int height = plane == 0 ? stamp->height : stamp->height / 2;

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			double rgba[4], yuv[3];

			sample_at(argb, stride, x, y, plane, rgba);
			colour_yuv709(rgba[0], rgba[1], rgba[2], yuv);
			/* colour_yuv709 adds the whole zero point; premultiplied colour needs only the covered share */
			yuv[plane] -= zero[plane] * (1 - rgba[3]);
			stamp->keep[plane][y * width + x] = (uint32_t)lround(65536 * (1 - rgba[3] * opacity));
			stamp->add[plane][y * width + x] = (uint32_t)lround(FW_MAX(65536 * opacity * yuv[plane], 0));
		}
	}
}

int
stamp_new(const uint32_t *argb, int stride, const struct canvas_patch *place, double opacity, struct stamp **ret_stamp,
    struct error *err)
{
	const size_t luma = (size_t)place->width * (size_t)place->height;
	struct stamp *stamp = calloc(1, sizeof(*stamp));
	uint32_t *samples = calloc(luma * 3 + 1, sizeof(*samples));

	if (stamp == NULL || samples == NULL) {
		free(stamp);
		free(samples);
		return error_set(err, ERR_MEMORY, "no memory for a drawing of %dx%d", place->width, place->height);
	}
	*stamp = (struct stamp){place->to_x, place->to_y, place->width, place->height, {NULL}, {NULL}};
	for (int p = 0; p < 3; p++) {
		const size_t count = p == 0 ? luma : luma / 4;

		stamp->keep[p] = samples;
		stamp->add[p] = samples + count;
		samples += 2 * count;
		fill_plane(stamp, argb, stride, opacity, p);
	}
	*ret_stamp = stamp;
	return 0;
}

void
stamp_free(struct stamp **stamp)
{
	if (*stamp == NULL)
		return;
	free((*stamp)->keep[0]);
	free(*stamp);
	*stamp = NULL;
}

static void
put_row(uint8_t *row, const uint32_t *keep, const uint32_t *add, int width)
{
	for (int x = 0; x < width; x++)
		row[x] = (uint8_t)((row[x] * keep[x] + add[x] + 32768) >> 16);
}

static void
put_row_share(uint8_t *row, const uint32_t *keep, const uint32_t *add, int width, uint32_t share)
{
	for (int x = 0; x < width; x++) {
		const uint32_t cover = (uint32_t)((uint64_t)(65536 - keep[x]) * share >> 16);
		const uint32_t more = (uint32_t)((uint64_t)add[x] * share >> 16);

		row[x] = (uint8_t)((row[x] * (65536 - cover) + more + 32768) >> 16);
	}
}

void
stamp_put(const struct stamp *stamp, AVFrame *canvas, int32_t share)
{
	for (int p = 0; p < 3 && share > 0; p++) {
		const int shift = p == 0 ? 0 : 1;
		const int width = stamp->width >> shift, height = stamp->height >> shift;

		for (int y = 0; y < height; y++) {
			uint8_t *row = canvas->data[p] + (ptrdiff_t)((stamp->y >> shift) + y) * canvas->linesize[p] +
				       (stamp->x >> shift);
			const uint32_t *keep = stamp->keep[p] + (ptrdiff_t)y * width;
			const uint32_t *add = stamp->add[p] + (ptrdiff_t)y * width;

			if (share >= 65536)
				put_row(row, keep, add, width);
			else
				put_row_share(row, keep, add, width, (uint32_t)share);
		}
	}
}
