#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/id.h"
#include "lib/db/db_priv.h"
#include "lib/db/migrate.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

#define TEST_DB_OPEN_MAX 8

static struct {
	char name[40];
	const char *url;
	const char *server_url;
	struct {
		const char *role;
		struct db *db;
	} open[TEST_DB_OPEN_MAX];
	size_t count;
} state;

static void NORETURN
test_db_die(const char *what, const struct error *err)
{
	fprintf(stderr, "%s: %s %s\n", what, err->text, err->hint);
	exit(1);
}

/* postgresql:///NAME?host=... with another name */
static const char *
test_db_url_of(const char *url, const char *name)
{
	const char *scheme = strstr(url, "://");
	const char *slash = scheme == NULL ? NULL : strchr(scheme + 3, '/');
	const char *query = slash == NULL ? NULL : strchr(slash, '?');
	if (slash == NULL) {
		fprintf(stderr,
		    "FW_TEST_DATABASE_URL must look like postgresql:///postgres?host=/socket/folder&user=postgres\n");
		exit(1);
	}
	return arena_printf(test_arena(), "%.*s/%s%s", (int)(slash - url), url, name, query == NULL ? "" : query);
}

static bool
test_db_server(const char *format, const char *name)
{
	struct error err = {0};
	struct db *db = NULL;
	char sql[200];
	const struct db_options options = {
	    .url = state.server_url, .program = "test", .unprepared = true, .timeout_s = 60};
	/* the format is one of two constants below */
	const char *at = strstr(format, "%s");
	snprintf(sql, sizeof(sql), "%.*s%s%s", (int)(at - format), format, name, at + 2);
	if (db_open(&options, &db, &err) < 0 || db_script(db, "server", sql, &err) < 0) {
		fprintf(stderr, "%s: %s\n", sql, err.text);
		db_close(&db);
		return false;
	}
	db_close(&db);
	return true;
}

int
test_db_set_up_empty(void)
{
	char hex[17];
	state.server_url = getenv("FW_TEST_DATABASE_URL");
	if (state.server_url == NULL || state.server_url[0] == '\0') {
		printf("skipped: FW_TEST_DATABASE_URL is not set (tests/harness/with-pg sets it)\n");
		return 77;
	}
	snprintf(state.name, sizeof(state.name), "fw_test_%s", id_hex(hex, 12));
	state.url = test_db_url_of(state.server_url, state.name);
	return test_db_server("create database %s", state.name) ? 0 : 1;
}

int
test_db_set_up(void)
{
	struct error err = {0};
	const int result = test_db_set_up_empty();
	if (result != 0)
		return result;
	if (migrate_run(test_db(NULL), test_db_sql_dir(), NULL, &err) < 0) {
		fprintf(stderr, "%s %s\n", err.text, err.hint);
		return 1;
	}
	return 0;
}

int
test_db_tear_down(void)
{
	for (size_t i = 0; i < state.count; i++)
		db_close(&state.open[i].db);
	state.count = 0;
	return state.name[0] == '\0' || test_db_server("drop database %s with (force)", state.name) ? 0 : 1;
}

const char *
test_db_url(void)
{
	return state.url;
}

const char *
test_db_sql_dir(void)
{
	const char *top = getenv("top_srcdir");
	return arena_printf(test_arena(), "%s/sql", top == NULL ? "." : top);
}

struct db_options
test_db_options(const char *role)
{
	return (struct db_options){.url = state.url,
	    .user = role,
	    .program = "test",
	    .unprepared = role == NULL,
	    .timeout_s = 60,
	    .attempts = 1};
}

struct db *
test_db_new(const char *role)
{
	struct error err = {0};
	struct db *db = NULL;
	const struct db_options options = test_db_options(role);
	if (db_open(&options, &db, &err) < 0)
		test_db_die("opening the test database", &err);
	return db;
}

struct db *
test_db(const char *role)
{
	for (size_t i = 0; i < state.count; i++) {
		if (role == NULL ? state.open[i].role == NULL
				 : state.open[i].role != NULL && strcmp(state.open[i].role, role) == 0)
			return state.open[i].db;
	}
	if (state.count == TEST_DB_OPEN_MAX)
		abort();
	state.open[state.count].role = role;
	state.open[state.count].db = test_db_new(role);
	return state.open[state.count++].db;
}

/* Like test_ok(), and also good in a set-up function, where asserts cannot be counted: there a failure ends the
 * program. */
static bool
test_db_ok(int result, const struct error *err, const char *what)
{
	if (CU_get_current_test() != NULL)
		return test_ok(result, err, what, __FILE__, __LINE__);
	if (result < 0)
		test_db_die(what, err);
	return true;
}

bool
test_sql(const char *format, ...)
{
	va_list args;
	struct error err = {0};
	va_start(args, format);
	const char *sql = arena_vprintf(test_arena(), format, args);
	va_end(args);
	return test_db_ok(db_script(test_db(NULL), "test_sql", sql, &err), &err, sql);
}

bool
test_sql_fails(const char *sqlstate, const char *format, ...)
{
	va_list args;
	struct error err = {0};
	va_start(args, format);
	const char *sql = arena_vprintf(test_arena(), format, args);
	va_end(args);
	const bool failed = db_script(test_db(NULL), "test_sql", sql, &err) < 0;
	const bool right = failed && strncmp(err.sqlstate, sqlstate, strlen(sqlstate)) == 0;
	return test_check(right, failed ? err.text : sql, __FILE__, __LINE__);
}

static const char *
test_sql_value(const char *sql)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error err = {0};
	/* the superuser's connection prepares nothing, so the statement need not be static */
	const struct db_stmt stmt = {"test_sql", sql, 0};
	if (!test_db_ok(db_run(test_db(NULL), &stmt, DB_NO_ARGS, DB_MANY, &res, &err), &err, sql) || res.count == 0)
		return "";
	struct db_row row = db_row(&res, 0);
	return db_get_text_or(&row, test_arena(), "");
}

int64_t
test_sql_int(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *sql = arena_vprintf(test_arena(), format, args);
	va_end(args);
	return strtoll(test_sql_value(sql), NULL, 10);
}

const char *
test_sql_text(const char *format, ...)
{
	va_list args;
	va_start(args, format);
	const char *sql = arena_vprintf(test_arena(), format, args);
	va_end(args);
	return test_sql_value(sql);
}

int
test_db_user(const char *email)
{
	return (int)test_sql_int("insert into users (email) values ('%s') returning id", email);
}

const char *
test_db_project(int owner)
{
	return test_sql_text("with p as (insert into project (owner_id) values (%d) returning id), a as (insert into "
			     "ad_session (project_id)"
			     " select id from p) select id from p",
	    owner);
}
