/*
 * Tokens: no input made without the key may pass; keys files may hold anything.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "lib/net/token.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct clock clock = {.fixed = true, .now_us = INT64_C(1772359200000000)};
	CLEANUP(arena_free) struct arena *arena = arena_new(16 * MIB);
	CLEANUP(token_keys_free) struct token_keys *keys = NULL;
	struct token_claims claims = {0};
	char digits[65];
	struct error err;

	/* A key nobody knows, the fuzzer included. */
	id_hex(digits, 64);
	if (token_keys_single(digits, &keys, &err) < 0)
		abort();
	const char *text = arena_strndup(arena, (const char *)data, size);
	if (text != NULL && token_check(keys, &clock, text, &claims, &err) == 0)
		abort();
	assert(claims.sub == 0);
	return 0;
}
