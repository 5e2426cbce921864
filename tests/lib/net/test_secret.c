/* lib/net/secret.c */
#include "tests/harness/test_main.h"

#include "lib/base/text.h"
#include "lib/net/secret.h"

TEST(password_hash_verifies_only_its_password)
{
	char hash[SECRET_HASH_SIZE], again[SECRET_HASH_SIZE];
	struct error err;

	CHECK_OK(secret_password_hash("correct horse", &secret_cost_test, hash, &err), &err);
	CHECK(text_starts(hash, "$argon2id$"));
	CHECK(secret_password_check(hash, "correct horse", &secret_cost_test));
	CHECK(!secret_password_check(hash, "correct hors", &secret_cost_test));
	CHECK(!secret_password_check(hash, "", &secret_cost_test));
	CHECK(!secret_password_check("not a hash", "correct horse", &secret_cost_test));
	CHECK(!secret_password_check(NULL, "correct horse", &secret_cost_test));
	CHECK_OK(secret_password_hash("correct horse", &secret_cost_test, again, &err), &err);
	CHECK(strcmp(hash, again) != 0);
}

TEST(too_long_passwords_are_refused)
{
	char hash[SECRET_HASH_SIZE], *password = arena_zalloc(test_arena(), SECRET_PASSWORD_MAX + 2);
	struct error err;

	memset(password, 'p', SECRET_PASSWORD_MAX + 1);
	CHECK_FAILS(secret_password_hash(password, &secret_cost_test, hash, &err), &err, ERR_INPUT);
	CHECK(!secret_password_check(NULL, password, &secret_cost_test));
}

TEST(cost_comes_from_settings)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
	const struct secret_cost cost = secret_cost_conf(conf);

	CHECK_INT(cost.memory, 64 * MIB);
	CHECK_INT(cost.passes, 2);
}

TEST(comparison)
{
	CHECK(secret_equal("abc", "abd", 2));
	CHECK(!secret_equal("abc", "abd", 3));
	CHECK(secret_equal_text("abc", "abc"));
	CHECK(!secret_equal_text("abc", "abcd"));
	CHECK(!secret_equal_text("abc", "abx"));
	CHECK(!secret_equal_text(NULL, NULL));
	CHECK(!secret_equal_text("", NULL));
}

TEST(tokens_are_long_and_differ)
{
	char one[SECRET_TOKEN_SIZE], two[SECRET_TOKEN_SIZE];
	unsigned char a[HASH_SIZE], b[HASH_SIZE];

	secret_token(one);
	secret_token(two);
	CHECK_INT(strlen(one), 43);
	CHECK(strcmp(one, two) != 0);
	CHECK_INT(strspn(one, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), 43);
	secret_token_digest(one, a);
	secret_token_digest(two, b);
	CHECK(memcmp(a, b, HASH_SIZE) != 0);
	secret_token_digest(one, b);
	CHECK(memcmp(a, b, HASH_SIZE) == 0);
}

/* RFC 8032, section 7.1, test 2 */
TEST(ed25519_known_answer)
{
	unsigned char key[32], signature[64];

	CHECK_INT(text_from_hex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", key, 32), 0);
	CHECK_INT(text_from_hex("92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
				"085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00",
		      signature, 64),
	    0);
	CHECK(secret_signed_by(key, signature, "\x72", 1));
	CHECK(!secret_signed_by(key, signature, "\x73", 1));
	signature[0] ^= 1;
	CHECK(!secret_signed_by(key, signature, "\x72", 1));
}

TEST(secret_memory_is_zeroed_at_birth)
{
	unsigned char *bytes = secret_new(64);

	for (int i = 0; i < 64; i++)
		CU_ASSERT_FATAL(bytes[i] == 0);
	secret_free(&bytes);
	CU_ASSERT_PTR_NULL(bytes);
	secret_free(&bytes);
	CLEANUP(secret_str_free) char *text = strdup("wiped");
	secret_wipe(text, 2);
	CHECK_INT(text[0], 0);
}

TEST_MAIN(ROW(password_hash_verifies_only_its_password), ROW(too_long_passwords_are_refused),
    ROW(cost_comes_from_settings), ROW(comparison), ROW(tokens_are_long_and_differ), ROW(ed25519_known_answer),
    ROW(secret_memory_is_zeroed_at_birth))
