/*
 * Text as a stamp: shaped by pango, always literal, in the resolved font with fallbacks for what it lacks.
 *
 * The size is the font's pixel size; positions count from the ink, not from line boxes, and are exact: the first row
 * of pixels that shows letters lies where the margin says. A line feed breaks the line, other control characters are
 * spaces. Each paragraph runs in the direction of its first strong letter. Text that is too wide (90 % of the frame, or
 * max_width) is made smaller, down to size_min, then broken into two lines of about equal length; what is still too
 * long is made smaller again and, before it gets tiny, broken into more lines, so that it never leaves the frame.
 *
 * Characters that no font has are left out and reported. Nothing of the picture depends on any font but those that
 * drawtext_fonts_used() names.
 */
#ifndef MEDIA_DRAWTEXT_H
#define MEDIA_DRAWTEXT_H

#include "media/fonts.h"
#include "media/canvas.h"

enum drawtext_align { DRAWTEXT_CENTER, DRAWTEXT_LEFT, DRAWTEXT_RIGHT };

/* Bytes of the text in a colour of their own. */
struct drawtext_part {
	size_t begin, end;
	uint32_t rgb;
};

/* A plate behind all lines together. */
struct drawtext_box {
	double opacity; /* 0: none */
	uint32_t rgb;
	double pad;    /* pixels between the letters' line boxes and its edge */
	double radius; /* of its corners */
};

/* Fonts that were loaded for one text and serve the next. In one thread at a time. */
struct drawtext_shelf;
struct drawtext_shelf *drawtext_shelf_new(void) RETURNS_NONNULL;
void drawtext_shelf_free(struct drawtext_shelf **shelf);

struct drawtext {
	const char *text;
	const struct font *font;
	struct drawtext_shelf *shelf; /* NULL: fonts are loaded for this text alone */
	double size;		      /* pixels of the film */
	double size_min;	      /* where shrinking gives way to breaking lines */
	uint32_t rgb;
	const struct drawtext_part *parts; /* in order, not overlapping */
	size_t n_parts;
	bool soft_edge;	   /* a soft dark edge, so that it can be read on any picture */
	double edge_width; /* of a sharp outline around the letters, in pixels; 0: none. It counts as ink */
	uint32_t edge_rgb;
	struct drawtext_box box;
	enum drawtext_align align; /* of lines among each other */
	int across, down;	   /* where in the frame: -1 left or top, 0 middle, 1 right or bottom */
	double margin_x, margin_y; /* from that edge of the frame to the ink, or to the box if there is one */
	double offset_x, offset_y; /* from there, to the right and down; it still stays in the frame */
	double max_width;	   /* of the lines in pixels; 0: 90 % of the frame */
	int max_lines;		   /* that breaking makes before it shrinks further; 0: 2 */
	bool steady;	   /* vertically the font's line boxes count instead of the ink, so that baselines of texts that
			      replace each other do not jump */
	int width, height; /* of the frame */
	double opacity;
};

#define DRAWTEXT_MISSING_MAX 8

struct drawtext_report {
	int missing;			       /* characters that no font has */
	uint32_t points[DRAWTEXT_MISSING_MAX]; /* the first different ones of them */
	size_t n_points;
	double size; /* as drawn */
	int lines;
	int ink_x, ink_y, ink_width, ink_height; /* of the letters with their outline, in the frame */
	int box_x, box_y, box_width, box_height; /* of the box, if there is one */
};

/* *ret_stamp is NULL for text without ink. report may be NULL. */
int drawtext_stamp(const struct drawtext *what, struct stamp **ret_stamp, struct drawtext_report *report,
    struct error *err) MUST_CHECK;

/* "U+E000, U+10FFFD, ...": the missing characters in a form that is safe to show. In the arena. */
const char *drawtext_missing(const struct drawtext_report *report, struct arena *arena) MUST_CHECK;

#define DRAWTEXT_FONTS_MAX 32

struct drawtext_fonts {
	struct {
		const char *sha256;  /* of the file; borrowed from the font's fonts */
		int index;	     /* face */
	} items[DRAWTEXT_FONTS_MAX]; /* in order of first use */
	size_t count;
	char key[HASH_HEX_SIZE]; /* digest of all of them, and of the weight and slant asked for */
};

/* The fonts that the text's letters really come from, whatever its size; a text of which no font has a letter has
 * none. The report, which may be NULL, says what is missing. One thread at a time. */
int drawtext_fonts_used(const struct drawtext *what, struct drawtext_fonts *ret_fonts, struct drawtext_report *report,
    struct error *err) MUST_CHECK;

/* Width in pixels of the text in its size, not fitted. */
double drawtext_width(const struct drawtext *what);

#endif
