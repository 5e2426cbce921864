/*
 * Share links: a random, expiring, revocable address for one asset. The token is stored as SHA-256 only.
 *
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_SHARE_H
#define FW_DB_SHARE_H

#include "lib/db/asset.h"

struct share {
	const char *id; /* UUID */
	const char *asset_id;
	int64_t expires_us; /* CLOCK_NONE: until revoked */
	int64_t created_us;
};

/* expires_in_s 0: until revoked. Needs the caller as owner or editor. ERR_NOT_FOUND for what is not theirs,
 * ERR_CONFLICT "review_required" for unreviewed uploads and what was made of them. */
int share_create(struct db *db, struct arena *arena, const char *asset_id, const char *token, int64_t expires_in_s,
    struct share **ret_share, struct error *err) MUST_CHECK;
/* The links of an asset that are in use. */
int share_list(struct db *db, struct arena *arena, const char *asset_id, struct share **ret_shares, size_t *ret_count,
    struct error *err) MUST_CHECK;
/* ERR_NOT_FOUND when it is not the caller's or is revoked already. */
int share_revoke(struct db *db, const char *id, struct error *err) MUST_CHECK;
/* What a token opens; needs no caller. ERR_NOT_FOUND when unknown, expired, revoked or the asset is gone. */
int share_open(
    struct db *db, struct arena *arena, const char *token, struct asset **ret_asset, struct error *err) MUST_CHECK;

#endif
