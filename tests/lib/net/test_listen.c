/* lib/net/listen.c */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/net/listen.h"

static const char *
socket_path(void)
{
	return arena_printf(test_arena(), "%s/s", test_dir());
}

TEST(socket_has_its_mode_and_accepts)
{
	const char *path = socket_path();
	struct error err;
	struct stat st;

	CLEANUP(fd_close) int fd = listen_unix(path, 0660, &err);
	CHECK(fd >= 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 0777, 0660);
	CLEANUP(fd_close) int client = listen_connect(path, &err);
	CHECK(client >= 0);
	CLEANUP(fd_close) int served = accept(fd, NULL, NULL);
	CHECK(served >= 0);
	CHECK((fcntl(fd, F_GETFD) & FD_CLOEXEC) != 0);
	CHECK((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
}

TEST(stale_socket_is_replaced_and_a_live_one_is_not)
{
	const char *path = socket_path();
	struct error err;

	CLEANUP(fd_close) int fd = listen_unix(path, 0600, &err);
	CHECK_FAILS(listen_unix(path, 0600, &err), &err, ERR_CONFLICT);
	fd_close(&fd);
	fd = listen_unix(path, 0600, &err);
	CHECK(fd >= 0);
}

TEST(other_files_are_left_alone)
{
	const char *path = socket_path();
	struct error err;

	CHECK_OK(path_write(path, "x", 1, 0600, &err), &err);
	CHECK_FAILS(listen_unix(path, 0600, &err), &err, ERR_CONFLICT);
	CHECK_FAILS(listen_connect(path, &err), &err, ERR_UNAVAILABLE);
	CHECK_FAILS(listen_connect(arena_printf(test_arena(), "%s-none", path), &err), &err, ERR_UNAVAILABLE);
}

TEST(long_and_empty_paths_are_refused)
{
	char path[200];
	struct error err;

	memset(path, 'a', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	CHECK_FAILS(listen_unix(path, 0600, &err), &err, ERR_INPUT);
	CHECK_FAILS(listen_unix("", 0600, &err), &err, ERR_INPUT);
	CHECK_FAILS(listen_connect(path, &err), &err, ERR_INPUT);
}

TEST(nothing_is_inherited_without_a_socket)
{
	setenv("LISTEN_FDS", "1", 1);
	setenv("LISTEN_PID", "1", 1);
	CHECK_INT(listen_inherited(), -1);
	CU_ASSERT_PTR_NULL(getenv("LISTEN_FDS"));
}

/* In a child, since the descriptor must be number 3. */
TEST(passed_socket_is_taken)
{
	const char *path = socket_path();
	struct error err;
	int status = 0;

	CLEANUP(fd_close) int fd = listen_unix(path, 0600, &err);
	const pid_t child = fork();
	if (child == 0) {
		char pid[16];
		bool inherited = false;
		snprintf(pid, sizeof(pid), "%d", (int)getpid());
		setenv("LISTEN_PID", pid, 1);
		setenv("LISTEN_FDS", "1", 1);
		dup2(fd, 3);
		const int got = listen_open("/no/such/path", 0600, &inherited, NULL);
		_exit(got == 3 && inherited ? 0 : 1);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK_INT(status, 0);
}

TEST(notify_sends_one_datagram)
{
	const char *path = socket_path();
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	char text[300] = "";

	CHECK_INT(text_copy(address.sun_path, sizeof(address.sun_path), path), 0);
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	CHECK_INT(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
	setenv("NOTIFY_SOCKET", path, 1);
	notify_ready();
	CHECK(read(fd, text, sizeof(text) - 1) > 0);
	CHECK_STR(text, "READY=1");
	unsetenv("NOTIFY_SOCKET");
	notify_stopping();
	CHECK(read(fd, text, sizeof(text) - 1) < 0);
}

TEST(signals_stop_and_reload)
{
	struct stop stop;
	struct error err;

	CHECK_OK(stop_begin(&stop, &err), &err);
	CHECK_INT(stop_read(&stop), STOP_NONE);
	CHECK(!stop_wanted(&stop));
	CHECK(!stop_wait(&stop, 0));
	kill(getpid(), SIGHUP);
	CHECK_INT(stop_read(&stop), STOP_RELOAD);
	CHECK(!stop_wanted(&stop));
	kill(getpid(), SIGTERM);
	CHECK(stop_wait(&stop, 1000));
	CHECK(stop_wanted(&stop));
	CHECK(stop_wanted(&stop));
	struct pollfd event = {.fd = stop.event_fd, .events = POLLIN};
	CHECK_INT(poll(&event, 1, 0), 1);
	stop_end(&stop);
	CHECK_INT(stop.event_fd, -1);
}

TEST(forked_child_can_be_ended_by_a_signal)
{
	struct stop stop;
	struct error err;
	int status = 0;

	CHECK_OK(stop_begin(&stop, &err), &err);
	const pid_t child = fork();
	if (child == 0) {
		stop_forked(&stop);
		raise(SIGTERM);
		_exit(0);
	}
	CHECK_INT(waitpid(child, &status, 0), child);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	stop_end(&stop);
}

TEST_MAIN(ROW(socket_has_its_mode_and_accepts), ROW(stale_socket_is_replaced_and_a_live_one_is_not),
    ROW(other_files_are_left_alone), ROW(long_and_empty_paths_are_refused), ROW(nothing_is_inherited_without_a_socket),
    ROW(passed_socket_is_taken), ROW(notify_sends_one_datagram), ROW(signals_stop_and_reload),
    ROW(forked_child_can_be_ended_by_a_signal))
