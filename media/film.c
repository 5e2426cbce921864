#include "media/film.h"

#include <libavutil/display.h>
#include <math.h>

/* How far back from the end the search for the last frame begins, and then how much further each time. */
#define TAIL_US ((int64_t)2 * 1000000)

void
film_done(struct film *film)
{
	avcodec_free_context(&film->decoder);
	io_close_input(&film->fmt);
}

int
film_open(int fd, const struct task *task, struct film *ret_film, struct error *err)
{
	CLEANUP(film_done) struct film film = {0};

	if (io_open_media(fd, task, &film.fmt, err) < 0)
		return -1;
	for (unsigned i = 0; i < film.fmt->nb_streams; i++) {
		AVStream *stream = film.fmt->streams[i];
		const bool cover = (stream->disposition & AV_DISPOSITION_ATTACHED_PIC) != 0;

		stream->discard = AVDISCARD_ALL;
		if (stream->codecpar->codec_type == AVMEDIA_TYPE_VIDEO && !cover && film.video == NULL) {
			film.video = stream;
			stream->discard = AVDISCARD_DEFAULT;
		} else if (stream->codecpar->codec_type == AVMEDIA_TYPE_AUDIO && film.audio == NULL) {
			film.audio = stream;
		}
	}
	if (film.video == NULL && film.audio == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "the file has neither picture nor sound");
	*ret_film = film;
	film = (struct film){0};
	return 0;
}

int64_t
film_duration_us(const struct film *film)
{
	const AVStream *stream = film->video != NULL ? film->video : film->audio;

	if (stream->duration > 0)
		return av_rescale_q(stream->duration, stream->time_base, AV_TIME_BASE_Q);
	return film->fmt->duration > 0 ? film->fmt->duration : 0;
}

AVRational
film_rate(const struct film *film)
{
	const AVRational none = {0, 1};

	if (film->video == NULL)
		return none;
	if (film->video->avg_frame_rate.num > 0)
		return film->video->avg_frame_rate;
	return film->video->r_frame_rate.num > 0 ? film->video->r_frame_rate : none;
}

int
film_rotation(const struct film *film)
{
	const uint8_t *matrix =
	    film->video == NULL ? NULL : av_stream_get_side_data(film->video, AV_PKT_DATA_DISPLAYMATRIX, NULL);

	if (matrix == NULL)
		return 0;
	const double degrees = -av_display_rotation_get((const int32_t *)(const void *)matrix);
	return isnan(degrees) ? 0 : ((int)lrint(degrees / 90) * 90 % 360 + 360) % 360;
}

int64_t
film_frame_us(const struct film *film, const AVFrame *frame)
{
	const int64_t start = film->video->start_time == AV_NOPTS_VALUE ? 0 : film->video->start_time;

	if (frame->best_effort_timestamp == AV_NOPTS_VALUE)
		return 0;
	return av_rescale_q(frame->best_effort_timestamp - start, film->video->time_base, AV_TIME_BASE_Q);
}

static int
need_decoder(struct film *film, struct error *err)
{
	if (film->video == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "the file has no picture");
	if (film->decoder != NULL)
		return 0;
	return io_open_decoder(film->video, 1, &film->decoder, err);
}

int
film_seek(struct film *film, int64_t at_us, struct error *err)
{
	int64_t to;
	int rc;

	if (need_decoder(film, err) < 0)
		return -1;
	to = av_rescale_q(at_us, AV_TIME_BASE_Q, film->video->time_base);
	if (film->video->start_time != AV_NOPTS_VALUE)
		to += film->video->start_time;
	rc = av_seek_frame(film->fmt, film->video->index, to, AVSEEK_FLAG_BACKWARD);
	if (rc < 0) /* a file without an index is read from its beginning */
		rc = av_seek_frame(film->fmt, -1, 0, AVSEEK_FLAG_BYTE);
	if (rc < 0)
		return io_error(err, rc, "seeking");
	avcodec_flush_buffers(film->decoder);
	return 0;
}

static int
feed(struct film *film, AVPacket *packet, struct error *err)
{
	int rc;

	do {
		av_packet_unref(packet);
		rc = av_read_frame(film->fmt, packet);
	} while (rc >= 0 && packet->stream_index != film->video->index);
	if (rc < 0 && rc != AVERROR_EOF)
		return io_error(err, rc, "reading");
	rc = avcodec_send_packet(film->decoder, rc == AVERROR_EOF ? NULL : packet);
	/* a damaged packet costs its frames; how many are missing is for the probe to judge */
	if (rc < 0 && rc != AVERROR_EOF && rc != AVERROR_INVALIDDATA)
		return io_error(err, rc, "decoding");
	return 0;
}

int
film_next(struct film *film, AVFrame *frame, struct error *err)
{
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();

	if (packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a packet");
	if (need_decoder(film, err) < 0)
		return -1;
	for (;;) {
		const int rc = avcodec_receive_frame(film->decoder, frame);
		if (rc >= 0)
			return 1;
		if (rc == AVERROR_EOF)
			return 0;
		if (rc != AVERROR(EAGAIN) && rc != AVERROR_INVALIDDATA)
			return io_error(err, rc, "decoding");
		if (feed(film, packet, err) < 0)
			return -1;
	}
}

/* Decodes from where the film stands to the last frame not after at_us (INT64_MAX: to the end). */
static int
decode_until(struct film *film, int64_t at_us, const struct task *task, AVFrame **ret_frame, struct error *err)
{
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	CLEANUP(io_frame_free) AVFrame *kept = av_frame_alloc();
	int rc;

	if (frame == NULL || kept == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	while ((rc = film_next(film, frame, err)) > 0) {
		if (task_check(task, err) < 0)
			return -1;
		if (kept->buf[0] != NULL && film_frame_us(film, frame) > at_us)
			break;
		av_frame_unref(kept);
		av_frame_move_ref(kept, frame);
	}
	if (rc < 0)
		return -1;
	if (kept->buf[0] != NULL) {
		*ret_frame = kept;
		kept = NULL;
	}
	return 0;
}

int
film_frame_at(struct film *film, int64_t at_us, const struct task *task, AVFrame **ret_frame, struct error *err)
{
	AVFrame *frame = NULL;

	if (film_seek(film, at_us, err) < 0 || decode_until(film, at_us, task, &frame, err) < 0)
		return -1;
	if (frame == NULL && (film_seek(film, 0, err) < 0 || decode_until(film, at_us, task, &frame, err) < 0))
		return -1;
	if (frame == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "no frame of the film can be decoded");
	*ret_frame = frame;
	return 0;
}

int
film_last_frame(struct film *film, const struct task *task, AVFrame **ret_frame, struct error *err)
{
	const int64_t duration = film_duration_us(film);
	AVFrame *frame = NULL;

	for (int64_t back = TAIL_US; frame == NULL && back < 16 * duration; back *= 8) {
		if (film_seek(film, FW_MAX(duration - back, 0), err) < 0 ||
		    decode_until(film, INT64_MAX, task, &frame, err) < 0)
			return -1;
	}
	if (frame == NULL && (film_seek(film, 0, err) < 0 || decode_until(film, INT64_MAX, task, &frame, err) < 0))
		return -1;
	if (frame == NULL)
		return error_code(err, ERR_INPUT, "media_unreadable", "no frame of the film can be decoded");
	*ret_frame = frame;
	return 0;
}

int
film_picture(
    const struct film *film, const AVFrame *frame, int max_side, struct picture *ret_picture, struct error *err)
{
	static const int orientations[4] = {1, 6, 3, 8};
	const AVRational shape = frame->sample_aspect_ratio.num > 0 ? frame->sample_aspect_ratio : (AVRational){1, 1};
	struct picture picture = {0};
	int width = frame->width, height = frame->height;

	/* square pixels by widening or heightening, never by throwing rows away */
	if (shape.num > shape.den)
		width = (int)av_rescale(width, shape.num, shape.den);
	else
		height = (int)av_rescale(height, shape.den, shape.num);
	if (width > FILM_SIDE_MAX || height > FILM_SIDE_MAX || width < 1 || height < 1)
		return error_code(err, ERR_INPUT, "media_too_large", "the film's pixels have an absurd shape");
	picture_fit(width, height, max_side, &width, &height);
	if (picture_from_frame(frame, width, height, &picture, err) < 0)
		return -1;
	if (picture_turn(&picture, orientations[film_rotation(film) / 90], err) < 0 ||
	    picture_flatten(&picture, "#000000", err) < 0) {
		picture_done(&picture);
		return -1;
	}
	*ret_picture = picture;
	return 0;
}
