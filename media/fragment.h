/*
 * A film in fragments, for those who watch while it is made: the same samples as in the finished file, told in pieces
 * that each stand for themselves after the init segment. Times and edits are those of the finished file.
 */
#ifndef MEDIA_FRAGMENT_H
#define MEDIA_FRAGMENT_H

#include "media/mp4.h"

/* A stretch of both tracks; sound may have no samples. */
struct fragment {
	uint32_t number; /* from 0 */
	uint32_t picture_first, picture_count;
	uint32_t sound_first, sound_count;
};

/* What comes before all fragments. The film's samples need not be there yet, only their numbers and the setups. */
void fragment_init(const struct mp4_film *film, struct buf *out);

/* One fragment: styp, moof, mdat. The film's load() is asked for picture samples first, then for sound. */
int fragment_put(
    const struct mp4_film *film, const struct fragment *fragment, struct buf *out, struct error *err) MUST_CHECK;

/* The first sound packet that is not needed to be heard until the picture `frame` begins. */
uint32_t fragment_sound_until(const struct mp4_film *film, uint32_t frame);

#endif
