/*
 * struct error: what went wrong, for two audiences.
 *
 * `text` is for the log and reads like a path ("loading job 7: connecting: timed out"); `public_text` is for the client
 * and never holds SQL, paths or library messages. Functions that can fail take a struct error * last and return 0 or -1
 * (or a pointer or NULL). Every function here accepts err == NULL, for callers that do not care.
 *
 * Library code sets and wraps, it never logs; whoever ends the story (request loop, job loop, main) logs once.
 */
#ifndef FW_BASE_ERROR_H
#define FW_BASE_ERROR_H

#include "lib/base/attr.h"

enum error_kind {
#define ERROR_KIND(kind, status, code, retryable, visible, title) kind,
#include "lib/base/error.def"
#undef ERROR_KIND
	ERR__COUNT
};

/* One row of error.def. */
struct error_row {
	const char *name; /* "ERR_INPUT" */
	int status;	  /* HTTP status */
	const char *code; /* stable, lower case, on the wire */
	bool retryable;
	bool visible; /* the client may see the text of error_set() */
	const char *title;
};

struct error {
	enum error_kind kind;  /* ERR_NONE: nothing happened */
	char code[48];	       /* the kind's code, or an area code such as "invalid_stage" */
	char text[512];	       /* for the log */
	char public_text[320]; /* for the client; empty: show the kind's title */
	char hint[200];	       /* what somebody can do about it; may be shown to the client */
	char pointer[128];     /* JSON Pointer into the request, or empty */
	const char *file;
	int line;
	int foreign;	   /* errno, AVERROR, CURLcode; 0 if none */
	char sqlstate[6];  /* "" if none */
	int retry_after_s; /* 0: no advice */
};

/* The row of a kind; never NULL. */
const struct error_row *error_row(enum error_kind kind) RETURNS_NONNULL;

/*
 * All of these evaluate to -1, so that `return error_set(err, ...)` ends a function.
 *
 * error_set    starts a new error; for visible kinds the text is also the public text
 * error_errno  the same, with errno kept in `foreign` and ": <its text>" appended to the log text only
 * error_code   the same as error_set with an area code; the text is always public
 * error_wrap   puts "what I was doing: " in front of the log text; the rest stays
 */
#define error_set(err, kind, ...) (error_set_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__), error_fail())
#define error_errno(err, kind, ...) (error_errno_at((err), (kind), __FILE__, __LINE__, __VA_ARGS__), error_fail())
#define error_code(err, kind, code, ...) \
	(error_code_at((err), (kind), (code), __FILE__, __LINE__, __VA_ARGS__), error_fail())
#define error_wrap(err, ...) (error_wrap_at((err), __VA_ARGS__), error_fail())

/* What the client is told; replaces the public text. */
void error_public(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* What somebody can do about it. */
void error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
/* Where in the request. */
void error_pointer(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);
void error_foreign(struct error *err, int foreign);
void error_retry_after(struct error *err, int seconds);
void error_clear(struct error *err);

bool error_is(const struct error *err, enum error_kind kind);
/* Compares the code on the wire. */
bool error_has_code(const struct error *err, const char *code);
int error_status(const struct error *err);
bool error_retryable(const struct error *err);
/* What the client may read: the public text, else the kind's title. Borrowed from err. */
const char *error_public_text(const struct error *err);

void error_set_at(struct error *err, enum error_kind kind, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(5, 6);
void error_errno_at(struct error *err, enum error_kind kind, const char *file, int line, const char *format, ...)
    PRINTF_LIKE(5, 6);
void error_code_at(struct error *err, enum error_kind kind, const char *code, const char *file, int line,
    const char *format, ...) PRINTF_LIKE(6, 7);
void error_wrap_at(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* A constant the compiler can see, so that it knows the results are not set after a failure. */
static inline int
error_fail(void)
{
	return -1;
}

#endif
