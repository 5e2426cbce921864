/*
 * Transitions and camera movement on small pictures.
 */
#include "tests/harness/test_main.h"

#include <math.h>

#include <libavutil/log.h>

#include "media/canvas.h"
#include "media/resample.h"
#include "media/transition.h"
#include "media/view.h"

#define WIDTH 96
#define HEIGHT 64
#define FRAMES 12

static AVFrame *
picture(int seed)
{
	struct error err = {0};
	AVFrame *frame = NULL;

	if (canvas_new(WIDTH, HEIGHT, &frame, &err) < 0)
		abort();
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(HEIGHT, p); y++)
			for (int x = 0; x < canvas_side(WIDTH, p); x++)
				canvas_row(frame, p, y)[x] =
				    (uint8_t)(p == 0 ? 30 + (x * 2 + y * seed) % 190 : 90 + (x + y * seed) % 70);
	return frame;
}

static bool
equal(const AVFrame *a, const AVFrame *b)
{
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(a->height, p); y++)
			if (memcmp(canvas_row(a, p, y), canvas_row(b, p, y), (size_t)canvas_side(a->width, p)) != 0)
				return false;
	return true;
}

static bool
put(struct transition *transition, AVFrame *to, const AVFrame *a, const AVFrame *b, int64_t k)
{
	struct error err = {0};

	return CHECK_OK(transition_put(transition, to, a, b, k, &err), &err);
}

/* ---- transitions: SCENE-69, SCENE-73 ---- */

TEST(progress_is_shaped_by_easing)
{
	CHECK_INT(transition_progress(EASE_LINEAR, 1, 4), TRANSITION_ONE / 4);
	CHECK_INT(transition_progress(EASE_IN, 1, 4), TRANSITION_ONE / 16);
	CHECK_INT(transition_progress(EASE_OUT, 1, 4), TRANSITION_ONE * 7 / 16);
	CHECK_INT(transition_progress(EASE_IN_OUT, 1, 4), TRANSITION_ONE * 5 / 32);
	CHECK_INT(transition_progress(EASE_IN_OUT, 2, 4), TRANSITION_ONE / 2);
	for (int easing = 0; easing < EASE__COUNT; easing++) {
		CHECK_INT(transition_progress((enum timeline_easing)easing, 0, 7), 0);
		CHECK_INT(transition_progress((enum timeline_easing)easing, 7, 7), TRANSITION_ONE);
		for (int k = 1; k < 1200; k++)
			CHECK(transition_progress((enum timeline_easing)easing, k, 1200) >
			      transition_progress((enum timeline_easing)easing, k - 1, 1200));
	}
}

TEST(wipe_and_slide_go_in_four_directions)
{
	/* the corner sample that shows the new picture first, and its neighbour's */
	static const struct {
		enum timeline_direction direction;
		int new_x, new_y, old_x, old_y;
	} rows[] = {{DIRECTION_LEFT, WIDTH - 1, 10, 0, 10}, {DIRECTION_RIGHT, 0, 10, WIDTH - 1, 10},
	    {DIRECTION_UP, 10, HEIGHT - 1, 10, 0}, {DIRECTION_DOWN, 10, 0, 10, HEIGHT - 1}};
	struct error err = {0};
	AVFrame *old = NULL, *new = NULL, *to = picture(1);

	if (!CHECK_OK(canvas_new(WIDTH, HEIGHT, &old, &err), &err) ||
	    !CHECK_OK(canvas_new(WIDTH, HEIGHT, &new, &err), &err))
		return;
	canvas_fill(old, 0x000000);
	canvas_fill(new, 0xffffff);
	for (int type = TRANSITION_WIPE; type <= TRANSITION_SLIDE; type++) {
		for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
			const struct transition_request request = {
			    .type = (enum timeline_transition_type)type, .direction = rows[i].direction, .frames = 4};
			struct transition *transition = transition_new(&request);
			int white = 0;

			(void)put(transition, to, old, new, 1);
			CHECK_INT(canvas_row(to, 0, rows[i].new_y)[rows[i].new_x], 235);
			CHECK_INT(canvas_row(to, 0, rows[i].old_y)[rows[i].old_x], 16);
			for (int y = 0; y < HEIGHT; y++)
				for (int x = 0; x < WIDTH; x++)
					white += canvas_row(to, 0, y)[x] == 235;
			CHECK_INT(white, WIDTH * HEIGHT / 4);
			transition_free(&transition);
		}
	}
	av_frame_free(&old);
	av_frame_free(&new);
	av_frame_free(&to);
}

TEST(slide_moves_the_old_picture_and_wipe_does_not)
{
	AVFrame *old = picture(3), *new = picture(7), *to = picture(1);
	struct transition_request request = {.type = TRANSITION_SLIDE, .direction = DIRECTION_LEFT, .frames = 4};
	struct transition *transition = transition_new(&request);

	(void)put(transition, to, old, new, 1);
	CHECK_INT(canvas_row(to, 0, 5)[0], canvas_row(old, 0, 5)[WIDTH / 4]);
	CHECK_INT(canvas_row(to, 0, 5)[WIDTH - 1], canvas_row(new, 0, 5)[WIDTH / 4 - 1]);
	transition_free(&transition);
	request.type = TRANSITION_WIPE;
	transition = transition_new(&request);
	(void)put(transition, to, old, new, 1);
	CHECK_INT(canvas_row(to, 0, 5)[0], canvas_row(old, 0, 5)[0]);
	CHECK_INT(canvas_row(to, 0, 5)[WIDTH - 1], canvas_row(new, 0, 5)[WIDTH - 1]);
	transition_free(&transition);
	av_frame_free(&old);
	av_frame_free(&new);
	av_frame_free(&to);
}

TEST(fade_goes_down_to_its_colour)
{
	AVFrame *from = picture(3), *to = picture(1);

	transition_fade(to, from, 0xffffff, 0);
	CHECK_INT(canvas_row(to, 0, 9)[9], 235);
	CHECK_INT(canvas_row(to, 1, 9)[9], 128);
	transition_fade(to, from, 0x000000, TRANSITION_ONE / 2);
	CHECK_INT(canvas_row(to, 0, 9)[9], (canvas_row(from, 0, 9)[9] + 16 + 1) / 2);
	transition_fade(to, from, 0x123456, TRANSITION_ONE);
	CHECK(equal(to, from));
	av_frame_free(&from);
	av_frame_free(&to);
}

/* An overlap may be cut anywhere: every frame made alone is the frame of the whole. */
TEST(xfade_frames_do_not_depend_on_the_ones_before)
{
	AVFrame *old = picture(3), *new = picture(7), *whole = picture(1), *alone = picture(1);
	size_t names = 0;

	for (const char *const *name = timeline_xfade_names; *name != NULL; name++, names++) {
		const struct transition_request request = {.type = TRANSITION_XFADE, .xfade = *name, .frames = FRAMES};
		struct transition *through = transition_new(&request);

		for (int k = 0; k < FRAMES; k++) {
			struct transition *piece = transition_new(&request);

			if (!put(through, whole, old, new, k) || !put(piece, alone, old, new, k))
				break;
			CHECK(equal(whole, alone));
			transition_free(&piece);
		}
		transition_free(&through);
	}
	CHECK_INT(names, 46);
	av_frame_free(&old);
	av_frame_free(&new);
	av_frame_free(&whole);
	av_frame_free(&alone);
}

TEST(xfade_begins_with_the_old_picture_untouched)
{
	const struct transition_request request = {.type = TRANSITION_XFADE, .xfade = "fade", .frames = FRAMES};
	struct transition *transition = transition_new(&request);
	AVFrame *old = picture(3), *new = picture(7), *to = picture(1);

	(void)put(transition, to, old, new, 0);
	CHECK(equal(to, old));
	(void)put(transition, to, old, new, FRAMES / 2);
	for (int x = 0; x < WIDTH; x++)
		CHECK(abs(canvas_row(to, 0, 8)[x] - (canvas_row(old, 0, 8)[x] + canvas_row(new, 0, 8)[x]) / 2) <= 1);
	transition_free(&transition);
	av_frame_free(&old);
	av_frame_free(&new);
	av_frame_free(&to);
}

TEST(xfade_refuses_a_name_that_is_none)
{
	const struct transition_request request = {.type = TRANSITION_XFADE, .xfade = "sparkle", .frames = FRAMES};
	struct transition *transition = transition_new(&request);
	AVFrame *old = picture(3), *to = picture(1);
	struct error err = {0};

	CHECK_FAILS_CODE(transition_put(transition, to, old, old, 1, &err), &err, ERR_INPUT, "transition_unknown");
	transition_free(&transition);
	av_frame_free(&old);
	av_frame_free(&to);
}

/* ---- camera movement ---- */

TEST(resample_of_the_whole_picture_is_the_picture)
{
	const struct resample_window all = {0, 0, (int64_t)WIDTH * RESAMPLE_ONE, (int64_t)HEIGHT * RESAMPLE_ONE};
	struct resampler *resampler = resampler_new();
	AVFrame *from = picture(3), *to = picture(1);

	resample_put(resampler, from, &all, to);
	CHECK(equal(from, to));
	resampler_free(&resampler);
	av_frame_free(&from);
	av_frame_free(&to);
}

/* Soft hills in both directions. */
static AVFrame *
hills(int width)
{
	struct error err = {0};
	AVFrame *frame = NULL;

	if (canvas_new(width, HEIGHT, &frame, &err) < 0)
		abort();
	canvas_fill(frame, 0x808080);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < width; x++)
			canvas_row(frame, 0, y)[x] =
			    (uint8_t)lround(120 + 50 * sin(x * 0.37) + 40 * cos(y * 0.23 + x * 0.11));
	return frame;
}

static double
change(const AVFrame *a, const AVFrame *b)
{
	double sum = 0;

	for (int y = 0; y < a->height; y++)
		for (int x = 0; x < a->width; x++)
			sum += pow(canvas_row(a, 0, y)[x] - canvas_row(b, 0, y)[x], 2);
	return sqrt(sum / (a->width * a->height));
}

static struct timeline_item
moving(enum timeline_fit fit, const struct timeline_keyframe *keys, size_t n)
{
	return (struct timeline_item){.fit = fit, .motion = {.items = (void *)(uintptr_t)keys, .count = n}};
}

/* A pan of a fifth of a sample a frame: each frame differs from the one before by as much as all others do, where a
 * pan in whole samples would stand still four times and then jump. */
TEST(a_slow_pan_moves_evenly_below_a_sample)
{
	const struct timeline_keyframe keys[] = {{.at_us = 0, .x = 0.25, .y = 0.5, .zoom = 2},
	    {.at_us = 4000000, .x = 0.25 + 20.0 / 192, .y = 0.5, .zoom = 2}};
	const struct timeline_item item = moving(FIT_FILL, keys, 2);
	struct resampler *resampler = resampler_new();
	AVFrame *world = hills(192), *to = picture(1), *before = picture(1);
	double least = 1e9, most = 0;

	for (int k = 0; k <= 100; k++) {
		const struct resample_window view = view_window(
		    &item, k, (AVRational){25, 1}, (struct view_world){192, HEIGHT * 2}, WIDTH * 2, HEIGHT * 2);

		resample_put(resampler, world, &view, to);
		if (k > 0) {
			least = fmin(least, change(to, before));
			most = fmax(most, change(to, before));
		}
		canvas_copy(before, to);
	}
	CHECK(least > 1.5);
	CHECK(most < least * 1.5);
	resampler_free(&resampler);
	av_frame_free(&world);
	av_frame_free(&to);
	av_frame_free(&before);
}

TEST(views_move_smoothly_and_stay_inside)
{
	const struct timeline_keyframe keys[] = {
	    {.at_us = 500000, .x = 0.1, .y = 0.9, .zoom = 1, .easing = EASE_IN_OUT},
	    {.at_us = 2500000, .x = 0.9, .y = 0.2, .zoom = 3, .easing = EASE_LINEAR}};
	const struct timeline_item item = moving(FIT_COVER, keys, 2);
	const struct view_world world = {600, 300};
	const AVRational fps = {30, 1};
	struct resample_window before = {0}, older = {0};

	for (int k = 0; k < 90; k++) {
		const struct resample_window view = view_window(&item, k, fps, world, 400, 300);

		CHECK(view.x >= 0 && view.x + view.width <= (int64_t)600 * RESAMPLE_ONE + 1);
		CHECK(view.y >= 0 && view.y + view.height <= (int64_t)300 * RESAMPLE_ONE + 1);
		CHECK(llabs(view.width * 3 - view.height * 4) < 8);
		/* no jump of speed: the second difference is small against a sample, where the view is free */
		if (k > 16 && k < 74)
			CHECK(llabs(view.width - 2 * before.width + older.width) < RESAMPLE_ONE / 2);
		older = before;
		before = view;
	}
	CHECK_INT(view_window(&item, 0, fps, world, 400, 300).width, (int64_t)400 * RESAMPLE_ONE);
	CHECK(llabs(view_window(&item, 89, fps, world, 400, 300).width - (int64_t)400 * RESAMPLE_ONE / 3) < 2);
}

TEST(the_world_of_cover_is_the_whole_picture_and_no_finer_than_the_source)
{
	const struct timeline_keyframe keys[] = {{.zoom = 1.5}};
	struct timeline_item item = moving(FIT_COVER, keys, 1);
	struct view_world world = view_world(&item, 1000, 3000, 400, 300);

	CHECK_INT(world.width, 600);
	CHECK_INT(world.height, 1800);
	world = view_world(&item, 100, 300, 400, 300);
	CHECK_INT(world.width, 400);
	CHECK_INT(world.height, 1200);
	item.fit = FIT_CONTAIN;
	world = view_world(&item, 4000, 3000, 400, 300);
	CHECK_INT(world.width, 600);
	CHECK_INT(world.height, 450);
}

static int
set_up(void)
{
	av_log_set_level(AV_LOG_QUIET);
	return 0;
}

TEST_MAIN_WITH(set_up, NULL, ROW(progress_is_shaped_by_easing), ROW(wipe_and_slide_go_in_four_directions),
    ROW(slide_moves_the_old_picture_and_wipe_does_not), ROW(fade_goes_down_to_its_colour),
    ROW(xfade_frames_do_not_depend_on_the_ones_before), ROW(xfade_begins_with_the_old_picture_untouched),
    ROW(xfade_refuses_a_name_that_is_none), ROW(resample_of_the_whole_picture_is_the_picture),
    ROW(a_slow_pan_moves_evenly_below_a_sample), ROW(views_move_smoothly_and_stay_inside),
    ROW(the_world_of_cover_is_the_whole_picture_and_no_finer_than_the_source))
