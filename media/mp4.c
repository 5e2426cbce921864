/*
 * Laying samples out and writing them behind the head.
 */
#include "media/mp4.h"

#include "lib/base/path.h"
#include "media/caption_track.h"
#include "media/mp4_priv.h"

#define HEAD_MAX (256 * MIB)
#define WRITE_PORTION (1 * MIB)

static void
add_chunk(struct buf *chunks, const struct mp4_track *track, bool sound, uint32_t *next, uint32_t end)
{
	struct mp4_chunk chunk = {.sound = sound, .first = *next};

	while (*next < end) {
		chunk.bytes += track->samples[(*next)++].size;
		chunk.count++;
	}
	if (chunk.count > 0)
		buf_put(chunks, &chunk, sizeof(chunk));
}

/* Half a second of picture, then the sound up to the same time, and so on. */
static void
lay_out(const struct mp4_film *film, struct buf *chunks, struct mp4_layout *layout)
{
	const int64_t half = FW_MAX(film->fps_num / (2 * film->fps_den), 1);
	uint32_t picture = 0, sound = 0;

	while (picture < film->picture.n_samples) {
		const int64_t end = FW_MIN((int64_t)picture + half, film->picture.n_samples);
		const __int128 until = (__int128)end * film->fps_den * film->rate / film->fps_num + film->priming;
		const bool last = end == film->picture.n_samples;

		add_chunk(chunks, &film->picture, false, &picture, (uint32_t)end);
		if (film->sound.n_samples > 0)
			add_chunk(chunks, &film->sound, true, &sound,
			    last ? film->sound.n_samples
				 : FW_MIN((uint32_t)(until / film->packet), film->sound.n_samples));
	}
	layout->chunks = (const struct mp4_chunk *)(const void *)buf_str(chunks);
	layout->n_chunks = chunks->len / sizeof(struct mp4_chunk);
	for (size_t i = 0; i < film->n_texts; i++)
		layout->texts += film->texts[i].data.len;
	layout->data = layout->texts;
	for (size_t i = 0; i < layout->n_chunks; i++)
		layout->data += layout->chunks[i].bytes;
}

static int
flush(int fd, struct buf *portion, int64_t *written, struct error *err)
{
	if (buf_error(portion, err) < 0 || fd_write_all(fd, buf_str(portion), portion->len, err) < 0)
		return -1;
	*written += (int64_t)portion->len;
	buf_reset(portion);
	return 0;
}

static int
write_samples(const struct mp4_film *film, const struct mp4_layout *layout, int fd, struct buf *portion,
    int64_t *written, struct error *err)
{
	for (size_t i = 0; i < film->n_texts; i++) {
		buf_put(portion, film->texts[i].data.data, film->texts[i].data.len);
		if (portion->len >= WRITE_PORTION && flush(fd, portion, written, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < layout->n_chunks; i++) {
		const struct mp4_chunk *chunk = &layout->chunks[i];
		const struct mp4_track *track = chunk->sound ? &film->sound : &film->picture;

		for (uint32_t k = chunk->first; k < chunk->first + chunk->count; k++) {
			const uint8_t *bytes;

			if (film->load(film->ctx, chunk->sound, k, &bytes, err) < 0)
				return -1;
			buf_put(portion, bytes, track->samples[k].size);
			if (portion->len >= WRITE_PORTION && flush(fd, portion, written, err) < 0)
				return -1;
		}
	}
	return flush(fd, portion, written, err);
}

int
mp4_write(const struct mp4_film *film, int fd, int64_t *ret_bytes, struct error *err)
{
	CLEANUP(buf_done) struct buf chunks = BUF_INIT(HEAD_MAX);
	CLEANUP(buf_done) struct buf out = BUF_INIT(HEAD_MAX);
	struct mp4_layout layout = {0};
	uint64_t mdat;
	size_t head;
	int64_t written = 0;

	lay_out(film, &chunks, &layout);
	/* an mdat header of 16 bytes for large ones, 8 otherwise */
	mdat = layout.data + 8 > UINT32_MAX ? 16 : 8;
	mp4_head(film, &layout, 0, &out);
	head = out.len;
	buf_reset(&out);
	mp4_head(film, &layout, head + mdat, &out);
	if (buf_error(&chunks, err) < 0 || buf_error(&out, err) < 0)
		return error_wrap(err, "the film's index");
	for (unsigned i = 0; i < 4; i++)
		buf_putc(&out, (char)((mdat == 16 ? 1 : layout.data + 8) >> (24 - 8 * i) & 255));
	buf_puts(&out, "mdat");
	for (unsigned i = 0; i < 8 && mdat == 16; i++)
		buf_putc(&out, (char)((layout.data + 16) >> (56 - 8 * i) & 255));
	if (write_samples(film, &layout, fd, &out, &written, err) < 0)
		return error_wrap(err, "writing the film");
	if (ret_bytes != NULL)
		*ret_bytes = written;
	return 0;
}
