/* lib/net/mediaclient.c against a scripted media process */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <pthread.h>
#include <sys/socket.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/net/listen.h"
#include "lib/net/mediaclient.h"

struct server {
	const char *path;
	int fd;
	pthread_t thread;
	const char *answer; /* sent after the task line */
	bool hang;	    /* then waits for the client to leave */
	char line[4096];    /* the task line */
	size_t fd_count;
	char first[16]; /* what the first descriptor holds */
	bool client_left;
};

static void
take_descriptors(struct server *server, struct msghdr *message)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(message); c != NULL; c = CMSG_NXTHDR(message, c)) {
		server->fd_count = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
		for (size_t i = 0; i < server->fd_count; i++) {
			int fd;
			memcpy(&fd, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
			if (i == 0 && pread(fd, server->first, sizeof(server->first) - 1, 0) < 0)
				server->first[0] = '\0';
			close(fd);
		}
	}
}

static void *
serve(void *ctx)
{
	struct server *server = ctx;
	CLEANUP(fd_close) int fd = accept(server->fd, NULL, NULL);
	union {
		struct cmsghdr align;
		char bytes[CMSG_SPACE(16 * sizeof(int))];
	} control;
	size_t len = 0;

	while (fd >= 0 && memchr(server->line, '\n', len) == NULL && len < sizeof(server->line) - 1) {
		struct iovec part = {.iov_base = server->line + len, .iov_len = sizeof(server->line) - 1 - len};
		struct msghdr message = {
		    .msg_iov = &part, .msg_iovlen = 1, .msg_control = control.bytes, .msg_controllen = sizeof(control)};
		const ssize_t got = recvmsg(fd, &message, 0);
		if (got <= 0)
			return NULL;
		take_descriptors(server, &message);
		len += (size_t)got;
	}
	if (server->answer != NULL && send(fd, server->answer, strlen(server->answer), MSG_NOSIGNAL) < 0)
		return NULL;
	char rest;
	if (server->hang)
		server->client_left = read(fd, &rest, 1) == 0;
	return NULL;
}

static void
server_begin(struct server *server, const char *answer, bool hang)
{
	struct error err;

	*server = (struct server){.answer = answer, .hang = hang};
	server->path = arena_printf(test_arena(), "%s/media", test_dir());
	server->fd = listen_unix(server->path, 0600, &err);
	if (server->fd < 0)
		abort();
	fcntl(server->fd, F_SETFL, fcntl(server->fd, F_GETFL) & ~O_NONBLOCK);
	if (pthread_create(&server->thread, NULL, serve, server) != 0)
		abort();
}

/* After this the server's fields may be looked at. */
static void
server_join(struct server *server)
{
	pthread_join(server->thread, NULL);
	fd_close(&server->fd);
}

struct seen {
	int lines;
	double fraction;
	char phase[32];
	int asked, stop_at;
};

static void
on_progress(void *ctx, double fraction, const char *phase)
{
	struct seen *seen = ctx;

	seen->lines++;
	seen->fraction = fraction;
	text_copy(seen->phase, sizeof(seen->phase), phase);
}

static bool
on_stop(void *ctx)
{
	struct seen *seen = ctx;

	return seen->stop_at > 0 && ++seen->asked >= seen->stop_at;
}

static int
run(struct server *server, struct seen *seen, const struct js_value **result, bool *retryable, struct error *err)
{
	CLEANUP(fd_close) int fd = open(test_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	const struct mediaclient_fd fds[] = {{"scratch", fd}, {"in0", fd}};
	const struct mediaclient_task task = {.socket_path = server->path,
	    .name = "probe",
	    .args_json = "{\"input\":\"in0\"}",
	    .fds = fds,
	    .fd_count = 2,
	    .progress = on_progress,
	    .stop = on_stop,
	    .ctx = seen,
	    .timeout_ms = 20000};

	if (write(fd, "content", 7) != 7)
		abort();
	const int status = mediaclient_run(&task, test_arena(), result, retryable, err);
	server_join(server);
	return status;
}

TEST(task_goes_out_with_its_descriptors)
{
	struct server server;
	struct seen seen = {0};
	const struct js_value *result = NULL;
	struct error err;
	bool retryable = true;

	server_begin(&server,
	    "{\"progress\":0.25,\"phase\":\"read\"}\n{\"progress\":0.5,\"phase\":\"encode\"}\n{\"result\":{\"width\":"
	    "1024}}\n",
	    false);
	CHECK_OK(run(&server, &seen, &result, &retryable, &err), &err);
	CHECK_INT(js_number(result, "/width", 0), 1024);
	CHECK(!retryable);
	CHECK_INT(seen.lines, 2);
	CHECK(seen.fraction == 0.5);
	CHECK_STR(seen.phase, "encode");
	CHECK_JSON(
	    server.line, "{\"v\":1,\"task\":\"probe\",\"args\":{\"input\":\"in0\"},\"fds\":[\"scratch\",\"in0\"]}");
	CHECK_INT(server.fd_count, 2);
	CHECK_STR(server.first, "content");
}

TEST(task_errors_keep_their_code)
{
	static const struct {
		const char *answer;
		enum error_kind kind;
		const char *code;
		bool retryable;
	} rows[] = {
	    {"{\"error\":{\"code\":\"media_truncated\",\"detail\":\"The file ends too early.\",\"kind\":\"input\"}}\n",
		ERR_INPUT, "media_truncated", false},
	    {"{\"error\":{\"code\":\"out_of_memory\",\"detail\":\"x\",\"kind\":\"limit\",\"retryable\":true}}\n",
		ERR_LIMIT, "out_of_memory", true},
	    {"{\"error\":{\"code\":\"storage_full\",\"detail\":\"x\",\"kind\":\"limit\",\"retryable\":true}}\n",
		ERR_STORAGE_FULL, "storage_full", true},
	    {"{\"error\":{\"code\":\"encoder\",\"detail\":\"/secret/path\",\"kind\":\"internal\"}}\n", ERR_INTERNAL,
		"encoder", false},
	    {"{\"error\":{}}\n", ERR_INTERNAL, "media_failed", false},
	    {"not json\n", ERR_BAD_JSON, "bad_json", false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct server server;
		struct seen seen = {0};
		const struct js_value *result = NULL;
		struct error err = {0};
		bool retryable = !rows[i].retryable;
		server_begin(&server, rows[i].answer, false);
		CHECK_FAILS_CODE(run(&server, &seen, &result, &retryable, &err), &err, rows[i].kind, rows[i].code);
		CHECK_INT(retryable, rows[i].retryable);
		CHECK(strstr(error_public_text(&err), "/secret") == NULL);
		CU_ASSERT_PTR_NULL(result);
	}
}

TEST(lost_process_is_retryable)
{
	struct server server;
	struct seen seen = {0};
	const struct js_value *result = NULL;
	struct error err;
	bool retryable = false;

	server_begin(&server, "{\"progress\":0.5,\"phase\":\"x\"}\n{\"resu", false);
	CHECK_FAILS(run(&server, &seen, &result, &retryable, &err), &err, ERR_UNAVAILABLE);
	CHECK(retryable);
	const struct mediaclient_task task = {.socket_path = server.path, .name = "probe", .args_json = "{}"};
	retryable = false;
	CHECK_FAILS(mediaclient_run(&task, test_arena(), &result, &retryable, &err), &err, ERR_UNAVAILABLE);
	CHECK(retryable);
}

TEST(stop_closes_the_connection)
{
	struct server server;
	struct seen seen = {.stop_at = 3};
	const struct js_value *result = NULL;
	struct error err;

	server_begin(&server, NULL, true);
	CHECK_FAILS(run(&server, &seen, &result, NULL, &err), &err, ERR_CANCELLED);
	CHECK(server.client_left);
}

TEST(time_is_limited)
{
	struct server server;
	const struct js_value *result = NULL;
	struct error err;

	server_begin(&server, NULL, true);
	const struct mediaclient_task task = {
	    .socket_path = server.path, .name = "render", .args_json = "{}", .timeout_ms = 150};
	CHECK_FAILS(mediaclient_run(&task, test_arena(), &result, NULL, &err), &err, ERR_TIMEOUT);
	server_join(&server);
	CHECK(server.client_left);
}

TEST(arguments_must_be_one_line)
{
	struct server server;
	const struct js_value *result = NULL;
	struct error err;

	server_begin(&server, NULL, false);
	const struct mediaclient_task task = {.socket_path = server.path, .name = "render", .args_json = "{\n}"};
	CHECK_FAILS(mediaclient_run(&task, test_arena(), &result, NULL, &err), &err, ERR_INTERNAL);
	server_join(&server);
}

TEST_MAIN(ROW(task_goes_out_with_its_descriptors), ROW(task_errors_keep_their_code), ROW(lost_process_is_retryable),
    ROW(stop_closes_the_connection), ROW(time_is_limited), ROW(arguments_must_be_one_line))
