/* lib/net/http.c and http_result.c against a scripted server on loopback */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/net/http_priv.h"
#include "tests/harness/http_server.h"

static const char *
url_of(const struct server *server, const char *path)
{
	return arena_printf(test_arena(), "http://127.0.0.1:%d%s", server->port, path);
}

static int
call(const struct server *server, struct http_request *request, struct http_result *result, struct error *err)
{
	if (request->url == NULL)
		request->url = url_of(server, "/v1/x?y=1");
	request->rule = GUARD_LOOPBACK;
	return http_call(request, test_arena(), result, err);
}

/* ---- plain calls ---- */

TEST(answer_arrives_with_headers_and_body)
{
	CLEANUP(server_done) struct server server;
	const struct http_header headers[] = {{"Authorization", "Bearer t"}, {"X-Empty", ""}};
	struct http_request request = {.headers = headers, .header_count = 2};
	struct http_result result;
	struct error err;

	server_begin(&server,
	    "HTTP/1.1 100 Continue\r\nX-Early: 1\r\n\r\nHTTP/1.1 201 Created\r\nContent-Type: application/json\r\n"
	    "X-Two:  spaced \r\nContent-Length: 8\r\n\r\n{\"a\": 1}");
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(result.outcome, HTTP_ANSWERED);
	CHECK_INT(result.status, 201);
	CHECK(result.complete);
	CHECK_STR(result.body, "{\"a\": 1}");
	CHECK_STR(http_header(&result, "content-TYPE"), "application/json");
	CHECK_STR(http_header(&result, "x-two"), "spaced");
	CU_ASSERT_PTR_NULL(http_header(&result, "x-early"));
	CHECK_INT(http_verdict(&result), HTTP_VERDICT_ACCEPTED);
	CHECK(text_starts(server.request, "GET /v1/x?y=1 HTTP/1.1\r\n"));
	CHECK_CONTAINS(server.request, "\r\nAuthorization: Bearer t\r\n");
	CHECK_CONTAINS(server.request, "\r\nX-Empty:\r\n");
	CHECK(strcasestr(server.request, "expect:") == NULL);
}

TEST(post_sends_its_body_once)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.body = "{\"p\":\"x\"}", .body_len = 9};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK(text_starts(server.request, "POST "));
	CHECK(text_ends(server.request, "\r\n\r\n{\"p\":\"x\"}"));
	CHECK_INT(server.connections, 1);
}

TEST(put_reads_a_descriptor)
{
	CLEANUP(server_done) struct server server;
	CLEANUP(fd_close) int fd = open(test_dir(), O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	struct http_request request = {.method = "PUT", .body_fd = fd, .body_size = 5};
	struct http_result result;
	struct error err;

	CHECK_INT(write(fd, "hello world", 11), 11);
	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK(text_starts(server.request, "PUT "));
	CHECK(text_ends(server.request, "\r\n\r\nhello"));
}

/* ---- outcomes ---- */

static int
count_sends(void *ctx, struct error *err UNUSED)
{
	++*(int *)ctx;
	return 0;
}

static int
refuse_send(void *ctx, struct error *err)
{
	++*(int *)ctx;
	return error_set(err, ERR_LOCKED, "the lease is lost");
}

TEST(refused_before_the_first_byte_is_not_sent)
{
	CLEANUP(server_done) struct server server;
	int asked = 0;
	struct http_request request = {.body = "x", .body_len = 1, .before_send = refuse_send, .ctx = &asked};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_LOCKED);
	CHECK_CONTAINS(err.text, "the lease is lost");
	CHECK_INT(asked, 1);
	CHECK_INT(result.outcome, HTTP_NOT_SENT);
	CHECK_INT(http_verdict(&result), HTTP_VERDICT_VOID);
	CHECK_STR(server.request, "");
}

TEST(nobody_listening_is_not_sent)
{
	struct server server;
	int asked = 0;
	struct http_request request = {.body = "x", .body_len = 1, .before_send = count_sends, .ctx = &asked};
	struct http_result result;
	struct error err;

	server_begin(&server, NULL);
	fd_close(&server.fd);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_UNAVAILABLE);
	CHECK_INT(asked, 0);
	CHECK_INT(result.outcome, HTTP_NOT_SENT);
}

TEST(silence_after_sending_is_unknown_and_not_repeated)
{
	CLEANUP(server_done) struct server server;
	int asked = 0;
	struct http_request request = {.body = "x", .body_len = 1, .before_send = count_sends, .ctx = &asked};
	struct http_result result;
	struct error err;

	server_begin(&server, NULL);
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_UNKNOWN_OUTCOME);
	CHECK_INT(result.outcome, HTTP_UNKNOWN);
	CHECK_INT(http_verdict(&result), HTTP_VERDICT_UNCERTAIN);
	CHECK_INT(asked, 1);
	CHECK_INT(server.connections, 1);
}

TEST(time_out_after_sending_is_unknown)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.body = "x", .body_len = 1, .timeout_ms = 300};
	struct http_request read_only = {.timeout_ms = 300};
	struct http_result result;
	struct error err;

	server_begin(&server, NULL);
	server.scripts[0].hang = server.scripts[1].hang = true;
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_UNKNOWN_OUTCOME);
	CHECK_INT(result.outcome, HTTP_UNKNOWN);
	/* A GET may be repeated, so its time-out is just that. */
	CHECK_FAILS(call(&server, &read_only, &result, &err), &err, ERR_TIMEOUT);
	CHECK_INT(result.outcome, HTTP_UNKNOWN);
}

TEST(broken_body_still_has_its_status)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.body = "x", .body_len = 1};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf");
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_UNAVAILABLE);
	CHECK_INT(result.outcome, HTTP_ANSWERED);
	CHECK_INT(result.status, 200);
	CHECK(!result.complete);
	CHECK_INT(http_verdict(&result), HTTP_VERDICT_UNCERTAIN);
	CHECK_STR(result.body, "half");
}

TEST(expectation_failed_is_not_sent_again)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.body = "x", .body_len = 1};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 417 Expectation Failed\r\nContent-Length: 0\r\n\r\n");
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(result.status, 417);
	CHECK_INT(server.connections, 1);
}

TEST(too_much_is_cut_off)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.answer_limit = 5};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n123456");
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_TOO_LARGE);
	CHECK_INT(result.status, 200);
}

/* ---- sinks, stopping ---- */

struct taken {
	char text[64];
	size_t len, most;
};

static int
take(void *ctx, const void *bytes, size_t len, struct error *err)
{
	struct taken *taken = ctx;

	if (taken->len + len > taken->most)
		return error_set(err, ERR_STORAGE_FULL, "no room");
	memcpy(taken->text + taken->len, bytes, len);
	taken->len += len;
	return 0;
}

TEST(sink_gets_only_good_answers)
{
	CLEANUP(server_done) struct server server;
	struct taken taken = {.most = 64};
	struct http_request request = {.sink = take, .ctx = &taken};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfilm");
	server.scripts[1].answer = "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\n\r\ngone";
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(taken.len, 4);
	CHECK_STR(result.body, "");
	CHECK_INT(result.received, 4);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(taken.len, 4);
	CHECK_STR(result.body, "gone");
	taken.most = 0;
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_STORAGE_FULL);
}

static bool
stop_at_once(void *ctx UNUSED)
{
	return true;
}

TEST(stop_breaks_off)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.stop = stop_at_once};
	struct http_result result;
	struct error err;

	server_begin(&server, NULL);
	server.scripts[0].hang = true;
	server_run(&server);
	CHECK_FAILS(call(&server, &request, &result, &err), &err, ERR_CANCELLED);
}

/* ---- addresses and redirects ---- */

TEST(private_addresses_are_refused_at_connect_time)
{
	CLEANUP(server_done) struct server server;
	struct http_request request = {.rule = GUARD_PUBLIC};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	server_run(&server);
	request.url = url_of(&server, "/");
	CHECK_FAILS_CODE(http_call(&request, test_arena(), &result, &err), &err, ERR_INPUT, "url_refused");
	CHECK_INT(result.outcome, HTTP_NOT_SENT);
	/* A name that passes the text check and resolves to loopback. */
	char host[256];
	if (gethostname(host, sizeof(host)) == 0 && strpbrk(host, "_.") == NULL) {
		request.url = arena_printf(test_arena(), "http://%s:%d/", host, server.port);
		CHECK_INT(http_call(&request, test_arena(), &result, &err), -1);
		CHECK_INT(result.outcome, HTTP_NOT_SENT);
	}
	CHECK_INT(server.connections, 0);
}

TEST(redirects_are_followed_only_when_asked)
{
	CLEANUP(server_done) struct server server;
	const struct http_header headers[] = {{"Authorization", "Bearer t"}};
	struct http_request request = {.headers = headers, .header_count = 1};
	struct http_result result;
	struct error err;

	server_begin(&server, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	const char *moved =
	    arena_printf(test_arena(), "HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n");
	server.scripts[0].answer = server.scripts[1].answer = moved;
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(result.status, 302);
	CHECK_INT(http_verdict(&result), HTTP_VERDICT_REJECTED);
	request.redirects = 2;
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_INT(result.status, 200);
	CHECK(text_starts(server.request, "GET /next "));
	CHECK_CONTAINS(server.request, "Authorization: Bearer t");
}

TEST(redirects_elsewhere_are_checked_and_lose_credentials)
{
	CLEANUP(server_done) struct server server, other;
	const struct http_header headers[] = {{"Authorization", "Bearer t"}, {"X-Plain", "1"}};
	struct http_request request = {.headers = headers, .header_count = 2, .redirects = 1};
	struct http_result result;
	struct error err;

	server_begin(&other, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
	server_run(&other);
	server_begin(
	    &server, "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest\r\nContent-Length: 0\r\n\r\n");
	server.scripts[0].answer = arena_printf(
	    test_arena(), "HTTP/1.1 302 Found\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n", url_of(&other, "/file"));
	server_run(&server);
	CHECK_OK(call(&server, &request, &result, &err), &err);
	CHECK_STR(result.body, "ok");
	CHECK(strstr(other.request, "Authorization") == NULL);
	CHECK_CONTAINS(other.request, "X-Plain: 1");
	CHECK_FAILS_CODE(call(&server, &request, &result, &err), &err, ERR_INPUT, "url_refused");
}

TEST(malformed_headers_are_refused)
{
	static const struct http_header rows[] = {{"X-A", "b\r\nX-C: d"}, {"X A", "b"}, {"", "b"}, {"X:", "b"}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct http_request request = {
		    .url = "http://127.0.0.1:1/", .headers = &rows[i], .header_count = 1, .rule = GUARD_LOOPBACK};
		struct http_result result;
		struct error err;
		CHECK_FAILS(http_call(&request, test_arena(), &result, &err), &err, ERR_INPUT);
		CHECK_INT(result.outcome, HTTP_NOT_SENT);
	}
}

/* ---- pure parts ---- */

static int64_t
fixed_date(const char *text)
{
	return strcmp(text, "later") == 0 ? 1100 : -1;
}

TEST(retry_after_is_bounded)
{
	CHECK_INT(http_retry_after(NULL, 1000, fixed_date), 0);
	CHECK_INT(http_retry_after("7", 1000, fixed_date), 7);
	CHECK_INT(http_retry_after("-7", 1000, fixed_date), 0);
	CHECK_INT(http_retry_after("99999999", 1000, fixed_date), 86400);
	CHECK_INT(http_retry_after("later", 1000, fixed_date), 100);
	CHECK_INT(http_retry_after("later", 2000, fixed_date), 0);
	CHECK_INT(http_retry_after("rubbish", 1000, fixed_date), 0);
}

TEST(verdicts)
{
	static const struct {
		enum http_outcome outcome;
		int status;
		bool complete;
		enum http_verdict verdict;
	} rows[] = {
	    {HTTP_NOT_SENT, 0, false, HTTP_VERDICT_VOID},
	    {HTTP_UNKNOWN, 0, false, HTTP_VERDICT_UNCERTAIN},
	    {HTTP_ANSWERED, 200, true, HTTP_VERDICT_ACCEPTED},
	    {HTTP_ANSWERED, 202, false, HTTP_VERDICT_UNCERTAIN},
	    {HTTP_ANSWERED, 307, true, HTTP_VERDICT_REJECTED},
	    {HTTP_ANSWERED, 400, false, HTTP_VERDICT_REJECTED},
	    {HTTP_ANSWERED, 408, true, HTTP_VERDICT_UNCERTAIN},
	    {HTTP_ANSWERED, 422, true, HTTP_VERDICT_REJECTED},
	    {HTTP_ANSWERED, 429, false, HTTP_VERDICT_LIMITED},
	    {HTTP_ANSWERED, 500, true, HTTP_VERDICT_UNCERTAIN},
	    {HTTP_ANSWERED, 503, true, HTTP_VERDICT_UNCERTAIN},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct http_result result = {
		    .outcome = rows[i].outcome, .status = rows[i].status, .complete = rows[i].complete};
		CHECK_INT(http_verdict(&result), rows[i].verdict);
	}
	CHECK_INT(http_status_parse("HTTP/1.1 200 OK", 15), 200);
	CHECK_INT(http_status_parse("HTTP/2 204 ", 11), 0);
	CHECK_INT(http_status_parse("HTTP/1.1 2x0 OK", 15), 0);
	CHECK_INT(http_status_parse("X-Header: value", 15), 0);
}

static int
set_up(void)
{
	const struct sigaction ignore = {.sa_handler = SIG_IGN};
	struct error err;

	sigaction(SIGPIPE, &ignore, NULL);
	return http_setup(&err) < 0 ? 1 : 0;
}

static int
tear_down(void)
{
	http_teardown();
	return 0;
}

TEST_MAIN_WITH(set_up, tear_down, ROW(answer_arrives_with_headers_and_body), ROW(post_sends_its_body_once),
    ROW(put_reads_a_descriptor), ROW(refused_before_the_first_byte_is_not_sent), ROW(nobody_listening_is_not_sent),
    ROW(silence_after_sending_is_unknown_and_not_repeated), ROW(time_out_after_sending_is_unknown),
    ROW(broken_body_still_has_its_status), ROW(expectation_failed_is_not_sent_again), ROW(too_much_is_cut_off),
    ROW(sink_gets_only_good_answers), ROW(stop_breaks_off), ROW(private_addresses_are_refused_at_connect_time),
    ROW(redirects_are_followed_only_when_asked), ROW(redirects_elsewhere_are_checked_and_lose_credentials),
    ROW(malformed_headers_are_refused), ROW(retry_after_is_bounded), ROW(verdicts))
