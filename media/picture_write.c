#include <libavcodec/avcodec.h>
#include <libavutil/imgutils.h>
#include <libswscale/swscale.h>

#include "media/io.h"
#include "media/picture.h"

struct file_row {
	const char *encoder;
	enum AVPixelFormat format;
	int quality; /* of mjpeg, 1 (best) to 31 */
};

static const struct file_row files[] = {
    [PICTURE_PNG] = {"png", AV_PIX_FMT_RGB24, 0},
    [PICTURE_JPEG] = {"mjpeg", AV_PIX_FMT_YUVJ444P, 2},
    [PICTURE_JPEG_SMALL] = {"mjpeg", AV_PIX_FMT_YUVJ420P, 3},
};

static void
to_rgb24(const struct picture *picture, AVFrame *frame)
{
	for (int y = 0; y < picture->height; y++) {
		const uint16_t *from = PICTURE_PIXEL(picture, 0, y);
		uint8_t *to = frame->data[0] + (ptrdiff_t)y * frame->linesize[0];
		for (int x = 0; x < picture->width; x++, from += 4, to += 3) {
			for (int c = 0; c < 3; c++)
				to[c] = (uint8_t)((from[c] * 255u + 32767u) / 65535u);
		}
	}
}

static int
to_yuv(const struct picture *picture, AVFrame *frame, struct error *err)
{
	struct SwsContext *sws =
	    sws_getContext(picture->width, picture->height, AV_PIX_FMT_RGBA64LE, frame->width, frame->height,
		frame->format, SWS_BICUBIC | SWS_ACCURATE_RND | SWS_FULL_CHR_H_INP | SWS_BITEXACT, NULL, NULL, NULL);
	const uint8_t *const from[4] = {(const uint8_t *)picture->pixels};
	const int stride[4] = {picture->width * 8};
	int rc;

	if (sws == NULL)
		return error_set(err, ERR_MEMORY, "no converter for a picture");
	rc = sws_scale(sws, from, stride, 0, picture->height, frame->data, frame->linesize);
	sws_freeContext(sws);
	return rc < 0 ? io_error_own(err, rc, "converting a picture") : 0;
}

static int
frame_make(const struct picture *picture, const struct file_row *row, AVFrame *frame, struct error *err)
{
	frame->format = row->format;
	frame->width = picture->width;
	frame->height = picture->height;
	const int rc = av_frame_get_buffer(frame, 0);
	if (rc < 0)
		return io_error_own(err, rc, "making a frame");
	if (row->format == AV_PIX_FMT_RGB24) {
		to_rgb24(picture, frame);
		return 0;
	}
	frame->color_range = AVCOL_RANGE_JPEG;
	frame->colorspace = AVCOL_SPC_BT470BG;
	frame->quality = row->quality * FF_QP2LAMBDA;
	return to_yuv(picture, frame, err);
}

static int
encode(const struct file_row *row, const AVFrame *frame, AVPacket *packet, struct error *err)
{
	const AVCodec *encoder = avcodec_find_encoder_by_name(row->encoder);
	CLEANUP(io_codec_free) AVCodecContext *codec = encoder == NULL ? NULL : avcodec_alloc_context3(encoder);
	int rc;

	if (codec == NULL)
		return error_set(err, ERR_INTERNAL, "FFmpeg here has no encoder '%s'", row->encoder);
	codec->width = frame->width;
	codec->height = frame->height;
	codec->pix_fmt = row->format;
	codec->color_range = frame->color_range;
	codec->time_base = (AVRational){1, 25};
	codec->thread_count = 1;
	if (row->quality > 0) {
		codec->flags |= AV_CODEC_FLAG_QSCALE | AV_CODEC_FLAG_BITEXACT;
		codec->global_quality = row->quality * FF_QP2LAMBDA;
		codec->qmin = codec->qmax = row->quality;
	}
	rc = avcodec_open2(codec, encoder, NULL);
	if (rc >= 0)
		rc = avcodec_send_frame(codec, frame);
	if (rc >= 0)
		rc = avcodec_send_frame(codec, NULL);
	if (rc >= 0)
		rc = avcodec_receive_packet(codec, packet);
	return rc < 0 ? io_error_own(err, rc, "encoding a picture") : 0;
}

int
picture_write(const struct picture *picture, enum picture_file file, int dir, const char *name, int64_t *ret_bytes,
    struct error *err)
{
	const struct file_row *row = &files[file];
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();

	if (frame == NULL || packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	if (frame_make(picture, row, frame, err) < 0 || encode(row, frame, packet, err) < 0)
		return -1;
	if (io_write_file(dir, name, packet->data, (size_t)packet->size, err) < 0)
		return -1;
	if (ret_bytes != NULL)
		*ret_bytes = packet->size;
	return 0;
}
