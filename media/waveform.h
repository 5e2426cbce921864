/*
 * What a sound looks like: for each column of a picture the lowest and highest sample of both sides and their mean
 * level, and the picture itself.
 *
 * The sound streams through; however long it is, a few thousand numbers are kept.
 */
#ifndef MEDIA_WAVEFORM_H
#define MEDIA_WAVEFORM_H

#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define WAVEFORM_RATE 48000
#define WAVEFORM_WIDTH 1200
#define WAVEFORM_HEIGHT 160
#define WAVEFORM_SIDE_MIN 16
#define WAVEFORM_SIDE_MAX 4096

struct task;

struct waveform_column {
	float low, high; /* full scale at -1 and 1 */
	float rms;
};

struct waveform {
	int64_t frames; /* at WAVEFORM_RATE */
	int64_t per_column;
	struct waveform_column *columns; /* in the arena; at most as many as asked for, fewer for a short sound */
	size_t count;
};

struct waveform_request {
	const char *name; /* for messages */
	int fd;
	int64_t frames; /* of the sound at most; 0: all of it */
	size_t columns; /* positive */
};

/* ERR_INPUT "sound_unavailable" for a file without sound or one that cannot be read. */
int waveform_read(struct arena *arena, const struct task *task, const struct waveform_request *request,
    struct waveform *ret_waveform, struct error *err) MUST_CHECK;

/* Writes dir/name: a PNG in grey with transparency that can be laid over light and dark pages; peaks pale, the mean
 * level strong. The columns stand at the left; a short sound leaves the rest free. */
int waveform_png(const struct waveform *waveform, int width, int height, int dir, const char *name, int64_t *ret_bytes,
    struct error *err) MUST_CHECK;

/* Writes dir/name: JSON as the program audiowaveform makes it (version 2, 8 bits, one channel: low and high in turn),
 * with one member more, `rms`. */
int waveform_json(
    const struct waveform *waveform, int dir, const char *name, int64_t *ret_bytes, struct error *err) MUST_CHECK;

#endif
