#include "media/quality_plan.h"

#include "lib/timeline/motion.h"

struct look_at {
	const struct stage *stage;
	const struct plan_span *span;
	int64_t frame;
};

static const struct plan_layer *
layer_of(const struct look_at *at, size_t i)
{
	return &at->stage->plan->layers[at->span->layers[i]];
}

static bool
visible(const struct plan_layer *layer, int64_t frame)
{
	return layer->start <= frame && frame < layer->end;
}

/* On its way in or out. */
static bool
changing(const struct plan_layer *layer, int64_t frame)
{
	return frame - layer->start < layer->enter_frames || layer->end - frame <= layer->leave_frames;
}

static int64_t
frame_us(const struct plan *plan, int64_t k)
{
	return (int64_t)((__int128)k * plan->fps_den * 1000000 / plan->fps_num);
}

/* Whether a clip shows another picture than in the frame before. */
static bool
clip_moves(const struct stage *stage, const struct plan_layer *layer, const struct source *source, int64_t k)
{
	const struct timeline_item *item = layer->item;
	const AVRational fps = {(int)stage->plan->fps_num, (int)stage->plan->fps_den};

	if (source == NULL || k >= layer->moving)
		return false;
	return source_at(source, k, item->in_us, item->speed_ppm, fps) !=
	       source_at(source, k - 1, item->in_us, item->speed_ppm, fps);
}

static bool
item_moves(const struct look_at *at, size_t i)
{
	const struct plan_layer *layer = layer_of(at, i);
	const struct stage_layer *stuff = &at->stage->layers[at->span->layers[i]];
	const int64_t k = at->frame - layer->start;

	if (k <= 0)
		return false;
	if (layer->item->type != TIMELINE_CLIP && layer->item->type != TIMELINE_STILL)
		return false;
	if (!motion_stands(layer->item, frame_us(at->stage->plan, k - 1), frame_us(at->stage->plan, k)))
		return true;
	return layer->item->type == TIMELINE_CLIP && clip_moves(at->stage, layer, stuff->source, k);
}

/* Something is there at once, or gone at once while nothing has come over it. */
static bool
is_cut(const struct look_at *at)
{
	const struct plan *plan = at->stage->plan;

	for (size_t i = 0; i < plan->n_layers; i++) {
		const struct plan_layer *layer = &plan->layers[i];
		bool covered = false;

		if (layer->start == at->frame && (layer->enter == NULL || !timeline_overlaps(layer->enter)))
			return true;
		if (layer->end != at->frame)
			continue;
		for (size_t k = i + 1; k < plan->n_layers; k++)
			covered |= plan->layers[k].covers && plan->layers[k].start < at->frame &&
				   visible(&plan->layers[k], at->frame) &&
				   plan->layers[k].start + plan->layers[k].enter_frames <= at->frame;
		if (!covered)
			return true;
	}
	return false;
}

/* While something comes or goes, a mixture is seen, of which nothing is expected. */
static uint8_t
expect_frame(const struct look_at *at)
{
	const struct timeline_item *top = NULL;
	bool moves = false, way = false;

	for (size_t i = 0; i < at->span->n_layers; i++) {
		const struct plan_layer *layer = layer_of(at, i);

		if (!visible(layer, at->frame) || layer->item == NULL)
			continue;
		if (layer->covers && !changing(layer, at->frame))
			moves = way = false;
		top = layer->item;
		way |= changing(layer, at->frame);
		moves |= item_moves(at, i);
	}
	const bool seen = top != NULL && !way && (top->type == TIMELINE_CLIP || top->type == TIMELINE_STILL);
	return (uint8_t)((moves && !way ? QUALITY_MOVES : 0) | (seen ? QUALITY_SEEN : 0));
}

void
quality_expect(const struct stage *stage, uint8_t *expected)
{
	const struct plan *plan = stage->plan;

	for (size_t i = 0; i < plan->n_spans; i++) {
		const struct plan_span *span = &plan->spans[i];

		for (int64_t n = span->start; n < span->start + span->frames; n++)
			expected[n] = expect_frame(&(struct look_at){stage, span, n});
		if (i > 0) {
			expected[span->start] |= QUALITY_STARTS;
			if (is_cut(&(struct look_at){stage, span, span->start}))
				expected[span->start] |= QUALITY_CUT;
		}
	}
}
