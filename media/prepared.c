/*
 * Encoding, naming, proving. The filters are in filter.c.
 */
#include "media/prepared.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sys/stat.h>

#include <libavfilter/avfilter.h>

#include "lib/base/path.h"
#include "media/io.h"
#include "media/task.h"

#define ARENA_MAX (64 * MIB)
#define NAME_SIZE (sizeof(CACHE_PREPARED) + HASH_HEX_SIZE + 8)
#define SLICES "4"

struct prepared {
	const struct source *source;
	const char *digest;
	struct filter_request request;
	const struct cache *cache;
	pthread_mutex_t lock;
	char key[HASH_HEX_SIZE];
	struct arena *arena; /* of the index */
	int fd;		     /* of the file; -1: not opened yet */
	struct source *pictures;
	bool made;
	int64_t bytes;
};

static void
make_key(struct prepared *prepared)
{
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, "framewright prepared 1");
	hash_add_int(&hash, FILTER_VERSION);
	hash_add_int(&hash, avcodec_version());
	hash_add_int(&hash, avfilter_version());
	hash_add_str(&hash, prepared->digest);
	hash_add_int(&hash, prepared->request.stabilise);
	hash_add_int(&hash, prepared->request.denoise);
	hash_end_hex(&hash, prepared->key);
}

struct prepared *
prepared_new(
    const struct source *source, const char *digest, const struct filter_request *request, const struct cache *cache)
{
	struct prepared *prepared = calloc(1, sizeof(*prepared));

	if (prepared == NULL)
		abort();
	*prepared =
	    (struct prepared){.source = source, .digest = digest, .request = *request, .cache = cache, .fd = -1};
	(void)pthread_mutex_init(&prepared->lock, NULL);
	prepared->arena = arena_new(ARENA_MAX);
	make_key(prepared);
	return prepared;
}

void
prepared_free(struct prepared **prepared)
{
	if (*prepared == NULL)
		return;
	fd_close(&(*prepared)->fd);
	arena_free(&(*prepared)->arena);
	(void)pthread_mutex_destroy(&(*prepared)->lock);
	free(*prepared);
	*prepared = NULL;
}

bool
prepared_made(const struct prepared *prepared, int64_t *ret_bytes)
{
	*ret_bytes = prepared->bytes;
	return prepared->made;
}

const char *
prepared_key(const struct prepared *prepared)
{
	return prepared->key;
}

/* The folder's descriptor and the name below it; everything goes through that descriptor (sandbox.h). */
static int
place_of(const struct prepared *prepared, const char *ending, char name[static NAME_SIZE])
{
	if (prepared->cache->dir < 0) {
		snprintf(name, NAME_SIZE, "%s%s", prepared->key, ending);
		return prepared->cache->scratch;
	}
	snprintf(name, NAME_SIZE, CACHE_PREPARED "/%s%s", prepared->key, ending);
	return prepared->cache->dir;
}

/* ---- making ---- */

struct maker {
	AVFormatContext *format;
	AVCodecContext *codec;
	AVIOContext *pb;
	AVPacket *packet;
};

static void
maker_done(struct maker *maker)
{
	avcodec_free_context(&maker->codec);
	av_packet_free(&maker->packet);
	if (maker->format != NULL)
		maker->format->pb = NULL;
	avformat_free_context(maker->format);
	io_drop_output(&maker->pb);
}

/* The "J" formats are the plain ones in full range; FFV1 takes the plain ones. */
static enum AVPixelFormat
plain_format(int format)
{
	switch (format) {
	case AV_PIX_FMT_YUVJ420P:
		return AV_PIX_FMT_YUV420P;
	case AV_PIX_FMT_YUVJ422P:
		return AV_PIX_FMT_YUV422P;
	case AV_PIX_FMT_YUVJ444P:
		return AV_PIX_FMT_YUV444P;
	default:
		return (enum AVPixelFormat)format;
	}
}

static int
open_codec(struct maker *maker, const AVFrame *frame, struct error *err)
{
	const AVCodec *encoder = avcodec_find_encoder(AV_CODEC_ID_FFV1);
	AVDictionary *options = NULL;
	int ret;

	maker->codec = avcodec_alloc_context3(encoder);
	maker->packet = av_packet_alloc();
	if (encoder == NULL || maker->codec == NULL || maker->packet == NULL)
		return error_set(err, ERR_MEMORY, "no memory for an encoder");
	maker->codec->width = frame->width;
	maker->codec->height = frame->height;
	maker->codec->pix_fmt = plain_format(frame->format);
	maker->codec->time_base = (AVRational){1, 25};
	maker->codec->colorspace = frame->colorspace;
	maker->codec->color_primaries = frame->color_primaries;
	maker->codec->color_trc = frame->color_trc;
	maker->codec->color_range =
	    plain_format(frame->format) == frame->format ? frame->color_range : AVCOL_RANGE_JPEG;
	maker->codec->gop_size = 1;
	maker->codec->level = 3;
	maker->codec->thread_count = 1;
	(void)av_dict_set(&options, "slices", SLICES, 0);
	(void)av_dict_set(&options, "slicecrc", "1", 0);
	ret = avcodec_open2(maker->codec, encoder, &options);
	av_dict_free(&options);
	return ret < 0 ? io_error_own(err, ret, "opening the lossless encoder") : 0;
}

static int
open_format(struct maker *maker, struct error *err)
{
	AVStream *stream;
	int ret = avformat_alloc_output_context2(&maker->format, NULL, "matroska", NULL);

	if (ret < 0)
		return io_error_own(err, ret, "opening Matroska");
	stream = avformat_new_stream(maker->format, NULL);
	if (stream == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a stream");
	stream->time_base = maker->codec->time_base;
	maker->format->pb = maker->pb;
	maker->format->flags |= AVFMT_FLAG_BITEXACT | AVFMT_FLAG_CUSTOM_IO;
	if ((ret = avcodec_parameters_from_context(stream->codecpar, maker->codec)) < 0 ||
	    (ret = avformat_write_header(maker->format, NULL)) < 0)
		return io_error_own(err, ret, "beginning the lossless file");
	return 0;
}

static int
write_packets(struct maker *maker, struct error *err)
{
	for (;;) {
		int ret = avcodec_receive_packet(maker->codec, maker->packet);

		if (ret == AVERROR(EAGAIN) || ret == AVERROR_EOF)
			return 0;
		if (ret >= 0) {
			maker->packet->stream_index = 0;
			maker->packet->duration = 1;
			av_packet_rescale_ts(
			    maker->packet, maker->codec->time_base, maker->format->streams[0]->time_base);
			ret = av_write_frame(maker->format, maker->packet);
			av_packet_unref(maker->packet);
		}
		if (ret < 0)
			return io_error_own(err, ret, "writing the lossless file");
	}
}

static int
take_frame(void *ctx, const AVFrame *frame, size_t index, struct error *err)
{
	struct maker *maker = ctx;
	CLEANUP(io_frame_free) AVFrame *own = av_frame_clone(frame);
	int ret;

	if (own == NULL)
		return error_set(err, ERR_MEMORY, "no memory for a frame");
	if (maker->codec == NULL && (open_codec(maker, frame, err) < 0 || open_format(maker, err) < 0))
		return -1;
	own->format = plain_format(frame->format);
	own->pts = (int64_t)index;
	own->pict_type = AV_PICTURE_TYPE_NONE;
	ret = avcodec_send_frame(maker->codec, own);
	return ret < 0 ? io_error_own(err, ret, "encoding without loss") : write_packets(maker, err);
}

static int
write_all(struct prepared *prepared, const struct task *task, int dir, const char *temp, struct error *err)
{
	CLEANUP(maker_done) struct maker maker = {0};
	int ret;

	if (io_open_output(dir, temp, &maker.pb, err) < 0 ||
	    filter_run(prepared->source, &prepared->request, task, take_frame, &maker, err) < 0)
		return -1;
	ret = avcodec_send_frame(maker.codec, NULL);
	if (ret < 0)
		return io_error_own(err, ret, "encoding without loss");
	if (write_packets(&maker, err) < 0)
		return -1;
	ret = av_write_trailer(maker.format);
	if (ret < 0)
		return io_error_own(err, ret, "ending the lossless file");
	return io_close_output(&maker.pb, err);
}

/* ---- finding and proving ---- */

static int
digest_of(int fd, int64_t *ret_bytes, char hex[static HASH_HEX_SIZE], struct error *err)
{
	unsigned char digest[HASH_SIZE];

	if (hash_fd(fd, digest, ret_bytes, err) < 0)
		return -1;
	(void)hash_hex(digest, hex);
	return 0;
}

/* 0: opened and proved; 1: it is not there, or not what it should be. */
static int
find(struct prepared *prepared, struct error *err)
{
	char name[NAME_SIZE], proof[NAME_SIZE], says[HASH_HEX_SIZE] = "", is[HASH_HEX_SIZE];
	const int dir = place_of(prepared, ".mkv", name);
	CLEANUP(fd_close) int sum = -1;

	(void)place_of(prepared, ".sum", proof);
	prepared->fd = openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	sum = openat(dir, proof, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (prepared->fd >= 0 && sum >= 0 && pread(sum, says, HASH_HEX_SIZE - 1, 0) == HASH_HEX_SIZE - 1) {
		if (digest_of(prepared->fd, &prepared->bytes, is, err) < 0)
			return -1;
		if (memcmp(is, says, HASH_HEX_SIZE) == 0) {
			(void)utimensat(dir, name, NULL, AT_SYMLINK_NOFOLLOW);
			(void)utimensat(dir, proof, NULL, AT_SYMLINK_NOFOLLOW);
			return 0;
		}
	}
	fd_close(&prepared->fd);
	(void)!unlinkat(dir, proof, 0);
	(void)!unlinkat(dir, name, 0);
	return 1;
}

/* The proof comes first: a file without one counts as missing, and so does one that it does not fit. */
static int
publish(struct prepared *prepared, int dir, const char *temp, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(dir, temp, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	char name[NAME_SIZE], proof[NAME_SIZE], hex[HASH_HEX_SIZE], plain[PATH_TEMP_SIZE];

	(void)place_of(prepared, ".mkv", name);
	(void)place_of(prepared, ".sum", proof);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", temp);
	if (digest_of(fd, &prepared->bytes, hex, err) < 0)
		return -1;
	(void)path_temp_name(plain, "sum");
	if (io_write_file(dir, plain + 1, hex, HASH_HEX_SIZE - 1, err) < 0)
		return -1;
	if (path_publish(dir, plain + 1, dir, proof, err) < 0 || path_publish(dir, temp, dir, name, err) < 0) {
		(void)!unlinkat(dir, plain + 1, 0);
		return -1;
	}
	prepared->fd = fd;
	fd = -1;
	return 0;
}

static int
make(struct prepared *prepared, const struct task *task, struct error *err)
{
	char name[NAME_SIZE], temp[PATH_TEMP_SIZE];
	const int dir = place_of(prepared, "", name);

	if (prepared->source->frames > PREPARED_FRAMES_MAX)
		return error_code(err, ERR_INPUT, "clip_too_long",
		    "clip '%s' has %zu pictures; at most %d can be steadied or denoised", prepared->source->name,
		    prepared->source->frames, PREPARED_FRAMES_MAX);
	if (dir == prepared->cache->dir && mkdirat(dir, CACHE_PREPARED, 0750) < 0 && errno != EEXIST)
		return error_errno(
		    err, errno == ENOSPC ? ERR_STORAGE_FULL : ERR_INTERNAL, "making a folder of the cache");
	(void)path_temp_name(temp, "prepared");
	if (write_all(prepared, task, dir, temp + 1, err) < 0)
		return -1;
	if (publish(prepared, dir, temp + 1, err) < 0) {
		(void)!unlinkat(dir, temp + 1, 0);
		return -1;
	}
	prepared->made = true;
	return 0;
}

static int
open_locked(struct prepared *prepared, const struct task *task, struct error *err)
{
	int ret;

	if (prepared->pictures != NULL)
		return 0;
	ret = find(prepared, err);
	if (ret == 1)
		ret = make(prepared, task, err);
	if (ret < 0 ||
	    source_index(prepared->arena, task, prepared->source->name, prepared->fd, &prepared->pictures, err) < 0)
		return -1;
	if (prepared->pictures->frames != prepared->source->frames) {
		prepared->pictures = NULL;
		return error_set(err, ERR_INTERNAL, "a prepared clip has another number of pictures than its source");
	}
	return 0;
}

int
prepared_open(struct prepared *prepared, const struct task *task, const struct source **ret_source, struct error *err)
{
	int ret;

	(void)pthread_mutex_lock(&prepared->lock);
	ret = open_locked(prepared, task, err);
	*ret_source = prepared->pictures;
	(void)pthread_mutex_unlock(&prepared->lock);
	return ret < 0 ? error_wrap(err, "preparing clip '%s'", prepared->source->name) : 0;
}
