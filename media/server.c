#include "media/server.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/pidfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "media/child.h"
#include "media/task.h"

#define CONNS_MAX 128
/* The client closes: SIGTERM at once, SIGKILL after this. */
#define CANCEL_MS 500
/* A request must be complete after this; the client is a program on this machine. */
#define REQUEST_MS 10000
#define DRAIN_MS 8000
#define FDS_PER_MESSAGE 253

enum conn_state { CONN_FREE, CONN_READING, CONN_WAITING, CONN_RUNNING, CONN_FLUSHING };

struct conn {
	enum conn_state state;
	int fd;
	struct buf in; /* the request */
	int fds[TASK_FDS_MAX];
	size_t n_fds;
	int64_t since_ms; /* begin of this state */
	uint64_t turn;	  /* order of waiting */

	pid_t pid;
	int pidfd;
	int report;	  /* read end of the child's pipe */
	struct buf lines; /* read from the child, not yet a whole line */
	struct buf out;	  /* for the client */
	bool last_line;	  /* the child has said its last word */
	bool ended;	  /* and is gone */
	bool timed_out;
	bool gone;	 /* the client is */
	int64_t kill_ms; /* SIGKILL then; 0: never */
};

struct server {
	const struct server_conf *conf;
	int listener;
	struct stop *stop;
	bool stopping;
	int64_t stop_ms;
	uint64_t turns;
	unsigned running;
	struct conn conns[CONNS_MAX];
};

/* ---- connections ---- */

static void
conn_close_fds(struct conn *conn)
{
	for (size_t i = 0; i < conn->n_fds; i++)
		fd_close(&conn->fds[i]);
	conn->n_fds = 0;
}

static void
conn_free(struct conn *conn)
{
	conn_close_fds(conn);
	fd_close(&conn->fd);
	fd_close(&conn->report);
	fd_close(&conn->pidfd);
	buf_done(&conn->in);
	buf_done(&conn->lines);
	buf_done(&conn->out);
	conn->state = CONN_FREE;
}

static void
conn_init(struct conn *conn, int fd)
{
	*conn =
	    (struct conn){.state = CONN_READING, .fd = fd, .pidfd = -1, .report = -1, .since_ms = clock_boot_ms(NULL)};
	buf_init(&conn->in, TASK_LINE_MAX + 1);
	buf_init(&conn->lines, TASK_RESULT_MAX + KIB);
	buf_init(&conn->out, 2 * TASK_RESULT_MAX);
}

/* Ends the conversation with an error of our own. The texts are constants that need no escaping. */
static void
conn_fail(struct conn *conn, const char *kind, const char *code, const char *detail, bool retryable)
{
	buf_printf(&conn->out, "{\"error\":{\"code\":\"%s\",\"detail\":\"%s\",\"kind\":\"%s\",\"retryable\":%s}}\n",
	    code, detail, kind, retryable ? "true" : "false");
	conn_close_fds(conn);
	conn->state = CONN_FLUSHING;
	conn->since_ms = clock_boot_ms(NULL);
}

static void
conn_flush(struct conn *conn)
{
	while (conn->out.len > 0) {
		const ssize_t n = send(conn->fd, conn->out.data, conn->out.len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			if (errno != EAGAIN)
				conn->gone = true;
			return;
		}
		memmove(conn->out.data, conn->out.data + n, conn->out.len - (size_t)n);
		buf_cut(&conn->out, conn->out.len - (size_t)n);
	}
}

/* ---- requests ---- */

static void
take_descriptors(struct conn *conn, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		if (c->cmsg_level != SOL_SOCKET || c->cmsg_type != SCM_RIGHTS)
			continue;
		const size_t n = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < n; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (conn->n_fds < TASK_FDS_MAX)
				conn->fds[conn->n_fds++] = fd;
			else
				fd_close(&fd);
		}
	}
}

static void
conn_read(struct server *server, struct conn *conn)
{
	char bytes[16384];
	union {
		char space[CMSG_SPACE(sizeof(int) * FDS_PER_MESSAGE)];
		struct cmsghdr align;
	} control;
	struct iovec iov = {.iov_base = bytes, .iov_len = sizeof(bytes)};
	struct msghdr message = {
	    .msg_iov = &iov, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	const ssize_t n = recvmsg(conn->fd, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		conn_free(conn);
		return;
	}
	take_descriptors(conn, &message);
	const char *end = memchr(bytes, '\n', (size_t)n);
	buf_put(&conn->in, bytes, end == NULL ? (size_t)n : (size_t)(end - bytes));
	if (conn->in.failed) {
		conn_fail(conn, "input", "media_bad_request", "the request line is too long", false);
	} else if ((message.msg_flags & MSG_CTRUNC) != 0) {
		conn_fail(conn, "internal", "media_bad_request", "descriptors were lost on the way", true);
	} else if (end != NULL) {
		conn->state = CONN_WAITING;
		conn->turn = server->turns++;
	}
}

static void
accept_some(struct server *server)
{
	for (size_t i = 0; i < CONNS_MAX; i++) {
		if (server->conns[i].state != CONN_FREE)
			continue;
		const int fd = accept4(server->listener, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			return;
		conn_init(&server->conns[i], fd);
	}
}

/* ---- tasks ---- */

static void
conn_start(struct server *server, struct conn *conn)
{
	const pid_t self = getpid();
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC) < 0) {
		conn_fail(conn, "internal", "media_busy", "no descriptors for a task", true);
		return;
	}
	const pid_t pid = fork();
	if (pid == 0) {
		const struct child child = {
		    .conf = server->conf,
		    .line = buf_str(&conn->in),
		    .line_len = conn->in.len,
		    .fds = conn->fds,
		    .n_fds = conn->n_fds,
		    .report = pipe_fds[1],
		    .parent = self,
		};
		child_run(&child);
	}
	fd_close(&pipe_fds[1]);
	if (pid < 0) {
		fd_close(&pipe_fds[0]);
		conn_fail(conn, "internal", "media_busy", "no process for a task", true);
		return;
	}
	(void)setpgid(pid, pid); /* both sides do it, whoever comes first */
	(void)fcntl(pipe_fds[0], F_SETFL, O_NONBLOCK);
	conn_close_fds(conn);
	buf_done(&conn->in);
	conn->pid = pid;
	conn->pidfd = pidfd_open(pid, 0);
	conn->report = pipe_fds[0];
	conn->state = CONN_RUNNING;
	conn->since_ms = clock_boot_ms(NULL);
	server->running++;
}

static void
start_waiting(struct server *server)
{
	while (server->running < server->conf->tasks && !server->stopping) {
		struct conn *next = NULL;

		for (size_t i = 0; i < CONNS_MAX; i++) {
			struct conn *conn = &server->conns[i];
			if (conn->state == CONN_WAITING && (next == NULL || conn->turn < next->turn))
				next = conn;
		}
		if (next == NULL)
			return;
		conn_start(server, next);
	}
}

static void
child_kill(struct conn *conn, int number)
{
	if (conn->ended)
		return;
	(void)kill(-conn->pid, number);
	(void)kill(conn->pid, number);
}

/* Whole lines only. Progress lines begin with {"progress"; anything else is the last word. */
static void
pass_lines(struct conn *conn)
{
	char *end;

	while (conn->lines.len > 0 && (end = memchr(conn->lines.data, '\n', conn->lines.len)) != NULL) {
		const size_t len = (size_t)(end - conn->lines.data) + 1;
		const bool progress = len > 12 && memcmp(conn->lines.data, "{\"progress\":", 12) == 0;

		/* a client that does not read gets no more progress, but its result */
		if (!conn->last_line && (!progress || conn->out.len < 64 * KIB))
			buf_put(&conn->out, conn->lines.data, len);
		conn->last_line |= !progress;
		memmove(conn->lines.data, conn->lines.data + len, conn->lines.len - len);
		buf_cut(&conn->lines, conn->lines.len - len);
	}
}

static void
read_report(struct conn *conn)
{
	char bytes[65536];

	for (;;) {
		const ssize_t n = read(conn->report, bytes, sizeof(bytes));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		if (n == 0) {
			fd_close(&conn->report);
			return;
		}
		buf_put(&conn->lines, bytes, (size_t)n);
		pass_lines(conn);
		if (conn->lines.failed)
			child_kill(conn, SIGKILL);
	}
}

static void
explain_end(struct server *server, struct conn *conn, int status)
{
	const int number = WIFSIGNALED(status) ? WTERMSIG(status) : 0;

	log_warn(server->conf->log, "task_died", LOG_INT("pid", conn->pid), LOG_INT("signal", number),
	    LOG_INT("status", WIFEXITED(status) ? WEXITSTATUS(status) : 0), LOG_BOOL("cancelled", conn->gone));
	if (conn->timed_out)
		conn_fail(conn, "limit", "media_timeout", "the task took too long", false);
	else if (number == SIGXCPU)
		conn_fail(
		    conn, "limit", "media_cpu_limit", "the task needs more processor time than it may have", false);
	else if (number == SIGXFSZ)
		conn_fail(conn, "limit", "media_file_limit", "an output would become larger than allowed", false);
	else if (number == SIGSYS)
		conn_fail(
		    conn, "internal", "media_sandbox", "the task did something that is forbidden and was ended", false);
	else if (number == SIGKILL || number == SIGTERM || number == SIGINT)
		conn_fail(conn, "internal", "media_killed", "the task was killed from outside", true);
	else
		conn_fail(conn, "internal", "media_crashed", "the task crashed", false);
}

static void
reap(struct server *server, struct conn *conn)
{
	struct rusage usage;
	int status;

	if (wait4(conn->pid, &status, WNOHANG, &usage) != conn->pid)
		return;
	log_debug(server->conf->log, "task_ended", LOG_INT("pid", conn->pid),
	    LOG_INT("ms", clock_boot_ms(NULL) - conn->since_ms),
	    LOG_INT("cpu_ms", usage.ru_utime.tv_sec * 1000 + usage.ru_utime.tv_usec / 1000 +
				  usage.ru_stime.tv_sec * 1000 + usage.ru_stime.tv_usec / 1000),
	    LOG_INT("peak_kib", usage.ru_maxrss));
	conn->ended = true;
	server->running--;
	if (conn->report >= 0)
		read_report(conn);
	fd_close(&conn->report);
	fd_close(&conn->pidfd);
	if (!conn->last_line) {
		explain_end(server, conn, status);
	} else {
		conn->state = CONN_FLUSHING;
		conn->since_ms = clock_boot_ms(NULL);
	}
}

/* ---- the loop ---- */

static void
conn_gone(struct conn *conn, int64_t now)
{
	if (conn->gone)
		return;
	conn->gone = true;
	if (conn->state == CONN_RUNNING) {
		child_kill(conn, SIGTERM);
		conn->kill_ms = now + CANCEL_MS;
	}
}

static void
conn_time(struct server *server, struct conn *conn, int64_t now)
{
	if (conn->state == CONN_RUNNING && !conn->timed_out && now - conn->since_ms > server->conf->task_ms) {
		conn->timed_out = true;
		child_kill(conn, SIGTERM);
		conn->kill_ms = now + CANCEL_MS;
	}
	if (conn->state == CONN_RUNNING && conn->kill_ms > 0 && now >= conn->kill_ms) {
		child_kill(conn, SIGKILL);
		conn->kill_ms = now + CANCEL_MS;
	}
	if ((conn->state == CONN_READING || conn->state == CONN_FLUSHING) && now - conn->since_ms > REQUEST_MS)
		conn_free(conn);
	else if (conn->state == CONN_WAITING && server->stopping)
		conn_fail(conn, "internal", "media_stopping", "the media process is stopping", true);
	if (conn->state == CONN_FLUSHING && (conn->out.len == 0 || conn->gone))
		conn_free(conn);
	else if (conn->state == CONN_WAITING && conn->gone)
		conn_free(conn);
}

static void
conn_events(struct server *server, struct conn *conn, const struct pollfd polled[3], int64_t now)
{
	if ((polled[1].revents & (POLLIN | POLLHUP)) != 0 && conn->report >= 0)
		read_report(conn);
	if (polled[2].revents != 0)
		reap(server, conn);
	if (conn->state == CONN_READING && (polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
		conn_read(server, conn);
		return;
	}
	/* shutting down the writing side counts as going away, too: nothing more can be asked for on this connection */
	if (conn->state != CONN_FREE && (polled[0].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0)
		conn_gone(conn, now);
	if (conn->state != CONN_FREE && conn->out.len > 0)
		conn_flush(conn);
}

static int
wait_ms(const struct server *server)
{
	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *conn = &server->conns[i];
		if (conn->kill_ms > 0 && conn->state == CONN_RUNNING)
			return 50;
		if (conn->state != CONN_FREE)
			return 1000;
	}
	return server->stopping ? 100 : -1;
}

static void
poll_once(struct server *server)
{
	struct pollfd polled[2 + 3 * CONNS_MAX];
	size_t busy = 0;

	for (size_t i = 0; i < CONNS_MAX; i++) {
		const struct conn *conn = &server->conns[i];
		struct pollfd *p = &polled[2 + 3 * i];
		const bool used = conn->state != CONN_FREE;
		const int in = conn->state == CONN_READING ? POLLIN : 0;
		const int out = conn->out.len > 0 ? POLLOUT : 0;

		busy += used;
		p[0] =
		    (struct pollfd){.fd = used && !conn->gone ? conn->fd : -1, .events = (short)(POLLRDHUP | in | out)};
		p[1] = (struct pollfd){.fd = used ? conn->report : -1, .events = POLLIN};
		p[2] = (struct pollfd){.fd = used ? conn->pidfd : -1, .events = POLLIN};
	}
	polled[0] = (struct pollfd){.fd = server->stop->signal_fd, .events = POLLIN};
	polled[1] = (struct pollfd){.fd = busy < CONNS_MAX ? server->listener : -1, .events = POLLIN};
	if (poll(polled, ARRAY_LEN(polled), wait_ms(server)) < 0)
		return;
	const int64_t now = clock_boot_ms(NULL);
	if (polled[0].revents != 0)
		(void)stop_read(server->stop);
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *conn = &server->conns[i];
		if (conn->state == CONN_FREE)
			continue;
		conn_events(server, conn, &polled[2 + 3 * i], now);
		conn_time(server, conn, now);
	}
	if (polled[1].revents != 0)
		accept_some(server);
	start_waiting(server);
}

/* Ends the tasks that are still running after the time for draining. */
static bool
drained(struct server *server)
{
	const int64_t now = clock_boot_ms(NULL);
	bool idle = true;

	if (!server->stopping) {
		server->stopping = true;
		server->stop_ms = now;
		fd_close(&server->listener);
		notify_stopping();
	}
	for (size_t i = 0; i < CONNS_MAX; i++) {
		struct conn *conn = &server->conns[i];
		idle &= conn->state == CONN_FREE;
		if (conn->state == CONN_RUNNING && now - server->stop_ms > DRAIN_MS && conn->kill_ms == 0) {
			child_kill(conn, SIGTERM);
			conn->kill_ms = now + CANCEL_MS;
		}
	}
	return idle;
}

int
server_run(const struct server_conf *conf, int listener, struct stop *stop, struct error *err)
{
	struct server *server = calloc(1, sizeof(*server));

	(void)err;
	if (server == NULL)
		abort();
	server->conf = conf;
	server->listener = listener;
	server->stop = stop;
	while (!stop_wanted(stop) || !drained(server))
		poll_once(server);
	free(server);
	return 0;
}
