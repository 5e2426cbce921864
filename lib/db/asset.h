/*
 * Assets: rows that give a stored file a name, an owner and a meaning. Many assets may share one blob (the bytes, named
 * by their SHA-256).
 *
 * Order of storing, so that collection can never take a file that is about to be used: asset_blob_reserve() first, then
 * rename the file to its place, then make the asset. A blob that no asset refers to is garbage an hour after its last
 * reservation.
 *
 * Functions need the caller on the connection except where said. What the caller may not see is ERR_NOT_FOUND.
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_ASSET_H
#define FW_DB_ASSET_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/project.h"

enum asset_kind {
	ASSET_UPLOAD,
	ASSET_IMAGE,
	ASSET_VIDEO,
	ASSET_AUDIO,
	ASSET_FINAL_VIDEO,
	ASSET_THUMBNAIL,
	ASSET_CAPTIONS,
	ASSET_LAST_FRAME,
	ASSET_KIND__COUNT
};
enum asset_state { ASSET_CHECKING, ASSET_READY, ASSET_REFUSED, ASSET_DELETED, ASSET_STATE__COUNT };

struct asset {
	const char *id;		/* img_, clip_, vid_, aud_, up_, thumb_, cap_ and 16 hex digits */
	const char *project_id; /* NULL: belongs to the user alone */
	int32_t owner_id;
	enum asset_kind kind;
	enum asset_state state;
	const char *sha256; /* the blob; NULL once refused or deleted */
	const char *media_type;
	int64_t bytes;
	int width, height;   /* 0: not known or not a picture */
	int64_t duration_us; /* 0: none */
	int fps_num, fps_den;
	const char *source;	      /* generated, uploaded, derived */
	const char *provider, *model; /* may be NULL */
	bool simulated, cached;
	int64_t price_micros;
	int64_t generation_ms;
	const char *parent_id;			  /* what it was made of, or NULL */
	const char *reason;			  /* why it was refused, for people; or NULL */
	const char *reason_code;		  /* media_truncated, ...; or NULL */
	const char *metadata;			  /* JSON object text */
	const char *file_name;			  /* as uploaded, or NULL */
	const char *thumbnail_id, *last_frame_id; /* a clip's and a film's; or NULL */
	int64_t created_us;
	enum project_role role; /* the caller's; PROJECT_VIEWER through a share link */
};

struct asset_upload {
	const char *sha256;
	int64_t bytes;
	const char *media_type; /* by the leading bytes */
	const char *file_name;	/* or NULL */
	const char *request_id; /* or NULL */
	int64_t quota_bytes;	/* of the user; 0: none */
};

struct asset_uploaded {
	const char *id;
	const char *job_id; /* public id of the asset.probe job */
	int64_t job;	    /* its number, for notifying */
};

struct asset_usage {
	int64_t bytes; /* logical: every asset counts its size */
	int64_t count;
};

const char *asset_kind_name(enum asset_kind kind) RETURNS_NONNULL;
const char *asset_state_name(enum asset_state state) RETURNS_NONNULL;
enum asset_kind asset_kind_of_name(const char *name);
enum asset_state asset_state_of_name(const char *name);

/* Makes or refreshes the blob's row; needs no caller. Call before the file gets its final name. */
int asset_blob_reserve(
    struct db *db, const char *sha256, int64_t bytes, const char *media_type, struct error *err) MUST_CHECK;
/* A new upload in state checking and its asset.probe job. ERR_STORAGE_FULL "quota_exceeded". */
int asset_upload(struct db *db, struct arena *arena, const struct asset_upload *upload, struct asset_uploaded *ret,
    struct error *err) MUST_CHECK;
/* Deleted ones are not found; checking and refused ones are. */
int asset_load(
    struct db *db, struct arena *arena, const char *id, struct asset **ret_asset, struct error *err) MUST_CHECK;
/* Which upload a job asset.probe of the caller looks at; ERR_NOT_FOUND. */
int asset_of_job(
    struct db *db, struct arena *arena, const char *job_id, const char **ret_id, struct error *err) MUST_CHECK;
/* The caller's uploads, newest first; cursor and offset as in project_list(). */
int asset_list_uploads(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct asset **ret_assets, size_t *ret_count, const char **ret_next, struct error *err) MUST_CHECK;
/* Owner only. The row and its share links end at once. ERR_CONFLICT "asset_in_use" while a session's lists name it. */
int asset_delete(struct db *db, const char *id, struct error *err) MUST_CHECK;
/* A reviewer's or the operator's word: the upload, and what is made of it, may be shared. */
int asset_review(struct db *db, const char *id, struct error *err) MUST_CHECK;
int asset_usage(struct db *db, struct asset_usage *ret_usage, struct error *err) MUST_CHECK;

/* Collection, for renderd and ctl: at most `limit` blobs that nothing refers to and whose last reservation is older
 * than `grace_s`. `remove` deletes the file (a missing one is fine) while the row is locked; 0, or -1 to keep the row.
 */
typedef int asset_remove_fn(void *arg, const char *sha256);
int asset_collect(struct db *db, int64_t grace_s, int limit, asset_remove_fn *remove, void *arg, int *ret_removed,
    int64_t *ret_bytes, struct error *err) MUST_CHECK;

#endif
