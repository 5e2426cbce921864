#include "media/vp9.h"

#include "media/bits.h"

#define SYNC 0x498342
#define BT709 2

static bool
read_key(struct bits *bits)
{
	/* marker, profile 0, not a repeated picture, key, shown; robust mode does not matter */
	return bits_get(bits, 2) == 2 && bits_get(bits, 2) == 0 && bits_get(bits, 2) == 0 && bits_get(bits, 1) == 1 &&
	       (bits_get(bits, 1), bits_get(bits, 24) == SYNC);
}

int
vp9_setup(const uint8_t *packet, size_t len, struct buf *features, struct error *err)
{
	/* number, length, value: profile 0; 8 bits; 4:2:0, chroma beside */
	static const uint8_t ours[] = {1, 1, 0, 3, 1, 8, 4, 1, 0};
	struct bits bits = {packet, len * 8, 0, false};

	if (!read_key(&bits) || bits_get(&bits, 3) != BT709 || bits_get(&bits, 1) != 0 || bits.over)
		return error_set(err, ERR_INTERNAL, "the first picture is not of our encoder's kind");
	buf_put(features, ours, sizeof(ours));
	return buf_error(features, err);
}

int
vp9_sample(const uint8_t *packet, size_t len, struct buf *sample, struct error *err)
{
	buf_put(sample, packet, len);
	return buf_error(sample, err);
}

int
vp9_starts(const uint8_t *sample, size_t len, struct error *err)
{
	struct bits bits = {sample, len * 8, 0, false};

	if (!read_key(&bits) || bits.over)
		return error_set(err, ERR_INTERNAL, "the picture is no key picture");
	return 0;
}

void
vp9_codec(const uint8_t *features, size_t len, struct buf *text)
{
	(void)features;
	if (len > 0)
		buf_puts(text, "vp9");
}
