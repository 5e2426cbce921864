/*
 * Between the files of the writer.
 */
#ifndef MEDIA_MP4_PRIV_H
#define MEDIA_MP4_PRIV_H

#include "media/mp4.h"

/* A stretch of samples that lie together: about half a second of one track. */
struct mp4_chunk {
	bool sound;
	uint32_t first, count;
	uint64_t bytes;
};

struct mp4_layout {
	const struct mp4_chunk *chunks;
	size_t n_chunks;
	uint64_t data; /* bytes of all samples */
};

/* ftyp and moov, with the samples beginning at file offset `base`. Its length does not depend on base. */
void mp4_head(const struct mp4_film *film, const struct mp4_layout *layout, uint64_t base, struct buf *out);

/* What fragments begin with: ftyp, and a moov that knows the tracks but no samples. */
void mp4_init(const struct mp4_film *film, struct buf *out);

/* The sample entries. */
void mp4_picture_entry(const struct mp4_film *film, struct buf *out);
void mp4_sound_entry(const struct mp4_film *film, struct buf *out);

/* Time units of one picture. */
int64_t mp4_step(const struct mp4_film *film);

#endif
