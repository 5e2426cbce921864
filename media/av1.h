/*
 * The little of AV1 that joining needs: the sequence header and OBUs. Works on bytes only.
 */
#ifndef MEDIA_AV1_H
#define MEDIA_AV1_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

/* From an encoder's sequence header: appends an av1C record. */
int av1_setup(const uint8_t *obus, size_t len, struct buf *av1c, struct error *err) MUST_CHECK;

/* Appends a temporal unit as a sample: without its delimiter and padding. The sequence header of key pictures stays, as
 * the format wants it. */
int av1_sample(const uint8_t *unit, size_t len, struct buf *sample, struct error *err) MUST_CHECK;

/* 0 when a film may begin with the sample: it holds a sequence header, the record's own. */
int av1_starts(const uint8_t *av1c, size_t av1c_len, const uint8_t *sample, size_t len, struct error *err) MUST_CHECK;

/* Appends what the record is called where types are named: "av01.0.04M.08". */
void av1_codec(const uint8_t *av1c, size_t len, struct buf *text);

#endif
