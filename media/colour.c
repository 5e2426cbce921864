/*
 * Colour matrices. The change from matrix A to B is B's RGB-to-YUV times A's YUV-to-RGB; with both in the same range
 * its first column is (1, 0, 0).
 */
#include "media/colour.h"

#include <math.h>

#include <libavutil/pixdesc.h>

struct luma {
	double r, g, b;
};

static struct luma
luma_of(enum AVColorSpace space)
{
	switch (space) {
	case AVCOL_SPC_BT470BG:
	case AVCOL_SPC_SMPTE170M:
		return (struct luma){0.299, 0.587, 0.114};
	case AVCOL_SPC_FCC:
		return (struct luma){0.30, 0.59, 0.11};
	case AVCOL_SPC_SMPTE240M:
		return (struct luma){0.212, 0.701, 0.087};
	case AVCOL_SPC_BT2020_NCL:
	case AVCOL_SPC_BT2020_CL:
		return (struct luma){0.2627, 0.6780, 0.0593};
	default:
		return (struct luma){0.2126, 0.7152, 0.0722};
	}
}

void
colour_yuv709(double r, double g, double b, double yuv[3])
{
	const struct luma k = luma_of(AVCOL_SPC_BT709);
	const double y = k.r * r + k.g * g + k.b * b;

	yuv[0] = 16 + 219 * y;
	yuv[1] = 128 + 224 * (b - y) / (2 * (1 - k.b));
	yuv[2] = 128 + 224 * (r - y) / (2 * (1 - k.r));
}

enum AVColorSpace
colour_space(const AVFrame *frame)
{
	if (frame->colorspace != AVCOL_SPC_UNSPECIFIED && frame->colorspace != AVCOL_SPC_RESERVED)
		return frame->colorspace;
	return frame->height < 720 && frame->width < 1280 ? AVCOL_SPC_SMPTE170M : AVCOL_SPC_BT709;
}

bool
colour_full_range(const AVFrame *frame)
{
	switch (frame->format) {
	case AV_PIX_FMT_YUVJ420P:
	case AV_PIX_FMT_YUVJ422P:
	case AV_PIX_FMT_YUVJ444P:
	case AV_PIX_FMT_YUVJ440P:
	case AV_PIX_FMT_YUVJ411P:
		return true;
	default:
		return frame->color_range == AVCOL_RANGE_JPEG;
	}
}

/* rows y, u, v; columns u, v; scaled by 2^14 */
struct change {
	int32_t m[3][2];
};

/* What chroma (u, v) in -0.5..0.5 of matrix `from` contributes to luma and chroma of BT.709. */
static void
change_column(struct luma from, double u, double v, double out[3])
{
	const struct luma to = luma_of(AVCOL_SPC_BT709);
	const double r = 2 * (1 - from.r) * v, b = 2 * (1 - from.b) * u;
	const double g = -(from.r * r + from.b * b) / from.g;

	out[0] = to.r * r + to.g * g + to.b * b;
	out[1] = (b - out[0]) / (2 * (1 - to.b));
	out[2] = (r - out[0]) / (2 * (1 - to.r));
}

static struct change
change_from(enum AVColorSpace space)
{
	struct change change;
	double column[3];

	for (int c = 0; c < 2; c++) {
		change_column(luma_of(space), c == 0, c == 1, column);
		/* luma has 219 steps where chroma has 224 */
		change.m[0][c] = (int32_t)lround(column[0] * 16384 * 219 / 224);
		change.m[1][c] = (int32_t)lround(column[1] * 16384);
		change.m[2][c] = (int32_t)lround(column[2] * 16384);
	}
	return change;
}

static uint8_t
clip(int32_t value)
{
	return (uint8_t)(value < 0 ? 0 : value > 255 ? 255 : value);
}

static void
change_luma_row(
    uint8_t *restrict y, const uint8_t *restrict u, const uint8_t *restrict v, int width, const int32_t m[2])
{
	for (int x = 0; x < width; x++) {
		const int32_t more = m[0] * (u[x >> 1] - 128) + m[1] * (v[x >> 1] - 128);

		y[x] = clip(y[x] + ((more + 8192) >> 14));
	}
}

static void
change_chroma_row(uint8_t *restrict u, uint8_t *restrict v, int width, const struct change *change)
{
	for (int x = 0; x < width; x++) {
		const int32_t du = u[x] - 128, dv = v[x] - 128;

		u[x] = clip(128 + ((change->m[1][0] * du + change->m[1][1] * dv + 8192) >> 14));
		v[x] = clip(128 + ((change->m[2][0] * du + change->m[2][1] * dv + 8192) >> 14));
	}
}

void
colour_to_709(AVFrame *picture, enum AVColorSpace space)
{
	const struct luma from = luma_of(space), to = luma_of(AVCOL_SPC_BT709);
	struct change change;

	if (from.r == to.r && from.b == to.b)
		return;
	change = change_from(space);
	for (int y = 0; y < picture->height; y++)
		change_luma_row(picture->data[0] + (ptrdiff_t)y * picture->linesize[0],
		    picture->data[1] + (ptrdiff_t)(y / 2) * picture->linesize[1],
		    picture->data[2] + (ptrdiff_t)(y / 2) * picture->linesize[2], picture->width, change.m[0]);
	for (int y = 0; y < (picture->height + 1) / 2; y++)
		change_chroma_row(picture->data[1] + (ptrdiff_t)y * picture->linesize[1],
		    picture->data[2] + (ptrdiff_t)y * picture->linesize[2], (picture->width + 1) / 2, &change);
}
