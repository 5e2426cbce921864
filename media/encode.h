/*
 * Encoding pictures with settings that make separately encoded stretches joinable and equal on every processor. Which
 * encoder and which settings is the profile's business.
 */
#ifndef MEDIA_ENCODE_H
#define MEDIA_ENCODE_H

#include <libavutil/frame.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "media/piece.h"
#include "media/profile.h"

struct encoder;

struct encoder_request {
	int width, height;
	int64_t fps_num, fps_den;
	const struct profile *profile; /* NULL: the default one */
	bool plain;		       /* without SIMD, as far as the encoder can: for tests of identity */
};

/* Samples and setup record go into *builder, which must outlive the encoder. */
int encoder_open(const struct encoder_request *request, struct piece_builder *builder, struct encoder **ret_encoder,
    struct error *err) MUST_CHECK;
void encoder_free(struct encoder **encoder);

/* The next frame, which may be changed as soon as this returns; NULL: no more frames, everything comes out. */
int encoder_put(struct encoder *encoder, const AVFrame *frame, struct error *err) MUST_CHECK;

#endif
