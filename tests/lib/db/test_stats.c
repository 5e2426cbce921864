/* lib/db/stats.c and what `framewright top` makes of it: a queue with something in every state. And the server's own
 * guards: time limits of roles, vacuuming. */
#include "lib/db/stats.h"

#include <string.h>
#include <time.h>

#include "ctl/top.h"
#include "lib/db/db_priv.h"
#include "tests/lib/db/job_play.h"

static int64_t
count_of(const char *kind, const char *state)
{
	struct stats_work *work;
	struct error err = {0};
	size_t count = 0;

	CHECK_OK(stats_work(test_db("framewright_api"), test_arena(), &work, &count, &err), &err);
	for (size_t i = 0; i < count; i++)
		if (strcmp(work[i].kind, kind) == 0 && strcmp(work[i].state, state) == 0)
			return work[i].count;
	return 0;
}

static struct stats_now
now(void)
{
	struct stats_now figures = {0};
	struct error err = {0};

	CHECK_OK(stats_now(test_db("framewright_api"), &figures, &err), &err);
	return figures;
}

TEST(work_is_counted_by_kind_and_state)
{
	play_clear();
	const struct job_claimed external = play_call_job();
	(void)play_sent(&external, "s-1");
	CHECK(play_end(&external, JOB_PARK, NULL));
	const struct job_claimed running = play_call_job();
	(void)play_add(&(struct job_new){.kind = "test.plain"});
	(void)play_add(&(struct job_new){.kind = "test.plain"});
	CHECK_INT(count_of("test.call", "external"), 1);
	CHECK_INT(count_of("test.call", "running"), 1);
	CHECK_INT(count_of("test.plain", "ready"), 2);
	/* woken to be polled it still is at the provider; what has ended is no work */
	test_sql("update job set next_poll_at = now() where id = %lld", (long long)external.id);
	play_tick();
	CHECK_INT(count_of("test.call", "external"), 1);
	CHECK(play_end(&running, JOB_DONE, "{}"));
	CHECK_INT(count_of("test.call", "running"), 0);
}

TEST(oldest_ready_job_counts_from_when_it_became_ready)
{
	play_clear();
	CHECK(now().oldest_ready_s == 0);
	const int64_t job = play_add(&(struct job_new){.kind = "test.plain"});
	test_sql("update job set ready_at = now() - interval '100 seconds' where id = %lld", (long long)job);
	CHECK(now().oldest_ready_s >= 100 && now().oldest_ready_s < 1000);
	/* an old job that has only now become ready has not waited */
	test_sql(
	    "update job set state = 'waiting', run_at = now() - interval '1 second', created_at = now() - interval "
	    "'1 day'");
	CHECK(now().oldest_ready_s == 0);
	play_tick();
	CHECK_STR(play_state(job), "ready");
	CHECK(now().oldest_ready_s < 50);
}

TEST(spend_of_today_is_of_today)
{
	play_clear();
	const int64_t before = now().price_today;
	struct job_claimed job = play_call_job();
	(void)play_sent(&job, "s-2");
	CHECK_INT(now().reserved, 800000);
	CHECK(play_end(&job, JOB_DONE, "{\"price_micros\": 300000}"));
	CHECK_INT(now().price_today - before, 300000);
	CHECK_INT(now().reserved, 0);
	test_sql("update ledger set created_at = now() - interval '25 hours' where job_id = %lld", (long long)job.id);
	CHECK_INT(now().price_today, before);
}

TEST(attention_is_counted)
{
	play_clear();
	const struct job_claimed job = play_call_job();
	(void)play_sent(&job, "s-3");
	CHECK_INT(now().attention, 0);
	CHECK(play_end(&job, JOB_UNCERTAIN, NULL));
	CHECK_INT(now().attention, 1);
}

TEST(top_shows_daemons_queues_work_and_money)
{
	CLEANUP(buf_done) struct buf page = BUF_INIT(256 * KIB);
	struct error err = {0};
	struct top top;

	play_clear();
	const struct job_claimed external = play_call_job();
	(void)play_sent(&external, "s-4");
	CHECK(play_end(&external, JOB_PARK, NULL));
	const struct job_claimed running = play_call_job();
	test_sql("update job_lease set progress = 0.42, phase = 'drawing'");
	if (!CHECK_OK(top_load(test_db("framewright_ctl"), test_arena(), &top, &err), &err))
		return;
	CHECK_INT(top.running_count, 2);
	CHECK_INT(top.running[0].worker, play_worker);
	CHECK_STR(top.running[0].id, running.public_id);
	CHECK_INT(top.running[1].worker, 0);
	CHECK_INT(top.workers[0].busy, 1);
	top_put(&top, &page);
	const char *text = buf_str(&page);
	CHECK_CONTAINS(text, "1 running, 1 at providers, 0 ready");
	CHECK_CONTAINS(text, " $0.8 reserved");
	CHECK_CONTAINS(text, "quay");
	CHECK_CONTAINS(text, "42%");
	CHECK_CONTAINS(text, "drawing");
	CHECK_CONTAINS(text, running.public_id);
	CHECK_CONTAINS(text, " up\n");
	test_sql("update worker set seen_at = now() - interval '30 seconds'");
	CHECK_OK(top_load(test_db("framewright_ctl"), test_arena(), &top, &err), &err);
	top_put(&top, &page);
	CHECK_CONTAINS(buf_str(&page), "silent for 3");
	test_sql("update worker set seen_at = now()");
}

/* ---- the server's guards ---- */

TEST(roles_cannot_hold_a_transaction_open)
{
	static const char *const roles[] = {
	    "framewright_api", "framewright_eventd", "framewright_renderd", "framewright_ctl"};

	for (size_t i = 0; i < ARRAY_LEN(roles); i++)
		CHECK_INT(test_sql_int(
			      "select count(*) from pg_db_role_setting s, unnest(s.setconfig) c"
			      " where s.setrole = '%s'::regrole"
			      " and s.setdatabase = (select oid from pg_database where datname = current_database())"
			      " and (c like 'statement_timeout=%%' or c like 'idle_in_transaction_session_timeout=%%')",
			      roles[i]),
		    2);
}

#define OPEN \
	"select count(*) from pg_stat_activity where datname = current_database() and usename = 'framewright_eventd'" \
	" and state like 'idle in transaction%%'"

TEST(transaction_that_is_left_open_is_ended_by_the_server)
{
	const struct timespec pause = {0, 600000000};
	struct error err = {0};

	test_sql("do $$begin execute format('alter role framewright_eventd in database %%I set "
		 "idle_in_transaction_session_timeout = 100', current_database()); end$$");
	struct db *db = test_db("framewright_eventd");
	CHECK_OK(db_script(db, "test", "begin; select 1", &err), &err);
	CHECK_INT(test_sql_int(OPEN), 1);
	nanosleep(&pause, NULL);
	CHECK_INT(test_sql_int(OPEN), 0);
}

TEST(tables_that_change_all_the_time_are_vacuumed_early)
{
	static const char *const tables[] = {
	    "job", "job_lease", "worker", "provider_limit", "project", "provider_call", "webhook_endpoint"};

	for (size_t i = 0; i < ARRAY_LEN(tables); i++)
		CHECK_INT(test_sql_int(
			      "select count(*) from pg_class, unnest(reloptions) o"
			      " where oid = 'framewright.%s'::regclass and o like 'autovacuum_vacuum_scale_factor=%%'"
			      " and split_part(o, '=', 2)::numeric <= 0.05",
			      tables[i]),
		    1);
	/* partitions take nothing over from their parent: they are told when they are made */
	test_sql("select partitions_keep()");
	CHECK_INT(
	    test_sql_int("select count(*) from pg_inherits i join pg_class c on c.oid = i.inhrelid"
			 " where i.inhparent = 'framewright.webhook_delivery'::regclass"
			 " and not coalesce(c.reloptions::text like '%%autovacuum_vacuum_scale_factor%%', false)"),
	    0);
}

TEST_MAIN_WITH(play_set_up, test_db_tear_down, ROW(work_is_counted_by_kind_and_state),
    ROW(oldest_ready_job_counts_from_when_it_became_ready), ROW(spend_of_today_is_of_today), ROW(attention_is_counted),
    ROW(top_shows_daemons_queues_work_and_money), ROW(roles_cannot_hold_a_transaction_open),
    ROW(tables_that_change_all_the_time_are_vacuumed_early), ROW(transaction_that_is_left_open_is_ended_by_the_server))
