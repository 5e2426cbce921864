/*
 * Task import_image: a picture from outside becomes one of ours: upright, sRGB, opaque, of sensible size.
 *
 *     {"input":"in0", "output":"name", "max_side":4096?, "background":"#RRGGBB"?, "format":"png|jpeg"?}
 *
 * Without "format" photographs stay JPEG (4:4:4, high quality) and everything else becomes PNG. The new file has no
 * metadata: where a picture was taken is nobody's business.
 */
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/io.h"
#include "media/picture.h"
#include "media/still.h"
#include "media/task.h"

#define SIDE_DEFAULT 4096
#define SIDE_LIMIT 8192

static int
choose_file(const struct js_value *args, const struct still *still, enum picture_file *ret_file, struct error *err)
{
	const char *format = js_text(args, "/format", NULL);

	if (format == NULL)
		*ret_file = still->format == STILL_JPEG ? PICTURE_JPEG : PICTURE_PNG;
	else if (text_equal(format, "png"))
		*ret_file = PICTURE_PNG;
	else if (text_equal(format, "jpeg"))
		*ret_file = PICTURE_JPEG;
	else
		return error_code(err, ERR_INPUT, "media_bad_request", "format is neither png nor jpeg");
	return 0;
}

static void
import_write(const struct picture *picture, enum picture_file file, const struct still *still, bool had_alpha,
    int64_t bytes, struct buf *result)
{
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "width", picture->width);
	js_int(&w, "height", picture->height);
	js_str(&w, "media_type", file == PICTURE_PNG ? "image/png" : "image/jpeg");
	js_int(&w, "bytes", bytes);
	js_open_object(&w, "source");
	js_str(&w, "format", still_name(still->format));
	js_int(&w, "width", still->width);
	js_int(&w, "height", still->height);
	js_int(&w, "orientation", still->orientation);
	js_bool(&w, "flattened", had_alpha);
	js_close(&w);
	js_close(&w);
	js_end(&w);
}

int
import_image_run(struct task *task, struct buf *result, struct error *err)
{
	const char *output = js_text(task->args, "/output", NULL);
	const int64_t max_side = js_number(task->args, "/max_side", SIDE_DEFAULT);
	CLEANUP(still_done) struct still still = {0};
	CLEANUP(picture_done) struct picture picture = {0};
	enum picture_file file;
	int64_t bytes;
	int fd;

	if (max_side < 16 || max_side > SIDE_LIMIT)
		return error_code(err, ERR_INPUT, "media_bad_request", "max_side is not within 16 and %d", SIDE_LIMIT);
	if (task_output_name(output, err) < 0 || task_input(task, js_text(task->args, "/input", NULL), &fd, err) < 0)
		return -1;
	task_progress(task, 0, "decode");
	if (still_read(fd, &still, err) < 0 || choose_file(task->args, &still, &file, err) < 0 ||
	    picture_load(&still, (int)max_side, &picture, err) < 0)
		return -1;
	const bool had_alpha = !picture.opaque;
	task_progress(task, 0.6, "encode");
	if (picture_flatten(&picture, js_text(task->args, "/background", NULL), err) < 0 ||
	    picture_write(&picture, file, task->scratch, output, &bytes, err) < 0)
		return -1;
	import_write(&picture, file, &still, had_alpha, bytes, result);
	return 0;
}
