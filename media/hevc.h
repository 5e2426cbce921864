/*
 * The little of HEVC that joining needs: parameter sets and NAL units. Works on bytes only.
 */
#ifndef MEDIA_HEVC_H
#define MEDIA_HEVC_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

/* From an encoder's start-code parameter sets, one of each kind: appends an hvcC record (4-byte lengths, 8 bits,
 * 4:2:0). */
int hevc_setup(const uint8_t *annexb, size_t len, struct buf *hvcc, struct error *err) MUST_CHECK;

/* Appends a packet with start codes as a sample with lengths. Parameter sets, delimiters and remarks (SEI) are left
 * out. */
int hevc_sample(const uint8_t *annexb, size_t len, struct buf *sample, struct error *err) MUST_CHECK;

/* 0 when a film may begin with the sample (an IDR picture). */
int hevc_starts(const uint8_t *sample, size_t len, struct error *err) MUST_CHECK;

/* Appends what the record is called where types are named: "hvc1.1.6.L93.90". */
void hevc_codec(const uint8_t *hvcc, size_t len, struct buf *text);

#endif
