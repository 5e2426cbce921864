/*
 * Access tokens: JWT, HS256 and nothing else. token.c is the only includer of libjwt.
 *
 * Several keys may verify, the first signs; every token names its key in the header (`kid`), and a token without a
 * known kid is refused. Whether a user's tokens have been ended (epoch) is the caller's question to the database.
 */
#ifndef FW_NET_TOKEN_H
#define FW_NET_TOKEN_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/base/id.h"

#define TOKEN_ISSUER "framewright"
#define TOKEN_KEYS_MAX 16
#define TOKEN_KEY_MIN 32    /* bytes */
#define TOKEN_TEXT_MAX 4096 /* longer texts are refused unread */
#define TOKEN_LEEWAY_S 5    /* clocks of two machines */

struct token_claims {
	char iss[64];
	int64_t sub; /* user id, positive */
	char email[255];
	int64_t iat, exp; /* seconds since 1970 */
	char jti[ID_UUID_SIZE];
	int64_t epoch; /* users.token_epoch at issue */
	char kid[64];  /* set by token_sign and token_check */
};

struct token_keys;

/* Lines `kid:key`, key in hex or base64 of at least TOKEN_KEY_MIN bytes; the first signs. '#' begins a comment line. */
int token_keys_load(const char *path, struct token_keys **ret_keys, struct error *err) MUST_CHECK;
/* One key from its text as it stands; its kid is made from its digest. */
int token_keys_single(const char *secret, struct token_keys **ret_keys, struct error *err) MUST_CHECK;
/* JWT_KEYS_FILE, else JWT_SECRET_KEY; ERR_INPUT with a hint when neither is set. */
int token_keys_conf(const struct conf *conf, struct token_keys **ret_keys, struct error *err) MUST_CHECK;
/* Wipes the keys. */
void token_keys_free(struct token_keys **keys);

/* Fills iss, jti (when empty) and kid into claims, takes iat and exp as given (iat 0: now; exp must be later). The text
 * lives in the arena. Safe in threads: keys are only read. */
int token_sign(const struct token_keys *keys, const struct clock *clock, struct token_claims *claims,
    struct arena *arena, const char **ret_text, struct error *err) MUST_CHECK;
/* ERR_UNAUTHORIZED for anything that is not one of our valid tokens; code "token_expired" when only its time is over.
 */
int token_check(const struct token_keys *keys, const struct clock *clock, const char *text,
    struct token_claims *ret_claims, struct error *err) MUST_CHECK;

#endif
