/*
 * A box blur in place over a plane of bytes; three of them look like a Gaussian one.
 */
#ifndef MEDIA_BLUR_H
#define MEDIA_BLUR_H

#include <stddef.h>
#include <stdint.h>

/* Mean over 2 * radius + 1 samples both ways; samples beyond the edge repeat the edge's. */
void blur_plane(uint8_t *plane, ptrdiff_t stride, int width, int height, int radius);

#endif
