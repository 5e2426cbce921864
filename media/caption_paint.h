/*
 * Captions burnt into the picture.
 *
 * A painter knows which cues a frame shows and draws them when it comes to them, so a film with thousands of cues holds
 * one drawing at a time. Cues that overlap stand one below the other, in the order of their start.
 */
#ifndef MEDIA_CAPTION_PAINT_H
#define MEDIA_CAPTION_PAINT_H

#include "media/canvas.h"
#include "media/fonts.h"

struct caption_request {
	const struct timeline_captions *captions; /* borrowed, with the font, as long as the painter lives */
	const struct font *font;
	double scale; /* pixels of the film for one of 1080 lines */
	int width, height;
	int64_t fps_num, fps_den;
};

struct caption_painter;

int caption_painter_new(
    const struct caption_request *request, struct caption_painter **ret_painter, struct error *err) MUST_CHECK;
void caption_painter_free(struct caption_painter **painter);

/* What frame `frame` of the film shows; NULL for nothing. Borrowed until the next call. Fast when frames come in order;
 * one thread at a time. */
int caption_painter_at(
    struct caption_painter *painter, int64_t frame, const struct stamp **ret_stamp, struct error *err) MUST_CHECK;

#endif
