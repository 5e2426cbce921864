/*
 * Camera shake: how each picture of a clip lies against the one before, and how it must be moved so that the way is
 * smooth.
 *
 * Movement is a similarity (shift, turn, zoom), found on a small grey copy by minimising the squared difference, coarse
 * to fine; what moves by itself counts less. Only the four basic operations and square roots are used on floating
 * point, so every machine finds the same.
 */
#ifndef MEDIA_SHAKE_H
#define MEDIA_SHAKE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/attr.h"

/* About the picture's centre: a point (x, y) goes to ((1 + a) x - b y + dx, b x + (1 + a) y + dy), in samples. */
struct shake_move {
	double a, b, dx, dy;
};

/* Collects a clip's pictures one after the other. Aborts without memory. */
struct shake;
struct shake *shake_new(int width, int height);
void shake_free(struct shake **shake);

/* The next picture's luma, 8 bits. */
void shake_add(struct shake *shake, const uint8_t *luma, ptrdiff_t stride);

/* From picture i - 1 to picture i; none for the first. */
struct shake_move shake_step(const struct shake *shake, size_t index);

/* How pictures must be moved so that the way is smooth at a scale of `radius` pictures to each side, one for each
 * picture, and how much all of them must be enlarged so that no edge is seen (at least 1). The caller frees. */
struct shake_move *shake_smooth(const struct shake *shake, int radius, double *ret_zoom);

#endif
