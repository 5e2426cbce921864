/*
 * Task probe: what a file from outside really is, or why it is refused.
 *
 *     {"input":"in0", "expect":"image|video|audio"?, "declared":"image/png"?, "media_type":"text/vtt"?}
 *
 * media_type is what the first bytes claim; captions and colour tables (probe_text.c) are only told by it.
 * Everything is decoded far enough to know: a still completely, a film at both ends, sound at its beginning.
 */
#include "media/probe.h"

#include <errno.h>

#include <libavutil/pixdesc.h>

#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/film.h"
#include "media/io.h"
#include "media/picture.h"
#include "media/still.h"
#include "media/task.h"

#define HEAD 64

struct container_row {
	const char *demuxer; /* begin of FFmpeg's name */
	const char *name;
	const char *video_type;
	const char *audio_type;
};

static const struct container_row containers[] = {
    {"mov,mp4", "mp4", "video/mp4", "audio/mp4"},
    {"matroska", "webm", "video/webm", "audio/webm"},
    {"avi", "avi", "video/x-msvideo", "audio/x-msvideo"},
    {"mpegts", "mpegts", "video/mp2t", "audio/mp2t"},
    {"mpeg", "mpeg", "video/mpeg", "audio/mpeg"},
    {"flv", "flv", "video/x-flv", "audio/x-flv"},
    {"ogg", "ogg", "video/ogg", "audio/ogg"},
    {"wav", "wav", "video/x-unknown", "audio/wav"},
    {"w64", "w64", "video/x-unknown", "audio/x-w64"},
    {"aiff", "aiff", "video/x-unknown", "audio/aiff"},
    {"mp3", "mp3", "video/x-unknown", "audio/mpeg"},
    {"aac", "aac", "video/x-unknown", "audio/aac"},
    {"flac", "flac", "video/x-unknown", "audio/flac"},
    {"nut", "nut", "video/x-nut", "audio/x-nut"},
};

/* ---- stills ---- */

static int
probe_still(int fd, struct probe *probe, struct error *err)
{
	CLEANUP(still_done) struct still still = {0};
	CLEANUP(io_frame_free) AVFrame *frame = NULL;

	if (still_read(fd, &still, err) < 0 || picture_decode(&still, &frame, err) < 0)
		return -1;
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(frame->format);
	const bool turned = still.orientation >= 5;
	static const int degrees[9] = {0, 0, 0, 180, 180, 90, 90, 270, 270};
	*probe = (struct probe){
	    .type = "image",
	    .format = still_name(still.format),
	    .codec = still_name(still.format),
	    .media_type = still_media_type(still.format),
	    .width = turned ? frame->height : frame->width,
	    .height = turned ? frame->width : frame->height,
	    .rotation = degrees[still.orientation],
	    .orientation = still.orientation,
	    .pix_fmt = desc->name,
	    .has_alpha = still.alpha,
	    .animated = still.animated,
	    .streams = 1,
	};
	return 0;
}

/* ---- films and sound ---- */

static const struct container_row *
container_find(const char *demuxer)
{
	static const struct container_row unknown = {
	    "", "unknown", "application/octet-stream", "application/octet-stream"};

	for (size_t i = 0; i < ARRAY_LEN(containers); i++) {
		if (text_starts(demuxer, containers[i].demuxer))
			return &containers[i];
	}
	return &unknown;
}

/* The index of an MP4 says where each sample lies: one beyond the end means that the file was cut off. */
static int
check_complete(const struct film *film, int64_t size, struct error *err)
{
	for (unsigned i = 0; i < film->fmt->nb_streams; i++) {
		AVStream *stream = film->fmt->streams[i];
		const int n = avformat_index_get_entries_count(stream);
		const AVIndexEntry *last = n > 0 ? avformat_index_get_entry(stream, n - 1) : NULL;

		if (last != NULL && last->pos > 0 && last->pos + last->size > size)
			return error_code(err, ERR_INPUT, "media_truncated", "the file ends before its last sample");
	}
	return 0;
}

static int
check_video(struct film *film, const struct task *task, struct error *err)
{
	const AVCodecParameters *par = film->video->codecpar;
	CLEANUP(io_frame_free) AVFrame *first = NULL;
	CLEANUP(io_frame_free) AVFrame *last = NULL;

	if (par->width > FILM_SIDE_MAX || par->height > FILM_SIDE_MAX ||
	    (int64_t)par->width * par->height > FILM_PIXELS_MAX)
		return error_code(err, ERR_INPUT, "media_too_large",
		    "the film has %d x %d pixels; at most %d megapixels are accepted", par->width, par->height,
		    (int)(FILM_PIXELS_MAX / 1000000));
	if (film_frame_at(film, 0, task, &first, err) < 0 || film_last_frame(film, task, &last, err) < 0)
		return -1;
	const AVRational rate = film_rate(film);
	const int64_t slack = 2 * AV_TIME_BASE;
	if (rate.num > 0 && film_duration_us(film) > 0 && film_frame_us(film, last) + slack < film_duration_us(film))
		return error_code(err, ERR_INPUT, "media_truncated", "the film ends %.1f s before its stated end",
		    (double)(film_duration_us(film) - film_frame_us(film, last)) / AV_TIME_BASE);
	return 0;
}

/* Decodes the first packets: enough to know that there is sound behind the header. */
static int
check_audio(struct film *film, struct error *err)
{
	CLEANUP(io_codec_free) AVCodecContext *codec = NULL;
	CLEANUP(io_packet_free) AVPacket *packet = av_packet_alloc();
	CLEANUP(io_frame_free) AVFrame *frame = av_frame_alloc();
	int rc = 0;

	if (packet == NULL || frame == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a packet");
	if (io_open_decoder(film->audio, 1, &codec, err) < 0)
		return -1;
	film->fmt->streams[film->audio->index]->discard = AVDISCARD_DEFAULT;
	for (int tries = 0; tries < 500 && rc >= 0; tries++) {
		av_packet_unref(packet);
		rc = av_read_frame(film->fmt, packet);
		if (rc < 0 || packet->stream_index != film->audio->index)
			continue;
		if (avcodec_send_packet(codec, packet) >= 0 && avcodec_receive_frame(codec, frame) >= 0)
			return 0;
	}
	return error_code(
	    err, ERR_INPUT, rc == AVERROR_EOF ? "media_truncated" : "media_unreadable", "no sound can be decoded");
}

static void
fill_film(const struct film *film, struct probe *probe)
{
	const struct container_row *container = container_find(film->fmt->iformat->name);
	const AVRational rate = film_rate(film);

	probe->format = container->name;
	probe->streams = (int)film->fmt->nb_streams;
	probe->duration_us = film_duration_us(film);
	probe->has_audio = film->audio != NULL;
	if (film->audio != NULL) {
		probe->channels = film->audio->codecpar->ch_layout.nb_channels;
		probe->sample_rate = film->audio->codecpar->sample_rate;
		probe->audio_codec = avcodec_get_name(film->audio->codecpar->codec_id);
	}
	if (film->video == NULL) {
		probe->type = "audio";
		probe->media_type = container->audio_type;
		probe->codec = probe->audio_codec;
		return;
	}
	const AVCodecParameters *par = film->video->codecpar;
	const AVPixFmtDescriptor *desc = av_pix_fmt_desc_get(par->format);
	probe->type = "video";
	probe->media_type = container->video_type;
	probe->codec = avcodec_get_name(par->codec_id);
	probe->rotation = film_rotation(film);
	const bool turned = probe->rotation == 90 || probe->rotation == 270;
	probe->width = turned ? par->height : par->width;
	probe->height = turned ? par->width : par->height;
	probe->sar_num = par->sample_aspect_ratio.num > 0 ? par->sample_aspect_ratio.num : 1;
	probe->sar_den = par->sample_aspect_ratio.num > 0 ? par->sample_aspect_ratio.den : 1;
	probe->fps_num = rate.num;
	probe->fps_den = rate.den;
	probe->pix_fmt = desc == NULL ? NULL : desc->name;
	probe->has_alpha = desc != NULL && (desc->flags & AV_PIX_FMT_FLAG_ALPHA) != 0;
	probe->variable_rate =
	    film->video->r_frame_rate.num > 0 && rate.num > 0 && av_cmp_q(film->video->r_frame_rate, rate) != 0;
}

/* A container that begins well and has no index was cut off; one that never began is something else. */
static int
explain_unreadable(const uint8_t *head, size_t len, struct error *err)
{
	const bool container =
	    len >= 12 &&
	    (memcmp(head + 4, "ftyp", 4) == 0 || memcmp(head, "\x1a\x45\xdf\xa3", 4) == 0 ||
		memcmp(head, "RIFF", 4) == 0 || memcmp(head, "fLaC", 4) == 0 || memcmp(head, "OggS", 4) == 0);

	if (container && error_has_code(err, "media_unreadable"))
		return error_code(err, ERR_INPUT, "media_truncated", "the file ends too early or is damaged");
	return -1;
}

/* RIFF and its kind say how long they are; FFmpeg reads what there is and is content. */
static int
check_riff(const uint8_t *head, size_t len, int64_t size, struct error *err)
{
	if (len < 12 || memcmp(head, "RIFF", 4) != 0)
		return 0;
	const uint32_t says = (uint32_t)head[7] << 24 | (uint32_t)head[6] << 16 | (uint32_t)head[5] << 8 | head[4];
	/* files written to a pipe have 0 or all ones here */
	if (says != 0 && says < UINT32_MAX - 8 && (int64_t)says + 8 > size + 1)
		return error_code(err, ERR_INPUT, "media_truncated", "the file has %" PRId64 " bytes of %" PRId64, size,
		    (int64_t)says + 8);
	return 0;
}

static int
probe_film(int fd, const uint8_t *head, size_t len, int64_t size, const struct task *task, struct probe *probe,
    struct error *err)
{
	CLEANUP(film_done) struct film film = {0};

	if (check_riff(head, len, size, err) < 0)
		return -1;
	if (film_open(fd, task, &film, err) < 0)
		return explain_unreadable(head, len, err);
	if (film_duration_us(&film) > FILM_DURATION_MAX_US)
		return error_code(err, ERR_INPUT, "media_too_long", "the file lasts longer than %d hours",
		    (int)(FILM_DURATION_MAX_US / 3600 / 1000000));
	fill_film(&film, probe);
	if (check_complete(&film, size, err) < 0)
		return -1;
	if (film.video != NULL)
		return check_video(&film, task, err);
	return check_audio(&film, err);
}

/* ---- the task ---- */

int
probe_file(int fd, const struct task *task, struct probe *ret_probe, struct error *err)
{
	uint8_t head[HEAD];
	struct probe probe = {0};
	enum still_format format;
	int64_t size;

	if (io_file_size(fd, &size, err) < 0)
		return -1;
	const ssize_t n = pread(fd, head, sizeof(head), 0);
	if (n < 0)
		return error_errno(err, ERR_INTERNAL, "reading an input");
	const bool heif =
	    n >= 12 && memcmp(head + 4, "ftyp", 4) == 0 &&
	    (memcmp(head + 8, "hei", 3) == 0 || memcmp(head + 8, "avi", 3) == 0 || memcmp(head + 8, "mif1", 4) == 0);
	if (heif || still_sniff(head, (size_t)n, &format)) {
		if (probe_still(fd, &probe, err) < 0)
			return -1;
	} else if (probe_film(fd, head, (size_t)n, size, task, &probe, err) < 0) {
		return -1;
	}
	*ret_probe = probe;
	return 0;
}

/* "image/jpg" and the like are taken for what they mean. */
static bool
declared_fits(const struct probe *probe, const char *declared)
{
	static const char *const same[][2] = {{"image/jpg", "image/jpeg"}, {"image/pjpeg", "image/jpeg"},
	    {"image/x-png", "image/png"}, {"image/x-ms-bmp", "image/bmp"}};

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		if (text_equal(declared, same[i][0]))
			declared = same[i][1];
	}
	if (text_starts(declared, "image/"))
		return text_equal(declared, probe->media_type);
	/* containers go by many names; that the kind is right is enough */
	if (text_starts(declared, "video/") || text_starts(declared, "audio/"))
		return strncmp(declared, probe->type, 5) == 0 ||
		       (text_starts(declared, "video/") && text_equal(probe->format, "mp4")) ||
		       text_equal(probe->format, "webm") || text_equal(probe->format, "ogg");
	return true;
}

static int
check_expected(const struct probe *probe, const struct js_value *args, struct error *err)
{
	const char *expect = js_text(args, "/expect", NULL), *declared = js_text(args, "/declared", NULL);

	if (expect != NULL && !text_equal(expect, probe->type))
		return error_code(err, ERR_INPUT, "media_type_mismatch", "the file is %s %s, not %s %s",
		    probe->type[0] == 'v' ? "a" : "an", probe->type, expect[0] == 'v' ? "a" : "an", expect);
	if (declared != NULL && !declared_fits(probe, declared))
		return error_code(err, ERR_INPUT, "media_type_mismatch", "the file says it is %s and is %s", declared,
		    probe->media_type);
	return 0;
}

static void
probe_write(const struct probe *probe, struct buf *result)
{
	struct js_writer w;

	js_begin(&w, result);
	js_open_object(&w, NULL);
	js_str(&w, "type", probe->type);
	js_str(&w, "format", probe->format);
	js_str(&w, "codec", probe->codec);
	js_str(&w, "media_type", probe->media_type);
	js_int(&w, "streams", probe->streams);
	if (probe->type[0] != 'a') {
		js_int(&w, "width", probe->width);
		js_int(&w, "height", probe->height);
		js_int(&w, "rotation", probe->rotation);
		js_str(&w, "pix_fmt", probe->pix_fmt);
		js_bool(&w, "has_alpha", probe->has_alpha);
	}
	if (probe->type[0] == 'i') {
		js_int(&w, "orientation", probe->orientation);
		js_bool(&w, "animated", probe->animated);
	} else {
		js_int(&w, "duration_us", probe->duration_us);
		js_bool(&w, "has_audio", probe->has_audio);
	}
	if (probe->type[0] == 'v') {
		js_int(&w, "fps_num", probe->fps_num);
		js_int(&w, "fps_den", probe->fps_den);
		js_int(&w, "sar_num", probe->sar_num);
		js_int(&w, "sar_den", probe->sar_den);
		js_bool(&w, "variable_rate", probe->variable_rate);
	}
	if (probe->has_audio) {
		js_str(&w, "audio_codec", probe->audio_codec);
		js_int(&w, "channels", probe->channels);
		js_int(&w, "sample_rate", probe->sample_rate);
	}
	js_close(&w);
	js_end(&w);
}

int
probe_run(struct task *task, struct buf *result, struct error *err)
{
	const char *media_type = js_text(task->args, "/media_type", NULL);
	struct probe probe = {0};
	int fd;

	task_progress(task, 0, "probe");
	if (task_input(task, js_text(task->args, "/input", NULL), &fd, err) < 0)
		return -1;
	if (probe_is_text(media_type))
		return probe_text(fd, media_type, task, result, err);
	if (probe_file(fd, task, &probe, err) < 0 || check_expected(&probe, task->args, err) < 0)
		return -1;
	probe_write(&probe, result);
	return 0;
}
