/*
 * One key=value line per event, to stderr:
 *
 *     ts=2026-03-01T10:00:00.123Z level=info event=request prog=framewright-api request_id=6f.. status=200 ms=3
 *
 * Values with spaces or quotes are quoted, control characters are escaped: nothing from outside can start a line of its
 * own. A line goes out in one write(2) and is cut at LOG_LINE_MAX.
 *
 * There is no global logger. main makes a root log; a request or a job makes a child whose fields appear in all of its
 * lines. A struct log holds everything by value and may be copied. Logging to NULL does nothing.
 *
 *     log_info(req->log, "request", LOG_STR("route", route), LOG_INT("status", 200), LOG_INT("ms", ms));
 *     log_error(log, "job_failed", LOG_ERR(&err));
 */
#ifndef FW_BASE_LOG_H
#define FW_BASE_LOG_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define LOG_LINE_MAX 4096
#define LOG_INHERITED_MAX 512

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL__COUNT };

struct log {
	enum log_level level;		   /* lines above it are dropped */
	int fd;				   /* 2, or wherever a test wants it */
	char inherited[LOG_INHERITED_MAX]; /* rendered fields, program name included */
};

enum log_type { LOG_TYPE_NONE, LOG_TYPE_STR, LOG_TYPE_INT, LOG_TYPE_NUM, LOG_TYPE_BOOL, LOG_TYPE_MONEY, LOG_TYPE_ERR };

struct log_field {
	const char *key;
	enum log_type type;
	union {
		const char *str;
		int64_t num;
		double real;
		const struct error *err;
	} value;
};

/* NULL strings are left out of the line. */
#define LOG_STR(k, s) ((struct log_field){.key = (k), .type = LOG_TYPE_STR, .value.str = (s)})
#define LOG_INT(k, n) ((struct log_field){.key = (k), .type = LOG_TYPE_INT, .value.num = (int64_t)(n)})
#define LOG_NUM(k, d) ((struct log_field){.key = (k), .type = LOG_TYPE_NUM, .value.real = (d)})
#define LOG_BOOL(k, b) ((struct log_field){.key = (k), .type = LOG_TYPE_BOOL, .value.num = (b)})
/* micro-dollars, shown as exact dollars */
#define LOG_MONEY(k, m) ((struct log_field){.key = (k), .type = LOG_TYPE_MONEY, .value.num = (m)})
/* error=, code=, at=, and hint=, foreign=, sqlstate= where set */
#define LOG_ERR(e) ((struct log_field){.key = "error", .type = LOG_TYPE_ERR, .value.err = (e)})

#define LOG_FIELDS(...) ((const struct log_field[]){{.type = LOG_TYPE_NONE}, ##__VA_ARGS__})
#define log_write(log, level, event, ...) \
	log_line((log), (level), (event), LOG_FIELDS(__VA_ARGS__), ARRAY_LEN(LOG_FIELDS(__VA_ARGS__)))

#define log_error(log, event, ...) log_write(log, LOG_LEVEL_ERROR, event, ##__VA_ARGS__)
#define log_warn(log, event, ...) log_write(log, LOG_LEVEL_WARN, event, ##__VA_ARGS__)
#define log_info(log, event, ...) log_write(log, LOG_LEVEL_INFO, event, ##__VA_ARGS__)
#define log_debug(log, event, ...) log_write(log, LOG_LEVEL_DEBUG, event, ##__VA_ARGS__)

/* A root log to stderr at level info. */
void log_init(struct log *log, const char *program);
/* A log whose lines carry parent's fields and these: log_child(&log, parent, LOG_STR("job_id", id)). What does not fit
 * into LOG_INHERITED_MAX is left out. parent == NULL: the child is silent. */
#define log_child(child, parent, ...) \
	log_child_fields((child), (parent), LOG_FIELDS(__VA_ARGS__), ARRAY_LEN(LOG_FIELDS(__VA_ARGS__)))
/* "error", "warn", "info", "debug"; -1 for any other word. */
int log_level_parse(const char *text, enum log_level *ret_level) MUST_CHECK;
bool log_wants(const struct log *log, enum log_level level);

/* Behind the macros. Safe in threads; keeps errno. */
void log_line(
    const struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t count);
void log_child_fields(struct log *child, const struct log *parent, const struct log_field *fields, size_t count);

#endif
