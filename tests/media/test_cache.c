/*
 * Pieces and their cache: what is damaged is not used, what was used last stays longest.
 */
#include "tests/harness/test_main.h"

#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "media/cache.h"

#define PAYLOAD (64 * KIB)

static void
key_of(int n, char key[static HASH_HEX_SIZE])
{
	(void)hash_bytes_hex(&n, sizeof(n), key);
}

static int
put(const struct cache *cache, int n)
{
	static const char filler[PAYLOAD];
	struct piece_builder builder;
	const struct sample samples[2] = {{PAYLOAD / 2, 0, 1}, {PAYLOAD / 2, 1, 0}};
	struct error err = {0};
	char key[HASH_HEX_SIZE];
	int ret;

	key_of(n, key);
	piece_builder_init(&builder, PIECE_PICTURE);
	buf_put(&builder.samples, samples, sizeof(samples));
	buf_puts(&builder.extra, "extra");
	buf_put(&builder.data, filler, sizeof(filler));
	ret = cache_put(cache, key, &builder, &err);
	CHECK_OK(ret, &err);
	piece_builder_done(&builder);
	return ret;
}

static bool
has(const struct cache *cache, int n)
{
	struct piece piece;
	struct error err = {0};
	char key[HASH_HEX_SIZE];
	int ret;

	key_of(n, key);
	ret = cache_find(cache, key, &piece, &err);
	CHECK(ret >= 0);
	if (ret != 0)
		return false;
	CHECK_INT(piece.n_samples, 2);
	CHECK_INT(piece.data_len, PAYLOAD);
	CHECK(piece.extra_len == 5 && memcmp(piece.extra, "extra", 5) == 0);
	piece_unmap(&piece);
	return true;
}

static void
path_of(int n, char path[static 80])
{
	char key[HASH_HEX_SIZE];

	key_of(n, key);
	snprintf(path, 80, "%.2s/%s.piece", key, key);
}

static void
make_old(const struct cache *cache, int n, int minutes)
{
	const struct timespec then = {.tv_sec = time(NULL) - 60 * minutes};
	const struct timespec times[2] = {then, then};
	char path[80];

	path_of(n, path);
	CHECK_INT(utimensat(cache->dir, path, times, 0), 0);
}

static struct cache
fresh(int64_t limit)
{
	return (struct cache){.dir = open(test_dir(), O_RDONLY | O_DIRECTORY), .scratch = -1, .limit = limit};
}

TEST(cache_finds_what_was_put)
{
	const struct cache cache = fresh(GB);
	const struct cache scratch = {.dir = -1, .scratch = open(test_dir(), O_RDONLY | O_DIRECTORY)};

	CHECK(!has(&cache, 1));
	(void)put(&cache, 1);
	CHECK(has(&cache, 1));
	CHECK(!has(&cache, 2));
	(void)put(&scratch, 3);
	CHECK(has(&scratch, 3));
}

/* A piece whose data waited in a file is the same file in the end, byte by byte. */
TEST(cache_takes_pieces_that_were_too_long_for_memory)
{
	const struct cache cache = fresh(GB), other = fresh(GB);
	static char filler[PAYLOAD];
	const struct sample samples[2] = {{PAYLOAD / 2, 0, 1}, {PAYLOAD / 2, 1, 0}};
	struct piece_builder builder;
	struct error err = {0};
	char key[HASH_HEX_SIZE], path[80], *bytes[2];
	size_t len[2];

	key_of(1, key);
	path_of(1, path);
	piece_builder_init(&builder, PIECE_PICTURE);
	CHECK_OK(piece_builder_file(&builder, cache.dir, &err), &err);
	buf_put(&builder.samples, samples, sizeof(samples));
	buf_puts(&builder.extra, "extra");
	for (size_t at = 0; at < PAYLOAD; at += 1024)
		CHECK_OK(piece_builder_put(&builder, filler + at, 1024, &err), &err);
	CHECK_OK(cache_put(&cache, key, &builder, &err), &err);
	piece_builder_done(&builder);
	CHECK(has(&cache, 1));
	(void)put(&other, 1);
	for (int i = 0; i < 2; i++) {
		CLEANUP(fd_close) int fd = openat(i == 0 ? cache.dir : other.dir, path, O_RDONLY);

		if (!CHECK_OK(fd_read_all(test_arena(), fd, MIB, &bytes[i], &len[i], &err), &err))
			return;
	}
	CHECK_INT(len[0], len[1]);
	CHECK(memcmp(bytes[0], bytes[1], FW_MIN(len[0], len[1])) == 0);
}

TEST(cache_drops_what_is_damaged)
{
	static const off_t places[] = {0, 10, 100, 1000, PAYLOAD};
	const struct cache cache = fresh(GB);
	char path[80];

	path_of(1, path);
	for (size_t i = 0; i < ARRAY_LEN(places); i++) {
		struct stat st;
		int fd;

		(void)put(&cache, 1);
		fd = openat(cache.dir, path, O_RDWR);
		CHECK(fd >= 0 && fstat(fd, &st) == 0 && pwrite(fd, "!", 1, places[i]) == 1);
		(void)close(fd);
		CHECK(!has(&cache, 1));
		CHECK(faccessat(cache.dir, path, F_OK, 0) < 0);
	}
	(void)put(&cache, 1);
	int fd = openat(cache.dir, path, O_RDWR);
	CHECK(ftruncate(fd, 500) == 0);
	(void)close(fd);
	CHECK(!has(&cache, 1));
}

TEST(cache_evicts_what_was_used_longest_ago)
{
	struct cache cache = fresh(GB);

	for (int n = 1; n <= 6; n++) {
		(void)put(&cache, n);
		make_old(&cache, n, 100 - n);
	}
	/* the oldest is used, and so becomes the newest */
	CHECK(has(&cache, 1));
	cache_trim(&cache);
	CHECK(has(&cache, 2));
	make_old(&cache, 2, 98);
	/* nine tenths of this hold three pieces of 64 KiB and a little */
	cache.limit = (int64_t)(4 * PAYLOAD);
	cache_trim(&cache);
	CHECK(has(&cache, 1));
	CHECK(!has(&cache, 2));
	CHECK(!has(&cache, 3));
	CHECK(has(&cache, 6));
}

TEST_MAIN(ROW(cache_finds_what_was_put), ROW(cache_takes_pieces_that_were_too_long_for_memory),
    ROW(cache_drops_what_is_damaged), ROW(cache_evicts_what_was_used_longest_ago))
