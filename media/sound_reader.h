/*
 * The sound of a file as a stream of stereo samples at a wanted rate, from any place on.
 *
 * Places are counted in frames of the wanted rate from the file's own zero: where its first picture is shown, or where
 * its sound begins when it has no picture. What the file leaves out at its beginning or in the middle is silence, so
 * sound and picture stay together whatever the container says. Reading from a place gives the samples that reading from
 * the beginning gives there, apart from what a decoder needs to settle.
 *
 * Mono is heard on both sides as loud as it is recorded; more than two channels are mixed down by the usual rules (a
 * centre 3 dB quieter on both sides, surrounds 3 dB quieter on their side, no low-frequency channel).
 */
#ifndef MEDIA_SOUND_READER_H
#define MEDIA_SOUND_READER_H

#include <stddef.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define SOUND_CHANNELS 2

struct task;
struct sound_reader;

struct sound_request {
	const char *name; /* for messages */
	int fd;
	int rate;
	int64_t from; /* frames, not negative */
	const struct task *task;
};

/* 0, or 1 when the file has no sound at all (*ret_reader is not set), or -1. ERR_INPUT "sound_unavailable" naming the
 * sound when it cannot be read. The caller closes. */
int sound_reader_open(
    const struct sound_request *request, struct sound_reader **ret_reader, struct error *err) MUST_CHECK;
void sound_reader_close(struct sound_reader **reader);

/* Fills `samples` with up to `frames` frames; fewer only at the end of the file. Damaged parts are silence. */
int sound_reader_read(
    struct sound_reader *reader, float *samples, size_t frames, size_t *ret_got, struct error *err) MUST_CHECK;

#endif
