/*
 * Painting layers bottom first and encoding what comes out.
 *
 * Each layer keeps the canvas it drew last; it is drawn anew only when its source picture changes, so cards, stills and
 * held pictures cost nothing after their first frame.
 */
#include "media/span.h"

#include "lib/timeline/motion.h"
#include "media/encode.h"
#include "media/fit.h"
#include "media/io.h"
#include "media/task.h"

struct brush {
	const struct plan_layer *layer;
	const struct stage_layer *stuff;
	struct source_reader *reader;
	struct fit *fit;
	AVFrame *canvas;
	size_t drawn; /* source picture on the canvas; SIZE_MAX: none */
};

struct painter {
	struct stage *stage;
	const struct plan_span *span;
	struct brush *brushes; /* as span->layers */
	AVFrame *canvas;
	AVFrame *spare; /* for layers that do not cover while they come in */
};

static void
painter_done(struct painter *painter)
{
	for (size_t i = 0; painter->brushes != NULL && i < painter->span->n_layers; i++) {
		struct brush *brush = &painter->brushes[i];

		source_close(&brush->reader);
		fit_free(&brush->fit);
		av_frame_free(&brush->canvas);
	}
	free(painter->brushes);
	painter->brushes = NULL;
	av_frame_free(&painter->canvas);
	av_frame_free(&painter->spare);
}

static int
painter_init(struct painter *painter, struct stage *stage, const struct plan_span *span, struct error *err)
{
	painter->stage = stage;
	painter->span = span;
	painter->brushes = calloc(span->n_layers + 1, sizeof(*painter->brushes));
	if (painter->brushes == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %zu layers", span->n_layers);
	for (size_t i = 0; i < span->n_layers; i++) {
		painter->brushes[i].layer = &stage->plan->layers[span->layers[i]];
		painter->brushes[i].stuff = &stage->layers[span->layers[i]];
		painter->brushes[i].drawn = SIZE_MAX;
	}
	return canvas_new(stage->width, stage->height, &painter->canvas, err);
}

static int
brush_open(const struct painter *painter, struct brush *brush, struct error *err)
{
	const struct source *source = brush->stuff->source;
	const struct fit_request request = {
	    .fit = brush->layer->item->fit,
	    .quarters = source->quarters,
	    .aspect = source->aspect,
	    .pad = brush->layer->covers,
	};

	brush->fit = fit_new(&request);
	return source_open(source, painter->stage->task, &brush->reader, err);
}

/* Draws source picture `index` into `to`. */
static int
brush_source(const struct painter *painter, struct brush *brush, size_t index, AVFrame *to, struct error *err)
{
	const AVFrame *frame;

	if (brush->reader == NULL && brush_open(painter, brush, err) < 0)
		return -1;
	if (source_read(brush->reader, index, &frame, err) < 0)
		return -1;
	return fit_put(brush->fit, frame, to, err);
}

static size_t
brush_index(const struct painter *painter, const struct brush *brush, int64_t k)
{
	const struct timeline_item *item = brush->layer->item;
	const struct plan *plan = painter->stage->plan;

	if (item->type != TIMELINE_CLIP)
		return 0;
	return source_at(brush->stuff->source, FW_MIN(k, brush->layer->moving - 1), item->in_us, item->speed_ppm,
	    (AVRational){(int)plan->fps_num, (int)plan->fps_den});
}

/* The layer's own canvas as of its frame k. */
static int
brush_draw(const struct painter *painter, struct brush *brush, int64_t k, struct error *err)
{
	const struct timeline_item *item = brush->layer->item;
	const size_t index = brush_index(painter, brush, k);

	if (brush->drawn == index)
		return 0;
	if (brush->canvas == NULL && canvas_new(painter->stage->width, painter->stage->height, &brush->canvas, err) < 0)
		return -1;
	brush->drawn = index;
	if (item->type == TIMELINE_CARD || item->type == TIMELINE_COLOUR) {
		canvas_fill(brush->canvas, item->type == TIMELINE_CARD ? item->background_rgb : item->rgb);
		if (brush->stuff->stamp != NULL)
			stamp_put(brush->stuff->stamp, brush->canvas);
		return 0;
	}
	return brush_source(painter, brush, index, brush->canvas, err);
}

/* Makes the painter's canvas hold what `*top` shows, so that it can be painted on. */
static void
settle(struct painter *painter, const AVFrame **top)
{
	if (*top == NULL)
		canvas_fill(painter->canvas, 0);
	else if (*top != painter->canvas)
		canvas_copy(painter->canvas, *top);
	*top = painter->canvas;
}

/* A layer through which the ones below are seen is drawn over them, and while it comes in mixed with them. */
static int
paint_open(struct painter *painter, struct brush *brush, int64_t k, const AVFrame **top, struct error *err)
{
	const size_t index = brush_index(painter, brush, k);

	settle(painter, top);
	if (k >= brush->layer->enter_frames)
		return brush_source(painter, brush, index, painter->canvas, err);
	if (painter->spare == NULL &&
	    canvas_new(painter->stage->width, painter->stage->height, &painter->spare, err) < 0)
		return -1;
	canvas_copy(painter->spare, painter->canvas);
	if (brush_source(painter, brush, index, painter->spare, err) < 0)
		return -1;
	canvas_transition(
	    painter->canvas, painter->canvas, painter->spare, brush->layer->enter, k, brush->layer->enter_frames);
	return 0;
}

/* What a fade leaves of the layer in its frame k, 0 to MOTION_ONE, and whose colour the rest has. */
static int32_t
fade_share(const struct plan_layer *layer, int64_t k, const struct timeline_transition **ret_fade)
{
	const int64_t left = layer->end - layer->start - 1 - k; /* 0 in the last frame */

	*ret_fade = NULL;
	if (layer->enter != NULL && !timeline_overlaps(layer->enter) && k < layer->enter_frames) {
		*ret_fade = layer->enter;
		return motion_progress(layer->enter->easing, k, layer->enter_frames);
	}
	if (left >= layer->leave_frames)
		return MOTION_ONE;
	*ret_fade = layer->leave;
	return MOTION_ONE - motion_progress(layer->leave->easing, layer->leave_frames - left, layer->leave_frames);
}

static int
paint_item(struct painter *painter, struct brush *brush, int64_t k, const AVFrame **top, struct error *err)
{
	const struct timeline_transition *fade;
	const int32_t share = fade_share(brush->layer, k, &fade);

	if (!brush->layer->covers)
		return paint_open(painter, brush, k, top, err);
	if (brush_draw(painter, brush, k, err) < 0)
		return -1;
	if (fade != NULL) {
		canvas_fade(painter->canvas, brush->canvas, fade->rgb, share);
		*top = painter->canvas;
		return 0;
	}
	if (k >= brush->layer->enter_frames) {
		*top = brush->canvas;
		return 0;
	}
	if (*top == NULL)
		settle(painter, top);
	canvas_transition(painter->canvas, *top, brush->canvas, brush->layer->enter, k, brush->layer->enter_frames);
	*top = painter->canvas;
	return 0;
}

/* The film's frame, borrowed until the next call. */
static int
paint(struct painter *painter, int64_t frame, const AVFrame **ret_frame, struct error *err)
{
	const AVFrame *top = NULL;

	for (size_t i = 0; i < painter->span->n_layers; i++) {
		struct brush *brush = &painter->brushes[i];
		const int64_t k = frame - brush->layer->start;

		if (k < 0 || frame >= brush->layer->end)
			continue;
		if (brush->layer->item != NULL) {
			if (paint_item(painter, brush, k, &top, err) < 0)
				return -1;
		} else if (brush->stuff->stamp != NULL) {
			settle(painter, &top);
			stamp_put(brush->stuff->stamp, painter->canvas);
		}
	}
	if (top == NULL)
		settle(painter, &top);
	*ret_frame = top;
	return 0;
}

int
span_paint(struct stage *stage, const struct plan_span *span, span_paint_fn *take, void *ctx, struct error *err)
{
	CLEANUP(painter_done) struct painter painter = {.span = span};
	const AVFrame *frame;

	if (painter_init(&painter, stage, span, err) < 0)
		return -1;
	for (int64_t n = span->start; n < span->start + span->frames; n++) {
		if (atomic_load_explicit(&stage->stop, memory_order_relaxed) || task_cancelled(stage->task))
			return error_set(err, ERR_CANCELLED, "the render was stopped");
		if (paint(&painter, n, &frame, err) < 0)
			return error_wrap(err, "frame %lld", (long long)n);
		if (take(ctx, frame, err) < 0)
			return -1;
		atomic_fetch_add_explicit(&stage->done, 1, memory_order_relaxed);
	}
	return 0;
}

struct making {
	struct encoder *encoder;
	struct canvas_meter *meter;
};

static int
make_frame(void *ctx, const AVFrame *frame, struct error *err)
{
	const struct making *making = ctx;

	canvas_meter_add(making->meter, frame);
	return encoder_put(making->encoder, frame, err);
}

int
span_make(struct stage *stage, const struct plan_span *span, struct piece_builder *builder, struct error *err)
{
	const struct encoder_request request = {.width = stage->width,
	    .height = stage->height,
	    .fps_num = stage->plan->fps_num,
	    .fps_den = stage->plan->fps_den};
	CLEANUP(encoder_free) struct encoder *encoder = NULL;
	CLEANUP(canvas_meter_free) struct canvas_meter *meter = canvas_meter_new();
	struct making making;
	struct canvas_stats stats;

	if (encoder_open(&request, builder, &encoder, err) < 0)
		return -1;
	making = (struct making){encoder, meter};
	if (span_paint(stage, span, make_frame, &making, err) < 0 || encoder_put(encoder, NULL, err) < 0)
		return -1;
	if (builder->samples.len / sizeof(struct sample) != (size_t)span->frames)
		return error_set(err, ERR_INTERNAL, "the encoder gave %zu pictures for %lld frames",
		    builder->samples.len / sizeof(struct sample), (long long)span->frames);
	canvas_meter_result(meter, &stats);
	buf_put(&builder->notes, &stats, sizeof(stats));
	return 0;
}

int
span_frame(struct stage *stage, int64_t frame, AVFrame **ret_frame, struct error *err)
{
	const struct plan_span *span = stage->plan->spans;
	CLEANUP(painter_done) struct painter painter = {0};
	const AVFrame *painted;

	while (span->start + span->frames <= frame)
		span++;
	painter.span = span;
	if (painter_init(&painter, stage, span, err) < 0 || paint(&painter, frame, &painted, err) < 0)
		return -1;
	if (canvas_new(stage->width, stage->height, ret_frame, err) < 0)
		return -1;
	canvas_copy(*ret_frame, painted);
	return 0;
}
