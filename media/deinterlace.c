/*
 * A filter graph that is fed from the picture before the wanted one on, and built anew for every jump.
 */
#include "media/deinterlace.h"

#include <libavfilter/avfilter.h>
#include <libavfilter/buffersink.h>
#include <libavfilter/buffersrc.h>

#include "media/io.h"

struct deinterlacer {
	size_t count;
	deinterlace_load *load;
	void *ctx;
	AVFilterGraph *graph; /* NULL: none, or to be built anew */
	AVFilterContext *in, *out;
	size_t next; /* to be fed; `count`: the end was told */
	AVFrame *result;
	size_t at; /* index of `result`; SIZE_MAX: none */
};

struct deinterlacer *
deinterlacer_new(size_t count, deinterlace_load *load, void *ctx)
{
	struct deinterlacer *deinterlacer = calloc(1, sizeof(*deinterlacer));

	if (deinterlacer == NULL)
		abort();
	*deinterlacer = (struct deinterlacer){.count = count, .load = load, .ctx = ctx, .at = SIZE_MAX};
	deinterlacer->result = av_frame_alloc();
	if (deinterlacer->result == NULL)
		abort();
	return deinterlacer;
}

void
deinterlacer_free(struct deinterlacer **deinterlacer)
{
	if (*deinterlacer == NULL)
		return;
	avfilter_graph_free(&(*deinterlacer)->graph);
	av_frame_free(&(*deinterlacer)->result);
	free(*deinterlacer);
	*deinterlacer = NULL;
}

static int
build(struct deinterlacer *deinterlacer, const AVFrame *like, struct error *err)
{
	AVFilterContext *filter;
	char args[128];
	int ret;

	deinterlacer->graph = avfilter_graph_alloc();
	if (deinterlacer->graph == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a filter");
	deinterlacer->graph->nb_threads = 1;
	snprintf(args, sizeof(args), "video_size=%dx%d:pix_fmt=%d:time_base=1/25:pixel_aspect=1/1", like->width,
	    like->height, like->format);
	if ((ret = avfilter_graph_create_filter(
		 &deinterlacer->in, avfilter_get_by_name("buffer"), "in", args, NULL, deinterlacer->graph)) < 0 ||
	    (ret = avfilter_graph_create_filter(&filter, avfilter_get_by_name("bwdif"), "fields",
		 "mode=send_frame:parity=auto:deint=interlaced", NULL, deinterlacer->graph)) < 0 ||
	    (ret = avfilter_graph_create_filter(
		 &deinterlacer->out, avfilter_get_by_name("buffersink"), "out", NULL, NULL, deinterlacer->graph)) < 0 ||
	    (ret = avfilter_link(deinterlacer->in, 0, filter, 0)) < 0 ||
	    (ret = avfilter_link(filter, 0, deinterlacer->out, 0)) < 0 ||
	    (ret = avfilter_graph_config(deinterlacer->graph, NULL)) < 0)
		return io_error_own(err, ret, "making a deinterlacer");
	return 0;
}

/* Feeds the next picture, or the end. */
static int
feed(struct deinterlacer *deinterlacer, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *own = NULL;
	const AVFrame *frame;
	int ret;

	if (deinterlacer->next < deinterlacer->count) {
		if (deinterlacer->load(deinterlacer->ctx, deinterlacer->next, &frame, err) < 0)
			return -1;
		if (deinterlacer->graph == NULL && build(deinterlacer, frame, err) < 0)
			return -1;
		own = av_frame_clone(frame);
		if (own == NULL)
			return error_set(err, ERR_MEMORY, "no memory for a frame");
		own->pts = (int64_t)deinterlacer->next++;
	}
	ret = av_buffersrc_add_frame(deinterlacer->in, own);
	return ret < 0 ? io_error_own(err, ret, "deinterlacing") : 0;
}

int
deinterlacer_read(struct deinterlacer *deinterlacer, size_t index, const AVFrame **ret_frame, struct error *err)
{
	const bool onwards = deinterlacer->at != SIZE_MAX && index == deinterlacer->at + 1;

	if (!onwards && index != deinterlacer->at) {
		avfilter_graph_free(&deinterlacer->graph);
		deinterlacer->next = index == 0 ? 0 : index - 1;
		if (feed(deinterlacer, err) < 0)
			return -1;
	}
	while (deinterlacer->at != index) {
		const AVRational base = av_buffersink_get_time_base(deinterlacer->out);
		int ret;

		av_frame_unref(deinterlacer->result);
		deinterlacer->at = SIZE_MAX;
		ret = av_buffersink_get_frame(deinterlacer->out, deinterlacer->result);
		if (ret == AVERROR(EAGAIN)) {
			if (feed(deinterlacer, err) < 0)
				return -1;
			continue;
		}
		if (ret < 0)
			return io_error_own(err, ret, "deinterlacing");
		if (av_rescale_q(deinterlacer->result->pts, base, (AVRational){1, 25}) == (int64_t)index)
			deinterlacer->at = index;
	}
	*ret_frame = deinterlacer->result;
	return 0;
}
