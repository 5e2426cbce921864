#include "fcgi/tokens.h"

#include "lib/base/hash.h"

int
token_cache_check(struct token_cache *cache, const struct token_keys *keys, const struct clock *clock, const char *text,
    const struct token_claims **ret_claims, struct error *err)
{
	struct token_entry *oldest = &cache->entries[0];
	unsigned char digest[HASH_SIZE];

	hash_bytes(text, strlen(text), digest);
	for (size_t i = 0; i < TOKEN_CACHE_SIZE; i++) {
		struct token_entry *entry = &cache->entries[i];

		if (entry->used != 0 && memcmp(entry->digest, digest, HASH_SIZE) == 0) {
			if (entry->claims.exp <= clock_now_s(clock)) {
				entry->used = 0;
				break;
			}
			entry->used = ++cache->now;
			*ret_claims = &entry->claims;
			return 0;
		}
		if (entry->used < oldest->used)
			oldest = entry;
	}
	if (token_check(keys, clock, text, &oldest->claims, err) < 0) {
		oldest->used = 0;
		return -1;
	}
	memcpy(oldest->digest, digest, HASH_SIZE);
	oldest->used = ++cache->now;
	*ret_claims = &oldest->claims;
	return 0;
}
