/*
 * What a file is, as the probe task tells it. Texts are constants.
 */
#ifndef MEDIA_PROBE_H
#define MEDIA_PROBE_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

struct buf;
struct task;

struct probe {
	const char *type; /* "image", "video", "audio" */
	const char *format, *codec, *media_type;
	int width, height; /* upright */
	int rotation;	   /* degrees clockwise that were needed for that */
	int orientation;   /* EXIF, stills only */
	const char *pix_fmt;
	bool has_alpha;
	bool animated;
	int streams;
	int64_t duration_us;
	int fps_num, fps_den;
	int sar_num, sar_den;
	bool variable_rate;
	bool has_audio;
	const char *audio_codec;
	int channels, sample_rate;
};

/* ERR_INPUT with the codes of still.h, and media_too_long. task may be NULL. */
int probe_file(int fd, const struct task *task, struct probe *ret_probe, struct error *err) MUST_CHECK;

/* Whether it is the media type of captions or of a colour table. */
bool probe_is_text(const char *media_type);

/* Reads one to its end and writes the task's result. ERR_INPUT "captions_unreadable", "lut_invalid". */
int probe_text(int fd, const char *media_type, struct task *task, struct buf *result, struct error *err) MUST_CHECK;

#endif
