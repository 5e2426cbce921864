/*
 * Task waveform: what the sound of a file looks like, as a picture and as numbers.
 *
 *     {"input":"in0", "output":"name"?, "peaks":"name"?, "width":1200?, "height":160?}
 *
 * `output` is a PNG with transparency, `peaks` JSON; at least one of them is wanted.
 */
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "lib/js/write.h"
#include "media/task.h"
#include "media/waveform.h"

struct waveform_args {
	const char *output, *peaks;
	int64_t width, height;
};

static int
read_args(const struct task *task, struct waveform_args *ret_args, struct error *err)
{
	const struct waveform_args args = {
	    .output = js_text(task->args, "/output", NULL),
	    .peaks = js_text(task->args, "/peaks", NULL),
	    .width = js_number(task->args, "/width", WAVEFORM_WIDTH),
	    .height = js_number(task->args, "/height", WAVEFORM_HEIGHT),
	};

	if (args.width < WAVEFORM_SIDE_MIN || args.width > WAVEFORM_SIDE_MAX || args.height < WAVEFORM_SIDE_MIN ||
	    args.height > WAVEFORM_SIDE_MAX)
		return error_code(err, ERR_INPUT, "media_bad_request", "width or height is out of range");
	if ((args.output == NULL && args.peaks == NULL) ||
	    (args.output != NULL && args.peaks != NULL && text_equal(args.output, args.peaks)))
		return error_code(
		    err, ERR_INPUT, "media_bad_request", "a waveform needs an output or peaks, with different names");
	if ((args.output != NULL && task_output_name(args.output, err) < 0) ||
	    (args.peaks != NULL && task_output_name(args.peaks, err) < 0))
		return -1;
	*ret_args = args;
	return 0;
}

static void
put_file(struct js_writer *w, const char *key, const char *type, int64_t bytes)
{
	js_open_object(w, key);
	js_str(w, "media_type", type);
	js_int(w, "bytes", bytes);
	js_close(w);
}

int
waveform_run(struct task *task, struct buf *result, struct error *err)
{
	struct waveform_args args;
	struct waveform_request request = {.name = "input"};
	struct waveform waveform;
	int64_t png = 0, json = 0;
	struct js_writer w;

	if (read_args(task, &args, err) < 0 ||
	    task_input(task, js_text(task->args, "/input", NULL), &request.fd, err) < 0)
		return -1;
	request.columns = (size_t)args.width;
	task_progress(task, 0, "listen");
	if (waveform_read(task->arena, task, &request, &waveform, err) < 0)
		return -1;
	task_progress(task, 0.9, "draw");
	if (args.output != NULL &&
	    waveform_png(&waveform, (int)args.width, (int)args.height, task->scratch, args.output, &png, err) < 0)
		return -1;
	if (args.peaks != NULL && waveform_json(&waveform, task->scratch, args.peaks, &json, err) < 0)
		return -1;
	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "duration_us", waveform.frames * 1000000 / WAVEFORM_RATE);
	js_int(&w, "columns", (int64_t)waveform.count);
	js_int(&w, "samples_per_column", waveform.per_column);
	if (args.output != NULL)
		put_file(&w, "output", "image/png", png);
	if (args.peaks != NULL)
		put_file(&w, "peaks", "application/json", json);
	js_close(&w);
	js_end(&w);
	return buf_error(result, err);
}
