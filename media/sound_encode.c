/*
 * The encoder takes packets of its own size, so what comes is gathered; what it gives is decoded again and measured.
 */
#include <libavutil/channel_layout.h>

#include "media/io.h"
#include "media/measure_audio.h"
#include "media/sound_priv.h"

struct sound_coder {
	const struct profile_sound *codec;
	AVCodecContext *encoder;
	AVCodecContext *decoder;
	AVPacket *packet;
	AVFrame *frame;
	struct loudness *meter;
	struct piece_builder *builder;
	float *gathered; /* less than a packet, interleaved */
	int n_gathered;
	float *heard; /* one decoded packet, interleaved */
	int64_t skip; /* decoded samples that are priming */
	int64_t left; /* decoded samples that belong to the programme */
	int64_t frames, sent;
	int32_t packets;
};

void
sound_coder_free(struct sound_coder **coder)
{
	struct sound_coder *const own = *coder;

	if (own == NULL)
		return;
	avcodec_free_context(&own->encoder);
	avcodec_free_context(&own->decoder);
	av_packet_free(&own->packet);
	av_frame_free(&own->frame);
	loudness_free(&own->meter);
	free(own->gathered);
	free(own->heard);
	free(own);
	*coder = NULL;
}

static int
open_encoder(struct sound_coder *coder, int rate, struct error *err)
{
	const AVCodec *codec = avcodec_find_encoder_by_name(coder->codec->encoder);
	int ret;

	coder->encoder = codec == NULL ? NULL : avcodec_alloc_context3(codec);
	if (coder->encoder == NULL)
		return error_set(err, ERR_UNAVAILABLE, "this FFmpeg has no encoder %s", coder->codec->encoder);
	/* AAC takes planes, Opus interleaved samples */
	coder->encoder->sample_fmt = coder->codec->id == AV_CODEC_ID_OPUS ? AV_SAMPLE_FMT_FLT : AV_SAMPLE_FMT_FLTP;
	coder->encoder->sample_rate = rate;
	coder->encoder->bit_rate = coder->codec->bit_rate;
	coder->encoder->ch_layout = (AVChannelLayout)AV_CHANNEL_LAYOUT_STEREO;
	coder->encoder->flags |= AV_CODEC_FLAG_GLOBAL_HEADER | AV_CODEC_FLAG_BITEXACT;
	coder->encoder->thread_count = 1;
	const int flags = io_baseline_begin();
	ret = avcodec_open2(coder->encoder, codec, NULL);
	io_baseline_end(flags);
	return ret < 0 ? io_error_own(err, ret, "opening the sound encoder") : 0;
}

static int
open_decoder(struct sound_coder *coder, struct error *err)
{
	const AVCodec *codec = avcodec_find_decoder_by_name(coder->codec->decoder);
	AVCodecParameters *parameters = avcodec_parameters_alloc();
	int ret = parameters == NULL ? AVERROR(ENOMEM) : avcodec_parameters_from_context(parameters, coder->encoder);

	coder->decoder = codec == NULL ? NULL : avcodec_alloc_context3(codec);
	if (coder->decoder == NULL)
		ret = AVERROR(ENOMEM);
	if (ret >= 0)
		ret = avcodec_parameters_to_context(coder->decoder, parameters);
	avcodec_parameters_free(&parameters);
	/* priming is skipped here by counting */
	if (ret >= 0)
		coder->decoder->flags2 |= AV_CODEC_FLAG2_SKIP_MANUAL;
	const int flags = io_baseline_begin();
	if (ret >= 0)
		ret = avcodec_open2(coder->decoder, codec, NULL);
	io_baseline_end(flags);
	return ret < 0 ? io_error_own(err, ret, "opening the sound decoder") : 0;
}

static int
coder_init(struct sound_coder *coder, int rate, struct error *err)
{
	if (open_encoder(coder, rate, err) < 0 || open_decoder(coder, err) < 0)
		return -1;
	coder->packet = av_packet_alloc();
	coder->frame = av_frame_alloc();
	coder->heard = calloc((size_t)coder->encoder->frame_size * 2 * SOUND_CHANNELS, sizeof(float));
	coder->gathered = calloc((size_t)coder->encoder->frame_size * SOUND_CHANNELS, sizeof(float));
	if (coder->packet == NULL || coder->frame == NULL || coder->heard == NULL || coder->gathered == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the sound encoder");
	coder->skip = coder->encoder->initial_padding;
	coder->meter = loudness_new(rate, SOUND_CHANNELS, err);
	if (coder->meter == NULL)
		return -1;
	buf_put(&coder->builder->extra, coder->encoder->extradata, (size_t)coder->encoder->extradata_size);
	return 0;
}

static void
hear_frame(struct sound_coder *coder)
{
	const AVFrame *frame = coder->frame;
	const int64_t from = FW_MIN(coder->skip, frame->nb_samples);
	const int64_t count = FW_MIN(frame->nb_samples - from, coder->left);
	const int64_t room = (int64_t)coder->encoder->frame_size * 2;

	coder->skip -= from;
	coder->left -= count;
	for (int64_t at = 0; at < count; at += room) {
		const int64_t some = FW_MIN(room, count - at);

		for (int64_t i = 0; i < some; i++)
			for (int c = 0; c < SOUND_CHANNELS; c++)
				coder->heard[i * SOUND_CHANNELS + c] =
				    ((const float *)(const void *)frame->extended_data[c])[from + at + i];
		loudness_add(coder->meter, coder->heard, (size_t)some);
	}
}

static int
hear(struct sound_coder *coder, const AVPacket *packet, struct error *err)
{
	int ret = avcodec_send_packet(coder->decoder, packet);

	if (ret < 0 && ret != AVERROR_EOF)
		return io_error_own(err, ret, "listening to the sound");
	while ((ret = avcodec_receive_frame(coder->decoder, coder->frame)) >= 0) {
		if (coder->frame->format != AV_SAMPLE_FMT_FLTP || coder->frame->ch_layout.nb_channels != SOUND_CHANNELS)
			return error_set(err, ERR_INTERNAL, "the sound decodes to another format");
		hear_frame(coder);
		av_frame_unref(coder->frame);
	}
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : io_error_own(err, ret, "listening to the sound");
}

static int
take_packets(struct sound_coder *coder, struct error *err)
{
	int ret;

	while ((ret = avcodec_receive_packet(coder->encoder, coder->packet)) >= 0) {
		const struct sample sample = {.size = (uint32_t)coder->packet->size, .at = coder->packets++, .key = 1};

		buf_put(&coder->builder->samples, &sample, sizeof(sample));
		ret = piece_builder_put(coder->builder, coder->packet->data, sample.size, err);
		if (ret == 0)
			ret = hear(coder, coder->packet, err);
		av_packet_unref(coder->packet);
		if (ret < 0)
			return -1;
	}
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : io_error_own(err, ret, "encoding sound");
}

/* A packet's worth of samples, or fewer at the end. */
static int
send_gathered(struct sound_coder *coder, struct error *err)
{
	AVFrame *frame = av_frame_alloc();
	int ret = frame == NULL ? AVERROR(ENOMEM) : 0;

	if (ret >= 0) {
		frame->format = coder->encoder->sample_fmt;
		frame->nb_samples = coder->n_gathered;
		frame->sample_rate = coder->encoder->sample_rate;
		frame->ch_layout = coder->encoder->ch_layout;
		frame->pts = coder->sent;
		ret = av_frame_get_buffer(frame, 0);
	}
	if (ret >= 0 && frame->format == AV_SAMPLE_FMT_FLT)
		memcpy(frame->data[0], coder->gathered,
		    (size_t)coder->n_gathered * SOUND_CHANNELS * sizeof(*coder->gathered));
	for (int c = 0; ret >= 0 && frame->format == AV_SAMPLE_FMT_FLTP && c < SOUND_CHANNELS; c++) {
		float *plane = (float *)(void *)frame->extended_data[c];

		for (int i = 0; i < coder->n_gathered; i++)
			plane[i] = coder->gathered[i * SOUND_CHANNELS + c];
	}
	if (ret >= 0)
		ret = avcodec_send_frame(coder->encoder, frame);
	av_frame_free(&frame);
	coder->sent += coder->n_gathered;
	coder->n_gathered = 0;
	return ret < 0 ? io_error_own(err, ret, "encoding sound") : take_packets(coder, err);
}

int
sound_coder_open(const struct profile_sound *codec, int rate, int64_t frames, struct piece_builder *builder,
    struct sound_coder **ret_coder, struct error *err)
{
	CLEANUP(sound_coder_free) struct sound_coder *coder = calloc(1, sizeof(*coder));

	if (coder == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the sound encoder");
	piece_builder_done(builder);
	coder->codec = codec;
	coder->builder = builder;
	coder->frames = coder->left = frames;
	if (coder_init(coder, rate, err) < 0)
		return -1;
	*ret_coder = coder;
	coder = NULL;
	return 0;
}

int
sound_coder_put(struct sound_coder *coder, const float *samples, size_t frames, struct error *err)
{
	while (frames > 0) {
		const size_t room = (size_t)(coder->encoder->frame_size - coder->n_gathered);
		const size_t count = FW_MIN(room, frames);

		memcpy(coder->gathered + (size_t)coder->n_gathered * SOUND_CHANNELS, samples,
		    count * SOUND_CHANNELS * sizeof(*samples));
		coder->n_gathered += (int)count;
		samples += count * SOUND_CHANNELS;
		frames -= count;
		if (coder->n_gathered == coder->encoder->frame_size && send_gathered(coder, err) < 0)
			return -1;
	}
	return 0;
}

int
sound_coder_end(struct sound_coder *coder, struct sound_notes *notes, struct error *err)
{
	const int packet = coder->encoder->frame_size;
	struct loudness_result heard;

	if (coder->n_gathered > 0 && send_gathered(coder, err) < 0)
		return -1;
	if (coder->sent != coder->frames)
		return error_set(err, ERR_INTERNAL, "the programme has %lld samples instead of %lld",
		    (long long)coder->sent, (long long)coder->frames);
	if (avcodec_send_frame(coder->encoder, NULL) < 0 || take_packets(coder, err) < 0 || hear(coder, NULL, err) < 0)
		return -1;
	if ((int64_t)coder->packets * packet < coder->frames + coder->encoder->initial_padding)
		return error_set(err, ERR_INTERNAL, "the encoder lost the end of the sound");
	loudness_result(coder->meter, &heard);
	notes->priming = coder->encoder->initial_padding;
	notes->packet = packet;
	notes->lufs = heard.integrated;
	notes->true_peak = heard.true_peak;
	notes->clipped = heard.clipped;
	notes->silent = heard.silent_frames;
	return 0;
}
