/*
 * Decoding what the timeline names and adding it up.
 */
#include <math.h>

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "media/io.h"
#include "media/sound_priv.h"
#include "media/synth/music.h"
#include "media/task.h"

/* A loop may be this long before it is cut. */
#define LOOP_SECONDS_MAX 900

struct track {
	const char *name;
	AVFormatContext *format;
	AVCodecContext *codec;
	SwrContext *resampler;
	AVPacket *packet;
	AVFrame *frame;
	int stream;
	float *samples;
	size_t frames, cap, limit;
};

static void
track_done(struct track *track)
{
	swr_free(&track->resampler);
	avcodec_free_context(&track->codec);
	av_packet_free(&track->packet);
	av_frame_free(&track->frame);
	if (track->format != NULL)
		io_close_input(&track->format);
	free(track->samples);
}

static void
samples_free(float **samples)
{
	free(*samples);
}

static int
track_open(struct track *track, const struct task *task, int fd, struct error *err)
{
	if (io_open_media(fd, task, &track->format, err) < 0)
		return -1;
	track->stream = av_find_best_stream(track->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
	if (track->stream < 0)
		return error_code(err, ERR_INPUT, "sound_unavailable", "'%s' has no sound", track->name);
	for (unsigned i = 0; i < track->format->nb_streams; i++)
		track->format->streams[i]->discard = (int)i == track->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
	track->packet = av_packet_alloc();
	track->frame = av_frame_alloc();
	if (track->packet == NULL || track->frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a decoder");
	return io_open_decoder(track->format->streams[track->stream], 1, &track->codec, err);
}

/* Made from the first frame, because some decoders know their layout only then. */
static int
track_resampler(struct track *track, int rate, struct error *err)
{
	const AVFrame *frame = track->frame;
	AVChannelLayout in = {0}, out = AV_CHANNEL_LAYOUT_STEREO;
	int ret;

	if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, frame->ch_layout.nb_channels);
	else
		(void)av_channel_layout_copy(&in, &frame->ch_layout);
	ret = swr_alloc_set_opts2(&track->resampler, &out, AV_SAMPLE_FMT_FLT, rate, &in,
	    (enum AVSampleFormat)frame->format, frame->sample_rate, 0, NULL);
	av_channel_layout_uninit(&in);
	if (ret >= 0)
		ret = swr_init(track->resampler);
	return ret < 0 ? io_error(err, ret, "resampling") : 0;
}

/* Room for `more` frames at the end; false without memory. */
static bool
track_room(struct track *track, size_t more)
{
	float *samples;

	if (track->frames + more <= track->cap)
		return true;
	track->cap = (track->frames + more) * 2;
	samples = realloc(track->samples, track->cap * SOUND_CHANNELS * sizeof(float));
	if (samples != NULL)
		track->samples = samples;
	return samples != NULL;
}

/* The frame, or what is left in the resampler when there is none. */
static int
track_add(struct track *track, int rate, bool last, struct error *err)
{
	const AVFrame *frame = track->frame;
	int room, got;
	uint8_t *out;

	if (track->resampler == NULL && last)
		return 0;
	if (track->resampler == NULL && track_resampler(track, rate, err) < 0)
		return -1;
	room = swr_get_out_samples(track->resampler, last ? 0 : frame->nb_samples);
	if (room < 0 || !track_room(track, (size_t)room + 1))
		return error_set(err, ERR_MEMORY, "no memory for the sound of '%s'", track->name);
	out = (uint8_t *)(track->samples + track->frames * SOUND_CHANNELS);
	got = swr_convert(track->resampler, &out, room + 1,
	    last ? NULL : (const uint8_t **)(void *)frame->extended_data, last ? 0 : frame->nb_samples);
	if (got < 0)
		return io_error(err, got, "resampling");
	track->frames += (size_t)got;
	return 0;
}

static int
track_receive(struct track *track, int rate, struct error *err)
{
	int ret;

	while ((ret = avcodec_receive_frame(track->codec, track->frame)) >= 0) {
		ret = track_add(track, rate, false, err);
		av_frame_unref(track->frame);
		if (ret < 0)
			return -1;
	}
	return ret == AVERROR(EAGAIN) || ret == AVERROR_EOF ? 0 : io_error(err, ret, "decoding sound");
}

static int
track_read(struct track *track, int rate, struct error *err)
{
	int ret = 0;

	while (track->frames < track->limit && (ret = av_read_frame(track->format, track->packet)) >= 0) {
		if (track->packet->stream_index == track->stream)
			ret = avcodec_send_packet(track->codec, track->packet);
		av_packet_unref(track->packet);
		if (ret < 0 && ret != AVERROR_INVALIDDATA)
			return io_error(err, ret, "decoding sound");
		if (track_receive(track, rate, err) < 0)
			return -1;
	}
	if (ret < 0 && ret != AVERROR_EOF)
		return io_error(err, ret, "reading sound");
	(void)avcodec_send_packet(track->codec, NULL);
	if (track_receive(track, rate, err) < 0)
		return -1;
	return track_add(track, rate, true, err);
}

int
sound_decode(const struct task *task, const char *name, int fd, int rate, size_t limit, float **ret_samples,
    size_t *ret_frames, struct error *err)
{
	CLEANUP(track_done) struct track track = {.name = name, .limit = limit};

	if (track_open(&track, task, fd, err) < 0 || track_read(&track, rate, err) < 0 || track.frames == 0) {
		if (err->kind == ERR_NONE || (err->kind == ERR_INPUT && !error_has_code(err, "sound_unavailable")))
			return error_code(err, ERR_INPUT, "sound_unavailable", "the sound '%s' cannot be read", name);
		return -1;
	}
	*ret_samples = track.samples;
	*ret_frames = FW_MIN(track.frames, limit);
	track.samples = NULL;
	return 0;
}

static int
add_item(const struct task *task, const struct timeline_audio *item, int fd, int rate, float *mix, size_t frames,
    struct error *err)
{
	const size_t start = FW_MIN((size_t)llround((double)item->start_us * rate / 1e6), frames);
	const size_t asked = item->duration_us > 0 ? (size_t)llround((double)item->duration_us * rate / 1e6) : frames;
	const size_t room = FW_MIN(asked, frames - start);
	CLEANUP(samples_free) float *own = NULL;
	CLEANUP(samples_free) float *fitted = NULL;
	struct music_fit fit = {.rate = rate, .fade_in = item->fade_in_s, .fade_out = item->fade_out_s};
	size_t got;

	if (room == 0)
		return 0;
	if (sound_decode(task, item->asset, fd, rate, item->loop ? (size_t)LOOP_SECONDS_MAX * (size_t)rate : room, &own,
		&got, err) < 0)
		return -1;
	fit.frames = item->loop ? room : FW_MIN(room, got);
	if (music_fit(own, got, &fit, &fitted, err) < 0)
		return error_wrap(err, "fitting the sound '%s'", item->asset);
	for (size_t i = 0; i < fit.frames * SOUND_CHANNELS; i++)
		mix[start * SOUND_CHANNELS + i] += fitted[i] * (float)item->volume;
	return 0;
}

int
sound_mix(const struct task *task, const struct plan *plan, sound_find_fn *find, void *ctx, float *mix, size_t frames,
    struct error *err)
{
	for (size_t i = 0; i < plan->timeline->audio.count; i++) {
		const struct timeline_audio *item = timeline_audio_at(plan->timeline, i);
		const int fd = find(ctx, item->asset);

		if (fd < 0)
			return error_code(
			    err, ERR_INPUT, "sound_unavailable", "the sound '%s' is not there", item->asset);
		if (add_item(task, item, fd, (int)plan->timeline->output.audio.rate, mix, frames, err) < 0)
			return -1;
	}
	return 0;
}
