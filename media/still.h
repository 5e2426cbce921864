/*
 * Still pictures as bytes: what a file really is, and whether it can be trusted to a decoder.
 *
 * Everything is decided from the file's own structure before any pixel is decoded: type, size, turn, colour profile,
 * cut-off ends, text that unpacks into gigabytes, headers that promise more pixels than the bytes can hold, a second
 * file of another type behind or inside the picture. still_read is the one way to load a picture; the parsers below it
 * take bytes, so they can be fuzzed without a file.
 */
#ifndef MEDIA_STILL_H
#define MEDIA_STILL_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define STILL_BYTES_MAX (256 * MIB)
#define STILL_SIDE_MAX 32768
#define STILL_PIXELS_MAX ((int64_t)100 * 1000 * 1000)
#define STILL_PROFILE_MAX (4 * MIB)

enum still_format { STILL_JPEG, STILL_PNG, STILL_GIF, STILL_WEBP, STILL_BMP, STILL__COUNT };

struct still {
	enum still_format format;
	uint8_t *bytes; /* owned, with FFmpeg's padding behind */
	size_t len;
	int width, height; /* as stored, before turning */
	int orientation;   /* EXIF, 1..8; 1 when absent */
	int components;	   /* of a JPEG; 4 is CMYK or YCCK */
	int depth;	   /* bits a sample */
	bool alpha;	   /* may have transparent pixels */
	bool animated;	   /* more than one picture; the first is taken */
	uint8_t *profile;  /* ICC, owned, or NULL */
	size_t profile_len;
};

/* "image/jpeg", "jpeg", "mjpeg" (FFmpeg's decoder) */
const char *still_media_type(enum still_format format) RETURNS_NONNULL;
const char *still_name(enum still_format format) RETURNS_NONNULL;
const char *still_decoder(enum still_format format) RETURNS_NONNULL;

/* Whether the leading bytes (up to 64 are looked at) are one of our formats. */
bool still_sniff(const uint8_t *bytes, size_t len, enum still_format *ret_format);

/*
 * Reads and checks the file behind fd. ERR_INPUT with code media_empty, media_unreadable, media_unsupported,
 * media_truncated, media_too_large, media_bomb or media_polyglot. still_done frees and fits CLEANUP; a zeroed struct is
 * fine for it.
 */
int still_read(int fd, struct still *ret_still, struct error *err) MUST_CHECK;
void still_done(struct still *still);

/* The checks alone, on bytes that `still` (zeroed) will borrow: the caller frees them, still_done only what was added.
 */
int still_parse(const uint8_t *bytes, size_t len, struct still *still, struct error *err) MUST_CHECK;

/* Sides and pixels within the limits, and bytes that could hold them. */
int still_size_check(int64_t width, int64_t height, int64_t bytes, struct error *err) MUST_CHECK;

/* Orientation out of a TIFF structure (the payload of EXIF); 1 when there is none or it is damaged. */
int still_exif_orientation(const uint8_t *bytes, size_t len);

#endif
