/*
 * Tasks poster and last_frame: one frame of a film as a picture, upright and with square pixels.
 *
 *     poster     {"input":"in0", "at_s":1.5, "width":640?, "output":"name"}   JPEG
 *     last_frame {"input":"in0", "output":"name", "format":"png|jpeg"?}       PNG unless told otherwise, full size
 */
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/film.h"

#define POSTER_WIDTH 640

static void
frame_result(const struct picture *picture, enum picture_file file, int64_t bytes, int64_t at_us, struct buf *result)
{
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "width", picture->width);
	js_int(&w, "height", picture->height);
	js_str(&w, "media_type", file == PICTURE_PNG ? "image/png" : "image/jpeg");
	js_int(&w, "bytes", bytes);
	js_int(&w, "at_us", at_us);
	js_close(&w);
	js_end(&w);
}

/* The longer side that makes the picture as wide as wanted once it is upright. */
static int
side_for_width(const struct film *film, const AVFrame *frame, int width)
{
	const bool turned = film_rotation(film) % 180 != 0;
	const AVRational shape = frame->sample_aspect_ratio.num > 0 ? frame->sample_aspect_ratio : (AVRational){1, 1};
	const double stored = (double)frame->width * shape.num / shape.den;
	const double upright_width = turned ? frame->height : stored, upright_height = turned ? stored : frame->height;

	return upright_width >= upright_height ? width : FW_MAX(1, (int)(width * upright_height / upright_width + 0.5));
}

int
poster_run(struct task *task, struct buf *result, struct error *err)
{
	const char *output = js_text(task->args, "/output", NULL);
	const double at_s = js_real(task->args, "/at_s", 0);
	const int64_t width = js_number(task->args, "/width", POSTER_WIDTH);
	CLEANUP(film_done) struct film film = {0};
	CLEANUP(io_frame_free) AVFrame *frame = NULL;
	CLEANUP(picture_done) struct picture picture = {0};
	int64_t bytes;
	int fd;

	if (!(at_s >= 0 && at_s < 1e6) || width < 16 || width > 4096)
		return error_code(err, ERR_INPUT, "media_bad_request", "at_s or width is out of range");
	if (task_output_name(output, err) < 0 || task_input(task, js_text(task->args, "/input", NULL), &fd, err) < 0 ||
	    film_open(fd, task, &film, err) < 0 || film_frame_at(&film, (int64_t)(at_s * 1e6), task, &frame, err) < 0)
		return -1;
	if (film_picture(&film, frame, side_for_width(&film, frame, (int)width), &picture, err) < 0 ||
	    picture_write(&picture, PICTURE_JPEG_SMALL, task->scratch, output, &bytes, err) < 0)
		return -1;
	frame_result(&picture, PICTURE_JPEG_SMALL, bytes, film_frame_us(&film, frame), result);
	return 0;
}

int
last_frame_run(struct task *task, struct buf *result, struct error *err)
{
	const char *output = js_text(task->args, "/output", NULL);
	const enum picture_file file =
	    text_equal(js_text(task->args, "/format", "png"), "jpeg") ? PICTURE_JPEG : PICTURE_PNG;
	CLEANUP(film_done) struct film film = {0};
	CLEANUP(io_frame_free) AVFrame *frame = NULL;
	CLEANUP(picture_done) struct picture picture = {0};
	int64_t bytes;
	int fd;

	if (task_output_name(output, err) < 0 || task_input(task, js_text(task->args, "/input", NULL), &fd, err) < 0 ||
	    film_open(fd, task, &film, err) < 0 || film_last_frame(&film, task, &frame, err) < 0)
		return -1;
	if (film_picture(&film, frame, FILM_SIDE_MAX, &picture, err) < 0 ||
	    picture_write(&picture, file, task->scratch, output, &bytes, err) < 0)
		return -1;
	frame_result(&picture, file, bytes, film_frame_us(&film, frame), result);
	return 0;
}
