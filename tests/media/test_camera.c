/*
 * The camera: moves by words, smoothness as numbers, and what the frames really show (ADS-204, ADS-216).
 */
#include <math.h>

#include "media/camera_move.h"
#include "media/camera_view.h"
#include "media/picture.h"
#include "tests/harness/test_main.h"

#define WIDTH 256
#define HEIGHT 144
#define FRAMES 60

static const char *const movements[] = {"slow zoom in", "zoom out", "pan left", "pan right", "tilt up", "tilt down",
    "orbit left", "arc around to the right", "static", "follow cam tracking forward", "handheld", "roll clockwise",
    "crane up and push in", "", "dance"};

static struct camera_pose
pose_at(const struct camera_move *move, double t)
{
	struct camera_pose pose;

	camera_move_at(move, t, &pose);
	return pose;
}

TEST(every_move_begins_at_the_composed_picture)
{
	for (size_t i = 0; i < ARRAY_LEN(movements); i++) {
		struct camera_move move;
		camera_move_parse(movements[i], 0.8, 3, 5, &move);
		for (int corner = 0; corner < 4; corner++) {
			const double x = corner & 1 ? WIDTH : 0, y = corner & 2 ? HEIGHT : 0;
			const struct camera_pose pose = pose_at(&move, 0);
			double px, py;
			camera_view_project(WIDTH, HEIGHT, &pose, x, y, &px, &py);
			CHECK(fabs(px - x) < 1e-9 && fabs(py - y) < 1e-9);
		}
	}
}

TEST(words_choose_the_direction)
{
	struct camera_move move;

	camera_move_parse("slow zoom in", 0.5, 3, 0, &move);
	CHECK(move.end.zoom > 0.05 && move.end.x == 0);
	camera_move_parse("Zoom OUT", 0.5, 3, 0, &move);
	CHECK(move.end.zoom < -0.05);
	camera_move_parse("pan left", 0.5, 3, 0, &move);
	CHECK(move.end.x < -0.02 && move.end.zoom == 0);
	camera_move_parse("panning from left to right", 0.5, 3, 0, &move);
	CHECK(move.end.x > 0.02);
	camera_move_parse("tilt up", 0.5, 3, 0, &move);
	CHECK(move.end.y < -0.02);
	camera_move_parse("orbit right", 0.5, 3, 0, &move);
	CHECK(move.end.yaw > 0.05);
	camera_move_parse("static", 0.5, 3, 0, &move);
	CHECK(move.end.zoom > 0 && move.end.zoom < 0.04);
	camera_move_parse("follow cam tracking forward", 0.5, 3, 0, &move);
	CHECK(move.end.zoom > 0.05 && move.sway > 0);
	camera_move_parse(NULL, 0.5, 3, 0, &move);
	CHECK(move.end.zoom > 0.05);
}

TEST(intensity_and_pace_scale_the_move)
{
	struct camera_move calm, wild, slow;

	camera_move_parse("zoom in", 0.1, 3, 0, &calm);
	camera_move_parse("zoom in", 7.0, 3, 0, &wild); /* clamped to 1 */
	camera_move_parse("slow zoom in", 7.0, 3, 0, &slow);
	CHECK(wild.end.zoom > 2 * calm.end.zoom && wild.end.zoom < 0.4);
	CHECK(slow.end.zoom < wild.end.zoom);
	camera_move_parse("zoom in", NAN, 3, 0, &calm);
	CHECK(isfinite(calm.end.zoom));
}

/* The speed of any point changes gently from frame to frame, and no point of a moving corner stands still. */
TEST(moves_are_smooth_and_never_stop)
{
	for (size_t i = 0; i < ARRAY_LEN(movements); i++) {
		double x[FRAMES], y[FRAMES], longest = 0, jerk = 0, shortest = 1e9;
		struct camera_move move;

		camera_move_parse(movements[i], 1, 2, 3, &move);
		for (int f = 0; f < FRAMES; f++) {
			const struct camera_pose pose = pose_at(&move, f / (FRAMES - 1.0));
			camera_view_project(1024, 576, &pose, 960, 60, &x[f], &y[f]);
		}
		for (int f = 1; f < FRAMES; f++) {
			const double step = hypot(x[f] - x[f - 1], y[f] - y[f - 1]);
			longest = fmax(longest, step);
			shortest = fmin(shortest, step);
			if (f > 1)
				jerk =
				    fmax(jerk, hypot(x[f] - 2 * x[f - 1] + x[f - 2], y[f] - 2 * y[f - 1] + y[f - 2]));
		}
		CHECK(longest < 12);
		CHECK(shortest > 0.01);
		CHECK(jerk < 0.5 && jerk < 0.25 * longest + 0.05);
	}
}

/* ---- what is drawn ---- */

static AVFrame *
frame_new(void)
{
	AVFrame *frame = av_frame_alloc();

	frame->format = AV_PIX_FMT_YUV420P;
	frame->width = WIDTH;
	frame->height = HEIGHT;
	CHECK_INT(av_frame_get_buffer(frame, 0), 0);
	return frame;
}

/* A soft dark dot on light grey, in the middle of a square. */
static void
dot_picture(int size, struct picture *picture)
{
	struct error err = {0};

	CHECK_OK(picture_new(size, size, picture, &err), &err);
	for (int y = 0; y < size; y++) {
		for (int x = 0; x < size; x++) {
			const double r = hypot(x + 0.5 - size / 2.0, y + 0.5 - size / 2.0) / size;
			const uint16_t value = (uint16_t)(56000 - 50000 * exp(-r * r * 120));
			uint16_t *p = PICTURE_PIXEL(picture, x, y);
			p[0] = p[1] = p[2] = value;
			p[3] = 65535;
		}
	}
	picture->opaque = true;
}

/* Centre of what is darker than the backdrop. */
static void
dark_centre(const AVFrame *frame, double *ret_x, double *ret_y)
{
	double sum = 0, sx = 0, sy = 0;

	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			const double dark = fmax(0, 185.0 - frame->data[0][y * frame->linesize[0] + x]);
			sum += dark;
			sx += dark * (x + 0.5);
			sy += dark * (y + 0.5);
		}
	}
	*ret_x = sx / sum;
	*ret_y = sy / sum;
}

static bool
frames_equal(const AVFrame *a, const AVFrame *b)
{
	for (int y = 0; y < HEIGHT; y++) {
		if (memcmp(a->data[0] + y * a->linesize[0], b->data[0] + y * b->linesize[0], WIDTH) != 0)
			return false;
	}
	return true;
}

/* The dot must be where the projection says, to a small part of a pixel: no stair-steps; and no frame repeats another.
 */
TEST(frames_follow_the_projection_below_a_pixel)
{
	/* a plane that leans draws the near half of the dot larger, so its centre of mass moves off the centre,
	 * smoothly */
	static const struct {
		const char *movement;
		double slack;
	} rows[] = {{"pan left", 0.08}, {"static", 0.08}, {"orbit right", 0.4}, {"tilt up", 0.4}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct picture picture = {0};
		struct camera_view *view = NULL;
		struct camera_move move;
		struct error err = {0};
		AVFrame *frame = frame_new(), *last = frame_new();
		double off_x[24], off_y[24];

		dot_picture(200, &picture);
		camera_move_parse(rows[i].movement, 1, 2, 3, &move);
		CHECK_OK(camera_view_new(&picture, WIDTH, HEIGHT, &move, 2, &view, &err), &err);
		for (int f = 0; f < 24; f++) {
			const struct camera_pose pose = pose_at(&move, f / 23.0);
			double x, y, px, py;
			camera_view_draw(view, &pose, frame);
			dark_centre(frame, &x, &y);
			camera_view_project(WIDTH, HEIGHT, &pose, WIDTH / 2.0, HEIGHT / 2.0, &px, &py);
			off_x[f] = x - px;
			off_y[f] = y - py;
			CHECK(fabs(off_x[f]) < rows[i].slack && fabs(off_y[f]) < rows[i].slack);
			/* stair-steps would show as offsets that jump to and fro */
			CHECK(f == 0 || (fabs(off_x[f] - off_x[f - 1]) < 0.05 && fabs(off_y[f] - off_y[f - 1]) < 0.05));
			CHECK(f == 0 || !frames_equal(frame, last));
			AVFrame *swap = last;
			last = frame;
			frame = swap;
		}
		camera_view_free(&view);
		picture_done(&picture);
		av_frame_free(&frame);
		av_frame_free(&last);
	}
}

/* The first frame holds the whole picture, and what is beside it goes on without a bar. */
TEST(backdrop_continues_the_picture)
{
	struct picture picture = {0};
	struct camera_view *view = NULL;
	struct camera_move move;
	struct error err = {0};
	AVFrame *frame = frame_new();

	dot_picture(200, &picture);
	camera_move_parse("zoom in", 0.5, 2, 0, &move);
	CHECK_OK(camera_view_new(&picture, WIDTH, HEIGHT, &move, 1, &view, &err), &err);
	const struct camera_pose pose = pose_at(&move, 0);
	camera_view_draw(view, &pose, frame);
	const int expected = (int)lrint(16 + 56000 / 257.0 * 219 / 255);
	for (int x = 0; x < 60; x++)
		CHECK(abs(frame->data[0][HEIGHT / 2 * frame->linesize[0] + x] - expected) <= 2);
	CHECK(frame->data[0][HEIGHT / 2 * frame->linesize[0] + WIDTH / 2] < 50);
	CHECK(abs(frame->data[1][10] - 128) <= 1 && abs(frame->data[2][10] - 128) <= 1);
	camera_view_free(&view);
	picture_done(&picture);
	av_frame_free(&frame);
}

/* Grey that brightens to the right, as light on a backdrop does. */
static void
slope_picture(int size, struct picture *picture)
{
	struct error err = {0};

	CHECK_OK(picture_new(size, size, picture, &err), &err);
	for (int i = 0; i < size * size; i++) {
		uint16_t *p = picture->pixels + 4 * (size_t)i;
		p[0] = p[1] = p[2] = (uint16_t)(30000 + 20000 * (i % size) / size);
		p[3] = 65535;
	}
	picture->opaque = true;
}

/* Mean luma of a column: the dither of single pixels averages out. */
static double
column_mean(const AVFrame *frame, int x)
{
	double sum = 0;

	for (int y = 0; y < HEIGHT; y++)
		sum += frame->data[0][y * frame->linesize[0] + x];
	return sum / HEIGHT;
}

/* A slope that turned back at the edge of the picture would be seen as a line down the frame. */
TEST(a_gradient_goes_on_beyond_the_picture)
{
	const int left = (WIDTH - HEIGHT) / 2, right = left + HEIGHT;
	struct picture picture = {0};
	struct camera_view *view = NULL;
	struct camera_move move;
	struct error err = {0};
	AVFrame *frame = frame_new();

	slope_picture(200, &picture);
	camera_move_parse("static", 0.5, 2, 0, &move);
	CHECK_OK(camera_view_new(&picture, WIDTH, HEIGHT, &move, 1, &view, &err), &err);
	const struct camera_pose pose = pose_at(&move, 0);
	camera_view_draw(view, &pose, frame);
	for (int x = 4; x < WIDTH; x += 4)
		CHECK(column_mean(frame, x) > column_mean(frame, x - 4) - 0.3);
	/* within four pixels of either edge it still rises by a good part of what it rises inside */
	const double slope = (column_mean(frame, right - 20) - column_mean(frame, left + 20)) / (HEIGHT - 40);
	CHECK(column_mean(frame, right + 4) - column_mean(frame, right) > 2 * slope);
	CHECK(column_mean(frame, left) - column_mean(frame, left - 4) > 2 * slope);
	camera_view_free(&view);
	picture_done(&picture);
	av_frame_free(&frame);
}

TEST_MAIN(ROW(every_move_begins_at_the_composed_picture), ROW(words_choose_the_direction),
    ROW(intensity_and_pace_scale_the_move), ROW(moves_are_smooth_and_never_stop),
    ROW(frames_follow_the_projection_below_a_pixel), ROW(backdrop_continues_the_picture),
    ROW(a_gradient_goes_on_beyond_the_picture))
