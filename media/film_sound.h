/*
 * The sound of a finished film as it is heard: decoded again, because encoding moves peaks.
 */
#ifndef MEDIA_FILM_SOUND_H
#define MEDIA_FILM_SOUND_H

#include "lib/base/buf.h"
#include "media/film.h"
#include "media/quality.h"

struct film_sound {
	struct buf peaks; /* float: highest magnitude of each full tenth of a second */
	float peak;	  /* of the rest */
	int64_t samples;
	int64_t first_us; /* time of the first sample */
};

/* Reads the film to its end. The film has picture and sound; seek before using it further. film_sound_done in any case.
 */
int film_sound_hear(
    struct film *film, const struct task *task, struct film_sound *ret_sound, struct error *err) MUST_CHECK;
void film_sound_done(struct film_sound *sound);

#endif
