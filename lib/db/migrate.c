/*
 * Migrating: everything in one transaction under an advisory lock, so that it happens as a whole or not at all and
 * once.
 *
 * Patches of migrations/ are applied in the order of their names and recorded with their digests. Functions, policies,
 * grants and seeds are no patches: when any of their files changed, all functions are dropped (and with them the
 * triggers, views and policies that use them, which the same files make again) and everything is loaded anew.
 */
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/hash.h"
#include "lib/base/path.h"
#include "lib/db/db_priv.h"
#include "lib/db/migrate.h"

#define MIGRATE_FILES_MAX 500
#define MIGRATE_FILE_BYTES_MAX (4 * MIB)
#define MIGRATE_ARENA_BYTES (64 * MIB)
#define MIGRATE_RELOADED "functions"

static const struct db_stmt patches_stmt = {
    "migrate_patches", "select name, sha256 from schema_patch order by name", 0};
static const struct db_stmt patch_put_stmt = {"migrate_patch_put",
    "insert into schema_patch (name, sha256) values ($1, $2)"
    " on conflict (name) do update set sha256 = excluded.sha256, applied_at = now()",
    2};
/* What the database says it is; null while nothing was applied. */
static const struct db_stmt version_stmt = {
    "migrate_version", "select max(name) from framewright.schema_patch where name ~ '^[0-9]'", 0};

const struct db_stmt_row migrate_statements[] = {
    {&patches_stmt, "arec"},
    {&version_stmt, "arec"},
    {NULL, NULL},
};

struct migrate_file {
	const char *name; /* without .sql */
	const char *path;
	const char *sql;
	char sha256[HASH_HEX_SIZE];
};

struct migrate_files {
	struct migrate_file *items;
	size_t count;
};

struct migrate {
	struct arena *arena;
	const char *dir;
	struct migrate_file roles;
	struct migrate_file policies;
	struct migrate_file grants;
	struct migrate_files patches;
	struct migrate_files functions;
	struct migrate_files seeds;
	char reloaded[HASH_HEX_SIZE]; /* digest over all that is reloaded */
	struct migrate_report report;
};

static int
migrate_read_file(struct migrate *m, const char *relative, struct migrate_file *file, struct error *err)
{
	struct stat st;
	file->path = arena_printf(m->arena, "%s/%s", m->dir, relative);
	if (file->path == NULL)
		return arena_error(m->arena, err);
	CLEANUP(fd_close) int fd = open(file->path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st) < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", file->path);
	if (st.st_size > (off_t)MIGRATE_FILE_BYTES_MAX)
		return error_set(err, ERR_INTERNAL, "'%s' is too large", file->path);
	char *sql = arena_zalloc(m->arena, (size_t)st.st_size + 1);
	if (sql == NULL)
		return arena_error(m->arena, err);
	for (off_t at = 0; at < st.st_size;) {
		const ssize_t got = read(fd, sql + at, (size_t)(st.st_size - at));
		if (got <= 0)
			return error_errno(err, ERR_INTERNAL, "reading '%s'", file->path);
		at += got;
	}
	file->sql = sql;
	(void)hash_bytes_hex(sql, (size_t)st.st_size, file->sha256);
	const char *base = path_base(file->path);
	file->name = arena_strndup(m->arena, base, strlen(base) - strlen(".sql"));
	return file->name == NULL ? arena_error(m->arena, err) : 0;
}

static int
migrate_by_name(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void
migrate_closedir(DIR **dir)
{
	if (*dir != NULL)
		closedir(*dir);
}

/* The .sql files of a folder in the order of their names. */
static int
migrate_read_folder(struct migrate *m, const char *folder, struct migrate_files *files, struct error *err)
{
	const char **names = ARENA_ARRAY(m->arena, MIGRATE_FILES_MAX, const char *);
	const char *path = arena_printf(m->arena, "%s/%s", m->dir, folder);
	if (names == NULL || path == NULL)
		return arena_error(m->arena, err);
	CLEANUP(migrate_closedir) DIR *dir = opendir(path);
	if (dir == NULL)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", path);
	for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
		const size_t len = strlen(entry->d_name);
		if (entry->d_name[0] == '.' || len < 5 || strcmp(entry->d_name + len - 4, ".sql") != 0)
			continue;
		if (files->count == MIGRATE_FILES_MAX)
			return error_set(err, ERR_INTERNAL, "too many files in '%s'", path);
		names[files->count++] = arena_printf(m->arena, "%s/%s", folder, entry->d_name);
	}
	if (files->count == 0)
		return error_set(err, ERR_INTERNAL, "there are no .sql files in '%s'", path);
	qsort(names, files->count, sizeof(*names), migrate_by_name);
	files->items = ARENA_ARRAY(m->arena, files->count, struct migrate_file);
	if (files->items == NULL)
		return arena_error(m->arena, err);
	for (size_t i = 0; i < files->count; i++) {
		if (migrate_read_file(m, names[i], &files->items[i], err) < 0)
			return -1;
	}
	return 0;
}

static void
migrate_hash_files(struct hash *hash, const struct migrate_files *files)
{
	for (size_t i = 0; i < files->count; i++) {
		hash_add_str(hash, files->items[i].name);
		hash_add_str(hash, files->items[i].sha256);
	}
}

static int
migrate_read(struct migrate *m, struct error *err)
{
	if (migrate_read_file(m, "roles.sql", &m->roles, err) < 0 ||
	    migrate_read_file(m, "policies.sql", &m->policies, err) < 0 ||
	    migrate_read_file(m, "grants.sql", &m->grants, err) < 0 ||
	    migrate_read_folder(m, "migrations", &m->patches, err) < 0 ||
	    migrate_read_folder(m, "functions", &m->functions, err) < 0 ||
	    migrate_read_folder(m, "seeds", &m->seeds, err) < 0)
		return -1;
	CLEANUP(hash_done) struct hash hash = {0};
	hash_init(&hash);
	hash_add_str(&hash, m->roles.sha256);
	migrate_hash_files(&hash, &m->functions);
	hash_add_str(&hash, m->policies.sha256);
	hash_add_str(&hash, m->grants.sha256);
	migrate_hash_files(&hash, &m->seeds);
	(void)hash_end_hex(&hash, m->reloaded);
	return 0;
}

static const struct migrate_file *
migrate_find(const struct migrate_files *files, const char *name)
{
	for (size_t i = 0; i < files->count; i++) {
		if (strcmp(files->items[i].name, name) == 0)
			return &files->items[i];
	}
	return NULL;
}

static int
migrate_script(struct db *db, const struct migrate_file *file, struct error *err)
{
	if (db_script(db, file->name, file->sql, err) < 0)
		return error_wrap(err, "loading '%s'", file->path);
	return 0;
}

static int
migrate_record(struct db *db, const char *name, const char *sha256, struct error *err)
{
	return db_exec(db, &patch_put_stmt, DB_ARGS(DB_TEXT(name), DB_TEXT(sha256)), NULL, err);
}

/* Compares what was applied with the files; ret_applied[i] tells of patches.items[i], ret_same of the reloaded files.
 */
static int
migrate_compare(struct db *db, struct migrate *m, bool *ret_applied, bool *ret_same, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &patches_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return -1;
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		const char *name = db_get_text(&row, m->arena);
		const char *sha256 = db_get_text(&row, m->arena);
		if (db_row_end(&row, err) < 0)
			return -1;
		if (strcmp(name, MIGRATE_RELOADED) == 0) {
			*ret_same = strcmp(sha256, m->reloaded) == 0;
			continue;
		}
		const struct migrate_file *file = migrate_find(&m->patches, name);
		if (file == NULL) {
			(void)error_code(err, ERR_UNAVAILABLE, "schema_newer",
			    "The database has the patch '%s', which this version does not know", name);
			error_hint(err, "install the version that made this database, or a newer one");
			return error_fail();
		}
		if (strcmp(file->sha256, sha256) != 0) {
			(void)error_code(err, ERR_CONFLICT, "patch_edited",
			    "The patch '%s' was edited after it had been applied", name);
			error_hint(err, "restore the file and put the change into a new patch");
			return error_fail();
		}
		ret_applied[file - m->patches.items] = true;
		m->report.present++;
	}
	return 0;
}

static int
migrate_reload(struct db *db, struct migrate *m, struct error *err)
{
	static const char drop[] = "do $$ declare v record; begin"
				   " for v in select p.oid::regprocedure as signature, p.prokind from pg_proc p"
				   "  where p.pronamespace = 'framewright'::regnamespace loop"
				   "  if to_regprocedure(v.signature::text) is not null then"
				   "   execute format('drop routine %s cascade', v.signature);"
				   "  end if;"
				   " end loop; end $$";
	if (db_script(db, "dropping functions", drop, err) < 0)
		return -1;
	for (size_t i = 0; i < m->functions.count; i++) {
		if (migrate_script(db, &m->functions.items[i], err) < 0)
			return -1;
	}
	if (migrate_script(db, &m->policies, err) < 0 || migrate_script(db, &m->grants, err) < 0)
		return -1;
	for (size_t i = 0; i < m->seeds.count; i++) {
		if (migrate_script(db, &m->seeds.items[i], err) < 0)
			return -1;
	}
	if (db_script(db, "partitions", "select partitions_keep()", err) < 0)
		return -1;
	m->report.reloaded = true;
	return migrate_record(db, MIGRATE_RELOADED, m->reloaded, err);
}

static int
migrate_apply(struct db *db, void *arg, struct error *err)
{
	struct migrate *m = arg;
	bool applied[MIGRATE_FILES_MAX] = {false};
	bool same = false;
	memset(&m->report, 0, sizeof(m->report));
	/* check_function_bodies: a function may name one of a later file */
	if (db_script(db, "preparing",
		"set local statement_timeout = 0; set local lock_timeout = '60s'; set local check_function_bodies = "
		"off;"
		" set local client_min_messages = warning;"
		" select pg_advisory_xact_lock(hashtext('framewright.migrate'))",
		err) < 0)
		return -1;
	if (migrate_script(db, &m->roles, err) < 0 || migrate_compare(db, m, applied, &same, err) < 0)
		return -1;
	for (size_t i = 0; i < m->patches.count; i++) {
		const struct migrate_file *patch = &m->patches.items[i];
		if (applied[i])
			continue;
		if (migrate_record(db, patch->name, patch->sha256, err) < 0 || migrate_script(db, patch, err) < 0)
			return -1;
		m->report.applied++;
	}
	return same && m->report.applied == 0 ? 0 : migrate_reload(db, m, err);
}

int
migrate_run(struct db *db, const char *dir, struct migrate_report *ret_report, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(MIGRATE_ARENA_BYTES);
	struct migrate m = {.arena = arena, .dir = dir};
	if (migrate_read(&m, err) < 0 || db_transaction(db, migrate_apply, &m, err) < 0)
		return error_wrap(err, "migrating");
	if (ret_report != NULL)
		*ret_report = m.report;
	return 0;
}

static int
migrate_outdated(const char *have, struct error *err)
{
	(void)error_code(err, ERR_UNAVAILABLE, "schema_outdated", "The database is at '%s', this program needs '%s'",
	    have[0] == '\0' ? "nothing" : have, MIGRATE_SCHEMA);
	error_hint(err, "run `framewright migrate`");
	return error_fail();
}

int
migrate_check(struct db *db, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error local = {0};
	char have[64];
	if (db_run(db, &version_stmt, DB_NO_ARGS, DB_ONE, &res, &local) < 0) {
		/* no such table, no such schema, no rights: it was never migrated */
		if (strncmp(local.sqlstate, "42", 2) == 0 || strcmp(local.sqlstate, "3F000") == 0)
			return migrate_outdated("", err);
		if (err != NULL)
			*err = local;
		return error_fail();
	}
	struct db_row row = db_row(&res, 0);
	db_get_chars(&row, have, sizeof(have));
	if (db_row_end(&row, err) < 0)
		return -1;
	if (strcmp(have, MIGRATE_SCHEMA) < 0)
		return migrate_outdated(have, err);
	if (strcmp(have, MIGRATE_SCHEMA) > 0) {
		(void)error_code(err, ERR_UNAVAILABLE, "schema_newer",
		    "The database is at '%s', this program knows '%s'", have, MIGRATE_SCHEMA);
		error_hint(err, "install the version that migrated the database");
		return error_fail();
	}
	return 0;
}
