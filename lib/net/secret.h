/*
 * Passwords, random tokens, sealed values. secret.c is the only includer of libsodium.
 */
#ifndef FW_NET_SECRET_H
#define FW_NET_SECRET_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

#define SECRET_HASH_SIZE 128	 /* text of a password hash with its NUL */
#define SECRET_PASSWORD_MAX 1024 /* bytes */
#define SECRET_TOKEN_BYTES 32
#define SECRET_TOKEN_SIZE 44 /* base64url of SECRET_TOKEN_BYTES and the NUL */

struct secret_cost {
	size_t memory; /* bytes; at least 8 KiB */
	unsigned passes;
};

/* PASSWORD_MEMORY and PASSWORD_PASSES. */
struct secret_cost secret_cost_conf(const struct conf *conf);
/* Least possible, for tests. */
extern const struct secret_cost secret_cost_test;

/* Argon2id in PHC text form ("$argon2id$..."). Takes tens of milliseconds and cost.memory bytes. */
int secret_password_hash(const char *password, const struct secret_cost *cost, char ret_hash[static SECRET_HASH_SIZE],
    struct error *err) MUST_CHECK;
/* hash NULL (unknown user): does the same work against a dummy of the given cost and is false, so that time does not
 * tell whether a user exists. */
bool secret_password_check(const char *hash, const char *password, const struct secret_cost *cost) MUST_CHECK;

/* Comparison in constant time. */
bool secret_equal(const void *a, const void *b, size_t len) MUST_CHECK;
/* Texts; the length may show. NULL equals nothing. */
bool secret_equal_text(const char *a, const char *b) MUST_CHECK;
void secret_wipe(void *bytes, size_t len);
/* Wipes and frees a malloc'ed string, for CLEANUP(secret_str_free) char *. */
void secret_str_free(char **text);

/* Locked, guarded memory that is wiped when freed. Aborts when there is none. */
void *secret_new(size_t len) RETURNS_NONNULL;
void secret_free(void *secret_pointer); /* takes a pointer to the pointer, leaves NULL */

/* Random bytes for keys. */
void secret_random(void *bytes, size_t len);

/* A random token for a person or program to carry; what is stored is its digest. */
void secret_token(char text[static SECRET_TOKEN_SIZE]);
void secret_token_digest(const char *text, unsigned char digest[static HASH_SIZE]);

/* Ed25519, for providers that sign their webhooks so. */
bool secret_signed_by(const unsigned char public_key[static 32], const unsigned char signature[static 64],
    const void *message, size_t len) MUST_CHECK;

#endif
