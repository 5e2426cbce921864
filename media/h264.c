/*
 * With CABAC a slice's data begins at a whole byte after its header, so the header may change its length in bits
 * without the data being touched. Emulation prevention is taken out before and put in again afterwards.
 */
#include "media/h264.h"

#include "media/bits.h"

enum { NAL_SLICE = 1, NAL_IDR = 5, NAL_SEI = 6, NAL_SPS = 7, NAL_PPS = 8, NAL_AUD = 9 };

struct bit_writer {
	struct buf *buf;
	unsigned byte;
	int filled;
};

static void
put_bit(struct bit_writer *w, uint32_t bit)
{
	w->byte = w->byte << 1 | (bit & 1);
	if (++w->filled == 8) {
		buf_putc(w->buf, (char)w->byte);
		w->byte = 0;
		w->filled = 0;
	}
}

static void
put_ue(struct bit_writer *w, uint32_t value)
{
	int bits = 0;

	while ((value + 1) >> (bits + 1) != 0)
		bits++;
	for (int i = 0; i < bits; i++)
		put_bit(w, 0);
	for (int i = bits; i >= 0; i--)
		put_bit(w, (value + 1) >> i);
}

int
h264_setup(const uint8_t *annexb, size_t len, struct buf *avcc, struct error *err)
{
	const uint8_t *nal, *sps = NULL, *pps = NULL;
	size_t at = 0, size, sps_len = 0, pps_len = 0;

	while (nal_next_annexb(annexb, len, &at, &nal, &size)) {
		if ((nal[0] & 31) == NAL_SPS && sps == NULL) {
			sps = nal;
			sps_len = size;
		} else if ((nal[0] & 31) == NAL_PPS && pps == NULL) {
			pps = nal;
			pps_len = size;
		}
	}
	if (sps == NULL || pps == NULL || sps_len < 4 || sps_len > 65535 || pps_len > 65535)
		return error_set(err, ERR_INTERNAL, "the encoder gave no parameter sets");
	/* version 1; profile, constraints, level of the SPS; 4-byte lengths; one SPS */
	const uint8_t head[8] = {1, sps[1], sps[2], sps[3], 0xff, 0xe1, (uint8_t)(sps_len >> 8), (uint8_t)sps_len};
	const uint8_t middle[3] = {1, (uint8_t)(pps_len >> 8), (uint8_t)pps_len};
	/* High: 4:2:0, 8 bits, no SPS extension */
	const uint8_t tail[4] = {0xfd, 0xf8, 0xf8, 0};

	buf_put(avcc, head, sizeof(head));
	buf_put(avcc, sps, sps_len);
	buf_put(avcc, middle, sizeof(middle));
	buf_put(avcc, pps, pps_len);
	if (sps[1] == 100 || sps[1] == 110 || sps[1] == 122)
		buf_put(avcc, tail, sizeof(tail));
	return buf_error(avcc, err);
}

static void
read_sps(struct bits *bits, struct h264_info *info)
{
	uint32_t profile;

	(void)bits_get(bits, 8);
	profile = bits_get(bits, 8);
	(void)bits_get(bits, 16);
	bits_skip_ue(bits, 1);
	if (profile == 100 || profile == 110 || profile == 122) {
		bits_skip_ue(bits, 3); /* chroma format, two bit depths */
		(void)bits_get(bits, 1);
		if (bits_get(bits, 1) != 0) /* scaling matrices: not ours */
			bits->over = true;
	}
	info->frame_num_bits = (int)bits_ue(bits) + 4;
	info->poc_type = (int)bits_ue(bits);
	if (info->poc_type == 0)
		info->poc_bits = (int)bits_ue(bits) + 4;
	else if (info->poc_type == 1)
		bits->over = true;
	bits_skip_ue(bits, 1);
	(void)bits_get(bits, 1);
	bits_skip_ue(bits, 2);
	info->frames_only = bits_get(bits, 1) != 0;
}

static void
read_pps(struct bits *bits, struct h264_info *info)
{
	(void)bits_get(bits, 8);
	bits_skip_ue(bits, 2);
	info->cabac = bits_get(bits, 1) != 0;
	info->poc_delta = bits_get(bits, 1) != 0;
	if (bits_ue(bits) != 0) /* slice groups */
		bits->over = true;
	bits_skip_ue(bits, 2);
	(void)bits_get(bits, 3); /* weighting */
	bits_skip_ue(bits, 3);	 /* start values of quantisers, chroma offset: signed, of the same length */
	info->deblocking_control = bits_get(bits, 1) != 0;
	(void)bits_get(bits, 1);
	if (bits_get(bits, 1) != 0) /* redundant pictures */
		bits->over = true;
}

int
h264_info(const uint8_t *avcc, size_t len, struct h264_info *ret_info, struct error *err)
{
	struct h264_info info = {0};
	CLEANUP(buf_done) struct buf sps = BUF_INIT(64 * KIB);
	CLEANUP(buf_done) struct buf pps = BUF_INIT(64 * KIB);
	const size_t sps_len = len > 8 ? (size_t)avcc[6] << 8 | avcc[7] : 0;
	size_t at = 8 + sps_len;
	size_t pps_len;

	if (len < at + 4 || (avcc[5] & 31) != 1 || avcc[at] != 1)
		return error_set(err, ERR_INTERNAL, "the parameter sets are not one of each kind");
	pps_len = (size_t)avcc[at + 1] << 8 | avcc[at + 2];
	if (len < at + 3 + pps_len)
		return error_set(err, ERR_INTERNAL, "the parameter sets are cut off");
	nal_unescape(avcc + 8, sps_len, &sps);
	nal_unescape(avcc + at + 3, pps_len, &pps);
	struct bits sps_bits = {(const uint8_t *)buf_str(&sps), sps.len * 8, 0, false};
	struct bits pps_bits = {(const uint8_t *)buf_str(&pps), pps.len * 8, 0, false};

	read_sps(&sps_bits, &info);
	read_pps(&pps_bits, &info);
	if (sps_bits.over || pps_bits.over || !info.frames_only || !info.cabac)
		return error_set(err, ERR_INTERNAL, "the parameter sets are not of our encoder's kind");
	*ret_info = info;
	return 0;
}

int
h264_sample(const uint8_t *annexb, size_t len, struct buf *sample, struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	while (nal_next_annexb(annexb, len, &at, &nal, &size)) {
		const int type = nal[0] & 31;

		if (type == NAL_SEI || type == NAL_SPS || type == NAL_PPS || type == NAL_AUD)
			continue;
		nal_put(sample, nal, size);
	}
	return buf_error(sample, err);
}

/* Reads an IDR slice's header; the places (in bits) of idr_pic_id, of what follows it, and of the header's end. */
struct slice_marks {
	size_t id_begin, id_end, end;
	uint32_t id;
};

static int
read_slice(const struct h264_info *info, const struct buf *rbsp, struct slice_marks *marks, struct error *err)
{
	struct bits bits = {(const uint8_t *)buf_str(rbsp), rbsp->len * 8, 0, false};

	(void)bits_get(&bits, 8);
	bits_skip_ue(&bits, 3); /* first macroblock, slice type, parameter set */
	(void)bits_get(&bits, info->frame_num_bits);
	marks->id_begin = bits.at;
	marks->id = bits_ue(&bits);
	marks->id_end = bits.at;
	if (info->poc_type == 0)
		(void)bits_get(&bits, info->poc_bits);
	if (info->poc_type == 0 && info->poc_delta)
		bits_skip_ue(&bits, 1);
	(void)bits_get(&bits, 2); /* reference marking of an IDR picture */
	bits_skip_ue(&bits, 1);	  /* quantiser */
	if (info->deblocking_control && bits_ue(&bits) != 1)
		bits_skip_ue(&bits, 2);
	marks->end = bits.at;
	if (bits.over)
		return error_set(err, ERR_INTERNAL, "a slice header is cut off");
	return 0;
}

int
h264_idr(const struct h264_info *info, const uint8_t *sample, size_t len, uint32_t *ret_id, struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	while (nal_next(sample, len, &at, &nal, &size)) {
		CLEANUP(buf_done) struct buf rbsp = BUF_INIT(64);
		struct slice_marks marks;

		if ((nal[0] & 31) != NAL_IDR)
			continue;
		nal_unescape(nal, FW_MIN(size, (size_t)64), &rbsp);
		if (read_slice(info, &rbsp, &marks, err) < 0)
			return -1;
		if (ret_id != NULL)
			*ret_id = marks.id;
		return 1;
	}
	return 0;
}

static int
rewrite_slice(
    const struct h264_info *info, const uint8_t *nal, size_t len, uint32_t id, struct buf *out, struct error *err)
{
	CLEANUP(buf_done) struct buf rbsp = BUF_INIT(256 * MIB);
	CLEANUP(buf_done) struct buf changed = BUF_INIT(256 * MIB);
	CLEANUP(buf_done) struct buf escaped = BUF_INIT(256 * MIB);
	struct bit_writer w = {.buf = &changed};
	struct slice_marks marks;
	struct bits bits;
	size_t data;

	nal_unescape(nal, len, &rbsp);
	if (buf_error(&rbsp, err) < 0 || read_slice(info, &rbsp, &marks, err) < 0)
		return -1;
	bits = (struct bits){(const uint8_t *)buf_str(&rbsp), rbsp.len * 8, 0, false};
	while (bits.at < marks.id_begin)
		put_bit(&w, bits_get(&bits, 1));
	put_ue(&w, id);
	bits.at = marks.id_end;
	while (bits.at < marks.end)
		put_bit(&w, bits_get(&bits, 1));
	while (w.filled != 0)
		put_bit(&w, 1); /* cabac_alignment_one_bit */
	data = (marks.end + 7) / 8;
	buf_put(&changed, rbsp.data + data, rbsp.len - data);
	nal_escape((const uint8_t *)buf_str(&changed), changed.len, &escaped);
	nal_put(out, buf_str(&escaped), escaped.len);
	return buf_error(&escaped, err);
}

int
h264_set_idr(
    const struct h264_info *info, const uint8_t *sample, size_t len, uint32_t id, struct buf *out, struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	while (nal_next(sample, len, &at, &nal, &size)) {
		if ((nal[0] & 31) == NAL_IDR) {
			if (rewrite_slice(info, nal, size, id, out, err) < 0)
				return -1;
			continue;
		}
		nal_put(out, nal, size);
	}
	return buf_error(out, err);
}

void
h264_codec(const uint8_t *avcc, size_t len, struct buf *text)
{
	if (len > 3)
		buf_printf(text, "avc1.%02x%02x%02x", avcc[1], avcc[2], avcc[3]);
}
