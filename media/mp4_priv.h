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
	uint64_t data;	/* bytes of all samples */
	uint64_t texts; /* those of them that are captions' and come before all chunks */
};

/* What all boxes are made of. */
struct mp4_boxes {
	struct buf *out;
	const struct mp4_film *film;
	const struct mp4_layout *layout; /* NULL: the head of a film in fragments */
	uint64_t base;
	int64_t timescale; /* of film, picture and text tracks */
	int64_t step;	   /* of one picture */
	uint64_t duration; /* of the film; 0 in fragments */
};

/* ftyp and moov, with the samples beginning at file offset `base`. Its length does not depend on base. */
void mp4_head(const struct mp4_film *film, const struct mp4_layout *layout, uint64_t base, struct buf *out);

/* What fragments begin with: ftyp, and a moov that knows the tracks but no samples. */
void mp4_init(const struct mp4_film *film, struct buf *out);

/* The sample entries. */
void mp4_picture_entry(const struct mp4_film *film, struct buf *out);
void mp4_sound_entry(const struct mp4_film *film, struct buf *out);

/* The sample tables of picture or sound, and of a text track. */
void mp4_stbl(const struct mp4_boxes *b, bool sound);
void mp4_text_stbl(const struct mp4_boxes *b, size_t index);

/* Number of a text track, behind the others; with n_texts the first that is free. */
uint32_t mp4_text_id(const struct mp4_film *film, size_t index);

/* Time units of one picture. */
int64_t mp4_step(const struct mp4_film *film);

#endif
