/*
 * The main function of every CUnit program, and asserts for our own types.
 *
 *     TEST(buf_append_stops_at_limit)
 *     {
 *             CU_ASSERT_EQUAL(buf.len, 4);
 *             CHECK_STR(buf_str(&buf), "abcd");
 *             CHECK_FAILS(buf_error(&buf, &err), &err, ERR_TOO_LARGE);
 *     }
 *
 *     TEST_MAIN(ROW(buf_append_stops_at_limit), ROW(buf_is_terminated))
 *
 * A program prints one line per failure and, last, `unit <program>: tests=N asserts=N failed=N`; it exits 0 only when
 * something ran and nothing failed. Arguments select tests by name (substring); --list names them. A test that cannot
 * run here calls SKIP("why"), which counts as skipped; when every test was skipped the program exits 77.
 */
#ifndef FW_TESTS_HARNESS_TEST_MAIN_H
#define FW_TESTS_HARNESS_TEST_MAIN_H

#include <CUnit/CUnit.h>

#include "lib/base/arena.h"
#include "lib/base/error.h"

struct test_row {
	const char *name;
	void (*run)(void);
};

#define TEST(name) static void test_##name(void)
#define ROW(test_name) \
	{ \
		.name = #test_name, .run = test_##test_name \
	}
/* With a function that runs before the first and one after the last test (either may be NULL); a set-up that returns 77
 * skips the whole program, any other value but 0 fails it. */
#define TEST_MAIN_WITH(set_up, tear_down, ...) \
	int main(int argc, char **argv) \
	{ \
		static const struct test_row rows[] = {__VA_ARGS__}; \
		return test_main(argc, argv, rows, ARRAY_LEN(rows), (set_up), (tear_down)); \
	}
#define TEST_MAIN(...) TEST_MAIN_WITH(NULL, NULL, __VA_ARGS__)

#define SKIP(why) \
	do { \
		test_skip(why); \
		return; \
	} while (0)

/* Asserts that show both sides when they fail; the test goes on. They evaluate to whether they held. */
#define CHECK(condition) test_check((condition), #condition, __FILE__, __LINE__)
#define CHECK_STR(actual, expected) test_str((actual), (expected), #actual, __FILE__, __LINE__)
#define CHECK_INT(actual, expected) test_int((int64_t)(actual), (int64_t)(expected), #actual, __FILE__, __LINE__)
#define CHECK_CONTAINS(text, part) test_contains((text), (part), #text, __FILE__, __LINE__)
/* A call that should return 0; shows the error's text otherwise. */
#define CHECK_OK(call, err) test_ok((call), (err), #call, __FILE__, __LINE__)
/* A call that should return -1 with this kind, and, with _CODE, this code. */
#define CHECK_FAILS(call, err, kind) test_fails((call), (err), (kind), NULL, #call, __FILE__, __LINE__)
#define CHECK_FAILS_CODE(call, err, kind, code) test_fails((call), (err), (kind), (code), #call, __FILE__, __LINE__)
/* Two JSON texts mean the same: member order and spaces do not count. */
#define CHECK_JSON(actual, expected) test_json((actual), (expected), #actual, __FILE__, __LINE__)
/* The value at a JSON Pointer of a JSON text, compared as text ("7", "true", "abc" for a string). */
#define CHECK_JSON_AT(json, pointer, expected) test_json_at((json), (pointer), (expected), __FILE__, __LINE__)

int test_main(
    int argc, char **argv, const struct test_row *rows, size_t count, int (*set_up)(void), int (*tear_down)(void));
void test_skip(const char *why);
bool test_check(bool held, const char *what, const char *file, int line);
bool test_str(const char *actual, const char *expected, const char *what, const char *file, int line);
bool test_int(int64_t actual, int64_t expected, const char *what, const char *file, int line);
bool test_contains(const char *text, const char *part, const char *what, const char *file, int line);
bool test_ok(int result, const struct error *err, const char *what, const char *file, int line);
bool test_fails(int result, const struct error *err, enum error_kind kind, const char *code, const char *what,
    const char *file, int line);
bool test_json(const char *actual, const char *expected, const char *what, const char *file, int line);
bool test_json_at(const char *json, const char *pointer, const char *expected, const char *file, int line);

/* An arena of 16 MiB that is freed when the program ends; tests need not free it. */
struct arena *test_arena(void) RETURNS_NONNULL;
/* A fresh empty folder below $TMPDIR, removed when the program ends. Its path lives as long. */
const char *test_dir(void) RETURNS_NONNULL;
/* $top_srcdir/tests/data/<name>, or the path from the environment's srcdir; in test_arena(). */
const char *test_data(const char *name) RETURNS_NONNULL;

#endif
