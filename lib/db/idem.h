/*
 * Idempotency keys: the same key and body give the same answer, and the work is done once.
 *
 * Both calls belong into the transaction that does the work: if it rolls back the key is free again. Needs the caller;
 * keys are scoped to it and kept for 24 hours.
 */
#ifndef FW_DB_IDEM_H
#define FW_DB_IDEM_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

struct db;

#define IDEM_KEY_MAX 64

struct idem {
	bool replay; /* an answer is there: send it and do nothing */
	int status;
	const char *content;  /* JSON text, in the arena */
	const char *location; /* or NULL */
};

/* `request` is the digest of method, path and body. Waits at most 2 s for a rival transaction with the same key.
 * ERR_CONFLICT "idempotency_running" while the first one is not done, ERR_INPUT "idempotency_mismatch" when the key was
 * used for another request. On success with !replay the key is ours until the transaction ends. */
int idem_begin(struct db *db, struct arena *arena, const char *key, const char *route,
    const unsigned char request[static HASH_SIZE], struct idem *ret_idem, struct error *err) MUST_CHECK;
/* Stores the answer. `content` is JSON text or NULL, `location` may be NULL. */
int idem_finish(struct db *db, const char *key, int status, const char *content, const char *location,
    struct error *err) MUST_CHECK;

#endif
