/*
 * Painting layers bottom first and encoding what comes out.
 */
#include "media/span.h"

#include "lib/timeline/motion.h"
#include "media/brush.h"
#include "media/encode.h"
#include "media/io.h"
#include "media/live_span.h"
#include "media/task.h"

struct painter {
	struct stage *stage;
	const struct plan_span *span;
	struct brush *brushes;		   /* as span->layers; those of overlays are not used */
	struct caption_painter **captions; /* as span->layers, made when first wanted */
	AVFrame *canvas;
	AVFrame *spare; /* for layers that do not cover while they come in */
};

static void
painter_done(struct painter *painter)
{
	for (size_t i = 0; painter->brushes != NULL && i < painter->span->n_layers; i++)
		brush_done(&painter->brushes[i]);
	for (size_t i = 0; painter->captions != NULL && i < painter->span->n_layers; i++)
		caption_painter_free(&painter->captions[i]);
	free(painter->brushes);
	free(painter->captions);
	painter->brushes = NULL;
	painter->captions = NULL;
	av_frame_free(&painter->canvas);
	av_frame_free(&painter->spare);
}

static int
painter_init(struct painter *painter, struct stage *stage, const struct plan_span *span, struct error *err)
{
	painter->stage = stage;
	painter->span = span;
	painter->brushes = calloc(span->n_layers + 1, sizeof(*painter->brushes));
	painter->captions = calloc(span->n_layers + 1, sizeof(struct caption_painter *));
	if (painter->captions == NULL || painter->brushes == NULL)
		return error_set(err, ERR_MEMORY, "no memory for %zu layers", span->n_layers);
	for (size_t i = 0; i < span->n_layers; i++)
		brush_init(&painter->brushes[i], stage, span->layers[i]);
	return canvas_new(stage->width, stage->height, &painter->canvas, err);
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
	settle(painter, top);
	if (!brush_enters(brush, k))
		return brush_draw_over(brush, k, painter->canvas, err);
	if (painter->spare == NULL &&
	    canvas_new(painter->stage->width, painter->stage->height, &painter->spare, err) < 0)
		return -1;
	canvas_copy(painter->spare, painter->canvas);
	if (brush_draw_over(brush, k, painter->spare, err) < 0)
		return -1;
	return brush_enter(brush, k, painter->canvas, painter->canvas, painter->spare, err);
}

static int
paint_item(struct painter *painter, struct brush *brush, int64_t k, const AVFrame **top, struct error *err)
{
	const AVFrame *drawn;

	if (!brush_covers(brush))
		return paint_open(painter, brush, k, top, err);
	if (brush_draw(brush, k, &drawn, err) < 0)
		return -1;
	if (!brush_enters(brush, k)) {
		*top = drawn;
		return 0;
	}
	if (*top == NULL)
		settle(painter, top);
	if (brush_enter(brush, k, painter->canvas, *top, drawn, err) < 0)
		return -1;
	*top = painter->canvas;
	return 0;
}

/* The film's own look lies over all items and under everything that is written on them. */
static void
paint_look(struct painter *painter, const AVFrame **top)
{
	if (painter->stage->look == NULL)
		return;
	settle(painter, top);
	look_put(painter->stage->look, painter->canvas);
}

static int
paint_captions(struct painter *painter, size_t index, int64_t frame, const AVFrame **top, struct error *err)
{
	struct caption_painter **captions = &painter->captions[index];
	const struct stamp *stamp;

	if (*captions == NULL && caption_painter_new(&painter->brushes[index].stuff->captions, captions, err) < 0)
		return -1;
	if (caption_painter_at(*captions, frame, &stamp, err) < 0)
		return -1;
	if (stamp != NULL) {
		settle(painter, top);
		stamp_put(stamp, painter->canvas, MOTION_ONE);
	}
	return 0;
}

/* The film's frame, borrowed until the next call. */
static int
paint(struct painter *painter, int64_t frame, const AVFrame **ret_frame, struct error *err)
{
	const AVFrame *top = NULL;
	bool looked = false;

	for (size_t i = 0; i < painter->span->n_layers; i++) {
		struct brush *brush = &painter->brushes[i];
		const int64_t k = frame - brush->layer->start;

		if (k < 0 || frame >= brush->layer->end)
			continue;
		if (brush->layer->item != NULL) {
			if (paint_item(painter, brush, k, &top, err) < 0)
				return -1;
			continue;
		}
		if (!looked)
			paint_look(painter, &top);
		looked = true;
		if (brush->layer->captions != NULL && paint_captions(painter, i, frame, &top, err) < 0)
			return -1;
		if (brush->stuff->stamp != NULL) {
			settle(painter, &top);
			stamp_put(brush->stuff->stamp, painter->canvas, plan_overlay_share(brush->layer, k));
		}
	}
	if (!looked)
		paint_look(painter, &top);
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
	struct live_span *live;
	size_t index; /* of the span */
	const struct piece_builder *builder;
};

static int
make_frame(void *ctx, const AVFrame *frame, struct error *err)
{
	const struct making *making = ctx;

	canvas_meter_add(making->meter, frame);
	if (encoder_put(making->encoder, frame, err) < 0)
		return -1;
	if (making->live != NULL)
		live_span_add(making->live, making->index, making->builder);
	return 0;
}

int
span_make(struct stage *stage, const struct plan_span *span, struct piece_builder *builder, struct error *err)
{
	const struct encoder_request request = {.width = stage->width,
	    .height = stage->height,
	    .fps_num = stage->plan->fps_num,
	    .fps_den = stage->plan->fps_den,
	    .profile = stage->profile,
	    .plain = stage->plain};
	CLEANUP(encoder_free) struct encoder *encoder = NULL;
	CLEANUP(canvas_meter_free) struct canvas_meter *meter = canvas_meter_new();
	struct making making;

	if (encoder_open(&request, builder, &encoder, err) < 0)
		return -1;
	making = (struct making){encoder, meter, stage->live, (size_t)(span - stage->plan->spans), builder};
	if (span_paint(stage, span, make_frame, &making, err) < 0 || encoder_put(encoder, NULL, err) < 0)
		return -1;
	if (builder->samples.len / sizeof(struct sample) != (size_t)span->frames)
		return error_set(err, ERR_INTERNAL, "the encoder gave %zu pictures for %lld frames",
		    builder->samples.len / sizeof(struct sample), (long long)span->frames);
	canvas_meter_notes(meter, &builder->notes);
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
