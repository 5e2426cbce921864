/*
 * Films and sound as inputs of the small tasks: what a container holds, and single frames out of it.
 */
#ifndef MEDIA_FILM_H
#define MEDIA_FILM_H

#include "media/io.h"
#include "media/picture.h"
#include "media/task.h"

#define FILM_SIDE_MAX 16384
#define FILM_PIXELS_MAX ((int64_t)40 * 1000 * 1000)
#define FILM_DURATION_MAX_US ((int64_t)4 * 3600 * 1000000)

/* An open film; film_done frees and fits CLEANUP with a zeroed struct. */
struct film {
	AVFormatContext *fmt;
	const AVStream *video;	 /* the picture stream (no cover art), or NULL */
	const AVStream *audio;	 /* the first sound stream, or NULL */
	AVCodecContext *decoder; /* of the video once film_seek or film_next was called */
};

/* Opens the container and chooses the streams; neither stream is ERR_INPUT "media_unreadable". */
int film_open(int fd, const struct task *task, struct film *ret_film, struct error *err) MUST_CHECK;
void film_done(struct film *film);

/* Duration of the film in microseconds, 0 when unknown. */
int64_t film_duration_us(const struct film *film);
/* Constant or average rate; 0/1 when unknown. */
AVRational film_rate(const struct film *film);
/* Clockwise quarter turns in degrees that a player applies: 0, 90, 180, 270. */
int film_rotation(const struct film *film);
/* Time of a frame of the picture stream from the film's start. */
int64_t film_frame_us(const struct film *film, const AVFrame *frame);

/* Goes to the key frame at or before the time; decoding starts there. */
int film_seek(struct film *film, int64_t at_us, struct error *err) MUST_CHECK;
/* Next decoded frame of the picture stream into `frame` (unreferenced first). 1: there is one, 0: the end, -1: error.
 */
int film_next(struct film *film, AVFrame *frame, struct error *err) MUST_CHECK;

/* The frame shown at at_us (the last one when that is beyond the end). The caller frees it. */
int film_frame_at(
    struct film *film, int64_t at_us, const struct task *task, AVFrame **ret_frame, struct error *err) MUST_CHECK;
/* The very last frame. */
int film_last_frame(struct film *film, const struct task *task, AVFrame **ret_frame, struct error *err) MUST_CHECK;

/* The frame as a picture: square pixels, turned upright, at most max_side. */
int film_picture(const struct film *film, const AVFrame *frame, int max_side, struct picture *ret_picture,
    struct error *err) MUST_CHECK;

#endif
