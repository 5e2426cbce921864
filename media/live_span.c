#include "media/live_span.h"

void
live_span_init(struct live_span *live)
{
	live->index = 0;
	piece_builder_init(&live->copy, PIECE_PICTURE);
	(void)pthread_mutex_init(&live->lock, NULL);
}

void
live_span_done(struct live_span *live)
{
	(void)pthread_mutex_destroy(&live->lock);
	piece_builder_done(&live->copy);
}

static void
take_over(struct buf *to, const struct buf *from)
{
	if (from->len > to->len)
		buf_put(to, from->data + to->len, from->len - to->len);
}

void
live_span_add(struct live_span *live, size_t index, const struct piece_builder *builder)
{
	pthread_mutex_lock(&live->lock);
	if (live->index == index) {
		take_over(&live->copy.samples, &builder->samples);
		take_over(&live->copy.extra, &builder->extra);
		take_over(&live->copy.data, &builder->data);
	}
	pthread_mutex_unlock(&live->lock);
}

void
live_span_lock(struct live_span *live, size_t index, struct piece *ret_piece)
{
	const struct piece_builder *copy = &live->copy;

	pthread_mutex_lock(&live->lock);
	if (live->index != index) {
		live->index = index;
		buf_reset(&live->copy.samples);
		buf_reset(&live->copy.extra);
		buf_reset(&live->copy.data);
	}
	if (buf_error(&copy->samples, NULL) < 0 || buf_error(&copy->extra, NULL) < 0 ||
	    buf_error(&copy->data, NULL) < 0)
		*ret_piece = (struct piece){.kind = PIECE_PICTURE};
	else
		piece_builder_view(copy, ret_piece);
}

void
live_span_unlock(struct live_span *live)
{
	pthread_mutex_unlock(&live->lock);
}
