/*
 * FFmpeg's xfade on single pairs of frames.
 *
 * xfade counts its progress from the time of a frame since the first one it saw. So the graph is shown one pair at time
 * zero, whose picture is thrown away, and after that pairs at whatever times the progress asks for. Ticks are 1/1024 of
 * a frame: without easing frame k then has exactly the progress that a graph over the whole overlap gives it (a
 * fraction scaled by a power of two is the same floating-point number), with easing times lie between frames.
 *
 * xfade works on full chroma. Repeating each chroma sample four times and taking the mean of four afterwards changes
 * nothing where the transition changes nothing, which a scaler's filters would not promise.
 */
#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>

#include "media/canvas.h"
#include "media/io.h"
#include "media/transition_priv.h"

#define TICKS_PER_FRAME 1024

struct xfade {
	AVFilterGraph *graph;
	AVFilterContext *in[2];
	AVFilterContext *out;
	int64_t ticks; /* of the whole transition */
	bool begun;
	int width, height;
};

static int
add_source(struct xfade *xfade, int index, int64_t frames, struct error *err)
{
	char args[160];
	int ret;

	/* one second is the whole transition, whatever it lasts in the film */
	snprintf(args, sizeof(args), "video_size=%dx%d:pix_fmt=%d:time_base=1/%lld:pixel_aspect=1/1:frame_rate=%lld",
	    xfade->width, xfade->height, AV_PIX_FMT_YUV444P, (long long)xfade->ticks, (long long)frames);
	ret = avfilter_graph_create_filter(
	    &xfade->in[index], avfilter_get_by_name("buffer"), index == 0 ? "under" : "over", args, NULL, xfade->graph);
	return ret < 0 ? io_error_own(err, ret, "making a transition's input") : 0;
}

static int
build(struct xfade *xfade, const char *name, int64_t frames, struct error *err)
{
	const AVFilter *filter = avfilter_get_by_name("xfade");
	AVFilterContext *cross;
	char args[96];
	int ret;

	xfade->graph = avfilter_graph_alloc();
	if (xfade->graph == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a transition");
	xfade->graph->nb_threads = 1;
	if (add_source(xfade, 0, frames, err) < 0 || add_source(xfade, 1, frames, err) < 0)
		return -1;
	snprintf(args, sizeof(args), "transition=%s:duration=1:offset=0", name);
	ret = avfilter_graph_create_filter(&cross, filter, "cross", args, NULL, xfade->graph);
	if (ret < 0)
		return error_code(
		    err, ERR_INPUT, "transition_unknown", "the transition 'xfade:%s' is not known here", name);
	ret = avfilter_graph_create_filter(
	    &xfade->out, avfilter_get_by_name("buffersink"), "out", NULL, NULL, xfade->graph);
	if (ret < 0 || (ret = avfilter_link(xfade->in[0], 0, cross, 0)) < 0 ||
	    (ret = avfilter_link(xfade->in[1], 0, cross, 1)) < 0 ||
	    (ret = avfilter_link(cross, 0, xfade->out, 0)) < 0 || (ret = avfilter_graph_config(xfade->graph, NULL)) < 0)
		return io_error_own(err, ret, "making a transition");
	return 0;
}

int
xfade_new(const char *name, int64_t frames, int width, int height, struct xfade **ret_xfade, struct error *err)
{
	struct xfade *xfade = calloc(1, sizeof(*xfade));

	if (xfade == NULL)
		abort();
	xfade->ticks = frames * TICKS_PER_FRAME;
	xfade->width = width;
	xfade->height = height;
	if (build(xfade, name, frames, err) < 0) {
		xfade_free(&xfade);
		return -1;
	}
	*ret_xfade = xfade;
	return 0;
}

void
xfade_free(struct xfade **xfade)
{
	if (*xfade == NULL)
		return;
	avfilter_graph_free(&(*xfade)->graph);
	free(*xfade);
	*xfade = NULL;
}

static int
full_chroma(const AVFrame *from, int64_t pts, AVFrame **ret_frame, struct error *err)
{
	AVFrame *to = av_frame_alloc();

	if (to == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	to->format = AV_PIX_FMT_YUV444P;
	to->width = from->width;
	to->height = from->height;
	to->sample_aspect_ratio = (AVRational){1, 1};
	to->pts = pts;
	if (av_frame_get_buffer(to, 0) < 0) {
		av_frame_free(&to);
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	}
	for (int y = 0; y < to->height; y++) {
		memcpy(canvas_row(to, 0, y), canvas_row(from, 0, y), (size_t)to->width);
		for (int p = 1; p < 3; p++) {
			const uint8_t *in = canvas_row(from, p, y / 2);
			uint8_t *out = canvas_row(to, p, y);

			for (int x = 0; x < to->width; x++)
				out[x] = in[x / 2];
		}
	}
	*ret_frame = to;
	return 0;
}

/* Sides are even. */
static void
halve_chroma(AVFrame *to, const AVFrame *from)
{
	for (int y = 0; y < to->height; y++)
		memcpy(canvas_row(to, 0, y), canvas_row(from, 0, y), (size_t)to->width);
	for (int p = 1; p < 3; p++) {
		for (int y = 0; y < to->height / 2; y++) {
			const uint8_t *upper = canvas_row(from, p, 2 * y), *lower = canvas_row(from, p, 2 * y + 1);
			uint8_t *out = canvas_row(to, p, y);

			for (int x = 0; x < to->width / 2; x++)
				out[x] =
				    (uint8_t)((upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1] + 2) >>
					      2);
		}
	}
}

/* Shows the graph a pair and takes what comes out. */
static int
show(struct xfade *xfade, const AVFrame *under, const AVFrame *over, int64_t tick, AVFrame *result, struct error *err)
{
	const AVFrame *pair[2] = {under, over};

	for (int i = 0; i < 2; i++) {
		CLEANUP(io_frame_free) AVFrame *frame = NULL;
		int ret;

		if (full_chroma(pair[i], tick, &frame, err) < 0)
			return -1;
		ret = av_buffersrc_add_frame(xfade->in[i], frame);
		if (ret < 0)
			return io_error_own(err, ret, "crossing two pictures");
	}
	const int ret = av_buffersink_get_frame(xfade->out, result);
	return ret < 0 ? io_error_own(err, ret, "crossing two pictures") : 0;
}

int
xfade_put(
    struct xfade *xfade, AVFrame *to, const AVFrame *under, const AVFrame *over, int32_t progress, struct error *err)
{
	const int64_t tick = (progress * xfade->ticks + TRANSITION_ONE / 2) / TRANSITION_ONE;
	CLEANUP(io_frame_free) AVFrame *result = av_frame_alloc();

	if (result == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	/* nothing of the new picture; xfade's slides read beyond the row here */
	if (tick == 0) {
		if (to != under)
			canvas_copy(to, under);
		return 0;
	}
	if (!xfade->begun) {
		if (show(xfade, under, over, 0, result, err) < 0)
			return -1;
		av_frame_unref(result);
	}
	if (show(xfade, under, over, tick, result, err) < 0)
		return -1;
	xfade->begun = true;
	halve_chroma(to, result);
	return 0;
}
