/*
 * Listening to a finished film: the peaks of its sound, and when it begins.
 */
#include "media/film_sound.h"

#include <math.h>

struct listening {
	struct film_sound *sound;
	AVCodecContext *decoder;
	AVRational time_base;
};

static void
decoder_done(AVCodecContext **decoder)
{
	avcodec_free_context(decoder);
}

void
film_sound_done(struct film_sound *sound)
{
	buf_done(&sound->peaks);
}

static float
magnitude(const AVFrame *frame, int channel, int sample)
{
	if (frame->format == AV_SAMPLE_FMT_FLTP)
		return fabsf(((const float *)(const void *)frame->extended_data[channel])[sample]);
	return 0;
}

/* Peaks of whole windows as they fill. */
static int
hear_frame(struct listening *listening, const AVFrame *frame, struct error *err)
{
	struct film_sound *sound = listening->sound;
	const int window = frame->sample_rate / QUALITY_SOUND_WINDOWS;

	if (frame->format != AV_SAMPLE_FMT_FLTP || window <= 0)
		return error_set(err, ERR_UNAVAILABLE, "the film's sound has another format than ours");
	if (sound->samples == 0 && frame->pts != AV_NOPTS_VALUE)
		sound->first_us = av_rescale_q(frame->pts, listening->time_base, AV_TIME_BASE_Q);
	for (int i = 0; i < frame->nb_samples; i++) {
		for (int c = 0; c < frame->ch_layout.nb_channels; c++)
			sound->peak = FW_MAX(sound->peak, magnitude(frame, c, i));
		if (++sound->samples % window == 0) {
			buf_put(&sound->peaks, &sound->peak, sizeof(sound->peak));
			sound->peak = 0;
		}
	}
	return 0;
}

static int
hear_packet(struct listening *listening, const AVPacket *packet, AVFrame *frame, struct error *err)
{
	int ret = avcodec_send_packet(listening->decoder, packet);

	if (ret < 0 && ret != AVERROR_EOF)
		return io_error_own(err, ret, "listening to the film");
	while ((ret = avcodec_receive_frame(listening->decoder, frame)) >= 0) {
		ret = hear_frame(listening, frame, err);
		av_frame_unref(frame);
		if (ret < 0)
			return -1;
	}
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : io_error_own(err, ret, "listening to the film");
}

int
film_sound_hear(struct film *film, const struct task *task, struct film_sound *ret_sound, struct error *err)
{
	CLEANUP(decoder_done) AVCodecContext *decoder = NULL;
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	AVStream *stream;
	int ret;

	*ret_sound = (struct film_sound){0};
	buf_init(&ret_sound->peaks, 16 * MIB);
	if (film->audio == NULL || film->video == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "the film lacks picture or sound");
	stream = film->fmt->streams[film->audio->index];
	if (packet == NULL || frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for sound");
	stream->discard = AVDISCARD_DEFAULT;
	film->fmt->streams[film->video->index]->discard = AVDISCARD_ALL;
	if (io_open_decoder(stream, 1, &decoder, err) < 0)
		return -1;
	struct listening listening = {.sound = ret_sound, .decoder = decoder, .time_base = stream->time_base};
	while ((ret = av_read_frame(film->fmt, packet)) >= 0) {
		ret = packet->stream_index == stream->index ? hear_packet(&listening, packet, frame, err) : 0;
		av_packet_unref(packet);
		if (ret < 0 || task_check(task, err) < 0)
			return -1;
	}
	if (ret != AVERROR_EOF)
		return io_error_own(err, ret, "listening to the film");
	return hear_packet(&listening, NULL, frame, err);
}
