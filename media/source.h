/*
 * A clip as an indexed row of pictures.
 *
 * The index is made once per file by reading its packets without decoding: presentation times in order and where
 * decoding may begin. It is read-only afterwards and shared by all threads; each thread opens its own reader on the
 * same descriptor. A reader gives the k-th picture exactly, whatever was asked before: it goes on decoding, or seeks to
 * the key picture before it. Picture files (JPEG, PNG, ...) are clips of one picture.
 */
#ifndef MEDIA_SOURCE_H
#define MEDIA_SOURCE_H

#include <libavutil/frame.h>
#include <libavutil/rational.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "media/canvas.h"
#include "media/lut.h"

struct task;

#define SOURCE_FRAMES_MAX 2000000
#define SOURCE_STILL_SIDE 4096

struct source_point {
	int64_t pts; /* stream time base, sorted */
	int64_t dts; /* for seeking; of key pictures */
	bool key;
};

struct source {
	const char *name; /* for messages */
	int fd;
	int stream;
	AVRational time_base;
	struct source_point *points;
	size_t frames;
	struct canvas_turn turn; /* to stand upright */
	AVRational aspect;	 /* of a sample; 1:1 when unknown */
	bool still;		 /* a picture file; its one picture comes upright, at most SOURCE_STILL_SIDE long */
	bool interlaced;	 /* its pictures are made of two fields each; they come deinterlaced */
	struct lut *tone;	 /* brings its light into the film's range; NULL: not needed. In the arena */
	int width, height;	 /* coded */
	const char *format;	 /* the demuxer's name */
	struct AVCodecParameters *parameters; /* as found by reading into the file */
};

/* The index lives in the arena. ERR_INPUT "clip_unavailable" naming the clip when it cannot be read or has no picture.
 */
int source_index(struct arena *arena, const struct task *task, const char *name, int fd, struct source **ret_source,
    struct error *err) MUST_CHECK;

/* The picture to show in frame k of a layer that shows the source from in_us on at speed_ppm: every source picture
 * takes effect at the film frame nearest to its time, halves late. */
size_t source_at(const struct source *source, int64_t k, int64_t in_us, int64_t speed_ppm, AVRational fps);

struct source_reader;

int source_open(const struct source *source, const struct task *task, struct source_reader **ret_reader,
    struct error *err) MUST_CHECK;
void source_close(struct source_reader **reader);

/* Borrowed until the next call. A picture with transparency is RGBA64 with premultiplied colour, whatever the file has.
 */
int source_read(struct source_reader *reader, size_t index, const AVFrame **ret_frame, struct error *err) MUST_CHECK;

#endif
