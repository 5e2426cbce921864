#include "media/still_priv.h"

/* Honest progressive files have at most some dozens. Each scan costs a pass over the whole picture. */
#define SCANS_MAX 200
#define PROFILE_CHUNKS_MAX 255

struct jpeg {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	unsigned scans;
	bool frame; /* SOF seen */
	const uint8_t *profile[PROFILE_CHUNKS_MAX + 1];
	size_t profile_len[PROFILE_CHUNKS_MAX + 1];
	unsigned profile_n;
};

/* Start of frame: how many pixels of what. */
static int
read_frame(const uint8_t *p, size_t n, unsigned marker, struct still *still, struct error *err)
{
	if (n < 6)
		return STILL_DAMAGED(err, "its header is too short");
	if (marker != 0xc0 && marker != 0xc1 && marker != 0xc2)
		return STILL_FAIL(err, "media_unsupported", "lossless and arithmetic JPEG are not supported");
	if (p[0] != 8)
		return STILL_FAIL(err, "media_unsupported", "JPEG with %d bits a sample is not supported", p[0]);
	still->height = (int)still_be16(p + 1);
	still->width = (int)still_be16(p + 3);
	still->components = p[5];
	if (still->components != 1 && still->components != 3 && still->components != 4)
		return STILL_FAIL(
		    err, "media_unsupported", "JPEG with %d components is not supported", still->components);
	return 0;
}

static void
read_application(struct jpeg *jpeg, const uint8_t *p, size_t n, unsigned marker, struct still *still)
{
	if (marker == 0xe1 && n > 6 && memcmp(p, "Exif\0\0", 6) == 0)
		still->orientation = still_exif_orientation(p, n);
	if (marker == 0xe2 && n > 14 && memcmp(p, "ICC_PROFILE", 12) == 0 && p[12] > 0) {
		jpeg->profile[p[12]] = p + 14;
		jpeg->profile_len[p[12]] = n - 14;
		jpeg->profile_n = p[13];
	}
}

/* Entropy-coded bytes up to the next marker that is no restart. */
static void
skip_scan(struct jpeg *jpeg)
{
	while (jpeg->at + 1 < jpeg->len) {
		const uint8_t *p = memchr(jpeg->bytes + jpeg->at, 0xff, jpeg->len - jpeg->at - 1);
		if (p == NULL)
			break;
		jpeg->at = (size_t)(p - jpeg->bytes);
		if (p[1] != 0 && p[1] != 0xff && (p[1] < 0xd0 || p[1] > 0xd7))
			return;
		jpeg->at += p[1] == 0xff ? 1 : 2;
	}
	jpeg->at = jpeg->len;
}

/* 1 at the end of the image, 0 to go on. */
static int
read_segment(struct jpeg *jpeg, struct still *still, struct error *err)
{
	while (jpeg->at + 1 < jpeg->len && jpeg->bytes[jpeg->at] == 0xff && jpeg->bytes[jpeg->at + 1] == 0xff)
		jpeg->at++;
	if (jpeg->at + 2 > jpeg->len)
		return STILL_TRUNCATED(err);
	if (jpeg->bytes[jpeg->at] != 0xff)
		return STILL_DAMAGED(err, "a marker is missing");
	const unsigned marker = jpeg->bytes[jpeg->at + 1];
	jpeg->at += 2;
	if (marker == 0xd9)
		return 1;
	if (marker == 0x01 || (marker >= 0xd0 && marker <= 0xd8))
		return 0;
	if (jpeg->at + 2 > jpeg->len)
		return STILL_TRUNCATED(err);
	const size_t n = still_be16(jpeg->bytes + jpeg->at);
	const uint8_t *p = jpeg->bytes + jpeg->at + 2;
	if (n < 2)
		return STILL_DAMAGED(err, "a segment has no length");
	if (n > jpeg->len - jpeg->at)
		return STILL_TRUNCATED(err);
	jpeg->at += n;
	if (marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc) {
		jpeg->frame = true;
		return read_frame(p, n - 2, marker, still, err);
	}
	if (marker == 0xda) {
		if (!jpeg->frame)
			return STILL_DAMAGED(err, "it has data before its size");
		if (++jpeg->scans > SCANS_MAX)
			return STILL_FAIL(err, "media_bomb", "the picture has more than %d passes", SCANS_MAX);
		skip_scan(jpeg);
	} else {
		read_application(jpeg, p, n - 2, marker, still);
	}
	return 0;
}

static void
join_profile(const struct jpeg *jpeg, struct still *still)
{
	size_t total = 0;

	for (unsigned i = 1; i <= jpeg->profile_n; i++) {
		if (jpeg->profile[i] == NULL)
			return; /* a profile with holes says nothing */
		total += jpeg->profile_len[i];
	}
	if (total == 0 || total > STILL_PROFILE_MAX)
		return;
	still->profile = malloc(total);
	if (still->profile == NULL)
		abort();
	for (unsigned i = 1; i <= jpeg->profile_n; i++) {
		memcpy(still->profile + still->profile_len, jpeg->profile[i], jpeg->profile_len[i]);
		still->profile_len += jpeg->profile_len[i];
	}
}

int
still_jpeg(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err)
{
	struct jpeg jpeg = {.bytes = bytes, .len = len, .at = 2};
	int rc;

	do {
		rc = read_segment(&jpeg, still, err);
	} while (rc == 0);
	if (rc < 0)
		return -1;
	if (jpeg.scans == 0)
		return STILL_DAMAGED(err, "it has no data");
	join_profile(&jpeg, still);
	*ret_end = jpeg.at;
	return 0;
}
