/*
 * From paper to sound: every note is laid on a circle of frames, so a tail that reaches over the end sounds at the
 * beginning; effects are run in over the end of the circle before their output counts. The result has no seam.
 */
#ifndef MEDIA_SYNTH_MUSIC_MIX_H
#define MEDIA_SYNTH_MUSIC_MIX_H

#include "media/synth/music_score.h"

/* Writes score_frames() interleaved stereo frames, at whatever level the mix has. `only` renders a single track with
 * its effects, for balancing; -1 renders all. */
void mix_render(const struct score *score, int only, float *interleaved);

#endif
