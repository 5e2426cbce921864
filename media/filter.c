/*
 * Two passes: the first finds how the camera shakes, the second moves the pictures and then takes the noise away.
 */
#include "media/filter.h"

#include <math.h>

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>
#include <libavutil/pixdesc.h>

#include "media/fit.h"
#include "media/io.h"
#include "media/shake.h"
#include "media/task.h"
#include "media/warp.h"

/* Pictures to each side over which the way is smoothed, in seconds. */
#define SMOOTH_S 0.4
#define DENOISE "luma_spatial=6:chroma_spatial=4.5:luma_tmp=8:chroma_tmp=6"

struct run {
	const struct source *source;
	const struct task *task;
	struct source_reader *reader;
	struct fit *plain; /* for formats that filters do not take */
	AVFrame *converted;
	AVFrame *warped;
	struct shake_move *moves; /* NULL: pictures are not moved */
	double zoom;
	AVFilterGraph *graph; /* NULL: noise stays */
	AVFilterContext *in, *out;
	filter_take *take;
	void *ctx;
	size_t taken;
};

static void
run_done(struct run *run)
{
	source_close(&run->reader);
	fit_free(&run->plain);
	av_frame_free(&run->converted);
	av_frame_free(&run->warped);
	free(run->moves);
	avfilter_graph_free(&run->graph);
}

/* Picture `index` in a planar format. */
static int
load(struct run *run, size_t index, const AVFrame **ret_frame, struct error *err)
{
	const AVFrame *frame;

	if (task_check(run->task, err) < 0 || source_read(run->reader, index, &frame, err) < 0)
		return -1;
	if (!warp_can(frame->format)) {
		if (run->plain == NULL) {
			const struct fit_request request = {.fit = FIT_FILL, .aspect = {1, 1}, .scale = 1, .pad = true};

			run->plain = fit_new(&request);
		}
		if (run->converted == NULL &&
		    canvas_new((frame->width + 1) & ~1, (frame->height + 1) & ~1, &run->converted, err) < 0)
			return -1;
		if (fit_put(run->plain, frame, run->converted, err) < 0)
			return -1;
		frame = run->converted;
	}
	*ret_frame = frame;
	return 0;
}

/* ---- steadying ---- */

/* The first plane in 8 bits; `room` is for formats with more. */
static const uint8_t *
luma_of(const AVFrame *frame, uint8_t *room, ptrdiff_t *ret_stride)
{
	const int depth = av_pix_fmt_desc_get(frame->format)->comp[0].depth;

	if (depth == 8) {
		*ret_stride = frame->linesize[0];
		return frame->data[0];
	}
	for (int y = 0; y < frame->height; y++) {
		const uint16_t *row =
		    (const uint16_t *)(const void *)(frame->data[0] + (ptrdiff_t)y * frame->linesize[0]);

		for (int x = 0; x < frame->width; x++)
			room[(ptrdiff_t)y * frame->width + x] = (uint8_t)(row[x] >> (depth - 8));
	}
	*ret_stride = frame->width;
	return room;
}

static double
rate_of(const struct source *source)
{
	const struct source_point *points = source->points;
	const double lasts = (double)(points[source->frames - 1].pts - points[0].pts) * av_q2d(source->time_base);

	return lasts > 0 ? (double)(source->frames - 1) / lasts : 25;
}

static int
find_moves(struct run *run, struct error *err)
{
	struct shake *shake = NULL;
	uint8_t *room = NULL;
	int ret = 0;

	for (size_t i = 0; ret == 0 && i < run->source->frames; i++) {
		const AVFrame *frame;
		ptrdiff_t stride;

		ret = load(run, i, &frame, err);
		if (ret < 0)
			break;
		if (shake == NULL) {
			shake = shake_new(frame->width, frame->height);
			room = malloc((size_t)frame->width * (size_t)frame->height);
			if (room == NULL)
				abort();
		}
		const uint8_t *luma = luma_of(frame, room, &stride);

		shake_add(shake, luma, stride);
	}
	if (ret == 0) {
		const double radius = fmin(fmax(rate_of(run->source) * SMOOTH_S, 2), 60);

		run->moves = shake_smooth(shake, (int)lround(radius), &run->zoom);
	}
	free(room);
	shake_free(&shake);
	return ret;
}

static int
steady(struct run *run, size_t index, const AVFrame **frame, struct error *err)
{
	if (run->warped == NULL) {
		run->warped = av_frame_alloc();
		if (run->warped == NULL)
			return error_set(err, ERR_MEMORY, "no memory for a frame");
		run->warped->format = (*frame)->format;
		run->warped->width = (*frame)->width;
		run->warped->height = (*frame)->height;
		if (av_frame_get_buffer(run->warped, 0) < 0 || av_frame_copy_props(run->warped, *frame) < 0)
			return error_set(err, ERR_MEMORY, "no memory for a frame");
	}
	if (av_frame_make_writable(run->warped) < 0)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	warp_put(run->warped, *frame, &run->moves[index], run->zoom);
	*frame = run->warped;
	return 0;
}

/* ---- denoising ---- */

static int
build_graph(struct run *run, const AVFrame *like, struct error *err)
{
	AVFilterContext *filter;
	char args[128];
	int ret;

	run->graph = avfilter_graph_alloc();
	if (run->graph == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a filter");
	run->graph->nb_threads = 1;
	snprintf(args, sizeof(args), "video_size=%dx%d:pix_fmt=%d:time_base=1/25:pixel_aspect=1/1", like->width,
	    like->height, like->format);
	if ((ret = avfilter_graph_create_filter(
		 &run->in, avfilter_get_by_name("buffer"), "in", args, NULL, run->graph)) < 0 ||
	    (ret = avfilter_graph_create_filter(
		 &filter, avfilter_get_by_name("hqdn3d"), "noise", DENOISE, NULL, run->graph)) < 0 ||
	    (ret = avfilter_graph_create_filter(
		 &run->out, avfilter_get_by_name("buffersink"), "out", NULL, NULL, run->graph)) < 0 ||
	    (ret = avfilter_link(run->in, 0, filter, 0)) < 0 || (ret = avfilter_link(filter, 0, run->out, 0)) < 0 ||
	    (ret = avfilter_graph_config(run->graph, NULL)) < 0)
		return io_error_own(err, ret, "making a denoiser");
	return 0;
}

static int
hand_on(struct run *run, const AVFrame *frame, struct error *err)
{
	return run->take(run->ctx, frame, run->taken++, err);
}

/* Everything the graph has ready. */
static int
drain(struct run *run, struct error *err)
{
	for (;;) {
		CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
		int ret;

		if (frame == NULL)
			return error_set(err, ERR_MEMORY, "no memory for a frame");
		ret = av_buffersink_get_frame(run->out, frame);
		if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
			return 0;
		if (ret < 0)
			return io_error_own(err, ret, "denoising");
		if (hand_on(run, frame, err) < 0)
			return -1;
	}
}

/* NULL: no more pictures. */
static int
denoise(struct run *run, const AVFrame *frame, size_t index, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *own = NULL;
	int ret;

	if (frame != NULL) {
		if (run->graph == NULL && build_graph(run, frame, err) < 0)
			return -1;
		own = av_frame_clone(frame);
		if (own == NULL)
			return error_set(err, ERR_MEMORY, "no memory for a frame");
		own->pts = (int64_t)index;
	}
	ret = av_buffersrc_add_frame(run->in, own);
	return ret < 0 ? io_error_own(err, ret, "denoising") : drain(run, err);
}

/* ---- the whole ---- */

static int
run_all(struct run *run, const struct filter_request *request, struct error *err)
{
	for (size_t i = 0; i < run->source->frames; i++) {
		const AVFrame *frame;

		if (load(run, i, &frame, err) < 0)
			return -1;
		if (run->moves != NULL && steady(run, i, &frame, err) < 0)
			return -1;
		if ((request->denoise ? denoise(run, frame, i, err) : hand_on(run, frame, err)) < 0)
			return -1;
	}
	if (run->graph != NULL && denoise(run, NULL, 0, err) < 0)
		return -1;
	if (run->taken != run->source->frames)
		return error_set(
		    err, ERR_INTERNAL, "a filter gave %zu pictures for %zu", run->taken, run->source->frames);
	return 0;
}

int
filter_run(const struct source *source, const struct filter_request *request, const struct task *task,
    filter_take *take, void *ctx, struct error *err)
{
	CLEANUP(run_done) struct run run = {.source = source, .task = task, .zoom = 1, .take = take, .ctx = ctx};

	if (source_open(source, task, &run.reader, err) < 0)
		return -1;
	if (request->stabilise && find_moves(&run, err) < 0)
		return error_wrap(err, "finding the camera's shake");
	return run_all(&run, request, err);
}
