/*
 * Task camera: the built-in provider's film clip, a camera moving over a picture.
 *
 *     {"input":"in0", "movement":"slow zoom in", "intensity":0.5, "duration_s":3, "width":1024, "height":576,
 *      "fps_num":30, "fps_den":1, "seed":1, "output":"name"}
 *
 * The first frame is the composed picture. The same request gives the same bytes on the same machine.
 */
#include <math.h>

#include "lib/js/read.h"
#include "media/camera_move.h"
#include "media/camera_view.h"
#include "media/clip.h"
#include "media/io.h"
#include "media/picture.h"
#include "media/still.h"
#include "media/task.h"

#define SIDE_MAX 3840
#define DURATION_MAX 60.0
#define RATE_MAX 120

struct request {
	const char *output;
	const char *movement;
	double intensity;
	double duration_s;
	uint64_t seed;
	struct clip_format format;
};

static int
request_read(const struct js_value *args, struct request *request, struct error *err)
{
	const int64_t width = js_number(args, "/width", 1024), height = js_number(args, "/height", 576);
	const int64_t num = js_number(args, "/fps_num", 30), den = js_number(args, "/fps_den", 1);

	request->output = js_text(args, "/output", NULL);
	request->movement = js_text(args, "/movement", "");
	request->intensity = js_real(args, "/intensity", 0.5);
	request->duration_s = js_real(args, "/duration_s", 3);
	request->seed = (uint64_t)js_number(args, "/seed", 0);
	if (width < 32 || height < 32 || width > SIDE_MAX || height > SIDE_MAX || width % 2 != 0 || height % 2 != 0)
		return error_code(err, ERR_INPUT, "media_bad_request",
		    "width and height must be even and within 32 and %d", SIDE_MAX);
	if (num < 1 || den < 1 || num > 1000000 || den > 1000000 || num > RATE_MAX * den || num < den)
		return error_code(
		    err, ERR_INPUT, "media_bad_request", "the frame rate is not within 1 and %d", RATE_MAX);
	if (!(request->duration_s > 0 && request->duration_s <= DURATION_MAX))
		return error_code(
		    err, ERR_INPUT, "media_bad_request", "duration_s is not within 0 and %.0f", DURATION_MAX);
	request->format = (struct clip_format){
	    .width = (int)width,
	    .height = (int)height,
	    .rate = {(int)num, (int)den},
	    .frames = FW_MAX(1, llrint(request->duration_s * (double)num / (double)den)),
	};
	return task_output_name(request->output, err);
}

static int
view_make(struct task *task, const struct request *request, const struct camera_move *move,
    struct camera_view **ret_view, struct error *err)
{
	CLEANUP(still_done) struct still still = {0};
	CLEANUP(picture_done) struct picture picture = {0};
	int fd;

	if (task_input(task, js_text(task->args, "/input", NULL), &fd, err) < 0 || still_read(fd, &still, err) < 0)
		return -1;
	/* twice the frame is all that the nearest look can show */
	const int side = 2 * FW_MAX(request->format.width, request->format.height);
	if (picture_load(&still, side, &picture, err) < 0 || picture_flatten(&picture, NULL, err) < 0)
		return -1;
	return camera_view_new(
	    &picture, request->format.width, request->format.height, move, task->threads, ret_view, err);
}

static int
shoot(struct task *task, const struct request *request, const struct camera_move *move, const struct camera_view *view,
    struct clip *clip, struct error *err)
{
	const int64_t n = request->format.frames;

	for (int64_t i = 0; i < n; i++) {
		struct camera_pose pose;
		AVFrame *frame = clip_frame(clip, err);

		if (frame == NULL || task_check(task, err) < 0)
			return -1;
		camera_move_at(move, n > 1 ? (double)i / (double)(n - 1) : 0, &pose);
		camera_view_draw(view, &pose, frame);
		if (clip_add(clip, err) < 0)
			return -1;
		task_progress(task, 0.05 + 0.93 * (double)(i + 1) / (double)n, "shoot");
	}
	return 0;
}

static void
camera_result(const struct request *request, int64_t bytes, struct buf *result)
{
	const struct clip_format *format = &request->format;
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "frames", format->frames);
	js_int(&w, "duration_us", av_rescale(format->frames, (int64_t)format->rate.den * 1000000, format->rate.num));
	js_int(&w, "width", format->width);
	js_int(&w, "height", format->height);
	js_int(&w, "fps_num", format->rate.num);
	js_int(&w, "fps_den", format->rate.den);
	js_int(&w, "bytes", bytes);
	js_str(&w, "media_type", "video/mp4");
	js_close(&w);
	js_end(&w);
}

int
camera_run(struct task *task, struct buf *result, struct error *err)
{
	CLEANUP(camera_view_free) struct camera_view *view = NULL;
	CLEANUP(clip_free) struct clip *clip = NULL;
	struct camera_move move;
	struct request request;
	int64_t bytes;

	if (request_read(task->args, &request, err) < 0)
		return -1;
	task_progress(task, 0, "compose");
	camera_move_parse(request.movement, request.intensity, request.duration_s, request.seed, &move);
	if (view_make(task, &request, &move, &view, err) < 0)
		return -1;
	if (clip_open(task, request.output, &request.format, &clip, err) < 0 ||
	    shoot(task, &request, &move, view, clip, err) < 0 || clip_end(clip, &bytes, err) < 0)
		return -1;
	camera_result(&request, bytes, result);
	return 0;
}
