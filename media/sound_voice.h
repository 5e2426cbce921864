/*
 * Playing one voice of the film: decoded, at its speed, repeated, faded and placed, as a stream in film order.
 */
#ifndef MEDIA_SOUND_VOICE_H
#define MEDIA_SOUND_VOICE_H

#include "lib/timeline/voice.h"
#include "media/sound_reader.h"

struct sound_voice;

struct sound_voice_request {
	const struct voice *voice;
	int fd;	       /* of its asset */
	int rate;      /* of the film's sound */
	int64_t total; /* samples of the film */
	const struct task *task;
};

/* Opens nothing yet. Out of memory aborts. The caller frees. */
struct sound_voice *sound_voice_new(const struct sound_voice_request *request) RETURNS_NONNULL;
void sound_voice_free(struct sound_voice **player);

/* First and last sample (not included) of the film in which the voice may be heard. */
int64_t sound_voice_start(const struct sound_voice *player);
int64_t sound_voice_end(const struct sound_voice *player);

/* Adds what is heard of the voice in the next `frames` frames of the film, which begin at `at`. Calls follow each other
 * without gaps from sound_voice_start() on at the latest. A clip without sound is silent; an audio item without is
 * ERR_INPUT "sound_unavailable". */
int sound_voice_add(
    struct sound_voice *player, int64_t at, size_t frames, float *samples, struct error *err) MUST_CHECK;

/* Whether the voice went on after the end of the film, once that was reached. */
int sound_voice_cut(struct sound_voice *player, bool *ret_cut, struct error *err) MUST_CHECK;

#endif
