/* lib/base/log.c */
#include "tests/harness/test_main.h"

#include <errno.h>
#include <fcntl.h>

#include "lib/base/log.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

/* A log into a pipe and what was written to it. */
struct capture {
	struct log log;
	int fds[2];
	char text[LOG_LINE_MAX * 2];
};

static void
capture_begin(struct capture *capture)
{
	if (pipe2(capture->fds, O_CLOEXEC | O_NONBLOCK) < 0)
		abort();
	log_init(&capture->log, "test");
	capture->log.fd = capture->fds[1];
}

static const char *
capture_read(struct capture *capture)
{
	const ssize_t got = read(capture->fds[0], capture->text, sizeof(capture->text) - 1);

	capture->text[got < 0 ? 0 : got] = '\0';
	return capture->text;
}

static void
capture_done(struct capture *capture)
{
	fd_close(&capture->fds[0]);
	fd_close(&capture->fds[1]);
}

TEST(line_has_typed_fields)
{
	CLEANUP(capture_done) struct capture c;

	capture_begin(&c);
	log_info(&c.log, "request", LOG_STR("route", "/api/jobs"), LOG_INT("status", 200), LOG_BOOL("cached", true),
	    LOG_NUM("ratio", 0.5), LOG_MONEY("cost", 1500000), LOG_STR("absent", NULL));
	const char *line = capture_read(&c);
	CHECK(text_starts(line, "ts="));
	CHECK_CONTAINS(
	    line, " level=info event=request prog=test route=/api/jobs status=200 cached=true ratio=0.5 cost=1.5\n");
	CHECK(strstr(line, "absent") == NULL);
}

TEST(event_without_fields)
{
	CLEANUP(capture_done) struct capture c;

	capture_begin(&c);
	log_warn(&c.log, "stopping");
	CHECK_CONTAINS(capture_read(&c), " level=warn event=stopping prog=test\n");
}

TEST(values_from_outside_cannot_start_a_line)
{
	CLEANUP(capture_done) struct capture c;

	capture_begin(&c);
	log_info(&c.log, "x", LOG_STR("v", "a\nts=0 level=error\r\x1b[31m \"q\" \\ \xff \xe2\x80\xae \xc3\xa9"));
	const char *line = capture_read(&c);
	CHECK_CONTAINS(line, "v=\"a\\nts=0 level=error\\x0d\\x1b[31m \\\"q\\\" \\\\ \\xff \\u202e \xc3\xa9\"\n");
	CHECK(strchr(line, '\n') == line + strlen(line) - 1);
}

TEST(empty_value_is_quoted)
{
	CLEANUP(capture_done) struct capture c;

	capture_begin(&c);
	log_info(&c.log, "x", LOG_STR("v", ""));
	CHECK_CONTAINS(capture_read(&c), " v=\"\"\n");
}

TEST(child_carries_the_parents_fields)
{
	CLEANUP(capture_done) struct capture c;
	struct log request, job;

	capture_begin(&c);
	log_child(&request, &c.log, LOG_STR("request_id", "r 1"));
	log_child(&job, &request, LOG_INT("job_id", 7), LOG_STR("kind", "ad.image"));
	log_info(&job, "started");
	CHECK_CONTAINS(capture_read(&c), "event=started prog=test request_id=\"r 1\" job_id=7 kind=ad.image\n");
	log_info(&c.log, "idle");
	CHECK(strstr(capture_read(&c), "job_id") == NULL);
}

TEST(levels_are_dropped_and_null_is_silent)
{
	CLEANUP(capture_done) struct capture c;
	struct log orphan;
	enum log_level level;

	capture_begin(&c);
	log_debug(&c.log, "hidden");
	CHECK_STR(capture_read(&c), "");
	CHECK_INT(log_level_parse("debug", &level), 0);
	c.log.level = level;
	log_debug(&c.log, "shown");
	CHECK_CONTAINS(capture_read(&c), "event=shown");
	CHECK_INT(log_level_parse("loud", &level), -1);
	log_error((struct log *)NULL, "nobody");
	log_child(&orphan, NULL, LOG_INT("a", 1));
	log_error(&orphan, "nobody");
	CHECK(!log_wants(&orphan, LOG_LEVEL_ERROR));
	CHECK_STR(capture_read(&c), "");
}

TEST(errors_show_all_there_is)
{
	CLEANUP(capture_done) struct capture c;
	struct error err;

	capture_begin(&c);
	errno = EACCES;
	error_errno(&err, ERR_INTERNAL, "opening");
	error_hint(&err, "chmod it");
	memcpy(err.sqlstate, "40001", 6);
	log_error(&c.log, "failed", LOG_ERR(&err));
	const char *line = capture_read(&c);
	CHECK_CONTAINS(line, "error=\"opening: Permission denied\" code=internal foreign=13 sqlstate=40001");
	CHECK_CONTAINS(line, "hint=\"chmod it\" at=");
	CHECK_CONTAINS(line, "test_log.c:");
}

TEST(huge_values_are_cut)
{
	CLEANUP(capture_done) struct capture c;
	static char huge[3 * LOG_LINE_MAX];

	capture_begin(&c);
	memset(huge, 'x', sizeof(huge) - 1);
	log_info(&c.log, "x", LOG_STR("v", huge), LOG_INT("after", 1));
	const char *line = capture_read(&c);
	CHECK(strlen(line) < LOG_LINE_MAX);
	CHECK_CONTAINS(line, "x...\" after=1\n");
	memset(huge, '\n', sizeof(huge) - 1);
	log_info(&c.log, "x", LOG_STR("a", huge), LOG_STR("b", huge), LOG_STR("c", huge));
	line = capture_read(&c);
	CHECK(strlen(line) <= LOG_LINE_MAX);
	CHECK(strchr(line, '\n') == line + strlen(line) - 1);
}

TEST(errno_survives)
{
	CLEANUP(capture_done) struct capture c;

	capture_begin(&c);
	fd_close(&c.fds[0]);
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	sigaction(SIGPIPE, &ignore, NULL);
	errno = 42;
	log_info(&c.log, "into nothing");
	CHECK_INT(errno, 42);
}

TEST_MAIN(ROW(line_has_typed_fields), ROW(event_without_fields), ROW(values_from_outside_cannot_start_a_line),
    ROW(empty_value_is_quoted), ROW(child_carries_the_parents_fields), ROW(levels_are_dropped_and_null_is_silent),
    ROW(errors_show_all_there_is), ROW(huge_values_are_cut), ROW(errno_survives))
