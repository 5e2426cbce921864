/* GIF, WebP and BMP. */
#include "media/still_priv.h"

/* ---- GIF ---- */

/* Length-prefixed pieces up to an empty one; the position behind it, or 0 beyond the end. */
static size_t
gif_skip_pieces(const uint8_t *bytes, size_t len, size_t at)
{
	while (at < len && bytes[at] != 0)
		at += (size_t)bytes[at] + 1;
	return at < len ? at + 1 : 0;
}

static size_t
gif_color_table(unsigned flags)
{
	return (flags & 0x80) != 0 ? (size_t)3 << ((flags & 7) + 1) : 0;
}

static int
gif_picture(const uint8_t *bytes, size_t len, size_t *at, struct still *still, struct error *err)
{
	if (len - *at < 11)
		return STILL_TRUNCATED(err);
	const unsigned right = still_le16(bytes + *at + 1) + still_le16(bytes + *at + 5);
	const unsigned bottom = still_le16(bytes + *at + 3) + still_le16(bytes + *at + 7);
	if (right > (unsigned)still->width || bottom > (unsigned)still->height)
		return STILL_DAMAGED(err, "a frame lies outside of it");
	const size_t data = *at + 10 + gif_color_table(bytes[*at + 9]) + 1;
	*at = data < len ? gif_skip_pieces(bytes, len, data) : 0;
	return *at == 0 ? STILL_TRUNCATED(err) : 0;
}

int
still_gif(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err)
{
	unsigned frames = 0;
	size_t at;

	if (len < 13)
		return STILL_TRUNCATED(err);
	still->width = (int)still_le16(bytes + 6);
	still->height = (int)still_le16(bytes + 8);
	still->alpha = true;
	if (still_size_check(still->width, still->height, (int64_t)len, err) < 0)
		return -1;
	for (at = 13 + gif_color_table(bytes[10]); at < len && bytes[at] != 0x3b;) {
		if (bytes[at] == 0x2c) {
			frames++;
			if (gif_picture(bytes, len, &at, still, err) < 0)
				return -1;
		} else if (bytes[at] == 0x21) {
			at = gif_skip_pieces(bytes, len, at + 2);
			if (at == 0)
				return STILL_TRUNCATED(err);
		} else {
			return STILL_DAMAGED(err, "an unknown block");
		}
	}
	if (at >= len)
		return STILL_TRUNCATED(err);
	if (frames == 0)
		return STILL_DAMAGED(err, "it has no frame");
	still->animated = frames > 1;
	*ret_end = at + 1;
	return 0;
}

/* ---- WebP ---- */

static void
webp_keep_profile(const uint8_t *p, size_t n, struct still *still)
{
	if (n == 0 || n > STILL_PROFILE_MAX || still->profile != NULL)
		return;
	still->profile = malloc(n);
	if (still->profile == NULL)
		abort();
	memcpy(still->profile, p, n);
	still->profile_len = n;
}

static void
webp_size(struct still *still, uint32_t width, uint32_t height)
{
	still->width = (int)width;
	still->height = (int)height;
}

/* True when the chunk holds pixels. */
static bool
webp_chunk(const uint8_t *type, const uint8_t *p, size_t n, struct still *still)
{
	if (memcmp(type, "VP8X", 4) == 0 && n >= 10) {
		still->alpha |= (p[0] & 0x10) != 0;
		still->animated = (p[0] & 0x02) != 0;
		webp_size(still, (still_le32(p + 4) & 0xffffff) + 1, (still_le32(p + 6) >> 8) + 1);
	} else if (memcmp(type, "VP8 ", 4) == 0 && n >= 10) {
		webp_size(still, still_le16(p + 6) & 0x3fff, still_le16(p + 8) & 0x3fff);
		return true;
	} else if (memcmp(type, "VP8L", 4) == 0 && n >= 5) {
		const uint32_t bits = still_le32(p + 1);
		webp_size(still, (bits & 0x3fff) + 1, ((bits >> 14) & 0x3fff) + 1);
		still->alpha |= (bits >> 28 & 1) != 0;
		return true;
	} else if (memcmp(type, "EXIF", 4) == 0) {
		still->orientation = still_exif_orientation(p, n);
	} else if (memcmp(type, "ICCP", 4) == 0) {
		webp_keep_profile(p, n, still);
	}
	return false;
}

int
still_webp(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err)
{
	bool pixels = false;

	if (len < 20 || (uint64_t)still_le32(bytes + 4) + 8 > len)
		return STILL_TRUNCATED(err);
	const size_t end = (size_t)still_le32(bytes + 4) + 8;
	for (size_t at = 12; at + 8 <= end;) {
		const size_t n = still_le32(bytes + at + 4);
		if (n > end - at - 8)
			return STILL_TRUNCATED(err);
		pixels |= webp_chunk(bytes + at, bytes + at + 8, n, still);
		at += 8 + n + (n & 1);
	}
	if (still->animated)
		return STILL_FAIL(
		    err, "media_unsupported", "animated WebP is not supported; save one frame as a still picture");
	if (!pixels)
		return STILL_DAMAGED(err, "it has no pixels");
	*ret_end = end;
	return 0;
}

/* ---- BMP ---- */

int
still_bmp(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err)
{
	if (len < 54)
		return STILL_TRUNCATED(err);
	const bool old = still_le32(bytes + 14) == 12;
	const int64_t width = old ? (int32_t)still_le16(bytes + 18) : (int32_t)still_le32(bytes + 18);
	int64_t height = old ? (int32_t)still_le16(bytes + 20) : (int32_t)still_le32(bytes + 22);
	const unsigned bits = still_le16(bytes + (old ? 24 : 28));
	const uint32_t packing = old ? 0 : still_le32(bytes + 30);
	const size_t data = still_le32(bytes + 10);

	height = height < 0 ? -height : height; /* rows from the top */
	if (still_size_check(width, height, (int64_t)len, err) < 0)
		return -1;
	still->width = (int)width;
	still->height = (int)height;
	if (bits == 0 || bits > 32)
		return STILL_DAMAGED(err, "its depth makes no sense");
	const uint64_t need =
	    packing == 1 || packing == 2 ? 1 : (((uint64_t)width * bits + 31) / 32 * 4) * (uint64_t)height;
	if (data > len || need > len - data)
		return STILL_TRUNCATED(err);
	*ret_end = len;
	return 0;
}
