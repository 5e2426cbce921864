#include "media/hevc.h"

#include "media/bits.h"

enum { NAL_IDR_FIRST = 19, NAL_IDR_LAST = 20, NAL_VPS = 32, NAL_SPS = 33, NAL_PPS = 34, NAL_AUD = 35, NAL_SEI = 39 };
#define NAL_SEI_SUFFIX 40

/* general_profile_space .. general_level_idc, as it stands in the SPS and in the record */
#define PROFILE_TIER_LEVEL 12

struct parameter_set {
	const uint8_t *nal;
	size_t len;
};

static int
nal_type(const uint8_t *nal)
{
	return nal[0] >> 1 & 63;
}

static void
put_set(struct buf *hvcc, const struct parameter_set *set)
{
	/* complete: no further ones come with the pictures; one unit */
	const uint8_t head[5] = {
	    (uint8_t)(0x80 | nal_type(set->nal)), 0, 1, (uint8_t)(set->len >> 8), (uint8_t)set->len};

	buf_put(hvcc, head, sizeof(head));
	buf_put(hvcc, set->nal, set->len);
}

static int
find_sets(const uint8_t *annexb, size_t len, struct parameter_set sets[static 3], struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	while (nal_next_annexb(annexb, len, &at, &nal, &size)) {
		const int type = nal_type(nal);

		if (type < NAL_VPS || type > NAL_PPS)
			continue;
		if (sets[type - NAL_VPS].nal != NULL)
			return error_set(err, ERR_INTERNAL, "the encoder gave more than one parameter set of a kind");
		sets[type - NAL_VPS] = (struct parameter_set){nal, size};
	}
	for (int i = 0; i < 3; i++)
		if (sets[i].nal == NULL || sets[i].len > 65535)
			return error_set(err, ERR_INTERNAL, "the encoder gave no parameter sets");
	return 0;
}

int
hevc_setup(const uint8_t *annexb, size_t len, struct buf *hvcc, struct error *err)
{
	struct parameter_set sets[3] = {{0}};
	CLEANUP(buf_done) struct buf sps = BUF_INIT(64 * KIB);
	const uint8_t *rbsp;

	if (find_sets(annexb, len, sets, err) < 0)
		return -1;
	nal_unescape(sets[1].nal, sets[1].len, &sps);
	rbsp = (const uint8_t *)buf_str(&sps);
	/* two bytes of unit header; four bits VPS number, three bits further layers, one bit nesting */
	if (sps.len < 3 + PROFILE_TIER_LEVEL || (rbsp[2] >> 1 & 7) != 0 || (rbsp[3] & 31) != 1)
		return error_set(err, ERR_INTERNAL, "the parameter sets are not of our encoder's kind");
	/* segmentation unknown, parallelism unknown, 4:2:0, 8 bits twice, rate unknown; one layer, nesting, 4-byte
	 * lengths; three kinds of sets */
	const uint8_t tail[10] = {0xf0, 0, 0xfc, 0xfd, 0xf8, 0xf8, 0, 0, (uint8_t)(1 << 3 | (rbsp[2] & 1) << 2 | 3), 3};

	buf_putc(hvcc, 1);
	buf_put(hvcc, rbsp + 3, PROFILE_TIER_LEVEL);
	buf_put(hvcc, tail, sizeof(tail));
	for (int i = 0; i < 3; i++)
		put_set(hvcc, &sets[i]);
	return buf_error(hvcc, err);
}

int
hevc_sample(const uint8_t *annexb, size_t len, struct buf *sample, struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	while (nal_next_annexb(annexb, len, &at, &nal, &size)) {
		const int type = nal_type(nal);

		if ((type >= NAL_VPS && type <= NAL_AUD) || type == NAL_SEI || type == NAL_SEI_SUFFIX)
			continue;
		nal_put(sample, nal, size);
	}
	return buf_error(sample, err);
}

int
hevc_starts(const uint8_t *sample, size_t len, struct error *err)
{
	const uint8_t *nal;
	size_t at = 0, size;

	if (!nal_next(sample, len, &at, &nal, &size) || nal_type(nal) < NAL_IDR_FIRST || nal_type(nal) > NAL_IDR_LAST)
		return error_set(err, ERR_INTERNAL, "the picture is no IDR picture");
	return 0;
}

void
hevc_codec(const uint8_t *hvcc, size_t len, struct buf *text)
{
	uint32_t compatible = 0;
	int last = 11;

	if (len < 1 + PROFILE_TIER_LEVEL)
		return;
	/* the flags are told in reverse order */
	for (int i = 0; i < 32; i++)
		compatible |= (uint32_t)(hvcc[2 + i / 8] >> (7 - i % 8) & 1) << i;
	buf_printf(text, "hvc1.%d.%x.%c%d", hvcc[1] & 31, compatible, (hvcc[1] & 32) != 0 ? 'H' : 'L', hvcc[12]);
	while (last > 5 && hvcc[last] == 0)
		last--;
	for (int i = 6; i <= last; i++)
		buf_printf(text, ".%x", hvcc[i]);
}
