/*
 * The media program from outside: started on a private socket, asked through the real client.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/attr.h"
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "lib/net/listen.h"
#include "lib/net/mediaclient.h"
#include "tests/harness/test_main.h"

#define LANDLOCK_CREATE_RULESET 444

static pid_t server = -1;
static char *socket_path;
static const char *scratch_dir;

/* ---- the program under test ---- */

static int
server_start(void)
{
	const char *build = getenv("top_builddir");
	char *program = arena_printf(test_arena(), "%s/framewright-media", build == NULL ? "." : build);
	const char *dir = test_dir();
	char *const argv[] = {program, NULL};
	char *environment[] = {NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
	struct error err = {0};

	/* the sanitizer's shadow is data that the sandbox's memory limit refuses; the tasks themselves run under it in
	 * test_picture, test_camera and test_render */
	if (FW_ASAN)
		return 77;
	scratch_dir = test_dir();
	socket_path = arena_printf(test_arena(), "%s/media.sock", dir);
	if (program == NULL || socket_path == NULL || access(program, X_OK) != 0)
		return 77;
	environment[0] = arena_printf(test_arena(), "MEDIA_SOCKET=%s", socket_path);
	environment[1] = arena_printf(test_arena(), "TMPDIR=%s", dir);
	environment[2] = arena_printf(test_arena(), "FW_ENV=test");
	environment[3] = arena_printf(test_arena(), "LOG_LEVEL=error");
	environment[4] = arena_printf(test_arena(), "FONT_DIR=/usr/share/fonts");
	environment[5] = arena_printf(test_arena(), "MEDIA_MEMORY=512MB");
	environment[6] = arena_printf(test_arena(), "MEDIA_TASKS=2");
	if (posix_spawn(&server, program, NULL, NULL, argv, environment) != 0)
		return -1;
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

static int
server_end(void)
{
	int status = -1;

	if (server > 0 && kill(server, SIGTERM) == 0)
		(void)waitpid(server, &status, 0);
	return status == 0 ? 0 : -1;
}

struct watch {
	int progress;	/* lines so far */
	int stop_after; /* ask for a stop after so many; 0: never */
	double last;
	bool backwards;
};

static void
on_progress(void *ctx, double fraction, const char *phase)
{
	struct watch *watch = ctx;

	(void)phase;
	watch->progress++;
	watch->backwards |= fraction < watch->last;
	watch->last = fraction;
}

static bool
on_stop(void *ctx)
{
	const struct watch *watch = ctx;

	return watch->stop_after > 0 && watch->progress >= watch->stop_after;
}

/* input: a path or NULL */
static int
run_watched(const char *name, const char *args, const char *input, struct watch *watch,
    const struct js_value **ret_result, bool *ret_retryable, struct error *err)
{
	CLEANUP(fd_close) int scratch = path_open_dir(scratch_dir, err);
	CLEANUP(fd_close) int in = input == NULL ? -1 : open(input, O_RDONLY | O_CLOEXEC);
	const struct mediaclient_fd fds[] = {{"scratch", scratch}, {"in0", in}};
	const struct mediaclient_task task = {
	    .socket_path = socket_path,
	    .name = name,
	    .args_json = args,
	    .fds = fds,
	    .fd_count = input == NULL ? 1 : 2,
	    .progress = on_progress,
	    .stop = on_stop,
	    .ctx = watch,
	};

	return mediaclient_run(&task, test_arena(), ret_result, ret_retryable, err);
}

static int
run(const char *name, const char *args, const char *input, const struct js_value **ret_result, struct error *err)
{
	struct watch watch = {0};
	bool retryable;

	return run_watched(name, args, input, &watch, ret_result, &retryable, err);
}

static const char *
media(const char *name)
{
	char path[64];

	(void)snprintf(path, sizeof(path), "media/%s", name);
	return test_data(path);
}

/* ---- probe ---- */

TEST(probe_tells_what_good_files_are)
{
	static const struct {
		const char *file, *type, *format;
		int width, height;
	} rows[] = {
	    {"plain.png", "image", "png", 64, 48},
	    {"plain.jpg", "image", "jpeg", 64, 48},
	    {"plain.gif", "image", "gif", 64, 48},
	    {"plain.webp", "image", "webp", 64, 48},
	    {"plain.bmp", "image", "bmp", 64, 48},
	    {"deep.png", "image", "png", 64, 48},
	    {"progressive.jpg", "image", "jpeg", 64, 48},
	    {"cmyk.jpg", "image", "jpeg", 64, 48},
	    {"palette.png", "image", "png", 64, 48},
	    {"interlaced.png", "image", "png", 64, 48},
	    {"animated.gif", "image", "gif", 64, 48},
	    {"turn6.jpg", "image", "jpeg", 32, 48},
	    {"film.mp4", "video", "mp4", 128, 72},
	    {"late_index.mp4", "video", "mp4", 128, 72},
	    {"turned.mp4", "video", "mp4", 72, 128},
	    {"tone.wav", "audio", "wav", 0, 0},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct js_value *result = NULL;
		struct error err = {0};

		if (!CHECK_OK(run("probe", "{\"input\":\"in0\"}", media(rows[i].file), &result, &err), &err))
			continue;
		CHECK_STR(js_text(result, "/type", ""), rows[i].type);
		CHECK_STR(js_text(result, "/format", ""), rows[i].format);
		CHECK_INT(js_number(result, "/width", 0), rows[i].width);
		CHECK_INT(js_number(result, "/height", 0), rows[i].height);
	}
}

TEST(probe_measures_a_film)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_OK(run("probe", "{\"input\":\"in0\"}", media("film.mp4"), &result, &err), &err);
	CHECK_INT(js_number(result, "/duration_us", 0), 1000000);
	CHECK_INT(js_number(result, "/fps_num", 0), 30);
	CHECK_INT(js_number(result, "/fps_den", 0), 1);
	CHECK_STR(js_text(result, "/codec", ""), "h264");
	CHECK(js_flag(result, "/has_audio", false));
}

/* render.md: truncated, zero length, wrong extension, 100 megapixels; platform.md: polyglot, truncated or lying gets a
 * reason */
TEST(probe_refuses_bad_files_with_a_reason)
{
	static const char *const rows[][2] = {
	    {"empty.png", "media_empty"},
	    {"text.png", "media_unreadable"},
	    {"damaged.png", "media_unreadable"},
	    {"cut.png", "media_truncated"},
	    {"cut.jpg", "media_truncated"},
	    {"cut_front.mp4", "media_truncated"},
	    {"cut_late.mp4", "media_truncated"},
	    {"cut.wav", "media_truncated"},
	    {"wide.png", "media_too_large"},
	    {"square.png", "media_too_large"},
	    {"hollow.png", "media_bomb"},
	    {"text_bomb.png", "media_bomb"},
	    {"profile_bomb.png", "media_bomb"},
	    {"pixel_bomb.png", "media_bomb"},
	    {"archive.png", "media_polyglot"},
	    {"document.jpg", "media_polyglot"},
	    {"page.gif", "media_polyglot"},
	    {"animated.webp", "media_unsupported"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct js_value *result = NULL;
		struct error err = {0};

		CHECK_FAILS_CODE(
		    run("probe", "{\"input\":\"in0\"}", media(rows[i][0]), &result, &err), &err, ERR_INPUT, rows[i][1]);
		CHECK(error_public_text(&err)[0] != '\0');
	}
}

/* The text as a file; its name in the folder of the test. */
static const char *
text_file(const char *name, const char *text)
{
	const char *path = arena_printf(test_arena(), "%s/%s", test_dir(), name);
	FILE *file = fopen(path, "w");

	if (CHECK(file != NULL)) {
		(void)fputs(text, file);
		(void)fclose(file);
	}
	return path;
}

#define CORNERS "0 0 0\n1 0 0\n0 1 0\n1 1 0\n0 0 1\n1 0 1\n0 1 1\n1 1 1\n"

TEST(probe_reads_captions_and_colour_tables_to_their_end)
{
	static const struct {
		const char *type, *text, *code; /* NULL: it is good */
	} rows[] = {
	    {"application/x-subrip", "1\n00:00:01,000 --> 00:00:02,000\nHello\n\n", NULL},
	    {"text/vtt", "WEBVTT\n\n00:01.000 --> 00:02.000\nHello\n", NULL},
	    {"text/x-cube", "LUT_3D_SIZE 2\n" CORNERS, NULL},
	    {"application/x-subrip", "1\n00:00:02,000 --> 00:00:01,000\nBackwards\n", "captions_unreadable"},
	    {"text/vtt", "1\n00:00:01,000 --> 00:00:02,000\nHello\n", "media_type_mismatch"},
	    {"text/vtt", "WEBVTT\n\nno time\n", "captions_unreadable"},
	    {"text/x-cube", "LUT_3D_SIZE 2\n0 0 0\n", "lut_invalid"},
	    {"text/x-cube", "LUT_3D_SIZE 66\n", "lut_invalid"},
	    {"text/x-cube", "# only words\n", "lut_invalid"},
	    {"text/x-cube", "", "media_empty"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *args =
		    arena_printf(test_arena(), "{\"input\":\"in0\",\"media_type\":\"%s\"}", rows[i].type);
		const char *path = text_file("text", rows[i].text);
		const struct js_value *result = NULL;
		struct error err = {0};

		if (rows[i].code != NULL) {
			CHECK_FAILS_CODE(run("probe", args, path, &result, &err), &err, ERR_INPUT, rows[i].code);
		} else if (CHECK_OK(run("probe", args, path, &result, &err), &err)) {
			CHECK_STR(js_text(result, "/media_type", NULL), rows[i].type);
			CHECK_STR(js_text(result, "/type", NULL), i < 2 ? "captions" : "lut");
			CHECK_INT(js_number(result, "/cues", 0), i < 2);
		}
	}
}

TEST(probe_notices_a_lie_about_the_type)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_FAILS_CODE(
	    run("probe", "{\"input\":\"in0\",\"declared\":\"image/png\"}", media("plain.jpg"), &result, &err), &err,
	    ERR_INPUT, "media_type_mismatch");
	CHECK_FAILS_CODE(run("probe", "{\"input\":\"in0\",\"expect\":\"video\"}", media("plain.jpg"), &result, &err),
	    &err, ERR_INPUT, "media_type_mismatch");
	CHECK_OK(run("probe", "{\"input\":\"in0\",\"declared\":\"image/jpg\",\"expect\":\"image\"}", media("plain.jpg"),
		     &result, &err),
	    &err);
}

/* ---- the other tasks ---- */

static int64_t
output_size(const char *name)
{
	char *path = arena_printf(test_arena(), "%s/%s", scratch_dir, name);
	struct stat st;

	return path != NULL && stat(path, &st) == 0 ? (int64_t)st.st_size : -1;
}

TEST(import_turns_and_writes)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_OK(run("import_image", "{\"input\":\"in0\",\"output\":\"i1\",\"max_side\":24}", media("turn6.jpg"),
		     &result, &err),
	    &err);
	CHECK_INT(js_number(result, "/width", 0), 16);
	CHECK_INT(js_number(result, "/height", 0), 24);
	CHECK_STR(js_text(result, "/media_type", ""), "image/jpeg");
	CHECK_INT(output_size("i1"), js_number(result, "/bytes", -2));
	/* a name that exists or leads out of the folder is refused */
	CHECK(run("import_image", "{\"input\":\"in0\",\"output\":\"i1\"}", media("turn6.jpg"), &result, &err) < 0);
	CHECK_FAILS_CODE(
	    run("import_image", "{\"input\":\"in0\",\"output\":\"../x\"}", media("turn6.jpg"), &result, &err), &err,
	    ERR_INPUT, "media_bad_output");
}

TEST(poster_and_last_frame_are_upright)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_OK(run("poster", "{\"input\":\"in0\",\"output\":\"p1\",\"at_s\":0.5,\"width\":36}", media("turned.mp4"),
		     &result, &err),
	    &err);
	CHECK_INT(js_number(result, "/width", 0), 36);
	CHECK_INT(js_number(result, "/height", 0), 64);
	CHECK_INT(js_number(result, "/at_us", 0), 500000);
	CHECK_OK(run("last_frame", "{\"input\":\"in0\",\"output\":\"l1\"}", media("film.mp4"), &result, &err), &err);
	CHECK_INT(js_number(result, "/at_us", 0), 966667);
	CHECK_STR(js_text(result, "/media_type", ""), "image/png");
}

/* ADS-211, ADS-216: exact length, constant 30 fps, no sound; the same request gives the same bytes */
TEST(camera_makes_an_exact_clip)
{
	static const char first[] =
	    "{\"input\":\"in0\",\"output\":\"c1.mp4\",\"movement\":\"orbit left\",\"intensity\":0.7,\"duration_s\":0.5,"
	    "\"width\":128,\"height\":72,\"seed\":7}";
	static const char again[] =
	    "{\"input\":\"in0\",\"output\":\"c2.mp4\",\"movement\":\"orbit left\",\"intensity\":0.7,\"duration_s\":0.5,"
	    "\"width\":128,\"height\":72,\"seed\":7}";
	struct watch watch = {0};
	const struct js_value *result = NULL;
	struct error err = {0};
	char *a, *b;
	size_t a_len, b_len;
	bool retryable;

	CHECK_OK(run_watched("camera", first, media("plain.png"), &watch, &result, &retryable, &err), &err);
	CHECK_INT(js_number(result, "/frames", 0), 15);
	CHECK_INT(js_number(result, "/duration_us", 0), 500000);
	CHECK(watch.progress > 0 && !watch.backwards);
	CHECK_OK(run("camera", again, media("plain.png"), &result, &err), &err);
	CHECK_OK(
	    path_read(test_arena(), arena_printf(test_arena(), "%s/c1.mp4", scratch_dir), MIB, &a, &a_len, &err), &err);
	CHECK_OK(
	    path_read(test_arena(), arena_printf(test_arena(), "%s/c2.mp4", scratch_dir), MIB, &b, &b_len, &err), &err);
	CHECK(a_len == b_len && memcmp(a, b, a_len) == 0);
	CHECK_OK(
	    run("probe", "{\"input\":\"in0\"}", arena_printf(test_arena(), "%s/c1.mp4", scratch_dir), &result, &err),
	    &err);
	CHECK_INT(js_number(result, "/duration_us", 0), 500000);
	CHECK(!js_flag(result, "/has_audio", true));
	CHECK(!js_flag(result, "/variable_rate", true));
}

TEST(product_and_music_come_out_of_nothing)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_OK(
	    run("product",
		"{\"prompt\":\"a white "
		"mug\",\"view\":\"front\",\"seed\":1,\"keywords\":[],\"width\":64,\"height\":64,\"output\":\"p.png\"}",
		NULL, &result, &err),
	    &err);
	CHECK_INT(output_size("p.png"), js_number(result, "/bytes", -2));
	CHECK_OK(run("music", "{\"genre\":\"polka\",\"seed\":1,\"output\":\"m.wav\"}", NULL, &result, &err), &err);
	CHECK(js_flag(result, "/fallback", false));
	CHECK(js_real(result, "/lufs", 0) > -17 && js_real(result, "/lufs", 0) < -15);
	CHECK_OK(
	    run("probe", "{\"input\":\"in0\"}", arena_printf(test_arena(), "%s/m.wav", scratch_dir), &result, &err),
	    &err);
	CHECK_STR(js_text(result, "/type", ""), "audio");
	CHECK_INT(js_number(result, "/sample_rate", 0), 48000);
}

/* ---- the sandbox ---- */

static char *
self(const char *what)
{
	return arena_printf(test_arena(), "{\"try\":\"%s\"}", what);
}

TEST(sandbox_refuses_what_a_task_does_not_need)
{
	static const char *const refused[] = {"open", "write", "socket", "fork", "code", "signal"};
	static const char *const allowed[] = {"font", "scratch"};

	for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
		const struct js_value *result = NULL;
		struct error err = {0};

		/* without Landlock reading is left to file permissions; the log of the program says so */
		if (text_equal(refused[i], "open") && syscall(LANDLOCK_CREATE_RULESET, NULL, 0, 1) <= 0)
			continue;
		CHECK_OK(run("selftest", self(refused[i]), NULL, &result, &err), &err);
		CHECK(!js_flag(result, "/allowed", true));
	}
	for (size_t i = 0; i < ARRAY_LEN(allowed); i++) {
		const struct js_value *result = NULL;
		struct error err = {0};

		CHECK_OK(run("selftest", self(allowed[i]), NULL, &result, &err), &err);
		CHECK(js_flag(result, "/allowed", false));
	}
}

TEST(sandbox_ends_tasks_that_attack)
{
	static const char *const deadly[] = {"execve", "ptrace", "mount", "unshare"};

	for (size_t i = 0; i < ARRAY_LEN(deadly); i++) {
		const struct js_value *result = NULL;
		struct error err = {0};

		CHECK_FAILS_CODE(
		    run("selftest", self(deadly[i]), NULL, &result, &err), &err, ERR_INTERNAL, "media_sandbox");
	}
}

TEST(server_survives_tasks_that_die)
{
	const struct js_value *result = NULL;
	struct error err = {0};

	CHECK_FAILS_CODE(run("selftest", self("abort"), NULL, &result, &err), &err, ERR_INTERNAL, "media_crashed");
	CHECK_FAILS_CODE(run("selftest", self("memory"), NULL, &result, &err), &err, ERR_LIMIT, "memory_limit");
	CHECK_OK(run("probe", "{\"input\":\"in0\"}", media("plain.png"), &result, &err), &err);
	CHECK_FAILS_CODE(run("nonsense", "{}", NULL, &result, &err), &err, ERR_INPUT, "media_unknown_task");
}

/* The one child of the server, or 0. */
static pid_t
child_of_server(void)
{
	char *path = arena_printf(test_arena(), "/proc/%d/task/%d/children", (int)server, (int)server);
	char *text = NULL;
	int64_t pid = 0;

	if (path == NULL || path_read(test_arena(), path, KIB, &text, NULL, NULL) < 0)
		return 0;
	text[strcspn(text, " ")] = '\0';
	return text_int(text, 1, INT32_MAX, &pid) < 0 ? 0 : (pid_t)pid;
}

/* Waits up to 20 s until the server has a child, or has none. */
static bool
wait_child(bool there)
{
	for (int i = 0; i < 400; i++) {
		if ((child_of_server() > 0) == there)
			return true;
		(void)poll(NULL, 0, 50);
	}
	return false;
}

TEST(hanging_up_ends_the_task)
{
	struct watch watch = {.stop_after = 1};
	const struct js_value *result = NULL;
	struct error err = {0};
	bool retryable;

	CHECK_FAILS(
	    run_watched("selftest", self("wait"), NULL, &watch, &result, &retryable, &err), &err, ERR_CANCELLED);
	CHECK(wait_child(false));
	/* a task that does not listen is killed */
	CLEANUP(fd_close) int fd = listen_connect(socket_path, &err);
	CLEANUP(fd_close) int scratch = path_open_dir(scratch_dir, &err);
	static const char line[] =
	    "{\"v\":1,\"task\":\"selftest\",\"args\":{\"try\":\"spin\"},\"fds\":[\"scratch\"]}\n";
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr head;
	} control = {.head = {.cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS, .cmsg_len = CMSG_LEN(sizeof(int))}};
	struct iovec iov = {.iov_base = (void *)(uintptr_t)line, .iov_len = sizeof(line) - 1};
	const struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	memcpy(CMSG_DATA(&control.head), &scratch, sizeof(int));
	CHECK(sendmsg(fd, &message, MSG_NOSIGNAL) == (ssize_t)sizeof(line) - 1);
	CHECK(wait_child(true));
	fd_close(&fd);
	CHECK(wait_child(false));
}

static void
kill_child(void *ctx, double fraction, const char *phase)
{
	on_progress(ctx, fraction, phase);
	(void)kill(child_of_server(), SIGKILL);
}

TEST(a_killed_task_may_be_tried_again)
{
	CLEANUP(fd_close) int scratch = path_open_dir(scratch_dir, NULL);
	const struct mediaclient_fd fds[] = {{"scratch", scratch}};
	struct watch watch = {0};
	const struct mediaclient_task task = {
	    .socket_path = socket_path,
	    .name = "selftest",
	    .args_json = self("wait"),
	    .fds = fds,
	    .fd_count = 1,
	    .progress = kill_child,
	    .ctx = &watch,
	};
	const struct js_value *result = NULL;
	struct error err = {0};
	bool retryable = false;

	CHECK(mediaclient_run(&task, test_arena(), &result, &retryable, &err) < 0);
	CHECK(error_has_code(&err, "media_killed"));
	CHECK(retryable);
}

TEST_MAIN_WITH(server_start, server_end, ROW(probe_tells_what_good_files_are), ROW(probe_measures_a_film),
    ROW(probe_refuses_bad_files_with_a_reason), ROW(probe_reads_captions_and_colour_tables_to_their_end),
    ROW(probe_notices_a_lie_about_the_type), ROW(import_turns_and_writes), ROW(poster_and_last_frame_are_upright),
    ROW(camera_makes_an_exact_clip), ROW(product_and_music_come_out_of_nothing),
    ROW(sandbox_refuses_what_a_task_does_not_need), ROW(sandbox_ends_tasks_that_attack),
    ROW(server_survives_tasks_that_die), ROW(hanging_up_ends_the_task), ROW(a_killed_task_may_be_tried_again))
