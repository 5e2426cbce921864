/* ctl/keys.c: making and rotating the keys that sign tokens. */
#include <sys/stat.h>
#include <unistd.h>

#include "ctl/ctl.h"
#include "lib/base/path.h"
#include "lib/net/token.h"
#include "tests/harness/test_main.h"

/* main.c has it, and main() as well. */
int
ctl_usage(const char *word)
{
	CHECK_STR(word, "keys");
	return 2;
}

static int
keys(const char *word, const char *path, struct error *err)
{
	struct ctl ctl = {.arena = test_arena()};
	char *argv[] = {arena_strdup(test_arena(), word), path == NULL ? NULL : arena_strdup(test_arena(), path), NULL};

	error_clear(err);
	return cmd_keys(&ctl, path == NULL ? 1 : 2, argv, err);
}

static const char *
file(const char *name)
{
	return arena_printf(test_arena(), "%s/%s", test_dir(), name);
}

static const char *
text_of(const char *path)
{
	struct error err = {0};
	char *text = NULL;

	CHECK_OK(path_read(test_arena(), path, 64 * KIB, &text, NULL, &err), &err);
	return text == NULL ? "" : text;
}

/* A token that the file's first key signs. */
static const char *
sign(const char *path)
{
	CLEANUP(token_keys_free) struct token_keys *set = NULL;
	struct token_claims claims = {.sub = 1, .email = "ann@example.org", .exp = clock_now_s(NULL) + 60};
	const char *text = "";
	struct error err = {0};

	if (CHECK_OK(token_keys_load(path, &set, &err), &err))
		CHECK_OK(token_sign(set, NULL, &claims, test_arena(), &text, &err), &err);
	return text;
}

static void
verifies(const char *path, const char *token)
{
	CLEANUP(token_keys_free) struct token_keys *set = NULL;
	struct token_claims claims;
	struct error err = {0};

	if (CHECK_OK(token_keys_load(path, &set, &err), &err))
		CHECK_OK(token_check(set, NULL, token, &claims, &err), &err);
}

TEST(new_file_is_the_owners_and_signs)
{
	const char *path = file("new.keys");
	struct error err;
	struct stat st;

	CHECK_INT(keys("new", path, &err), 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0600);
	CHECK_INT(st.st_size, 1 + 8 + 1 + 64 + 1);
	CHECK(text_of(path)[0] == 'k');
	verifies(path, sign(path));
}

TEST(rotation_keeps_the_older_keys)
{
	const char *path = file("old.keys"), *before, *old_text, *new_text;
	struct error err;
	struct stat st;

	CHECK_INT(keys("new", path, &err), 0);
	CHECK_INT(chmod(path, 0640), 0);
	before = sign(path);
	old_text = text_of(path);
	CHECK_INT(keys("new", path, &err), 0);
	new_text = text_of(path);
	CHECK_INT(strlen(new_text), strlen(old_text) * 2 + 2);
	CHECK_STR(new_text + strlen(new_text) - strlen(old_text), old_text);
	verifies(path, before);
	CHECK(strcmp(sign(path), before) != 0);
	CHECK_INT(stat(path, &st), 0);
	CHECK_INT(st.st_mode & 07777, 0640);
}

TEST(a_file_that_would_not_load_stays_as_it_was)
{
	const char *path = file("bad.keys"), *full = file("full.keys"), *before;
	struct error err;

	CHECK_OK(path_write(path, "no key at all\n", 14, 0600, &err), &err);
	CHECK_INT(keys("new", path, &err), 1);
	CHECK_STR(text_of(path), "no key at all\n");
	for (int i = 0; i < TOKEN_KEYS_MAX; i++)
		CHECK_INT(keys("new", full, &err), 0);
	before = text_of(full);
	CHECK_INT(keys("new", full, &err), 1);
	CHECK_CONTAINS(err.text, "more than 16 keys");
	CHECK_STR(text_of(full), before);
	CHECK_INT(keys("new", file("no-such-folder/x.keys"), &err), 1);
}

TEST(wrong_use_is_told)
{
	struct error err;

	CHECK_INT(keys("new", NULL, &err), 2);
	CHECK_INT(keys("old", file("x.keys"), &err), 2);
	CHECK(access(file("x.keys"), F_OK) < 0);
}

TEST_MAIN(ROW(new_file_is_the_owners_and_signs), ROW(rotation_keeps_the_older_keys),
    ROW(a_file_that_would_not_load_stays_as_it_was), ROW(wrong_use_is_told))
