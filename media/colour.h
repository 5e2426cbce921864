/*
 * Colour matrices: what numbers of a source mean, and bringing BT.601 and BT.2020 numbers to BT.709.
 *
 * swscale can do the latter only by way of 8-bit RGB, slowly and with clipping. Between two matrices of the same range
 * the change is linear and chroma does not depend on luma (grey stays grey), so it is done in place here.
 */
#ifndef MEDIA_COLOUR_H
#define MEDIA_COLOUR_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"

/* R, G, B from 0 to 1 as 8-bit limited-range BT.709 values, not rounded. */
void colour_yuv709(double r, double g, double b, double yuv[3]);

/* The matrix of a decoded frame; one that does not say is taken for BT.601 below 720 lines and 1280 columns, as players
 * and browsers take it, else for BT.709. Never unspecified. */
enum AVColorSpace colour_space(const AVFrame *frame);

/* Full range (0-255) YUV. */
bool colour_full_range(const AVFrame *frame);

/* 4:2:0 limited-range numbers of `space` become those of BT.709. */
void colour_to_709(AVFrame *picture, enum AVColorSpace space);

#endif
