/*
 * The files as strict readers see them that are not FFmpeg: tests/strict, over films of many joins in every profile.
 */
#include "tests/media/film_rig.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>

#include "media/profile.h"

extern char **environ;

static int number;

/* Colours of 3 to 12 frames, cut and dissolved, between two clips: `joins` more than the clips make. */
static const char *
film_args(const char *profile, int joins, const char *fps)
{
	struct buf items = BUF_INIT(64 * KIB), transitions = BUF_INIT(64 * KIB);
	const char *args;

	buf_puts(&items, "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1.2}");
	for (int i = 0; i < joins; i++) {
		buf_printf(&items, ",{\"type\":\"colour\",\"color\":\"#%02x%02x%02x\",\"duration\":%.2f}", i * 37 % 256,
		    i * 91 % 256, i * 53 % 256, 0.24 + 0.04 * (i % 7));
		if (i % 3 == 1)
			buf_printf(&transitions, "%s{\"after\":%d,\"type\":\"dissolve\",\"duration\":0.12}",
			    transitions.len > 0 ? "," : "", i);
	}
	buf_puts(&items, ",{\"type\":\"clip\",\"asset\":\"b\",\"duration\":1.2}");
	args = arena_printf(test_arena(),
	    "{\"output\":\"film%d%s\",\"assets\":{\"a\":\"in0\",\"b\":\"in1\",\"m\":\"in2\"},"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":160,\"height\":96,\"fps\":%s,\"profile\":\"%s\","
	    "\"audio\":{}},\"tracks\":[{\"items\":[%s],\"transitions\":[%s]}],"
	    "\"audio\":[{\"asset\":\"m\",\"loop\":true}],\"captions\":["
	    "{\"language\":\"de\",\"modes\":[\"track\"],\"cues\":[{\"start\":0.3,\"end\":1,\"text\":"
	    "\"Gr\\u00fc\\u00dfe\"},"
	    "{\"start\":0.8,\"end\":2,\"text\":\"\\u4e16\\u754c\"}]},"
	    "{\"language\":\"en\",\"modes\":[\"track\"],\"cues\":[{\"start\":0,\"end\":60,\"text\":\"all along\"}]}]}}",
	    number++, profile_find(profile)->extension, fps, profile, buf_str(&items), buf_str(&transitions));
	buf_done(&items);
	buf_done(&transitions);
	return args;
}

/* What the tool says of the film, 77 when it cannot run. */
static int
look(const char *tool, const char *name, const struct rig_film *film, int64_t frames)
{
	struct buf spans = BUF_INIT(64 * KIB);
	char folder[512], path[600], count[32], script[600], link[64];
	const char *source = getenv("top_srcdir");
	int status = -1;
	pid_t pid;

	for (int64_t i = 0; i < rig_number(film->json, "/spans/total"); i++)
		buf_printf(&spans, "%s%lld", i > 0 ? "," : "",
		    (long long)rig_number(
			film->json, arena_printf(test_arena(), "/spans/list/%lld/start", (long long)i)));
	snprintf(link, sizeof(link), "/proc/self/fd/%d", film->dir);
	const ssize_t len = readlink(link, folder, sizeof(folder) - 1);
	folder[len < 0 ? 0 : len] = '\0';
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	snprintf(script, sizeof(script), "%s/tests/strict/%s", source != NULL ? source : "..", tool);
	snprintf(count, sizeof(count), "%lld", (long long)frames);
	char *argv[] = {script, path, (char[]){"--spans"}, spans.data, (char[]){"--frames"}, count, NULL};

	if (posix_spawn(&pid, script, NULL, NULL, argv, environ) != 0)
		status = 77;
	else if (waitpid(pid, &status, 0) == pid && WIFEXITED(status))
		status = WEXITSTATUS(status);
	buf_done(&spans);
	return status == 127 ? 77 : status;
}

static int
render_and_look(const char *profile, int joins, const char *fps)
{
	const char *args = film_args(profile, joins, fps);
	const bool webm = profile_find(profile)->file == PROFILE_WEBM;
	const char *begin = strstr(args, "film");
	struct rig_film film;
	char name[64];

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return 1;
	CHECK(rig_number(film.json, "/spans/total") > joins);
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "\""), begin);
	return look(webm ? "check-webm" : "check-mp4", name, &film, rig_number(film.json, "/frames"));
}

TEST(strict_readers_find_nothing_in_any_profile)
{
	const struct profile *profile;

	for (size_t i = 0; (profile = profile_nth(i)) != NULL; i++) {
		const int status = render_and_look(profile->name, 12, "[25,1]");

		if (status == 77)
			SKIP("node or its modules are not installed (tools/setup test)");
		CHECK_INT(status, 0);
	}
}

TEST(strict_readers_find_nothing_in_odd_rates_and_many_joins)
{
	static const struct {
		const char *profile;
		int joins;
		const char *fps;
	} rows[] = {{"h264", 60, "[25,1]"}, {"h264", 9, "[30000,1001]"}, {"h264", 5, "[60,1]"},
	    {"hevc", 9, "[24000,1001]"}, {"webm", 9, "[30000,1001]"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const int status = render_and_look(rows[i].profile, rows[i].joins, rows[i].fps);

		if (status == 77)
			SKIP("node or its modules are not installed (tools/setup test)");
		CHECK_INT(status, 0);
	}
}

/* The tool sees what it is there to see. */
TEST(strict_reader_finds_a_wrong_span_and_a_broken_file)
{
	const char *args = film_args("h264", 6, "[25,1]");
	const char *begin = strstr(args, "film");
	struct rig_film film;
	struct rig_bytes file;
	char name[64];
	int fd, status;

	if (!CHECK_OK(rig_render(args, -1, &film), &film.err))
		return;
	snprintf(name, sizeof(name), "%.*s", (int)strcspn(begin, "\""), begin);
	status = look("check-mp4", name, &film, rig_number(film.json, "/frames") + 1);
	if (status == 77)
		SKIP("node or its modules are not installed (tools/setup test)");
	CHECK_INT(status, 1);
	/* a second time step, a shifted edit, an idr_pic_id as before */
	file = rig_file(&film, args);
	fd = openat(film.dir, name, O_WRONLY);
	CHECK_INT(pwrite(fd, "\0\0\0\1", 4, rig_box(&file, "elst", 0) + 12 - file.bytes), 4);
	(void)close(fd);
	CHECK_INT(look("check-mp4", name, &film, rig_number(film.json, "/frames")), 1);
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(strict_readers_find_nothing_in_any_profile),
    ROW(strict_readers_find_nothing_in_odd_rates_and_many_joins),
    ROW(strict_reader_finds_a_wrong_span_and_a_broken_file))
