/* lib/db/provider.c: limits of queues, their breaker and switches, fairness, the graph's edges, invariants. */
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/db/provider.h"
#include "lib/db/worker.h"
#include "tests/lib/db/job_play.h"

static int64_t
add_for(int owner)
{
	return play_add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "quay"});
}

static size_t
claim(size_t count)
{
	return play_claim(JOB_PROVIDER, count, NULL);
}

/* ---- limits ---- */

TEST(owner_keeps_within_its_own_limit_and_others_are_not_held_up)
{
	const struct job_claimed *jobs = NULL;
	const int other = test_db_user("other@example.com");

	play_clear();
	test_sql("update provider_limit set max_per_owner = 2 where name = 'quay'");
	for (int i = 0; i < 6; i++)
		(void)add_for(play_owner);
	CHECK_INT(play_claim(JOB_PROVIDER, 8, &jobs), 2);
	CHECK_INT(claim(8), 0);
	(void)add_for(other);
	CHECK_INT(claim(8), 1);
	CHECK(play_end(&jobs[0], JOB_DONE, "{}"));
	CHECK_INT(claim(8), 1);
}

TEST(money_of_a_minute_is_not_passed)
{
	struct providercall call;
	struct error err = {0};

	play_clear();
	/* two calls of 0.80 fit into 2.00, and a third one in a while */
	test_sql("update provider_limit set cost_per_minute = 2000000, cost_left = 2000000, cost_at = now() where name "
		 "= 'quay'");
	const struct job_claimed a = play_call_job(), b = play_call_job(), c = play_call_job();
	(void)play_open(&a);
	(void)play_open(&b);
	const struct providercall_new new = {.job = c.id,
	    .lease = c.lease,
	    .step = "submit",
	    .agent = "video_generator",
	    .provider = "quay",
	    .model = "stable-video-diffusion",
	    .estimate_micros = -1};
	CHECK_FAILS_CODE(providercall_open(play_db(), &new, &call, &err), &err, ERR_LIMIT, "cost_rate");
	CHECK(err.retry_after_s >= 1 && err.retry_after_s <= 12);
	CHECK_INT(play_money("reserved_micros"), 1600000);
	error_clear(&err);
	test_sql("update provider_limit set cost_at = now() - interval '13 seconds' where name = 'quay'");
	CHECK_OK(providercall_open(play_db(), &new, &call, &err), &err);
}

TEST(breaker_opens_after_five_failures_and_lets_one_try)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	bool open = true;

	play_clear();
	for (int i = 0; i < 4; i++)
		(void)add_for(play_owner);
	for (int i = 0; i < 4; i++)
		CHECK_OK(provider_went(play_db(), "quay", false, &open, &err), &err);
	CHECK(!open);
	CHECK_INT(claim(1), 1);
	CHECK_OK(provider_went(play_db(), "quay", false, &open, &err), &err);
	CHECK(open);
	CHECK_INT(claim(8), 0);
	/* half open: one at a time */
	test_sql("update provider_limit set open_until = now() - interval '1 second' where name = 'quay'");
	CHECK_INT(play_claim(JOB_PROVIDER, 8, &jobs), 1);
	CHECK_INT(claim(8), 0);
	/* it failed too: a longer pause */
	CHECK_OK(provider_went(play_db(), "quay", false, &open, &err), &err);
	CHECK(play_end(&jobs[0], JOB_AGAIN, NULL));
	CHECK_INT(claim(8), 0);
	CHECK(test_sql_int(
		  "select extract(epoch from open_until - now())::int from provider_limit where name = 'quay'") > 45);
	test_sql("update provider_limit set open_until = now() - interval '1 second' where name = 'quay'");
	CHECK_INT(play_claim(JOB_PROVIDER, 8, &jobs), 1);
	CHECK_OK(provider_went(play_db(), "quay", true, &open, &err), &err);
	CHECK(!open);
	play_tick();
	CHECK(claim(8) >= 1);
}

TEST(queue_and_kind_are_switched_off_and_on)
{
	struct error err = {0};
	struct db *ctl = test_db("framewright_ctl");

	play_clear();
	(void)add_for(play_owner);
	CHECK_OK(provider_pause(ctl, "quay", true, &err), &err);
	CHECK_INT(claim(8), 0);
	CHECK_OK(provider_pause(ctl, "quay", false, &err), &err);
	CHECK_OK(provider_pause(ctl, "test.call", true, &err), &err);
	CHECK_INT(claim(8), 0);
	CHECK_OK(provider_pause(ctl, "test.call", false, &err), &err);
	CHECK_INT(claim(8), 1);
	CHECK_FAILS(provider_pause(ctl, "nobody", true, &err), &err, ERR_NOT_FOUND);
}

TEST(paused_provider_is_still_asked_about_what_it_works_on)
{
	struct error err = {0};

	play_clear();
	struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-9");
	CHECK(play_end(&job, JOB_PARK, NULL));
	CHECK_OK(provider_pause(test_db("framewright_ctl"), "quay", true, &err), &err);
	job = play_claim_again(&job);
	CHECK(job.parked);
}

TEST(queues_are_listed_with_their_state)
{
	const struct provider_queue *queues = NULL;
	struct error err = {0};
	size_t count = 0;
	bool seen = false;

	play_clear();
	(void)add_for(play_owner);
	test_sql("update provider_limit set blocked_until = now() + interval '1 minute', max_inflight = 4 where name = "
		 "'quay';"
		 "update job_kind set paused = true where name = 'ad.clip'");
	CHECK_OK(provider_queues(test_db("framewright_ctl"), test_arena(), &queues, &count, &err), &err);
	for (size_t i = 0; i < count; i++) {
		if (strcmp(queues[i].name, "quay") == 0) {
			CHECK_STR(queues[i].state, "blocked");
			CHECK_INT(queues[i].queued, 1);
			CHECK_INT(queues[i].max_inflight, 4);
		}
		seen = seen || (strcmp(queues[i].name, "ad.clip") == 0 && strcmp(queues[i].state, "paused") == 0);
	}
	CHECK(seen);
	test_sql("update job_kind set paused = false");
}

TEST(limits_are_changed_one_by_one)
{
	const struct provider_limits limits = {
	    .inflight = 3, .rate = PROVIDER_KEEP, .per_owner = 2, .cost_per_minute = PROVIDER_KEEP};
	const struct provider_limits none = {
	    .inflight = 0, .rate = PROVIDER_KEEP, .per_owner = PROVIDER_KEEP, .cost_per_minute = PROVIDER_KEEP};
	struct error err = {0};

	play_clear();
	CHECK_OK(provider_limits_set(test_db("framewright_ctl"), "quay", &limits, &err), &err);
	CHECK_INT(test_sql_int("select max_inflight from provider_limit where name = 'quay'"), 3);
	CHECK_INT(test_sql_int("select max_per_owner from provider_limit where name = 'quay'"), 2);
	CHECK_OK(provider_limits_set(test_db("framewright_ctl"), "quay", &none, &err), &err);
	CHECK_INT(test_sql_int("select (max_inflight is null)::int from provider_limit where name = 'quay'"), 1);
	CHECK_INT(test_sql_int("select max_per_owner from provider_limit where name = 'quay'"), 2);
}

TEST(keys_are_kept_and_fade)
{
	const char *const keys[] = {"0101010101010101010101010101010101010101010101010101010101010101"};
	const char *const *got = NULL;
	struct error err = {0};
	size_t count = 0;

	CHECK_OK(provider_keys_put(play_db(), "fal", keys, 1, &err), &err);
	CHECK_OK(provider_keys(test_db("framewright_api"), test_arena(), "fal", &got, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_STR(got[0], keys[0]);
	test_sql("update provider_key set fetched_at = now() - interval '3 days'");
	CHECK_OK(provider_keys(test_db("framewright_api"), test_arena(), "fal", &got, &count, &err), &err);
	CHECK_INT(count, 0);
	CHECK_OK(provider_keys_want(test_db("framewright_api"), &err), &err);
}

/* ---- many ---- */

#define DAEMONS 3
#define MANY 2000
#define LIMIT 4

struct daemon {
	pthread_t thread;
	int64_t worker;
	uint32_t counter;
	size_t done;
	int failures;
};

/* Claims and ends until nothing is left; each claim asks for more than is allowed. */
static void *
daemon_main(void *arg)
{
	struct daemon *d = arg;
	struct db *db = test_db_new("framewright_renderd");
	struct arena *arena = arena_new(16 * MIB);
	int idle = 0;

	while (idle < 200) {
		int64_t leases[8];
		struct job_end ends[8];
		const struct job_claimed *jobs = NULL;
		const struct job_claim claim = {
		    .worker = d->worker, .step = JOB_PROVIDER, .leases = leases, .count = 8};
		struct error err = {0};
		size_t got = 0;

		arena_reset(arena);
		for (size_t i = 0; i < 8; i++)
			leases[i] = worker_lease(d->worker, ++d->counter);
		if (job_claim(db, arena, &claim, &jobs, &got, &err) < 0) {
			d->failures++;
			break;
		}
		for (size_t i = 0; i < got; i++)
			ends[i] = (struct job_end){.job = jobs[i].id,
			    .lease = jobs[i].lease,
			    .outcome = JOB_DONE,
			    .body = "{}",
			    .delay_ms = -1};
		if (got > 0 && job_end(db, ends, got, &err) < 0)
			d->failures++;
		d->done += got;
		idle = got > 0 ? 0 : idle + 1;
	}
	arena_free(&arena);
	db_close(&db);
	return NULL;
}

/* No claim ever sees more than four at work, whichever daemon looks: watched inside the database, at every change. */
TEST(global_limit_of_four_holds_over_three_daemons_and_2000_jobs)
{
	static struct daemon daemons[DAEMONS];
	const struct worker_start start = {.host = "test", .program = "renderd", .version = "0"};
	struct error err = {0};
	size_t done = 0;

	play_clear();
	test_sql("update provider_limit set max_inflight = %d where name = 'quay'", LIMIT);
	test_sql(
	    "create table peak (n int); insert into peak values (0);"
	    "create function watch() returns trigger language plpgsql security definer set search_path = framewright "
	    "as $$ declare v int; begin"
	    " select count(*) into v from job where provider = 'quay' and (state in ('running', 'external') or parked);"
	    " if v > (select n from peak) then update peak set n = v; end if; return null; end $$;"
	    "create trigger watch after update on job for each statement execute function watch()");
	test_sql("select job_add('test.call', %d, null, '{}', '{}', 'fail', 'quay') from generate_series(1, %d)",
	    play_owner, MANY);
	for (int i = 0; i < DAEMONS; i++) {
		CHECK_OK(worker_begin(play_db(), &start, &daemons[i].worker, &err), &err);
		CHECK(pthread_create(&daemons[i].thread, NULL, daemon_main, &daemons[i]) == 0);
	}
	for (int i = 0; i < DAEMONS; i++) {
		pthread_join(daemons[i].thread, NULL);
		CHECK_INT(daemons[i].failures, 0);
		done += daemons[i].done;
	}
	CHECK_INT(done, MANY);
	CHECK_INT(test_sql_int("select count(*) from job where state = 'done' and attempt = 1"), MANY);
	CHECK_INT(test_sql_int("select n from peak"), LIMIT);
	test_sql("drop trigger watch on job; drop function watch; drop table peak");
}

/* Ten owners with a thousand ready jobs each; the eleventh's first one starts within eleven slots. */
TEST(newcomer_among_ten_busy_owners_starts_within_eleven_slots)
{
	const struct job_claimed *jobs = NULL;
	int slots = 0;

	play_clear();
	for (int i = 0; i < 10; i++)
		test_sql(
		    "select job_add('test.call', %d, null, '{}', '{}', 'fail', 'quay') from generate_series(1, 1000)",
		    test_db_user(arena_printf(test_arena(), "busy%d@example.com", i)));
	for (int i = 0; i < 10; i++)
		CHECK_INT(claim(10), 10);
	const int64_t late = add_for(test_db_user("newcomer@example.com"));
	do {
		CHECK_INT(play_claim(JOB_PROVIDER, 1, &jobs), 1);
		slots++;
	} while (jobs[0].id != late && slots < 40);
	CHECK(slots <= 11);
}

/* ---- the graph ---- */

static int64_t
add_plain(const int64_t *parents, size_t count, const char *const *edges, int min_done)
{
	return play_add(&(struct job_new){.kind = "test.plain",
	    .owner_id = play_owner,
	    .parents = parents,
	    .parent_count = count,
	    .edges = edges,
	    .min_done = min_done});
}

TEST(each_edge_says_what_a_failure_means)
{
	static const char *const fail[] = {"fail", "fail"}, *const cancel[] = {"cancel", "fail"},
				 *const ignore[] = {"ignore", "ignore"};
	const struct job_claimed *jobs = NULL;

	play_clear();
	const int64_t parents[] = {add_plain(NULL, 0, NULL, 0), add_plain(NULL, 0, NULL, 0)};
	const int64_t failed = add_plain(parents, 2, fail, 0);
	const int64_t cancelled = add_plain(parents, 2, cancel, 0);
	const int64_t content = add_plain(parents, 2, ignore, 0);
	const int64_t grandchild = add_plain(&cancelled, 1, (const char *const[]){"fail"}, 0);
	CHECK_INT(play_claim(JOB_PLAIN, 2, &jobs), 2);
	/* the first parent fails: everything behind it moves in the same statement */
	CHECK(play_end(&jobs[0], JOB_FAILED, "{\"code\": \"broken\"}"));
	CHECK_STR(play_state(failed), "failed");
	CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)failed), "broken");
	CHECK_STR(play_state(cancelled), "cancelled");
	CHECK_STR(play_state(grandchild), "cancelled");
	CHECK_STR(play_state(content), "blocked");
	CHECK(play_end(&jobs[1], JOB_DONE, "{}"));
	CHECK_STR(play_state(content), "ready");
}

/* SCENE: four of five are enough, three are not. */
TEST(partial_success_needs_its_share)
{
	for (int good = 3; good <= 5; good++) {
		static const char *const ignore[] = {"ignore", "ignore", "ignore", "ignore", "ignore"};
		const struct job_claimed *jobs = NULL;
		int64_t parents[5];

		play_clear();
		for (int i = 0; i < 5; i++)
			parents[i] = add_plain(NULL, 0, NULL, 0);
		const int64_t join = add_plain(parents, 5, ignore, 4);
		const int64_t after = add_plain(&join, 1, (const char *const[]){"fail"}, 0);
		CHECK_INT(play_claim(JOB_PLAIN, 5, &jobs), 5);
		for (int i = 0; i < 5; i++)
			CHECK(play_end(
			    &jobs[i], i < good ? JOB_DONE : JOB_FAILED, i < good ? "{}" : "{\"code\": \"broken\"}"));
		CHECK_STR(play_state(join), good >= 4 ? "ready" : "failed");
		CHECK_STR(play_state(after), good >= 4 ? "blocked" : "failed");
		if (good < 4)
			CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)join),
			    "too_few_succeeded");
	}
}

TEST(partial_success_counts_those_that_end_together)
{
	static const char *const ignore[] = {"ignore", "ignore", "ignore"};
	const struct job_claimed *jobs = NULL;
	struct job_end ends[3];
	struct error err = {0};
	int64_t parents[3];

	play_clear();
	for (int i = 0; i < 3; i++)
		parents[i] = add_plain(NULL, 0, NULL, 0);
	const int64_t join = add_plain(parents, 3, ignore, 2);
	CHECK_INT(play_claim(JOB_PLAIN, 3, &jobs), 3);
	for (int i = 0; i < 3; i++)
		ends[i] = (struct job_end){.job = jobs[i].id,
		    .lease = jobs[i].lease,
		    .outcome = i == 0 ? JOB_FAILED : JOB_DONE,
		    .body = "{\"code\": \"x\"}",
		    .delay_ms = -1};
	CHECK_OK(job_end(play_db(), ends, 3, &err), &err);
	CHECK_STR(play_state(join), "ready");
}

TEST(nothing_can_wait_for_itself)
{
	play_clear();
	const int64_t first = add_plain(NULL, 0, NULL, 0);
	const int64_t second = add_plain(&first, 1, NULL, 0);
	CHECK(test_sql_fails(
	    "23514", "insert into job_dep (parent, child) values (%lld, %lld)", (long long)second, (long long)first));
	CHECK(test_sql_fails(
	    "23514", "insert into job_dep (parent, child) values (%lld, %lld)", (long long)second, (long long)second));
	CHECK(test_sql_fails(
	    "FW422", "select job_add('test.plain', null, null, '{}', array[%lld::bigint], 'shrug')", (long long)first));
	CHECK(test_sql_fails("FW409",
	    "select job_add('test.plain', null, null, '{}', array[%lld::bigint], 'ignore', "
	    "p_min_done => 2)",
	    (long long)first));
}

/* ---- invariants ---- */

TEST(sweep_finds_what_must_not_be_and_heals_what_it_can)
{
	const struct job_claimed *jobs = NULL;

	play_clear();
	test_sql("select sweep_invariants()");
	CHECK_INT(test_sql_int("select count(*) from alarm"), 0);
	const int64_t parents[] = {add_plain(NULL, 0, NULL, 0)};
	const int64_t child = add_plain(parents, 1, NULL, 0);
	CHECK_INT(play_claim(JOB_PLAIN, 1, &jobs), 1);
	/* a count that was lost, and a lease that vanished */
	test_sql("update job set pending = 7 where id = %lld; delete from job_lease", (long long)child);
	CHECK_INT(test_sql_int("select sweep_invariants()"), 2);
	CHECK_INT(test_sql_int("select pending from job where id = %lld", (long long)child), 1);
	CHECK_INT(test_sql_int("select count(*) from alarm where name = 'running_without_lease'"), 1);
	CHECK_INT(test_sql_int("select sweep_invariants()"), 1);
	struct job_tick tick;
	struct error err = {0};
	CHECK_OK(job_tick(play_db(), &tick, &err), &err);
	CHECK_INT(tick.alarms, 1);
	test_sql("update job set state = 'ready', lease = null where state = 'running'");
	CHECK_INT(test_sql_int("select sweep_invariants()"), 0);
	/* a parent that ended without its child being told */
	test_sql("update job set state = 'done', finished_at = now() where id = %lld", (long long)parents[0]);
	CHECK_INT(test_sql_int("select sweep_invariants()"), 1);
	play_tick();
	CHECK_STR(play_state(child), "ready");
}

TEST(sweep_finds_money_that_does_not_add_up)
{
	play_clear();
	const struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-77");
	CHECK_INT(test_sql_int("select sweep_invariants()"), 0);
	test_sql(
	    "update project set reserved_micros = reserved_micros + 1, total_micros = total_micros + 1 where id = '%s'",
	    play_project);
	CHECK_INT(test_sql_int("select sweep_invariants()"), 2);
	test_sql(
	    "update project set reserved_micros = reserved_micros - 1, total_micros = total_micros - 1 where id = '%s'",
	    play_project);
	CHECK_INT(test_sql_int("select sweep_invariants()"), 0);
}

TEST_MAIN_WITH(play_set_up, test_db_tear_down, ROW(owner_keeps_within_its_own_limit_and_others_are_not_held_up),
    ROW(money_of_a_minute_is_not_passed), ROW(breaker_opens_after_five_failures_and_lets_one_try),
    ROW(queue_and_kind_are_switched_off_and_on), ROW(paused_provider_is_still_asked_about_what_it_works_on),
    ROW(queues_are_listed_with_their_state), ROW(limits_are_changed_one_by_one), ROW(keys_are_kept_and_fade),
    ROW(global_limit_of_four_holds_over_three_daemons_and_2000_jobs),
    ROW(newcomer_among_ten_busy_owners_starts_within_eleven_slots), ROW(each_edge_says_what_a_failure_means),
    ROW(partial_success_needs_its_share), ROW(partial_success_counts_those_that_end_together),
    ROW(nothing_can_wait_for_itself), ROW(sweep_finds_what_must_not_be_and_heals_what_it_can),
    ROW(sweep_finds_money_that_does_not_add_up))
