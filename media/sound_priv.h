/*
 * Between the files that make sound.
 */
#ifndef MEDIA_SOUND_PRIV_H
#define MEDIA_SOUND_PRIV_H

#include "media/profile.h"
#include "media/sound.h"
#include "media/spill.h"

/* Writes the mixed programme, before its loudness is set, and notes what was found out about it. */
int sound_mix(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx, struct spill *spill,
    struct sound_notes *notes, struct error *err) MUST_CHECK;

/* AAC or Opus, once, and listening to the result. */
struct sound_coder;

/* The builder is emptied. `frames`: of the programme to come. The caller frees, with sound_coder_end() before or not.
 */
int sound_coder_open(const struct profile_sound *codec, int rate, int64_t frames, struct piece_builder *builder,
    struct sound_coder **ret_coder, struct error *err) MUST_CHECK;
void sound_coder_free(struct sound_coder **coder);

int sound_coder_put(struct sound_coder *coder, const float *samples, size_t frames, struct error *err) MUST_CHECK;

/* After all frames were put: fills in what the notes say of packets and of the decoded result. */
int sound_coder_end(struct sound_coder *coder, struct sound_notes *notes, struct error *err) MUST_CHECK;

#endif
