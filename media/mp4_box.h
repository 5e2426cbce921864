/*
 * Boxes of ISO base media files, appended to a buffer. A box's size is written when it is closed.
 */
#ifndef MEDIA_MP4_BOX_H
#define MEDIA_MP4_BOX_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"

void mp4_u8(struct buf *out, unsigned value);
void mp4_u16(struct buf *out, unsigned value);
void mp4_u32(struct buf *out, uint64_t value); /* the lower half */
void mp4_u64(struct buf *out, uint64_t value);
void mp4_zeros(struct buf *out, int count);
void mp4_text(struct buf *out, const char *four);

/* Where the box begins, for closing it. */
size_t mp4_open(struct buf *out, const char *type);
size_t mp4_open_full(struct buf *out, const char *type, unsigned version, unsigned flags);
void mp4_close(struct buf *out, size_t at);

/* Replaces four bytes at `at`. */
void mp4_patch(struct buf *out, size_t at, uint64_t value);

#endif
