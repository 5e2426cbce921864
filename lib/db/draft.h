/*
 * Drafts: the timeline that a project keeps while its film is being thought about. One per project, replaced as a
 * whole; a version number keeps two editors from overwriting each other.
 *
 * Functions need the caller on the connection. Everything returned lives in the arena.
 */
#ifndef FW_DB_DRAFT_H
#define FW_DB_DRAFT_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/project.h"

struct db;

#define DRAFT_ANY_VERSION (-1)

struct draft {
	const char *id;
	int version;		   /* from 1 */
	const char *timeline_json; /* as it was sent */
	enum project_role role;	   /* the caller's */
	int64_t updated_us;
};

/* ERR_NOT_FOUND "timeline_not_found" also for a project that the caller may not see. */
int draft_load(
    struct db *db, struct arena *arena, const char *project_id, struct draft **ret_draft, struct error *err) MUST_CHECK;
/* timeline_json was checked by the caller; assets: ids that it names. version: the one that was changed (0: there was
 * none), or DRAFT_ANY_VERSION. Fills id, version and updated_us. ERR_CONFLICT "version_conflict"; ERR_INPUT
 * "asset_not_found". */
int draft_put(struct db *db, struct arena *arena, const char *project_id, const char *timeline_json,
    const char *const *assets, size_t asset_count, int version, struct draft *ret_draft, struct error *err) MUST_CHECK;

#endif
