/*
 * Runs a table of tests under CUnit and counts. Output is one line per failure and one summary line per program.
 */
#include "tests/harness/test_main.h"

#include <CUnit/TestRun.h>
#include <errno.h>
#include <fcntl.h>

#include "lib/base/id.h"
#include "lib/base/path.h"

#define EXIT_SKIPPED 77
#define ARENA_LIMIT (16 * MIB)
#define DIRS_MAX 64

static struct {
	const char *program;
	const struct test_row *rows;
	size_t row;
	unsigned skipped;
	struct arena *arena;
	char *dirs[DIRS_MAX];
	size_t dir_count;
} run;

/* CUnit calls tests without an argument; the rows run in order, so a counter knows which one is next. */
static void
run_row(void)
{
	run.rows[run.row].run();
}

static void
print_failures(const char *name)
{
	for (const CU_FailureRecord *failure = CU_get_failure_list(); failure != NULL; failure = failure->pNext)
		fprintf(stderr, "%s: %s: %s:%u: %s\n", run.program, name, failure->strFileName, failure->uiLineNumber,
		    failure->strCondition);
}

static bool
wanted(const char *name, int argc, char **argv)
{
	for (int i = 1; i < argc; i++)
		if (strstr(name, argv[i]) != NULL)
			return true;
	return argc < 2;
}

struct arena *
test_arena(void)
{
	if (run.arena == NULL)
		run.arena = arena_new(ARENA_LIMIT);
	return run.arena;
}

const char *
test_dir(void)
{
	const char *top = getenv("TMPDIR");
	char digits[13];
	char *path;

	if (run.dir_count == DIRS_MAX ||
	    asprintf(&path, "%s/fw-test-%s", top == NULL ? "/tmp" : top, id_hex(digits, 12)) < 0)
		abort();
	struct error err;
	if (path_make(path, 0700, &err) < 0) {
		fprintf(stderr, "%s\n", err.text);
		abort();
	}
	run.dirs[run.dir_count++] = path;
	return path;
}

const char *
test_data(const char *name)
{
	const char *top = getenv("top_srcdir");
	const char *path = arena_printf(test_arena(), "%s/tests/data/%s", top == NULL ? "." : top, name);

	if (path == NULL)
		abort();
	return path;
}

void
test_skip(const char *why)
{
	printf("%s: %s: skipped: %s\n", run.program, run.rows[run.row].name, why);
	run.skipped++;
}

static void
clean_up(void)
{
	arena_free(&run.arena);
	for (size_t i = 0; i < run.dir_count; i++) {
		struct error err;
		if (path_remove_tree(AT_FDCWD, run.dirs[i], &err) < 0)
			fprintf(stderr, "%s: %s\n", run.program, err.text);
		free(run.dirs[i]);
	}
	run.dir_count = 0;
}

static CU_pSuite
begin(const char *program)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		abort();
	CU_pSuite suite = CU_add_suite(program, NULL, NULL);
	if (suite == NULL)
		abort();
	return suite;
}

static int
run_all(int argc, char **argv, size_t count)
{
	unsigned tests = 0, asserts = 0, failed = 0;

	for (run.row = 0; run.row < count; run.row++) {
		const char *name = run.rows[run.row].name;
		if (!wanted(name, argc, argv))
			continue;
		CU_pSuite suite = begin(run.program);
		CU_pTest test = CU_add_test(suite, name, run_row);
		CU_run_test(suite, test);
		print_failures(name);
		failed += CU_get_number_of_tests_failed();
		asserts += CU_get_number_of_asserts();
		CU_cleanup_registry();
		tests++;
	}
	printf("unit %s: tests=%u asserts=%u failed=%u skipped=%u\n", run.program, tests, asserts, failed, run.skipped);
	if (failed > 0 || tests == 0)
		return EXIT_FAILURE;
	/* A test that asserted nothing has shown nothing. */
	if (asserts == 0 && run.skipped == 0)
		return EXIT_FAILURE;
	return run.skipped == tests ? EXIT_SKIPPED : EXIT_SUCCESS;
}

int
test_main(int argc, char **argv, const struct test_row *rows, size_t count, int (*set_up)(void), int (*tear_down)(void))
{
	run.program = path_base(argv[0]);
	run.rows = rows;
	if (argc == 2 && strcmp(argv[1], "--list") == 0) {
		for (size_t i = 0; i < count; i++)
			printf("%s\n", rows[i].name);
		return EXIT_SUCCESS;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	const int ready = set_up == NULL ? 0 : set_up();
	if (ready != 0) {
		printf("unit %s: tests=0 asserts=0 failed=%d skipped=%zu\n", run.program, ready == EXIT_SKIPPED ? 0 : 1,
		    count);
		clean_up();
		return ready == EXIT_SKIPPED ? EXIT_SKIPPED : EXIT_FAILURE;
	}
	int status = run_all(argc, argv, count);
	if (tear_down != NULL && tear_down() != 0)
		status = EXIT_FAILURE;
	clean_up();
	return status;
}
