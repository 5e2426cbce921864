/*
 * Brushes: what draws one item of the film, frame by frame.
 *
 * A brush keeps the canvas it drew last and draws anew only when something changes, so cards, stills and held pictures
 * cost nothing after their first frame. One brush serves one span in one thread.
 */
#ifndef MEDIA_BRUSH_H
#define MEDIA_BRUSH_H

#include "media/fit.h"
#include "media/resample.h"
#include "media/span.h"
#include "media/transition.h"
#include "media/view.h"

struct brush {
	struct stage *stage;
	const struct plan_layer *layer;
	const struct stage_layer *stuff;
	struct source_reader *reader;
	struct fit *fit;
	struct transition *enter;
	AVFrame *canvas; /* what the layer shows, when it covers */
	AVFrame *faded;
	size_t drawn; /* source picture on the canvas, or in the world when the camera moves; SIZE_MAX: none */
	/* of a camera that moves */
	struct view_world size;
	AVFrame *world;
	struct resampler *resampler;
	struct resample_window window; /* on the canvas; width 0: none */
};

/* Of layer `index` of the stage's plan, which is an item's. */
void brush_init(struct brush *brush, struct stage *stage, size_t index);
void brush_done(struct brush *brush);

/* Whether nothing below the layer is seen through it. */
bool brush_covers(const struct brush *brush);

/* The layer in its frame k, faded if it fades, borrowed; of one that covers. */
int brush_draw(struct brush *brush, int64_t k, const AVFrame **ret_canvas, struct error *err) MUST_CHECK;
/* The same over what is in `to`; of one that does not. */
int brush_draw_over(struct brush *brush, int64_t k, AVFrame *to, struct error *err) MUST_CHECK;

/* Whether frame k still comes in over what is below, and that step of it; `to` may be `under`. */
bool brush_enters(const struct brush *brush, int64_t k);
int brush_enter(struct brush *brush, int64_t k, AVFrame *to, const AVFrame *under, const AVFrame *over,
    struct error *err) MUST_CHECK;

#endif
