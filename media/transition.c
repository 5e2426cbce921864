/*
 * Mixing, dimming, uncovering and pushing.
 */
#include "media/transition.h"

#include <math.h>

#include "media/canvas.h"
#include "media/colour.h"
#include "media/transition_priv.h"

struct transition {
	struct transition_request request;
	struct xfade *xfade;
};

/* p, p^2, 1 - (1 - p)^2 and 3 p^2 - 2 p^3 of p = k / n, rounded to the nearest. Below 2^20 frames nothing overflows. */
int32_t
transition_progress(enum timeline_easing easing, int64_t k, int64_t n)
{
	const __int128 one = TRANSITION_ONE, cube = (__int128)n * n * n;
	const __int128 square = (__int128)k * k * n, left = (__int128)(n - k) * (n - k) * n;
	__int128 part;

	if (k <= 0 || n <= 0)
		return 0;
	if (k >= n)
		return TRANSITION_ONE;
	switch (easing) {
	case EASE_IN:
		part = square;
		break;
	case EASE_OUT:
		part = cube - left;
		break;
	case EASE_IN_OUT:
		part = 3 * square - 2 * (__int128)k * k * k;
		break;
	default:
		part = (__int128)k * n * n;
		break;
	}
	return (int32_t)((part * one * 2 + cube) / (2 * cube));
}

struct transition *
transition_new(const struct transition_request *request)
{
	struct transition *transition = calloc(1, sizeof(*transition));

	if (transition == NULL)
		abort();
	transition->request = *request;
	return transition;
}

void
transition_free(struct transition **transition)
{
	if (*transition == NULL)
		return;
	xfade_free(&(*transition)->xfade);
	free(*transition);
	*transition = NULL;
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
		const int width = canvas_side(to->width, p);

		for (int y = 0; y < canvas_side(to->height, p); y++) {
			mix_row(line, canvas_row(a, p, y), canvas_row(b, p, y), width, weight);
			memcpy(canvas_row(to, p, y), line, (size_t)width);
		}
	}
}

void
transition_fade(AVFrame *to, const AVFrame *from, uint32_t rgb, int32_t progress)
{
	const int32_t weight = (progress + 256) >> 9; /* of 32768 */
	double colour[3];

	colour_yuv709((rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, colour);
	for (int p = 0; p < 3; p++) {
		const int32_t base = (int32_t)lround(colour[p]) * (32768 - weight) + 16384;

		for (int y = 0; y < canvas_side(to->height, p); y++) {
			const uint8_t *in = canvas_row(from, p, y);
			uint8_t *out = canvas_row(to, p, y);

			for (int x = 0; x < canvas_side(to->width, p); x++)
				out[x] = (uint8_t)((in[x] * weight + base) >> 15);
		}
	}
}

/* The even distance that is the progress' share of a side. */
static int
travel(int side, int32_t progress)
{
	return (int)(((int64_t)side * progress + TRANSITION_ONE) / (2 * TRANSITION_ONE)) * 2;
}

static bool
is_sideways(enum timeline_direction direction)
{
	return direction == DIRECTION_LEFT || direction == DIRECTION_RIGHT;
}

static void
wipe(AVFrame *to, const AVFrame *under, const AVFrame *over, enum timeline_direction direction, int32_t progress)
{
	const bool sideways = is_sideways(direction);
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
		const int rows = canvas_side(canvas->height, p) - abs(y),
			  columns = canvas_side(canvas->width, p) - abs(x);

		for (int i = 0; i < rows; i++) {
			const int row = y > 0 ? rows - 1 - i : i;
			const int from = y > 0 ? row : row - y, to = y > 0 ? row + y : row;

			memmove(canvas_row(canvas, p, to) + FW_MAX(x, 0), canvas_row(canvas, p, from) + FW_MAX(-x, 0),
			    (size_t)columns);
		}
	}
}

static void
slide(AVFrame *to, const AVFrame *under, const AVFrame *over, enum timeline_direction direction, int32_t progress)
{
	const bool sideways = is_sideways(direction);
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

int
transition_put(
    struct transition *transition, AVFrame *to, const AVFrame *under, const AVFrame *over, int64_t k, struct error *err)
{
	const struct transition_request *request = &transition->request;
	const int32_t progress = transition_progress(request->easing, k, request->frames);
	const int32_t weight = (progress + 256) >> 9; /* of 32768 */

	switch (request->type) {
	case TRANSITION_DISSOLVE:
		mix(to, under, over, weight);
		return 0;
	case TRANSITION_WIPE:
		wipe(to, under, over, request->direction, progress);
		return 0;
	case TRANSITION_SLIDE:
		slide(to, under, over, request->direction, progress);
		return 0;
	case TRANSITION_XFADE:
		if (transition->xfade == NULL &&
		    xfade_new(request->xfade, request->frames, to->width, to->height, &transition->xfade, err) < 0)
			return -1;
		return xfade_put(transition->xfade, to, under, over, progress, err);
	default:
		if (to != over)
			canvas_copy(to, over);
		return 0;
	}
}
