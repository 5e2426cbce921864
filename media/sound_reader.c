/*
 * Three counts run here: frames of the source's own rate (`next`), frames at the wanted rate that have left the
 * resampler (`made`), and those that were read. The resampler starts where both rates have a sample at the same moment,
 * so a place in the middle is met exactly.
 */
#include "media/sound_reader.h"

#include <libavutil/channel_layout.h>
#include <libavutil/opt.h>
#include <libswresample/swresample.h>

#include "media/io.h"
#include "media/task.h"

/* Up to here decoding is as quick as seeking, and surer. */
#define SEEK_SECONDS 20
/* Decoders are let run in for so long before the wanted place, the resampler for so many frames. */
#define PREROLL_SECONDS 1
#define PREROLL_FRAMES 512
/* Times that are off by less are the container's rounding. */
#define JITTER_PART 20 /* of a second */
#define RESET_SECONDS 2
#define GAP_SECONDS 3600
#define SILENCE_PORTION 4096
#define READER_CHANNELS_MAX 32

struct sound_reader {
	struct sound_request request;
	AVFormatContext *format;
	AVCodecContext *codec;
	SwrContext *resampler;
	AVPacket *packet;
	AVFrame *frame;
	AVStream *stream;
	bool picture;	 /* the zero is the first picture's */
	int64_t zero;	 /* source frames from the time axis' zero to ours */
	int source_rate; /* as the first frame says */
	int channels;
	enum AVSampleFormat sample_format;
	bool started; /* the first frame was met */
	bool held;    /* `frame` waits for `silence` to end */
	bool ended;
	bool sought;
	int64_t next;	 /* source frame that is expected */
	int64_t silence; /* source frames of silence to be put in */
	int64_t drop;	 /* source frames to come that lie before that */
	int64_t made;
	float *samples; /* waiting to be read: from `at` on */
	size_t at, count, cap;
	uint8_t *nothing; /* SILENCE_PORTION frames of it */
};

void
sound_reader_close(struct sound_reader **reader)
{
	struct sound_reader *const own = *reader;

	if (own == NULL)
		return;
	swr_free(&own->resampler);
	avcodec_free_context(&own->codec);
	av_packet_free(&own->packet);
	av_frame_free(&own->frame);
	if (own->format != NULL)
		io_close_input(&own->format);
	free(own->samples);
	free(own->nothing);
	free(own);
	*reader = NULL;
}

static int
unavailable(const struct sound_reader *reader, struct error *err, const char *why)
{
	return error_code(err, ERR_INPUT, "sound_unavailable", "the sound '%s' %s", reader->request.name, why);
}

/* ---- opening ---- */

/* Containers whose seeking is exact and whose times are. */
static bool
seeks_well(const AVFormatContext *format)
{
	static const char *const names[] = {"mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm", "wav", "w64", "flac"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (strcmp(format->iformat->name, names[i]) == 0)
			return true;
	return false;
}

static const AVStream *
picture_stream(AVFormatContext *format)
{
	const int index = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);

	return index < 0 || (format->streams[index]->disposition & AV_DISPOSITION_ATTACHED_PIC)
		   ? NULL
		   : format->streams[index];
}

static int64_t
source_frames(const struct sound_reader *reader, int64_t time, AVRational base)
{
	return time == AV_NOPTS_VALUE ? 0 : av_rescale_q(time, base, (AVRational){1, reader->source_rate});
}

static void
find_zero(struct sound_reader *reader)
{
	const AVStream *picture = picture_stream(reader->format);
	const AVStream *zero = picture != NULL ? picture : reader->stream;

	reader->picture = picture != NULL;
	reader->zero = source_frames(reader, zero->start_time, zero->time_base);
}

static int
seek(struct sound_reader *reader, struct error *err)
{
	const int64_t seconds = reader->request.from / reader->request.rate - PREROLL_SECONDS;
	const int64_t wanted = reader->zero + seconds * reader->source_rate;
	int ret;

	if (seconds < SEEK_SECONDS || !seeks_well(reader->format))
		return 0;
	ret = av_seek_frame(reader->format, reader->stream->index,
	    av_rescale_q(wanted, (AVRational){1, reader->source_rate}, reader->stream->time_base),
	    AVSEEK_FLAG_BACKWARD);
	if (ret == AVERROR_EXIT)
		return io_error(err, ret, "seeking");
	/* what cannot seek is read from the beginning */
	reader->sought = ret >= 0;
	return 0;
}

static int64_t
common_divisor(int64_t a, int64_t b)
{
	while (b != 0) {
		const int64_t rest = a % b;

		a = b;
		b = rest;
	}
	return a;
}

/* The source frame with which the resampler begins. */
static void
find_start(struct sound_reader *reader)
{
	const int64_t rate = reader->request.rate, source = reader->source_rate;
	const int64_t grid = source / common_divisor(source, rate);
	const int64_t wanted = reader->request.from * source / rate - PREROLL_FRAMES;

	reader->next = wanted <= 0 ? 0 : wanted / grid * grid;
	reader->made = reader->next * rate / source;
}

static int
open_stream(struct sound_reader *reader, struct error *err)
{
	const struct sound_request *request = &reader->request;
	int index;

	if (io_open_media(request->fd, request->task, &reader->format, err) < 0)
		return -1;
	index = av_find_best_stream(reader->format, AVMEDIA_TYPE_AUDIO, -1, -1, NULL, 0);
	if (index < 0)
		return 1;
	reader->stream = reader->format->streams[index];
	for (unsigned i = 0; i < reader->format->nb_streams; i++)
		reader->format->streams[i]->discard = (int)i == index ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
	reader->packet = av_packet_alloc();
	reader->frame = av_frame_alloc();
	if (reader->packet == NULL || reader->frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a decoder");
	const int flags = io_baseline_begin();
	const int opened = io_open_decoder(reader->stream, 1, &reader->codec, err);
	io_baseline_end(flags);
	if (opened < 0)
		return -1;
	reader->source_rate = reader->stream->codecpar->sample_rate;
	if (reader->source_rate < 1000 || reader->source_rate > 768000)
		return unavailable(reader, err, "has an impossible sample rate");
	find_zero(reader);
	return seek(reader, err);
}

int
sound_reader_open(const struct sound_request *request, struct sound_reader **ret_reader, struct error *err)
{
	CLEANUP(sound_reader_close) struct sound_reader *reader = calloc(1, sizeof(*reader));
	int ret;

	if (reader == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a reader");
	reader->request = *request;
	ret = open_stream(reader, err);
	if (ret < 0 && err->kind == ERR_INPUT && !error_has_code(err, "sound_unavailable"))
		return unavailable(reader, err, "cannot be read");
	if (ret != 0)
		return ret;
	*ret_reader = reader;
	reader = NULL;
	return 0;
}

/* ---- resampling ---- */

static int
init_resampler(SwrContext *resampler)
{
	const int flags = io_baseline_begin();
	const int ret = swr_init(resampler);

	io_baseline_end(flags);
	return ret;
}

/* Made from the first frame, because some decoders know their layout only then. */
static int
make_resampler(struct sound_reader *reader, struct error *err)
{
	static const double both[] = {1, 1};
	const AVFrame *frame = reader->frame;
	AVChannelLayout in = {0}, out = AV_CHANNEL_LAYOUT_STEREO;
	int ret;

	reader->channels = frame->ch_layout.nb_channels;
	reader->sample_format = (enum AVSampleFormat)frame->format;
	if (reader->channels < 1 || reader->channels > READER_CHANNELS_MAX)
		return unavailable(reader, err, "has an impossible number of channels");
	if (frame->ch_layout.order == AV_CHANNEL_ORDER_UNSPEC)
		av_channel_layout_default(&in, reader->channels);
	else
		(void)av_channel_layout_copy(&in, &frame->ch_layout);
	ret = swr_alloc_set_opts2(&reader->resampler, &out, AV_SAMPLE_FMT_FLT, reader->request.rate, &in,
	    reader->sample_format, reader->source_rate, 0, NULL);
	av_channel_layout_uninit(&in);
	if (ret >= 0 && reader->channels == 1)
		ret = swr_set_matrix(reader->resampler, both, 1);
	if (ret >= 0)
		ret = init_resampler(reader->resampler);
	reader->nothing = calloc(SILENCE_PORTION * (size_t)reader->channels, sizeof(double));
	if (reader->nothing == NULL)
		return error_set(err, ERR_MEMORY, "no memory for resampling");
	/* eight bits are unsigned: their middle is silence */
	if (av_get_packed_sample_fmt(reader->sample_format) == AV_SAMPLE_FMT_U8)
		memset(reader->nothing, 0x80, SILENCE_PORTION * (size_t)reader->channels);
	return ret < 0 ? io_error(err, ret, "resampling") : 0;
}

static int
make_room(struct sound_reader *reader, size_t more, struct error *err)
{
	float *samples;

	if (reader->at > 0) {
		memmove(reader->samples, reader->samples + reader->at * SOUND_CHANNELS,
		    reader->count * SOUND_CHANNELS * sizeof(float));
		reader->at = 0;
	}
	if (reader->count + more <= reader->cap)
		return 0;
	samples = realloc(reader->samples, (reader->count + more) * 2 * SOUND_CHANNELS * sizeof(float));
	if (samples == NULL)
		return error_set(err, ERR_MEMORY, "no memory for the sound '%s'", reader->request.name);
	reader->samples = samples;
	reader->cap = (reader->count + more) * 2;
	return 0;
}

/* `planes` NULL: what is left in the resampler. */
static int
feed(struct sound_reader *reader, const uint8_t **planes, int frames, struct error *err)
{
	int room = swr_get_out_samples(reader->resampler, frames);
	uint8_t *out;
	int64_t early;
	int got;

	if (room < 0)
		return io_error(err, room, "resampling");
	/* at the end the resampler makes a little more than it says */
	room += planes == NULL ? PREROLL_FRAMES : 1;
	if (make_room(reader, (size_t)room, err) < 0)
		return -1;
	out = (uint8_t *)(reader->samples + reader->count * SOUND_CHANNELS);
	got = swr_convert(reader->resampler, &out, room, planes, frames);
	if (got < 0)
		return io_error(err, got, "resampling");
	/* what lies before the wanted place */
	early = FW_MIN(FW_MAX(reader->request.from - reader->made, 0), got);
	if (early > 0)
		memmove(out, (float *)(void *)out + early * SOUND_CHANNELS,
		    (size_t)(got - early) * SOUND_CHANNELS * sizeof(float));
	reader->made += got;
	reader->count += (size_t)(got - early);
	return 0;
}

static int
feed_frame(struct sound_reader *reader, struct error *err)
{
	const AVFrame *frame = reader->frame;
	const bool planar = av_sample_fmt_is_planar(reader->sample_format);
	const int bytes = av_get_bytes_per_sample(reader->sample_format);
	const int skip = (int)FW_MIN(reader->drop, frame->nb_samples);
	const uint8_t *planes[READER_CHANNELS_MAX] = {NULL};
	int ret = 0;

	for (int c = 0; c < (planar ? reader->channels : 1); c++)
		planes[c] = frame->extended_data[c] + (ptrdiff_t)skip * bytes * (planar ? 1 : reader->channels);
	if (frame->nb_samples > skip)
		ret = feed(reader, planes, frame->nb_samples - skip, err);
	reader->drop -= skip;
	reader->next += frame->nb_samples - skip;
	reader->held = false;
	av_frame_unref(reader->frame);
	return ret;
}

static int
feed_silence(struct sound_reader *reader, struct error *err)
{
	const int count = (int)FW_MIN(reader->silence, SILENCE_PORTION);
	const uint8_t *planes[READER_CHANNELS_MAX];

	for (int c = 0; c < READER_CHANNELS_MAX; c++)
		planes[c] = reader->nothing;
	reader->silence -= count;
	reader->next += count;
	return feed(reader, planes, count, err);
}

/* ---- decoding ---- */

/* Where the frame belongs: before what is expected it loses its beginning, after it silence goes in between. */
static void
place_frame(struct sound_reader *reader, bool first)
{
	const int64_t time = reader->frame->best_effort_timestamp;
	const int64_t rate = reader->source_rate;
	int64_t at = source_frames(reader, time, reader->stream->time_base) - reader->zero, off;

	if (reader->drop > 0 || (time == AV_NOPTS_VALUE && !first))
		return;
	/* sound alone begins where it begins */
	if (first && !reader->picture && !reader->sought) {
		reader->zero += at;
		at = 0;
	}
	off = at - reader->next;
	/* clocks that were set anew in the middle say nothing, and neither do roundings */
	if (!first && (llabs(off) < rate / JITTER_PART || off < -rate * RESET_SECONDS || off > rate * GAP_SECONDS))
		return;
	reader->silence = FW_MAX(off, 0);
	reader->drop = FW_MAX(-off, 0);
}

static int
take_frame(struct sound_reader *reader, struct error *err)
{
	const AVFrame *frame = reader->frame;
	const bool first = !reader->started;

	if (first && frame->sample_rate != reader->source_rate) {
		reader->source_rate = frame->sample_rate;
		if (reader->source_rate < 1000 || reader->source_rate > 768000)
			return unavailable(reader, err, "has an impossible sample rate");
		find_zero(reader);
	}
	if (first) {
		find_start(reader);
		if (make_resampler(reader, err) < 0)
			return -1;
	}
	if (frame->sample_rate != reader->source_rate || frame->format != reader->sample_format ||
	    frame->ch_layout.nb_channels != reader->channels)
		return unavailable(reader, err, "changes its format in the middle");
	reader->started = true;
	place_frame(reader, first);
	reader->held = true;
	return 0;
}

static int
send_packet(struct sound_reader *reader, struct error *err)
{
	int ret;

	do {
		av_packet_unref(reader->packet);
		ret = av_read_frame(reader->format, reader->packet);
	} while (ret >= 0 && reader->packet->stream_index != reader->stream->index);
	if (ret < 0 && ret != AVERROR_EOF && ret != AVERROR_INVALIDDATA)
		return io_error(err, ret, "reading sound");
	ret = avcodec_send_packet(reader->codec, ret < 0 ? NULL : reader->packet);
	av_packet_unref(reader->packet);
	return ret < 0 && ret != AVERROR_INVALIDDATA && ret != AVERROR_EOF ? io_error(err, ret, "decoding sound") : 0;
}

static int
end(struct sound_reader *reader, struct error *err)
{
	reader->ended = true;
	if (!reader->started && reader->request.from == 0)
		return unavailable(reader, err, "cannot be read");
	return reader->started ? feed(reader, NULL, 0, err) : 0;
}

static int
step(struct sound_reader *reader, struct error *err)
{
	int ret;

	if (task_check(reader->request.task, err) < 0)
		return -1;
	if (reader->silence > 0)
		return feed_silence(reader, err);
	if (reader->held)
		return feed_frame(reader, err);
	ret = avcodec_receive_frame(reader->codec, reader->frame);
	if (ret >= 0)
		return take_frame(reader, err);
	if (ret == AVERROR(EAGAIN))
		return send_packet(reader, err);
	if (ret == AVERROR_EOF)
		return end(reader, err);
	return ret == AVERROR_INVALIDDATA ? 0 : io_error(err, ret, "decoding sound");
}

int
sound_reader_read(struct sound_reader *reader, float *samples, size_t frames, size_t *ret_got, struct error *err)
{
	size_t count;

	while (reader->count < frames && !reader->ended) {
		if (step(reader, err) < 0) {
			if (err->kind == ERR_INPUT && !error_has_code(err, "sound_unavailable"))
				return unavailable(reader, err, "cannot be read");
			return -1;
		}
	}
	count = FW_MIN(frames, reader->count);
	if (count > 0)
		memcpy(samples, reader->samples + reader->at * SOUND_CHANNELS, count * SOUND_CHANNELS * sizeof(float));
	reader->at += count;
	reader->count -= count;
	*ret_got = count;
	return 0;
}
