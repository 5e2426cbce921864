/*
 * One row of samples out of many pieces, piece after piece, as the finished file and the fragments want it.
 *
 * Decoding order is the order of the pieces; times are counted, never taken over. Parameter sets that differ between
 * pieces are refused: players hide such a mismatch or break on it. Neighbouring IDR pictures of H.264 get differing
 * idr_pic_ids here, because each encoder starts with the same one.
 */
#ifndef MEDIA_JOINT_H
#define MEDIA_JOINT_H

#include "media/assemble.h"
#include "media/h264.h"
#include "media/mp4.h"

struct joint {
	const struct assembly *assembly;
	struct mp4_film film; /* what was added so far; n_samples are those of the whole film from the beginning */
	size_t n_pieces;      /* added whole */
	uint32_t n_pictures;  /* added, those of the piece that is there in part included */

	const struct piece *part; /* the piece that is there in part, as last told; else NULL */
	uint32_t part_pictures;	  /* added of it */
	uint64_t part_bytes;

	struct h264_info info;
	uint32_t last_id;
	struct mp4_sample *picture;
	uint8_t *set_id; /* 0: as encoded; else idr_pic_id + 1 to be set */
	struct mp4_sample *sound;
	struct buf changed;
	/* where the next sample is loaded from */
	uint32_t load_picture, load_sample, load_sound;
	size_t load_piece;
	uint64_t load_offset, sound_offset;
};

/* The assembly's plan and sound must be there, its pictures only when they are added. The joint must not move
 * afterwards. joint_done frees and fits CLEANUP with a zeroed joint. */
int joint_init(struct joint *joint, const struct assembly *assembly, struct error *err) MUST_CHECK;
void joint_done(struct joint *joint);

/* Adds the next piece, which is mapped and stays so, or what is left of it. */
int joint_add(struct joint *joint, struct error *err) MUST_CHECK;

/* Adds what of the next piece is there already: its first samples, one at least, some of which may have been added
 * before. `piece` is read until the next call and until everything added was loaded. */
int joint_add_part(struct joint *joint, const struct piece *piece, struct error *err) MUST_CHECK;

#endif
