/* lib/base/hash.c */
#include "tests/harness/test_main.h"

#include <fcntl.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

TEST(known_digests)
{
	static const struct {
		const char *text, *hex;
	} rows[] = {
	    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
	    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char hex[HASH_HEX_SIZE];
		CHECK_STR(hash_bytes_hex(rows[i].text, strlen(rows[i].text), hex), rows[i].hex);
		CHECK(hash_is_hex(hex));
	}
	CHECK(!hash_is_hex("BA7816BF8F01CFEA414140DE5DAE2223B00361A396177A9CB410FF61F20015AD"));
	CHECK(!hash_is_hex("abc"));
	CHECK(!hash_is_hex(NULL));
}

TEST(streaming_equals_one_shot_and_starts_anew)
{
	CLEANUP(hash_done) struct hash hash = {0};
	char hex[HASH_HEX_SIZE], whole[HASH_HEX_SIZE];

	hash_init(&hash);
	for (int round = 0; round < 2; round++) {
		hash_add(&hash, "hello ", 6);
		hash_add(&hash, "world", 5);
		hash_end_hex(&hash, hex);
		CHECK_STR(hex, hash_bytes_hex("hello world", 11, whole));
	}
}

static void
digest_of(const char *a, const char *b, char hex[static HASH_HEX_SIZE])
{
	CLEANUP(hash_done) struct hash hash = {0};

	hash_init(&hash);
	hash_add_str(&hash, a);
	hash_add_str(&hash, b);
	hash_end_hex(&hash, hex);
}

TEST(strings_do_not_run_together)
{
	char one[HASH_HEX_SIZE], two[HASH_HEX_SIZE], three[HASH_HEX_SIZE];

	digest_of("ab", "c", one);
	digest_of("a", "bc", two);
	CHECK(strcmp(one, two) != 0);
	digest_of("a", NULL, two);
	digest_of("a", "", three);
	CHECK(strcmp(two, three) != 0);
}

TEST(descriptor_is_hashed_from_its_beginning)
{
	const char *path = arena_printf(test_arena(), "%s/file", test_dir());
	unsigned char digest[HASH_SIZE];
	char hex[HASH_HEX_SIZE];
	struct error err;
	int64_t size = 0;

	CHECK_OK(path_write(path, "abc", 3, 0600, &err), &err);
	CLEANUP(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC);
	CHECK_INT(lseek(fd, 2, SEEK_SET), 2);
	CHECK_OK(hash_fd(fd, digest, &size, &err), &err);
	CHECK_INT(size, 3);
	CHECK_INT(lseek(fd, 0, SEEK_CUR), 2);
	CHECK_STR(hash_hex(digest, hex), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	CHECK_FAILS(hash_fd(-1, digest, NULL, &err), &err, ERR_INTERNAL);
}

/* RFC 4231, test case 2 */
TEST(hmac_known_answer)
{
	unsigned char mac[HASH_SIZE];
	char hex[HASH_HEX_SIZE];

	hash_hmac("Jefe", 4, "what do ya want for nothing?", 28, mac);
	CHECK_STR(text_hex(mac, sizeof(mac), hex), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST_MAIN(ROW(known_digests), ROW(streaming_equals_one_shot_and_starts_anew), ROW(strings_do_not_run_together),
    ROW(descriptor_is_hashed_from_its_beginning), ROW(hmac_known_answer))
