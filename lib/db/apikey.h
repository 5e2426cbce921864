/*
 * API keys: long-lived tokens for programs, with scopes, managed by their owner.
 *
 * The text of a key is known to its owner only; the row holds its SHA-256 and the first characters for recognising it.
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_APIKEY_H
#define FW_DB_APIKEY_H

#include "lib/db/user.h"

#define APIKEY_PREFIX_LEN 11 /* "fw_" and eight characters */
#define APIKEY_SCOPES_MAX 16

struct apikey {
	int64_t id;
	const char *name;
	const char *prefix;
	const char *const *scopes; /* NULL-terminated; none: all that the owner may */
	size_t scope_count;
	int64_t last_used_us; /* CLOCK_NONE: never */
	int64_t created_us;
	int64_t revoked_us; /* CLOCK_NONE: in use */
};

/* For the connection's caller. ERR_INPUT for a name of 0 or more than 100 characters or too many scopes. */
int apikey_create(struct db *db, struct arena *arena, const char *name, const char *key, const char *const *scopes,
    size_t scope_count, struct apikey **ret_key, struct error *err) MUST_CHECK;
/* The caller's keys, newest first, revoked ones included. */
int apikey_list(
    struct db *db, struct arena *arena, struct apikey **ret_keys, size_t *ret_count, struct error *err) MUST_CHECK;
/* ERR_NOT_FOUND when it is not the caller's. */
int apikey_revoke(struct db *db, int64_t id, struct error *err) MUST_CHECK;
/* Whom a key stands for; needs no caller. ERR_UNAUTHORIZED when unknown, revoked or its user is disabled. The time of
 * last use is written at most once a minute. ret_key may be NULL. */
int apikey_check(struct db *db, struct arena *arena, const char *key, struct user **ret_user, struct apikey **ret_key,
    struct error *err) MUST_CHECK;
bool apikey_has_scope(const struct apikey *key, const char *scope);

#endif
