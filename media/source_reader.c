/*
 * Reading pictures: seeking to key pictures, decoding on to the wanted one, and what is done to it before anybody sees
 * it: fields are put together, transparency is brought into one form.
 */
#include <libavutil/pixdesc.h>
#include <libswscale/swscale.h>

#include "media/deinterlace.h"
#include "media/fit_priv.h"
#include "media/picture.h"
#include "media/source_priv.h"
#include "media/still.h"
#include "media/task.h"

struct source_reader {
	const struct source *source;
	AVFormatContext *format;
	AVCodecContext *codec;
	AVPacket *packet;
	AVFrame *frame;	 /* the newest decoded picture */
	AVFrame *latest; /* the picture decoded for `at` */
	size_t next;	 /* no picture before this one is still to come from the decoder; SIZE_MAX: must seek */
	size_t at;	 /* index of `latest`; SIZE_MAX: none */
	bool drained;
	struct deinterlacer *deinterlacer;
	struct SwsContext *scaler;
	AVFrame *made;	/* `latest` after what had to be done to it */
	size_t made_at; /* its index; SIZE_MAX: none */
};

/* What reading into the file found out is known from the index; only formats that have no header are read into again.
 */
static int
reader_open(struct source_reader *reader, const struct task *task, struct error *err)
{
	const struct source *source = reader->source;

	if (io_open_input(source->fd, source->format, task, &reader->format, err) < 0)
		return -1;
	if (reader->format->nb_streams <= (unsigned)source->stream) {
		source_close_format(&reader->format);
		if (io_open_media(source->fd, task, &reader->format, err) < 0)
			return -1;
	}
	if (reader->format->nb_streams <= (unsigned)source->stream ||
	    avcodec_parameters_copy(reader->format->streams[source->stream]->codecpar, source->parameters) < 0)
		return source_unavailable(err, source->name, "it reads differently the second time");
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
	reader->made_at = SIZE_MAX;
	if (!source->still && reader_open(reader, task, err) < 0) {
		source_close(&reader);
		return error_wrap(err, "clip '%s'", source->name);
	}
	for (unsigned i = 0; reader->format != NULL && i < reader->format->nb_streams; i++)
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
	av_frame_free(&(*reader)->made);
	deinterlacer_free(&(*reader)->deinterlacer);
	sws_freeContext((*reader)->scaler);
	avcodec_free_context(&(*reader)->codec);
	source_close_format(&(*reader)->format);
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
		return source_unavailable(err, reader->source->name, "no picture could be decoded");
	return 0;
}

/* The picture as decoded, into reader->latest. */
static int
read_coded(struct source_reader *reader, size_t index, struct error *err)
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
	return 0;
}

static int
load_coded(void *ctx, size_t index, const AVFrame **ret_frame, struct error *err)
{
	struct source_reader *reader = ctx;

	if (read_coded(reader, index, err) < 0)
		return -1;
	*ret_frame = reader->latest;
	return 0;
}

/* The pixels of a struct picture as a frame that owns them. */
static void
pixels_free(void *opaque, uint8_t *data)
{
	(void)opaque;
	av_free(data);
}

static int
wrap_picture(struct picture *picture, AVFrame **ret_frame, struct error *err)
{
	const size_t bytes = (size_t)picture->width * (size_t)picture->height * 4 * sizeof(uint16_t);
	AVFrame *frame = av_frame_alloc();

	if (frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	if (picture->opaque) {
		/* without its alpha it is an ordinary picture */
		uint16_t *to = picture->pixels;
		const uint16_t *from = picture->pixels;

		for (size_t i = 0; i < bytes / 8; i++, to += 3, from += 4)
			memmove(to, from, 3 * sizeof(*to));
	}
	frame->format = picture->opaque ? AV_PIX_FMT_RGB48LE : AV_PIX_FMT_RGBA64LE;
	frame->width = picture->width;
	frame->height = picture->height;
	frame->buf[0] = av_buffer_create((uint8_t *)picture->pixels, bytes, pixels_free, NULL, 0);
	if (frame->buf[0] == NULL) {
		av_frame_free(&frame);
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	}
	frame->data[0] = (uint8_t *)picture->pixels;
	frame->linesize[0] = picture->width * (picture->opaque ? 6 : 8);
	picture->pixels = NULL;
	*ret_frame = frame;
	return 0;
}

static int
read_still(struct source_reader *reader, struct error *err)
{
	CLEANUP(still_done) struct still still = {0};
	CLEANUP(picture_done) struct picture picture = {0};

	if (still_read(reader->source->fd, &still, err) < 0 ||
	    picture_load(&still, SOURCE_STILL_SIDE, &picture, err) < 0 ||
	    wrap_picture(&picture, &reader->made, err) < 0)
		return error_wrap(err, "still '%s'", reader->source->name);
	return 0;
}

static bool
has_alpha(const AVFrame *frame)
{
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);

	return frame->format == AV_PIX_FMT_PAL8 || (desc != NULL && (desc->flags & AV_PIX_FMT_FLAG_ALPHA) != 0);
}

static int
make_premultiplied(struct source_reader *reader, const AVFrame *frame, struct error *err)
{
	if (fit_keep(&reader->made, AV_PIX_FMT_RGBA64LE, frame->width, frame->height, err) < 0 ||
	    fit_scale_rgb(&reader->scaler, frame, reader->made, err) < 0)
		return -1;
	for (int y = 0; y < frame->height; y++) {
		uint16_t *pixel =
		    (uint16_t *)(void *)(reader->made->data[0] + (ptrdiff_t)y * reader->made->linesize[0]);

		for (int x = 0; x < frame->width; x++, pixel += 4)
			for (int c = 0; c < 3; c++)
				pixel[c] = (uint16_t)(((uint32_t)pixel[c] * pixel[3] + 32767) / 65535);
	}
	return 0;
}

/* The picture after deinterlacing, borrowed. */
static int
read_whole(struct source_reader *reader, size_t index, const AVFrame **ret_frame, struct error *err)
{
	const struct source *source = reader->source;

	if (!source->interlaced)
		return load_coded(reader, index, ret_frame, err);
	if (reader->deinterlacer == NULL)
		reader->deinterlacer = deinterlacer_new(source->frames, load_coded, reader);
	return deinterlacer_read(reader->deinterlacer, index, ret_frame, err);
}

int
source_read(struct source_reader *reader, size_t index, const AVFrame **ret_frame, struct error *err)
{
	const AVFrame *frame;

	if (reader->made_at == index) {
		*ret_frame = reader->made;
		return 0;
	}
	if (reader->source->still) {
		if (read_still(reader, err) < 0)
			return -1;
	} else {
		if (read_whole(reader, index, &frame, err) < 0)
			return -1;
		if (!has_alpha(frame)) {
			*ret_frame = frame;
			return 0;
		}
		if (make_premultiplied(reader, frame, err) < 0)
			return -1;
	}
	reader->made_at = index;
	*ret_frame = reader->made;
	return 0;
}
