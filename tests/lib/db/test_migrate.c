#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/db/migrate.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

static void
shell(const char *command)
{
	char *const argv[] = {(char *)"sh", (char *)"-c", (char *)command, NULL};
	const pid_t pid = fork();
	if (pid == 0) {
		execv("/bin/sh", argv);
		_exit(127);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
}

/* A copy of sql/ in which files can be changed. */
static const char *
copy_of_sql(void)
{
	const char *dir = test_dir();
	shell(arena_printf(test_arena(), "cp -r '%s/.' '%s' && chmod -R u+w '%s'", test_db_sql_dir(), dir, dir));
	return dir;
}

TEST(migrate_check_names_what_to_do)
{
	struct error err = {0};
	CHECK_FAILS_CODE(migrate_check(test_db(NULL), &err), &err, ERR_UNAVAILABLE, "schema_outdated");
	CHECK_CONTAINS(err.hint, "framewright migrate");
}

static void *
migrate_thread(void *arg)
{
	int *result = arg;
	struct error err = {0};
	struct db *db = test_db_new(NULL);
	struct migrate_report report;
	*result = migrate_run(db, test_db_sql_dir(), &report, &err) == 0 ? report.applied : -1;
	if (*result < 0)
		fprintf(stderr, "%s\n", err.text);
	db_close(&db);
	return NULL;
}

TEST(migrate_concurrently_applies_once)
{
	pthread_t threads[3];
	int results[3] = {0};
	for (int i = 0; i < 3; i++)
		CHECK(pthread_create(&threads[i], NULL, migrate_thread, &results[i]) == 0);
	for (int i = 0; i < 3; i++)
		pthread_join(threads[i], NULL);
	const int patches = (int)test_sql_int("select count(*) from schema_patch where name ~ '^[0-9]'");
	CHECK(results[0] >= 0 && results[1] >= 0 && results[2] >= 0);
	CHECK_INT(results[0] + results[1] + results[2], patches);
	CHECK(patches > 0);
}

TEST(migrate_again_changes_nothing)
{
	struct error err = {0};
	struct migrate_report report;
	CHECK_OK(migrate_run(test_db(NULL), test_db_sql_dir(), &report, &err), &err);
	CHECK_INT(report.applied, 0);
	CHECK(!report.reloaded);
	CHECK(report.present > 0);
}

TEST(migrate_check_passes_for_every_role)
{
	static const char *const roles[] = {
	    "framewright_api", "framewright_renderd", "framewright_eventd", "framewright_ctl"};
	for (size_t i = 0; i < ARRAY_LEN(roles); i++) {
		struct error err = {0};
		CHECK_OK(migrate_check(test_db(roles[i]), &err), &err);
	}
}

TEST(migrate_schema_is_the_newest_patch)
{
	CHECK_STR(test_sql_text("select max(name) from schema_patch where name ~ '^[0-9]'"), MIGRATE_SCHEMA);
}

TEST(migrate_keeps_operators_changes)
{
	struct error err = {0};
	struct migrate_report report;
	const char *dir = copy_of_sql();
	test_sql("update price set micros = 7 where model = 'sdxl'; update provider_limit set max_inflight = 3 where "
		 "name = 'local'");
	shell(arena_printf(test_arena(), "echo '-- changed' >> '%s/functions/core.sql'", dir));
	CHECK_OK(migrate_run(test_db(NULL), dir, &report, &err), &err);
	CHECK(report.reloaded);
	CHECK_INT(test_sql_int("select micros from price where model = 'sdxl'"), 7);
	CHECK_INT(test_sql_int("select max_inflight from provider_limit where name = 'local'"), 3);
}

TEST(migrate_drops_functions_that_are_gone)
{
	struct error err = {0};
	const char *dir = copy_of_sql();
	test_sql("create function framewright.left_over() returns int language sql as 'select 1'");
	shell(arena_printf(test_arena(), "echo '-- changed again' >> '%s/functions/core.sql'", dir));
	CHECK_OK(migrate_run(test_db(NULL), dir, NULL, &err), &err);
	CHECK_INT(test_sql_int("select count(*) from pg_proc where proname = 'left_over'"), 0);
	CHECK_INT(test_sql_int("select count(*) from pg_trigger where tgname = 'project_touch'"), 1);
	CHECK(test_sql_int("select count(*) from pg_policies where schemaname = 'framewright'") > 50);
}

TEST(migrate_applies_a_new_patch_and_old_programs_say_so)
{
	struct error err = {0};
	struct migrate_report report;
	const char *dir = copy_of_sql();
	shell(arena_printf(
	    test_arena(), "echo 'create table extra (id int primary key);' > '%s/migrations/9998-extra.sql'", dir));
	CHECK_OK(migrate_run(test_db(NULL), dir, &report, &err), &err);
	CHECK_INT(report.applied, 1);
	CHECK_STR(test_sql_text("select tableowner from pg_tables where tablename = 'extra'"), "framewright_owner");
	CHECK_STR(test_sql_text("select relrowsecurity::text from pg_class where relname = 'extra'"), "true");
	CHECK_FAILS_CODE(migrate_check(test_db("framewright_renderd"), &err), &err, ERR_UNAVAILABLE, "schema_newer");
	error_clear(&err);
	CHECK_FAILS_CODE(
	    migrate_run(test_db(NULL), test_db_sql_dir(), NULL, &err), &err, ERR_UNAVAILABLE, "schema_newer");
}

TEST(migrate_refuses_an_edited_patch)
{
	struct error err = {0};
	const char *dir = copy_of_sql();
	shell(arena_printf(test_arena(),
	    "echo 'create table extra (id int primary key);' > '%s/migrations/9998-extra.sql'; echo '-- edited' >> "
	    "'%s/migrations/%s.sql'",
	    dir, dir, MIGRATE_SCHEMA));
	CHECK_FAILS_CODE(migrate_run(test_db(NULL), dir, NULL, &err), &err, ERR_CONFLICT, "patch_edited");
	CHECK_CONTAINS(err.text, MIGRATE_SCHEMA);
}

TEST(migrate_that_fails_leaves_nothing_behind)
{
	struct error err = {0};
	const char *dir = copy_of_sql();
	shell(arena_printf(test_arena(),
	    "echo 'create table extra (id int primary key);' > '%s/migrations/9998-extra.sql';"
	    " echo 'create table half (id int); select no_such_function();' > '%s/migrations/9999-broken.sql'",
	    dir, dir));
	CHECK(migrate_run(test_db(NULL), dir, NULL, &err) < 0);
	CHECK_CONTAINS(err.text, "9999-broken");
	CHECK_INT(test_sql_int("select count(*) from pg_tables where tablename = 'half'"), 0);
	CHECK_INT(test_sql_int("select count(*) from schema_patch where name = '9999-broken'"), 0);
}

TEST_MAIN_WITH(test_db_set_up_empty, test_db_tear_down, ROW(migrate_check_names_what_to_do),
    ROW(migrate_concurrently_applies_once), ROW(migrate_again_changes_nothing),
    ROW(migrate_check_passes_for_every_role), ROW(migrate_schema_is_the_newest_patch),
    ROW(migrate_keeps_operators_changes), ROW(migrate_drops_functions_that_are_gone),
    ROW(migrate_applies_a_new_patch_and_old_programs_say_so), ROW(migrate_refuses_an_edited_patch),
    ROW(migrate_that_fails_leaves_nothing_behind))
