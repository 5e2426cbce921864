/*
 * The finished file as a unit of the cache: joined once, used again, never used when it is damaged.
 */
#include "tests/media/film_rig.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

static int number;

static const char *
film_args(const char *colour)
{
	return arena_printf(test_arena(),
	    "{\"output\":\"film%d.mp4\",\"poster\":\"poster.jpg\",\"assets\":{\"a\":\"in0\",\"m\":\"in2\"},"
	    "\"timeline\":{\"version\":1,\"output\":{\"width\":160,\"height\":96,\"fps\":[25,1],\"audio\":{}},"
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1},"
	    "{\"type\":\"colour\",\"color\":\"%s\",\"duration\":0.4}]}],"
	    "\"audio\":[{\"asset\":\"m\",\"loop\":true}]}}",
	    number++, colour);
}

/* Calls for every file of the cache whose name ends so. */
static int
each_file(const char *cache, const char *ending, bool (*change)(int dir, const char *name))
{
	int count = 0;

	for (int i = 0; i < 256; i++) {
		char folder[600];
		const struct dirent *entry;
		DIR *dir;

		snprintf(folder, sizeof(folder), "%s/%02x", cache, i);
		dir = opendir(folder);
		while (dir != NULL && (entry = readdir(dir)) != NULL) {
			const size_t len = strlen(entry->d_name), end = strlen(ending);

			if (len > end && strcmp(entry->d_name + len - end, ending) == 0)
				count += change(dirfd(dir), entry->d_name);
		}
		if (dir != NULL)
			(void)closedir(dir);
	}
	return count;
}

static bool
turn_byte(int dir, const char *name)
{
	int fd = openat(dir, name, O_RDWR);
	uint8_t byte = 0;
	struct stat st;
	bool done = fd >= 0 && fstat(fd, &st) == 0 && pread(fd, &byte, 1, st.st_size / 2) == 1;

	byte ^= 0xff;
	done = done && pwrite(fd, &byte, 1, st.st_size / 2) == 1;
	if (fd >= 0)
		(void)close(fd);
	return done;
}

static bool
remove_file(int dir, const char *name)
{
	return unlinkat(dir, name, 0) == 0;
}

/* The record of the film that is to stay. */
static char spared[HASH_HEX_SIZE];

static bool
remove_other(int dir, const char *name)
{
	return strncmp(name, spared, HASH_HEX_SIZE - 1) != 0 && unlinkat(dir, name, 0) == 0;
}

TEST(film_unchanged_is_not_joined_again)
{
	const int cache = rig_open_dir(test_dir());
	const char *again = NULL;
	struct rig_film first, second, other;

	if (!CHECK_OK(rig_render(film_args("#112233"), cache, &first), &first.err) ||
	    !CHECK_OK(rig_render(again = film_args("#112233"), cache, &second), &second.err) ||
	    !CHECK_OK(rig_render(film_args("#112234"), cache, &other), &other.err))
		return;
	CHECK_JSON_AT(first.json, "/film_reused", "false");
	CHECK_JSON_AT(second.json, "/film_reused", "true");
	CHECK_JSON_AT(other.json, "/film_reused", "false");
	CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
	CHECK_STR(rig_text(second.json, "/codecs"), rig_text(first.json, "/codecs"));
	CHECK_STR(rig_text(second.json, "/poster/sha256"), rig_text(first.json, "/poster/sha256"));
	CHECK_INT(rig_number(second.json, "/bytes"), rig_number(first.json, "/bytes"));
	CHECK_INT(rig_number(second.json, "/spans/reused"), rig_number(second.json, "/spans/total"));
	CHECK_INT(rig_number(second.json, "/spans/list/0/bytes"), rig_number(first.json, "/spans/list/0/bytes"));
	CHECK_INT(rig_number(second.json, "/audio/samples"), rig_number(first.json, "/audio/samples"));
	CHECK_INT(rig_decode(&second, again).frames, 35);
}

TEST(film_stays_when_its_pieces_are_evicted)
{
	const char *folder = test_dir();
	const int cache = rig_open_dir(folder);
	struct rig_film first, second;

	if (!CHECK_OK(rig_render(film_args("#332211"), cache, &first), &first.err))
		return;
	(void)snprintf(spared, sizeof(spared), "%s", rig_text(first.json, "/key"));
	/* two spans and the sound */
	CHECK_INT(each_file(folder, ".piece", remove_other), 3);
	if (CHECK_OK(rig_render(film_args("#332211"), cache, &second), &second.err)) {
		CHECK_JSON_AT(second.json, "/film_reused", "true");
		CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
		CHECK_INT(rig_number(second.json, "/measurements/black_frames"),
		    rig_number(first.json, "/measurements/black_frames"));
	}
}

TEST(film_damaged_or_gone_is_joined_from_its_pieces)
{
	static bool (*const changes[])(int, const char *) = {turn_byte, remove_file};
	const char *folder = test_dir();
	const int cache = rig_open_dir(folder);
	struct rig_film first, second;

	if (!CHECK_OK(rig_render(film_args("#445566"), cache, &first), &first.err))
		return;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		CHECK(each_file(folder, ".film", changes[i]) >= 1);
		if (!CHECK_OK(rig_render(film_args("#445566"), cache, &second), &second.err))
			return;
		CHECK_JSON_AT(second.json, "/film_reused", "false");
		CHECK_INT(rig_number(second.json, "/spans/encoded"), 0);
		CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
	}
}

TEST(film_with_a_damaged_record_is_made_again)
{
	const char *folder = test_dir();
	const int cache = rig_open_dir(folder);
	struct rig_film first, second;

	if (!CHECK_OK(rig_render(film_args("#665544"), cache, &first), &first.err))
		return;
	CHECK(each_file(folder, ".piece", turn_byte) >= 4);
	if (CHECK_OK(rig_render(film_args("#665544"), cache, &second), &second.err)) {
		CHECK_JSON_AT(second.json, "/film_reused", "false");
		CHECK_INT(rig_number(second.json, "/spans/reused"), 0);
		CHECK_STR(rig_text(second.json, "/sha256"), rig_text(first.json, "/sha256"));
	}
}

TEST_MAIN_WITH(rig_set_up, rig_tear_down, ROW(film_unchanged_is_not_joined_again),
    ROW(film_stays_when_its_pieces_are_evicted), ROW(film_damaged_or_gone_is_joined_from_its_pieces),
    ROW(film_with_a_damaged_record_is_made_again))
