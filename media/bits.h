/*
 * Reading headers bit by bit, and the NAL units in which H.264 and HEVC keep them. Works on bytes only.
 */
#ifndef MEDIA_BITS_H
#define MEDIA_BITS_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"

struct bits {
	const uint8_t *data;
	size_t len; /* bits */
	size_t at;
	bool over; /* something was read beyond the end, or is not of our kind */
};

/* Most significant bit first; 0 beyond the end, and `over` is set. count is at most 32. */
uint32_t bits_get(struct bits *bits, int count);
/* Exp-Golomb. */
uint32_t bits_ue(struct bits *bits);
void bits_skip_ue(struct bits *bits, int count);

/* The next unit of a stream with start codes, without trailing zeros; false at the end. *at begins at 0. */
bool nal_next_annexb(const uint8_t *data, size_t len, size_t *at, const uint8_t **ret_nal, size_t *ret_len);
/* The next unit of a sample with 4-byte lengths; false at the end or for a length that does not fit. */
bool nal_next(const uint8_t *data, size_t len, size_t *at, const uint8_t **ret_nal, size_t *ret_len);
/* Appends a unit with a 4-byte length. */
void nal_put(struct buf *sample, const void *nal, size_t len);
/* Appends a unit's bytes without, or with, emulation prevention. */
void nal_unescape(const uint8_t *nal, size_t len, struct buf *rbsp);
void nal_escape(const uint8_t *rbsp, size_t len, struct buf *nal);

#endif
