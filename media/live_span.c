#include "media/live_span.h"

void
live_span_init(struct live_span *live)
{
	*live = (struct live_span){
	    .samples = BUF_INIT(PIECE_DATA_MAX), .extra = BUF_INIT(PIECE_DATA_MAX), .data = BUF_INIT(PIECE_DATA_MAX)};
	(void)pthread_mutex_init(&live->lock, NULL);
}

void
live_span_done(struct live_span *live)
{
	(void)pthread_mutex_destroy(&live->lock);
	buf_done(&live->samples);
	buf_done(&live->extra);
	buf_done(&live->data);
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
		take_over(&live->samples, &builder->samples);
		take_over(&live->extra, &builder->extra);
		take_over(&live->data, &builder->data);
	}
	pthread_mutex_unlock(&live->lock);
}

void
live_span_lock(struct live_span *live, size_t index, struct piece *ret_piece)
{
	pthread_mutex_lock(&live->lock);
	if (live->index != index) {
		live->index = index;
		buf_reset(&live->samples);
		buf_reset(&live->extra);
		buf_reset(&live->data);
	}
	*ret_piece = (struct piece){.kind = PIECE_PICTURE};
	if (buf_error(&live->samples, NULL) < 0 || buf_error(&live->extra, NULL) < 0 ||
	    buf_error(&live->data, NULL) < 0)
		return;
	ret_piece->n_samples = (uint32_t)(live->samples.len / sizeof(struct sample));
	ret_piece->samples = (const struct sample *)(const void *)live->samples.data;
	ret_piece->extra = (const uint8_t *)live->extra.data;
	ret_piece->extra_len = (uint32_t)live->extra.len;
	ret_piece->data = (const uint8_t *)live->data.data;
	ret_piece->data_len = live->data.len;
}

void
live_span_unlock(struct live_span *live)
{
	pthread_mutex_unlock(&live->lock);
}
