/*
 * Blocks of doubling size, pieces cut off the newest one. The first block stays over arena_reset(), so a responder that
 * serves small requests never calls malloc for its arena again.
 *
 * Under AddressSanitizer every piece has its own block; the rest of the code is the same.
 */
#include "lib/base/arena.h"

#include <assert.h>
#include <stdalign.h>

#define BLOCK_FIRST (8 * KIB)
#define BLOCK_LARGEST (256 * KIB)
#define ALIGN alignof(max_align_t)

struct block {
	struct block *older;
	size_t size; /* of data */
	size_t used;
	alignas(max_align_t) unsigned char data[];
};

struct deferred {
	struct deferred *older;
	void (*fn)(void *ptr);
	void *ptr;
};

struct arena {
	struct block *newest;
	struct deferred *deferred;
	size_t limit;
	size_t used;
	size_t next_size;
	bool exhausted;
};

struct arena *
arena_new(size_t limit)
{
	struct arena *arena = calloc(1, sizeof(*arena));

	if (arena == NULL)
		abort();
	arena->limit = limit;
	arena->next_size = BLOCK_FIRST;
	return arena;
}

/* A deferred function may defer more; those run too. */
static void
run_deferred(struct arena *arena)
{
	while (arena->deferred != NULL) {
		const struct deferred *deferred = arena->deferred;
		arena->deferred = deferred->older;
		deferred->fn(deferred->ptr);
	}
}

void
arena_free(struct arena **arena)
{
	if (*arena == NULL)
		return;
	run_deferred(*arena);
	while ((*arena)->newest != NULL) {
		struct block *block = (*arena)->newest;
		(*arena)->newest = block->older;
		free(block);
	}
	free(*arena);
	*arena = NULL;
}

void
arena_reset(struct arena *arena)
{
	run_deferred(arena);
	while (arena->newest != NULL && (FW_ASAN || arena->newest->older != NULL)) {
		struct block *block = arena->newest;
		arena->newest = block->older;
		free(block);
	}
	if (arena->newest != NULL)
		arena->newest->used = 0;
	arena->next_size = BLOCK_FIRST;
	arena->used = 0;
	arena->exhausted = false;
}

static struct block *
add_block(struct arena *arena, size_t size)
{
	struct block *block = malloc(sizeof(*block) + size);

	if (block == NULL)
		abort();
	block->size = size;
	block->used = 0;
	block->older = arena->newest;
	arena->newest = block;
	return block;
}

static struct block *
block_for(struct arena *arena, size_t size)
{
	struct block *block = arena->newest;

	if (FW_ASAN)
		return add_block(arena, size);
	if (block != NULL && block->size - block->used >= size)
		return block;
	block = add_block(arena, FW_MAX(size, arena->next_size));
	arena->next_size = FW_MIN(arena->next_size * 2, BLOCK_LARGEST);
	return block;
}

void *
arena_alloc(struct arena *arena, size_t size)
{
	/* limit - used cannot wrap: used never passes the limit. An empty piece counts too. */
	if (FW_MAX(size, 1) > arena->limit - arena->used || size > SIZE_MAX - sizeof(struct block) - ALIGN) {
		arena->exhausted = true;
		return NULL;
	}
	const size_t padded = FW_ASAN ? size : (FW_MAX(size, 1) + ALIGN - 1) / ALIGN * ALIGN;
	struct block *block = block_for(arena, padded);
	void *piece = block->data + block->used;

	block->used += padded;
	/* Rounding up is ours to bear, but many tiny pieces must count for something. */
	arena->used += FW_MIN(FW_MAX(padded, 1), arena->limit - arena->used);
	return piece;
}

void *
arena_zalloc(struct arena *arena, size_t size)
{
	void *piece = arena_alloc(arena, size);

	if (piece != NULL)
		memset(piece, 0, size);
	return piece;
}

void *
arena_array(struct arena *arena, size_t count, size_t size)
{
	size_t total;

	if (__builtin_mul_overflow(count, size, &total)) {
		arena->exhausted = true;
		return NULL;
	}
	return arena_zalloc(arena, total);
}

void *
arena_memdup(struct arena *arena, const void *bytes, size_t len)
{
	if (len == SIZE_MAX) {
		arena->exhausted = true;
		return NULL;
	}
	char *copy = arena_alloc(arena, len + 1);

	if (copy == NULL)
		return NULL;
	if (len > 0)
		memcpy(copy, bytes, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
	return text == NULL ? NULL : arena_memdup(arena, text, strlen(text));
}

char *
arena_strndup(struct arena *arena, const char *text, size_t len)
{
	return text == NULL ? NULL : arena_memdup(arena, text, strnlen(text, len));
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list args)
{
	va_list again;

	va_copy(again, args);
	const int len = vsnprintf(NULL, 0, format, args);
	char *text = len < 0 ? NULL : arena_alloc(arena, (size_t)len + 1);
	if (text != NULL)
		vsnprintf(text, (size_t)len + 1, format, again);
	va_end(again);
	return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	char *text = arena_vprintf(arena, format, args);
	va_end(args);
	return text;
}

int
arena_defer(struct arena *arena, void (*fn)(void *ptr), void *ptr)
{
	struct deferred *deferred = arena_alloc(arena, sizeof(*deferred));

	if (deferred == NULL) {
		fn(ptr);
		return -1;
	}
	*deferred = (struct deferred){.older = arena->deferred, .fn = fn, .ptr = ptr};
	arena->deferred = deferred;
	return 0;
}

bool
arena_exhausted(const struct arena *arena)
{
	return arena->exhausted;
}

size_t
arena_used(const struct arena *arena)
{
	return arena->used;
}

int
arena_error(const struct arena *arena, struct error *err)
{
	return error_set(err, ERR_MEMORY, "more than %zu bytes of memory wanted", arena->limit);
}
