/* lib/base/path.c and path_tree.c */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "lib/base/text.h"

static const char *
in(const char *dir, const char *name)
{
	return arena_printf(test_arena(), "%s/%s", dir, name);
}

static bool
exists(const char *path)
{
	struct stat st;

	return lstat(path, &st) == 0;
}

TEST(safe_relative_paths)
{
	static const struct {
		const char *path;
		bool safe;
	} rows[] = {
	    {"a", true},
	    {"a/b.c", true},
	    {".hidden", true},
	    {"...", true},
	    {"a b", true},
	    {"\xc3\xa9", true},
	    {"", false},
	    {"/a", false},
	    {"a/", false},
	    {"a//b", false},
	    {"..", false},
	    {"a/../b", false},
	    {"a/.", false},
	    {"-rf", false},
	    {"a/-x", false},
	    {"a\nb", false},
	    {"a\x7f", false},
	    {NULL, false},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(path_is_safe(rows[i].path), rows[i].safe);
	char part[300];
	memset(part, 'a', sizeof(part) - 1);
	part[256] = '\0';
	CHECK(!path_is_safe(part));
	part[255] = '\0';
	CHECK(path_is_safe(part));
}

TEST(names_for_people)
{
	static const struct {
		const char *in, *out;
	} rows[] = {
	    {"My film.mp4", "My film.mp4"},
	    {"../../etc/passwd", "_.._etc_passwd"},
	    {"a\r\nSet-Cookie: x", "a__Set-Cookie_ x"},
	    {"caf\xc3\xa9 \xe2\x80\xae.mp4", "caf\xc3\xa9 _.mp4"},
	    {"...", "video"},
	    {"", "video"},
	    {NULL, "video"},
	    {"\xff\xfe", "video"},
	    {"-rf", "rf"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *name = path_safe_name(test_arena(), rows[i].in, "video");
		if (i != 1)
			CHECK_STR(name, rows[i].out);
		CHECK(path_is_safe(name));
	}
}

TEST(make_is_like_mkdir_p)
{
	const char *dir = test_dir();
	struct error err;

	CHECK_OK(path_make(in(dir, "a/b/c/"), 0750, &err), &err);
	CHECK_OK(path_make(in(dir, "a/b/c"), 0750, &err), &err);
	CHECK(exists(in(dir, "a/b/c")));
	CHECK_OK(path_write(in(dir, "a/file"), "x", 1, 0600, &err), &err);
	CHECK_FAILS(path_make(in(dir, "a/file/d"), 0750, &err), &err, ERR_INTERNAL);
	CHECK_FAILS(path_make(in(dir, "a/file"), 0750, &err), &err, ERR_INTERNAL);
	CLEANUP(fd_close) int fd = path_open_dir(dir, &err);
	CHECK_OK(path_make_at(fd, "x/y", 0700, &err), &err);
	CHECK(exists(in(dir, "x/y")));
	CHECK_FAILS(path_make_at(fd, "../y", 0700, &err), &err, ERR_INPUT);
	CHECK_FAILS(path_open_dir(in(dir, "none"), &err), &err, ERR_NOT_FOUND);
}

TEST(write_replaces_whole_files)
{
	const char *path = in(test_dir(), "file");
	struct error err;
	char *text;
	size_t len;

	CHECK_OK(path_write(path, "one", 3, 0640, &err), &err);
	CHECK_OK(path_write(path, "second", 6, 0640, &err), &err);
	CHECK_OK(path_read(test_arena(), path, 100, &text, &len, &err), &err);
	CHECK_STR(text, "second");
	CHECK_INT(len, 6);
	CHECK_FAILS(path_read(test_arena(), path, 5, &text, &len, &err), &err, ERR_TOO_LARGE);
	CHECK_OK(path_read(test_arena(), path, 6, &text, NULL, &err), &err);
	CHECK_FAILS(path_read(test_arena(), in(path, "x"), 5, &text, &len, &err), &err, ERR_INTERNAL);
	CHECK_FAILS(path_read(test_arena(), in(test_dir(), "none"), 5, &text, &len, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(path_write(in(path, "below"), "x", 1, 0600, &err), &err, ERR_INTERNAL);
}

TEST(publish_moves_and_replaces)
{
	const char *dir = test_dir();
	struct error err;
	char *text;

	CLEANUP(fd_close) int fd = path_open_dir(dir, &err);
	CHECK_OK(path_write(in(dir, "t1"), "one", 3, 0600, &err), &err);
	CHECK_OK(path_publish(fd, "t1", fd, "final", &err), &err);
	CHECK(!exists(in(dir, "t1")));
	CHECK_OK(path_write(in(dir, "t2"), "two", 3, 0600, &err), &err);
	CHECK_OK(path_publish(fd, "t2", fd, "final", &err), &err);
	CHECK_OK(path_read(test_arena(), in(dir, "final"), 9, &text, NULL, &err), &err);
	CHECK_STR(text, "two");
	CHECK_FAILS(path_publish(fd, "absent", fd, "final", &err), &err, ERR_INTERNAL);
	CHECK(exists(in(dir, "final")));
}

TEST(publish_new_keeps_the_first)
{
	const char *dir = test_dir();
	struct error err;
	bool existed = true;
	char *text;

	CLEANUP(fd_close) int fd = path_open_dir(dir, &err);
	CHECK_OK(path_write(in(dir, "t1"), "one", 3, 0600, &err), &err);
	CHECK_OK(path_publish_new(fd, "t1", fd, "final", &existed, &err), &err);
	CHECK(!existed);
	CHECK_OK(path_write(in(dir, "t2"), "two", 3, 0600, &err), &err);
	CHECK_OK(path_publish_new(fd, "t2", fd, "final", &existed, &err), &err);
	CHECK(existed);
	CHECK(!exists(in(dir, "t2")));
	CHECK_OK(path_read(test_arena(), in(dir, "final"), 9, &text, NULL, &err), &err);
	CHECK_STR(text, "one");
}

TEST(trees_are_removed_without_following_links)
{
	const char *dir = test_dir(), *outside = test_dir();
	struct error err;

	CHECK_OK(path_write(in(outside, "keep"), "precious", 8, 0600, &err), &err);
	CHECK_OK(path_make(in(dir, "tree/a/b"), 0700, &err), &err);
	CHECK_OK(path_write(in(dir, "tree/a/b/f"), "12345", 5, 0600, &err), &err);
	CHECK_OK(path_write(in(dir, "tree/g"), "123", 3, 0600, &err), &err);
	CHECK_INT(symlink(outside, in(dir, "tree/a/link")), 0);
	CLEANUP(fd_close) int fd = path_open_dir(dir, &err);
	CHECK_OK(path_remove_tree(fd, "tree", &err), &err);
	CHECK(!exists(in(dir, "tree")));
	CHECK(exists(in(outside, "keep")));
	CHECK_OK(path_remove_tree(fd, "tree", &err), &err);
}

TEST(space_is_checked_against_a_reserve)
{
	const char *dir = test_dir();
	struct error err;
	int64_t bytes = 0;

	CHECK_OK(path_free_space(dir, &bytes, &err), &err);
	CHECK(bytes > 0);
	CHECK_OK(path_check_space(dir, 1, 0, &err), &err);
	CHECK_FAILS(path_check_space(dir, 1, INT64_MAX, &err), &err, ERR_STORAGE_FULL);
	CHECK_FAILS(path_check_space(dir, INT64_MAX, 0, &err), &err, ERR_STORAGE_FULL);
	CHECK(strstr(error_public_text(&err), "bytes") == NULL);
	CHECK_FAILS(path_free_space("/no/such/folder", &bytes, &err), &err, ERR_INTERNAL);
}

TEST(temporary_names_are_safe_and_differ)
{
	char one[PATH_TEMP_SIZE], two[PATH_TEMP_SIZE];

	path_temp_name(one, "upload-with-a-very-long-name-indeed");
	path_temp_name(two, "upload-with-a-very-long-name-indeed");
	CHECK(strcmp(one, two) != 0);
	CHECK(path_is_safe(one));
	CHECK(text_ends(one, ".tmp"));
	CHECK_STR(path_base("/a/b"), "b");
	CHECK_STR(path_base("b"), "b");
}

TEST_MAIN(ROW(safe_relative_paths), ROW(names_for_people), ROW(make_is_like_mkdir_p), ROW(write_replaces_whole_files),
    ROW(publish_moves_and_replaces), ROW(publish_new_keeps_the_first), ROW(trees_are_removed_without_following_links),
    ROW(space_is_checked_against_a_reserve), ROW(temporary_names_are_safe_and_differ))
