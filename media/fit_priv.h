/*
 * Between the files of fitting: scaling by swscale, and the ways that go over 16-bit R'G'B'.
 */
#ifndef MEDIA_FIT_PRIV_H
#define MEDIA_FIT_PRIV_H

#include "media/fit.h"

struct SwsContext;

/* Scales into RGBA64 of to's size; R'G'B' as the matrix of `from` says. */
int fit_scale_rgb(struct SwsContext **scaler, const AVFrame *from, AVFrame *to, struct error *err) MUST_CHECK;

/* A frame of this size and format in *picture, made anew when the size has changed. */
int fit_keep(AVFrame **picture, enum AVPixelFormat format, int width, int height, struct error *err) MUST_CHECK;

/* RGBA64 through the table, colours only. */
void fit_tone(AVFrame *rgb, const struct lut *tone);

/* Premultiplied RGBA64 of even sides becomes plain colours and how much they cover, both 4:2:0 of the same size; 255 in
 * `cover` (chroma planes too) is opaque. NULL: the picture is opaque anyway. */
void fit_split(const AVFrame *rgb, AVFrame *colour, AVFrame *cover);

/* canvas_paste() of what covers. */
void fit_blend(AVFrame *to, const AVFrame *colour, const AVFrame *cover, const struct canvas_patch *patch);

#endif
