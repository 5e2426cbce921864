#include "media/clip.h"

#include <libavutil/opt.h>

/* The same everywhere: with another number of threads x264 makes other bits. */
#define ENCODER_THREADS 2
/* Near to transparent, because a second encoding follows: SSIM to the drawn frames as with "medium" at 16, in half of
 * its time and an eighth more bytes. */
#define ENCODER_PRESET "veryfast"
#define ENCODER_CRF "14"
/* Index of one track: headers, and per frame its size, time offset and place. */
#define MOOV_HEAD 4096
#define MOOV_FRAME 40

struct clip {
	struct clip_format format;
	AVCodecContext *codec;
	AVFormatContext *mux;
	AVStream *stream;
	AVIOContext *pb;
	AVFrame *frame;
	AVPacket *packet;
	int64_t added;
	int64_t written;
};

static int
encoder_open(struct clip *clip, struct error *err)
{
	const AVCodec *encoder = avcodec_find_encoder_by_name("libx264");
	AVCodecContext *codec;
	AVDictionary *options = NULL;
	int rc;

	if (encoder == NULL)
		return error_set(err, ERR_INTERNAL, "FFmpeg here has no encoder libx264");
	clip->codec = codec = avcodec_alloc_context3(encoder);
	if (codec == NULL)
		return error_set(err, ERR_MEMORY, "no memory for an encoder");
	codec->width = clip->format.width;
	codec->height = clip->format.height;
	codec->pix_fmt = AV_PIX_FMT_YUV420P;
	codec->time_base = av_inv_q(clip->format.rate);
	codec->framerate = clip->format.rate;
	codec->sample_aspect_ratio = (AVRational){1, 1};
	codec->color_primaries = AVCOL_PRI_BT709;
	codec->color_trc = AVCOL_TRC_BT709;
	codec->colorspace = AVCOL_SPC_BT709;
	codec->color_range = AVCOL_RANGE_MPEG;
	codec->chroma_sample_location = AVCHROMA_LOC_LEFT;
	codec->gop_size = 30;
	codec->thread_count = ENCODER_THREADS;
	codec->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_CLOSED_GOP | AV_CODEC_FLAG_BITEXACT;
	rc = av_dict_set(&options, "preset", ENCODER_PRESET, 0) | av_dict_set(&options, "crf", ENCODER_CRF, 0) |
	     av_dict_set(&options, "profile", "high", 0) |
	     av_dict_set(&options, "x264-params", "cpu-independent=1:rc-lookahead=20", 0);
	if (rc >= 0)
		rc = avcodec_open2(codec, encoder, &options);
	if (rc >= 0 && av_dict_count(options) > 0)
		rc = AVERROR_OPTION_NOT_FOUND;
	av_dict_free(&options);
	return rc < 0 ? io_error_own(err, rc, "opening the encoder") : 0;
}

static int
muxer_open(struct clip *clip, const struct task *task, const char *name, struct error *err)
{
	int rc = avformat_alloc_output_context2(&clip->mux, NULL, "mp4", NULL);

	if (rc < 0)
		return io_error_own(err, rc, "opening the muxer");
	if (io_open_output(task->scratch, name, &clip->pb, err) < 0)
		return -1;
	clip->mux->pb = clip->pb;
	clip->mux->flags |= AVFMT_FLAG_CUSTOM_IO | AVFMT_FLAG_BITEXACT;
	clip->stream = avformat_new_stream(clip->mux, NULL);
	if (clip->stream == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a stream");
	rc = avcodec_parameters_from_context(clip->stream->codecpar, clip->codec);
	clip->stream->time_base = clip->codec->time_base;
	clip->stream->avg_frame_rate = clip->format.rate;
	if (rc >= 0) /* room for the index in front, filled in at the end */
		rc = av_opt_set_int(clip->mux->priv_data, "moov_size", MOOV_HEAD + MOOV_FRAME * clip->format.frames, 0);
	if (rc >= 0)
		rc = avformat_write_header(clip->mux, NULL);
	return rc < 0 ? io_error_own(err, rc, "starting the file") : 0;
}

int
clip_open(const struct task *task, const char *name, const struct clip_format *format, struct clip **ret_clip,
    struct error *err)
{
	struct clip *clip = calloc(1, sizeof(*clip));

	if (clip == NULL)
		abort();
	clip->format = *format;
	clip->frame = av_frame_alloc();
	clip->packet = av_packet_alloc();
	if (clip->frame == NULL || clip->packet == NULL)
		(void)error_set(err, ERR_MEMORY, "no memory for a frame");
	else if (encoder_open(clip, err) == 0 && muxer_open(clip, task, name, err) == 0) {
		*ret_clip = clip;
		return 0;
	}
	clip_free(&clip);
	return -1;
}

AVFrame *
clip_frame(struct clip *clip, struct error *err)
{
	int rc;

	/* the encoder may still hold the last one */
	av_frame_unref(clip->frame);
	clip->frame->format = AV_PIX_FMT_YUV420P;
	clip->frame->width = clip->format.width;
	clip->frame->height = clip->format.height;
	rc = av_frame_get_buffer(clip->frame, 0);
	if (rc < 0) {
		(void)io_error_own(err, rc, "making a frame");
		return NULL;
	}
	return clip->frame;
}

static int
take_packets(struct clip *clip, struct error *err)
{
	for (;;) {
		int rc = avcodec_receive_packet(clip->codec, clip->packet);
		if (rc == AVERROR(EAGAIN) || rc == AVERROR_EOF)
			return 0;
		if (rc < 0)
			return io_error_own(err, rc, "encoding");
		clip->packet->duration = 1;
		clip->packet->stream_index = clip->stream->index;
		av_packet_rescale_ts(clip->packet, clip->codec->time_base, clip->stream->time_base);
		rc = av_write_frame(clip->mux, clip->packet);
		av_packet_unref(clip->packet);
		if (rc < 0)
			return io_error_own(err, rc, "writing");
		clip->written++;
	}
}

int
clip_add(struct clip *clip, struct error *err)
{
	int rc;

	clip->frame->pts = clip->added++;
	rc = avcodec_send_frame(clip->codec, clip->frame);
	return rc < 0 ? io_error_own(err, rc, "encoding") : take_packets(clip, err);
}

int
clip_end(struct clip *clip, int64_t *ret_bytes, struct error *err)
{
	int rc = avcodec_send_frame(clip->codec, NULL);

	if (rc < 0)
		return io_error_own(err, rc, "ending the encoder");
	if (take_packets(clip, err) < 0)
		return -1;
	if (clip->written != clip->format.frames)
		return error_set(err, ERR_INTERNAL, "%" PRId64 " frames were written instead of %" PRId64,
		    clip->written, clip->format.frames);
	rc = av_write_trailer(clip->mux);
	if (rc < 0)
		return io_error_own(err, rc, "ending the file");
	avio_flush(clip->pb);
	if (ret_bytes != NULL)
		*ret_bytes = avio_size(clip->pb);
	return io_close_output(&clip->pb, err);
}

void
clip_free(struct clip **clip)
{
	if (*clip == NULL)
		return;
	avcodec_free_context(&(*clip)->codec);
	avformat_free_context((*clip)->mux);
	io_drop_output(&(*clip)->pb);
	av_frame_free(&(*clip)->frame);
	av_packet_free(&(*clip)->packet);
	free(*clip);
	*clip = NULL;
}
