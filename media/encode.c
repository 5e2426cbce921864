/*
 * Why these settings: stitchable and a fixed key interval make all parameter sets equal; cpu-independent makes the bits
 * equal between processors; force-cfr keeps clock fields out of the content's hands; one thread because spans are the
 * parallelism; rc-lookahead 20 halves the memory of the preset at no visible cost.
 */
#include "media/encode.h"

#include <libavcodec/avcodec.h>
#include <libavutil/opt.h>

#include "media/h264.h"
#include "media/io.h"

#define PRESET "medium"
#define CRF "23"
#define PARAMS \
	"stitchable=1:cpu-independent=1:force-cfr=1:open-gop=0:keyint=250:min-keyint=25:scenecut=40:rc-lookahead=20:" \
	"sliced-threads=0:sync-lookahead=0:lookahead-threads=1:aud=0"

struct encoder {
	struct piece_builder *builder;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;
	int64_t next;
};

const char *
encoder_settings(void)
{
	return "libx264 " PRESET " " CRF " " PARAMS;
}

void
encoder_free(struct encoder **encoder)
{
	if (*encoder == NULL)
		return;
	avcodec_free_context(&(*encoder)->codec);
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
open_codec(struct encoder *encoder, const struct encoder_request *request, struct error *err)
{
	const AVCodec *x264 = avcodec_find_encoder_by_name("libx264");
	AVDictionary *options = NULL;
	int ret, left;

	if (x264 == NULL)
		return error_set(err, ERR_UNAVAILABLE, "this FFmpeg has no libx264");
	encoder->codec = avcodec_alloc_context3(x264);
	if (encoder->codec == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	describe(encoder->codec, request);
	av_dict_set(&options, "preset", PRESET, 0);
	av_dict_set(&options, "crf", CRF, 0);
	av_dict_set(&options, "x264-params", PARAMS, 0);
	ret = avcodec_open2(encoder->codec, x264, &options);
	left = av_dict_count(options);
	av_dict_free(&options);
	if (ret < 0)
		return io_error_own(err, ret, "opening the encoder");
	if (left > 0)
		return error_set(err, ERR_INTERNAL, "the encoder does not know all of its options");
	return 0;
}

int
encoder_open(const struct encoder_request *request, struct piece_builder *builder, struct encoder **ret_encoder,
    struct error *err)
{
	struct encoder *encoder = calloc(1, sizeof(*encoder));

	if (encoder == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	encoder->builder = builder;
	encoder->packet = av_packet_alloc();
	encoder->frame = av_frame_alloc();
	if (encoder->packet == NULL || encoder->frame == NULL) {
		encoder_free(&encoder);
		return error_set(err, ERR_MEMORY, "no memory for the encoder");
	}
	if (open_codec(encoder, request, err) < 0 ||
	    h264_avcc(encoder->codec->extradata, (size_t)encoder->codec->extradata_size, &builder->extra, err) < 0) {
		encoder_free(&encoder);
		return -1;
	}
	*ret_encoder = encoder;
	return 0;
}

static int
take_packets(struct encoder *encoder, struct error *err)
{
	struct piece_builder *builder = encoder->builder;
	int ret;

	while ((ret = avcodec_receive_packet(encoder->codec, encoder->packet)) >= 0) {
		const size_t before = builder->data.len;
		struct sample sample = {
		    .at = (int32_t)encoder->packet->pts, .key = (encoder->packet->flags & AV_PKT_FLAG_KEY) != 0};

		ret = h264_sample(encoder->packet->data, (size_t)encoder->packet->size, &builder->data, err);
		av_packet_unref(encoder->packet);
		if (ret < 0)
			return -1;
		sample.size = (uint32_t)(builder->data.len - before);
		buf_put(&builder->samples, &sample, sizeof(sample));
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
