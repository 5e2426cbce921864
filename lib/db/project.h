/*
 * Projects in general: who may do what in one, and its members. What a project is made of belongs to its kind
 * (session.h).
 *
 * All need the caller on the connection. A project the caller may not see is ERR_NOT_FOUND.
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_PROJECT_H
#define FW_DB_PROJECT_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"

struct db;

enum project_role { PROJECT_NONE, PROJECT_VIEWER, PROJECT_EDITOR, PROJECT_OWNER, PROJECT_ROLE__COUNT };

struct project {
	const char *id;
	const char *kind;
	const char *title; /* may be NULL */
	int32_t owner_id;
	enum project_role role; /* the caller's */
	int64_t event_seq;
	int64_t total_micros;
	int64_t limit_micros;
	int64_t created_us;
	int64_t updated_us;
};

struct project_member {
	int32_t user_id;
	const char *email;
	enum project_role role;
};

/* "none", "viewer", "editor", "owner". */
const char *project_role_name(enum project_role role) RETURNS_NONNULL;
enum project_role project_role_of_name(const char *name);

int project_load(
    struct db *db, struct arena *arena, const char *id, struct project **ret_project, struct error *err) MUST_CHECK;
/* The caller's own and shared ones, latest change first. `cursor` is a former *ret_next or NULL; *ret_next is NULL at
 * the end. Without a cursor `offset` rows are passed over. */
int project_list(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct project **ret_projects, size_t *ret_count, const char **ret_next, struct error *err) MUST_CHECK;

/* A new project of the caller; kind as in the table, title 1-200 code points. */
int project_create(struct db *db, struct arena *arena, const char *kind, const char *title, const char **ret_id,
    struct error *err) MUST_CHECK;

int project_members(struct db *db, struct arena *arena, const char *id, struct project_member **ret_members,
    size_t *ret_count, struct error *err) MUST_CHECK;
/* Viewer or editor; owner only, else ERR_FORBIDDEN. Changing a member's role is the same call. */
int project_member_set(
    struct db *db, const char *id, int32_t user_id, enum project_role role, struct error *err) MUST_CHECK;
int project_member_remove(struct db *db, const char *id, int32_t user_id, struct error *err) MUST_CHECK;

#endif
