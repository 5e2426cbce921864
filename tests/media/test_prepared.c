/*
 * Steadying, denoising and the prepared clips they are kept in, on small clips made here.
 */
#include "tests/harness/test_main.h"

#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <sys/stat.h>

#include <libavutil/log.h>

#include "media/canvas.h"
#include "media/filter.h"
#include "media/io.h"
#include "media/prepared.h"
#include "media/shake.h"
#include "media/source.h"
#include "media/task.h"
#include "media/warp.h"

#define WIDTH 192
#define HEIGHT 108
#define FRAMES 40

/* ---- a made-up place that a camera looks at ---- */

static double
scenery(double x, double y)
{
	return 118 + 30 * sin(x * 0.13 + 1) * cos(y * 0.11) + 25 * sin(x * 0.31 - y * 0.23) +
	       20 * cos(y * 0.4 + x * 0.05);
}

static uint32_t state;

static double
noise(void)
{
	state = state * 1664525 + 1013904223;
	return (double)(state >> 8) / (1 << 24) * 2 - 1;
}

/* Shake of hands: some samples in every direction, new in every picture, on a steady pan. */
static void
shaken(int index, double *x, double *y)
{
	static const double jolts[][2] = {
	    {2.3, -1.1}, {-3.1, 0.7}, {1.2, 2.6}, {-0.4, -2.9}, {3.3, 1.5}, {-2.2, -0.3}, {0.6, 2.1}};

	*x = index * 0.5 + jolts[index % 7][0];
	*y = index * 0.1 + jolts[(index * 3) % 7][1];
}

static void
draw(AVFrame *frame, double from_x, double from_y, double grain)
{
	canvas_fill(frame, 0x808080);
	for (int y = 0; y < HEIGHT; y++)
		for (int x = 0; x < WIDTH; x++)
			canvas_row(frame, 0, y)[x] =
			    (uint8_t)fmin(fmax(scenery(x + from_x, y + from_y) + noise() * grain + 0.5, 16), 235);
}

/* A clip file: raw pictures in a stream with the header of YUV4MPEG. */
static int
make_clip(const char *path, bool shake, double grain)
{
	struct error err = {0};
	AVFrame *frame = NULL;
	FILE *file = fopen(path, "w");

	if (file == NULL || canvas_new(WIDTH, HEIGHT, &frame, &err) < 0)
		return -1;
	state = 7;
	(void)fprintf(file, "YUV4MPEG2 W%d H%d F25:1 Ip A1:1 C420mpeg2\n", WIDTH, HEIGHT);
	for (int i = 0; i < FRAMES; i++) {
		double x = i * 0.5, y = i * 0.1;

		if (shake)
			shaken(i, &x, &y);
		draw(frame, x, y, grain);
		(void)fputs("FRAME\n", file);
		for (int p = 0; p < 3; p++)
			for (int row = 0; row < canvas_side(HEIGHT, p); row++)
				(void)fwrite(canvas_row(frame, p, row), 1, (size_t)canvas_side(WIDTH, p), file);
	}
	av_frame_free(&frame);
	return fclose(file);
}

/* ---- looking at filtered pictures ---- */

struct seen {
	struct shake *shake;
	const struct source *clean;
	struct source_reader *reader;
	double shift; /* sum of the steps' lengths against the steady pan */
	double error; /* sum of squares against the clean clip */
	size_t frames;
	uint64_t sum; /* of everything */
};

static int
look(void *ctx, const AVFrame *frame, size_t index, struct error *err)
{
	struct seen *seen = ctx;
	const AVFrame *clean;

	if (seen->shake == NULL)
		seen->shake = shake_new(frame->width, frame->height);
	shake_add(seen->shake, frame->data[0], frame->linesize[0]);
	if (index > 0) {
		const struct shake_move step = shake_step(seen->shake, index);

		seen->shift += hypot(step.dx + 0.5, step.dy + 0.1);
	}
	if (seen->reader == NULL && source_open(seen->clean, NULL, &seen->reader, err) < 0)
		return -1;
	if (source_read(seen->reader, index, &clean, err) < 0)
		return -1;
	for (int y = 0; y < HEIGHT; y++) {
		for (int x = 0; x < WIDTH; x++) {
			seen->error += pow(canvas_row(frame, 0, y)[x] - canvas_row(clean, 0, y)[x], 2);
			seen->sum = seen->sum * 31 + canvas_row(frame, 0, y)[x];
		}
	}
	seen->frames++;
	return 0;
}

static struct seen
run(const struct source *source, const struct source *clean, struct filter_request request)
{
	struct seen seen = {.clean = clean};
	struct error err = {0};

	CHECK_OK(filter_run(source, &request, NULL, look, &seen, &err), &err);
	CHECK_INT(seen.frames, FRAMES);
	source_close(&seen.reader);
	shake_free(&seen.shake);
	return seen;
}

static struct source *clean_clip, *shaken_clip, *noisy_clip;
static struct arena *arena;

static struct source *
clip(const char *name, bool shake, double grain)
{
	struct error err = {0};
	struct source *source = NULL;
	char path[512];

	snprintf(path, sizeof(path), "%s/%s.y4m", test_dir(), name);
	if (make_clip(path, shake, grain) < 0 ||
	    source_index(arena, NULL, name, open(path, O_RDONLY), &source, &err) < 0)
		(void)fprintf(stderr, "%s: %s\n", name, err.text);
	return source;
}

static int
set_up(void)
{
	av_log_set_level(AV_LOG_QUIET);
	arena = arena_new(16 * MIB);
	clean_clip = clip("clean", false, 0);
	shaken_clip = clip("shaken", true, 0);
	noisy_clip = clip("noisy", false, 14);
	return clean_clip == NULL || shaken_clip == NULL || noisy_clip == NULL;
}

static int
tear_down(void)
{
	arena_free(&arena);
	return 0;
}

/* ---- tests: SCENE-87 ---- */

TEST(shake_finds_a_known_movement)
{
	struct error err = {0};
	struct shake *shake = shake_new(WIDTH, HEIGHT);
	AVFrame *frame = NULL, *moved = NULL;
	const struct shake_move move = {.a = 0.004, .b = 0.008, .dx = 3.25, .dy = -1.5};

	if (!CHECK_OK(canvas_new(WIDTH, HEIGHT, &frame, &err), &err) ||
	    !CHECK_OK(canvas_new(WIDTH, HEIGHT, &moved, &err), &err))
		return;
	draw(frame, 5, 9, 0);
	warp_put(moved, frame, &move, 1);
	shake_add(shake, frame->data[0], frame->linesize[0]);
	shake_add(shake, moved->data[0], moved->linesize[0]);
	const struct shake_move found = shake_step(shake, 1);

	CHECK(fabs(found.dx - move.dx) < 0.1 && fabs(found.dy - move.dy) < 0.1);
	CHECK(fabs(found.a - move.a) < 0.001 && fabs(found.b - move.b) < 0.001);
	shake_free(&shake);
	av_frame_free(&frame);
	av_frame_free(&moved);
}

TEST(warp_by_nothing_changes_nothing)
{
	struct error err = {0};
	const struct shake_move none = {0};
	AVFrame *frame = NULL, *same = NULL;

	if (!CHECK_OK(canvas_new(WIDTH, HEIGHT, &frame, &err), &err) ||
	    !CHECK_OK(canvas_new(WIDTH, HEIGHT, &same, &err), &err))
		return;
	draw(frame, 5, 9, 10);
	warp_put(same, frame, &none, 1);
	for (int p = 0; p < 3; p++)
		for (int y = 0; y < canvas_side(HEIGHT, p); y++)
			CHECK(memcmp(canvas_row(frame, p, y), canvas_row(same, p, y), (size_t)canvas_side(WIDTH, p)) ==
			      0);
	av_frame_free(&frame);
	av_frame_free(&same);
}

TEST(stabilising_halves_the_shift_between_pictures)
{
	const struct seen before = run(shaken_clip, clean_clip, (struct filter_request){0});
	const struct seen after = run(shaken_clip, clean_clip, (struct filter_request){.stabilise = true});

	CHECK(before.shift / (FRAMES - 1) > 3);
	CHECK(after.shift < before.shift / 2);
}

TEST(stabilising_leaves_a_steady_pan_alone)
{
	const struct seen after = run(clean_clip, clean_clip, (struct filter_request){.stabilise = true});

	CHECK(after.shift / (FRAMES - 1) < 0.1);
	CHECK(after.error / (FRAMES * WIDTH * HEIGHT) < 4);
}

TEST(denoising_raises_psnr_against_the_clean_clip)
{
	const struct seen before = run(noisy_clip, clean_clip, (struct filter_request){0});
	const struct seen after = run(noisy_clip, clean_clip, (struct filter_request){.denoise = true});

	/* a fifth less square error is 1 dB */
	CHECK(after.error < before.error * 0.79);
}

TEST(filters_give_the_same_every_time)
{
	const struct filter_request both = {.stabilise = true, .denoise = true};

	CHECK(run(shaken_clip, clean_clip, both).sum == run(shaken_clip, clean_clip, both).sum);
}

/* ---- kept pictures ---- */

static const struct filter_request steady = {.stabilise = true};

/* Whether every kept picture is the filtered one. */
static uint64_t
sum_of(const struct source *source)
{
	return run(source, clean_clip, (struct filter_request){0}).sum;
}

TEST(a_prepared_clip_is_lossless_and_made_once)
{
	const struct cache cache = {.dir = open(test_dir(), O_RDONLY | O_DIRECTORY), .scratch = -1, .limit = GB};
	struct prepared *first = prepared_new(shaken_clip, "digest", &steady, &cache);
	struct prepared *second = prepared_new(shaken_clip, "digest", &steady, &cache);
	struct prepared *other = prepared_new(shaken_clip, "another", &steady, &cache);
	const struct source *pictures;
	struct error err = {0};
	int64_t bytes;

	if (CHECK_OK(prepared_open(first, NULL, &pictures, &err), &err)) {
		CHECK(prepared_made(first, &bytes));
		CHECK(bytes > 0);
		CHECK(sum_of(pictures) == run(shaken_clip, clean_clip, steady).sum);
	}
	if (CHECK_OK(prepared_open(second, NULL, &pictures, &err), &err))
		CHECK(!prepared_made(second, &bytes));
	CHECK(strcmp(prepared_key(first), prepared_key(second)) == 0);
	CHECK(strcmp(prepared_key(first), prepared_key(other)) != 0);
	prepared_free(&first);
	prepared_free(&second);
	prepared_free(&other);
}

/* Turns a byte of the one prepared file in the folder over. */
static bool
damage(const char *folder)
{
	char path[600];
	const struct dirent *entry;
	bool done = false;
	DIR *dir;

	snprintf(path, sizeof(path), "%s/" CACHE_PREPARED, folder);
	dir = opendir(path);
	while (dir != NULL && !done && (entry = readdir(dir)) != NULL) {
		int fd = strstr(entry->d_name, ".mkv") == NULL ? -1 : openat(dirfd(dir), entry->d_name, O_RDWR);
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

TEST(a_damaged_prepared_clip_is_made_again)
{
	const char *folder = test_dir();
	const struct cache cache = {.dir = open(folder, O_RDONLY | O_DIRECTORY), .scratch = -1, .limit = GB};
	struct prepared *first = prepared_new(shaken_clip, "damaged", &steady, &cache), *second;
	const struct source *pictures;
	struct error err = {0};
	int64_t bytes;

	if (!CHECK_OK(prepared_open(first, NULL, &pictures, &err), &err) || !CHECK(damage(folder)))
		return;
	second = prepared_new(shaken_clip, "damaged", &steady, &cache);
	if (CHECK_OK(prepared_open(second, NULL, &pictures, &err), &err)) {
		CHECK(prepared_made(second, &bytes));
		CHECK(sum_of(pictures) == run(shaken_clip, clean_clip, steady).sum);
	}
	prepared_free(&first);
	prepared_free(&second);
}

TEST(prepared_clips_count_against_the_limit_of_the_cache)
{
	const char *folder = test_dir();
	struct cache cache = {.dir = open(folder, O_RDONLY | O_DIRECTORY), .scratch = -1, .limit = GB};
	struct prepared *prepared = prepared_new(shaken_clip, "trimmed", &steady, &cache);
	const struct source *pictures;
	struct error err = {0};

	CHECK_OK(prepared_open(prepared, NULL, &pictures, &err), &err);
	cache_trim(&cache);
	CHECK(damage(folder));
	cache.limit = 1000;
	cache_trim(&cache);
	CHECK(!damage(folder));
	prepared_free(&prepared);
}

TEST_MAIN_WITH(set_up, tear_down, ROW(shake_finds_a_known_movement), ROW(warp_by_nothing_changes_nothing),
    ROW(stabilising_halves_the_shift_between_pictures), ROW(stabilising_leaves_a_steady_pan_alone),
    ROW(denoising_raises_psnr_against_the_clean_clip), ROW(filters_give_the_same_every_time),
    ROW(a_prepared_clip_is_lossless_and_made_once), ROW(a_damaged_prepared_clip_is_made_again),
    ROW(prepared_clips_count_against_the_limit_of_the_cache))
