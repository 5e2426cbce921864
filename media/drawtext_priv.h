/*
 * The pen: a text laid out with pango, its lines placed among each other.
 */
#ifndef MEDIA_DRAWTEXT_PRIV_H
#define MEDIA_DRAWTEXT_PRIV_H

#include <pango/pangocairo.h>

#include "media/drawtext.h"

struct pen_line {
	PangoLayoutLine *line; /* borrowed from the layout */
	double x, y;	       /* where its baseline begins; y counts from the first line's */
};

struct pen_rect {
	double left, top, right, bottom;
};

struct pen {
	const struct drawtext *what;
	char *text; /* what of it can be shown */
	struct drawtext_part *parts;
	PangoFontMap *map;
	PangoContext *context;
	PangoLayout *layout;
	double size;
	double ascent, descent; /* of the font itself */
	struct pen_line *lines;
	int n_lines;
	struct pen_rect ink;   /* of all lines, as pango computes it */
	struct pen_rect block; /* line boxes of all lines in the font's own height */
};

/* Lays out in the size asked for and takes out what no font has; the report says what. */
void pen_init(struct pen *pen, const struct drawtext *what, struct drawtext_report *report);
void pen_done(struct pen *pen);
/* Shrinks and breaks until it fits. */
void pen_fit(struct pen *pen);

/* fn is called for each run of letters, with the place where it begins. */
void pen_each_run(
    const struct pen *pen, void (*fn)(void *ctx, const PangoGlyphItem *run, double x, double y), void *ctx);

/* Emoji: glyphs that are pictures. */
bool pen_run_coloured(const PangoGlyphItem *run);

#endif
