#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/event.h"
#include "lib/db/job.h"
#include "lib/db/worker.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

static int owner;
static const char *project;
static int64_t worker;
static uint32_t counter;

/* on_finish of test.noted: writes down what it was told; a result {"raise": true} makes it fail. */
static const char note_function[] =
    "create table noted (job bigint, outcome text, body jsonb);"
    "create function note_end(p_job job, p_outcome text, p_body jsonb) returns void language plpgsql security definer"
    " set search_path = framewright as $$ begin"
    " if p_body ->> 'raise' = 'true' or p_job.payload ->> 'raise' = 'true' then raise exception 'no'; end if;"
    " insert into noted values (p_job.id, p_outcome, p_body);"
    " perform event_add(p_job.project_id, jsonb_build_object('stage', 'noted', 'outcome', p_outcome), p_job.id)"
    "  where p_job.project_id is not null;"
    " end $$;";

static int
set_up(void)
{
	const int result = test_db_set_up();
	if (result != 0)
		return result;
	owner = test_db_user("owner@example.com");
	project = test_db_project(owner);
	test_sql("%s", note_function);
	test_sql("insert into job_kind (name, step, on_finish, max_attempts, timeout_s) values ('test.plain', 'plain', "
		 "null, 3, 60),"
		 " ('test.media', 'media', null, 2, 60), ('test.call', 'provider', null, 3, 60),"
		 " ('test.noted', 'plain', 'note_end', 3, 60)");
	test_sql(
	    "insert into provider_limit (name, step, max_inflight) values ('narrow', 'provider', 3), ('fair', "
	    "'provider', null);"
	    "insert into provider_limit (name, step, rate, burst, tokens) values ('slow', 'provider', 0.001, 2, 2)");
	struct error err = {0};
	const struct worker_start start = {.host = "test", .program = "renderd", .version = "0"};
	return worker_begin(test_db("framewright_renderd"), &start, &worker, &err) == 0 ? 0 : 1;
}

static struct db *
renderd(void)
{
	return test_db("framewright_renderd");
}

static int64_t
add(const struct job_new *job)
{
	struct error err = {0};
	char public_id[ID_UUID_SIZE];
	int64_t id = 0;
	CHECK_OK(job_add(renderd(), job, &id, public_id, &err), &err);
	return id;
}

static int64_t
add_kind(const char *kind)
{
	return add(&(struct job_new){.kind = kind, .owner_id = owner, .project_id = project});
}

static size_t
claim_by(
    struct db *db, int64_t by, uint32_t *from, enum job_step step, size_t count, const struct job_claimed **ret_jobs)
{
	int64_t leases[JOB_CLAIM_MAX];
	struct error err = {0};
	size_t got = 0;
	struct arena *arena = arena_new(MIB);
	for (size_t i = 0; i < count; i++)
		leases[i] = worker_lease(by, ++*from);
	const struct job_claim args = {.worker = by, .step = step, .leases = leases, .count = count};
	const struct job_claimed *jobs = NULL;
	const int result = job_claim(db, arena, &args, &jobs, &got, &err);
	if (result < 0)
		fprintf(stderr, "claim: %s\n", err.text);
	if (ret_jobs != NULL && got > 0)
		*ret_jobs = arena_memdup(test_arena(), jobs, got * sizeof(*jobs));
	arena_free(&arena);
	return result < 0 ? 0 : got;
}

static size_t
claim(enum job_step step, size_t count, const struct job_claimed **ret_jobs)
{
	return claim_by(renderd(), worker, &counter, step, count, ret_jobs);
}

static struct job_end
end_of(const struct job_claimed *job, enum job_outcome outcome, const char *body)
{
	return (struct job_end){.job = job->id, .lease = job->lease, .outcome = outcome, .body = body, .delay_ms = -1};
}

static bool
end_one(const struct job_claimed *job, enum job_outcome outcome, const char *body)
{
	struct error err = {0};
	struct job_end end = end_of(job, outcome, body);
	CHECK_OK(job_end(renderd(), &end, 1, &err), &err);
	return end.applied;
}

static const char *
state_of(int64_t job)
{
	return test_sql_text("select state from job where id = %lld", (long long)job);
}

/* Nothing of an earlier test is in the way. */
static void
clear(void)
{
	test_sql("delete from job_lease; update ad_session set run_job_id = null; delete from job; delete from noted;"
		 "update provider_limit set vclock = 0, blocked_until = null, paused = false");
}

static void
expire(int64_t job)
{
	test_sql("update job_lease set expires_at = now() - interval '1 second' where job_id = %lld", (long long)job);
}

static struct job_tick
tick(void)
{
	struct error err = {0};
	struct job_tick t = {0};
	CHECK_OK(job_tick(renderd(), &t, &err), &err);
	return t;
}

TEST(job_runs_from_ready_to_done)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t id = add(&(struct job_new){.kind = "test.plain",
	    .owner_id = owner,
	    .project_id = project,
	    .payload = "{\"index\": 3}",
	    .request_id = "req-1"});
	CHECK_STR(state_of(id), "ready");
	CHECK_INT(claim(JOB_PLAIN, 4, &jobs), 1);
	CHECK_INT(jobs[0].id, id);
	CHECK_INT(jobs[0].attempt, 1);
	CHECK_INT(jobs[0].owner_id, owner);
	CHECK_STR(jobs[0].project_id, project);
	CHECK_STR(jobs[0].provider, "plain");
	CHECK_INT(jobs[0].timeout_s, 60);
	CHECK(!jobs[0].parked && !jobs[0].cancelling);
	CHECK_STR(state_of(id), "running");
	CHECK_INT(claim(JOB_PLAIN, 4, NULL), 0);
	CHECK(end_one(&jobs[0], JOB_DONE, "{\"answer\": 42}"));
	CHECK_STR(state_of(id), "done");
	CHECK_INT(test_sql_int("select (result ->> 'answer')::int from job where id = %lld", (long long)id), 42);
	CHECK_INT(test_sql_int("select count(*) from job_lease"), 0);
	CHECK(!end_one(&jobs[0], JOB_DONE, "{\"answer\": 43}"));
	CHECK_INT(test_sql_int("select (result ->> 'answer')::int from job where id = %lld", (long long)id), 42);
}

TEST(job_with_a_stale_lease_changes_nothing)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t id = add_kind("test.noted");
	CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
	const struct job_claimed old = jobs[0];
	expire(id);
	CHECK_INT(tick().rescued, 1);
	CHECK_STR(state_of(id), "waiting");
	CHECK(!end_one(&old, JOB_DONE, "{\"answer\": 1}"));
	test_sql("update job set run_at = now() where id = %lld", (long long)id);
	CHECK_INT(tick().promoted, 1);
	CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
	CHECK(jobs[0].lease != old.lease);
	/* the old attempt wakes up late */
	CHECK(!end_one(&old, JOB_DONE, "{\"answer\": 1}"));
	CHECK(!end_one(&old, JOB_RELEASE, NULL));
	CHECK_STR(state_of(id), "running");
	CHECK_INT(test_sql_int("select count(*) from noted"), 0);
	struct job_beat beat = {.job = id, .lease = old.lease, .progress = 0.9};
	struct error err = {0};
	CHECK_OK(job_heartbeat(renderd(), worker, &beat, 1, &err), &err);
	CHECK(beat.lost);
	CHECK(end_one(&jobs[0], JOB_DONE, "{\"answer\": 2}"));
	CHECK_INT(test_sql_int("select count(*) from noted"), 1);
}

TEST(job_heartbeat_carries_progress_out_and_cancel_back)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	clear();
	(void)add_kind("test.plain");
	(void)add_kind("test.plain");
	CHECK_INT(claim(JOB_PLAIN, 2, &jobs), 2);
	struct job_beat beats[3] = {{.job = jobs[0].id, .lease = jobs[0].lease, .progress = 0.25, .phase = "encode"},
	    {.job = jobs[1].id, .lease = jobs[1].lease, .progress = 2}, {.job = 999999, .lease = 5}};
	expire(jobs[0].id);
	CHECK_OK(job_heartbeat(renderd(), worker, beats, 3, &err), &err);
	CHECK(!beats[0].lost && !beats[0].cancel && !beats[0].overdue);
	CHECK(!beats[1].lost && beats[2].lost);
	CHECK_INT(tick().rescued, 0);
	CHECK_STR(test_sql_text("select progress || phase from job_lease where job_id = %lld", (long long)jobs[0].id),
	    "0.25encode");
	struct job_view view;
	CHECK_OK(job_load(renderd(), test_arena(), jobs[0].public_id, &view, &err), &err);
	CHECK_STR(view.state, "running");
	CHECK_STR(view.phase, "encode");
	CHECK(view.progress > 0.24 && view.progress < 0.26);
	const int64_t version = view.version, beat_at = view.beat_at;
	CHECK_OK(job_heartbeat(renderd(), worker, beats, 1, &err), &err);
	CHECK_OK(job_load(renderd(), test_arena(), jobs[0].public_id, &view, &err), &err);
	CHECK_INT(view.version, version);
	CHECK(view.beat_at > beat_at);
	CHECK_OK(job_cancel(renderd(), jobs[0].public_id, &err), &err);
	test_sql("update job_lease set deadline_at = now() - interval '1 second' where job_id = %lld",
	    (long long)jobs[1].id);
	CHECK_OK(job_heartbeat(renderd(), worker, beats, 2, &err), &err);
	CHECK(beats[0].cancel && !beats[1].cancel && beats[1].overdue);
	CHECK(end_one(&jobs[0], JOB_CANCELLED, NULL));
	CHECK_STR(state_of(jobs[0].id), "cancelled");
	CHECK(end_one(&jobs[1], JOB_RETRY, "{\"code\": \"timeout\"}"));
	CHECK_STR(state_of(jobs[1].id), "waiting");
}

TEST(job_retries_until_the_attempts_are_used_up)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t id = add_kind("test.media");
	for (int attempt = 1; attempt <= 2; attempt++) {
		CHECK_INT(claim(JOB_MEDIA, 1, &jobs), 1);
		CHECK_INT(jobs[0].attempt, attempt);
		CHECK(end_one(&jobs[0], JOB_RETRY, "{\"code\": \"crashed\", \"detail\": \"It crashed.\"}"));
		test_sql("update job set run_at = now() where id = %lld and state = 'waiting'", (long long)id);
		(void)tick();
	}
	CHECK_STR(state_of(id), "failed");
	CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)id), "crashed");
}

TEST(job_backs_off_with_jitter)
{
	CHECK_INT(
	    test_sql_int("select count(*) from generate_series(1, 200) where job_backoff(1) > interval '2.1 s'"), 0);
	CHECK(test_sql_int("select count(distinct round(extract(epoch from job_backoff(3))::numeric, 2)) from "
			   "generate_series(1, 100)") > 50);
	CHECK_INT(
	    test_sql_int("select count(*) from generate_series(1, 200) where job_backoff(50) > interval '301 s'"), 0);
}

TEST(job_drain_costs_no_attempt)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	int64_t other = 0;
	clear();
	const int64_t released = add_kind("test.plain");
	CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
	CHECK(end_one(&jobs[0], JOB_RELEASE, NULL));
	CHECK_STR(state_of(released), "ready");
	CHECK_INT(test_sql_int("select attempt from job where id = %lld", (long long)released), 0);
	/* a daemon that ends gives back what it has, and gets nothing more */
	const struct worker_start start = {.host = "test", .program = "renderd", .version = "0"};
	CHECK_OK(worker_begin(renderd(), &start, &other, &err), &err);
	CHECK(other > worker);
	uint32_t from = 0;
	CHECK_INT(claim_by(renderd(), other, &from, JOB_PLAIN, 1, &jobs), 1);
	CHECK_OK(worker_drain(renderd(), other, &err), &err);
	const int64_t lease = worker_lease(other, 99);
	const struct job_claim more = {.worker = other, .step = JOB_PLAIN, .leases = &lease, .count = 1};
	size_t got = 0;
	CHECK_FAILS_CODE(
	    job_claim(renderd(), test_arena(), &more, &jobs, &got, &err), &err, ERR_CONFLICT, "worker_draining");
	error_clear(&err);
	CHECK_OK(worker_end(renderd(), other, &err), &err);
	CHECK_STR(state_of(released), "ready");
	CHECK_INT(test_sql_int("select attempt from job where id = %lld", (long long)released), 0);
}

TEST(job_again_costs_no_attempt_and_can_move_to_another_provider)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	clear();
	const int64_t id = add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "narrow"});
	CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
	struct job_end end = end_of(&jobs[0], JOB_AGAIN, NULL);
	end.delay_ms = 0;
	end.provider = "fair";
	CHECK_OK(job_end(renderd(), &end, 1, &err), &err);
	CHECK_STR(end.state, "waiting");
	CHECK_INT(tick().promoted, 1);
	CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
	CHECK_INT(jobs[0].id, id);
	CHECK_INT(jobs[0].attempt, 1);
	CHECK_STR(jobs[0].provider, "fair");
}

TEST(job_rescue_costs_no_attempt)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t id = add_kind("test.noted");
	for (int i = 1; i <= 5; i++) {
		CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
		if (i <= 2) {
			expire(id);
			CHECK_INT(tick().rescued, 1);
		} else {
			CHECK(end_one(&jobs[0], JOB_RETRY, "{\"code\": \"crashed\", \"detail\": \"It crashed.\"}"));
		}
		CHECK_STR(state_of(id), i < 5 ? "waiting" : "failed");
		test_sql("update job set run_at = now() where id = %lld and state = 'waiting'", (long long)id);
		(void)tick();
	}
}

TEST(job_rescue_gives_up_after_five)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t id = add_kind("test.noted");
	for (int i = 1; i <= 5; i++) {
		CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
		expire(id);
		CHECK_INT(tick().rescued, 1);
		CHECK_STR(state_of(id), i < 5 ? "waiting" : "failed");
		test_sql("update job set run_at = now() where id = %lld and state = 'waiting'", (long long)id);
		(void)tick();
	}
	CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)id), "worker_lost");
	CHECK_STR(test_sql_text("select outcome from noted where job = %lld", (long long)id), "failed");
}

/* ---- dependencies ---- */

TEST(job_fan_in_of_100_becomes_ready_once)
{
	int64_t parents[100];
	clear();
	for (int i = 0; i < 100; i++)
		parents[i] = add_kind("test.plain");
	const int64_t child = add(&(struct job_new){
	    .kind = "test.noted", .owner_id = owner, .project_id = project, .parents = parents, .parent_count = 100});
	CHECK_STR(state_of(child), "blocked");
	for (int done = 0; done < 100;) {
		const struct job_claimed *jobs = NULL;
		struct job_end ends[JOB_END_MAX];
		struct error err = {0};
		const size_t got = claim(JOB_PLAIN, JOB_END_MAX, &jobs);
		if (!CHECK(got > 0))
			break;
		for (size_t i = 0; i < got; i++)
			ends[i] = end_of(&jobs[i], JOB_DONE, NULL);
		CHECK_OK(job_end(renderd(), ends, got, &err), &err);
		done += (int)got;
		CHECK_INT(test_sql_int("select pending from job where id = %lld", (long long)child), 100 - done);
	}
	CHECK_STR(state_of(child), "ready");
	CHECK_INT(claim(JOB_PLAIN, 10, NULL), 1);
}

TEST(job_failed_parent_ends_its_children_but_not_those_that_ignore_it)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t parent = add_kind("test.plain");
	const int64_t child = add(&(struct job_new){
	    .kind = "test.noted", .owner_id = owner, .project_id = project, .parents = &parent, .parent_count = 1});
	const int64_t grandchild = add(&(struct job_new){
	    .kind = "test.noted", .owner_id = owner, .project_id = project, .parents = &child, .parent_count = 1});
	const int64_t join[] = {child, grandchild};
	const int64_t last = add(&(struct job_new){.kind = "test.noted",
	    .owner_id = owner,
	    .project_id = project,
	    .parents = join,
	    .parent_count = 2,
	    .ignore_failed_parents = true});
	CHECK_INT(claim(JOB_PLAIN, 9, &jobs), 1);
	CHECK(end_one(&jobs[0], JOB_FAILED, "{\"code\": \"broken\", \"detail\": \"It is broken.\"}"));
	CHECK_STR(state_of(child), "failed");
	CHECK_STR(state_of(grandchild), "failed");
	CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)grandchild), "broken");
	CHECK_STR(state_of(last), "ready");
	CHECK_INT(test_sql_int("select count(*) from noted where outcome = 'failed'"), 2);
}

TEST(job_child_of_a_finished_parent_is_ready_and_of_a_failed_one_is_refused)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	char public_id[ID_UUID_SIZE];
	int64_t id = 0;
	clear();
	const int64_t done = add_kind("test.plain");
	const int64_t failed = add_kind("test.plain");
	CHECK_INT(claim(JOB_PLAIN, 2, &jobs), 2);
	for (int i = 0; i < 2; i++)
		CHECK(end_one(&jobs[i], jobs[i].id == done ? JOB_DONE : JOB_FAILED, "{\"code\": \"x\"}"));
	CHECK_STR(state_of(add(
		      &(struct job_new){.kind = "test.plain", .owner_id = owner, .parents = &done, .parent_count = 1})),
	    "ready");
	CHECK_FAILS_CODE(
	    job_add(renderd(),
		&(struct job_new){.kind = "test.plain", .owner_id = owner, .parents = &failed, .parent_count = 1}, &id,
		public_id, &err),
	    &err, ERR_CONFLICT, "parent_failed");
	error_clear(&err);
	CHECK_FAILS_CODE(job_add(renderd(), &(struct job_new){.kind = "test.nothing"}, &id, public_id, &err), &err,
	    ERR_INPUT, "unknown_job_kind");
}

TEST(job_cancel_ends_what_waits_and_everything_behind_it)
{
	struct error err = {0};
	clear();
	const int64_t parent = add_kind("test.noted");
	const int64_t child = add(&(struct job_new){
	    .kind = "test.noted", .owner_id = owner, .project_id = project, .parents = &parent, .parent_count = 1});
	const int64_t last = add(&(struct job_new){.kind = "test.noted",
	    .owner_id = owner,
	    .project_id = project,
	    .parents = &child,
	    .parent_count = 1,
	    .ignore_failed_parents = true});
	const char *public_id = test_sql_text("select public_id from job where id = %lld", (long long)parent);
	CHECK_OK(job_cancel(renderd(), public_id, &err), &err);
	CHECK_STR(state_of(parent), "cancelled");
	CHECK_STR(state_of(child), "cancelled");
	CHECK_STR(state_of(last), "ready");
	CHECK_FAILS_CODE(job_cancel(renderd(), public_id, &err), &err, ERR_CONFLICT, "already_finished");
	error_clear(&err);
	test_sql("select * from job_cancel_project('%s')", project);
	CHECK_STR(state_of(last), "cancelled");
	CHECK_INT(test_sql_int("select count(*) from noted where outcome = 'cancelled'"), 3);
	CHECK_INT(test_sql_int("select count(*) from job where finished_at is null"), 0);
}

TEST(job_cancel_is_the_owners_and_editors_right)
{
	struct error err = {0};
	struct db *api = test_db("framewright_api");
	const int stranger = test_db_user("stranger@example.com");
	const int viewer = test_db_user("viewer@example.com");
	const int editor = test_db_user("editor@example.com");
	struct job_view view;
	clear();
	const int64_t id = add_kind("test.plain");
	const char *public_id = test_sql_text("select public_id from job where id = %lld", (long long)id);
	test_sql("insert into project_member values ('%s', %d, 'viewer'), ('%s', %d, 'editor')", project, viewer,
	    project, editor);
	db_caller(api, stranger);
	CHECK_FAILS_CODE(job_load(api, test_arena(), public_id, &view, &err), &err, ERR_NOT_FOUND, "job_not_found");
	error_clear(&err);
	CHECK_FAILS_CODE(job_cancel(api, public_id, &err), &err, ERR_NOT_FOUND, "job_not_found");
	error_clear(&err);
	db_caller(api, 0);
	CHECK_FAILS_CODE(job_cancel(api, public_id, &err), &err, ERR_NOT_FOUND, "job_not_found");
	error_clear(&err);
	db_caller(api, viewer);
	CHECK_OK(job_load(api, test_arena(), public_id, &view, &err), &err);
	CHECK_STR(view.state, "queued");
	CHECK_FAILS_CODE(job_cancel(api, public_id, &err), &err, ERR_FORBIDDEN, "forbidden");
	error_clear(&err);
	db_caller(api, editor);
	const int64_t version = view.version;
	CHECK_OK(job_cancel(api, public_id, &err), &err);
	db_caller(api, owner);
	CHECK_OK(job_load(api, test_arena(), public_id, &view, &err), &err);
	CHECK_STR(view.state, "cancelled");
	CHECK(view.version != version);
	db_caller(api, 0);
}

TEST(job_list_shows_ones_own_newest_first)
{
	struct error err = {0};
	struct db *api = test_db("framewright_api");
	struct job_view *jobs = NULL;
	size_t count = 0;
	clear();
	(void)add_kind("test.plain");
	const int64_t newest = add_kind("test.plain");
	(void)add(&(struct job_new){.kind = "test.plain", .owner_id = test_db_user("someone@example.com")});
	db_caller(api, owner);
	CHECK_OK(job_list(api, test_arena(), &(struct job_filter){.limit = 50}, &jobs, &count, &err), &err);
	CHECK_INT(count, 2);
	CHECK_INT(jobs[0].id, newest);
	CHECK_OK(
	    job_list(api, test_arena(), &(struct job_filter){.limit = 50, .before_id = newest}, &jobs, &count, &err),
	    &err);
	CHECK_INT(count, 1);
	CHECK_OK(
	    job_list(api, test_arena(), &(struct job_filter){.limit = 50, .state = "running"}, &jobs, &count, &err),
	    &err);
	CHECK_INT(count, 0);
	db_caller(api, 0);
	CHECK_OK(job_list(renderd(), test_arena(), &(struct job_filter){.limit = 50}, &jobs, &count, &err), &err);
	CHECK_INT(count, 3);
}

TEST(job_end_whose_function_raises_is_undone)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	clear();
	const int64_t good = add_kind("test.noted");
	const int64_t bad = add(&(struct job_new){
	    .kind = "test.noted", .owner_id = owner, .project_id = project, .payload = "{\"raise\": true}"});
	CHECK_INT(claim(JOB_PLAIN, 2, &jobs), 2);
	struct job_end ends[2] = {end_of(&jobs[0], JOB_DONE, "{}"), end_of(&jobs[1], JOB_DONE, "{}")};
	CHECK(job_end(renderd(), ends, 2, &err) < 0);
	error_clear(&err);
	CHECK_STR(state_of(good), "running");
	CHECK_STR(state_of(bad), "running");
	for (int i = 0; i < 2; i++) {
		if (jobs[i].id == good)
			CHECK(end_one(&jobs[i], JOB_DONE, "{}"));
		else
			CHECK(end_one(&jobs[i], JOB_FAILED, "{\"code\": \"finish_failed\"}"));
	}
	CHECK_STR(state_of(good), "done");
	CHECK_STR(state_of(bad), "failed");
	CHECK_INT(test_sql_int("select count(*) from noted"), 1);
}

TEST(job_end_writes_its_event_and_tells_the_listener)
{
	const struct job_claimed *jobs = NULL;
	struct error err = {0};
	struct db_note note;
	clear();
	CLEANUP(db_close) struct db *listener = test_db_new("framewright_eventd");
	CHECK_OK(db_listen(listener, DB_CHANNEL_EVENTS, &err), &err);
	(void)add_kind("test.noted");
	CHECK_INT(claim(JOB_PLAIN, 1, &jobs), 1);
	const int64_t before = test_sql_int("select event_seq from project where id = '%s'", project);
	CHECK(end_one(&jobs[0], JOB_DONE, "{}"));
	CHECK_INT(test_sql_int("select event_seq from project where id = '%s'", project), before + 1);
	int got = 0;
	for (int i = 0; i < 200 && got == 0; i++) {
		got = db_note_next(listener, &note, &err);
		usleep(got == 0 ? 10000 : 0);
	}
	CHECK_INT(got, 1);
	CHECK_STR(note.channel, "framewright_events");
	CHECK_STR(note.payload, arena_printf(test_arena(), "%s:%lld", project, (long long)before + 1));
	const struct event *events = NULL;
	size_t count = 0;
	CHECK_OK(event_after(listener, test_arena(), project, before, 10, &events, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_JSON_AT(events[0].payload, "/stage", "noted");
	CHECK_JSON_AT(events[0].payload, "/session_id", project);
}

/* ---- limits and fairness ---- */

TEST(job_claim_never_passes_the_inflight_limit)
{
	const struct job_claimed *jobs = NULL;
	clear();
	for (int i = 0; i < 10; i++)
		(void)add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "narrow"});
	CHECK_INT(claim(JOB_PROVIDER, 8, &jobs), 3);
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 0);
	/* one that a provider works on keeps its place, also while it waits to be polled */
	CHECK(end_one(&jobs[0], JOB_PARK, NULL));
	CHECK_STR(state_of(jobs[0].id), "external");
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 0);
	test_sql("update job set next_poll_at = now() where id = %lld", (long long)jobs[0].id);
	CHECK_INT(tick().promoted, 1);
	const struct job_claimed *polled = NULL;
	CHECK_INT(claim(JOB_PROVIDER, 8, &polled), 1);
	CHECK_INT(polled[0].id, jobs[0].id);
	CHECK(polled[0].parked);
	CHECK_INT(polled[0].attempt, 1);
	CHECK(end_one(&polled[0], JOB_DONE, "{}"));
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 1);
}

TEST(job_claim_takes_from_the_token_bucket)
{
	clear();
	test_sql("update provider_limit set tokens = 2, refilled_at = now() where name = 'slow'");
	for (int i = 0; i < 5; i++)
		(void)add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "slow"});
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 2);
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 0);
	test_sql("update provider_limit set refilled_at = now() - interval '1001 seconds' where name = 'slow'");
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 1);
}

TEST(job_claim_leaves_blocked_and_paused_providers_alone)
{
	struct error err = {0};
	clear();
	(void)add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair"});
	CHECK_OK(job_block_provider(renderd(), "fair", 60000, &err), &err);
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 0);
	test_sql("update provider_limit set blocked_until = null, paused = true where name = 'fair'");
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 0);
	test_sql("update provider_limit set paused = false where name = 'fair'");
	CHECK_INT(claim(JOB_PROVIDER, 8, NULL), 1);
}

TEST(job_newcomer_starts_within_as_many_slots_as_there_are_owners)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int second = test_db_user("second@example.com");
	const int newcomer = test_db_user("newcomer@example.com");
	for (int i = 0; i < 50; i++)
		(void)add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair"});
	for (int i = 0; i < 50; i++)
		(void)add(&(struct job_new){.kind = "test.call", .owner_id = second, .provider = "fair"});
	for (int i = 0; i < 20; i++)
		CHECK_INT(claim(JOB_PROVIDER, 1, NULL), 1);
	CHECK_INT(test_sql_int("select count(*) from job where owner_id = %d and state = 'running'", owner), 10);
	const int64_t late = add(&(struct job_new){.kind = "test.call", .owner_id = newcomer, .provider = "fair"});
	int slots = 0;
	do {
		CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
		slots++;
	} while (jobs[0].id != late && slots < 20);
	CHECK(slots <= 3);
}

TEST(job_priority_goes_first_but_does_not_starve)
{
	const struct job_claimed *jobs = NULL;
	clear();
	const int64_t slow =
	    add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair", .priority = 10});
	const int64_t normal = add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair"});
	const int64_t urgent =
	    add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair", .priority = 1});
	CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
	CHECK_INT(jobs[0].id, urgent);
	CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
	CHECK_INT(jobs[0].id, normal);
	/* a stream of normal jobs passes it only so long */
	int passed = 0;
	for (; passed < 300; passed++) {
		(void)add(&(struct job_new){.kind = "test.call", .owner_id = owner, .provider = "fair"});
		CHECK_INT(claim(JOB_PROVIDER, 1, &jobs), 1);
		if (jobs[0].id == slow)
			break;
	}
	CHECK(passed > 10 && passed < 120);
}

/* ---- rivals ---- */

#define RIVALS 8
#define RIVAL_JOBS 400

struct rival {
	pthread_t thread;
	int64_t worker;
	int64_t taken[RIVAL_JOBS];
	size_t count;
	int failures;
};

static void *
rival_main(void *arg)
{
	struct rival *r = arg;
	struct error err = {0};
	struct db *db = test_db_new("framewright_renderd");
	struct arena *arena = arena_new(4 * MIB);
	const struct worker_start start = {.host = "rival", .program = "renderd", .version = "0"};
	uint32_t from = 0;
	if (worker_begin(db, &start, &r->worker, &err) < 0)
		r->failures++;
	for (int idle = 0; idle < 3 && r->failures == 0;) {
		int64_t leases[5];
		struct job_end ends[5];
		const struct job_claimed *jobs = NULL;
		size_t got = 0;
		for (int i = 0; i < 5; i++)
			leases[i] = worker_lease(r->worker, ++from);
		const struct job_claim args = {.worker = r->worker, .step = JOB_PROVIDER, .leases = leases, .count = 5};
		if (job_claim(db, arena, &args, &jobs, &got, &err) < 0) {
			r->failures++;
			break;
		}
		for (size_t i = 0; i < got; i++) {
			r->taken[r->count++] = jobs[i].id;
			ends[i] = end_of(&jobs[i], JOB_DONE, NULL);
		}
		if (got > 0 && job_end(db, ends, got, &err) < 0)
			r->failures++;
		for (size_t i = 0; i < got; i++)
			r->failures += !ends[i].applied;
		if (got == 0)
			usleep(5000);
		idle = got > 0 ? 0 : idle + 1;
		arena_reset(arena);
	}
	if (r->failures > 0)
		fprintf(stderr, "rival: %s\n", err.text);
	arena_free(&arena);
	db_close(&db);
	return NULL;
}

TEST(job_eight_rivals_never_take_one_job_twice)
{
	static struct rival rivals[RIVALS];
	clear();
	test_sql("update provider_limit set max_inflight = 7 where name = 'narrow'");
	/* how many were ever at work at once is seen by the table itself */
	test_sql("create table peak (n int); insert into peak values (0);"
		 "create function watch() returns trigger language plpgsql security definer set search_path = "
		 "framewright as $$ begin"
		 " update peak set n = greatest(n, (select count(*) from job where provider = 'narrow' and state = "
		 "'running'));"
		 " return null; end $$;"
		 "create trigger watch after update on job for each statement execute function watch();"
		 "insert into job_dep (parent, child) select null, null where false");
	test_sql("select job_add('test.call', %d, '%s', '{}', '{}', 'fail', 'narrow') from generate_series(1, %d)",
	    owner, project, RIVAL_JOBS);
	const int64_t child =
	    test_sql_int("select job_add('test.plain', %d, '%s', '{}', array(select id from job order by id), 'fail')",
		owner, project);
	for (int i = 0; i < RIVALS; i++)
		CHECK(pthread_create(&rivals[i].thread, NULL, rival_main, &rivals[i]) == 0);
	size_t taken = 0;
	for (int i = 0; i < RIVALS; i++) {
		pthread_join(rivals[i].thread, NULL);
		CHECK_INT(rivals[i].failures, 0);
		taken += rivals[i].count;
	}
	CHECK_INT(taken, RIVAL_JOBS);
	CHECK_INT(test_sql_int("select count(*) from job where kind = 'test.call' and state = 'done' and attempt = 1"),
	    RIVAL_JOBS);
	CHECK(test_sql_int("select n from peak") <= 7);
	CHECK(test_sql_int("select n from peak") > 1);
	CHECK_STR(state_of(child), "ready");
	test_sql("drop trigger watch on job; drop function watch; drop table peak");
}

/* ---- tick ---- */

TEST(tick_repeats_progress_of_what_runs)
{
	clear();
	test_sql("update ad_session set stage = 'image_generation', last_progress = '{\"stage\": \"image_generation\", "
		 "\"progress\": 12}'"
		 " where project_id = '%s'",
	    project);
	test_sql("update project set event_at = now() - interval '3 seconds' where id = '%s'", project);
	const int64_t before = test_sql_int("select event_seq from project where id = '%s'", project);
	(void)tick();
	(void)tick();
	CHECK_INT(test_sql_int("select event_seq from project where id = '%s'", project), before + 1);
	test_sql("update ad_session set stage = 'created' where project_id = '%s'", project);
	test_sql("update project set event_at = now() - interval '3 seconds' where id = '%s'", project);
	(void)tick();
	CHECK_INT(test_sql_int("select event_seq from project where id = '%s'", project), before + 1);
}

TEST(tick_tells_when_the_next_job_is_due)
{
	clear();
	CHECK_INT(tick().next_due_ms, -1);
	(void)add(&(struct job_new){.kind = "test.plain", .owner_id = owner, .delay_ms = 90000});
	const struct job_tick t = tick();
	CHECK(t.next_due_ms > 60000 && t.next_due_ms <= 90000);
	CHECK_INT(t.ready, 0);
	(void)add_kind("test.plain");
	CHECK_INT(tick().ready, 1);
}

TEST(tick_sweeps_what_is_over)
{
	clear();
	test_sql("insert into idempotency (user_id, key, route, request_hash, created_at) values (%d, 'old', 'r', '', "
		 "now() - interval '25 hours'),"
		 " (%d, 'new', 'r', '', now())",
	    owner, owner);
	test_sql("update sweep set due_at = now()");
	(void)tick();
	CHECK_STR(test_sql_text("select string_agg(key, ',') from idempotency"), "new");
	CHECK_INT(test_sql_int("select count(*) from sweep where due_at < now()"), 0);
	CHECK_INT(test_sql_int("select count(*) from job where kind = 'store.collect'"), 1);
}

TEST(partitions_come_and_go_by_day)
{
	test_sql("select partitions_keep('2031-05-10 12:00+00')");
	CHECK_INT(
	    test_sql_int("select count(*) from pg_class where relname like 'event_203105__' and relkind = 'r'"), 4);
	test_sql("insert into event (project_id, seq, payload, created_at) values ('%s', 9000001, '{}', '2031-05-10 "
		 "13:00+00')",
	    project);
	CHECK_STR(test_sql_text("select tableoid::regclass::text from event where seq = 9000001"), "event_20310510");
	test_sql("select partitions_keep('2031-05-12 23:00+00')");
	CHECK_INT(test_sql_int("select count(*) from event where seq = 9000001"), 1);
	test_sql("select partitions_keep('2031-05-13 01:00+00')");
	CHECK_INT(test_sql_int("select count(*) from event where seq = 9000001"), 0);
	CHECK_INT(test_sql_int("select count(*) from pg_class where relname = 'event_20310510'"), 0);
	CHECK_INT(test_sql_int("select count(*) from pg_class where relname ~ '^(event|webhook_delivery)_2031' and "
			       "relkind = 'r' and not relrowsecurity"),
	    0);
	test_sql("select partitions_keep()");
}

TEST(worker_health_counts_the_living)
{
	struct error err = {0};
	struct worker_health health;
	clear();
	test_sql("update worker set seen_at = now() - interval '1 minute'");
	CHECK_OK(worker_health(test_db("framewright_api"), &health, &err), &err);
	CHECK_INT(health.renderd, 0);
	(void)add_kind("test.plain");
	CHECK_OK(job_heartbeat(renderd(), worker, NULL, 0, &err), &err);
	CHECK_OK(worker_health(test_db("framewright_api"), &health, &err), &err);
	CHECK_INT(health.renderd, 1);
	CHECK_INT(health.queued, 1);
}

TEST(worker_sockets_of_the_living_are_summed)
{
	const struct worker_start start = {.host = "here", .program = "eventd", .version = "1"};
	struct worker_health health;
	struct error err = {0};
	struct db *eventd = test_db("framewright_eventd");
	int64_t one, two, dead;

	CHECK_OK(worker_begin(eventd, &start, &one, &err), &err);
	CHECK_OK(worker_begin(eventd, &start, &two, &err), &err);
	CHECK_OK(worker_begin(eventd, &start, &dead, &err), &err);
	CHECK_OK(worker_seen(eventd, one, 3, &err), &err);
	CHECK_OK(worker_seen(eventd, two, 4, &err), &err);
	CHECK_OK(worker_seen(eventd, dead, 100, &err), &err);
	test_sql("update worker set seen_at = now() - interval '1 minute' where id = %lld", (long long)dead);
	CHECK_OK(worker_health(test_db("framewright_api"), &health, &err), &err);
	CHECK_INT(health.open_sockets, 7);
	CHECK_OK(worker_end(eventd, two, &err), &err);
	CHECK_OK(worker_health(test_db("framewright_api"), &health, &err), &err);
	CHECK_INT(health.open_sockets, 3);
	CHECK_OK(worker_end(eventd, one, &err), &err);
	CHECK_OK(worker_end(eventd, dead, &err), &err);
}

TEST_MAIN_WITH(set_up, test_db_tear_down, ROW(job_runs_from_ready_to_done), ROW(job_with_a_stale_lease_changes_nothing),
    ROW(job_heartbeat_carries_progress_out_and_cancel_back), ROW(job_retries_until_the_attempts_are_used_up),
    ROW(job_backs_off_with_jitter), ROW(job_drain_costs_no_attempt),
    ROW(job_again_costs_no_attempt_and_can_move_to_another_provider), ROW(job_rescue_costs_no_attempt),
    ROW(job_rescue_gives_up_after_five), ROW(job_fan_in_of_100_becomes_ready_once),
    ROW(job_failed_parent_ends_its_children_but_not_those_that_ignore_it),
    ROW(job_child_of_a_finished_parent_is_ready_and_of_a_failed_one_is_refused),
    ROW(job_cancel_ends_what_waits_and_everything_behind_it), ROW(job_cancel_is_the_owners_and_editors_right),
    ROW(job_list_shows_ones_own_newest_first), ROW(job_end_whose_function_raises_is_undone),
    ROW(job_end_writes_its_event_and_tells_the_listener), ROW(job_claim_never_passes_the_inflight_limit),
    ROW(job_claim_takes_from_the_token_bucket), ROW(job_claim_leaves_blocked_and_paused_providers_alone),
    ROW(job_newcomer_starts_within_as_many_slots_as_there_are_owners), ROW(job_priority_goes_first_but_does_not_starve),
    ROW(job_eight_rivals_never_take_one_job_twice), ROW(tick_repeats_progress_of_what_runs),
    ROW(tick_tells_when_the_next_job_is_due), ROW(tick_sweeps_what_is_over), ROW(partitions_come_and_go_by_day),
    ROW(worker_health_counts_the_living), ROW(worker_sockets_of_the_living_are_summed))
