#include "media/io.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include <libavutil/cpu.h>

#include "lib/base/path.h"
#include "media/task.h"

#define IO_BUFFER 65536
#define IO_ANALYZE_US (5 * (int64_t)AV_TIME_BASE)
#define IO_PROBE_BYTES (16 * (int64_t)MIB)
#define IO_STREAMS_MAX 32

const char io_formats[] =
    "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,avi,mpegts,mpeg,flv,ogg,wav,w64,aiff,mp3,aac,flac,nut,gif,"
    "jpeg_pipe,png_pipe,webp_pipe,bmp_pipe,tiff_pipe,h264,yuv4mpegpipe";

const char io_codecs[] =
    "h264,hevc,mpeg4,mpeg2video,mpeg1video,h263,flv,vp8,vp9,libvpx,libvpx-vp9,libdav1d,av1,prores,dnxhd,mjpeg,ffv1,"
    "rawvideo,theora,"
    "wmv2,msmpeg4,qtrle,utvideo,huffyuv,ffvhuff,dvvideo,gif,png,webp,bmp,tiff,wrapped_avframe,"
    "aac,aac_latm,mp3float,mp3,mp2float,mp2,ac3,eac3,flac,alac,opus,libopus,vorbis,"
    "pcm_s16le,pcm_s16be,pcm_s24le,pcm_s24be,pcm_s32le,pcm_s32be,pcm_f32le,pcm_f32be,pcm_f64le,pcm_u8,pcm_s8,"
    "pcm_mulaw,pcm_alaw,adpcm_ms,adpcm_ima_wav";

/* ---- reading ---- */

struct reader {
	int fd;
	int64_t at;
	int64_t size;
	const struct task *task;
};

static int
reader_read(void *opaque, uint8_t *bytes, int len)
{
	struct reader *reader = opaque;
	ssize_t n;

	if (task_cancelled(reader->task))
		return AVERROR_EXIT;
	do {
		n = pread(reader->fd, bytes, (size_t)len, reader->at);
	} while (n < 0 && errno == EINTR);
	if (n < 0)
		return AVERROR(errno);
	reader->at += n;
	return n == 0 ? AVERROR_EOF : (int)n;
}

static int64_t
reader_seek(void *opaque, int64_t offset, int whence)
{
	struct reader *reader = opaque;
	int64_t to;

	switch (whence & ~AVSEEK_FORCE) {
	case AVSEEK_SIZE:
		return reader->size;
	case SEEK_SET:
		to = offset;
		break;
	case SEEK_CUR:
		to = reader->at + offset;
		break;
	case SEEK_END:
		to = reader->size + offset;
		break;
	default:
		return AVERROR(EINVAL);
	}
	if (to < 0)
		return AVERROR(EINVAL);
	reader->at = to;
	return to;
}

static int
refuse_open(AVFormatContext *fmt, AVIOContext **pb, const char *url, int flags, AVDictionary **options)
{
	(void)fmt, (void)pb, (void)url, (void)flags, (void)options;
	return AVERROR(EACCES);
}

static int
interrupted(void *opaque)
{
	return task_cancelled(opaque);
}

int
io_file_size(int fd, int64_t *ret_size, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0)
		return error_errno(err, ERR_INTERNAL, "looking at an input");
	if (!S_ISREG(st.st_mode))
		return error_code(err, ERR_INPUT, "media_unreadable", "the input is not a file");
	if (st.st_size == 0)
		return error_code(err, ERR_INPUT, "media_empty", "the file is empty");
	*ret_size = st.st_size;
	return 0;
}

int
io_read_text(struct arena *arena, int fd, size_t limit, char **ret_bytes, size_t *ret_len, struct error *err)
{
	int64_t size;
	size_t len = 0;

	if (io_file_size(fd, &size, err) < 0)
		return -1;
	const size_t wanted = FW_MIN((size_t)size, limit + 1);
	char *bytes = arena_alloc(arena, wanted + 1);
	if (bytes == NULL)
		return arena_error(arena, err);
	while (len < wanted) {
		const ssize_t n = pread(fd, bytes + len, wanted - len, (off_t)len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return error_errno(err, ERR_INTERNAL, "reading an input");
		if (n == 0)
			break;
		len += (size_t)n;
	}
	*ret_bytes = bytes;
	*ret_len = len;
	return 0;
}

static AVIOContext *
reader_open(int fd, int64_t size, const struct task *task)
{
	struct reader *reader = calloc(1, sizeof(*reader));
	unsigned char *buffer = av_malloc(IO_BUFFER);
	AVIOContext *pb = NULL;

	if (reader != NULL && buffer != NULL) {
		*reader = (struct reader){.fd = fd, .size = size, .task = task};
		pb = avio_alloc_context(buffer, IO_BUFFER, 0, reader, reader_read, NULL, reader_seek);
	}
	if (pb == NULL) {
		free(reader);
		av_free(buffer);
	}
	return pb;
}

static void
reader_close(AVIOContext **pb)
{
	if (*pb == NULL)
		return;
	free((*pb)->opaque);
	av_freep(&(*pb)->buffer);
	avio_context_free(pb);
}

int
io_open_input(int fd, const char *format, const struct task *task, AVFormatContext **ret_fmt, struct error *err)
{
	const AVInputFormat *demuxer = format == NULL ? NULL : av_find_input_format(format);
	AVFormatContext *fmt;
	AVIOContext *pb;
	int64_t size;
	int rc;

	if (io_file_size(fd, &size, err) < 0)
		return -1;
	if (format != NULL && demuxer == NULL)
		return error_set(err, ERR_INTERNAL, "FFmpeg here has no demuxer '%s'", format);
	pb = reader_open(fd, size, task);
	fmt = avformat_alloc_context();
	if (pb == NULL || fmt == NULL) {
		reader_close(&pb);
		avformat_free_context(fmt);
		return error_set(err, ERR_MEMORY, "no memory for reading a file");
	}
	fmt->pb = pb;
	fmt->flags |= AVFMT_FLAG_CUSTOM_IO;
	fmt->io_open = refuse_open;
	fmt->interrupt_callback = (AVIOInterruptCB){.callback = interrupted, .opaque = (void *)(uintptr_t)task};
	fmt->format_whitelist = av_strdup(io_formats);
	fmt->codec_whitelist = av_strdup(io_codecs);
	fmt->protocol_whitelist = av_strdup("none");
	fmt->max_streams = IO_STREAMS_MAX;
	fmt->max_analyze_duration = IO_ANALYZE_US;
	fmt->probesize = IO_PROBE_BYTES;
	rc = avformat_open_input(&fmt, "", demuxer, NULL); /* frees fmt when it fails */
	if (rc < 0) {
		reader_close(&pb);
		return io_error(err, rc, "opening the file");
	}
	*ret_fmt = fmt;
	return 0;
}

void
io_close_input(AVFormatContext **fmt)
{
	AVIOContext *pb;

	if (*fmt == NULL)
		return;
	pb = (*fmt)->pb;
	avformat_close_input(fmt);
	reader_close(&pb);
}

int
io_open_media(int fd, const struct task *task, AVFormatContext **ret_fmt, struct error *err)
{
	AVFormatContext *fmt = NULL;
	int rc;

	if (io_open_input(fd, NULL, task, &fmt, err) < 0)
		return -1;
	rc = avformat_find_stream_info(fmt, NULL);
	if (rc < 0) {
		io_close_input(&fmt);
		return io_error(err, rc, "reading what the file holds");
	}
	*ret_fmt = fmt;
	return 0;
}

/* FFmpeg's own decoders of VP8 and VP9 leave out the alpha that WebM keeps beside a picture. */
static const AVCodec *
find_decoder(const AVStream *stream)
{
	const AVDictionaryEntry *alpha = av_dict_get(stream->metadata, "alpha_mode", NULL, 0);
	const enum AVCodecID id = stream->codecpar->codec_id;
	const AVCodec *decoder = NULL;

	if (alpha != NULL && strcmp(alpha->value, "1") == 0 && (id == AV_CODEC_ID_VP8 || id == AV_CODEC_ID_VP9))
		decoder = avcodec_find_decoder_by_name(id == AV_CODEC_ID_VP9 ? "libvpx-vp9" : "libvpx");
	return decoder != NULL ? decoder : avcodec_find_decoder(id);
}

int
io_open_decoder(const AVStream *stream, int threads, AVCodecContext **ret_codec, struct error *err)
{
	const AVCodec *decoder = find_decoder(stream);
	CLEANUP(io_codec_free) AVCodecContext *codec = NULL;
	int rc;

	if (decoder == NULL)
		return error_code(err, ERR_INPUT, "media_unsupported", "there is no decoder for '%s'",
		    avcodec_get_name(stream->codecpar->codec_id));
	codec = avcodec_alloc_context3(decoder);
	if (codec == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a decoder");
	rc = avcodec_parameters_to_context(codec, stream->codecpar);
	if (rc < 0)
		return io_error(err, rc, "setting up the decoder");
	codec->pkt_timebase = stream->time_base;
	codec->thread_count = threads;
	codec->codec_whitelist = av_strdup(io_codecs);
	rc = avcodec_open2(codec, decoder, NULL);
	if (rc < 0)
		return io_error(err, rc, "opening the decoder");
	*ret_codec = codec;
	codec = NULL;
	return 0;
}

#ifdef __x86_64__
#define BASELINE (AV_CPU_FLAG_MMX | AV_CPU_FLAG_MMXEXT | AV_CPU_FLAG_SSE | AV_CPU_FLAG_SSE2)
#else
#define BASELINE 0
#endif

int
io_baseline_begin(void)
{
	const int flags = av_get_cpu_flags();

	av_force_cpu_flags(BASELINE);
	return flags;
}

void
io_baseline_end(int flags)
{
	av_force_cpu_flags(flags);
}

/* ---- writing ---- */

struct writer {
	int fd;
	int dir;
	int64_t at;
	int64_t size;
	char name[256];
};

static int
writer_write(void *opaque, uint8_t *bytes, int len)
{
	struct writer *writer = opaque;
	int done = 0;

	while (done < len) {
		const ssize_t n = pwrite(writer->fd, bytes + done, (size_t)(len - done), writer->at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return AVERROR(errno);
		done += (int)n;
		writer->at += n;
	}
	writer->size = FW_MAX(writer->size, writer->at);
	return len;
}

static int
writer_read(void *opaque, uint8_t *bytes, int len)
{
	struct writer *writer = opaque;
	const ssize_t n = pread(writer->fd, bytes, (size_t)len, writer->at);

	if (n < 0)
		return AVERROR(errno);
	writer->at += n;
	return n == 0 ? AVERROR_EOF : (int)n;
}

static int64_t
writer_seek(void *opaque, int64_t offset, int whence)
{
	struct writer *writer = opaque;
	int64_t to;

	switch (whence & ~AVSEEK_FORCE) {
	case AVSEEK_SIZE:
		return writer->size;
	case SEEK_SET:
		to = offset;
		break;
	case SEEK_CUR:
		to = writer->at + offset;
		break;
	case SEEK_END:
		to = writer->size + offset;
		break;
	default:
		return AVERROR(EINVAL);
	}
	if (to < 0)
		return AVERROR(EINVAL);
	writer->at = to;
	return to;
}

static int
output_create(int dir, const char *name, struct error *err)
{
	const int fd = openat(dir, name, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0640);

	if (fd < 0)
		return error_errno(err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "making '%s'", name);
	return fd;
}

int
io_open_output(int dir, const char *name, AVIOContext **ret_pb, struct error *err)
{
	struct writer *writer;
	unsigned char *buffer;
	AVIOContext *pb = NULL;
	int fd;

	if (task_output_name(name, err) < 0)
		return -1;
	fd = output_create(dir, name, err);
	if (fd < 0)
		return -1;
	writer = calloc(1, sizeof(*writer));
	buffer = av_malloc(IO_BUFFER);
	if (writer != NULL && buffer != NULL && strlen(name) < sizeof(writer->name)) {
		*writer = (struct writer){.fd = fd, .dir = dir};
		memcpy(writer->name, name, strlen(name) + 1);
		pb = avio_alloc_context(buffer, IO_BUFFER, 1, writer, writer_read, writer_write, writer_seek);
	}
	if (pb == NULL) {
		free(writer);
		av_free(buffer);
		fd_close(&fd);
		(void)!unlinkat(dir, name, 0);
		return error_set(err, ERR_MEMORY, "no memory for writing '%s'", name);
	}
	*ret_pb = pb;
	return 0;
}

static void
writer_free(AVIOContext **pb)
{
	struct writer *writer = (*pb)->opaque;

	fd_close(&writer->fd);
	free(writer);
	av_freep(&(*pb)->buffer);
	avio_context_free(pb);
}

int
io_close_output(AVIOContext **pb, struct error *err)
{
	struct writer *writer;
	int rc = 0;

	if (*pb == NULL)
		return 0;
	writer = (*pb)->opaque;
	avio_flush(*pb);
	if ((*pb)->error < 0)
		rc = io_error_own(err, (*pb)->error, "writing an output");
	else if (fsync(writer->fd) < 0)
		rc = error_errno(
		    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing an output to the disk");
	writer_free(pb);
	return rc;
}

void
io_drop_output(AVIOContext **pb)
{
	struct writer *writer;

	if (*pb == NULL)
		return;
	writer = (*pb)->opaque;
	(void)!unlinkat(writer->dir, writer->name, 0);
	writer_free(pb);
}

int
io_write_file(int dir, const char *name, const void *bytes, size_t len, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;

	if (task_output_name(name, err) < 0)
		return -1;
	fd = output_create(dir, name, err);
	if (fd < 0 || fd_write_all(fd, bytes, len, err) < 0)
		return -1;
	if (fsync(fd) < 0)
		return error_errno(
		    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "writing '%s' to the disk", name);
	return 0;
}

/* ---- errors ---- */

static int
averror_limit(struct error *err, int averror, const char *what)
{
	switch (averror) {
	case AVERROR(ENOMEM):
		return error_set(err, ERR_MEMORY, "%s: out of memory", what);
	case AVERROR(ENOSPC):
	case AVERROR(EDQUOT):
		return error_set(err, ERR_STORAGE_FULL, "%s: the disk is full", what);
	case AVERROR(EFBIG):
		return error_set(err, ERR_TOO_LARGE, "%s: the file would become too large", what);
	case AVERROR_EXIT:
		return error_set(err, ERR_CANCELLED, "%s: cancelled", what);
	default:
		return 0;
	}
}

int
io_error(struct error *err, int averror, const char *what)
{
	char text[AV_ERROR_MAX_STRING_SIZE] = "";

	if (averror_limit(err, averror, what) < 0)
		return -1;
	av_strerror(averror, text, sizeof(text));
	error_code_at(err, ERR_INPUT, averror == AVERROR_EOF ? "media_truncated" : "media_unreadable", __FILE__,
	    __LINE__, "%s: %s", what, text);
	error_public(err, averror == AVERROR_EOF ? "the file ends too early" : "the file cannot be read as media");
	error_foreign(err, averror);
	return -1;
}

int
io_error_own(struct error *err, int averror, const char *what)
{
	char text[AV_ERROR_MAX_STRING_SIZE] = "";

	if (averror_limit(err, averror, what) < 0)
		return -1;
	av_strerror(averror, text, sizeof(text));
	error_set_at(err, ERR_INTERNAL, __FILE__, __LINE__, "%s: %s", what, text);
	error_foreign(err, averror);
	return -1;
}

void
io_frame_free(AVFrame **frame)
{
	av_frame_free(frame);
}

void
io_packet_free(AVPacket **packet)
{
	av_packet_free(packet);
}

void
io_codec_free(AVCodecContext **codec)
{
	avcodec_free_context(codec);
}
