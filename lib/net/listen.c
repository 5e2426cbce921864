/*
 * Sockets, sd_notify by hand (it is one datagram), and stopping.
 */
#include "lib/net/listen.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

#define FIRST_PASSED_FD 3
#define BACKLOG 1024

static_assert(LISTEN_PATH_MAX == sizeof(((struct sockaddr_un *)0)->sun_path) - 1, "room for a socket's path");

/* ---- sockets ---- */

static int
unix_address(const char *path, struct sockaddr_un *ret, struct error *err)
{
	*ret = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (path[0] == '\0' || text_copy(ret->sun_path, sizeof(ret->sun_path), path) < 0)
		return error_set(err, ERR_INPUT, "a socket's path needs 1 to %d bytes: '%s'", LISTEN_PATH_MAX, path);
	return 0;
}

static int
unix_socket(int flags, struct error *err)
{
	const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);

	if (fd < 0)
		return error_errno(err, ERR_UNAVAILABLE, "making a socket");
	return fd;
}

int
listen_connect(const char *path, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	struct sockaddr_un address;

	if (unix_address(path, &address, err) < 0 || (fd = unix_socket(0, err)) < 0)
		return -1;
	if (connect(fd, (const struct sockaddr *)&address, sizeof(address)) < 0)
		return error_errno(err, ERR_UNAVAILABLE, "connecting to '%s'", path);
	return fd_take(&fd);
}

/* A socket file nobody listens on any more is in the way of bind. */
static int
remove_stale(const char *path, struct error *err)
{
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : error_errno(err, ERR_INTERNAL, "looking at '%s'", path);
	if (!S_ISSOCK(st.st_mode))
		return error_set(err, ERR_CONFLICT, "'%s' exists and is no socket", path);
	CLEANUP(fd_close) int fd = listen_connect(path, NULL);
	if (fd >= 0)
		return error_set(err, ERR_CONFLICT, "somebody already listens on '%s'", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return error_errno(err, ERR_INTERNAL, "removing the stale socket '%s'", path);
	return 0;
}

int
listen_unix(const char *path, mode_t mode, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	struct sockaddr_un address;

	if (unix_address(path, &address, err) < 0 || remove_stale(path, err) < 0 ||
	    (fd = unix_socket(SOCK_NONBLOCK, err)) < 0)
		return -1;
	/* The file has its mode from the beginning; daemons open their sockets before they start threads. */
	const mode_t before = umask(0777 & ~mode);
	const int bound = bind(fd, (const struct sockaddr *)&address, sizeof(address));
	umask(before);
	if (bound < 0)
		return error_errno(err, ERR_INTERNAL, "binding '%s'", path);
	if (listen(fd, BACKLOG) < 0)
		return error_errno(err, ERR_INTERNAL, "listening on '%s'", path);
	return fd_take(&fd);
}

static bool
is_listening(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

int
listen_inherited(void)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	int64_t number;
	int fd = -1;

	if (pid != NULL && text_int(pid, 1, INT32_MAX, &number) == 0 && number == getpid() && text_equal(count, "1") &&
	    is_listening(FIRST_PASSED_FD))
		fd = FIRST_PASSED_FD;
	else if (is_listening(STDIN_FILENO))
		fd = STDIN_FILENO;
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	unsetenv("LISTEN_FDNAMES");
	if (fd >= 0) {
		fcntl(fd, F_SETFD, FD_CLOEXEC);
		fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	}
	return fd;
}

int
listen_open(const char *path, mode_t mode, bool *ret_inherited, struct error *err)
{
	int fd = listen_inherited();
	const bool inherited = fd >= 0;

	if (!inherited && (fd = listen_unix(path, mode, err)) < 0)
		return -1;
	if (ret_inherited != NULL)
		*ret_inherited = inherited;
	return fd;
}

/* ---- sd_notify ---- */

void
notify_send(const char *state)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un address = {.sun_family = AF_UNIX};

	if (path == NULL || (path[0] != '/' && path[0] != '@') ||
	    text_copy(address.sun_path, sizeof(address.sun_path), path) < 0)
		return;
	/* An abstract name begins with NUL and is as long as the address says. */
	if (path[0] == '@')
		address.sun_path[0] = '\0';
	CLEANUP(fd_close) int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	/* Nobody could be told about a failure, and the service goes on without. */
	const socklen_t len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(path));
	(void)sendto(fd, state, strlen(state), MSG_NOSIGNAL, (const struct sockaddr *)&address, len);
}

void
notify_ready(void)
{
	notify_send("READY=1");
}

void
notify_stopping(void)
{
	notify_send("STOPPING=1");
}

void
notify_watchdog(void)
{
	notify_send("WATCHDOG=1");
}

/* ---- stopping ---- */

static void
stop_signals(sigset_t *set)
{
	sigemptyset(set);
	sigaddset(set, SIGTERM);
	sigaddset(set, SIGINT);
	sigaddset(set, SIGQUIT);
	sigaddset(set, SIGHUP);
}

int
stop_begin(struct stop *stop, struct error *err)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigset_t set;

	stop_signals(&set);
	*stop = (struct stop){.signal_fd = -1, .event_fd = -1};
	if (sigprocmask(SIG_BLOCK, &set, NULL) < 0 || sigaction(SIGPIPE, &ignore, NULL) < 0)
		return error_errno(err, ERR_INTERNAL, "blocking signals");
	stop->signal_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	stop->event_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (stop->signal_fd < 0 || stop->event_fd < 0) {
		error_errno(err, ERR_INTERNAL, "making the stop descriptors");
		stop_end(stop);
		return error_fail();
	}
	return 0;
}

enum stop_reason
stop_read(struct stop *stop)
{
	struct signalfd_siginfo info;

	if (read(stop->signal_fd, &info, sizeof(info)) != sizeof(info))
		return STOP_NONE;
	if (info.ssi_signo == SIGHUP)
		return STOP_RELOAD;
	stop_now(stop);
	return STOP_END;
}

void
stop_now(struct stop *stop)
{
	const uint64_t one = 1;

	atomic_store_explicit(&stop->wanted, true, memory_order_release);
	/* Nobody reads the counter, so it stays readable; it only overflows after 2^64 stops. */
	if (write(stop->event_fd, &one, sizeof(one)) != sizeof(one))
		abort();
}

/* Asked in front of every request: a variable, no system call. */
bool
stop_wanted(const struct stop *stop)
{
	return atomic_load_explicit(&stop->wanted, memory_order_acquire);
}

bool
stop_wait(struct stop *stop, int timeout_ms)
{
	struct pollfd fds[2] = {{.fd = stop->event_fd, .events = POLLIN}, {.fd = stop->signal_fd, .events = POLLIN}};

	if (poll(fds, ARRAY_LEN(fds), timeout_ms) > 0 && fds[1].revents != 0)
		(void)stop_read(stop);
	return stop_wanted(stop);
}

void
stop_end(struct stop *stop)
{
	fd_close(&stop->signal_fd);
	fd_close(&stop->event_fd);
}

void
stop_forked(struct stop *stop)
{
	sigset_t set;

	stop_end(stop);
	stop_signals(&set);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}
