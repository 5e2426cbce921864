/*
 * Pictures with transparency and with a wide range of light: they are scaled as 16-bit R'G'B' and become 4:2:0 here, in
 * whole numbers.
 */
#include <libswscale/swscale.h>

#include "media/fit_priv.h"

#define FULL 65535

static uint16_t *
rgb_row(const AVFrame *rgb, int y)
{
	return (uint16_t *)(void *)(rgb->data[0] + (ptrdiff_t)y * rgb->linesize[0]);
}

void
fit_tone(AVFrame *rgb, const struct lut *tone)
{
	for (int y = 0; y < rgb->height; y++) {
		uint16_t *pixel = rgb_row(rgb, y);

		for (int x = 0; x < rgb->width; x++, pixel += 4) {
			int32_t colour[3];

			for (int c = 0; c < 3; c++)
				colour[c] = pixel[c] + (pixel[c] >> 15); /* 65535 is LUT_ONE */
			lut_apply(tone, colour);
			for (int c = 0; c < 3; c++)
				pixel[c] = (uint16_t)(colour[c] - (colour[c] >> 15));
		}
	}
}

/* 0 to FULL, BT.709. */
static int64_t
luma_of(const int64_t rgb[3])
{
	return (13933 * rgb[0] + 46871 * rgb[1] + 4732 * rgb[2]) >> 16;
}

static uint8_t
limited(int64_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

/* A premultiplied colour by itself; transparent black stays black. */
static void
plain(const uint64_t sum[4], int64_t rgb[3])
{
	for (int c = 0; c < 3; c++)
		rgb[c] = sum[3] == 0 ? 0 : (int64_t)FW_MIN((sum[c] * FULL + sum[3] / 2) / sum[3], (uint64_t)FULL);
}

static uint8_t
luma_sample(const uint16_t pixel[4])
{
	const uint64_t sum[4] = {pixel[0], pixel[1], pixel[2], pixel[3]};
	int64_t rgb[3];

	plain(sum, rgb);
	return limited((16 * (int64_t)FULL + luma_of(rgb) * 219 + FULL / 2) / FULL);
}

/* Of four pixels: each counts as much as it covers. */
static void
chroma_samples(const uint16_t *upper, const uint16_t *lower, uint8_t *u, uint8_t *v, uint8_t *cover)
{
	uint64_t sum[4];
	int64_t rgb[3], luma;

	for (int c = 0; c < 4; c++)
		sum[c] = (uint64_t)upper[c] + upper[4 + c] + lower[c] + lower[4 + c];
	plain(sum, rgb);
	luma = luma_of(rgb);
	/* (b - y) / 1.8556 and (r - y) / 1.5748 in 224 steps; halves of FULL keep the division positive */
	*u = limited((128 * (int64_t)FULL + (((rgb[2] - luma) * 35318) >> 16) * 224 + FULL / 2) / FULL);
	*v = limited((128 * (int64_t)FULL + (((rgb[0] - luma) * 41615) >> 16) * 224 + FULL / 2) / FULL);
	*cover = (uint8_t)((sum[3] / 4 * 255 + FULL / 2) / FULL);
}

void
fit_split(const AVFrame *rgb, AVFrame *colour, AVFrame *cover)
{
	for (int y = 0; y < rgb->height; y++) {
		const uint16_t *pixel = rgb_row(rgb, y);
		uint8_t *out = canvas_row(colour, 0, y);

		for (int x = 0; x < rgb->width; x++)
			out[x] = luma_sample(pixel + 4 * x);
		if (cover == NULL)
			continue;
		out = canvas_row(cover, 0, y);
		for (int x = 0; x < rgb->width; x++)
			out[x] = (uint8_t)((pixel[4 * x + 3] * 255u + FULL / 2) / FULL);
	}
	for (int y = 0; y < rgb->height / 2; y++) {
		const uint16_t *upper = rgb_row(rgb, 2 * y), *lower = rgb_row(rgb, 2 * y + 1);

		for (int x = 0; x < rgb->width / 2; x++) {
			uint8_t covers;

			chroma_samples(upper + 8 * x, lower + 8 * x, &canvas_row(colour, 1, y)[x],
			    &canvas_row(colour, 2, y)[x], &covers);
			if (cover != NULL)
				canvas_row(cover, 1, y)[x] = canvas_row(cover, 2, y)[x] = covers;
		}
	}
}

static void
blend_row(uint8_t *restrict to, const uint8_t *restrict colour, const uint8_t *restrict cover, int width)
{
	for (int x = 0; x < width; x++)
		to[x] = (uint8_t)((to[x] * (255 - cover[x]) + colour[x] * cover[x] + 127) / 255);
}

void
fit_blend(AVFrame *to, const AVFrame *colour, const AVFrame *cover, const struct canvas_patch *patch)
{
	const int left = FW_MAX(0, -patch->to_x), top = FW_MAX(0, -patch->to_y);
	const int width = FW_MIN(patch->width, to->width - patch->to_x) - left;
	const int height = FW_MIN(patch->height, to->height - patch->to_y) - top;

	for (int p = 0; p < 3 && width > 0 && height > 0; p++) {
		const int shift = p == 0 ? 0 : 1;

		for (int y = 0; y < canvas_side(height, p); y++)
			blend_row(
			    canvas_row(to, p, ((patch->to_y + top) >> shift) + y) + ((patch->to_x + left) >> shift),
			    canvas_row(colour, p, (top >> shift) + y) + (left >> shift),
			    canvas_row(cover, p, (top >> shift) + y) + (left >> shift), canvas_side(width, p));
	}
}
