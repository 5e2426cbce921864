#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/db/bell.h"
#include "lib/db/db_priv.h"
#include "lib/db/notify.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

static struct db *
api(void)
{
	return test_db("framewright_api");
}

static int
set_up(void)
{
	const int result = test_db_set_up();
	if (result != 0)
		return result;
	test_sql(
	    "create table counted (id int primary key, n int not null); grant select, insert, update on counted to "
	    "framewright_api;"
	    "insert into counted values (1, 0), (2, 0);"
	    "create function refuse_it(p_status int) returns void language sql as $$"
	    " select framewright.refuse(p_status, 'area_code', 'A sentence for the client.', '/field', 'Do this.') $$;"
	    "grant execute on function refuse_it(int) to framewright_api");
	return 0;
}

TEST(statement_carries_every_type_there_and_back)
{
	static const struct db_stmt stmt = {"test_types",
	    "select $1::bigint, $2::float8, $3::bool, $4::text, $5::bytea, $6::timestamptz, $7::bigint[]::text[], "
	    "$8::text[], $9::int, "
	    "array_length($10::float8[], 1), '2026-03-01 10:00:00.5+05:30'::timestamptz",
	    10};
	static const char bytes[] = {0, 1, (char)0xff, '\\', '\''};
	static const int64_t ints[] = {1, -2, INT64_MAX};
	static const char *const texts[] = {"plain", "", "with \"quotes\" and \\", "a,b}{", "NULL", "näh"};
	static const double reals[] = {0.1, -1e300};
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error err = {0};
	size_t count = 0;
	CHECK_OK(db_run(api(), &stmt,
		     DB_ARGS(DB_INT(INT64_MIN), DB_REAL(0.1), DB_BOOL(true), DB_TEXT("it's \"so\""),
			 DB_BYTES(bytes, sizeof(bytes)), DB_TIME(1772359200123456), DB_INTS(ints, 3),
			 DB_TEXTS(texts, 6), DB_NULL, DB_REALS(reals, 2)),
		     DB_ONE, &res, &err),
	    &err);
	struct db_row row = db_row(&res, 0);
	CHECK(db_get_int(&row) == INT64_MIN);
	CHECK(db_get_real(&row) == 0.1);
	CHECK(db_get_bool(&row));
	CHECK_STR(db_get_text(&row, test_arena()), "it's \"so\"");
	const void *back = db_get_bytes(&row, test_arena(), &count);
	CHECK(count == sizeof(bytes) && memcmp(back, bytes, count) == 0);
	CHECK_INT(db_get_time(&row), 1772359200123456);
	const char *const *items = db_get_texts(&row, test_arena(), &count);
	CHECK(count == 3);
	CHECK_STR(items[2], "9223372036854775807");
	items = db_get_texts(&row, test_arena(), &count);
	CHECK_INT(count, 6);
	for (size_t i = 0; i < 6; i++)
		CHECK_STR(items[i], texts[i]);
	CHECK(db_is_null(&row));
	CHECK_INT(db_get_int_or(&row, 7), 7);
	CHECK_INT(db_get_int(&row), 2);
	CHECK_INT(db_get_time(&row), 1772339400500000);
	CHECK_OK(db_row_end(&row, &err), &err);
}

TEST(row_reports_the_first_thing_that_does_not_fit)
{
	static const struct db_stmt stmt = {"test_misfit", "select null::int, 'x'", 0};
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error err = {0};
	CHECK_OK(db_run(api(), &stmt, DB_NO_ARGS, DB_ONE, &res, &err), &err);
	struct db_row row = db_row(&res, 0);
	CHECK_FAILS(db_row_end(&row, &err), &err, ERR_INTERNAL);
	CHECK_INT(db_get_int(&row), 0);
	CHECK_INT(db_get_int(&row), 0);
	error_clear(&err);
	CHECK_FAILS(db_row_end(&row, &err), &err, ERR_INTERNAL);
	CHECK_CONTAINS(err.text, "column 0 of 'test_misfit' is null");
}

TEST(statement_answers_in_the_expected_shape_or_fails)
{
	static const struct db_stmt none = {"test_shape_none", "select 1 where false", 0};
	static const struct db_stmt two = {"test_shape_two", "select 1 union all select 2", 0};
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct error err = {0};
	CHECK_FAILS(db_run(api(), &none, DB_NO_ARGS, DB_ONE, &res, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(db_run(api(), &two, DB_NO_ARGS, DB_ONE, &res, &err), &err, ERR_INTERNAL);
	CHECK_FAILS(db_run(api(), &two, DB_NO_ARGS, DB_AT_MOST_ONE, &res, &err), &err, ERR_INTERNAL);
	CHECK_FAILS(db_run(api(), &two, DB_NO_ARGS, DB_NONE, &res, &err), &err, ERR_INTERNAL);
	error_clear(&err);
	CHECK_OK(db_run(api(), &none, DB_NO_ARGS, DB_AT_MOST_ONE, &res, &err), &err);
	CHECK_INT(res.count, 0);
	CHECK_OK(db_run(api(), &two, DB_NO_ARGS, DB_MANY, &res, &err), &err);
	CHECK_INT(res.count, 2);
}

TEST(refusal_becomes_an_error_of_its_status)
{
	static const struct db_stmt stmt = {"test_refuse", "select refuse_it($1)", 1};
	static const struct {
		int status;
		enum error_kind kind;
	} rows[] = {{402, ERR_BUDGET}, {403, ERR_FORBIDDEN}, {404, ERR_NOT_FOUND}, {409, ERR_CONFLICT},
	    {422, ERR_INPUT}, {429, ERR_LIMIT}, {503, ERR_UNAVAILABLE}};
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};
		CHECK_FAILS_CODE(db_exec(api(), &stmt, DB_ARGS(DB_INT(rows[i].status)), NULL, &err), &err, rows[i].kind,
		    "area_code");
		CHECK_STR(error_public_text(&err), "A sentence for the client.");
		CHECK_STR(err.hint, "Do this.");
		CHECK_STR(err.pointer, "/field");
		CHECK_INT(error_status(&err), rows[i].status);
	}
}

TEST(servers_words_stay_inside)
{
	static const struct db_stmt stmt = {"test_secret", "select secret_column from no_such_table", 0};
	struct error err = {0};
	CHECK_FAILS(db_exec(api(), &stmt, DB_NO_ARGS, NULL, &err), &err, ERR_INTERNAL);
	CHECK_STR(err.sqlstate, "42P01");
	CHECK_CONTAINS(err.text, "no_such_table");
	CHECK(strstr(error_public_text(&err), "table") == NULL);
}

TEST(caller_lasts_for_its_own_statements_only)
{
	static const struct db_stmt stmt = {"test_caller", "select caller()", 0};
	struct error err = {0};
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct db_row row;
	db_caller(api(), 12);
	CHECK_OK(db_run(api(), &stmt, DB_NO_ARGS, DB_ONE, &res, &err), &err);
	row = db_row(&res, 0);
	CHECK_INT(db_get_int_or(&row, -1), 12);
	db_caller(api(), 0);
	CHECK_OK(db_run(api(), &stmt, DB_NO_ARGS, DB_ONE, &res, &err), &err);
	row = db_row(&res, 0);
	CHECK_INT(db_get_int_or(&row, -1), -1);
}

static const struct db_stmt add_stmt = {"test_add", "update counted set n = n + 1 where id = $1", 1};
static const struct db_stmt count_stmt = {"test_count", "select n from counted where id = $1", 1};

static int
add_and_fail(struct db *db, void *arg, struct error *err)
{
	const int *id = arg;
	if (db_exec(db, &add_stmt, DB_ARGS(DB_INT(*id)), NULL, err) < 0)
		return -1;
	return error_set(err, ERR_INPUT, "no");
}

TEST(transaction_that_fails_is_rolled_back)
{
	struct error err = {0};
	int id = 1;
	const int64_t before = test_sql_int("select n from counted where id = 1");
	CHECK_FAILS(db_transaction(api(), add_and_fail, &id, &err), &err, ERR_INPUT);
	CHECK_INT(test_sql_int("select n from counted where id = 1"), before);
	CHECK(!db_in_transaction(api()));
}

struct crossing {
	pthread_t thread;
	pthread_barrier_t *barrier;
	int first, second;
	int runs;
	int result;
	struct error err;
};

static int
crossing_run(struct db *db, void *arg, struct error *err)
{
	struct crossing *c = arg;
	if (db_exec(db, &add_stmt, DB_ARGS(DB_INT(c->first)), NULL, err) < 0)
		return -1;
	if (c->runs++ == 0)
		pthread_barrier_wait(c->barrier);
	return db_exec(db, &add_stmt, DB_ARGS(DB_INT(c->second)), NULL, err);
}

static void *
crossing_main(void *arg)
{
	struct crossing *c = arg;
	struct db *db = test_db_new("framewright_api");
	c->result = db_transaction(db, crossing_run, c, &c->err);
	db_close(&db);
	return NULL;
}

TEST(transaction_that_deadlocks_runs_again)
{
	pthread_barrier_t barrier;
	struct crossing c[2] = {
	    {.barrier = &barrier, .first = 1, .second = 2}, {.barrier = &barrier, .first = 2, .second = 1}};
	const int64_t before = test_sql_int("select sum(n) from counted");
	pthread_barrier_init(&barrier, NULL, 2);
	for (int i = 0; i < 2; i++)
		CHECK(pthread_create(&c[i].thread, NULL, crossing_main, &c[i]) == 0);
	for (int i = 0; i < 2; i++) {
		pthread_join(c[i].thread, NULL);
		CHECK_OK(c[i].result, &c[i].err);
	}
	CHECK(c[0].runs + c[1].runs >= 3);
	CHECK_INT(test_sql_int("select sum(n) from counted"), before + 4);
	pthread_barrier_destroy(&barrier);
}

static void
kill_backends(const char *role)
{
	test_sql("select pg_terminate_backend(pid) from pg_stat_activity where usename = '%s' and datname = "
		 "current_database()",
	    role);
	usleep(100000);
}

TEST(connection_that_was_killed_while_idle_is_made_anew)
{
	struct error err = {0};
	CLEANUP(db_close) struct db *db = test_db_new("framewright_ctl");
	CHECK_OK(db_ping(db, &err), &err);
	kill_backends("framewright_ctl");
	CHECK_OK(db_ping(db, &err), &err);
	CHECK(db_connected(db));
}

static int
kill_inside(struct db *db, void *arg, struct error *err)
{
	int *runs = arg;
	if (db_exec(db, &add_stmt, DB_ARGS(DB_INT(1)), NULL, err) < 0)
		return -1;
	++*runs;
	kill_backends("framewright_api");
	return db_exec(db, &add_stmt, DB_ARGS(DB_INT(2)), NULL, err);
}

TEST(connection_lost_in_a_transaction_fails_it)
{
	struct error err = {0};
	int runs = 0;
	CLEANUP(db_close) struct db *db = test_db_new("framewright_api");
	const int64_t before = test_sql_int("select sum(n) from counted");
	CHECK_FAILS_CODE(db_transaction(db, kill_inside, &runs, &err), &err, ERR_UNAVAILABLE, "database_unavailable");
	CHECK_INT(runs, 1);
	CHECK_INT(test_sql_int("select sum(n) from counted"), before);
	CHECK(!db_in_transaction(db));
	CHECK_OK(db_ping(db, &err), &err);
}

TEST(database_that_is_not_there_is_said_at_once_after_the_first_time)
{
	struct error err = {0};
	struct db *db = NULL;
	struct db_options options = test_db_options("framewright_api");
	options.url = "postgresql:///none?host=/nowhere/at/all";
	CHECK_FAILS_CODE(db_open(&options, &db, &err), &err, ERR_UNAVAILABLE, "database_unavailable");
	CHECK(db == NULL);
	CHECK_STR(error_public_text(&err), "The database is not available at the moment");
}

TEST(statement_that_takes_too_long_is_ended)
{
	static const struct db_stmt stmt = {"test_sleep", "select pg_sleep(30)", 0};
	struct error err = {0};
	struct db *db = NULL;
	struct db_options options = test_db_options("framewright_api");
	options.timeout_s = 1;
	CHECK_OK(db_open(&options, &db, &err), &err);
	CHECK_FAILS_CODE(db_exec(db, &stmt, DB_NO_ARGS, NULL, &err), &err, ERR_CANCELLED, "database_timeout");
	error_clear(&err);
	CHECK_OK(db_ping(db, &err), &err);
	db_close(&db);
}

static void *
interrupt_main(void *arg)
{
	usleep(300000);
	db_interrupt(arg);
	return NULL;
}

TEST(interrupt_from_another_thread_ends_the_statement)
{
	static const struct db_stmt stmt = {"test_sleep_long", "select pg_sleep(30)", 0};
	struct error err = {0};
	pthread_t thread;
	CLEANUP(db_close) struct db *db = test_db_new("framewright_api");
	CHECK(pthread_create(&thread, NULL, interrupt_main, db) == 0);
	CHECK_FAILS(db_exec(db, &stmt, DB_NO_ARGS, NULL, &err), &err, ERR_CANCELLED);
	pthread_join(thread, NULL);
	error_clear(&err);
	CHECK_OK(db_ping(db, &err), &err);
}

TEST(statements_work_unprepared)
{
	struct error err = {0};
	struct db *db = NULL;
	struct db_options options = test_db_options("framewright_api");
	options.unprepared = true;
	CHECK_OK(db_open(&options, &db, &err), &err);
	for (int i = 0; i < 2; i++) {
		CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
		db_caller(db, i);
		CHECK_OK(db_run(db, &count_stmt, DB_ARGS(DB_INT(1)), DB_ONE, &res, &err), &err);
		CHECK_INT(res.count, 1);
	}
	static const struct db_stmt prepared = {"test_prepared", "select count(*) from pg_prepared_statements", 0};
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	CHECK_OK(db_run(db, &prepared, DB_NO_ARGS, DB_ONE, &res, &err), &err);
	struct db_row row = db_row(&res, 0);
	CHECK_INT(db_get_int(&row), 0);
	db_close(&db);
}

TEST(statements_the_server_forgot_are_prepared_anew)
{
	static const struct db_stmt all = {"test_all_columns", "select * from counted where id = $1", 1};
	struct error err = {0};
	CLEANUP(db_close) struct db *db = test_db_new("framewright_api");
	CHECK_OK(db_exec(db, &count_stmt, DB_ARGS(DB_INT(1)), NULL, &err), &err);
	CHECK_OK(db_exec(db, &all, DB_ARGS(DB_INT(1)), NULL, &err), &err);
	CHECK_OK(db_script(db, "forget", "deallocate all", &err), &err);
	CHECK_OK(db_exec(db, &count_stmt, DB_ARGS(DB_INT(1)), NULL, &err), &err);
	CHECK_OK(db_exec(db, &all, DB_ARGS(DB_INT(1)), NULL, &err), &err);
	test_sql("alter table counted add column more int");
	CHECK_OK(db_exec(db, &all, DB_ARGS(DB_INT(1)), NULL, &err), &err);
}

TEST(unique_violation_is_a_conflict)
{
	static const struct db_stmt stmt = {"test_unique", "insert into counted values (1, 1)", 0};
	struct error err = {0};
	CHECK_FAILS(db_exec(api(), &stmt, DB_NO_ARGS, NULL, &err), &err, ERR_CONFLICT);
	CHECK_STR(err.sqlstate, "23505");
}

static int
wait_notes(struct db *db, struct db_note *notes, int max)
{
	struct error err = {0};
	int got = 0;
	for (int i = 0; i < 100 && got < max; i++) {
		int one = 0;
		while (got < max && (one = db_note_next(db, &notes[got], &err)) == 1)
			got++;
		CHECK(one >= 0);
		usleep(10000);
	}
	return got;
}

TEST(hints_come_after_the_commit_and_not_after_a_rollback)
{
	struct error err = {0};
	struct db_note notes[4];
	CLEANUP(db_close) struct db *listener = test_db_new("framewright_renderd");
	CHECK_OK(db_listen(listener, DB_CHANNEL_CANCEL, &err), &err);
	db_hint_cancel(api(), 41);
	CHECK_INT(wait_notes(listener, notes, 1), 1);
	CHECK_STR(notes[0].channel, DB_CHANNEL_CANCEL);
	CHECK_STR(notes[0].payload, "41");
	/* listening goes on after a reconnect */
	kill_backends("framewright_renderd");
	CHECK(db_note_next(listener, &notes[0], &err) <= 0);
	error_clear(&err);
	CHECK_OK(db_ensure(listener, &err), &err);
	db_hint_cancel(api(), 42);
	CHECK_INT(wait_notes(listener, notes, 1), 1);
	CHECK_STR(notes[0].payload, "42");
}

TEST(notifier_rings_the_bell_but_not_without_end)
{
	struct error err = {0};
	struct db_options options = test_db_options("framewright_api");
	const char *path = arena_printf(test_arena(), "%s/bell", test_dir());
	CLEANUP(fd_close) int bell = bell_listen(path, &err);
	options.bell = path;
	struct notifier *notifier = notifier_new(&options);
	struct pollfd rung = {.fd = bell, .events = POLLIN};
	int rings = 0;
	CHECK(bell >= 0);
	/* an event is no reason to look for jobs */
	notifier_event(notifier, "00000000-0000-0000-0000-000000000001", 1);
	CHECK_INT(poll(&rung, 1, 0), 0);
	for (int i = 0; i < 1000; i++) {
		notifier_jobs(notifier);
		rings += poll(&rung, 1, 0);
		bell_heard(bell);
	}
	/* within a second or a few */
	CHECK(rings >= 100 && rings <= 500);
	notifier_free(&notifier);
}

TEST(notifier_sends_a_burst_as_one_with_a_trailing_edge)
{
	struct error err = {0};
	struct db_note notes[20];
	const struct db_options options = test_db_options("framewright_api");
	struct notifier *notifier = notifier_new(&options);
	CLEANUP(db_close) struct db *listener = test_db_new("framewright_renderd");
	CHECK_OK(db_listen(listener, DB_CHANNEL_JOBS, &err), &err);
	CHECK_OK(db_listen(listener, DB_CHANNEL_EVENTS, &err), &err);
	for (int i = 1; i <= 100; i++) {
		notifier_jobs(notifier);
		notifier_event(notifier, "00000000-0000-0000-0000-000000000001", i);
	}
	notifier_free(&notifier);
	const int got = wait_notes(listener, notes, 20);
	CHECK(got >= 2 && got <= 8);
	bool last = false;
	for (int i = 0; i < got; i++)
		last = last || strcmp(notes[i].payload, "00000000-0000-0000-0000-000000000001:100") == 0;
	CHECK(last);
	CHECK(notifier == NULL);
}

TEST(child_of_a_fork_does_not_end_the_parents_connection)
{
	struct error err = {0};
	struct db *db = test_db_new("framewright_api");
	CHECK_OK(db_ping(db, &err), &err);
	const pid_t pid = fork();
	if (pid == 0) {
		db_close(&db);
		_exit(0);
	}
	int status = 1;
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	CHECK_OK(db_ping(db, &err), &err);
	db_close(&db);
}

TEST_MAIN_WITH(set_up, test_db_tear_down, ROW(statement_carries_every_type_there_and_back),
    ROW(row_reports_the_first_thing_that_does_not_fit), ROW(statement_answers_in_the_expected_shape_or_fails),
    ROW(refusal_becomes_an_error_of_its_status), ROW(servers_words_stay_inside),
    ROW(caller_lasts_for_its_own_statements_only), ROW(transaction_that_fails_is_rolled_back),
    ROW(transaction_that_deadlocks_runs_again), ROW(connection_that_was_killed_while_idle_is_made_anew),
    ROW(connection_lost_in_a_transaction_fails_it),
    ROW(database_that_is_not_there_is_said_at_once_after_the_first_time), ROW(statement_that_takes_too_long_is_ended),
    ROW(interrupt_from_another_thread_ends_the_statement), ROW(statements_work_unprepared),
    ROW(statements_the_server_forgot_are_prepared_anew), ROW(unique_violation_is_a_conflict),
    ROW(hints_come_after_the_commit_and_not_after_a_rollback), ROW(notifier_rings_the_bell_but_not_without_end),
    ROW(notifier_sends_a_burst_as_one_with_a_trailing_edge), ROW(child_of_a_fork_does_not_end_the_parents_connection))
