/* lib/net/token.c */
#include "tests/harness/test_main.h"

#include <sys/stat.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/net/token.h"

#define SECRET "8f7d0a9be3c24c51b6f0d2a7e9c1435d"
#define NOW ((int64_t)1772359200)

static struct clock test_clock = {.fixed = true, .now_us = NOW * 1000000};

static struct token_keys *
keys_of(const char *secret)
{
	struct token_keys *keys = NULL;
	struct error err;

	CHECK_OK(token_keys_single(secret, &keys, &err), &err);
	return keys;
}

static const char *
sign(const struct token_keys *keys, struct token_claims *claims)
{
	const char *text = "";
	struct error err;

	CHECK_OK(token_sign(keys, &test_clock, claims, test_arena(), &text, &err), &err);
	return text;
}

static struct token_claims
good_claims(void)
{
	return (struct token_claims){.sub = 42, .email = "ann@example.org", .exp = NOW + 3600, .epoch = 3};
}

/* A token of our making, correctly signed with SECRET, whatever it says. */
static const char *
forge(const char *header, const char *payload)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(8192);
	unsigned char mac[HASH_SIZE];

	text_base64url(&buf, header, strlen(header));
	buf_putc(&buf, '.');
	text_base64url(&buf, payload, strlen(payload));
	hash_hmac(SECRET, strlen(SECRET), buf_str(&buf), buf.len, mac);
	buf_putc(&buf, '.');
	text_base64url(&buf, mac, sizeof(mac));
	return arena_strdup(test_arena(), buf_str(&buf));
}

static const char *
kid_of(const struct token_keys *keys)
{
	struct token_claims claims = good_claims();

	sign(keys, &claims);
	return arena_strdup(test_arena(), claims.kid);
}

TEST(signed_tokens_check)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	struct token_claims claims = good_claims(), back = {0};
	const char *text = sign(keys, &claims);
	struct error err;

	CHECK_OK(token_check(keys, &test_clock, text, &back, &err), &err);
	CHECK_INT(back.sub, 42);
	CHECK_STR(back.email, "ann@example.org");
	CHECK_STR(back.iss, TOKEN_ISSUER);
	CHECK_INT(back.iat, NOW);
	CHECK_INT(back.exp, NOW + 3600);
	CHECK_INT(back.epoch, 3);
	CHECK(id_is_uuid(back.jti));
	CHECK_STR(back.jti, claims.jti);
	CHECK_STR(back.kid, claims.kid);
}

TEST(expired_is_told_apart)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	struct token_claims claims = good_claims(), back = {0};
	const char *text = sign(keys, &claims);
	struct clock later = test_clock;
	struct error err;

	clock_advance(&later, INT64_C(3599) * 1000000);
	CHECK_OK(token_check(keys, &later, text, &back, &err), &err);
	clock_advance(&later, INT64_C(1) * 1000000);
	CHECK_FAILS_CODE(token_check(keys, &later, text, &back, &err), &err, ERR_UNAUTHORIZED, "token_expired");
	clock_fixed(&later, (NOW - 60) * 1000000);
	CHECK_FAILS_CODE(token_check(keys, &later, text, &back, &err), &err, ERR_UNAUTHORIZED, "unauthorized");
}

TEST(every_changed_byte_is_refused)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	struct token_claims claims = good_claims();
	char *text = arena_strdup(test_arena(), sign(keys, &claims));
	struct error err;
	unsigned accepted = 0;

	for (size_t i = 0; text[i] != '\0'; i++) {
		struct token_claims back = {0};
		const char saved = text[i];
		text[i] = saved == 'A' ? 'B' : 'A';
		if (token_check(keys, &test_clock, text, &back, &err) == 0 || back.sub != 0)
			accepted++;
		text[i] = saved;
	}
	CHECK_INT(accepted, 0);
}

TEST(algorithm_is_pinned)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	const char *kid = kid_of(keys);
	const char *payload =
	    "{\"iss\":\"framewright\",\"sub\":\"42\",\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772359200,"
	    "\"exp\":1772362800,\"epoch\":0}";
	static const char *const headers[] = {"{\"alg\":\"none\",\"kid\":\"%s\"}", "{\"alg\":\"NONE\",\"kid\":\"%s\"}",
	    "{\"alg\":\"HS384\",\"kid\":\"%s\"}", "{\"alg\":\"HS512\",\"kid\":\"%s\"}",
	    "{\"alg\":\"RS256\",\"kid\":\"%s\"}", "{\"kid\":\"%s\"}", "{\"alg\":\"HS256\",\"kid\":\"x%s\"}",
	    "{\"alg\":\"HS256\",\"crit\":[\"b64\"],\"kid\":\"%s\"}", "{\"alg\":256,\"kid\":\"%s\"}", "[\"%s\"]"};
	struct token_claims back;
	struct error err;

	CHECK_OK(
	    token_check(keys, &test_clock,
		forge(arena_printf(test_arena(), "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid), payload), &back, &err),
	    &err);
	for (size_t i = 0; i < ARRAY_LEN(headers); i++) {
		CLEANUP(buf_done) struct buf header = BUF_INIT(500);
		const char *mark = strstr(headers[i], "%s");
		buf_put(&header, headers[i], (size_t)(mark - headers[i]));
		buf_puts(&header, kid);
		buf_puts(&header, mark + 2);
		const char *text = forge(buf_str(&header), payload);
		if (!CHECK_FAILS(token_check(keys, &test_clock, text, &back, &err), &err, ERR_UNAUTHORIZED))
			fprintf(stderr, "accepted: %s\n", headers[i]);
		/* And without a signature, as 'none' has it. */
		char *bare = arena_strdup(test_arena(), text);
		strrchr(bare, '.')[1] = '\0';
		CHECK_FAILS(token_check(keys, &test_clock, bare, &back, &err), &err, ERR_UNAUTHORIZED);
	}
	CHECK_FAILS(
	    token_check(keys, &test_clock, forge("{\"alg\":\"HS256\"}", payload), &back, &err), &err, ERR_UNAUTHORIZED);
}

TEST(claims_must_be_ours)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	const char *header = arena_printf(test_arena(), "{\"alg\":\"HS256\",\"kid\":\"%s\"}", kid_of(keys));
#define REST "\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772359200,\"exp\":1772362800,\"epoch\":0}"
	static const char *const payloads[] = {
	    "{}",
	    "[]",
	    "x",
	    "{\"sub\":\"42\"," REST,
	    "{\"iss\":\"other\",\"sub\":\"42\"," REST,
	    "{\"iss\":\"framewright\",\"sub\":42," REST,
	    "{\"iss\":\"framewright\",\"sub\":\"0\"," REST,
	    "{\"iss\":\"framewright\",\"sub\":\"-1\"," REST,
	    "{\"iss\":\"framewright\",\"sub\":\"4x\"," REST,
	    "{\"iss\":\"framewright\"," REST,
	    "{\"iss\":\"framewright\",\"sub\":\"42\",\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772359200,\"epoch\":0}",
	    "{\"iss\":\"framewright\",\"sub\":\"42\",\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772359200,\"exp\":"
	    "\"1772362800\",\"epoch\":0}",
	    "{\"iss\":\"framewright\",\"sub\":\"42\",\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772459200,\"exp\":"
	    "1772562800,\"epoch\":0}",
	    "{\"iss\":\"framewright\",\"sub\":\"42\",\"email\":\"a@b.c\",\"jti\":\"x\",\"iat\":1772359200,\"exp\":"
	    "1772362800}",
	};

	for (size_t i = 0; i < ARRAY_LEN(payloads); i++) {
		struct token_claims back;
		struct error err;
		if (!CHECK_FAILS(token_check(keys, &test_clock, forge(header, payloads[i]), &back, &err), &err,
			ERR_UNAUTHORIZED))
			fprintf(stderr, "accepted: %s\n", payloads[i]);
	}
}

TEST(other_texts_are_refused)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	static const char *const rows[] = {
	    "", ".", "..", "a.b", "a.b.c.d", "a.b.", ".b.c", "a b.c.d", "YQ==.YQ.YQ", "e30.e30.e30"};
	struct token_claims back;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_FAILS(token_check(keys, &test_clock, rows[i], &back, &err), &err, ERR_UNAUTHORIZED);
	CHECK_FAILS(token_check(keys, &test_clock, NULL, &back, &err), &err, ERR_UNAUTHORIZED);
	char *huge = arena_zalloc(test_arena(), TOKEN_TEXT_MAX + 10);
	memset(huge, 'a', TOKEN_TEXT_MAX + 9);
	CHECK_FAILS(token_check(keys, &test_clock, huge, &back, &err), &err, ERR_UNAUTHORIZED);
	CHECK_STR(error_public_text(&err), "The access token is not valid.");
}

TEST(another_key_refuses)
{
	CLEANUP(token_keys_free)
	struct token_keys *keys = keys_of(SECRET), *other = keys_of("another-secret-that-is-long-enough");
	struct token_claims claims = good_claims(), back;
	struct error err;

	CHECK_FAILS(token_check(other, &test_clock, sign(keys, &claims), &back, &err), &err, ERR_UNAUTHORIZED);
}

static const char *
keys_file(const char *text)
{
	const char *path = arena_printf(test_arena(), "%s/keys", test_dir());
	struct error err;

	CHECK_OK(path_write(path, text, strlen(text), 0640, &err), &err);
	return path;
}

#define HEX_OLD "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"
#define BASE64_NEW "ISEhISEhISEhISEhISEhISEhISEhISEhISEhISEhISE="

TEST(first_key_signs_and_older_ones_verify)
{
	CLEANUP(token_keys_free) struct token_keys *old = NULL, *both = NULL, *retired = NULL;
	struct token_claims claims = good_claims(), back;
	struct error err;

	CHECK_OK(token_keys_load(keys_file("2025-01:" HEX_OLD "\n"), &old, &err), &err);
	CHECK_OK(
	    token_keys_load(keys_file("# newest first\n2026-01:" BASE64_NEW "\r\n\n2025-01:" HEX_OLD), &both, &err),
	    &err);
	CHECK_OK(token_keys_load(keys_file("2026-01:" BASE64_NEW "\n"), &retired, &err), &err);
	const char *text = sign(old, &claims);
	CHECK_STR(claims.kid, "2025-01");
	CHECK_OK(token_check(both, &test_clock, text, &back, &err), &err);
	CHECK_FAILS(token_check(retired, &test_clock, text, &back, &err), &err, ERR_UNAUTHORIZED);
	text = sign(both, &claims);
	CHECK_STR(claims.kid, "2026-01");
	CHECK_OK(token_check(retired, &test_clock, text, &back, &err), &err);
	CHECK_FAILS(token_check(old, &test_clock, text, &back, &err), &err, ERR_UNAUTHORIZED);
}

TEST(keys_files_are_checked)
{
	static const char *const rows[] = {"", "# only a comment\n", "no colon\n", "a:short\n",
	    "a:" HEX_OLD "\na:" HEX_OLD "\n", "a b:" HEX_OLD, ":" HEX_OLD, "a:not hex or base64!" HEX_OLD};
	struct token_keys *keys = NULL;
	struct error err;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_FAILS(token_keys_load(keys_file(rows[i]), &keys, &err), &err, ERR_INPUT);
		CHECK(strstr(err.text, HEX_OLD) == NULL);
		CU_ASSERT_PTR_NULL(keys);
	}
	const char *open = keys_file("a:" HEX_OLD "\n");
	CHECK_INT(chmod(open, 0644), 0);
	CHECK_FAILS(token_keys_load(open, &keys, &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "read by everybody");
	CHECK_FAILS(token_keys_load("/no/such/file", &keys, &err), &err, ERR_INPUT);
}

TEST(keys_come_from_settings)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
	CLEANUP(token_keys_free) struct token_keys *keys = NULL;
	struct error err;

	CHECK_FAILS(token_keys_conf(conf, &keys, &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.hint, "framewright keys");
	CHECK_OK(conf_set(conf, "JWT_SECRET_KEY", SECRET, &err), &err);
	CHECK_OK(token_keys_conf(conf, &keys, &err), &err);
	token_keys_free(&keys);
	CHECK_OK(conf_set(conf, "JWT_KEYS_FILE", keys_file("k1:" HEX_OLD), &err), &err);
	CHECK_OK(token_keys_conf(conf, &keys, &err), &err);
	CHECK_STR(kid_of(keys), "k1");
}

TEST(senseless_claims_are_not_signed)
{
	CLEANUP(token_keys_free) struct token_keys *keys = keys_of(SECRET);
	struct token_claims nobody = good_claims(), ended = good_claims();
	const char *text;
	struct error err;

	nobody.sub = 0;
	ended.exp = NOW;
	CHECK_FAILS(token_sign(keys, &test_clock, &nobody, test_arena(), &text, &err), &err, ERR_INTERNAL);
	CHECK_FAILS(token_sign(keys, &test_clock, &ended, test_arena(), &text, &err), &err, ERR_INTERNAL);
}

TEST_MAIN(ROW(signed_tokens_check), ROW(expired_is_told_apart), ROW(every_changed_byte_is_refused),
    ROW(algorithm_is_pinned), ROW(claims_must_be_ours), ROW(other_texts_are_refused), ROW(another_key_refuses),
    ROW(first_key_signs_and_older_ones_verify), ROW(keys_files_are_checked), ROW(keys_come_from_settings),
    ROW(senseless_claims_are_not_signed))
