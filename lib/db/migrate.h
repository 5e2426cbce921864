/*
 * Brings a database to this version: roles, numbered patches, functions, policies, grants, seeds. Repeatable, safe when
 * several start at once (one waits), all or nothing in one transaction. A patch that was applied and edited afterwards
 * is refused.
 */
#ifndef FW_DB_MIGRATE_H
#define FW_DB_MIGRATE_H

#include "lib/db/db.h"

/* The newest patch this program was written for; a test compares it with sql/migrations/. */
#define MIGRATE_SCHEMA "0009-prepared-clips"

struct migrate_report {
	int applied;   /* new patches */
	int present;   /* patches that were there */
	bool reloaded; /* functions, policies, grants and seeds were loaded */
};

/* `db` is an administrator's connection (it makes roles); `dir` holds migrations/, functions/, seeds/, roles.sql,
 * policies.sql, grants.sql. */
int migrate_run(struct db *db, const char *dir, struct migrate_report *ret_report, struct error *err) MUST_CHECK;

/* For daemons at start: does the database fit this program? ERR_UNAVAILABLE "schema_outdated" or "schema_newer" with a
 * hint. */
int migrate_check(struct db *db, struct error *err) MUST_CHECK;

#endif
