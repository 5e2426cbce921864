/* lib/base/arena.c */
#include "tests/harness/test_main.h"

#include <stdalign.h>

static int order[4];
static int ran;

static void
note(void *ptr)
{
	order[ran++] = *(int *)ptr;
}

TEST(pieces_are_aligned_and_apart)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * KIB);
	char *last = NULL;

	for (size_t size = 0; size < 200; size++) {
		char *piece = arena_alloc(arena, size);
		CU_ASSERT_PTR_NOT_NULL_FATAL(piece);
		CHECK((uintptr_t)piece % alignof(max_align_t) == 0);
		CHECK(piece != last);
		memset(piece, 0xaa, size);
		last = piece;
	}
}

TEST(limit_gives_null_and_a_sticky_flag)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(1000);
	struct error err;

	CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, 900));
	CHECK(!arena_exhausted(arena));
	CU_ASSERT_PTR_NULL(arena_alloc(arena, 200));
	CHECK(arena_exhausted(arena));
	/* Small pieces may still fit; the flag stays. */
	CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, 16));
	CHECK(arena_exhausted(arena));
	CHECK_FAILS(arena_error(arena, &err), &err, ERR_MEMORY);
	CHECK_CONTAINS(err.text, "1000 bytes");
}

TEST(sizes_from_outside_may_overflow)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(SIZE_MAX);

	CU_ASSERT_PTR_NULL(arena_alloc(arena, SIZE_MAX));
	CU_ASSERT_PTR_NULL(arena_alloc(arena, SIZE_MAX - 40));
	CU_ASSERT_PTR_NULL(arena_array(arena, SIZE_MAX / 2, 3));
	CU_ASSERT_PTR_NULL(arena_memdup(arena, "x", SIZE_MAX));
	CHECK(arena_exhausted(arena));
}

TEST(many_tiny_pieces_reach_the_limit)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(1000);
	int pieces = 0;

	while (pieces < 2000 && arena_alloc(arena, 0) != NULL)
		pieces++;
	CHECK(pieces <= 1000);
}

TEST(zalloc_and_array_are_zero_after_reset)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * KIB);

	memset(arena_alloc(arena, 4096), 0xff, 4096);
	arena_reset(arena);
	const unsigned char *piece = arena_zalloc(arena, 2048), *array = arena_array(arena, 16, 64);
	for (int i = 0; i < 1024; i++)
		CU_ASSERT_FATAL(piece[i] == 0 && array[i] == 0);
}

TEST(strings_are_copied)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * KIB);

	CHECK_STR(arena_strdup(arena, "abc"), "abc");
	CU_ASSERT_PTR_NULL(arena_strdup(arena, NULL));
	CHECK_STR(arena_strndup(arena, "abcdef", 3), "abc");
	CHECK_STR(arena_strndup(arena, "ab", 3), "ab");
	CHECK_STR(arena_printf(arena, "%d-%s", 7, "x"), "7-x");
	const char *bytes = arena_memdup(arena, "a\0b", 3);
	CHECK(memcmp(bytes, "a\0b", 4) == 0);
}

TEST(deferred_functions_run_newest_first)
{
	struct arena *arena = arena_new(64 * KIB);
	int one = 1, two = 2, three = 3;

	ran = 0;
	CHECK_INT(arena_defer(arena, note, &one), 0);
	CHECK_INT(arena_defer(arena, note, &two), 0);
	arena_reset(arena);
	CHECK_INT(ran, 2);
	CHECK_INT(order[0], 2);
	CHECK_INT(order[1], 1);
	CHECK_INT(arena_defer(arena, note, &three), 0);
	arena_free(&arena);
	CHECK_INT(ran, 3);
	CHECK_INT(order[2], 3);
	CU_ASSERT_PTR_NULL(arena);
	arena_free(&arena);
	CHECK_INT(ran, 3);
}

TEST(defer_runs_at_once_when_the_limit_is_reached)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(8);
	int one = 1;

	ran = 0;
	CHECK_INT(arena_defer(arena, note, &one), -1);
	CHECK_INT(ran, 1);
}

TEST(reset_gives_the_room_back)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(100 * KIB);

	for (int round = 0; round < 50; round++) {
		CU_ASSERT_PTR_NOT_NULL(arena_alloc(arena, 90 * KIB));
		CHECK(arena_used(arena) >= 90 * KIB);
		arena_reset(arena);
		CHECK_INT(arena_used(arena), 0);
	}
	CHECK(!arena_exhausted(arena));
}

TEST_MAIN(ROW(pieces_are_aligned_and_apart), ROW(limit_gives_null_and_a_sticky_flag),
    ROW(sizes_from_outside_may_overflow), ROW(many_tiny_pieces_reach_the_limit),
    ROW(zalloc_and_array_are_zero_after_reset), ROW(strings_are_copied), ROW(deferred_functions_run_newest_first),
    ROW(defer_runs_at_once_when_the_limit_is_reached), ROW(reset_gives_the_room_back))
