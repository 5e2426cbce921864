/*
 * struct token_cache: access tokens that this thread has verified already, by their digest, until they end. Checking a
 * signature and parsing its JSON costs more than the rest of a short answer. What a cached token still needs at each
 * use - that it has not ended, and that its user has not ended it - is not cached.
 */
#ifndef FW_FCGI_TOKENS_H
#define FW_FCGI_TOKENS_H

#include "lib/base/hash.h"
#include "lib/net/token.h"

#define TOKEN_CACHE_SIZE 64

struct token_entry {
	unsigned char digest[HASH_SIZE];
	uint64_t used; /* 0: empty */
	struct token_claims claims;
};

struct token_cache {
	uint64_t now; /* counts uses */
	struct token_entry entries[TOKEN_CACHE_SIZE];
};

/* As token_check(). *ret_claims is borrowed until the next call. */
int token_cache_check(struct token_cache *cache, const struct token_keys *keys, const struct clock *clock,
    const char *text, const struct token_claims **ret_claims, struct error *err) MUST_CHECK;

#endif
