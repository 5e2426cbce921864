/*
 * Writing a silent H.264 clip of constant rate: the small sibling of the render engine's encoder, for clips that will
 * be encoded again.
 */
#ifndef MEDIA_CLIP_H
#define MEDIA_CLIP_H

#include "media/io.h"
#include "media/task.h"

struct clip;

struct clip_format {
	int width, height; /* even */
	AVRational rate;
	int64_t frames; /* that will be written */
};

/* The file is scratch/name: MP4 with its index in front. */
int clip_open(const struct task *task, const char *name, const struct clip_format *format, struct clip **ret_clip,
    struct error *err) MUST_CHECK;
/* The frame to draw on, valid until clip_add; NULL with err. */
AVFrame *clip_frame(struct clip *clip, struct error *err) MUST_CHECK;
/* Encodes what was drawn. */
int clip_add(struct clip *clip, struct error *err) MUST_CHECK;
/* Ends the file; fails unless exactly format.frames were added. ret_bytes may be NULL. */
int clip_end(struct clip *clip, int64_t *ret_bytes, struct error *err) MUST_CHECK;
/* Frees; a file that was not ended is removed. */
void clip_free(struct clip **clip);

#endif
