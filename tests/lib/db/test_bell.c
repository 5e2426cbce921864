/* lib/db/bell.c */
#include "tests/harness/test_main.h"

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/db/bell.h"

static const char *
in_dir(const char *name)
{
	return arena_printf(test_arena(), "%s/%s", test_dir(), name);
}

static bool
rang(int fd)
{
	struct pollfd poll_fd = {.fd = fd, .events = POLLIN};

	return poll(&poll_fd, 1, 0) == 1;
}

TEST(who_watches_hears_a_bell)
{
	struct error err = {0};
	struct stat st;
	const char *path = in_dir("bell");
	CLEANUP(fd_close) int one = bell_listen(path, &err);
	CLEANUP(fd_close) int other = bell_listen(path, &err);

	CHECK(one >= 0 && other >= 0);
	CHECK(!rang(one));
	bell_ring(path);
	CHECK(rang(one));
	CHECK(rang(other));
	bell_heard(one);
	CHECK(!rang(one));
	CHECK(rang(other));
	/* as often as one likes: the file stays as small, and one look is enough */
	for (int i = 0; i < 1000; i++)
		bell_ring(path);
	bell_heard(one);
	CHECK(!rang(one));
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_size, 1);
	/* rung by somebody else than the one who made it */
	bell_ring(path);
	CHECK(rang(one));
}

TEST(ringing_needs_a_file_and_follows_no_link)
{
	struct error err = {0};
	const char *bell = in_dir("real"), *link = in_dir("link"), *none = in_dir("none"), *pipe = in_dir("pipe");
	CLEANUP(fd_close) int fd = bell_listen(bell, &err);

	CHECK(fd >= 0);
	CHECK_INT(symlink(bell, link), 0);
	CHECK_INT(mkfifo(pipe, 0600), 0);
	bell_ring(none);
	CHECK(access(none, F_OK) < 0);
	bell_ring(link);
	CHECK(!rang(fd));
	/* nobody reads from it: no waiting */
	bell_ring(pipe);
	CHECK_FAILS(bell_listen(in_dir("no/folder"), &err), &err, ERR_INTERNAL);
}

TEST_MAIN(ROW(who_watches_hears_a_bell), ROW(ringing_needs_a_file_and_follows_no_link))
