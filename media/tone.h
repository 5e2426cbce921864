/*
 * Light and signal: powers, and pictures with a wide range of light brought into the film's.
 *
 * The C library's pow() may differ in its last bit from processor to processor, so powers are made here from square
 * roots and products, which IEEE 754 defines exactly.
 */
#ifndef MEDIA_TONE_H
#define MEDIA_TONE_H

#include <libavutil/pixfmt.h>

#include "lib/base/attr.h"
#include "media/lut.h"

/* x^exponent for x >= 0 and exponent > 0, to about seven digits. */
double tone_power(double x, double exponent);

/* From R'G'B' of that transfer function and these primaries to R'G'B' of BT.709, for light (PQ, HLG) or colours
 * (BT.2020) of a wide range: light up to diffuse white (203 cd/m2) stays nearly as it is, highlights above are rolled
 * off. NULL when there is nothing to do; the caller frees it. */
struct lut *tone_lut(enum AVColorTransferCharacteristic transfer, enum AVColorPrimaries primaries);

#endif
