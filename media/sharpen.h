/*
 * Sharpening: what a picture differs from its own soft copy is added to it, in luma only.
 */
#ifndef MEDIA_SHARPEN_H
#define MEDIA_SHARPEN_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"

#define SHARPEN_ONE 256

/* In place; strength from 0 (nothing) to SHARPEN_ONE. A picture like a canvas. Aborts without memory. */
void sharpen_put(AVFrame *picture, int strength);

#endif
