/*
 * Between the files that make sound.
 */
#ifndef MEDIA_SOUND_PRIV_H
#define MEDIA_SOUND_PRIV_H

#include "media/sound.h"

/* Interleaved stereo samples of the file's best sound stream at `rate`, at most `limit` frames. The caller frees them.
 */
int sound_decode(const struct task *task, const char *name, int fd, int rate, size_t limit, float **ret_samples,
    size_t *ret_frames, struct error *err) MUST_CHECK;

/* The mixed programme, before its loudness is set; zeroed room for `frames` is given. */
int sound_mix(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx, float *mix,
    size_t frames, struct error *err) MUST_CHECK;

/* Encodes into the builder and fills in what the notes say of packets and of the decoded result. */
int sound_encode(const float *samples, size_t frames, int rate, struct piece_builder *builder,
    struct sound_notes *notes, struct error *err) MUST_CHECK;

#endif
