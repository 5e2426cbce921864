/*
 * Signatures of outgoing webhooks, held against the published vectors.
 */
#include "lib/net/signature.h"

#include "lib/base/text.h"
#include "tests/harness/test_main.h"

static const char *
signed_with(const char *id, int64_t at_s, const char *body, const char *const *secrets, size_t n)
{
	const struct signature_message message = {id, at_s, body};
	static struct buf header = BUF_INIT(512);
	static unsigned char bytes[2][64];
	struct signature_key keys[2] = {{NULL, 0}, {NULL, 0}};

	buf_reset(&header);
	for (size_t i = 0; i < n; i++) {
		const ssize_t len = text_from_base64(secrets[i], strlen(secrets[i]), bytes[i], sizeof(bytes[i]));

		CHECK(len > 0);
		keys[i] = (struct signature_key){bytes[i], (size_t)len};
	}
	signature_put(&header, &message, keys, 2);
	return buf_str(&header);
}

#define OLD "MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
#define NEW "AAECAwQFBgcICQoLDA0ODxAREhMUFRYX"

TEST(signature_is_what_receivers_compute)
{
	static const char *const first[] = {OLD}, *const second[] = {NEW};

	CHECK_STR(signed_with("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}", first, 1),
	    "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
	CHECK_STR(signed_with("evt_0000000000000001", 1700000000, "{\"type\":\"render.completed\",\"data\":{\"n\":1}}",
		      second, 1),
	    "v1,TYzkUU0n1uAJN9oNKgBvbMP1ETF/5JnRqRtY5MO2dA0=");
}

TEST(signature_of_both_keys_while_one_follows_the_other)
{
	static const char *const both[] = {NEW, OLD};
	const char *header = signed_with("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, "{\"test\": 2432232314}", both, 2);

	CHECK(strncmp(header, "v1,", 3) == 0);
	CHECK(strstr(header, " v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=") != NULL);
}

TEST(signature_changes_with_each_part)
{
	static const char *const key[] = {NEW};
	const char *id = arena_strdup(test_arena(), signed_with("evt_1", 1, "{}", key, 1));

	CHECK(strcmp(id, signed_with("evt_2", 1, "{}", key, 1)) != 0);
	CHECK(strcmp(id, signed_with("evt_1", 2, "{}", key, 1)) != 0);
	CHECK(strcmp(id, signed_with("evt_1", 1, "{ }", key, 1)) != 0);
}

TEST(signature_secret_is_written_as_people_carry_it)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(100);
	const unsigned char bytes[24] = {
	    0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23};
	const struct signature_key key = {bytes, sizeof(bytes)};

	signature_secret_put(&text, &key);
	CHECK_STR(buf_str(&text), "whsec_" NEW);
}

TEST_MAIN(ROW(signature_is_what_receivers_compute), ROW(signature_of_both_keys_while_one_follows_the_other),
    ROW(signature_changes_with_each_part), ROW(signature_secret_is_written_as_people_carry_it))
