#include "media/encode.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>
#include <pthread.h>

#include "media/io.h"

struct encoder {
	const struct profile *profile;
	struct piece_builder *builder;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;
	int64_t next;
};

/* SVT-AV1 keeps what it knows of the processors in globals that opening fills and closing frees, unlocked. */
static pthread_mutex_t opening = PTHREAD_MUTEX_INITIALIZER;

void
encoder_free(struct encoder **encoder)
{
	if (*encoder == NULL)
		return;
	pthread_mutex_lock(&opening);
	avcodec_free_context(&(*encoder)->codec);
	pthread_mutex_unlock(&opening);
	av_packet_free(&(*encoder)->packet);
	av_frame_free(&(*encoder)->frame);
	free(*encoder);
	*encoder = NULL;
}

static void
describe(AVCodecContext *codec, const struct encoder_request *request)
{
	codec->width = request->width;
	codec->height = request->height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->time_base = (AVRational){(int)request->fps_den, (int)request->fps_num};
	codec->framerate = (AVRational){(int)request->fps_num, (int)request->fps_den};
	codec->sample_aspect_ratio = (AVRational){1, 1};
	codec->colorspace = AVCOL_SPC_BT709;
	codec->color_primaries = AVCOL_PRI_BT709;
	codec->color_trc = AVCOL_TRC_BT709;
	codec->color_range = AVCOL_RANGE_MPEG;
	codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER;
	codec->thread_count = 1;
}

static int
read_settings(const struct encoder_request *request, const struct profile *profile, AVDictionary **options)
{
	char text[1024];
	const int len = snprintf(text, sizeof(text), "%s%s", profile->settings, request->plain ? profile->plain : "");

	return (size_t)len < sizeof(text) ? av_dict_parse_string(options, text, "=", " ", 0) : AVERROR(EINVAL);
}

static int
open_codec(struct encoder *encoder, const struct encoder_request *request, struct error *err)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(encoder->profile->encoder);
	AVDictionary *options = NULL;
	int ret, left;

	if (codec == NULL)
		return error_set(err, ERR_UNAVAILABLE, "this FFmpeg has no %s", encoder->profile->encoder);
	encoder->codec = avcodec_alloc_context3(codec);
	if (encoder->codec == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	describe(encoder->codec, request);
	ret = read_settings(request, encoder->profile, &options);
	pthread_mutex_lock(&opening);
	if (ret >= 0)
		ret = avcodec_open2(encoder->codec, codec, &options);
	pthread_mutex_unlock(&opening);
	left = av_dict_count(options);
	av_dict_free(&options);
	if (ret < 0)
		return io_error_own(err, ret, "opening the encoder");
	if (left > 0)
		return error_set(err, ERR_INTERNAL, "the encoder does not know all of its options");
	if (encoder->profile->pictures->setup_in_packet)
		return 0;
	return encoder->profile->pictures->setup(
	    encoder->codec->extradata, (size_t)encoder->codec->extradata_size, &encoder->builder->extra, err);
}

int
encoder_open(const struct encoder_request *request, struct piece_builder *builder, struct encoder **ret_encoder,
    struct error *err)
{
	struct encoder *encoder = calloc(1, sizeof(*encoder));

	if (encoder == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	encoder->profile = request->profile != NULL ? request->profile : profile_find(NULL);
	encoder->builder = builder;
	encoder->packet = av_packet_alloc();
	encoder->frame = av_frame_alloc();
	if (encoder->packet == NULL || encoder->frame == NULL) {
		encoder_free(&encoder);
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	}
	if (open_codec(encoder, request, err) < 0) {
		encoder_free(&encoder);
		return -1;
	}
	*ret_encoder = encoder;
	return 0;
}

static int
take_packet(struct encoder *encoder, struct error *err)
{
	const struct profile_pictures *pictures = encoder->profile->pictures;
	struct piece_builder *builder = encoder->builder;
	const AVPacket *packet = encoder->packet;
	const size_t before = builder->data.len;
	struct sample sample = {.at = (int32_t)packet->pts, .key = (packet->flags & AV_PKT_FLAG_KEY) != 0};

	if (pictures->setup_in_packet && builder->samples.len == 0 &&
	    pictures->setup(packet->data, (size_t)packet->size, &builder->extra, err) < 0)
		return -1;
	if (pictures->sample(packet->data, (size_t)packet->size, &builder->data, err) < 0)
		return -1;
	sample.size = (uint32_t)(builder->data.len - before);
	buf_put(&builder->samples, &sample, sizeof(sample));
	return 0;
}

static int
take_packets(struct encoder *encoder, struct error *err)
{
	int ret;

	while ((ret = avcodec_receive_packet(encoder->codec, encoder->packet)) >= 0) {
		ret = take_packet(encoder, err);
		av_packet_unref(encoder->packet);
		if (ret < 0)
			return -1;
	}
	if (ret != AVERROR(EAGAIN) && ret != AVERROR_EOF)
		return io_error_own(err, ret, "encoding");
	return 0;
}

int
encoder_put(struct encoder *encoder, const AVFrame *frame, struct error *err)
{
	int ret;

	if (frame == NULL) {
		ret = avcodec_send_frame(encoder->codec, NULL);
	} else {
		ret = av_frame_ref(encoder->frame, frame);
		if (ret < 0)
			return io_error_own(err, ret, "encoding");
		encoder->frame->pts = encoder->next++;
		encoder->frame->pict_type = AV_PICTURE_TYPE_NONE;
		ret = avcodec_send_frame(encoder->codec, encoder->frame);
		av_frame_unref(encoder->frame);
	}
	if (ret < 0)
		return io_error_own(err, ret, "encoding");
	return take_packets(encoder, err);
}
