/*
 * Single frames of a finished film as small JPEG files, and the contact sheet: frames at even distances in a grid, each
 * with its time.
 */
#ifndef MEDIA_SHEET_H
#define MEDIA_SHEET_H

#include "media/film.h"
#include "media/fonts.h"

#define SHEET_FRAMES_MAX 100
#define SHEET_COLUMNS_MAX 12

struct sheet_request {
	int frames, columns;
	int tile_width; /* pixels; the height follows the film's shape */
	const struct font *font;
};

struct sheet_result {
	int width, height;
	int64_t bytes;
};

/* Writes dir/name. Frame k of n is taken from the middle of the k-th of n equal parts. */
int sheet_write(struct film *film, const struct sheet_request *request, const struct task *task, int dir,
    const char *name, struct sheet_result *ret_result, struct error *err) MUST_CHECK;

/* The frame shown at at_us, `width` wide, as dir/name. */
int sheet_thumbnail(struct film *film, int64_t at_us, int width, const struct task *task, int dir, const char *name,
    struct error *err) MUST_CHECK;

#endif
