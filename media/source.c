/*
 * Indexing packets. Pictures are read in source_reader.c.
 */
#include <libavutil/display.h>

#include "media/picture.h"
#include "media/source_priv.h"
#include "media/still.h"
#include "media/task.h"
#include "media/tone.h"

void
source_close_format(AVFormatContext **format)
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

int
source_unavailable(struct error *err, const char *name, const char *why)
{
	return error_code(err, ERR_INPUT, "clip_unavailable", "clip '%s' cannot be used: %s", name, why);
}

/* The matrix says where the axes of the stored picture point, y downwards: (m0, m1) is where x points. When it swaps
 * left and right, x points there after the swap. */
static struct canvas_turn
turn_of(const AVStream *stream)
{
	const int32_t *m = (const void *)av_stream_get_side_data(stream, AV_PKT_DATA_DISPLAYMATRIX, NULL);
	struct canvas_turn turn = {0};
	int64_t x, y;

	if (m == NULL)
		return turn;
	turn.mirrored = (int64_t)m[0] * m[4] - (int64_t)m[1] * m[3] < 0;
	x = turn.mirrored ? -(int64_t)m[0] : m[0];
	y = turn.mirrored ? -(int64_t)m[1] : m[1];
	if (llabs(x) >= llabs(y))
		turn.quarters = x < 0 ? 2 : 0;
	else
		turn.quarters = y > 0 ? 1 : 3;
	return turn;
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

static void
tone_free(void *tone)
{
	struct lut *own = tone;

	lut_free(&own);
}

/* Light of a wide range, or colours of a wide one, go through a table. */
static int
find_tone(struct arena *arena, struct source *source, struct error *err)
{
	source->tone = tone_lut(source->parameters->color_trc, source->parameters->color_primaries);
	if (source->tone == NULL)
		return 0;
	return arena_defer(arena, tone_free, source->tone) < 0 ? arena_error(arena, err) : 0;
}

static bool
has_fields(const AVCodecParameters *parameters)
{
	switch (parameters->field_order) {
	case AV_FIELD_TT:
	case AV_FIELD_BB:
	case AV_FIELD_TB:
	case AV_FIELD_BT:
		return true;
	default:
		return false;
	}
}

static int
index_format(struct arena *arena, struct source *source, AVFormatContext *format, struct error *err)
{
	struct source_point *points = NULL;
	const AVStream *stream;

	source->stream = av_find_best_stream(format, AVMEDIA_TYPE_VIDEO, -1, -1, NULL, 0);
	if (source->stream < 0)
		return source_unavailable(err, source->name, "it has no picture");
	stream = format->streams[source->stream];
	for (unsigned i = 0; i < format->nb_streams; i++)
		format->streams[i]->discard = (int)i == source->stream ? AVDISCARD_DEFAULT : AVDISCARD_ALL;
	source->time_base = stream->time_base;
	source->turn = turn_of(stream);
	source->aspect =
	    stream->sample_aspect_ratio.num > 0 ? stream->sample_aspect_ratio : stream->codecpar->sample_aspect_ratio;
	if (source->aspect.num <= 0 || source->aspect.den <= 0)
		source->aspect = (AVRational){1, 1};
	/* of several names ("mov,mp4,...") one finds the demuxer again */
	source->format = arena_strndup(arena, format->iformat->name, strcspn(format->iformat->name, ","));
	if (source->format == NULL)
		return arena_error(arena, err);
	if (keep_parameters(arena, source, stream->codecpar, err) < 0 || find_tone(arena, source, err) < 0)
		return -1;
	source->interlaced = has_fields(stream->codecpar);
	source->width = stream->codecpar->width;
	source->height = stream->codecpar->height;
	if (read_points(source, format, &points, err) < 0)
		return -1;
	if (source->frames == 0) {
		free(points);
		return source_unavailable(err, source->name, "it has no picture");
	}
	source->points = arena_memdup(arena, points, source->frames * sizeof(*points));
	free(points);
	if (source->points == NULL)
		return arena_error(arena, err);
	sort_points(source);
	return 0;
}

/* A picture file; 1 when it is none, or an animated one, which is a clip. */
static int
index_still(struct arena *arena, struct source *source, struct error *err)
{
	CLEANUP(still_done) struct still still = {0};
	enum still_format format;
	uint8_t head[64];
	const ssize_t n = pread(source->fd, head, sizeof(head), 0);

	if (n <= 0 || !still_sniff(head, (size_t)n, &format))
		return 1;
	if (still_read(source->fd, &still, err) < 0)
		return -1;
	if (still.animated && still.format == STILL_GIF)
		return 1;
	source->still = true;
	source->frames = 1;
	source->points = ARENA_NEW(arena, struct source_point);
	if (source->points == NULL)
		return arena_error(arena, err);
	source->points[0].key = true;
	source->time_base = (AVRational){1, 1000};
	source->aspect = (AVRational){1, 1};
	source->format = still_name(still.format);
	picture_fit(still.width, still.height, SOURCE_STILL_SIDE, &source->width, &source->height);
	if (still.orientation >= 5) {
		const int width = source->width;

		source->width = source->height;
		source->height = width;
	}
	return 0;
}

int
source_index(struct arena *arena, const struct task *task, const char *name, int fd, struct source **ret_source,
    struct error *err)
{
	struct source *source = ARENA_NEW(arena, struct source);
	CLEANUP(source_close_format) AVFormatContext *format = NULL;
	int ret;

	if (source == NULL)
		return arena_error(arena, err);
	source->name = name;
	source->fd = fd;
	ret = index_still(arena, source, err);
	if (ret < 0 ||
	    (ret == 1 && (io_open_media(fd, task, &format, err) < 0 || index_format(arena, source, format, err) < 0))) {
		char why[sizeof(err->text)];

		if (err->kind != ERR_INPUT || error_has_code(err, "clip_unavailable"))
			return -1;
		snprintf(why, sizeof(why), "%s", err->text);
		return source_unavailable(err, name, why);
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
