/*
 * What the ad flow need not pay twice: parser results for 7 days, generated pictures for 24 hours.
 *
 * Keys are 64 hex digits; jobs carry theirs in the payload ("cache_key", absent with fresh), so nobody computes them
 * twice differently. Uploads never enter. Used by renderd; needs no caller.
 */
#ifndef FW_DB_ADCACHE_H
#define FW_DB_ADCACHE_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct db;

struct adcache_entry {
	const char *kind;	  /* "prompt", "image" */
	const char *value;	  /* JSON object text: the job result as it was, in the arena */
	const char *asset_sha256; /* the blob of a picture, or NULL */
};

/* *ret_entry is NULL without a live entry. Counts the hit. A picture whose blob is gone is no entry; a found blob is
 * reserved anew, so it stays until the job has ended. */
int adcache_find(struct db *db, struct arena *arena, const char *key, struct adcache_entry **ret_entry,
    struct error *err) MUST_CHECK;

#endif
