/*
 * Task product: the built-in photographer's picture as a PNG.
 *
 *     {"prompt","view","variant":0,"seed":1,"keywords":[],"width":1024,"height":1024,"output":"name"}
 */
#include "media/synth/product.h"

#include "lib/js/read.h"
#include "media/io.h"
#include "media/picture.h"
#include "media/task.h"

#define KEYWORDS_MAX 32

static bool
product_stop(void *arg)
{
	return task_cancelled(arg);
}

static void
product_progress(void *arg, float share)
{
	task_progress(arg, 0.95 * (double)share, "draw");
}

static int
read_request(
    struct task *task, struct product_request *request, const char *keywords[static KEYWORDS_MAX], struct error *err)
{
	const struct js_value *args = task->args;
	const struct js_value *list = js_at(args, "/keywords");
	const int64_t width = js_number(args, "/width", 1024), height = js_number(args, "/height", 1024);
	const int64_t variant = js_number(args, "/variant", 0);

	if (width < 16 || height < 16 || width > PRODUCT_SIZE_MAX || height > PRODUCT_SIZE_MAX || variant < 0 ||
	    variant > 1000)
		return error_code(err, ERR_INPUT, "media_bad_request", "width, height or variant is out of range");
	*request = (struct product_request){
	    .prompt = js_text(args, "/prompt", ""),
	    .view = js_text(args, "/view", "front"),
	    .keywords = keywords,
	    .n_keywords = FW_MIN(js_count(args, "/keywords"), (size_t)KEYWORDS_MAX),
	    .seed = js_number(args, "/seed", 0),
	    .variant = (int)variant,
	    .width = (int)width,
	    .height = (int)height,
	    .stop = product_stop,
	    .progress = product_progress,
	    .arg = task,
	};
	for (size_t i = 0; i < request->n_keywords; i++)
		keywords[i] = js_text(js_item(list, i), "", "");
	return 0;
}

static int
to_picture(const struct product_request *request, const uint8_t *rgb, struct picture *picture, struct error *err)
{
	if (picture_new(request->width, request->height, picture, err) < 0)
		return -1;
	picture->opaque = true;
	const size_t n = (size_t)request->width * (size_t)request->height;
	for (size_t i = 0; i < n; i++) {
		for (size_t c = 0; c < 3; c++)
			picture->pixels[4 * i + c] = (uint16_t)(rgb[3 * i + c] * 257);
		picture->pixels[4 * i + 3] = 65535;
	}
	return 0;
}

int
product_run(struct task *task, struct buf *result, struct error *err)
{
	const char *output = js_text(task->args, "/output", NULL);
	const char *keywords[KEYWORDS_MAX];
	CLEANUP(picture_done) struct picture picture = {0};
	struct product_request request;
	struct js_writer w;
	int64_t bytes;

	if (task_output_name(output, err) < 0 || read_request(task, &request, keywords, err) < 0)
		return -1;
	uint8_t *rgb = arena_alloc(task->arena, (size_t)request.width * (size_t)request.height * 3);
	if (rgb == NULL)
		return arena_error(task->arena, err);
	if (product_render(&request, rgb, err) < 0 || to_picture(&request, rgb, &picture, err) < 0)
		return -1;
	task_progress(task, 0.96, "encode");
	if (picture_write(&picture, PICTURE_PNG, task->scratch, output, &bytes, err) < 0)
		return -1;
	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_int(&w, "width", request.width);
	js_int(&w, "height", request.height);
	js_str(&w, "media_type", "image/png");
	js_int(&w, "bytes", bytes);
	js_close(&w);
	js_end(&w);
	return 0;
}
