/*
 * A line is rendered into a buffer on the stack and written at once, so lines of several threads and processes never
 * mix (writes to a pipe stay whole up to PIPE_BUF, which is LOG_LINE_MAX on Linux).
 */
#include "lib/base/log.h"

#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>

#include "lib/base/clock.h"
#include "lib/base/text.h"

static const char *const level_names[LOG_LEVEL__COUNT] = {"error", "warn", "info", "debug"};

/* A line under construction: what does not fit is left out as a whole. */
struct line {
	char *text;
	size_t len, size;
};

static void line_printf(struct line *line, const char *format, ...) PRINTF_LIKE(2, 3);

static void
line_printf(struct line *line, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	const int len = vsnprintf(line->text + line->len, line->size - line->len, format, args);
	va_end(args);
	if (len > 0 && (size_t)len < line->size - line->len)
		line->len += (size_t)len;
	line->text[line->len] = '\0';
}

static bool
needs_quotes(const char *value)
{
	if (*value == '\0')
		return true;
	for (; *value != '\0'; value++)
		if ((unsigned char)*value <= ' ' || *value == '"' || *value == '=' || *value == '\\' ||
		    (unsigned char)*value >= 0x7f)
			return true;
	return false;
}

/* One character of a quoted value. Bytes of valid UTF-8 stay; everything that could move a terminal is escaped. */
static size_t
put_quoted(struct line *line, const char *at, size_t len)
{
	size_t step;
	const int32_t point = text_utf8_next(at, len, &step);

	if (point == '"' || point == '\\')
		line_printf(line, "\\%c", (int)point);
	else if (point == '\n')
		line_printf(line, "\\n");
	else if (point < 0 || point < 0x20 || point == 0x7f)
		line_printf(line, "\\x%02x", (unsigned)(unsigned char)*at);
	else if ((point >= 0x80 && point < 0xa0) || (point >= 0x2028 && point <= 0x202e) ||
		 (point >= 0x2066 && point <= 0x2069))
		line_printf(line, "\\u%04x", (unsigned)point);
	else
		line_printf(line, "%.*s", (int)step, at);
	return step;
}

static void
put_value(struct line *line, const char *key, const char *value)
{
	const size_t start = line->len;
	/* A value that would fill the line is cut, and shows it. */
	const size_t len = strnlen(value, line->size), room = line->size / 2;

	line_printf(line, " %s=", key);
	if (!needs_quotes(value) && len < room) {
		line_printf(line, "%s", value);
		return;
	}
	line_printf(line, "\"");
	for (size_t i = 0; i < len && line->len - start < room;)
		i += put_quoted(line, value + i, len - i);
	line_printf(line, line->len - start < room ? "\"" : "...\"");
}

static void
put_error(struct line *line, const struct error *err)
{
	if (err == NULL)
		return;
	put_value(line, "error", err->text);
	put_value(line, "code", err->code);
	if (err->foreign != 0)
		line_printf(line, " foreign=%d", err->foreign);
	if (err->sqlstate[0] != '\0')
		put_value(line, "sqlstate", err->sqlstate);
	if (err->hint[0] != '\0')
		put_value(line, "hint", err->hint);
	if (err->file != NULL)
		line_printf(line, " at=%s:%d", err->file, err->line);
}

static void
put_field(struct line *line, const struct log_field *field)
{
	char money[TEXT_MONEY_SIZE];

	switch (field->type) {
	case LOG_TYPE_NONE:
		break;
	case LOG_TYPE_STR:
		if (field->value.str != NULL)
			put_value(line, field->key, field->value.str);
		break;
	case LOG_TYPE_INT:
		line_printf(line, " %s=%" PRId64, field->key, field->value.num);
		break;
	case LOG_TYPE_NUM:
		line_printf(line, " %s=%.6g", field->key, field->value.real);
		break;
	case LOG_TYPE_BOOL:
		line_printf(line, " %s=%s", field->key, field->value.num != 0 ? "true" : "false");
		break;
	case LOG_TYPE_MONEY:
		line_printf(line, " %s=%s", field->key, text_from_money(field->value.num, money));
		break;
	case LOG_TYPE_ERR:
		put_error(line, field->value.err);
		break;
	}
}

void
log_init(struct log *log, const char *program)
{
	memset(log, 0, sizeof(*log));
	log->level = LOG_LEVEL_INFO;
	log->fd = STDERR_FILENO;
	snprintf(log->inherited, sizeof(log->inherited), " prog=%s", program);
}

void
log_child_fields(struct log *child, const struct log *parent, const struct log_field *fields, size_t count)
{
	memset(child, 0, sizeof(*child));
	child->fd = -1;
	if (parent == NULL)
		return;
	*child = *parent;
	struct line line = {
	    .text = child->inherited, .len = strlen(child->inherited), .size = sizeof(child->inherited)};
	for (size_t i = 0; i < count; i++)
		put_field(&line, &fields[i]);
}

int
log_level_parse(const char *text, enum log_level *ret_level)
{
	for (int level = 0; level < LOG_LEVEL__COUNT; level++) {
		if (strcmp(text, level_names[level]) == 0) {
			*ret_level = (enum log_level)level;
			return 0;
		}
	}
	return -1;
}

bool
log_wants(const struct log *log, enum log_level level)
{
	return log != NULL && log->fd >= 0 && level <= log->level;
}

/* RFC 3339 with exactly three decimals: lines stay aligned and sortable. */
static const char *
timestamp(char text[static CLOCK_TEXT_SIZE])
{
	const int64_t now = clock_now_us(NULL);

	clock_format(now - now % CLOCK_SECOND_US, text);
	const size_t second = strlen(text) - 1;
	snprintf(text + second, CLOCK_TEXT_SIZE - second, ".%03dZ", (int)(now % CLOCK_SECOND_US / 1000));
	return text;
}

void
log_line(const struct log *log, enum log_level level, const char *event, const struct log_field *fields, size_t count)
{
	char text[LOG_LINE_MAX], ts[CLOCK_TEXT_SIZE];
	/* One byte is kept for the newline. */
	struct line line = {.text = text, .size = sizeof(text) - 1};
	const int saved = errno;

	if (!log_wants(log, level))
		return;
	line_printf(&line, "ts=%s level=%s", timestamp(ts), level_names[level]);
	put_value(&line, "event", event);
	line_printf(&line, "%s", log->inherited);
	for (size_t i = 0; i < count; i++)
		put_field(&line, &fields[i]);
	text[line.len++] = '\n';
	/* Nobody could be told about a failing log. */
	if (write(log->fd, text, line.len) < 0)
		errno = 0;
	errno = saved;
}
