/*
 * The little of VP9 that joining needs: the header of key pictures. Works on bytes only.
 */
#ifndef MEDIA_VP9_H
#define MEDIA_VP9_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

/* From the first packet of an encoder: appends the features that WebM keeps (profile, depth, chroma). Anything but
 * BT.709 in limited range, 8 bits, 4:2:0 is refused. */
int vp9_setup(const uint8_t *packet, size_t len, struct buf *features, struct error *err) MUST_CHECK;

/* Appends a packet as a sample, which it already is. */
int vp9_sample(const uint8_t *packet, size_t len, struct buf *sample, struct error *err) MUST_CHECK;

/* 0 when a film may begin with the sample (a key picture that is shown). */
int vp9_starts(const uint8_t *sample, size_t len, struct error *err) MUST_CHECK;

/* Appends what the features are called where types are named: "vp9". */
void vp9_codec(const uint8_t *features, size_t len, struct buf *text);

#endif
