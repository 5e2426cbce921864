/*
 * Colour profiles to sRGB, for what cameras and screens write: RGB and grey profiles made of curves and a matrix (sRGB,
 * Display P3, Adobe RGB, ProPhoto and their like). Profiles that are tables (CMYK, scanners) are left alone; what
 * FFmpeg makes of their pixels is used as it is.
 */
#ifndef MEDIA_PROFILE_ICC_H
#define MEDIA_PROFILE_ICC_H

#include "lib/base/attr.h"

struct icc;

/* NULL when the profile is not of that kind, damaged, or so close to sRGB that nothing would change. The caller frees
 * it. */
struct icc *icc_new(const uint8_t *bytes, size_t len) MUST_CHECK;
void icc_free(struct icc **icc);

/* n RGBA pixels of 16 bits, not premultiplied, in place; alpha stays. */
void icc_to_srgb(const struct icc *icc, uint16_t *pixels, size_t n);

#endif
