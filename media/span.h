/*
 * Making spans: each frame is painted from the layers that are seen in it and goes straight to the encoder.
 *
 * A stage holds what all spans share and nobody changes while they are made: the plan, the indexed clips, the drawn
 * texts.
 */
#ifndef MEDIA_SPAN_H
#define MEDIA_SPAN_H

#include <stdatomic.h>

#include "lib/timeline/plan.h"
#include "media/canvas.h"
#include "media/caption_paint.h"
#include "media/piece.h"
#include "media/profile.h"
#include "media/source.h"

struct live_span;
struct look;
struct prepared;
struct task;

/* What a layer needs besides its description. */
struct stage_layer {
	const struct source *source;	 /* clip or still */
	struct prepared *prepared;	 /* where its pictures come from instead; or NULL */
	struct look *look;		 /* of this item, or NULL; shared by layers */
	struct stamp *stamp;		 /* text or image; NULL when there is nothing to draw */
	struct caption_request captions; /* of captions: each painter draws its own */
};

struct stage {
	const struct task *task; /* for reading that stops when the task is cancelled */
	const struct plan *plan;
	struct stage_layer *layers; /* as plan->layers */
	const struct profile *profile;
	int width, height;
	double scale;		/* of the film against its timeline */
	struct look *look;	/* of the whole film, or NULL */
	bool plain;		/* encode without SIMD */
	struct live_span *live; /* NULL: nobody watches */
	atomic_bool stop;	/* set when another span failed */
	atomic_llong done;	/* frames encoded so far */
};

/* Takes a painted frame, borrowed until it returns. -1 with the error ends the painting. */
typedef int span_paint_fn(void *ctx, const AVFrame *frame, struct error *err);

/* Paints the span's frames in order. Any thread. ERR_CANCELLED when stage->stop was set. */
int span_paint(
    struct stage *stage, const struct plan_span *span, span_paint_fn *take, void *ctx, struct error *err) MUST_CHECK;

/* Paints and encodes the span into the builder. Any thread. ERR_CANCELLED when stage->stop was set. */
int span_make(
    struct stage *stage, const struct plan_span *span, struct piece_builder *builder, struct error *err) MUST_CHECK;

/* One frame of the film, for posters. The caller frees it. */
int span_frame(struct stage *stage, int64_t frame, AVFrame **ret_frame, struct error *err) MUST_CHECK;

#endif
