/*
 * struct picture: decoded pixels, upright and in sRGB, 16 bits a channel.
 *
 * Colour is gamma coded as in the file and premultiplied with alpha, so scaling an edge never drags in colour from
 * transparent pixels. The way in is one: check (still.h), decode, colour profile, scale, turn. Memory counts: decoding
 * happens once at full size in the file's own format, everything after that at the wanted size.
 */
#ifndef MEDIA_PICTURE_H
#define MEDIA_PICTURE_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

struct still;

struct picture {
	int width, height;
	uint16_t *pixels; /* RGBA, rows without gaps; owned */
	bool opaque;
};

#define PICTURE_PIXEL(picture, x, y) ((picture)->pixels + ((size_t)(y) * (size_t)(picture)->width + (size_t)(x)) * 4)

/* ERR_MEMORY when the process's limit is in the way. Pixels are zero (transparent black). */
int picture_new(int width, int height, struct picture *ret_picture, struct error *err) MUST_CHECK;
/* Frees; fits CLEANUP with a zeroed struct. */
void picture_done(struct picture *picture);

/* Decodes the still, not yet upright; damaged data is ERR_INPUT. The caller frees the frame. */
int picture_decode(const struct still *still, AVFrame **ret_frame, struct error *err) MUST_CHECK;

/* The whole way for a checked still: decoded, sRGB, at most max_side on the longer side (never enlarged), upright. */
int picture_load(const struct still *still, int max_side, struct picture *ret_picture, struct error *err) MUST_CHECK;

/* Any decoded frame scaled to width x height (positive), its colour space and range observed. Not turned. */
int picture_from_frame(
    const AVFrame *frame, int width, int height, struct picture *ret_picture, struct error *err) MUST_CHECK;

/* EXIF orientation 1..8: what is stored becomes what is meant. */
int picture_turn(struct picture *picture, int orientation, struct error *err) MUST_CHECK;

/* Lays the picture over a backdrop and makes it opaque. background: "#RRGGBB", or NULL for a soft light-grey gradient.
 */
int picture_flatten(struct picture *picture, const char *background, struct error *err) MUST_CHECK;

enum picture_file { PICTURE_PNG, PICTURE_JPEG, PICTURE_JPEG_SMALL };

/* Writes an opaque picture as dir/name. JPEG: 4:4:4 of high quality; JPEG_SMALL: 4:2:0, for posters. ret_bytes may be
 * NULL. */
int picture_write(const struct picture *picture, enum picture_file file, int dir, const char *name, int64_t *ret_bytes,
    struct error *err) MUST_CHECK;

/* The longer side becomes at most max_side, the shape stays, nothing is enlarged. */
void picture_fit(int width, int height, int max_side, int *ret_width, int *ret_height);

#endif
