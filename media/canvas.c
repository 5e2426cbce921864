/*
 * Filling, copying, turning and mixing plane by plane.
 */
#include "media/canvas.h"

#include <math.h>

#include "lib/timeline/motion.h"
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

/* Of 4:2:0: the size of a plane. */
static int
plane_size(int luma, int plane)
{
	return plane == 0 ? luma : (luma + 1) / 2;
}

static uint8_t *
row_of(const AVFrame *canvas, int plane, int y)
{
	return canvas->data[plane] + (ptrdiff_t)y * canvas->linesize[plane];
}

void
canvas_fill(AVFrame *canvas, uint32_t rgb)
{
	double yuv[3];

	colour_yuv709((rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, yuv);
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < plane_size(canvas->height, p); y++)
			memset(row_of(canvas, p, y), (int)lround(yuv[p]), (size_t)plane_size(canvas->width, p));
}

void
canvas_copy(AVFrame *to, const AVFrame *from)
{
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < plane_size(to->height, p); y++)
			memcpy(row_of(to, p, y), row_of(from, p, y), (size_t)plane_size(to->width, p));
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

		for (int y = 0; y < plane_size(height, p); y++)
			memcpy(row_of(to, p, (to_y >> shift) + y) + (to_x >> shift),
			    row_of(from, p, (from_y >> shift) + y) + (from_x >> shift), (size_t)plane_size(width, p));
	}
}

void
canvas_turn(AVFrame *to, const AVFrame *from, int quarters)
{
	for (int p = 0; p < 3; p++) {
		const int width = plane_size(from->width, p), height = plane_size(from->height, p);

		for (int y = 0; y < height; y++) {
			const uint8_t *row = row_of(from, p, y);

			for (int x = 0; x < width; x++) {
				if (quarters == 1)
					row_of(to, p, x)[height - 1 - y] = row[x];
				else if (quarters == 2)
					row_of(to, p, height - 1 - y)[width - 1 - x] = row[x];
				else
					row_of(to, p, width - 1 - x)[y] = row[x];
			}
		}
	}
}

static void
mix_row(uint8_t *restrict to, const uint8_t *a, const uint8_t *b, int width, int32_t weight)
{
	const int32_t rest = 32768 - weight;

	for (int x = 0; x < width; x++)
		to[x] = (uint8_t)((a[x] * rest + b[x] * weight + 16384) >> 15);
}

/* weight/32768 of b. `to` may be a, so rows go by way of a line that the compiler knows to be apart. */
static void
mix(AVFrame *to, const AVFrame *a, const AVFrame *b, int32_t weight)
{
	uint8_t line[TIMELINE_SIDE_MAX];

	for (int p = 0; p < 3; p++) {
		const int width = plane_size(to->width, p);

		for (int y = 0; y < plane_size(to->height, p); y++) {
			mix_row(line, row_of(a, p, y), row_of(b, p, y), width, weight);
			memcpy(row_of(to, p, y), line, (size_t)width);
		}
	}
}

void
canvas_fade(AVFrame *to, const AVFrame *from, uint32_t rgb, int32_t weight)
{
	double yuv[3];

	colour_yuv709((rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, yuv);
	for (int p = 0; p < 3; p++) {
		const int64_t base = llround(yuv[p]) * (65536 - weight) + 32768;

		for (int y = 0; y < plane_size(to->height, p); y++) {
			const uint8_t *in = row_of(from, p, y);
			uint8_t *out = row_of(to, p, y);

			for (int x = 0; x < plane_size(to->width, p); x++)
				out[x] = (uint8_t)((in[x] * (int64_t)weight + base) >> 16);
		}
	}
}

/* The even distance that this share of the side makes. */
static int
travel(int side, int32_t progress)
{
	return (int)(((int64_t)side * progress + MOTION_ONE) / (2 * MOTION_ONE)) * 2;
}

static void
wipe(AVFrame *to, const AVFrame *under, const AVFrame *over, enum timeline_direction direction, int32_t progress)
{
	const bool sideways = direction == DIRECTION_LEFT || direction == DIRECTION_RIGHT;
	const int shown = travel(sideways ? to->width : to->height, progress);
	struct canvas_patch patch = {.width = to->width, .height = to->height};

	if (to != under)
		canvas_copy(to, under);
	if (sideways)
		patch.width = shown;
	else
		patch.height = shown;
	if (direction == DIRECTION_LEFT)
		patch.from_x = patch.to_x = to->width - shown;
	if (direction == DIRECTION_UP)
		patch.from_y = patch.to_y = to->height - shown;
	canvas_paste(to, over, &patch);
}

/* Moves what is in the frame in place: rows in the order that does not overwrite what is still needed. */
static void
shift_in_place(AVFrame *canvas, int dx, int dy)
{
	for (int p = 0; p < 3; p++) {
		const int shift = p == 0 ? 0 : 1;
		const int x = dx / (1 << shift), y = dy / (1 << shift);
		const int rows = plane_size(canvas->height, p) - abs(y),
			  columns = plane_size(canvas->width, p) - abs(x);

		for (int i = 0; i < rows; i++) {
			const int row = y > 0 ? rows - 1 - i : i;
			const int from = y > 0 ? row : row - y, to = y > 0 ? row + y : row;

			memmove(row_of(canvas, p, to) + FW_MAX(x, 0), row_of(canvas, p, from) + FW_MAX(-x, 0),
			    (size_t)columns);
		}
	}
}

static void
slide(AVFrame *to, const AVFrame *under, const AVFrame *over, enum timeline_direction direction, int32_t progress)
{
	const bool sideways = direction == DIRECTION_LEFT || direction == DIRECTION_RIGHT;
	const int way = direction == DIRECTION_LEFT || direction == DIRECTION_UP ? -1 : 1;
	const int step = travel(sideways ? to->width : to->height, progress);
	struct canvas_patch patch = {.width = to->width, .height = to->height};

	if (to != under)
		canvas_copy(to, under);
	shift_in_place(to, sideways ? way * step : 0, sideways ? 0 : way * step);
	if (sideways)
		patch.to_x = -way * (to->width - step);
	else
		patch.to_y = -way * (to->height - step);
	canvas_paste(to, over, &patch);
}

void
canvas_transition(AVFrame *to, const AVFrame *under, const AVFrame *over, const struct timeline_transition *transition,
    int64_t k, int64_t n)
{
	const int32_t progress = motion_progress(transition->easing, k, n);

	switch (transition->type) {
	case TRANSITION_WIPE:
		wipe(to, under, over, transition->direction, progress);
		break;
	case TRANSITION_SLIDE:
		slide(to, under, over, transition->direction, progress);
		break;
	default:
		mix(to, under, over, (progress + 1) / 2);
		break;
	}
}
