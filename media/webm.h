/*
 * Writing the finished WebM: index (cues) in front, one write from start to end, like mp4.h, and out of the same
 * description. Pictures are not reordered; the picture track's setup is the CodecPrivate of VP9, the sound's that of
 * Opus. Times are whole milliseconds, as the format wants; the exact length of a picture stands in the track.
 */
#ifndef MEDIA_WEBM_H
#define MEDIA_WEBM_H

#include "media/mp4.h"

/* Writes the whole file through a small buffer; no fsync. ret_bytes may be NULL. */
int webm_write(const struct mp4_film *film, int fd, int64_t *ret_bytes, struct error *err) MUST_CHECK;

/* When picture `frame` is shown. */
int64_t webm_ms(const struct mp4_film *film, int64_t frame);

#endif
