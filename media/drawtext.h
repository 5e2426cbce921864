/*
 * Text as a stamp: shaped by pango, always literal, in the resolved font with fallbacks for what it lacks.
 *
 * The size is the font's pixel size; positions count from the ink, not from line boxes. Text wider than 90 % of the
 * frame is made smaller, down to 36 (at 1080 lines), then broken into two lines; what is still too long is made smaller
 * again, so that it never leaves the frame.
 */
#ifndef MEDIA_DRAWTEXT_H
#define MEDIA_DRAWTEXT_H

#include "media/fonts.h"
#include "media/canvas.h"

struct drawtext {
	const char *text;
	const struct font *font;
	double size;	 /* pixels of the film */
	double size_min; /* where shrinking gives way to breaking lines */
	uint32_t rgb;
	bool outline; /* a soft dark edge, so that it can be read on any picture */
	enum timeline_anchor anchor;
	double margin;	   /* from the frame's edge to the ink, for top and bottom */
	int width, height; /* of the frame */
	double opacity;
};

struct drawtext_report {
	int missing;   /* characters that no font has */
	char first[8]; /* the first of them, UTF-8 */
	double size;   /* as drawn */
	int lines;
	int ink_x, ink_y, ink_width, ink_height; /* of the letters without edge, in the frame */
};

/* *ret_stamp is NULL for text without ink. report may be NULL. */
int drawtext_stamp(const struct drawtext *what, struct stamp **ret_stamp, struct drawtext_report *report,
    struct error *err) MUST_CHECK;

#endif
