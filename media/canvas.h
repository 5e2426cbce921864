/*
 * Canvases: the film's frames while they are put together. AVFrames in 8-bit 4:2:0, BT.709, limited range, of the
 * output's size.
 *
 * Everything that mixes them is plain integer arithmetic here, so a frame comes out the same on every machine and in
 * whatever order spans are made. A stamp is a drawing (text, logo) with soft edges, already converted; putting it on
 * costs its own area only.
 */
#ifndef MEDIA_CANVAS_H
#define MEDIA_CANVAS_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/timeline/timeline.h"

/* Of 4:2:0: how many samples of a plane lie along a side of `luma` samples. */
static inline int
canvas_side(int luma, int plane)
{
	return plane == 0 ? luma : (luma + 1) / 2;
}

static inline uint8_t *
canvas_row(const AVFrame *canvas, int plane, int y)
{
	return canvas->data[plane] + (ptrdiff_t)y * canvas->linesize[plane];
}

/* Not filled; free with av_frame_free. */
int canvas_new(int width, int height, AVFrame **ret_canvas, struct error *err) MUST_CHECK;

/* R, G and B as in #RRGGBB. */
void canvas_fill(AVFrame *canvas, uint32_t rgb);

void canvas_copy(AVFrame *to, const AVFrame *from);

/* A rectangle of `from`, at even places, to an even place of `to`; cut to what lies inside both. */
struct canvas_patch {
	int from_x, from_y;
	int to_x, to_y;
	int width, height;
};
void canvas_paste(AVFrame *to, const AVFrame *from, const struct canvas_patch *patch);

/* How a picture becomes upright: left and right are swapped, then it is turned clockwise by 0 to 3 quarters. */
struct canvas_turn {
	int quarters;
	bool mirrored;
};

/* `to` has the turned size. */
void canvas_turn(AVFrame *to, const AVFrame *from, const struct canvas_turn *turn);

struct stamp {
	int x, y, width, height; /* even; inside the frame */
	/* of each sample of each plane: how much of what is below stays (65536: all), and what is added, times 65536 */
	uint32_t *keep[3];
	uint32_t *add[3];
};

/* From premultiplied ARGB words (cairo's), `stride` words apart, to the patch's place, which is even. */
int stamp_new(const uint32_t *argb, int stride, const struct canvas_patch *place, double opacity,
    struct stamp **ret_stamp, struct error *err) MUST_CHECK;
void stamp_free(struct stamp **stamp);
/* `share`/65536 of it: less than all while it fades. */
void stamp_put(const struct stamp *stamp, AVFrame *canvas, int32_t share);

/* What one frame looked like on a grid of at most 480 samples a line. Marks are stored with their span, so what is
 * judged of them later may change without encoding anything again. */
struct canvas_mark {
	uint16_t mean[3]; /* of each plane, times 256 */
	uint16_t change;  /* mean difference of luma to the frame before, times 256; of a span's first frame 0 */
	uint16_t lit;	  /* of the next three: share of all luma samples, 65535: all. Brighter than 40: not black */
	uint16_t low;	  /* below 16, blacker than black */
	uint16_t high;	  /* above 235, whiter than white */
	uint16_t flags;
};
#define CANVAS_SAME 1u /* every sample is that of the frame before */

/* Raised whenever marks mean something else; part of the keys. */
#define CANVAS_NOTES_VERSION 1

/* The notes of a span's piece: this, then its marks. */
struct canvas_notes {
	uint32_t version;
	uint32_t frames;
	uint64_t first, last; /* digests of the grids of the first and the last frame */
};

struct canvas_meter;
struct canvas_meter *canvas_meter_new(void);
void canvas_meter_free(struct canvas_meter **meter);
void canvas_meter_add(struct canvas_meter *meter, const AVFrame *canvas);
/* Appends the notes. */
void canvas_meter_notes(const struct canvas_meter *meter, struct buf *notes);

#endif
