/*
 * Pictures out of fields: FFmpeg's bwdif, by index.
 *
 * Every picture is made from itself and its two neighbours, so it is the same whether a clip is read from the start or
 * from the middle. Pictures that are not marked as interlaced pass unchanged.
 */
#ifndef MEDIA_DEINTERLACE_H
#define MEDIA_DEINTERLACE_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* Gives picture `index` as coded, borrowed until the next call. */
typedef int deinterlace_load(void *ctx, size_t index, const AVFrame **ret_frame, struct error *err);

struct deinterlacer;

/* For a row of `count` pictures. Aborts without memory. */
struct deinterlacer *deinterlacer_new(size_t count, deinterlace_load *load, void *ctx);
void deinterlacer_free(struct deinterlacer **deinterlacer);

/* Borrowed until the next call. */
int deinterlacer_read(
    struct deinterlacer *deinterlacer, size_t index, const AVFrame **ret_frame, struct error *err) MUST_CHECK;

#endif
