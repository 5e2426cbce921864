/*
 * The file store as renderd uses it: scratch folders of attempts, and blobs named by their content.
 *
 * A daemon's attempts write below tmp/<worker>/ only, each into a folder of its own, so a stale worker that wakes up
 * can spoil nothing; what is good is hashed, reserved in the database and renamed into blob/ab/<hash>. The daemon holds
 * a lock on its folder for as long as it lives; whoever starts next removes the folders of the dead, which may be on
 * other hosts.
 */
#ifndef FW_RENDERD_STORE_H
#define FW_RENDERD_STORE_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"

struct db;

struct store {
	int blobs; /* folders, open for as long as the daemon runs */
	int scratch_root;
	int scratch; /* this daemon's own, locked */
	int cache;
	int live;	  /* films that are watched while they are made: live.h */
	char worker[20];  /* name of the own scratch folder */
	const char *root; /* borrowed from conf, for free-space checks */
	int64_t reserve;  /* bytes that stay free */
};

/* Makes the folders where they are missing, and removes the scratch of daemons that are gone. */
int store_open(struct store *store, const struct conf *conf, int64_t worker, struct error *err) MUST_CHECK;
/* Removes this daemon's scratch. */
void store_close(struct store *store);

/* An upload that takes longer between two writes is one whose responder was killed. */
#define STORE_INBOX_KEPT_S 3600
/* Removes the leftovers of killed uploads from STORE_DIR/inbox. now_s: seconds since 1970. */
int store_clear_inbox(const struct store *store, int64_t now_s, int64_t *ret_removed, struct error *err) MUST_CHECK;

/* An empty folder for this attempt. ERR_STORAGE_FULL below the reserve. fd or -1. */
int store_scratch(const struct store *store, int64_t lease, struct error *err) MUST_CHECK;
/* Failures are left to whoever starts next. */
void store_scratch_remove(const struct store *store, int64_t lease);

struct stored {
	char sha256[65];
	int64_t bytes;
};

/*
 * Makes scratch/name a blob: hash, asset_blob_reserve(), fsync, rename. The same bytes are stored once. Nothing of it
 * is visible to a user before the job's finish statement refers to it.
 */
int store_publish(const struct store *store, struct db *db, int scratch, const char *name, const char *media_type,
    struct stored *ret_stored, struct error *err) MUST_CHECK;
/* Read-only; fd or -1, ERR_NOT_FOUND "blob_missing" when the file is not there. */
int store_open_blob(const struct store *store, const char *sha256, struct error *err) MUST_CHECK;
/* For asset_collect(): unlinks a blob; a missing one is fine. */
int store_remove_blob(const struct store *store, const char *sha256, struct error *err) MUST_CHECK;

#endif
