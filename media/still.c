#include "media/still.h"

#include <errno.h>

#include <libavcodec/avcodec.h>

#include "media/io.h"
#include "media/still_priv.h"

/* Deflate reaches 1:1032; a picture of one bit a pixel and one colour is the most that honest files come to. */
#define BOMB_PIXELS (16 * 1000 * 1000)
#define BOMB_RATIO 1500

struct format_row {
	const char *name;
	const char *media_type;
	const char *decoder;
	int (*parse)(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err);
};

static const struct format_row formats[STILL__COUNT] = {
    [STILL_JPEG] = {"jpeg", "image/jpeg", "mjpeg", still_jpeg},
    [STILL_PNG] = {"png", "image/png", "png", still_png},
    [STILL_GIF] = {"gif", "image/gif", "gif", still_gif},
    [STILL_WEBP] = {"webp", "image/webp", "webp", still_webp},
    [STILL_BMP] = {"bmp", "image/bmp", "bmp", still_bmp},
};

const char *
still_media_type(enum still_format format)
{
	return formats[format].media_type;
}

const char *
still_name(enum still_format format)
{
	return formats[format].name;
}

const char *
still_decoder(enum still_format format)
{
	return formats[format].decoder;
}

bool
still_sniff(const uint8_t *bytes, size_t len, enum still_format *ret_format)
{
	if (len >= 3 && memcmp(bytes, "\xff\xd8\xff", 3) == 0)
		*ret_format = STILL_JPEG;
	else if (len >= 8 && memcmp(bytes, "\x89PNG\r\n\x1a\n", 8) == 0)
		*ret_format = STILL_PNG;
	else if (len >= 6 && (memcmp(bytes, "GIF87a", 6) == 0 || memcmp(bytes, "GIF89a", 6) == 0))
		*ret_format = STILL_GIF;
	else if (len >= 12 && memcmp(bytes, "RIFF", 4) == 0 && memcmp(bytes + 8, "WEBP", 4) == 0)
		*ret_format = STILL_WEBP;
	else if (len >= 26 && memcmp(bytes, "BM", 2) == 0 && still_le32(bytes + 14) >= 12 &&
		 still_le32(bytes + 14) <= 124)
		*ret_format = STILL_BMP;
	else
		return false;
	return true;
}

int
still_size_check(int64_t width, int64_t height, int64_t bytes, struct error *err)
{
	if (width <= 0 || height <= 0)
		return STILL_DAMAGED(err, "it has no size");
	if (width > STILL_SIDE_MAX || height > STILL_SIDE_MAX)
		return STILL_FAIL(err, "media_too_large", "the picture has %d x %d pixels; a side may have at most %d",
		    (int)FW_MIN(width, INT32_MAX), (int)FW_MIN(height, INT32_MAX), STILL_SIDE_MAX);
	if (width * height > STILL_PIXELS_MAX)
		return STILL_FAIL(err, "media_too_large", "the picture has %d megapixels; at most %d are accepted",
		    (int)(width * height / 1000000), (int)(STILL_PIXELS_MAX / 1000000));
	if (width * height > BOMB_PIXELS && width * height / BOMB_RATIO > bytes)
		return STILL_FAIL(err, "media_bomb", "the file claims far more pixels than its bytes can hold");
	return 0;
}

/* ---- EXIF ---- */

static uint32_t
tiff_number(const uint8_t *p, unsigned bytes, bool big)
{
	if (bytes == 2)
		return big ? still_be16(p) : still_le16(p);
	return big ? still_be32(p) : still_le32(p);
}

int
still_exif_orientation(const uint8_t *bytes, size_t len)
{
	if (len >= 6 && memcmp(bytes, "Exif\0\0", 6) == 0) {
		bytes += 6;
		len -= 6;
	}
	if (len < 8 || (memcmp(bytes, "II*\0", 4) != 0 && memcmp(bytes, "MM\0*", 4) != 0))
		return 1;
	const bool big = bytes[0] == 'M';
	const size_t ifd = tiff_number(bytes + 4, 4, big);
	if (ifd > len || len - ifd < 2)
		return 1;
	const unsigned n = tiff_number(bytes + ifd, 2, big);
	for (unsigned i = 0; i < n && len - ifd - 2 >= (size_t)12 * (i + 1); i++) {
		const uint8_t *entry = bytes + ifd + 2 + (size_t)12 * i;
		if (tiff_number(entry, 2, big) != 0x0112)
			continue;
		const uint32_t value = tiff_number(entry + 8, 2, big);
		return value >= 1 && value <= 8 ? (int)value : 1;
	}
	return 1;
}

/* ---- a second file in the same bytes ---- */

static bool
contains(const uint8_t *bytes, size_t len, const char *part)
{
	const size_t n = strlen(part);

	for (size_t i = 0; i + n <= len; i++) {
		if (strncasecmp((const char *)bytes + i, part, n) == 0)
			return true;
	}
	return false;
}

/* Readers of archives begin at the end of a file, readers of PDF and browsers that guess look at its beginning. */
static int
polyglot_check(const uint8_t *bytes, size_t len, size_t end, struct error *err)
{
	static const char *const early[] = {"%PDF-", "<html", "<script", "<!doctype", "<svg", "<?php"};
	static const char *const late[] = {
	    "PK\3\4", "Rar!\x1a\7", "7z\xbc\xaf\x27", "%PDF-", "MZ\x90", "\177ELF", "<html", "<script", "<?php"};
	const size_t tail = len - end;

	for (size_t i = 0; i < ARRAY_LEN(early); i++) {
		if (contains(bytes, FW_MIN(len, KIB), early[i]))
			return STILL_FAIL(err, "media_polyglot", "the picture begins like a file of another type, too");
	}
	for (size_t at = len > 65557 ? len - 65557 : 0; at + 22 <= len; at++) {
		if (memcmp(bytes + at, "PK\5\6", 4) == 0 && still_le16(bytes + at + 20) == len - at - 22)
			return STILL_FAIL(err, "media_polyglot", "the picture is an archive, too");
	}
	for (size_t i = 0; i < ARRAY_LEN(late); i++) {
		if (contains(bytes + end, FW_MIN(tail, 64 * KIB), late[i]))
			return STILL_FAIL(err, "media_polyglot", "a file of another type follows the picture");
	}
	return 0;
}

/* ---- reading ---- */

static bool
is_heif(const uint8_t *bytes, size_t len)
{
	static const char *const brands[] = {"avif", "avis", "heic", "heix", "hevc", "mif1", "msf1"};

	if (len < 12 || memcmp(bytes + 4, "ftyp", 4) != 0)
		return false;
	for (size_t i = 0; i < ARRAY_LEN(brands); i++) {
		if (memcmp(bytes + 8, brands[i], 4) == 0)
			return true;
	}
	return false;
}

int
still_parse(const uint8_t *bytes, size_t len, struct still *still, struct error *err)
{
	size_t end = len;

	still->orientation = 1;
	still->depth = 8;
	if (is_heif(bytes, len))
		return STILL_FAIL(err, "media_unsupported",
		    "HEIC and AVIF pictures are not supported; save the picture as JPEG or PNG");
	if (!still_sniff(bytes, len, &still->format))
		return STILL_FAIL(err, "media_unreadable", "this is not a picture of a known type");
	if (formats[still->format].parse(bytes, len, still, &end, err) < 0)
		return -1;
	if (still_size_check(still->width, still->height, (int64_t)len, err) < 0)
		return -1;
	return polyglot_check(bytes, len, FW_MIN(end, len), err);
}

int
still_read(int fd, struct still *ret_still, struct error *err)
{
	struct still still = {0};
	int64_t size;
	size_t done = 0;

	if (io_file_size(fd, &size, err) < 0)
		return -1;
	if (size > (int64_t)STILL_BYTES_MAX)
		return STILL_FAIL(
		    err, "media_too_large", "the picture file is larger than %d MiB", (int)(STILL_BYTES_MAX / MIB));
	still.len = (size_t)size;
	still.bytes = av_mallocz(still.len + AV_INPUT_BUFFER_PADDING_SIZE);
	if (still.bytes == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a picture of %" PRId64 " bytes", size);
	while (done < still.len) {
		const ssize_t n = pread(fd, still.bytes + done, still.len - done, (off_t)done);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0) {
			still_done(&still);
			return n < 0 ? error_errno(err, ERR_INTERNAL, "reading a picture") : STILL_TRUNCATED(err);
		}
		done += (size_t)n;
	}
	if (still_parse(still.bytes, still.len, &still, err) < 0) {
		still_done(&still);
		return -1;
	}
	*ret_still = still;
	return 0;
}

void
still_done(struct still *still)
{
	av_freep(&still->bytes);
	free(still->profile);
	still->profile = NULL;
}
