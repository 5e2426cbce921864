/*
 * The socket is nonblocking and every wait is short, so that a cancelled job lets go of its task within a fraction of a
 * second.
 */
#include "lib/net/mediaclient.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/write.h"
#include "lib/net/listen.h"

#define POLL_MS 100
#define READ_CHUNK (64 * KIB)

struct call {
	const struct mediaclient_task *task;
	int fd;
	int64_t deadline_ms; /* boot time; 0: none */
	struct buf line;     /* bytes read that do not make a line yet */
	struct arena *arena; /* the caller's */
	const struct js_value *result;
	bool retryable;
};

static void
call_done(struct call *call)
{
	fd_close(&call->fd);
	buf_done(&call->line);
}

/* Waits until the socket is ready for `events`. */
static int
wait_ready(struct call *call, short events, struct error *err)
{
	const struct mediaclient_task *task = call->task;

	for (;;) {
		struct pollfd fd = {.fd = call->fd, .events = events};
		if (task->stop != NULL && task->stop(task->ctx))
			return error_set(err, ERR_CANCELLED, "the media task '%s' was stopped", task->name);
		if (call->deadline_ms != 0 && clock_boot_ms(NULL) >= call->deadline_ms)
			return error_set(err, ERR_TIMEOUT, "the media task '%s' took too long", task->name);
		const int ready = poll(&fd, 1, POLL_MS);
		if (ready > 0)
			return 0;
		if (ready < 0 && errno != EINTR)
			return error_errno(err, ERR_INTERNAL, "waiting for the media process");
	}
}

/* ---- sending ---- */

static int
task_line(const struct mediaclient_task *task, struct buf *line, struct error *err)
{
	struct js_writer w;

	js_begin(&w, line);
	js_open_object(&w, NULL);
	js_int(&w, "v", 1);
	js_str(&w, "task", task->name);
	js_raw(&w, "args", task->args_json);
	js_open_array(&w, "fds");
	for (size_t i = 0; i < task->fd_count; i++)
		js_str(&w, NULL, task->fds[i].name);
	js_close(&w);
	js_close(&w);
	js_end(&w);
	if (memchr(buf_str(line), '\n', line->len) != NULL)
		return error_set(err, ERR_INTERNAL, "the arguments of a media task span several lines");
	buf_putc(line, '\n');
	return buf_error(line, err);
}

/* One send; the descriptors go with the first bytes. */
static ssize_t
send_some(const struct call *call, const char *bytes, size_t len, bool first)
{
	const struct mediaclient_task *task = call->task;
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(MEDIACLIENT_FDS_MAX * sizeof(int))];
	} control = {0};
	struct iovec part = {.iov_base = (void *)(uintptr_t)bytes, .iov_len = len};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (first && task->fd_count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(task->fd_count * sizeof(int));
		struct cmsghdr *header = CMSG_FIRSTHDR(&message);
		assert(header != NULL);
		header->cmsg_level = SOL_SOCKET;
		header->cmsg_type = SCM_RIGHTS;
		header->cmsg_len = CMSG_LEN(task->fd_count * sizeof(int));
		for (size_t i = 0; i < task->fd_count; i++)
			memcpy(CMSG_DATA(header) + i * sizeof(int), &task->fds[i].fd, sizeof(int));
	}
	return sendmsg(call->fd, &message, MSG_NOSIGNAL);
}

static int
send_line(struct call *call, struct error *err)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(MEDIACLIENT_TASK_MAX);

	if (task_line(call->task, &line, err) < 0)
		return -1;
	for (size_t sent = 0; sent < line.len;) {
		const ssize_t put = send_some(call, line.data + sent, line.len - sent, sent == 0);
		if (put >= 0)
			sent += (size_t)put;
		else if (errno == EAGAIN) {
			if (wait_ready(call, POLLOUT, err) < 0)
				return -1;
		} else if (errno == EPIPE || errno == ECONNRESET)
			/* It hung up early; its reason may be waiting to be read. */
			return 0;
		else if (errno != EINTR)
			return error_errno(err, ERR_UNAVAILABLE, "sending a task to the media process");
	}
	return 0;
}

/* ---- answers ---- */

static int
task_error(struct call *call, const struct js_value *error, struct error *err)
{
	const char *kind = js_text(error, "/kind", "internal");
	const char *detail = js_text(error, "/detail", "");
	const char *code = js_text(error, "/code", "media_failed");

	call->retryable = js_flag(error, "/retryable", false);
	if (strcmp(kind, "input") == 0)
		return error_code(err, ERR_INPUT, code, "%s", detail);
	/* the one limit that is not the task's own: it is no use trying with less, but later */
	if (strcmp(code, error_row(ERR_STORAGE_FULL)->code) == 0) {
		error_set(err, ERR_STORAGE_FULL, "media task '%s': %s", call->task->name, detail);
		error_public(err, "There is no room on the disk; the work goes on when there is.");
		return error_fail();
	}
	error_set(err, strcmp(kind, "limit") == 0 ? ERR_LIMIT : ERR_INTERNAL, "media task '%s': %s: %s",
	    call->task->name, code, detail);
	if (err != NULL)
		text_copy(err->code, sizeof(err->code), code);
	error_public(err, strcmp(kind, "limit") == 0 ? "This needs more memory or time than one task may have."
						     : "The media could not be processed.");
	return error_fail();
}

/* 1: that was the last line. */
static int
take_line(struct call *call, const char *line, size_t len, struct error *err)
{
	CLEANUP(arena_free) struct arena *scratch = arena_new(2 * MEDIACLIENT_LINE_MAX);
	const struct mediaclient_task *task = call->task;
	const struct js_value *value;

	if (js_parse_free(scratch, line, len, &value, err) < 0)
		return error_wrap(err, "an answer of the media process");
	if (js_member(value, "error") != NULL)
		return task_error(call, js_member(value, "error"), err);
	if (js_member(value, "result") == NULL) {
		if (task->progress != NULL)
			task->progress(task->ctx, js_real(value, "/progress", 0), js_text(value, "/phase", ""));
		return 0;
	}
	if (js_parse_free(call->arena, line, len, &value, err) < 0)
		return -1;
	call->result = js_member(value, "result");
	return 1;
}

static int
take_lines(struct call *call, struct error *err)
{
	size_t start = 0;
	char *end;
	int state = 0;

	while (state == 0 && call->line.len > start &&
	       (end = memchr(call->line.data + start, '\n', call->line.len - start)) != NULL) {
		state = take_line(call, call->line.data + start, (size_t)(end - call->line.data) - start, err);
		start = (size_t)(end - call->line.data) + 1;
	}
	if (start > 0) {
		memmove(call->line.data, call->line.data + start, call->line.len - start);
		buf_cut(&call->line, call->line.len - start);
	}
	return state;
}

static int
receive(struct call *call, struct error *err)
{
	char chunk[READ_CHUNK];

	for (;;) {
		if (wait_ready(call, POLLIN, err) < 0)
			return -1;
		const ssize_t got = read(call->fd, chunk, sizeof(chunk));
		if (got < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (got <= 0) {
			call->retryable = true;
			return error_set(
			    err, ERR_UNAVAILABLE, "the media process went away during '%s'", call->task->name);
		}
		buf_put(&call->line, chunk, (size_t)got);
		if (call->line.failed)
			return error_set(err, ERR_INTERNAL, "an answer of the media process is too long");
		const int state = take_lines(call, err);
		if (state != 0)
			return state < 0 ? -1 : 0;
	}
}

int
mediaclient_run(const struct mediaclient_task *task, struct arena *arena, const struct js_value **ret_result,
    bool *ret_retryable, struct error *err)
{
	CLEANUP(call_done)
	struct call call = {.task = task, .fd = -1, .line = BUF_INIT(MEDIACLIENT_LINE_MAX), .arena = arena};

	assert(task->fd_count <= MEDIACLIENT_FDS_MAX);
	if (task->timeout_ms > 0)
		call.deadline_ms = clock_boot_ms(NULL) + task->timeout_ms;
	call.retryable = true;
	call.fd = listen_connect(task->socket_path, err);
	int result = call.fd < 0 ? error_wrap(err, "media task '%s'", task->name) : 0;
	if (result == 0) {
		fcntl(call.fd, F_SETFL, fcntl(call.fd, F_GETFL) | O_NONBLOCK);
		call.retryable = false;
		if (send_line(&call, err) < 0 || receive(&call, err) < 0)
			result = -1;
	}
	if (ret_retryable != NULL)
		*ret_retryable = call.retryable;
	if (result == 0)
		*ret_result = call.result;
	return result;
}
