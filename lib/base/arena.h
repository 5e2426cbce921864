/*
 * struct arena: memory that lives as long as one request or one job and is never freed piecewise.
 *
 * An arena has a limit. Reaching it returns NULL and sets a sticky flag, so a client that makes us want too much gets
 * an error and not a crash; code that builds something large may check arena_exhausted() once at the end. Memory that
 * the system refuses is our own misfortune and aborts. Sizes may come from outside: overflow counts as reaching the
 * limit.
 *
 * Under AddressSanitizer every piece is its own malloc, so overruns show. Not thread safe: one arena, one thread.
 */
#ifndef FW_BASE_ARENA_H
#define FW_BASE_ARENA_H

#include <stdarg.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

struct arena;

/* `limit`: bytes in pieces that callers may hold together. Never NULL. */
struct arena *arena_new(size_t limit) RETURNS_NONNULL;
/* Runs the deferred functions, newest first, frees everything, leaves NULL behind. Accepts a pointer to NULL. */
void arena_free(struct arena **arena);
/* As after arena_new(), deferred functions run; the first block is kept for the next request. */
void arena_reset(struct arena *arena);

/* Pieces are aligned for any type. arena_alloc leaves them uninitialised, arena_zalloc and arena_array zero them.
 * NULL: the limit is reached. Size 0 gives a valid pointer. */
void *arena_alloc(struct arena *arena, size_t size) MUST_CHECK;
void *arena_zalloc(struct arena *arena, size_t size) MUST_CHECK;
void *arena_array(struct arena *arena, size_t count, size_t size) MUST_CHECK;
/* text == NULL gives NULL. */
char *arena_strdup(struct arena *arena, const char *text) MUST_CHECK;
/* At most `len` bytes, ending at the first NUL; always terminated. */
char *arena_strndup(struct arena *arena, const char *text, size_t len) MUST_CHECK;
/* A copy of exactly `len` bytes with a NUL byte after it, so that it can serve as a string too. */
void *arena_memdup(struct arena *arena, const void *bytes, size_t len) MUST_CHECK;
char *arena_printf(struct arena *arena, const char *format, ...) PRINTF_LIKE(2, 3) MUST_CHECK;
char *arena_vprintf(struct arena *arena, const char *format, va_list args) PRINTF_LIKE(2, 0) MUST_CHECK;

#define ARENA_NEW(arena, type) ((type *)arena_zalloc((arena), sizeof(type)))
#define ARENA_ARRAY(arena, count, type) ((type *)arena_array((arena), (count), sizeof(type)))

/* fn(ptr) runs at arena_reset or arena_free, newest first. When the limit is reached fn(ptr) runs at once and -1 comes
 * back. */
int arena_defer(struct arena *arena, void (*fn)(void *ptr), void *ptr) MUST_CHECK;

bool arena_exhausted(const struct arena *arena);
/* Bytes handed out since the last reset. */
size_t arena_used(const struct arena *arena);
/* Sets ERR_MEMORY with the limit in the text; -1. For `if (p == NULL) return arena_error(arena, err);`. */
int arena_error(const struct arena *arena, struct error *err);

#endif
