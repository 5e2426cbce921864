/*
 * Filling, copying, turning plane by plane.
 */
#include "media/canvas.h"

#include <math.h>

#include "media/colour.h"
#include "media/io.h"

int
canvas_new(int width, int height, AVFrame **ret_canvas, struct error *err)
{
	AVFrame *canvas = av_frame_alloc();
	int ret;

	if (canvas == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	canvas->format = AV_PIX_FMT_YUV420P;
	canvas->width = width;
	canvas->height = height;
	canvas->sample_aspect_ratio = (AVRational){1, 1};
	canvas->colorspace = AVCOL_SPC_BT709;
	canvas->color_primaries = AVCOL_PRI_BT709;
	canvas->color_trc = AVCOL_TRC_BT709;
	canvas->color_range = AVCOL_RANGE_MPEG;
	ret = av_frame_get_buffer(canvas, 0);
	if (ret < 0) {
		av_frame_free(&canvas);
		return io_error_own(err, ret, "making a frame");
	}
	*ret_canvas = canvas;
	return 0;
}

void
canvas_fill(AVFrame *canvas, uint32_t rgb)
{
	double yuv[3];

	colour_yuv709((rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, yuv);
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(canvas->height, p); y++)
			memset(canvas_row(canvas, p, y), (int)lround(yuv[p]), (size_t)canvas_side(canvas->width, p));
}

void
canvas_copy(AVFrame *to, const AVFrame *from)
{
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(to->height, p); y++)
			memcpy(canvas_row(to, p, y), canvas_row(from, p, y), (size_t)canvas_side(to->width, p));
}

void
canvas_paste(AVFrame *to, const AVFrame *from, const struct canvas_patch *patch)
{
	const int left = FW_MAX(0, FW_MAX(-patch->from_x, -patch->to_x));
	const int top = FW_MAX(0, FW_MAX(-patch->from_y, -patch->to_y));
	const int from_x = patch->from_x + left, from_y = patch->from_y + top;
	const int to_x = patch->to_x + left, to_y = patch->to_y + top;
	const int width = FW_MIN(patch->width - left, FW_MIN(from->width - from_x, to->width - to_x));
	const int height = FW_MIN(patch->height - top, FW_MIN(from->height - from_y, to->height - to_y));

	if (width <= 0 || height <= 0)
		return;
	for (int p = 0; p < 3; p++) {
		const int shift = p == 0 ? 0 : 1;

		for (int y = 0; y < canvas_side(height, p); y++)
			memcpy(canvas_row(to, p, (to_y >> shift) + y) + (to_x >> shift),
			    canvas_row(from, p, (from_y >> shift) + y) + (from_x >> shift),
			    (size_t)canvas_side(width, p));
	}
}

/* Where sample (x, y) of a plane of that size goes. */
static void
turned(int x, int y, int width, int height, const struct canvas_turn *turn, int *ret_x, int *ret_y)
{
	if (turn->mirrored)
		x = width - 1 - x;
	switch (turn->quarters) {
	case 1:
		*ret_x = height - 1 - y;
		*ret_y = x;
		break;
	case 2:
		*ret_x = width - 1 - x;
		*ret_y = height - 1 - y;
		break;
	case 3:
		*ret_x = y;
		*ret_y = width - 1 - x;
		break;
	default:
		*ret_x = x;
		*ret_y = y;
		break;
	}
}

void
canvas_turn(AVFrame *to, const AVFrame *from, const struct canvas_turn *turn)
{
	for (int p = 0; p < 3; p++) {
		const int width = canvas_side(from->width, p), height = canvas_side(from->height, p);

		for (int y = 0; y < height; y++) {
			const uint8_t *row = canvas_row(from, p, y);
			int x0, y0, x1, y1;

			/* the row becomes a straight line again */
			turned(0, y, width, height, turn, &x0, &y0);
			turned(1, y, width, height, turn, &x1, &y1);
			uint8_t *out = canvas_row(to, p, y0) + x0;
			const ptrdiff_t step = (x1 - x0) + (ptrdiff_t)(y1 - y0) * to->linesize[p];

			for (int x = 0; x < width; x++)
				out[x * step] = row[x];
		}
	}
}
