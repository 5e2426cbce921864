/*
 * The little of H.264 that joining needs: parameter sets, NAL units, and the number in the slice header that tells
 * neighbouring IDR pictures apart. Works on bytes only.
 */
#ifndef MEDIA_H264_H
#define MEDIA_H264_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

/* What of the parameter sets is needed to read a slice header. */
struct h264_info {
	int frame_num_bits;
	int poc_type;
	int poc_bits;
	bool frames_only;
	bool cabac;
	bool poc_delta;
	bool deblocking_control;
};

/* From an encoder's start-code parameter sets: appends an avcC record (4-byte lengths). */
int h264_setup(const uint8_t *annexb, size_t len, struct buf *avcc, struct error *err) MUST_CHECK;

/* The record's parameter sets; exactly one of each kind. */
int h264_info(const uint8_t *avcc, size_t len, struct h264_info *ret_info, struct error *err) MUST_CHECK;

/* Appends a packet with start codes as a sample with lengths. Parameter sets, delimiters and remarks (SEI) are left
 * out. */
int h264_sample(const uint8_t *annexb, size_t len, struct buf *sample, struct error *err) MUST_CHECK;

/* Whether the sample holds an IDR picture; its idr_pic_id through ret_id (may be NULL). -1 for what cannot be read. */
int h264_idr(
    const struct h264_info *info, const uint8_t *sample, size_t len, uint32_t *ret_id, struct error *err) MUST_CHECK;

/* Appends the sample with another idr_pic_id in all of its IDR slices. */
int h264_set_idr(const struct h264_info *info, const uint8_t *sample, size_t len, uint32_t id, struct buf *out,
    struct error *err) MUST_CHECK;

/* Appends what the record is called where types are named: "avc1.64001f". */
void h264_codec(const uint8_t *avcc, size_t len, struct buf *text);

#endif
