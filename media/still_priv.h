/* The parsers behind still_parse, one per format. */
#ifndef MEDIA_STILL_PRIV_H
#define MEDIA_STILL_PRIV_H

#include "media/still.h"

/* Each fills the struct and returns through ret_end where the picture's own bytes end. */
int still_jpeg(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err) MUST_CHECK;
int still_png(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err) MUST_CHECK;
int still_gif(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err) MUST_CHECK;
int still_webp(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err) MUST_CHECK;
int still_bmp(const uint8_t *bytes, size_t len, struct still *still, size_t *ret_end, struct error *err) MUST_CHECK;

#define STILL_FAIL(err, code, ...) error_code((err), ERR_INPUT, (code), __VA_ARGS__)
#define STILL_TRUNCATED(err) STILL_FAIL((err), "media_truncated", "the picture ends too early")
#define STILL_DAMAGED(err, what) STILL_FAIL((err), "media_unreadable", "the picture is damaged: %s", (what))

static inline uint32_t
still_be32(const uint8_t *p)
{
	return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static inline unsigned
still_be16(const uint8_t *p)
{
	return (unsigned)p[0] << 8 | p[1];
}

static inline uint32_t
still_le32(const uint8_t *p)
{
	return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

static inline unsigned
still_le16(const uint8_t *p)
{
	return (unsigned)p[1] << 8 | p[0];
}

#endif
