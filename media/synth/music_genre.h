/* The composers. Each initialises the score and writes a whole piece of about 30 s; the caller ends it with
 * score_done(). */
#ifndef MEDIA_SYNTH_MUSIC_GENRE_H
#define MEDIA_SYNTH_MUSIC_GENRE_H

#include "media/synth/music_score.h"

void music_upbeat(struct score *score, int64_t seed, int rate);
void music_chill(struct score *score, int64_t seed, int rate);
void music_energetic(struct score *score, int64_t seed, int rate);

#endif
