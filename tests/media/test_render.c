/*
 * The render engine end to end, at small sizes: what is planned is what is in the file, what is reused changes nothing.
 *
 * Files are read with a box reader of this test's own; pictures are decoded with the engine's source reader, whose
 * exactness is checked against clips that carry their frame number.
 */
#include "tests/harness/test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include <libavutil/log.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/js/read.h"
#include "media/encode.h"
#include "media/fonts.h"
#include "media/h264.h"
#include "media/io.h"
#include "media/mp4.h"
#include "media/canvas.h"
#include "media/source.h"
#include "media/task.h"

#define WIDTH 160
#define HEIGHT 96
#define CLIP_FRAMES 75

static struct task_input inputs[4];
static struct fonts *fonts;
static int number;

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
static int
number_luma(int frame)
{
	return 40 + frame * 2;
}

static int
make_clip(int dir, const char *name, int chroma, struct error *err)
{
	const struct encoder_request request = {.width = WIDTH, .height = HEIGHT, .fps_num = 25, .fps_den = 1};
	struct piece_builder builder;
	struct encoder *encoder = NULL;
	struct mp4_sample samples[CLIP_FRAMES];
	struct one_piece one = {.builder = &builder};
	struct mp4_film film = {.width = WIDTH,
	    .height = HEIGHT,
	    .fps_num = 25,
	    .fps_den = 1,
	    .reorder = 2,
	    .load = load_piece,
	    .ctx = &one};
	AVFrame *frame = NULL;
	int fd, ret = -1;

	piece_builder_init(&builder, PIECE_PICTURE);
	if (canvas_new(WIDTH, HEIGHT, &frame, err) < 0 || encoder_open(&request, &builder, &encoder, err) < 0)
		return -1;
	for (int i = 0; i < CLIP_FRAMES; i++) {
		for (int y = 0; y < HEIGHT; y++)
			memset(frame->data[0] + y * frame->linesize[0], number_luma(i), WIDTH);
		for (int p = 1; p < 3; p++)
			for (int y = 0; y < HEIGHT / 2; y++)
				memset(
				    frame->data[p] + y * frame->linesize[p], p == 1 ? chroma : 255 - chroma, WIDTH / 2);
		if (encoder_put(encoder, frame, err) < 0)
			return -1;
	}
	if (encoder_put(encoder, NULL, err) < 0)
		return -1;
	for (int i = 0; i < CLIP_FRAMES; i++) {
		const struct sample *sample = (const struct sample *)(const void *)builder.samples.data + i;

		samples[i] = (struct mp4_sample){sample->size, sample->at - i + 2, sample->key != 0};
	}
	film.picture = (struct mp4_track){samples, CLIP_FRAMES, (const uint8_t *)builder.extra.data, builder.extra.len};
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

static int
set_up(void)
{
	static const char *const dirs[] = {"/usr/share/fonts/truetype/dejavu", "/usr/share/fonts", NULL};
	const char *dir = test_dir();
	struct error err = {0};
	char path[512];
	const int fd = open(dir, O_RDONLY | O_DIRECTORY);

	av_log_set_level(AV_LOG_QUIET);
	snprintf(path, sizeof(path), "%s/tone.wav", dir);
	if (fd < 0 || make_clip(fd, "a.mp4", 100, &err) < 0 || make_clip(fd, "b.mp4", 150, &err) < 0 ||
	    make_tone(path) < 0) {
		(void)fprintf(stderr, "set-up: %s\n", err.text);
		return 1;
	}
	inputs[0] = (struct task_input){"in0", openat(fd, "a.mp4", O_RDONLY)};
	inputs[1] = (struct task_input){"in1", openat(fd, "b.mp4", O_RDONLY)};
	inputs[2] = (struct task_input){"in2", openat(fd, "tone.wav", O_RDONLY)};
	(void)close(fd);
	return fonts_new(dirs, test_dir(), &fonts, &err) < 0 ? 77 : 0;
}

static int
tear_down(void)
{
	fonts_free(&fonts);
	return 0;
}

/* ---- rendering ---- */

struct rendered {
	int dir; /* scratch */
	char *json;
	struct error err;
};

static int
open_dir(const char *path)
{
	return open(path, O_RDONLY | O_DIRECTORY);
}

static int
render(const char *args, int cache, struct rendered *out)
{
	struct arena *arena = arena_new(256 * MIB);
	struct buf result = BUF_INIT(MIB);
	struct task task;
	int ret;

	*out = (struct rendered){.dir = open_dir(test_dir())};
	ret = task_test_init(&task, arena, args, out->dir, inputs, 3, &out->err);
	task.cache = cache;
	task.threads = 2;
	task.fonts = fonts;
	if (ret == 0)
		ret = render_run(&task, &result, &out->err);
	out->json = arena_strdup(test_arena(), buf_str(&result));
	buf_done(&result);
	arena_free(&arena);
	return ret;
}

#define OUTPUT "\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1]%s}"

/* The film of most tests: card, two clips that dissolve, colour; with an overlay. */
static const char *
film_args(const char *transition, const char *text, const char *sound)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d.mp4\",\"poster\":\"poster.jpg\",\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":"
	    "\"in2\"},"
	    "\"timeline\":{\"version\":1," OUTPUT ",\"tracks\":[{\"items\":["
	    "{\"type\":\"card\",\"duration\":0.4,\"text\":\"%s\",\"font\":\"DejaVuSans-Bold\"},"
	    "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.6},{\"type\":\"clip\",\"asset\":\"b\",\"in\":0.4,"
	    "\"duration\":1.2,"
	    "\"speed\":1.5,\"hold\":0.4},"
	    "{\"type\":\"colour\",\"color\":\"#804020\",\"duration\":0.4}],"
	    "\"transitions\":[{\"after\":1,\"type\":\"%s\",\"duration\":0.4}]}],"
	    "\"overlays\":[{\"type\":\"text\",\"text\":\"%%{pts} \\\\ : ' 50%% \\u00e9\",\"start\":0.4,\"end\":1.0,"
	    "\"font\":\"DejaVuSans-Bold\"}]%s}}",
	    number++, sound[0] == '\0' ? "" : ",\"audio\":{}", text, transition, sound);
}

#define MUSIC ",\"audio\":[{\"asset\":\"m\",\"loop\":true,\"fade_in\":0.2,\"fade_out\":0.5}]"
#define FRAMES 90 /* 0.4 + 1.6 + 1.6 - 0.4 + 0.4 = 3.6 s at 25 */

static const char *
json_text(const char *json, const char *pointer)
{
	const struct js_value *value;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &value, &err) < 0)
		return "";
	return js_text(value, pointer, "");
}

static int64_t
json_number(const char *json, const char *pointer)
{
	const struct js_value *value;
	struct error err = {0};

	if (js_parse_free(test_arena(), json, strlen(json), &value, &err) < 0)
		return -1;
	return js_number(value, pointer, -1);
}

/* ---- reading the file without FFmpeg ---- */

struct file {
	uint8_t *bytes;
	size_t len;
};

static struct file
read_file(const struct rendered *film, const char *args)
{
	const char *begin = strstr(args, "film");
	char name[64];
	struct file file = {0};
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

static uint32_t
be32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

/* The n-th box of a type at any depth of the containers that matter; its content. */
static const uint8_t *
find_box(const uint8_t *at, size_t len, const char *type, int *n, size_t *ret_len)
{
	static const char containers[] = "moov trak mdia minf stbl edts";

	while (len >= 8) {
		const size_t size = be32(at);
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

static const uint8_t *
box(const struct file *file, const char *type, int n)
{
	size_t len;

	return find_box(file->bytes, file->len, type, &n, &len);
}

/* idr_pic_ids of neighbouring IDR pictures differ: walks the samples of the picture track by stsz, stsc and stco. */
static int
equal_neighbours(const struct file *file, int *ret_idrs)
{
	const uint8_t *stsz = box(file, "stsz", 0), *stsc = box(file, "stsc", 0), *stco = box(file, "stco", 0);
	const uint8_t *stsd = box(file, "stsd", 0), *avcc = stsd + 8 + 8 + 78 + 8;
	const uint32_t chunks = be32(stco + 4), runs = be32(stsc + 4);
	struct h264_info info;
	struct error err = {0};
	uint32_t sample = 0, run = 0, last = UINT32_MAX;
	int equal = 0;

	*ret_idrs = 0;
	CHECK_OK(h264_info(avcc, be32(avcc - 8) - 8, &info, &err), &err);
	for (uint32_t c = 0; c < chunks; c++) {
		const uint8_t *at = file->bytes + be32(stco + 8 + 4 * c);

		while (run + 1 < runs && be32(stsc + 8 + 12 * (run + 1)) <= c + 1)
			run++;
		for (uint32_t i = 0; i < be32(stsc + 8 + 12 * run + 4); i++, sample++) {
			const uint32_t size = be32(stsz + 12 + 4 * sample);
			uint32_t id;

			if (h264_idr(&info, at, size, &id, &err) == 1) {
				equal += id == last;
				last = id;
				(*ret_idrs)++;
			}
			at += size;
		}
	}
	CHECK_INT(sample, be32(stsz + 8));
	return equal;
}

/* ---- decoded frames ---- */

struct pixels {
	size_t frames;
	uint8_t *luma;	 /* mean of each frame */
	uint8_t *chroma; /* mean of U */
	char digest[HASH_HEX_SIZE];
};

static uint8_t
mean(const AVFrame *frame, int plane)
{
	const int shift = plane == 0 ? 0 : 1;
	uint64_t sum = 0;

	for (int y = 0; y < frame->height >> shift; y++)
		for (int x = 0; x < frame->width >> shift; x++)
			sum += frame->data[plane][y * frame->linesize[plane] + x];
	return (uint8_t)(sum / (uint64_t)((frame->width >> shift) * (frame->height >> shift)));
}

static struct pixels
decode(const struct rendered *film, const char *args)
{
	const char *begin = strstr(args, "film");
	struct arena *arena = test_arena();
	struct pixels pixels = {0};
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
			pixels.luma[i] = mean(frame, 0);
			pixels.chroma[i] = mean(frame, 1);
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

/* ---- tests ---- */

TEST(source_gives_the_asked_picture_in_any_order)
{
	static const size_t order[] = {0, 1, 2, 50, 51, 10, 74, 73, 0, 30, 30, 31};
	struct source *source = NULL;
	struct source_reader *reader = NULL;
	struct task task = {0};
	struct error err = {0};

	if (!CHECK_OK(source_index(test_arena(), &task, "a", inputs[0].fd, &source, &err), &err))
		return;
	CHECK_INT(source->frames, CLIP_FRAMES);
	CHECK_OK(source_open(source, &task, &reader, &err), &err);
	for (size_t i = 0; i < ARRAY_LEN(order); i++) {
		const AVFrame *frame;

		if (CHECK_OK(source_read(reader, order[i], &frame, &err), &err))
			CHECK(abs(mean(frame, 0) - number_luma((int)order[i])) <= 1);
	}
	source_close(&reader);
	/* 25 to 50 a second: each twice; at double speed every other one, from the start on */
	CHECK_INT(source_at(source, 9, 0, 1000000, (AVRational){50, 1}), 4);
	CHECK_INT(source_at(source, 10, 0, 2000000, (AVRational){25, 1}), 20);
	CHECK_INT(source_at(source, 10, 400000, 1000000, (AVRational){25, 1}), 20);
	CHECK_INT(source_at(source, 500, 0, 1000000, (AVRational){25, 1}), CLIP_FRAMES - 1);
}

TEST(render_file_is_what_was_planned)
{
	const char *args = film_args("dissolve", "Hello", MUSIC);
	struct rendered film;
	struct file file;
	int idrs;

	if (!CHECK_OK(render(args, -1, &film), &film.err))
		return;
	file = read_file(&film, args);
	CHECK_INT(json_number(film.json, "/frames"), FRAMES);
	CHECK_INT(json_number(film.json, "/duration_us"), 3600000);
	CHECK_INT(json_number(film.json, "/bytes"), file.len);
	CHECK_INT(json_number(film.json, "/spans/encoded"), json_number(film.json, "/spans/total"));
	CHECK_INT(json_number(film.json, "/poster/width"), WIDTH);
	/* moov before mdat */
	CHECK(memcmp(file.bytes + 4, "ftyp", 4) == 0);
	CHECK(memcmp(file.bytes + be32(file.bytes) + 4, "moov", 4) == 0);
	/* one time step for all pictures; as many as planned */
	CHECK_INT(be32(box(&file, "stts", 0) + 4), 1);
	CHECK_INT(be32(box(&file, "stts", 0) + 8), FRAMES);
	CHECK_INT(be32(box(&file, "stsz", 0) + 8), FRAMES);
	CHECK_INT(be32(box(&file, "stts", 0) + 12) * FRAMES * 1000 / be32(box(&file, "mdhd", 0) + 12), 3600);
	/* one edit a track, of the same length */
	for (int track = 0; track < 2; track++) {
		CHECK_INT(be32(box(&file, "elst", track) + 4), 1);
		CHECK_INT(be32(box(&file, "elst", track) + 8), be32(box(&file, "mvhd", 0) + 16));
	}
	CHECK_INT(be32(box(&file, "elst", 1) + 12), 1024);
	/* 3.6 s at 48 kHz after the priming */
	CHECK_INT(be32(box(&file, "mdhd", 1) + 16), 3600 * 48 + 1024);
	CHECK_INT(equal_neighbours(&file, &idrs), 0);
	CHECK(idrs >= json_number(film.json, "/spans/total"));
	CHECK_INT(be32(box(&file, "stss", 0) + 4), idrs);
	CHECK(box(&file, "elst", 2) == NULL);
}

TEST(render_shows_the_right_source_pictures)
{
	const char *args = film_args("cut", "Hello", "");
	struct rendered film;
	struct pixels pixels;

	if (!CHECK_OK(render(args, -1, &film), &film.err))
		return;
	pixels = decode(&film, args);
	/* cut: 10 card + 40 a + 30 b at 1.5 from 10 on + 10 held + 10 colour */
	CHECK_INT(pixels.frames, 100);
	for (int i = 16; i < 40; i++)
		CHECK(abs(pixels.luma[10 + i] - number_luma(i)) <= 1);
	for (int i = 0; i < 30; i++)
		CHECK(abs(pixels.luma[50 + i] - number_luma(10 + (int)lround(i * 1.5))) <= 3);
	for (int i = 0; i < 10; i++)
		CHECK(abs(pixels.luma[80 + i] - pixels.luma[79]) <= 1);
	CHECK(abs(pixels.chroma[60] - 150) <= 2);
	CHECK(abs(pixels.chroma[30] - 100) <= 2);
	CHECK(strstr(film.json, "\"audio\":null") != NULL);
}

TEST(render_dissolves_linearly)
{
	const char *args = film_args("dissolve", "Hello", "");
	struct rendered film;
	struct pixels pixels;

	if (!CHECK_OK(render(args, -1, &film), &film.err))
		return;
	pixels = decode(&film, args);
	CHECK_INT(pixels.frames, FRAMES);
	/* clip a ends at 50, b begins at 40: frame 40 + k shows k/10 of b */
	for (int k = 0; k < 10; k++)
		CHECK(abs(pixels.chroma[40 + k] - (100 + 5 * k)) <= 2);
}

TEST(render_again_reuses_everything_and_is_identical)
{
	const int cache = open_dir(test_dir());
	const char *first_args = film_args("dissolve", "Hello", MUSIC),
		   *second_args = film_args("dissolve", "Hello", MUSIC);
	struct rendered first, second, full;

	if (!CHECK_OK(render(first_args, cache, &first), &first.err) ||
	    !CHECK_OK(render(second_args, cache, &second), &second.err))
		return;
	CHECK_INT(json_number(second.json, "/spans/encoded"), 0);
	CHECK_STR(json_text(second.json, "/sha256"), json_text(first.json, "/sha256"));
	if (CHECK_OK(render(film_args("dissolve", "Hello", MUSIC), -1, &full), &full.err))
		CHECK_STR(json_text(full.json, "/sha256"), json_text(first.json, "/sha256"));
}

/* Whatever is edited: with a cache that knows the film before, the result is that of an empty cache, frame by frame. */
TEST(render_incremental_equals_full)
{
	static const struct {
		const char *transition, *text, *sound;
	} edits[] = {{"dissolve", "Other", ""}, {"fade", "Other", ""}, {"wipe", "Hello", MUSIC}, {"slide", "Hello", ""},
	    {"cut", "Third", MUSIC}};
	const int cache = open_dir(test_dir());
	struct rendered start;

	if (!CHECK_OK(render(film_args("dissolve", "Hello", ""), cache, &start), &start.err))
		return;
	for (size_t i = 0; i < ARRAY_LEN(edits); i++) {
		const char *args = film_args(edits[i].transition, edits[i].text, edits[i].sound);
		const char *full_args = film_args(edits[i].transition, edits[i].text, edits[i].sound);
		struct rendered film, full;

		if (!CHECK_OK(render(args, cache, &film), &film.err) ||
		    !CHECK_OK(render(full_args, -1, &full), &full.err))
			continue;
		CHECK(json_number(film.json, "/spans/reused") > 0);
		CHECK_INT(json_number(full.json, "/spans/reused"), 0);
		CHECK_STR(decode(&film, args).digest, decode(&full, full_args).digest);
		CHECK_STR(json_text(film.json, "/sha256"), json_text(full.json, "/sha256"));
	}
}

/* Turns one byte in the middle of the span's file over. */
static bool
damage(const char *cache, const char *key)
{
	char folder[600];
	const struct dirent *entry;
	bool done = false;
	DIR *dir;

	snprintf(folder, sizeof(folder), "%s/%.2s", cache, key);
	dir = opendir(folder);
	while (dir != NULL && !done && (entry = readdir(dir)) != NULL) {
		int fd = strncmp(entry->d_name, key, strlen(key)) != 0 ? -1 : openat(dirfd(dir), entry->d_name, O_RDWR);
		struct stat st;
		uint8_t byte;

		if (fd < 0 || fstat(fd, &st) < 0)
			continue;
		done = pread(fd, &byte, 1, st.st_size / 2) == 1;
		byte ^= 0xff;
		done = done && pwrite(fd, &byte, 1, st.st_size / 2) == 1;
		(void)close(fd);
	}
	if (dir != NULL)
		(void)closedir(dir);
	return done;
}

TEST(render_rebuilds_damaged_pieces)
{
	const char *folder = test_dir();
	const int cache = open_dir(folder);
	struct rendered first, second;

	if (!CHECK_OK(render(film_args("dissolve", "Hello", ""), cache, &first), &first.err))
		return;
	CHECK(damage(folder, json_text(first.json, "/spans/list/1/key")));
	if (CHECK_OK(render(film_args("dissolve", "Hello", ""), cache, &second), &second.err)) {
		CHECK_INT(json_number(second.json, "/spans/encoded"), 1);
		CHECK_STR(json_text(second.json, "/sha256"), json_text(first.json, "/sha256"));
	}
}

TEST(render_refuses_with_a_reason)
{
	struct rendered film;

	CHECK_FAILS_CODE(render("{\"output\":\"film.mp4\",\"assets\":{},\"timeline\":{\"version\":1,\"output\":{"
				"\"width\":64,\"height\":64},"
				"\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"x\",\"duration\":1}]}]}}",
			     -1, &film),
	    &film.err, ERR_INPUT, "clip_unavailable");
	CHECK_FAILS_CODE(
	    render("{\"output\":\"film.mp4\",\"assets\":{\"x\":\"in2\"},\"timeline\":{\"version\":1,\"output\":{"
		   "\"width\":64,"
		   "\"height\":64},\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"x\",\"duration\":1}]}]}}",
		-1, &film),
	    &film.err, ERR_INPUT, "clip_unavailable");
	CHECK_FAILS(
	    render("{\"output\":\"../film.mp4\",\"assets\":{},\"timeline\":{}}", -1, &film), &film.err, ERR_INPUT);
}

TEST(render_dry_run_says_what_it_would_do)
{
	const int cache = open_dir(test_dir());
	const char *args = film_args("dissolve", "Hello", "");
	struct rendered film, dry;

	if (!CHECK_OK(render(args, cache, &film), &film.err))
		return;
	args = arena_printf(test_arena(), "{\"dry_run\":true,%s", film_args("dissolve", "Changed", "") + 1);
	if (CHECK_OK(render(args, cache, &dry), &dry.err)) {
		CHECK_INT(json_number(dry.json, "/spans/encoded"), 1);
		CHECK_INT(json_number(dry.json, "/bytes"), -1);
	}
}

TEST_MAIN_WITH(set_up, tear_down, ROW(source_gives_the_asked_picture_in_any_order),
    ROW(render_file_is_what_was_planned), ROW(render_shows_the_right_source_pictures), ROW(render_dissolves_linearly),
    ROW(render_again_reuses_everything_and_is_identical), ROW(render_incremental_equals_full),
    ROW(render_rebuilds_damaged_pieces), ROW(render_refuses_with_a_reason), ROW(render_dry_run_says_what_it_would_do))
