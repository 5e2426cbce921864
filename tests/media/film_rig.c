#include "tests/media/film_rig.h"

#include <fcntl.h>
#include <math.h>

#include <libavutil/log.h>

#include "lib/base/path.h"
#include "lib/js/read.h"
#include "media/canvas.h"
#include "media/encode.h"
#include "media/fonts.h"
#include "media/mp4.h"
#include "media/source.h"

struct task_input rig_inputs[4];
static struct fonts *fonts;

/* ---- making inputs ---- */

struct one_piece {
	const struct piece_builder *builder;
	uint64_t offset;
};

static int
load_piece(void *ctx, bool sound, uint32_t index, const uint8_t **ret_bytes, struct error *err)
{
	struct one_piece *one = ctx;
	const struct sample *sample = (const struct sample *)(const void *)one->builder->samples.data + index;

	(void)sound;
	(void)err;
	*ret_bytes = (const uint8_t *)one->builder->data.data + one->offset;
	one->offset += sample->size;
	return 0;
}

/* Luma of the whole frame tells the frame's number; chroma the clip. */
int
rig_luma(int frame)
{
	return 40 + frame * 2;
}

/* Black for 0.8 s, then stuck for 0.8 s. */
static int
broken_luma(int frame)
{
	if (frame >= 20 && frame < 40)
		return 16;
	return rig_luma(frame >= 50 && frame < 70 ? 50 : frame);
}

static int
make_clip(int dir, const char *name, int (*luma)(int), int chroma, struct error *err)
{
	const struct encoder_request request = {.width = RIG_WIDTH, .height = RIG_HEIGHT, .fps_num = 25, .fps_den = 1};
	struct piece_builder builder;
	struct encoder *encoder = NULL;
	struct mp4_sample samples[RIG_CLIP_FRAMES];
	struct one_piece one = {.builder = &builder};
	struct mp4_film film = {.width = RIG_WIDTH,
	    .height = RIG_HEIGHT,
	    .fps_num = 25,
	    .fps_den = 1,
	    .reorder = 2,
	    .load = load_piece,
	    .ctx = &one};
	AVFrame *frame = NULL;
	int fd, ret = -1;

	piece_builder_init(&builder, PIECE_PICTURE);
	if (canvas_new(RIG_WIDTH, RIG_HEIGHT, &frame, err) < 0 || encoder_open(&request, &builder, &encoder, err) < 0)
		return -1;
	for (int i = 0; i < RIG_CLIP_FRAMES; i++) {
		for (int y = 0; y < RIG_HEIGHT; y++)
			memset(frame->data[0] + y * frame->linesize[0], luma(i), RIG_WIDTH);
		for (int p = 1; p < 3; p++)
			for (int y = 0; y < RIG_HEIGHT / 2; y++)
				memset(frame->data[p] + y * frame->linesize[p], p == 1 ? chroma : 255 - chroma,
				    RIG_WIDTH / 2);
		if (encoder_put(encoder, frame, err) < 0)
			return -1;
	}
	if (encoder_put(encoder, NULL, err) < 0)
		return -1;
	for (int i = 0; i < RIG_CLIP_FRAMES; i++) {
		const struct sample *sample = (const struct sample *)(const void *)builder.samples.data + i;

		samples[i] = (struct mp4_sample){sample->size, sample->at - i + 2, sample->key != 0};
	}
	film.picture =
	    (struct mp4_track){samples, RIG_CLIP_FRAMES, (const uint8_t *)builder.extra.data, builder.extra.len};
	fd = openat(dir, name, O_RDWR | O_CREAT | O_TRUNC, 0600);
	if (fd >= 0)
		ret = mp4_write(&film, fd, NULL, err);
	if (fd >= 0)
		(void)close(fd);
	encoder_free(&encoder);
	piece_builder_done(&builder);
	av_frame_free(&frame);
	return ret;
}

static void
put_le(FILE *file, uint32_t value, int bytes)
{
	for (int i = 0; i < bytes; i++)
		(void)fputc((int)(value >> (8 * i) & 255), file);
}

/* A second of a tone, mono, 44.1 kHz: another rate and layout than the film's. */
static int
make_tone(const char *path)
{
	FILE *file = fopen(path, "w");
	const uint32_t frames = 44100;

	if (file == NULL)
		return -1;
	(void)fwrite("RIFF", 1, 4, file);
	put_le(file, 36 + frames * 2, 4);
	(void)fwrite("WAVEfmt ", 1, 8, file);
	put_le(file, 16, 4);
	put_le(file, 1, 2);
	put_le(file, 1, 2);
	put_le(file, 44100, 4);
	put_le(file, 88200, 4);
	put_le(file, 2, 2);
	put_le(file, 16, 2);
	(void)fwrite("data", 1, 4, file);
	put_le(file, frames * 2, 4);
	for (uint32_t i = 0; i < frames; i++)
		put_le(file, (uint32_t)(int32_t)lround(6000 * sin(i * 440 * 2 * M_PI / 44100)), 2);
	return fclose(file);
}

int
rig_set_up(void)
{
	static const char *const dirs[] = {"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts", NULL};
	const char *dir = test_dir();
	struct error err = {0};
	char path[512];
	const int fd = open(dir, O_RDONLY | O_DIRECTORY);

	av_log_set_level(AV_LOG_QUIET);
	(void)setenv("SVT_LOG", "1", 1);
	snprintf(path, sizeof(path), "%s/tone.wav", dir);
	if (fd < 0 || make_clip(fd, "a.mp4", rig_luma, 100, &err) < 0 ||
	    make_clip(fd, "b.mp4", rig_luma, 150, &err) < 0 || make_clip(fd, "c.mp4", broken_luma, 100, &err) < 0 ||
	    make_tone(path) < 0) {
		(void)fprintf(stderr, "set-up: %s\n", err.text);
		return 1;
	}
	rig_inputs[0] = (struct task_input){"in0", openat(fd, "a.mp4", O_RDONLY)};
	rig_inputs[1] = (struct task_input){"in1", openat(fd, "b.mp4", O_RDONLY)};
	rig_inputs[2] = (struct task_input){"in2", openat(fd, "tone.wav", O_RDONLY)};
	rig_inputs[3] = (struct task_input){"in3", openat(fd, "c.mp4", O_RDONLY)};
	(void)close(fd);
	return fonts_new(dirs, test_dir(), &fonts, &err) < 0 ? 77 : 0;
}

int
rig_tear_down(void)
{
	fonts_free(&fonts);
	return 0;
}

/* ---- rendering ---- */

int
rig_open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY);
}

int
rig_render(const char *args, int cache, struct rig_film *out)
{
	return rig_render_threads(args, cache, 2, out);
}

static void
on_announce(void *ctx, double fraction, int64_t segments)
{
	struct rig_film *film = ctx;

	CHECK(fraction >= 0 && fraction <= 1);
	CHECK_INT(segments, film->segments + 1);
	film->segments = segments;
}

int
rig_render_threads(const char *args, int cache, unsigned threads, struct rig_film *out)
{
	struct arena *arena = arena_new(256 * MIB);
	struct buf result = BUF_INIT(MIB);
	struct task task;
	int ret;

	*out = (struct rig_film){.dir = rig_open_dir(test_dir())};
	ret = task_test_init(&task, arena, args, out->dir, rig_inputs, ARRAY_LEN(rig_inputs), &out->err);
	task.cache = cache;
	task.threads = threads;
	task.fonts = fonts;
	task.announce = on_announce;
	task.report_ctx = out;
	if (ret == 0)
		ret = render_run(&task, &result, &out->err);
	out->json = arena_strdup(test_arena(), buf_str(&result));
	buf_done(&result);
	arena_free(&arena);
	return ret;
}

const char *
rig_text(const char *json, const char *pointer)
{
	const struct js_value *value;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &value, &err) < 0)
		return "";
	return js_text(value, pointer, "");
}

int64_t
rig_number(const char *json, const char *pointer)
{
	const struct js_value *value;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &value, &err) < 0)
		return -1;
	return js_number(value, pointer, -1);
}

/* ---- reading the file without FFmpeg ---- */

struct rig_bytes
rig_file(const struct rig_film *film, const char *args)
{
	const char *begin = strstr(args, "film");
	char name[64];
	struct rig_bytes file = {0};
	struct error err = {0};
	char *bytes = NULL;
	int fd;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "\""), begin);
	fd = openat(film->dir, name, O_RDONLY);
	if (CHECK(fd >= 0) && CHECK_OK(fd_read_all(test_arena(), fd, 8 * MIB, &bytes, &file.len, &err), &err))
		file.bytes = (uint8_t *)bytes;
	fd_close(&fd);
	return file;
}

uint32_t
rig_be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The n-th box of a type at any depth of the containers that matter; its content. */
static const uint8_t *
find_box(const uint8_t *at, size_t len, const char *type, int *n, size_t *ret_len)
{
	static const char containers[] = "moov trak mdia minf stbl edts";

	while (len >= 8) {
		const size_t size = rig_be32(at);
		char name[5] = {0};

		memcpy(name, at + 4, 4);
		if (size < 8 || size > len)
			return NULL;
		if (memcmp(name, type, 4) == 0 && (*n)-- == 0) {
			*ret_len = size - 8;
			return at + 8;
		}
		if (strstr(containers, name) != NULL) {
			const uint8_t *found = find_box(at + 8, size - 8, type, n, ret_len);

			if (found != NULL)
				return found;
		}
		at += size;
		len -= size;
	}
	return NULL;
}

const uint8_t *
rig_box(const struct rig_bytes *file, const char *type, int n)
{
	size_t len;

	return find_box(file->bytes, file->len, type, &n, &len);
}

/* ---- decoded frames ---- */

uint8_t
rig_mean(const AVFrame *frame, int plane)
{
	const int shift = plane == 0 ? 0 : 1;
	uint64_t sum = 0;

	for (int y = 0; y < frame->height >> shift; y++)
		for (int x = 0; x < frame->width >> shift; x++)
			sum += frame->data[plane][y * frame->linesize[plane] + x];
	return (uint8_t)(sum / (uint64_t)((frame->width >> shift) * (frame->height >> shift)));
}

struct rig_pixels
rig_decode(const struct rig_film *film, const char *args)
{
	const char *begin = strstr(args, "film");
	struct arena *arena = test_arena();
	struct rig_pixels pixels = {0};
	struct source *source = NULL;
	struct source_reader *reader = NULL;
	struct task task = {0};
	struct error err = {0};
	struct hash hash;
	char name[64];
	int fd;

	snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "\""), begin);
	fd = openat(film->dir, name, O_RDONLY);
	hash_init(&hash);
	if (CHECK_OK(source_index(arena, &task, "film", fd, &source, &err), &err) &&
	    CHECK_OK(source_open(source, &task, &reader, &err), &err)) {
		pixels.frames = source->frames;
		pixels.luma = arena_alloc(arena, source->frames);
		pixels.chroma = arena_alloc(arena, source->frames);
		for (size_t i = 0; i < source->frames; i++) {
			const AVFrame *frame;

			if (!CHECK_OK(source_read(reader, i, &frame, &err), &err))
				break;
			pixels.luma[i] = rig_mean(frame, 0);
			pixels.chroma[i] = rig_mean(frame, 1);
			for (int p = 0; p < 3; p++)
				for (int y = 0; y < frame->height >> (p > 0); y++)
					hash_add(&hash, frame->data[p] + y * frame->linesize[p],
					    (size_t)(frame->width >> (p > 0)));
		}
	}
	source_close(&reader);
	hash_end_hex(&hash, pixels.digest);
	hash_done(&hash);
	fd_close(&fd);
	return pixels;
}

bool
rig_piece(const char *profile, int width, int frames, struct rig_piece *out)
{
	const struct encoder_request request = {
	    .width = width, .height = 96, .fps_num = 25, .fps_den = 1, .profile = profile_find(profile)};
	struct encoder *encoder = NULL;
	struct error err = {0};
	AVFrame *frame = NULL;
	bool done;

	piece_builder_init(&out->builder, PIECE_PICTURE);
	done = CHECK_OK(canvas_new(width, 96, &frame, &err), &err) &&
	       CHECK_OK(encoder_open(&request, &out->builder, &encoder, &err), &err);
	for (int i = 0; done && i <= frames; i++) {
		canvas_fill(frame, 0x010101u * (unsigned)(40 + i % 150));
		done = CHECK_OK(encoder_put(encoder, i < frames ? frame : NULL, &err), &err);
	}
	encoder_free(&encoder);
	av_frame_free(&frame);
	piece_builder_view(&out->builder, &out->piece);
	return done;
}
