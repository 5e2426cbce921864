#include <zlib.h>

#include "media/still_priv.h"

#define TEXT_MAX (8 * MIB)

struct png {
	const uint8_t *bytes;
	size_t len;
	size_t at;
	bool header;
	z_stream data; /* the pixels, unpacked and counted as they come */
	int64_t got;
	bool data_begun;
	bool data_ended;
};

/* ---- how much it unpacks to ---- */

/* Unpacks and throws away; the number of bytes, or limit + 1 beyond the limit, or -1 for damaged data. With `keep` they
 * are kept. */
static int64_t
unpacked_size(const uint8_t *bytes, size_t len, size_t limit, uint8_t *keep)
{
	uint8_t scrap[16384];
	z_stream z = {.next_in = (Bytef *)(uintptr_t)bytes, .avail_in = (uInt)len};
	int64_t total = 0;
	int rc = inflateInit(&z);

	if (rc != Z_OK)
		abort();
	while (rc == Z_OK && total <= (int64_t)limit) {
		z.next_out = scrap;
		z.avail_out = sizeof(scrap);
		rc = inflate(&z, Z_NO_FLUSH);
		const size_t n = sizeof(scrap) - z.avail_out;
		if (keep != NULL && total + (int64_t)n <= (int64_t)limit)
			memcpy(keep + total, scrap, n);
		total += (int64_t)n;
		if (n == 0 && rc == Z_OK && z.avail_in == 0)
			break;
	}
	inflateEnd(&z);
	return rc != Z_OK && rc != Z_STREAM_END && total <= (int64_t)limit ? -1 : total;
}

static int64_t
row_bytes(int64_t width, int bits)
{
	return width > 0 ? (width * bits + 7) / 8 + 1 : 0;
}

/* Bytes of the unpacked rows with their filter bytes; seven smaller pictures when interlaced. */
static int64_t
expected_size(const struct still *still, int bits, bool interlaced)
{
	static const int x0[] = {0, 4, 0, 2, 0, 1, 0}, dx[] = {8, 8, 4, 4, 2, 2, 1};
	static const int y0[] = {0, 0, 4, 0, 2, 0, 1}, dy[] = {8, 8, 8, 4, 4, 2, 2};
	int64_t total = 0;

	if (!interlaced)
		return row_bytes(still->width, bits) * still->height;
	for (int i = 0; i < 7; i++) {
		const int64_t w = (still->width - x0[i] + dx[i] - 1) / dx[i];
		const int64_t h = (still->height - y0[i] + dy[i] - 1) / dy[i];
		total += row_bytes(w, bits) * (h > 0 ? h : 0);
	}
	return total;
}

/* ---- chunks ---- */

static int
read_header(struct png *png, const uint8_t *p, size_t n, struct still *still, int64_t *ret_expected, struct error *err)
{
	static const int samples[] = {1, 0, 3, 1, 2, 0, 4};

	if (n != 13 || p[9] > 6 || samples[p[9]] == 0 ||
	    (p[8] != 1 && p[8] != 2 && p[8] != 4 && p[8] != 8 && p[8] != 16))
		return STILL_DAMAGED(err, "its header makes no sense");
	if (still_be32(p) > INT32_MAX || still_be32(p + 4) > INT32_MAX)
		return STILL_DAMAGED(err, "its size makes no sense");
	still->width = (int)still_be32(p);
	still->height = (int)still_be32(p + 4);
	still->depth = p[8];
	still->alpha = p[9] == 4 || p[9] == 6;
	if (still_size_check(still->width, still->height, (int64_t)png->len, err) < 0)
		return -1;
	*ret_expected = expected_size(still, p[8] * samples[p[9]], p[12] == 1);
	png->header = true;
	return 0;
}

/* Pixels must come to exactly what the header promises, a few bytes of slack aside. */
static int
count_data(struct png *png, const uint8_t *p, size_t n, int64_t expected, struct error *err)
{
	uint8_t scrap[32768];

	if (!png->data_begun && inflateInit(&png->data) != Z_OK)
		abort();
	png->data_begun = true;
	png->data.next_in = (Bytef *)(uintptr_t)p;
	png->data.avail_in = (uInt)n;
	while (!png->data_ended && (png->data.avail_in > 0 || png->data.avail_out == 0)) {
		png->data.next_out = scrap;
		png->data.avail_out = sizeof(scrap);
		const int rc = inflate(&png->data, Z_NO_FLUSH);
		png->got += (int64_t)(sizeof(scrap) - png->data.avail_out);
		if (rc == Z_BUF_ERROR)
			break;
		if (rc != Z_OK && rc != Z_STREAM_END)
			return STILL_DAMAGED(err, "its pixels do not unpack");
		if (png->got > expected + 65536)
			return STILL_FAIL(err, "media_bomb", "the picture unpacks to more than its size");
		png->data_ended = rc == Z_STREAM_END;
	}
	return 0;
}

static int
read_profile(const uint8_t *p, size_t n, struct still *still, struct error *err)
{
	const uint8_t *name_end = memchr(p, 0, FW_MIN(n, (size_t)80));

	if (name_end == NULL || (size_t)(name_end - p) + 2 > n)
		return 0;
	const size_t skip = (size_t)(name_end - p) + 2;
	uint8_t *profile = malloc(STILL_PROFILE_MAX);
	if (profile == NULL)
		abort();
	const int64_t got = unpacked_size(p + skip, n - skip, STILL_PROFILE_MAX, profile);
	if (got > (int64_t)STILL_PROFILE_MAX) {
		free(profile);
		return STILL_FAIL(err, "media_bomb", "the picture's colour profile unpacks to more than %d MiB",
		    (int)(STILL_PROFILE_MAX / MIB));
	}
	free(still->profile);
	still->profile = profile;
	still->profile_len = got > 0 ? (size_t)got : 0;
	return 0;
}

static int
check_text(const uint8_t *p, size_t n, bool international, struct error *err)
{
	const uint8_t *end = memchr(p, 0, n);
	size_t skip;

	if (end == NULL)
		return 0;
	skip = (size_t)(end - p) + 2;
	if (international) { /* keyword, flag, method, language, translated keyword, text */
		if (skip > n || end[1] == 0)
			return 0; /* not packed */
		skip++;
		for (int i = 0; i < 2; i++) {
			end = skip < n ? memchr(p + skip, 0, n - skip) : NULL;
			if (end == NULL)
				return 0;
			skip = (size_t)(end - p) + 1;
		}
	}
	if (skip <= n && unpacked_size(p + skip, n - skip, TEXT_MAX, NULL) > (int64_t)TEXT_MAX)
		return STILL_FAIL(
		    err, "media_bomb", "a text in the picture unpacks to more than %d MiB", (int)(TEXT_MAX / MIB));
	return 0;
}

static int
read_chunk(struct png *png, const char *type, const uint8_t *p, size_t n, struct still *still, int64_t *expected,
    struct error *err)
{
	if (!png->header)
		return memcmp(type, "IHDR", 4) == 0 ? read_header(png, p, n, still, expected, err)
						    : STILL_DAMAGED(err, "it does not begin with its header");
	if (memcmp(type, "IDAT", 4) == 0)
		return count_data(png, p, n, *expected, err);
	if (memcmp(type, "iCCP", 4) == 0)
		return read_profile(p, n, still, err);
	if (memcmp(type, "zTXt", 4) == 0 || memcmp(type, "iTXt", 4) == 0)
		return check_text(p, n, type[0] == 'i', err);
	if (memcmp(type, "tRNS", 4) == 0)
		still->alpha = true;
	else if (memcmp(type, "acTL", 4) == 0)
		still->animated = true;
	else if (memcmp(type, "eXIf", 4) == 0)
		still->orientation = still_exif_orientation(p, n);
	return 0;
}

static int
read_chunks(struct png *png, struct still *still, struct error *err)
{
	int64_t expected = 0;

	for (;;) {
		if (png->len - png->at < 12)
			return STILL_TRUNCATED(err);
		const uint8_t *p = png->bytes + png->at;
		const size_t n = still_be32(p);
		if (n > png->len - png->at - 12)
			return STILL_TRUNCATED(err);
		/* ancillary chunks with a wrong checksum are common and harmless */
		if ((p[4] & 0x20) == 0 && crc32(crc32(0, NULL, 0), p + 4, (uInt)(n + 4)) != still_be32(p + 8 + n))
			return STILL_DAMAGED(err, "a checksum is wrong");
		png->at += n + 12;
		if (memcmp(p + 4, "IEND", 4) == 0)
			break;
		if (read_chunk(png, (const char *)p + 4, p + 8, n, still, &expected, err) < 0)
			return -1;
	}
	if (!png->header || png->got < expected)
		return STILL_TRUNCATED(err);
	return 0;
}

int
still_png(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err)
{
	struct png png = {.bytes = bytes, .len = len, .at = 8};
	const int rc = read_chunks(&png, still, err);

	if (png.data_begun)
		inflateEnd(&png.data);
	*ret_end = png.at;
	return rc;
}
