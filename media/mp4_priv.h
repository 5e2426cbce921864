/*
 * Between the two files of the writer.
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

#endif
