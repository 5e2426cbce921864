/*
 * Odd inputs through the media program, sandbox and all: each is rendered as it should look, or refused with a reason.
 *
 * Most clips show four coloured quarters, so that turns, mirrors, matrices and ranges can be told from four samples of
 * the film. They are made by the ffmpeg command; without it the tests are skipped.
 */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <poll.h>
#include <spawn.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <libavutil/log.h>

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/js/read.h"
#include "lib/net/listen.h"
#include "lib/net/mediaclient.h"
#include "media/canvas.h"
#include "media/source.h"
#include "media/task.h"
#include "tests/harness/test_main.h"

#define WIDTH 160
#define HEIGHT 120

extern char **environ;

static pid_t server = -1;
static char socket_path[300];
static const char *dir;
static int number;

/* ---- programs ---- */

static int
start(const char *program, char *const argv[], char *const environment[], pid_t *ret_pid)
{
	return strchr(program, '/') != NULL ? posix_spawn(ret_pid, program, NULL, NULL, argv, environment)
					    : posix_spawnp(ret_pid, program, NULL, NULL, argv, environment);
}

static int
server_start(void)
{
	const char *build = getenv("top_builddir");
	char program[300], place[330], fonts[] = "FONT_DIR=/usr/share/fonts", level[] = "LOG_LEVEL=error",
				       mode[] = "FW_ENV=test", tasks[] = "MEDIA_TASKS=1", temp[600];
	char *const argv[] = {program, NULL};
	char *const environment[] = {place, temp, fonts, level, mode, tasks, NULL};
	struct error err = {0};

	snprintf(program, sizeof(program), "%s/framewright-media", build == NULL ? "." : build);
	snprintf(socket_path, sizeof(socket_path), "%s/media.sock", dir);
	snprintf(place, sizeof(place), "MEDIA_SOCKET=%s", socket_path);
	snprintf(temp, sizeof(temp), "TMPDIR=%s", dir);
	if (access(program, X_OK) != 0 || start(program, argv, environment, &server) != 0)
		return 77;
	for (int i = 0; i < 600; i++) {
		int fd = listen_connect(socket_path, &err);

		if (fd >= 0) {
			fd_close(&fd);
			return 0;
		}
		(void)poll(NULL, 0, 50);
	}
	return -1;
}

/* `ffmpeg -v error -y <words> <dir>/<name>`; words are separated by single spaces, none holds one. */
static char *
make(const char *name, const char *words)
{
	struct arena *arena = test_arena();
	char *path = arena_printf(arena, "%s/%s", dir, name), *copy = arena_strdup(arena, words), *argv[64];
	int n = 0, status = -1;
	pid_t pid;

	argv[n++] = arena_strdup(arena, "ffmpeg");
	argv[n++] = arena_strdup(arena, "-v");
	argv[n++] = arena_strdup(arena, "error");
	argv[n++] = arena_strdup(arena, "-y");
	argv[n++] = arena_strdup(arena, "-nostdin");
	for (char *rest = NULL, *word = strtok_r(copy, " ", &rest); word != NULL && n < 60;
	     word = strtok_r(NULL, " ", &rest))
		argv[n++] = word;
	argv[n++] = path;
	argv[n] = NULL;
	if (start("ffmpeg", argv, environ, &pid) != 0 || waitpid(pid, &status, 0) != pid || status != 0)
		return NULL;
	return path;
}

static int
set_up(void)
{
	/* the sanitizer's shadow is data that the sandbox's memory limit refuses */
	if (FW_ASAN)
		return 77;
	av_log_set_level(AV_LOG_QUIET);
	dir = test_dir();
	if (make("probe.mkv", "-f lavfi -i color=s=32x32:d=0.1 -c:v ffv1") == NULL)
		return 77;
	return server_start();
}

static int
tear_down(void)
{
	int status = -1;

	if (server > 0 && kill(server, SIGTERM) == 0)
		(void)waitpid(server, &status, 0);
	return status == 0 ? 0 : -1;
}

/* ---- rendering ---- */

/* A film of WIDTH x HEIGHT and 25 a second out of the one input; its file as a source. */
static struct source *
render(const char *input, const char *item, double duration, struct error *err)
{
	CLEANUP(fd_close) int scratch = path_open_dir(dir, err);
	CLEANUP(fd_close) int in = input == NULL ? -1 : open(input, O_RDONLY | O_CLOEXEC);
	const struct mediaclient_fd fds[] = {{"scratch", scratch}, {"in0", in}};
	const char *args = arena_printf(test_arena(),
	    "{\"output\":\"film%d.mp4\",\"assets\":{\"x\":\"in0\"},\"timeline\":{\"version\":1,\"output\":{"
	    "\"width\":%d,\"height\":%d,\"fps\":[25,1]},\"tracks\":[{\"items\":[{\"asset\":\"x\",\"duration\":%g,%s}]}]"
	    "}}",
	    ++number, WIDTH, HEIGHT, duration, item);
	const struct mediaclient_task task = {
	    .socket_path = socket_path, .name = "render", .args_json = args, .fds = fds, .fd_count = 2};
	const struct js_value *result;
	struct source *film = NULL;
	bool retryable;
	char *path;

	if (mediaclient_run(&task, test_arena(), &result, &retryable, err) < 0)
		return NULL;
	path = arena_printf(test_arena(), "%s/film%d.mp4", dir, number);
	if (source_index(test_arena(), NULL, "film", open(path, O_RDONLY | O_CLOEXEC), &film, err) < 0)
		return NULL;
	return film;
}

struct colour {
	int y, u, v;
};

static struct colour
at(const AVFrame *frame, int x, int y)
{
	return (struct colour){
	    canvas_row(frame, 0, y)[x], canvas_row(frame, 1, y / 2)[x / 2], canvas_row(frame, 2, y / 2)[x / 2]};
}

static bool
near(struct colour a, struct colour b, int most)
{
	return abs(a.y - b.y) <= most && abs(a.u - b.u) <= most && abs(a.v - b.v) <= most;
}

/* Red, green, blue and light grey in BT.709: what every picture of the four quarters must look like. */
static const struct colour quarters[4] = {{84, 113, 191}, {127, 97, 83}, {86, 180, 109}, {195, 128, 128}};
#define BLACK ((struct colour){16, 128, 128})

/* The four quarters of a rectangle of the film's frame `index` are those four, in reading order. */
static bool
shows(const struct source *film, size_t index, const char *order, int left, int top, int width, int height, int most)
{
	struct source_reader *reader = NULL;
	struct error err = {0};
	const AVFrame *frame;
	bool good = true;

	if (!CHECK(film != NULL) || !CHECK_OK(source_open(film, NULL, &reader, &err), &err) ||
	    !CHECK_OK(source_read(reader, index, &frame, &err), &err))
		return false;
	for (int i = 0; i < 4; i++) {
		const int x = left + width * (1 + 2 * (i % 2)) / 4, y = top + height * (1 + 2 * (i / 2)) / 4;
		const struct colour is = at(frame, x, y);
		const struct colour wanted = order[i] == '-' ? BLACK : quarters[order[i] - '0'];

		if (!near(is, wanted, most)) {
			(void)fprintf(stderr, "quarter %d is %d,%d,%d and not %d,%d,%d\n", i, is.y, is.u, is.v,
			    wanted.y, wanted.u, wanted.v);
			good = false;
		}
	}
	source_close(&reader);
	return good;
}

#define QUARTERS_AT(w, h) \
	"-f lavfi -i color=c=0xC03030:s=" w "x" h ":r=25[a];color=c=0x30A040:s=" w "x" h \
	":r=25[b];color=c=0x3050C0:s=" w "x" h ":r=25[c];color=c=0xD0D0D0:s=" w "x" h \
	":r=25[d];[a][b]hstack[t];[c][d]hstack[u];[t][u]vstack,format=gbrp "
#define QUARTERS QUARTERS_AT("80", "60")
#define AS709 "-vf scale=out_color_matrix=bt709,format=yuv420p -colorspace bt709 -frames:v 10 "
#define CLIP "\"type\":\"clip\""
#define STILL "\"type\":\"still\""

static const char *
fixture(const char *name)
{
	const char *top = getenv("top_srcdir");

	return arena_printf(test_arena(), "%s/tests/data/media/%s", top == NULL ? "." : top, name);
}

/* ---- clips of all kinds ---- */

TEST(pictures_of_every_format_have_the_same_colours)
{
	static const struct {
		const char *name, *words;
	} rows[] = {
	    {"plain.mp4", AS709 "-c:v libx264"},
	    {"untagged.mp4", "-vf format=yuv420p -frames:v 10 -c:v libx264"},
	    {"full.mkv",
		"-vf scale=out_range=full:out_color_matrix=bt709,format=yuv420p -color_range pc -colorspace bt709 "
		"-frames:v 10 -c:v ffv1"},
	    {"motion.mov", "-frames:v 10 -c:v mjpeg -q:v 2 -pix_fmt yuvj422p"},
	    {"ten.mp4",
		"-vf scale=out_color_matrix=bt709,format=yuv420p10 -colorspace bt709 -frames:v 10 -c:v libx264"},
	    {"444.mp4", "-vf scale=out_color_matrix=bt709,format=yuv444p -colorspace bt709 -frames:v 10 -c:v libx264"},
	    {"rgb.mkv", "-frames:v 10 -c:v ffv1 -pix_fmt bgr0"},
	    {"planar.mkv", "-frames:v 10 -c:v ffv1 -pix_fmt gbrp16le"},
	    {"packed.avi", "-frames:v 10 -c:v rawvideo -pix_fmt bgr24"},
	    {"yuyv.avi", "-frames:v 10 -c:v rawvideo -pix_fmt yuyv422"},
	    {"2020.mkv",
		"-vf scale=out_color_matrix=bt2020,format=yuv420p10 -colorspace bt2020nc -frames:v 10 -c:v ffv1"},
	    {"vp9.webm", AS709 "-c:v libvpx-vp9 -b:v 500k -cpu-used 8"},
	    {"one.mp4", "-vf scale=out_color_matrix=bt709,format=yuv420p -colorspace bt709 -frames:v 1 -c:v libx264"},
	    {"stream.ts", AS709 "-c:v mpeg2video -b:v 4M"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		const char *path = make(rows[i].name, arena_printf(test_arena(), QUARTERS "%s", rows[i].words));
		struct source *film = !CHECK(path != NULL) ? NULL : render(path, CLIP, 0.4, &err);

		if (!CHECK(film != NULL && shows(film, 5, "0123", 0, 0, WIDTH, HEIGHT, 4)))
			(void)fprintf(stderr, "%s: %s\n", rows[i].name, err.text);
	}
}

TEST(odd_sizes_and_oblong_samples_keep_their_shape)
{
	struct error err = {0};
	const char *path = make("odd.mkv", QUARTERS
	    "-vf scale=159:119,scale=out_color_matrix=bt709,format=yuv420p -colorspace bt709 -frames:v 5 -c:v ffv1");

	CHECK(shows(render(path, CLIP, 0.2, &err), 2, "0123", 0, 0, WIDTH, HEIGHT, 5));
	/* samples twice as wide as high: 320 x 120, so a band of 160 x 60 */
	path = make("oblong.mp4", QUARTERS
	    "-vf scale=out_color_matrix=bt709,format=yuv420p,setsar=2 -colorspace bt709 -frames:v 5 -c:v libx264");
	struct source *film = render(path, CLIP, 0.2, &err);

	CHECK(shows(film, 2, "0123", 0, 30, WIDTH, 60, 4));
	CHECK(shows(film, 2, "----", 0, 0, WIDTH, 24, 2));
}

/* ---- turns and mirrors ---- */

/* Writes another matrix into the track's header. */
static bool
turn_clip(const char *path, const int matrix[4])
{
	CLEANUP(fd_close) int fd = open(path, O_RDWR | O_CLOEXEC);
	struct error err = {0};
	char *bytes = NULL;
	size_t len = 0;
	uint8_t be[36] = {0};

	if (fd < 0 || fd_read_all(test_arena(), fd, 8 * MIB, &bytes, &len, &err) < 0)
		return false;
	for (int i = 0; i < 4; i++) {
		const uint32_t value = (uint32_t)(matrix[i] * 65536);
		uint8_t *to = be + (i / 2) * 12 + (i % 2) * 4;

		for (int k = 0; k < 4; k++)
			to[k] = (uint8_t)(value >> (24 - 8 * k));
	}
	be[32] = 0x40;
	for (size_t i = 0; i + 84 < len; i++)
		if (memcmp(bytes + i, "tkhd", 4) == 0)
			return pwrite(fd, be, sizeof(be), (off_t)(i + 4 + 40)) == (ssize_t)sizeof(be);
	return false;
}

TEST(turned_and_mirrored_clips_stand_upright)
{
	/* where the stored x and y axes point, y downwards */
	static const struct {
		int matrix[4];
		const char *order;
	} rows[] = {{{1, 0, 0, 1}, "0123"}, {{0, 1, -1, 0}, "2031"}, {{-1, 0, 0, -1}, "3210"}, {{0, -1, 1, 0}, "1302"},
	    {{-1, 0, 0, 1}, "1032"}, {{1, 0, 0, -1}, "2301"}, {{0, 1, 1, 0}, "0213"}, {{0, -1, -1, 0}, "3120"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		const char *path = make("turned.mp4", QUARTERS AS709 "-c:v libx264");
		const bool sideways = rows[i].matrix[0] == 0;

		if (!CHECK(path != NULL && turn_clip(path, rows[i].matrix)))
			continue;
		/* 120 x 160 in 160 x 120: 90 wide, in the middle */
		CHECK(shows(render(path, CLIP, 0.2, &err), 2, rows[i].order, sideways ? 36 : 0, 0,
		    sideways ? 90 : WIDTH, HEIGHT, 4));
	}
}

/* ---- light and transparency ---- */

static struct colour
middle(const struct source *film, size_t index)
{
	struct source_reader *reader = NULL;
	struct error err = {0};
	struct colour colour = {0};
	const AVFrame *frame;

	if (CHECK(film != NULL) && CHECK_OK(source_open(film, NULL, &reader, &err), &err) &&
	    CHECK_OK(source_read(reader, index, &frame, &err), &err))
		colour = at(frame, WIDTH / 2, HEIGHT / 2);
	source_close(&reader);
	return colour;
}

/* Diffuse white has signal 0.58 in PQ and 0.75 in HLG; both become a bright grey, not the dull one of the bare numbers.
 */
TEST(wide_light_is_brought_into_range)
{
	struct error err = {0};
	const char *path =
	    make("pq.mkv", "-f lavfi -i color=c=0x949494:s=160x120:r=25 -vf "
			   "scale=out_color_matrix=bt2020,format=yuv420p10 -frames:v 5 -color_primaries bt2020 "
			   "-color_trc smpte2084 -colorspace bt2020nc -c:v ffv1");
	struct colour white = middle(render(path, CLIP, 0.2, &err), 2);

	CHECK(white.y > 190 && white.y < 230);
	CHECK(abs(white.u - 128) <= 2 && abs(white.v - 128) <= 2);
	path = make("hlg.mkv", "-f lavfi -i color=c=0xBFBFBF:s=160x120:r=25 -vf "
			       "scale=out_color_matrix=bt2020,format=yuv420p10 -frames:v 5 -color_primaries bt2020 "
			       "-color_trc arib-std-b67 -colorspace bt2020nc -c:v ffv1");
	white = middle(render(path, CLIP, 0.2, &err), 2);
	CHECK(white.y > 190 && white.y < 230);
	/* the brightest PQ does not exceed white */
	path = make("sun.mkv", "-f lavfi -i color=c=white:s=160x120:r=25 -vf "
			       "scale=out_color_matrix=bt2020,format=yuv420p10 -frames:v 5 -color_primaries bt2020 "
			       "-color_trc smpte2084 -colorspace bt2020nc -c:v ffv1");
	white = middle(render(path, CLIP, 0.2, &err), 2);
	CHECK(abs(white.y - 235) <= 2);
}

TEST(transparency_shows_black_the_background_or_the_blurred_picture)
{
	struct error err = {0};
	/* half see-through light grey */
	const char *path = make("glass.mov", "-f lavfi -i color=c=0xD0D0D0:s=160x120:r=25 -vf "
					     "format=argb,colorchannelmixer=aa=0.5 -frames:v 5 -c:v qtrle");
	struct colour is = middle(render(path, CLIP, 0.2, &err), 2);

	CHECK(near(is, (struct colour){16 + (195 - 16) / 2, 128, 128}, 3));
	is = middle(render(path, CLIP ",\"background\":\"#D0D0D0\"", 0.2, &err), 2);
	CHECK(near(is, quarters[3], 3));
	is = middle(render(path, CLIP ",\"fit\":\"blur\"", 0.2, &err), 2);
	CHECK(is.y > 120 && is.y < 190);
}

/* ---- fields and times ---- */

/* How much lines differ from the mean of their neighbours. */
static double
comb(const struct source *source, size_t index)
{
	struct source_reader *reader = NULL;
	struct error err = {0};
	const AVFrame *frame;
	double sum = 0;

	if (!CHECK(source != NULL) || !CHECK_OK(source_open(source, NULL, &reader, &err), &err) ||
	    !CHECK_OK(source_read(reader, index, &frame, &err), &err))
		return 0;
	for (int y = 1; y + 1 < frame->height; y++)
		for (int x = 0; x < frame->width; x++)
			sum += abs(2 * canvas_row(frame, 0, y)[x] - canvas_row(frame, 0, y - 1)[x] -
				   canvas_row(frame, 0, y + 1)[x]);
	sum /= frame->width * frame->height;
	source_close(&reader);
	return sum;
}

TEST(fields_are_put_together_the_same_from_any_frame_on)
{
	struct error err = {0};
	const char *path = make("fields.mpg",
	    "-f lavfi -i color=c=black:s=160x120:r=50[b];color=c=white:s=24x100:r=50[w];[b][w]overlay=x=n*3:y=10 "
	    "-vf tinterlace=interleave_top,format=yuv420p -frames:v 20 -c:v mpeg2video -flags +ilme+ildct -top 1 -b:v "
	    "6M");
	struct source *whole = render(path, CLIP, 0.8, &err), *later = render(path, CLIP ",\"in\":0.4", 0.4, &err),
		      *coded = NULL;

	if (!CHECK(path != NULL) ||
	    !CHECK_OK(source_index(test_arena(), NULL, "coded", open(path, O_RDONLY | O_CLOEXEC), &coded, &err), &err))
		return;
	CHECK(coded->interlaced);
	coded->interlaced = false;
	CHECK(comb(coded, 10) > 4);
	CHECK(comb(whole, 10) < comb(coded, 10) / 3);
	CHECK(fabs(comb(whole, 12) - comb(later, 2)) < 0.3);
}

/* Picture N at 0.004 N^2 s, its luma tells N. */
TEST(variable_rates_show_the_right_picture_at_every_time)
{
	struct error err = {0};
	const char *path = make("variable.mkv", "-f lavfi -i color=c=black:s=160x120:r=25 -vf "
						"geq=lum=30+N*9:cb=128:cr=128,settb=1/1000,setpts=N*N*4 -frames:v 20 "
						"-enc_time_base 1:1000 -fps_mode passthrough -c:v ffv1");
	struct source *film = render(path, CLIP, 1.4, &err);

	for (int k = 0; k < 35; k++) {
		int wanted = 0;

		while (wanted + 1 < 20 && 0.004 * (wanted + 1) * (wanted + 1) < (k + 0.5) / 25 - 1e-9)
			wanted++;
		if (!CHECK(abs(middle(film, (size_t)k).y - (30 + wanted * 9)) <= 3))
			(void)fprintf(stderr, "frame %d: %d, not %d\n", k, middle(film, (size_t)k).y, 30 + wanted * 9);
	}
}

TEST(an_animated_gif_is_a_clip)
{
	struct error err = {0};
	const char *path = make("moving.gif",
	    "-f lavfi -i color=c=black:s=160x120:r=10:d=0.5 -vf "
	    "geq=lum=40+N*40:cb=128:cr=128,split[a][b];[a]palettegen[p];[b][p]paletteuse=dither=none -frames:v 5");
	struct source *film = render(path, CLIP, 0.5, &err);

	for (int k = 0; CHECK(film != NULL) && k < 5; k++)
		CHECK(abs(middle(film, (size_t)(k * 5 / 2 + 1)).y - (40 + 40 * k)) <= 8);
}

TEST(a_transparent_clip_lets_through_what_is_below)
{
	static const char *const files[][2] = {
	    {"clear9.webm", "-f lavfi -i color=c=white@0.5:s=160x120:r=25:d=0.4,format=yuva420p -c:v libvpx-vp9 "
			    "-deadline realtime"},
	    {"clear8.webm",
		"-f lavfi -i color=c=white@0.5:s=160x120:r=25:d=0.4,format=yuva420p -c:v libvpx -auto-alt-ref 0"},
	    {"clear.mov", "-f lavfi -i color=c=white@0.5:s=160x120:r=25:d=0.4,format=rgba -c:v png"},
	};

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		struct error err = {0};
		const char *path = make(files[i][0], files[i][1]);
		struct source *film = path == NULL ? NULL : render(path, CLIP, 0.4, &err);

		/* half of white over black */
		if (!CHECK(film != NULL) || !CHECK(abs(middle(film, 3).y - 126) <= 6))
			(void)fprintf(stderr, "%s: %s\n", files[i][0], err.text);
	}
}

/* ---- picture files ---- */

/* The same stored picture, red in its first corner and blue in its last, with every orientation. */
TEST(picture_files_are_turned_by_their_exif)
{
	static const char *const corners[] = {"", "left top", "right top", "right bottom", "left bottom", "left top",
	    "right top", "right bottom", "left bottom"};

	for (int i = 1; i <= 8; i++) {
		struct error err = {0};
		const char *path = fixture(arena_printf(test_arena(), "turn%d.jpg", i));
		struct source *film = render(path, STILL ",\"fit\":\"fill\"", 0.2, &err);
		const bool right = strstr(corners[i], "right") != NULL, bottom = strstr(corners[i], "bottom") != NULL;
		struct source_reader *reader = NULL;
		const AVFrame *frame;

		if (CHECK(film != NULL) && CHECK_OK(source_open(film, NULL, &reader, &err), &err) &&
		    CHECK_OK(source_read(reader, 2, &frame, &err), &err)) {
			const struct colour red = at(frame, right ? WIDTH - 20 : 20, bottom ? HEIGHT - 15 : 15);
			const struct colour blue = at(frame, right ? 20 : WIDTH - 20, bottom ? 15 : HEIGHT - 15);

			CHECK(red.v > 200 && blue.u > 200);
		}
		source_close(&reader);
	}
}

TEST(picture_files_of_every_kind_are_shown)
{
	static const char *const names[] = {"cmyk.jpg", "progressive.jpg", "plain.png", "plain.gif", "plain.webp",
	    "plain.bmp", "deep.png", "palette.png", "interlaced.png", "alpha.png", "wide_gamut.png"};

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		struct error err = {0};

		if (!CHECK(render(fixture(names[i]), STILL, 0.2, &err) != NULL))
			(void)fprintf(stderr, "%s: %s\n", names[i], err.text);
	}
}

TEST(a_hundred_megapixels_are_shown)
{
	struct error err = {0};
	const char *path = make("huge.jpg", QUARTERS_AT("6250", "4000") "-frames:v 1 -q:v 3 -pix_fmt yuvj420p");
	struct source *film = !CHECK(path != NULL) ? NULL : render(path, STILL ",\"fit\":\"fill\"", 0.2, &err);

	CHECK_STR(err.text, "");
	CHECK(shows(film, 2, "0123", 0, 0, WIDTH, HEIGHT, 5));
}

/* ---- what cannot be shown ---- */

static char *
cut(const char *path, const char *name, double share)
{
	CLEANUP(fd_close) int from = open(path, O_RDONLY | O_CLOEXEC);
	char *to = arena_printf(test_arena(), "%s/%s", dir, name), *bytes = NULL;
	CLEANUP(fd_close) int fd = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	struct error err = {0};
	size_t len = 0;

	if (from < 0 || fd < 0 || fd_read_all(test_arena(), from, 8 * MIB, &bytes, &len, &err) < 0 ||
	    fd_write_all(fd, bytes, (size_t)((double)len * share), &err) < 0)
		return NULL;
	return to;
}

TEST(a_cut_file_shows_what_is_there_or_is_refused)
{
	struct error err = {0};
	const char *front = make("front.mp4", QUARTERS AS709 "-c:v libx264 -x264-params keyint=2 -movflags +faststart");
	const char *back = make("back.mp4", QUARTERS AS709 "-c:v libx264");

	/* the index is there, the last pictures are not */
	CHECK(shows(render(cut(front, "front_cut.mp4", 0.8), CLIP, 0.4, &err), 9, "0123", 0, 0, WIDTH, HEIGHT, 4));
	CHECK(render(cut(back, "back_cut.mp4", 0.8), CLIP, 0.4, &err) == NULL);
	CHECK(error_has_code(&err, "clip_unavailable"));
}

TEST(what_is_no_picture_is_refused_with_a_reason)
{
	struct error err = {0};
	const char *sound = make("tone.mp4", "-f lavfi -i sine=d=0.5 -c:a aac");
	const char *empty = cut(sound, "empty.mp4", 0);

	CHECK(render(sound, CLIP, 0.2, &err) == NULL && error_has_code(&err, "clip_unavailable"));
	CHECK_CONTAINS(err.text, "no picture");
	err = (struct error){0};
	CHECK(render(empty, CLIP, 0.2, &err) == NULL && error_has_code(&err, "clip_unavailable"));
	err = (struct error){0};
	CHECK(render(fixture("pixel_bomb.png"), STILL, 0.2, &err) == NULL && error_has_code(&err, "clip_unavailable"));
	err = (struct error){0};
	CHECK(render(fixture("cut.png"), STILL, 0.2, &err) == NULL && error_has_code(&err, "clip_unavailable"));
	err = (struct error){0};
	CHECK(render(fixture("archive.png"), STILL, 0.2, &err) == NULL && error_has_code(&err, "clip_unavailable"));
}

/* ---- what the timeline asks of libavfilter and the cache works behind the sandbox's walls ---- */

TEST(steadying_and_denoising_work_in_the_sandbox)
{
	struct error err = {0};
	const char *path = make("plain.mp4", QUARTERS AS709 "-c:v libx264");

	CHECK(shows(
	    render(path, CLIP ",\"stabilise\":true,\"denoise\":true", 0.4, &err), 5, "0123", 0, 0, WIDTH, HEIGHT, 4));
	CHECK_STR(err.text, "");
}

TEST_MAIN_WITH(set_up, tear_down, ROW(pictures_of_every_format_have_the_same_colours),
    ROW(odd_sizes_and_oblong_samples_keep_their_shape), ROW(turned_and_mirrored_clips_stand_upright),
    ROW(wide_light_is_brought_into_range), ROW(transparency_shows_black_the_background_or_the_blurred_picture),
    ROW(fields_are_put_together_the_same_from_any_frame_on), ROW(variable_rates_show_the_right_picture_at_every_time),
    ROW(an_animated_gif_is_a_clip), ROW(a_transparent_clip_lets_through_what_is_below),
    ROW(picture_files_are_turned_by_their_exif), ROW(picture_files_of_every_kind_are_shown),
    ROW(a_hundred_megapixels_are_shown), ROW(a_cut_file_shows_what_is_there_or_is_refused),
    ROW(what_is_no_picture_is_refused_with_a_reason), ROW(steadying_and_denoising_work_in_the_sandbox))
