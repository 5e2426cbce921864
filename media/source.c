/*
 * Indexing packets, seeking to key pictures, decoding on to the wanted one.
 */
#include "media/source.h"

#include <math.h>

#include <libavutil/display.h>

#include "media/io.h"
#include "media/task.h"

struct source_reader {
	const struct source *source;
	AVFormatContext *format;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;	 /* the newest decoded picture */
	AVFrame *latest; /* the picture given out */
	size_t next;	 /* no picture before this one is still to come from the decoder; SIZE_MAX: must seek */
	size_t at;	 /* index of `latest`; SIZE_MAX: none */
	bool drained;
};

static void
close_format(AVFormatContext **format)
{
	if (*format != NULL)
		io_close_input(format);
}

static int
point_order(const void *a, const void *b)
{
	const struct source_point *x = a, *y = b;

	return (x->pts > y->pts) - (x->pts < y->pts);
}

static int
unavailable(struct error *err, const char *name, const char *why)
{
	return error_code(err, ERR_INPUT, "clip_unavailable", "clip '%s' cannot be used: %s", name, why);
}

static int
quarters_of(const AVStream *stream)
{
	const uint8_t *matrix = av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
	double angle;

	if (matrix == NULL)
		return 0;
	/* FFmpeg counts counter-clockwise */
	angle = -av_display_rotation_get((const int32_t *)(const void *)matrix);
	return isnan(angle) ? 0 : (int)((lround(angle / 90) % 4 + 4) % 4);
}

static int
read_points(struct source *source, AVFormatContext *format, struct source_point **ret_points, struct error *err)
{
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	struct source_point *points = NULL;
	size_t cap = 0;
	int ret;

	if (packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a packet");
	while ((ret = av_read_frame(format, packet)) >= 0) {
		const bool take = packet->stream_index == source->stream && !(packet->flags & AV_PKT_FLAG_DISCARD);

		if (take && source->frames == cap) {
			struct source_point *more;

			cap = cap == 0 ? 512 : cap * 2;
			more = cap > SOURCE_FRAMES_MAX * 2 ? NULL : realloc(points, cap * sizeof(*points));
			if (more == NULL) {
				free(points);
				return error_set(err, ERR_TOO_LARGE, "clip '%s' has too many frames", source->name);
			}
			points = more;
		}
		if (take) {
			const int64_t dts = packet->dts != AV_NOPTS_VALUE ? packet->dts : packet->pts;
			const int64_t pts = packet->pts != AV_NOPTS_VALUE ? packet->pts : dts;

			points[source->frames++] = (struct source_point){
			    .pts = pts, .dts = dts, .key = (packet->flags & AV_PKT_FLAG_KEY) != 0};
		}
		av_packet_unref(packet);
	}
	if (ret != AVERROR_EOF) {
		free(points);
		return io_error(err, ret, "reading the clip's packets");
	}
	*ret_points = points;
	return 0;
}

/* Without times the pictures are taken one after the other; of equal times only the first counts. */
static void
sort_points(struct source *source)
{
	struct source_point *points = source->points;
	size_t kept = 0;

	for (size_t i = 0; i < source->frames; i++)
		if (points[i].pts == AV_NOPTS_VALUE)
			points[i].pts = points[i].dts = (int64_t)i;
	qsort(points, source->frames, sizeof(*points), point_order);
	for (size_t i = 0; i < source->frames; i++)
		if (kept == 0 || points[i].pts != points[kept - 1].pts)
			points[kept++] = points[i];
	source->frames = kept;
	points[0].key = true;
}

static void
parameters_free(void *parameters)
{
	AVCodecParameters *own = parameters;

	avcodec_parameters_free(&own);
}

static int
keep_parameters(struct arena *arena, struct source *source, const AVCodecParameters *from, struct error *err)
{
	source->parameters = avcodec_parameters_alloc();
	if (source->parameters == NULL || avcodec_parameters_copy(source->parameters, from) < 0)
		return error_set(err, ERR_MEMORY, "no memory for the clip's parameters");
	return arena_defer(arena, parameters_free, source->parameters) < 0 ? arena_error(arena, err) : 0;
}

static int
index_format(struct arena *arena, struct source *source, AVFormatContext *format, struct error *err)
{
	struct source_point *points = NULL;
	const AVStream *stream;

	source->stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if (source->stream < 0)
		return unavailable(err, source->name, "it has no picture");
	stream = format->streams[source->stream];
	for (unsigned i = 0; i < format->nb_streams; i++)
		format->streams[i]->discard = (int)i == source->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
	source->time_base = stream->time_base;
	source->quarters = quarters_of(stream);
	source->aspect =
	    stream->sample_aspect_ratio.num > 0 ? stream->sample_aspect_ratio : stream->codecpar->sample_aspect_ratio;
	if (source->aspect.num <= 0 || source->aspect.den <= 0)
		source->aspect = (AVRational){1, 1};
	/* of several names ("mov,mp4,...") one finds the demuxer again */
	source->format = arena_strndup(arena, format->iformat->name, strcspn(format->iformat->name, ","));
	if (source->format == NULL)
		return arena_error(arena, err);
	if (keep_parameters(arena, source, stream->codecpar, err) < 0)
		return -1;
	source->width = stream->codecpar->width;
	source->height = stream->codecpar->height;
	if (read_points(source, format, &points, err) < 0)
		return -1;
	if (source->frames == 0) {
		free(points);
		return unavailable(err, source->name, "it has no picture");
	}
	source->points = arena_memdup(arena, points, source->frames * sizeof(*points));
	free(points);
	if (source->points == NULL)
		return arena_error(arena, err);
	sort_points(source);
	return 0;
}

int
source_index(struct arena *arena, const struct task *task, const char *name, int fd, struct source **ret_source,
    struct error *err)
{
	struct source *source = ARENA_NEW(arena, struct source);
	CLEANUP(close_format) AVFormatContext *format = NULL;

	if (source == NULL)
		return arena_error(arena, err);
	source->name = name;
	source->fd = fd;
	if (io_open_media(fd, task, &format, err) < 0 || index_format(arena, source, format, err) < 0) {
		if (err->kind == ERR_INPUT && !error_has_code(err, "clip_unavailable"))
			return error_code(err, ERR_INPUT, "clip_unavailable", "clip '%s' cannot be read", name);
		return -1;
	}
	*ret_source = source;
	return 0;
}

/*
 * A source picture at time t (seconds after the first) takes effect at film frame floor((t - in) * fps / speed + 1/2).
 * So frame k shows the last picture with (t - in) * fps / speed < k + 1/2.
 *
 *     t = pts * num / den;  (pts*num/den - in/10^6) * fps_num/fps_den * 10^6/ppm < (2k + 1) / 2
 *
 * multiplied out:  2 * (pts * num * 10^6 - in * den) * fps_num < (2k + 1) * den * fps_den * ppm
 */
static bool
in_effect(const struct source *source, size_t index, int64_t k, int64_t in_us, int64_t speed_ppm, AVRational fps)
{
	const __int128 pts = source->points[index].pts - source->points[0].pts;
	const __int128 num = source->time_base.num, den = source->time_base.den;

	return 2 * (pts * num * 1000000 - (__int128)in_us * den) * fps.num <
	       (2 * (__int128)k + 1) * den * fps.den * speed_ppm;
}

size_t
source_at(const struct source *source, int64_t k, int64_t in_us, int64_t speed_ppm, AVRational fps)
{
	size_t low = 0, high = source->frames;

	while (high - low > 1) {
		const size_t middle = low + (high - low) / 2;

		if (in_effect(source, middle, k, in_us, speed_ppm, fps))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* What reading into the file found out is known from the index; only formats that have no header are read into again.
 */
static int
reader_open(struct source_reader *reader, const struct task *task, struct error *err)
{
	const struct source *source = reader->source;

	if (io_open_input(source->fd, source->format, task, &reader->format, err) < 0)
		return -1;
	if (reader->format->nb_streams <= (unsigned)source->stream) {
		close_format(&reader->format);
		if (io_open_media(source->fd, task, &reader->format, err) < 0)
			return -1;
	}
	if (reader->format->nb_streams <= (unsigned)source->stream ||
	    avcodec_parameters_copy(reader->format->streams[source->stream]->codecpar, source->parameters) < 0)
		return unavailable(err, source->name, "it reads differently the second time");
	return io_open_decoder(reader->format->streams[source->stream], 1, &reader->codec, err);
}

int
source_open(const struct source *source, const struct task *task, struct source_reader **ret_reader, struct error *err)
{
	struct source_reader *reader = calloc(1, sizeof(*reader));

	if (reader == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a reader");
	reader->source = source;
	reader->at = SIZE_MAX;
	reader->packet = av_packet_alloc();
	reader->frame = av_frame_alloc();
	reader->latest = av_frame_alloc();
	if (reader->packet == NULL || reader->frame == NULL || reader->latest == NULL) {
		source_close(&reader);
		return error_set(err, ERR_MEMORY, "no memory for a reader");
	}
	if (reader_open(reader, task, err) < 0) {
		source_close(&reader);
		return error_wrap(err, "clip '%s'", source->name);
	}
	for (unsigned i = 0; i < reader->format->nb_streams; i++)
		reader->format->streams[i]->discard = (int)i == source->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
	*ret_reader = reader;
	return 0;
}

void
source_close(struct source_reader **reader)
{
	if (*reader == NULL)
		return;
	av_packet_free(&(*reader)->packet);
	av_frame_free(&(*reader)->frame);
	av_frame_free(&(*reader)->latest);
	avcodec_free_context(&(*reader)->codec);
	close_format(&(*reader)->format);
	free(*reader);
	*reader = NULL;
}

static size_t
key_before(const struct source *source, size_t index)
{
	while (index > 0 && !source->points[index].key)
		index--;
	return index;
}

static int
seek_to(struct source_reader *reader, size_t key, struct error *err)
{
	int ret = av_seek_frame(
	    reader->format, reader->source->stream, reader->source->points[key].dts, AVSEEK_FLAG_BACKWARD);

	/* formats that cannot seek are read from the start */
	if (ret < 0)
		ret = av_seek_frame(reader->format, reader->source->stream, reader->source->points[0].dts,
		    AVSEEK_FLAG_BACKWARD | AVSEEK_FLAG_ANY);
	if (ret < 0 && key > 0)
		return io_error(err, ret, "seeking");
	avcodec_flush_buffers(reader->codec);
	reader->drained = false;
	reader->next = key;
	reader->at = SIZE_MAX;
	return 0;
}

/* The next decoded picture into reader->frame; 1 at the end. */
static int
decode_next(struct source_reader *reader, struct error *err)
{
	for (;;) {
		int ret = avcodec_receive_frame(reader->codec, reader->frame);

		if (ret >= 0)
			return 0;
		if (ret == AVERROR_EOF)
			return 1;
		if (ret != AVERROR(EAGAIN))
			return io_error(err, ret, "decoding");
		do {
			av_packet_unref(reader->packet);
			ret = av_read_frame(reader->format, reader->packet);
		} while (ret >= 0 && reader->packet->stream_index != reader->source->stream);
		if (ret < 0 && ret != AVERROR_EOF)
			return io_error(err, ret, "reading");
		if (ret < 0 && reader->drained)
			return 1;
		reader->drained = ret < 0;
		ret = avcodec_send_packet(reader->codec, ret < 0 ? NULL : reader->packet);
		if (ret < 0 && ret != AVERROR_INVALIDDATA)
			return io_error(err, ret, "decoding");
	}
}

/* Decodes until the picture with the index's time is there; a damaged one gives way to the next, a missing end to the
 * last. */
static int
decode_to(struct source_reader *reader, size_t index, struct error *err)
{
	const int64_t wanted = reader->source->points[index].pts;

	for (;;) {
		const int ret = decode_next(reader, err);

		if (ret < 0)
			return -1;
		if (ret == 1)
			break;
		av_frame_unref(reader->latest);
		av_frame_move_ref(reader->latest, reader->frame);
		if (reader->latest->best_effort_timestamp == AV_NOPTS_VALUE ||
		    reader->latest->best_effort_timestamp >= wanted)
			break;
	}
	if (reader->latest->buf[0] == NULL)
		return unavailable(err, reader->source->name, "no picture could be decoded");
	return 0;
}

int
source_read(struct source_reader *reader, size_t index, const AVFrame **ret_frame, struct error *err)
{
	const struct source *source = reader->source;

	if (reader->at != index) {
		const size_t key = key_before(source, index);
		const bool onwards = reader->at != SIZE_MAX && index > reader->at && key <= reader->at + 1;

		if (!onwards && !(reader->at == SIZE_MAX && key == 0 && reader->next == 0) &&
		    seek_to(reader, key, err) < 0)
			return error_wrap(err, "clip '%s'", source->name);
		if (decode_to(reader, index, err) < 0)
			return error_wrap(err, "clip '%s', picture %zu", source->name, index);
		reader->at = index;
		reader->next = index + 1;
	}
	*ret_frame = reader->latest;
	return 0;
}
