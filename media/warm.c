#include "media/warm.h"

#include <malloc.h>

#include <libavcodec/avcodec.h>
#include <libavformat/avformat.h>
#include <libavutil/log.h>
#include <libavutil/opt.h>
#include <libswscale/swscale.h>

#include "media/io.h"

#define WARM_SIZE 64

static const struct log *warm_log;

PRINTF_LIKE(3, 0)
static void
log_ffmpeg(void *source, int level, const char *format, va_list args)
{
	char text[512];

	if (level > AV_LOG_WARNING || !log_wants(warm_log, LOG_LEVEL_DEBUG))
		return;
	(void)source;
	(void)vsnprintf(text, sizeof(text), format, args);
	text[strcspn(text, "\n")] = '\0';
	log_debug(warm_log, "ffmpeg", LOG_STR("text", text));
}

static AVFrame *
grey_frame(enum AVPixelFormat format)
{
	AVFrame *frame = av_frame_alloc();

	if (frame == NULL)
		return NULL;
	frame->format = format;
	frame->width = frame->height = WARM_SIZE;
	if (av_frame_get_buffer(frame, 0) < 0) {
		av_frame_free(&frame);
		return NULL;
	}
	for (int i = 0; i < AV_NUM_DATA_POINTERS && frame->buf[i] != NULL; i++)
		memset(frame->buf[i]->data, 128, frame->buf[i]->size);
	return frame;
}

/* One packet out of the encoder, flushed. */
static int
encode_one(const char *name, enum AVPixelFormat format, AVPacket *packet, AVCodecContext **ret_codec)
{
	const AVCodec *encoder = avcodec_find_encoder_by_name(name);
	CLEANUP(io_frame_free) AVFrame *frame = grey_frame(format);
	AVCodecContext *codec = encoder == NULL ? NULL : avcodec_alloc_context3(encoder);
	int rc;

	*ret_codec = codec;
	if (codec == NULL || frame == NULL)
		return AVERROR_ENCODER_NOT_FOUND;
	codec->width = codec->height = WARM_SIZE;
	codec->pix_fmt = format;
	codec->time_base = (AVRational){1, 30};
	codec->thread_count = 1;
	codec->strict_std_compliance = FF_COMPLIANCE_UNOFFICIAL;
	rc = avcodec_open2(codec, encoder, NULL);
	if (rc >= 0)
		rc = avcodec_send_frame(codec, frame);
	if (rc >= 0)
		rc = avcodec_send_frame(codec, NULL);
	return rc >= 0 ? avcodec_receive_packet(codec, packet) : rc;
}

static int
decode_one(enum AVCodecID id, const AVPacket *packet)
{
	const AVCodec *decoder = avcodec_find_decoder(id);
	CLEANUP(io_codec_free) AVCodecContext *codec = decoder == NULL ? NULL : avcodec_alloc_context3(decoder);
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	int rc;

	if (codec == NULL || frame == NULL)
		return AVERROR_DECODER_NOT_FOUND;
	codec->thread_count = 1;
	rc = avcodec_open2(codec, decoder, NULL);
	if (rc >= 0)
		rc = avcodec_send_packet(codec, packet);
	if (rc >= 0)
		rc = avcodec_send_packet(codec, NULL);
	return rc >= 0 ? avcodec_receive_frame(codec, frame) : rc;
}

static void
warm_codec(const char *name, enum AVPixelFormat format)
{
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	CLEANUP(io_codec_free) AVCodecContext *codec = NULL;
	int rc = packet == NULL ? AVERROR(ENOMEM) : encode_one(name, format, packet, &codec);

	if (rc >= 0)
		rc = decode_one(codec->codec_id, packet);
	if (rc < 0)
		log_warn(warm_log, "codec_missing", LOG_STR("codec", name), LOG_INT("averror", rc));
}

static void
warm_scaler(void)
{
	struct SwsContext *sws = sws_getContext(WARM_SIZE, WARM_SIZE, AV_PIX_FMT_YUV420P, 2 * WARM_SIZE, WARM_SIZE,
	    AV_PIX_FMT_RGB24, SWS_BICUBIC, NULL, NULL, NULL);

	sws_freeContext(sws);
}

void
warm_up(const struct log *log)
{
	warm_log = log;
	/* SVT-AV1 writes to stderr whatever FFmpeg's callback says; only errors */
	(void)setenv("SVT_LOG", "1", 1);
	av_log_set_callback(log_ffmpeg);
	/* x264 writes to stderr by itself unless FFmpeg's callback is in between */
	warm_codec("libx264", AV_PIX_FMT_YUV420P);
	warm_codec("mjpeg", AV_PIX_FMT_YUVJ444P);
	warm_codec("png", AV_PIX_FMT_RGB24);
	warm_scaler();
	malloc_trim(0);
}
