/* ctl/options.c: the command line as a table says. */
#include "ctl/ctl.h"

#include <unistd.h>

#include "tests/harness/test_main.h"

#define REST_MAX 3

/* One of each kind of option, and what came in. */
struct seen {
	const char *name, *url;
	bool quiet;
	const char *pictures[3];
	size_t picture_count;
	const char *rest[REST_MAX];
	size_t rest_count;
};

/* The words as a shell would give them, up to NULL. */
static int
parse(struct seen *seen, const char *const words[], struct error *err)
{
	const struct option_row rows[] = {{.name = "name", .value = &seen->name}, {.name = "url", .value = &seen->url},
	    {.name = "quiet", .flag = &seen->quiet},
	    {.name = "pictures",
		.list = seen->pictures,
		.list_max = ARRAY_LEN(seen->pictures),
		.list_count = &seen->picture_count},
	    {.name = NULL}};
	char *argv[16];
	int argc = 0;

	*seen = (struct seen){.name = "fallback"};
	error_clear(err);
	for (; words[argc] != NULL; argc++)
		argv[argc] = arena_strdup(test_arena(), words[argc]);
	return ctl_options(argc, argv, rows, seen->rest, REST_MAX, &seen->rest_count, err);
}

#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

TEST(values_come_behind_or_after_an_equals_sign)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, WORDS("--name", "a mug", "--url=http://x/?a=b"), &err), &err);
	CHECK_STR(seen.name, "a mug");
	CHECK_STR(seen.url, "http://x/?a=b");
	CHECK_OK(parse(&seen, WORDS("--name=", "--url", "--quiet"), &err), &err);
	CHECK_STR(seen.name, "");
	/* a value may look like an option: it was asked for */
	CHECK_STR(seen.url, "--quiet");
	CHECK(!seen.quiet);
	CHECK_OK(parse(&seen, WORDS("--name", "one", "--name", "two"), &err), &err);
	CHECK_STR(seen.name, "two");
}

TEST(what_is_not_given_keeps_its_default)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, (const char *const[]){NULL}, &err), &err);
	CHECK_STR(seen.name, "fallback");
	CU_ASSERT_PTR_NULL(seen.url);
	CHECK(!seen.quiet);
	CHECK_INT(seen.rest_count, 0);
}

TEST(flags_stand_alone)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, WORDS("--quiet", "list"), &err), &err);
	CHECK(seen.quiet);
	CHECK_INT(seen.rest_count, 1);
	CHECK_FAILS(parse(&seen, WORDS("--quiet=yes"), &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "'--quiet' takes no value");
}

TEST(words_without_dashes_keep_their_order)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, WORDS("role", "--quiet", "ann@example.org", "--name", "x", "-"), &err), &err);
	CHECK_INT(seen.rest_count, 3);
	CHECK_STR(seen.rest[0], "role");
	CHECK_STR(seen.rest[1], "ann@example.org");
	CHECK_STR(seen.rest[2], "-");
	CHECK_FAILS(parse(&seen, WORDS("a", "b", "c", "one too many"), &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "'one too many'");
}

TEST(lists_go_on_to_the_next_option)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, WORDS("--pictures", "a.jpg", "b.jpg", "--quiet", "--pictures", "c.jpg"), &err), &err);
	CHECK_INT(seen.picture_count, 3);
	CHECK_STR(seen.pictures[0], "a.jpg");
	CHECK_STR(seen.pictures[1], "b.jpg");
	CHECK_STR(seen.pictures[2], "c.jpg");
	CHECK(seen.quiet);
	CHECK_INT(seen.rest_count, 0);
	CHECK_FAILS(parse(&seen, WORDS("--pictures", "1", "2", "3", "4"), &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "at most 3");
	CHECK_FAILS(parse(&seen, WORDS("--pictures", "--quiet"), &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "'--pictures' wants a value");
}

/* The first word of a list may also stand behind the equals sign, as everywhere. */
TEST(lists_take_an_equals_sign_too)
{
	struct seen seen;
	struct error err;

	CHECK_OK(parse(&seen, WORDS("--pictures=a.jpg", "b.jpg", "--pictures=c.jpg", "--quiet"), &err), &err);
	CHECK_INT(seen.picture_count, 3);
	CHECK_STR(seen.pictures[0], "a.jpg");
	CHECK_STR(seen.pictures[1], "b.jpg");
	CHECK_STR(seen.pictures[2], "c.jpg");
	CHECK_INT(seen.rest_count, 0);
}

TEST(unknown_and_unfinished_options_are_refused)
{
	static const char *const unknown[] = {"--nam", "--names", "--", "--=x", "--name-x=1"};
	struct seen seen;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
		CHECK_FAILS(parse(&seen, WORDS(unknown[i], "x"), &err), &err, ERR_INPUT);
		CHECK_CONTAINS(err.text, "unknown option");
	}
	CHECK_FAILS(parse(&seen, WORDS("--quiet", "--name"), &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "'--name' wants a value");
}

/* Standard input holds these bytes from now on. */
static void
type(const char *text)
{
	FILE *file = tmpfile();

	if (!CHECK(file != NULL))
		return;
	fputs(text, file);
	fflush(file);
	rewind(file);
	CHECK(dup2(fileno(file), STDIN_FILENO) == STDIN_FILENO);
	lseek(STDIN_FILENO, 0, SEEK_SET);
	clearerr(stdin);
	fclose(file);
}

TEST(a_line_is_read_without_its_end)
{
	struct ctl ctl = {.arena = test_arena()};
	const char *line = NULL;
	struct error err = {0};

	type("a pass word\r\n");
	CHECK_OK(ctl_read_line(&ctl, &line, &err), &err);
	CHECK_STR(line, "a pass word");
	CHECK_FAILS(ctl_read_line(&ctl, &line, &err), &err, ERR_INPUT);
}

TEST_MAIN(ROW(values_come_behind_or_after_an_equals_sign), ROW(what_is_not_given_keeps_its_default),
    ROW(flags_stand_alone), ROW(words_without_dashes_keep_their_order), ROW(lists_go_on_to_the_next_option),
    ROW(lists_take_an_equals_sign_too), ROW(unknown_and_unfinished_options_are_refused),
    ROW(a_line_is_read_without_its_end))
