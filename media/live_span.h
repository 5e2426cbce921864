/*
 * What is encoded already of the span that is seen next, for those who watch a film while it is made.
 *
 * Its maker adds to it, one thread publishes from it; the spans behind it are not shared before it is their turn.
 */
#ifndef MEDIA_LIVE_SPAN_H
#define MEDIA_LIVE_SPAN_H

#include <pthread.h>

#include "media/piece.h"

struct live_span {
	pthread_mutex_t lock;
	size_t index;		   /* of the span that is shared */
	struct piece_builder copy; /* of what its maker has: samples, extra, data */
};

/* The first span is shared. */
void live_span_init(struct live_span *live);
void live_span_done(struct live_span *live);

/* The maker of span `index`: takes over what `builder` has and `live` has not. Nothing when it is not its turn. */
void live_span_add(struct live_span *live, size_t index, const struct piece_builder *builder);

/* The publisher: span `index` is shared, and no other. Everything of it that is there as a piece without notes, valid
 * until live_span_unlock(); its maker waits so long. No samples when there is nothing, or no memory for it. */
void live_span_lock(struct live_span *live, size_t index, struct piece *ret_piece);
void live_span_unlock(struct live_span *live);

#endif
