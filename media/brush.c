/*
 * From source picture to canvas: fitted once per picture, or through a moving camera in every frame.
 */
#include "media/brush.h"

#include "lib/timeline/motion.h"
#include "media/prepared.h"

void
brush_init(struct brush *brush, struct stage *stage, size_t index)
{
	*brush = (struct brush){
	    .stage = stage, .layer = &stage->plan->layers[index], .stuff = &stage->layers[index], .drawn = SIZE_MAX};
}

void
brush_done(struct brush *brush)
{
	source_close(&brush->reader);
	fit_free(&brush->fit);
	transition_free(&brush->enter);
	av_frame_free(&brush->canvas);
	av_frame_free(&brush->faded);
	av_frame_free(&brush->world);
	resampler_free(&brush->resampler);
}

static bool
has_camera(const struct brush *brush)
{
	return brush->layer->item->motion.count > 0;
}

bool
brush_covers(const struct brush *brush)
{
	return brush->layer->covers || has_camera(brush);
}

/* ---- the source ---- */

/* The picture as the source's samples make it, upright and with square samples. */
static void
upright_size(const struct source *source, double *ret_width, double *ret_height)
{
	const double width = source->width * av_q2d(source->aspect), height = source->height;
	const bool sideways = source->turn.quarters % 2 == 1;

	*ret_width = sideways ? height : width;
	*ret_height = sideways ? width : height;
}

static int
open_source(struct brush *brush, struct error *err)
{
	const struct timeline_item *item = brush->layer->item;
	const struct source *source = brush->stuff->source, *pictures = source;
	struct fit_request request = {
	    .fit = item->fit,
	    .anchor = item->anchor,
	    .turn = source->turn,
	    .aspect = source->aspect,
	    .scale = brush->stage->scale,
	    .pad = brush_covers(brush),
	    .background_rgb = item->background_rgb,
	    .tone = source->tone,
	    .look = brush->stuff->look,
	};

	if (has_camera(brush)) {
		double width, height;

		upright_size(source, &width, &height);
		brush->size = view_world(item, width, height, brush->stage->width, brush->stage->height);
		/* the world of cover is the whole picture; that of others is drawn finer than the film */
		if (item->fit == FIT_COVER)
			request.fit = FIT_FILL;
		request.scale *= (double)brush->size.width / brush->stage->width;
	}
	if (brush->stuff->prepared != NULL &&
	    prepared_open(brush->stuff->prepared, brush->stage->task, &pictures, err) < 0)
		return -1;
	brush->fit = fit_new(&request);
	return source_open(pictures, brush->stage->task, &brush->reader, err);
}

/* Draws source picture `index` into `to`. */
static int
draw_source(struct brush *brush, size_t index, AVFrame *to, struct error *err)
{
	const AVFrame *frame;

	if (brush->reader == NULL && open_source(brush, err) < 0)
		return -1;
	if (source_read(brush->reader, index, &frame, err) < 0)
		return -1;
	return fit_put(brush->fit, frame, to, err);
}

static size_t
source_index_at(const struct brush *brush, int64_t k)
{
	const struct timeline_item *item = brush->layer->item;
	const struct plan *plan = brush->stage->plan;

	if (item->type != TIMELINE_CLIP)
		return 0;
	return source_at(brush->stuff->source, FW_MIN(k, brush->layer->moving - 1), item->in_us, item->speed_ppm,
	    (AVRational){(int)plan->fps_num, (int)plan->fps_den});
}

/* ---- the canvas ---- */

/* Cards and colours: one picture, whatever the frame. */
static int
draw_plain(struct brush *brush)
{
	const struct timeline_item *item = brush->layer->item;

	if (brush->drawn != SIZE_MAX)
		return 0;
	canvas_fill(brush->canvas, item->type == TIMELINE_CARD ? item->background_rgb : item->rgb);
	if (brush->stuff->stamp != NULL)
		stamp_put(brush->stuff->stamp, brush->canvas, MOTION_ONE);
	if (brush->stuff->look != NULL)
		look_put(brush->stuff->look, brush->canvas);
	brush->drawn = 0;
	return 0;
}

static int
draw_view(struct brush *brush, int64_t k, struct error *err)
{
	const struct plan *plan = brush->stage->plan;
	const size_t index = source_index_at(brush, k);
	const bool fresh = brush->drawn == index;
	struct resample_window window;

	if (brush->reader == NULL && open_source(brush, err) < 0)
		return -1;
	if (brush->world == NULL && canvas_new(brush->size.width, brush->size.height, &brush->world, err) < 0)
		return -1;
	if (!fresh && draw_source(brush, index, brush->world, err) < 0)
		return -1;
	brush->drawn = index;
	if (brush->resampler == NULL)
		brush->resampler = resampler_new();
	window = view_window(brush->layer->item, k, (AVRational){(int)plan->fps_num, (int)plan->fps_den}, brush->size,
	    brush->stage->width, brush->stage->height);
	if (fresh && memcmp(&window, &brush->window, sizeof(window)) == 0)
		return 0;
	resample_put(brush->resampler, brush->world, &window, brush->canvas);
	brush->window = window;
	return 0;
}

static int
draw_picture(struct brush *brush, int64_t k, struct error *err)
{
	const size_t index = source_index_at(brush, k);

	if (has_camera(brush))
		return draw_view(brush, k, err);
	if (brush->drawn == index)
		return 0;
	brush->drawn = index;
	return draw_source(brush, index, brush->canvas, err);
}

/* ---- fades ---- */

/* What a fade leaves of the layer in its frame k, of TRANSITION_ONE, and whose colour the rest has. */
static int32_t
fade_share(const struct plan_layer *layer, int64_t k, const struct timeline_transition **ret_fade)
{
	const int64_t left = layer->end - layer->start - 1 - k; /* 0 in the last frame */

	*ret_fade = NULL;
	if (layer->enter != NULL && !timeline_overlaps(layer->enter) && k < layer->enter_frames) {
		*ret_fade = layer->enter;
		return transition_progress(layer->enter->easing, k, layer->enter_frames);
	}
	if (left >= layer->leave_frames)
		return TRANSITION_ONE;
	*ret_fade = layer->leave;
	return TRANSITION_ONE -
	       transition_progress(layer->leave->easing, layer->leave_frames - left, layer->leave_frames);
}

int
brush_draw(struct brush *brush, int64_t k, const AVFrame **ret_canvas, struct error *err)
{
	const enum timeline_type type = brush->layer->item->type;
	const struct timeline_transition *fade;
	const int32_t share = fade_share(brush->layer, k, &fade);

	if (brush->canvas == NULL && canvas_new(brush->stage->width, brush->stage->height, &brush->canvas, err) < 0)
		return -1;
	if ((type == TIMELINE_CARD || type == TIMELINE_COLOUR ? draw_plain(brush) : draw_picture(brush, k, err)) < 0)
		return -1;
	*ret_canvas = brush->canvas;
	if (fade == NULL)
		return 0;
	if (brush->faded == NULL && canvas_new(brush->stage->width, brush->stage->height, &brush->faded, err) < 0)
		return -1;
	transition_fade(brush->faded, brush->canvas, fade->rgb, share);
	*ret_canvas = brush->faded;
	return 0;
}

int
brush_draw_over(struct brush *brush, int64_t k, AVFrame *to, struct error *err)
{
	const struct timeline_transition *fade;
	const int32_t share = fade_share(brush->layer, k, &fade);

	if (brush->reader == NULL && open_source(brush, err) < 0)
		return -1;
	fit_fade(brush->fit, fade == NULL ? 0 : fade->rgb, share);
	return draw_source(brush, source_index_at(brush, k), to, err);
}

/* ---- coming in ---- */

bool
brush_enters(const struct brush *brush, int64_t k)
{
	const struct plan_layer *layer = brush->layer;

	return layer->enter != NULL && timeline_overlaps(layer->enter) && k < layer->enter_frames;
}

int
brush_enter(struct brush *brush, int64_t k, AVFrame *to, const AVFrame *under, const AVFrame *over, struct error *err)
{
	const struct timeline_transition *enter = brush->layer->enter;

	if (brush->enter == NULL) {
		const struct transition_request request = {
		    .type = enter->type,
		    .easing = enter->easing,
		    .direction = enter->direction,
		    .xfade = enter->xfade,
		    .frames = brush->layer->enter_frames,
		};

		brush->enter = transition_new(&request);
	}
	return transition_put(brush->enter, to, under, over, k, err);
}
