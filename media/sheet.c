#include "media/sheet.h"

#include "lib/timeline/motion.h"
#include "media/drawtext.h"
#include "media/fit.h"

#define GAP 4 /* pixels between tiles; even */

static void
canvas_done(AVFrame **canvas)
{
	av_frame_free(canvas);
}

static void
fit_done(struct fit **fit)
{
	fit_free(fit);
}

static void
stamp_done(struct stamp **stamp)
{
	stamp_free(stamp);
}

/* "1:02.5" */
static void
time_text(int64_t us, char *text, size_t size)
{
	const int64_t tenths = us / 100000;

	(void)snprintf(text, size, "%lld:%02lld.%lld", (long long)(tenths / 600), (long long)(tenths / 10 % 60),
	    (long long)(tenths % 10));
}

static int
put_time(const struct sheet_request *request, int64_t us, AVFrame *tile, struct error *err)
{
	CLEANUP(stamp_done) struct stamp *stamp = NULL;
	char text[32];
	const double size = FW_MAX(tile->height / 11.0, 9);
	const struct drawtext what = {
	    .text = text,
	    .font = request->font,
	    .size = size,
	    .size_min = size / 2,
	    .rgb = 0xFFFFFF,
	    .box = {.opacity = 0.6, .rgb = 0x000000, .pad = size / 4},
	    .across = 1,
	    .down = 1,
	    .margin_x = 2,
	    .margin_y = 2,
	    .width = tile->width,
	    .height = tile->height,
	    .opacity = 1,
	};

	time_text(us, text, sizeof(text));
	if (drawtext_stamp(&what, &stamp, NULL, err) < 0)
		return -1;
	if (stamp != NULL)
		stamp_put(stamp, tile, MOTION_ONE);
	return 0;
}

static int
put_tiles(struct film *film, const struct sheet_request *request, const struct task *task, AVFrame *tile,
    AVFrame *sheet, struct error *err)
{
	/* what we made is upright and has square samples */
	const struct fit_request how = {.fit = FIT_FILL, .aspect = {1, 1}, .scale = 1, .pad = true};
	CLEANUP(fit_done) struct fit *fit = fit_new(&how);
	const int64_t duration = film_duration_us(film);

	for (int i = 0; i < request->frames; i++) {
		CLEANUP(io_frame_free) AVFrame *frame = NULL;
		const int64_t at = duration * (2 * i + 1) / (2 * request->frames);
		const struct canvas_patch place = {
		    .to_x = GAP + i % request->columns * (tile->width + GAP),
		    .to_y = GAP + i / request->columns * (tile->height + GAP),
		    .width = tile->width,
		    .height = tile->height,
		};

		if (film_frame_at(film, at, task, &frame, err) < 0 || fit_put(fit, frame, tile, err) < 0 ||
		    put_time(request, at, tile, err) < 0)
			return error_wrap(err, "frame %d of the contact sheet", i + 1);
		canvas_paste(sheet, tile, &place);
	}
	return 0;
}

int
sheet_write(struct film *film, const struct sheet_request *request, const struct task *task, int dir, const char *name,
    struct sheet_result *ret_result, struct error *err)
{
	CLEANUP(canvas_done) AVFrame *tile = NULL;
	CLEANUP(canvas_done) AVFrame *sheet = NULL;
	CLEANUP(picture_done) struct picture picture = {0};
	const AVCodecParameters *shape = film->video->codecpar;
	const int rows = (request->frames + request->columns - 1) / request->columns;
	const int width = request->tile_width / 2 * 2;
	const int height = FW_MAX((int)((int64_t)width * shape->height / FW_MAX(shape->width, 1)) / 2 * 2, 16);

	if (canvas_new(width, height, &tile, err) < 0 ||
	    canvas_new(GAP + request->columns * (width + GAP), GAP + rows * (height + GAP), &sheet, err) < 0)
		return -1;
	canvas_fill(sheet, 0x202020);
	if (put_tiles(film, request, task, tile, sheet, err) < 0 ||
	    picture_from_frame(sheet, sheet->width, sheet->height, &picture, err) < 0)
		return -1;
	*ret_result = (struct sheet_result){.width = sheet->width, .height = sheet->height};
	return picture_write(&picture, PICTURE_JPEG_SMALL, dir, name, &ret_result->bytes, err);
}

int
sheet_thumbnail(
    struct film *film, int64_t at_us, int width, const struct task *task, int dir, const char *name, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = NULL;
	CLEANUP(picture_done) struct picture picture = {0};

	if (film_frame_at(film, at_us, task, &frame, err) < 0)
		return -1;
	const int side = FW_MAX(width, (int)((int64_t)width * frame->height / frame->width));
	if (film_picture(film, frame, side, &picture, err) < 0)
		return -1;
	return picture_write(&picture, PICTURE_JPEG_SMALL, dir, name, NULL, err);
}
