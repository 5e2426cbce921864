#include "renderd/live.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "tests/harness/test_main.h"

#define ID "77777777-2222-4333-8444-555555555555"

static char dir[64];
static struct store store;
static int scratch;

static void
begin(void)
{
	(void)snprintf(dir, sizeof(dir), "/tmp/fw-test-live.XXXXXX");
	CHECK(mkdtemp(dir) != NULL);
	const int top = open(dir, O_RDONLY | O_DIRECTORY);
	CHECK(mkdirat(top, "live", 0770) == 0 && mkdirat(top, "scratch", 0770) == 0 &&
	      mkdirat(top, "scratch/live", 0770) == 0);
	store.live = openat(top, "live", O_RDONLY | O_DIRECTORY);
	scratch = openat(top, "scratch", O_RDONLY | O_DIRECTORY);
	close(top);
}

static void
end(void)
{
	close(store.live);
	close(scratch);
	CHECK(path_remove_tree(-1, dir, NULL) == 0);
}

static void
write_file(const char *name, const char *text)
{
	const int fd = openat(scratch, name, O_WRONLY | O_CREAT | O_TRUNC, 0660);

	CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
	close(fd);
}

static const char *
shown(const char *name)
{
	static char text[64];
	const int fd = openat(store.live, name, O_RDONLY);
	const ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	if (fd < 0)
		return "(none)";
	close(fd);
	text[n < 0 ? 0 : n] = '\0';
	return text;
}

TEST(segments_and_the_newest_playlist_are_shown)
{
	struct error err = {0};

	begin();
	write_file("live/s0.m4s", "one");
	write_file("live/index.m3u8", "list 1");
	CHECK_OK(live_publish(&store, scratch, ID, &err), &err);
	CHECK_STR(shown(ID "/s0.m4s"), "one");
	CHECK_STR(shown(ID "/index.m3u8"), "list 1");
	/* a playlist is replaced by rename */
	write_file("live/new", "list 2");
	CHECK(renameat(scratch, "live/new", scratch, "live/index.m3u8") == 0);
	CHECK_OK(live_publish(&store, scratch, ID, &err), &err);
	CHECK_STR(shown(ID "/index.m3u8"), "list 2");
	CHECK_STR(shown(ID "/new"), "(none)");
	/* what was shown outlives the scratch folder */
	CHECK(unlinkat(scratch, "live/s0.m4s", 0) == 0);
	CHECK_STR(shown(ID "/s0.m4s"), "one");
	CHECK_OK(live_remove(&store, ID, &err), &err);
	CHECK_STR(shown(ID "/s0.m4s"), "(none)");
	CHECK_OK(live_remove(&store, ID, &err), &err);
	end();
}

TEST(links_and_folders_of_a_task_are_not_shown)
{
	struct error err = {0};

	begin();
	CHECK(symlinkat("/etc/passwd", scratch, "live/a.ts") == 0);
	CHECK(mkdirat(scratch, "live/b.ts", 0770) == 0);
	write_file("live/.hidden", "x");
	CHECK_OK(live_publish(&store, scratch, ID, &err), &err);
	CHECK_STR(shown(ID "/a.ts"), "(none)");
	CHECK_STR(shown(ID "/.hidden"), "(none)");
	struct stat st;
	CHECK(fstatat(store.live, ID "/b.ts", &st, AT_SYMLINK_NOFOLLOW) < 0);
	end();
}

TEST(nothing_live_is_nothing_to_show)
{
	struct error err = {0};

	begin();
	CHECK(unlinkat(scratch, "live", AT_REMOVEDIR) == 0);
	CHECK_OK(live_publish(&store, scratch, ID, &err), &err);
	struct stat st;
	CHECK(fstatat(store.live, ID, &st, 0) < 0);
	end();
}

TEST(old_films_are_cleared_and_new_ones_stay)
{
	const struct timespec old[2] = {{.tv_sec = 1000}, {.tv_sec = 1000}};
	struct error err = {0};

	begin();
	write_file("live/s0.m4s", "one");
	CHECK_OK(live_publish(&store, scratch, ID, &err), &err);
	CHECK_OK(live_publish(&store, scratch, "88888888-2222-4333-8444-555555555555", &err), &err);
	CHECK(utimensat(store.live, ID, old, 0) == 0);
	CHECK_OK(live_clear(&store, time(NULL), &err), &err);
	CHECK_STR(shown(ID "/s0.m4s"), "(none)");
	CHECK_STR(shown("88888888-2222-4333-8444-555555555555/s0.m4s"), "one");
	end();
}

TEST_MAIN(ROW(segments_and_the_newest_playlist_are_shown), ROW(links_and_folders_of_a_task_are_not_shown),
    ROW(nothing_live_is_nothing_to_show), ROW(old_films_are_cleared_and_new_ones_stay))
