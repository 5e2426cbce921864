/*
 * Filling struct error. Texts that are too long are cut, never refused: an error about an error helps nobody.
 */
#include "lib/base/error.h"

#include <errno.h>
#include <stdarg.h>

#include "lib/base/text.h"

static const struct error_row error_rows[ERR__COUNT] = {
#define ERROR_KIND(kind, status, code, retryable, visible, title) \
	[kind] = {#kind, status, code, retryable, visible, title},
#include "lib/base/error.def"
#undef ERROR_KIND
};

const struct error_row *
error_row(enum error_kind kind)
{
	if ((unsigned)kind >= ERR__COUNT)
		kind = ERR_INTERNAL;
	return &error_rows[kind];
}

/* vsnprintf cuts at a byte; a cut UTF-8 sequence would be invalid on the wire. */
static void
cut_whole(char *text, size_t size)
{
	size_t len = strlen(text);

	if (len + 1 < size)
		return;
	while (len > 0 && ((unsigned char)text[len - 1] & 0xc0) == 0x80)
		len--;
	if (len > 0 && (unsigned char)text[len - 1] >= 0xc0)
		len--;
	text[len] = '\0';
}

static void fill(char *text, size_t size, const char *format, va_list args) PRINTF_LIKE(3, 0);
static void start(struct error *err, enum error_kind kind, const char *code, const char *file, int line,
    const char *format, va_list args) PRINTF_LIKE(6, 0);

static void
fill(char *text, size_t size, const char *format, va_list args)
{
	if (vsnprintf(text, size, format, args) < 0)
		text[0] = '\0';
	cut_whole(text, size);
}

static void
start(struct error *err, enum error_kind kind, const char *code, const char *file, int line, const char *format,
    va_list args)
{
	memset(err, 0, sizeof(*err));
	err->kind = kind;
	err->file = file;
	err->line = line;
	text_copy(err->code, sizeof(err->code), code);
	fill(err->text, sizeof(err->text), format, args);
}

void
error_set_at(struct error *err, enum error_kind kind, const char *file, int line, const char *format, ...)
{
	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	start(err, kind, error_row(kind)->code, file, line, format, args);
	va_end(args);
	if (error_row(kind)->visible)
		error_public(err, "%s", err->text);
}

void
error_errno_at(struct error *err, enum error_kind kind, const char *file, int line, const char *format, ...)
{
	const int saved = errno;

	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	start(err, kind, error_row(kind)->code, file, line, format, args);
	va_end(args);
	err->foreign = saved;

	const size_t len = strlen(err->text);
	char reason[128];
	snprintf(err->text + len, sizeof(err->text) - len, ": %s", strerror_r(saved, reason, sizeof(reason)));
	errno = saved;
}

void
error_code_at(
    struct error *err, enum error_kind kind, const char *code, const char *file, int line, const char *format, ...)
{
	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	start(err, kind, code, file, line, format, args);
	va_end(args);
	error_public(err, "%s", err->text);
}

void
error_wrap_at(struct error *err, const char *format, ...)
{
	char doing[sizeof(err->text)], cause[sizeof(err->text)];

	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	fill(doing, sizeof(doing), format, args);
	va_end(args);
	memcpy(cause, err->text, sizeof(cause));

	/* When both do not fit, the cause matters more than the place. */
	const size_t most = sizeof(err->text) - sizeof(": ");
	const size_t room = most - FW_MIN(strlen(cause), most);
	const size_t place = text_utf8_cut(doing, FW_MIN(strlen(doing), room), room);
	memcpy(err->text, doing, place);
	memcpy(err->text + place, ": ", 2);
	text_copy(err->text + place + 2, sizeof(err->text) - place - 2, cause);
	cut_whole(err->text, sizeof(err->text));
}

void
error_public(struct error *err, const char *format, ...)
{
	char text[sizeof(err->public_text)];

	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	fill(text, sizeof(text), format, args);
	va_end(args);
	memcpy(err->public_text, text, sizeof(text));
}

void
error_hint(struct error *err, const char *format, ...)
{
	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	fill(err->hint, sizeof(err->hint), format, args);
	va_end(args);
}

void
error_pointer(struct error *err, const char *format, ...)
{
	if (err == NULL)
		return;

	va_list args;
	va_start(args, format);
	fill(err->pointer, sizeof(err->pointer), format, args);
	va_end(args);
}

void
error_foreign(struct error *err, int foreign)
{
	if (err != NULL)
		err->foreign = foreign;
}

void
error_retry_after(struct error *err, int seconds)
{
	if (err != NULL)
		err->retry_after_s = seconds;
}

void
error_clear(struct error *err)
{
	if (err != NULL)
		memset(err, 0, sizeof(*err));
}

bool
error_is(const struct error *err, enum error_kind kind)
{
	return err != NULL && err->kind == kind;
}

bool
error_has_code(const struct error *err, const char *code)
{
	return err != NULL && strcmp(err->code, code) == 0;
}

int
error_status(const struct error *err)
{
	return error_row(err == NULL ? ERR_INTERNAL : err->kind)->status;
}

bool
error_retryable(const struct error *err)
{
	return err != NULL && error_row(err->kind)->retryable;
}

const char *
error_public_text(const struct error *err)
{
	if (err == NULL)
		return error_row(ERR_INTERNAL)->title;
	return err->public_text[0] != '\0' ? err->public_text : error_row(err->kind)->title;
}
