/*
 * A fresh, migrated database per test program, on the cluster that FW_TEST_DATABASE_URL names (tests/harness/with-pg
 * starts one). Programs without it are skipped.
 *
 *     TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(job_runs_once))
 *
 * Roles connect as themselves: test_db("framewright_api").
 */
#ifndef FW_TESTS_HARNESS_DB_H
#define FW_TESTS_HARNESS_DB_H

#include "lib/db/db.h"

/* 77 without FW_TEST_DATABASE_URL. Makes database fw_test_<random> and migrates it from $top_srcdir/sql. */
int test_db_set_up(void);
/* The same without migrating. */
int test_db_set_up_empty(void);
/* Closes what test_db() opened and drops the database. */
int test_db_tear_down(void);

/* The URL of this program's database, as the cluster's superuser. */
const char *test_db_url(void) RETURNS_NONNULL;
/* $top_srcdir/sql */
const char *test_db_sql_dir(void) RETURNS_NONNULL;
/* Options for a connection of one's own; role NULL: superuser. */
struct db_options test_db_options(const char *role);
/* A connection that lives until the program ends, one per role; NULL: superuser. Never NULL: a failure ends the
 * program. */
struct db *test_db(const char *role) RETURNS_NONNULL;
/* One more connection of a role, for threads; the caller closes it. */
struct db *test_db_new(const char *role) RETURNS_NONNULL;

/* As superuser with search_path framewright; a failure is a failed assert with the server's words. */
bool test_sql(const char *format, ...) PRINTF_LIKE(1, 2);
/* Whether it fails, and with this SQLSTATE ("" for any). */
bool test_sql_fails(const char *sqlstate, const char *format, ...) PRINTF_LIKE(2, 3);
/* The first column of the first row; 0 or "" for null and no row. The text lives in test_arena(). */
int64_t test_sql_int(const char *format, ...) PRINTF_LIKE(1, 2);
const char *test_sql_text(const char *format, ...) PRINTF_LIKE(1, 2) RETURNS_NONNULL;

/* A user, and a project of a user with its ad session. The id lives in test_arena(). */
int test_db_user(const char *email);
const char *test_db_project(int owner) RETURNS_NONNULL;

#endif
