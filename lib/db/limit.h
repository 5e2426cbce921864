/*
 * Limits per user and per address, all in one place: token buckets in the database, so that every process counts
 * together.
 */
#ifndef FW_DB_LIMIT_H
#define FW_DB_LIMIT_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

struct db;

struct limit_rule {
	const char *scope; /* "start", "upload", ... */
	double per_minute; /* refill */
	double burst;	   /* size of the bucket, at least 1 */
};

/* Takes one token for `key` (a user id or an address). ERR_LIMIT "rate_limited" with retry_after_s when the bucket is
 * empty. */
int limit_take(struct db *db, const struct limit_rule *rule, const char *key, struct error *err) MUST_CHECK;
/* ERR_LIMIT "too_many_jobs" when the caller has `max` unfinished jobs already. Needs the caller. */
int limit_open_jobs(struct db *db, int max, struct error *err) MUST_CHECK;

#endif
