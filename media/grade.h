/*
 * Grades: what a film's or clip's colours are turned into.
 *
 * A grade is one or more colour tables in a row. It is applied to 8-bit 4:2:0 pictures by looking up whole answers: for
 * each pair of chroma values a row holds what every luma becomes. Rows are made when a colour first occurs, exactly
 * from the tables, so nothing is interpolated twice and a frame costs a few milliseconds.
 */
#ifndef MEDIA_GRADE_H
#define MEDIA_GRADE_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/timeline/timeline.h"
#include "media/lut.h"

/* The table of a look's grade: a preset's, or that of its numbers. NULL for GRADE_NONE. The caller frees it. */
struct lut *grade_lut(const struct timeline_look *look);

struct grade;

/* Takes the tables over (1 or 2 of them) and applies them in this order. Aborts without memory. */
struct grade *grade_new(struct lut *const *luts, size_t n_luts);
void grade_free(struct grade **grade);

/* In place; a picture like a canvas, sides even. Any number of threads at once. */
void grade_put(struct grade *grade, AVFrame *picture);

#endif
