/* FastCGI over a socket: records spoken by hand, several threads, a clean stop. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <sys/socket.h>

#include "fcgi/server.h"
#include "lib/base/path.h"
#include "tests/fcgi/fake.h"

#define THREADS 3

struct running {
	struct stop stop;
	int listener;
	pthread_t thread;
	const char *path;
	int result;
};

static void *
run(void *arg)
{
	struct running *r = arg;

	r->result = server_run(fake_app(), r->listener, THREADS, &r->stop, NULL);
	return NULL;
}

static struct running *
start(void)
{
	static struct running r;
	struct error err = {0};

	(void)fake_app();
	r.path = arena_printf(test_arena(), "%s/api.sock", test_dir());
	CHECK_OK(stop_begin(&r.stop, &err), &err);
	r.listener = listen_unix(r.path, 0660, &err);
	CHECK(r.listener >= 0);
	CHECK_INT(pthread_create(&r.thread, NULL, run, &r), 0);
	return &r;
}

/* Milliseconds from SIGTERM to the end of all threads. */
static int64_t
end(struct running *r)
{
	const int64_t before = clock_boot_ms(NULL);

	CHECK_INT(kill(getpid(), SIGTERM), 0);
	CHECK_INT(pthread_join(r->thread, NULL), 0);
	CHECK_INT(r->result, 0);
	stop_end(&r->stop);
	fd_close(&r->listener);
	return clock_boot_ms(NULL) - before;
}

static void
record(struct buf *buf, int type, const void *bytes, size_t len)
{
	const unsigned char head[8] = {
	    1, (unsigned char)type, 0, 1, (unsigned char)(len >> 8), (unsigned char)len, 0, 0};

	buf_put(buf, head, sizeof(head));
	buf_put(buf, bytes, len);
}

static void
pair(struct buf *buf, const char *name, const char *value)
{
	buf_putc(buf, (char)strlen(name));
	buf_putc(buf, (char)strlen(value));
	buf_puts(buf, name);
	buf_puts(buf, value);
}

/* One request: begin, parameters, empty parameters, input, empty input. */
static void
request(struct buf *buf, const char *method, const char *path, const char *body)
{
	struct buf params = BUF_INIT(4 * KIB);
	static const unsigned char begin[8] = {0, 1, 0};
	char length[24];

	(void)snprintf(length, sizeof(length), "%zu", strlen(body));
	pair(&params, "REQUEST_METHOD", method);
	pair(&params, "DOCUMENT_URI", path);
	pair(&params, "QUERY_STRING", "");
	pair(&params, "CONTENT_TYPE", "application/json");
	pair(&params, "CONTENT_LENGTH", length);
	record(buf, 1, begin, sizeof(begin));
	record(buf, 4, params.data, params.len);
	record(buf, 4, "", 0);
	if (*body != '\0')
		record(buf, 5, body, strlen(body));
	record(buf, 5, "", 0);
	buf_done(&params);
}

static int
connect_to(const struct running *r)
{
	struct error err = {0};
	const int fd = listen_connect(r->path, &err);

	CHECK(fd >= 0);
	return fd;
}

/* What comes back on stdout until the server closes. */
static const char *
answer_of(int fd)
{
	struct buf raw = BUF_INIT(MIB), out = BUF_INIT(MIB);
	const char *text;
	char bytes[4096];
	ssize_t got;

	while ((got = read(fd, bytes, sizeof(bytes))) > 0) {
		buf_put(&raw, bytes, (size_t)got);
		/* An end-request record: the server may wait for us to close. */
		if (raw.len >= 16 && memmem(raw.data, raw.len, "\1\3\0\1\0\10", 6) != NULL)
			break;
	}
	for (size_t at = 0; at + 8 <= raw.len;) {
		const unsigned char *head = (const unsigned char *)raw.data + at;
		const size_t len = (size_t)head[4] << 8 | head[5];

		if (head[1] == 6 && at + 8 + len <= raw.len)
			buf_put(&out, head + 8, len);
		at += 8 + len + head[6];
	}
	text = arena_strdup(test_arena(), buf_str(&out));
	buf_done(&raw);
	buf_done(&out);
	return text;
}

static const char *
ask(const struct running *r, const char *method, const char *path, const char *body)
{
	struct buf buf = BUF_INIT(64 * KIB);
	CLEANUP(fd_close) int fd = connect_to(r);
	struct error err = {0};

	request(&buf, method, path, body);
	CHECK_OK(fd_write_all(fd, buf.data, buf.len, &err), &err);
	buf_done(&buf);
	return answer_of(fd);
}

TEST(fastcgi_requests_are_answered)
{
	struct running *r = start();

	CHECK_CONTAINS(ask(r, "GET", "/problems/bad_json", ""), "Status: 200 OK\r\n");
	CHECK_CONTAINS(ask(r, "GET", "/api/v1/jobs/" FAKE_JOB, ""), "Status: 401 Unauthorized\r\n");
	CHECK_CONTAINS(ask(r, "POST", "/api/auth/login", "{\"email\":"), "\"code\":\"bad_json\"");
	for (int i = 0; i < 20; i++)
		CHECK_CONTAINS(ask(r, "GET", "/health", ""), "\"status\":\"ok\"");
	CHECK(end(r) < 2000);
}

/* Connections that send nothing or nonsense must not take a thread away for good. */
TEST(broken_connections_cost_nothing)
{
	struct running *r = start();

	for (int i = 0; i < 3 * THREADS; i++) {
		CLEANUP(fd_close) int fd = connect_to(r);

		if (i % 3 == 1)
			CHECK(write(fd, "GET / HTTP/1.1\r\n\r\n", 18) == 18);
		if (i % 3 == 2)
			CHECK(write(fd, "\1\1\0\1\0\10\0\0", 8) == 8);
	}
	CHECK_CONTAINS(ask(r, "GET", "/health", ""), "Status: 200");
	CHECK(end(r) < 10000);
}

/* What is being served is finished; who comes later stays in the backlog for the next process. */
TEST(stop_leaves_the_socket_healthy)
{
	struct running *r = start();
	struct error err = {0};
	const char *path = r->path;
	int64_t took;

	CHECK_CONTAINS(ask(r, "GET", "/health", ""), "Status: 200");
	took = end(r);
	CHECK(took < 2000);
	CHECK_INT(unlink(path), 0);
	r = start();
	CHECK_CONTAINS(ask(r, "GET", "/health", ""), "Status: 200");
	(void)end(r);
	(void)err;
}

TEST_MAIN(ROW(fastcgi_requests_are_answered), ROW(broken_connections_cost_nothing), ROW(stop_leaves_the_socket_healthy))
