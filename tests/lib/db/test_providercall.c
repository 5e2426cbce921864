#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "lib/db/job.h"
#include "lib/db/ledger.h"
#include "lib/db/providercall.h"
#include "lib/db/worker.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

static int owner;
static const char *project;
static int64_t worker;
static uint32_t counter;

static struct db *
renderd(void)
{
	return test_db("framewright_renderd");
}

static int
set_up(void)
{
	struct error err = {0};
	const int result = test_db_set_up();
	if (result != 0)
		return result;
	owner = test_db_user("owner@example.com");
	test_sql("insert into job_kind (name, step, max_attempts, timeout_s) values ('test.call', 'provider', 3, 60)");
	const struct worker_start start = {.host = "test",
	    .program = "renderd",
	    .version = "0",
	    .cost_limit_micros = 5 * USD,
	    .cost_alert_micros = 2 * USD};
	return worker_begin(renderd(), &start, &worker, &err) == 0 ? 0 : 1;
}

/* A claimed job in a project of its own. */
static struct job_claimed
job_in(const char *in)
{
	struct error err = {0};
	const struct job_claimed *jobs = NULL;
	size_t got = 0;
	int64_t id = 0;
	char public_id[ID_UUID_SIZE];
	const int64_t lease = worker_lease(worker, ++counter);
	CHECK_OK(job_add(renderd(), &(struct job_new){.kind = "test.call", .owner_id = owner, .project_id = in}, &id,
		     public_id, &err),
	    &err);
	const struct job_claim claim = {.worker = worker, .step = JOB_PROVIDER, .leases = &lease, .count = 1};
	CHECK_OK(job_claim(renderd(), test_arena(), &claim, &jobs, &got, &err), &err);
	CHECK_INT(got, 1);
	return got == 1 ? jobs[0] : (struct job_claimed){0};
}

static struct job_claimed
fresh_job(void)
{
	test_sql("delete from job_lease; delete from job; delete from budget");
	project = test_db_project(owner);
	return job_in(project);
}

static struct providercall_new
call_of(const struct job_claimed *job)
{
	return (struct providercall_new){.job = job->id,
	    .lease = job->lease,
	    .step = "submit",
	    .agent = "video_generator",
	    .provider = "replicate",
	    .model = "stable-video-diffusion",
	    .estimate_micros = -1};
}

static struct providercall
open_call(const struct job_claimed *job)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct providercall_new new = call_of(job);
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	return call;
}

static void
end_job(const struct job_claimed *job, enum job_outcome outcome, const char *body)
{
	struct error err = {0};
	struct job_end end = {.job = job->id, .lease = job->lease, .outcome = outcome, .body = body, .delay_ms = 0};
	CHECK_OK(job_end(renderd(), &end, 1, &err), &err);
	CHECK(end.applied);
}

static int64_t
of_project(const char *column)
{
	return test_sql_int("select %s from project where id = '%s'", column, project);
}

static const char *
call_state(int64_t call)
{
	return test_sql_text("select state from provider_call where id = %lld", (long long)call);
}

static const char *
job_state(int64_t job)
{
	return test_sql_text("select state from job where id = %lld", (long long)job);
}

static struct job_claimed
claim_again(const struct job_claimed *job)
{
	struct error err = {0};
	const struct job_claimed *jobs = NULL;
	struct job_tick tick;
	size_t got = 0;
	const int64_t lease = worker_lease(worker, ++counter);
	test_sql("update job set run_at = now() where id = %lld and state = 'waiting';"
		 "update job set next_poll_at = now() where id = %lld and state = 'external'",
	    (long long)job->id, (long long)job->id);
	CHECK_OK(job_tick(renderd(), &tick, &err), &err);
	const struct job_claim claim = {.worker = worker, .step = JOB_PROVIDER, .leases = &lease, .count = 1};
	CHECK_OK(job_claim(renderd(), test_arena(), &claim, &jobs, &got, &err), &err);
	CHECK_INT(got, 1);
	return got == 1 ? jobs[0] : (struct job_claimed){0};
}

TEST(call_is_reserved_sent_accepted_and_settled)
{
	struct error err = {0};
	const struct job_claimed job = fresh_job();
	const struct providercall call = open_call(&job);
	CHECK(call.fresh);
	CHECK_INT(call.state, PROVIDERCALL_INTENT);
	CHECK_INT(call.estimate_micros, 800000);
	CHECK(id_is_uuid(call.client_ref));
	CHECK_INT(of_project("reserved_micros"), 800000);
	CHECK_INT(of_project("total_micros"), 0);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	CHECK_FAILS_CODE(providercall_sending(renderd(), call.id, job.lease, &err), &err, ERR_CONFLICT, "already_sent");
	error_clear(&err);
	CHECK_OK(providercall_accepted(renderd(), call.id, "prediction-1", NULL, &err), &err);
	end_job(&job, JOB_PARK, NULL);
	const struct job_claimed polled = claim_again(&job);
	CHECK(polled.parked);
	struct providercall live = {0};
	CHECK_OK(providercall_live(renderd(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK_STR(live.request_id, "prediction-1");
	CHECK_INT(live.state, PROVIDERCALL_ACCEPTED);
	end_job(&polled, JOB_DONE, "{\"price_micros\": 790000, \"generation_ms\": 41000}");
	CHECK_STR(call_state(call.id), "done");
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_INT(of_project("total_micros"), 790000);
	CHECK_INT(of_project("charged_micros"), 790000);
	CHECK_STR(test_sql_text("select agent || ' ' || model || ' ' || price_micros || ' ' || duration_ms || ' ' || "
				"success from ledger"
				" where provider_call_id = %lld",
		      (long long)call.id),
	    "video_generator stable-video-diffusion 790000 41000 true");
	struct job_view view;
	CHECK_OK(job_load(renderd(), test_arena(), job.public_id, &view, &err), &err);
	CHECK_INT(view.price_micros, 790000);
	CHECK_OK(providercall_settle(renderd(), call.id, 1, 1, NULL, &err), &err);
	CHECK_INT(of_project("total_micros"), 790000);
}

TEST(call_of_the_stand_in_is_priced_but_not_charged)
{
	struct error err = {0};
	const struct job_claimed job = fresh_job();
	struct providercall call = {0};
	struct providercall_new new = call_of(&job);
	new.provider = "local";
	new.simulated = true;
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	end_job(&job, JOB_DONE, "{}");
	CHECK_INT(of_project("total_micros"), 800000);
	CHECK_INT(of_project("charged_micros"), 0);
	CHECK_STR(test_sql_text("select simulated::text from ledger where provider_call_id = %lld", (long long)call.id),
	    "true");
}

TEST(call_beyond_the_limit_reserves_nothing)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct job_claimed first = fresh_job();
	test_sql("update project set limit_micros = 1000000 where id = '%s'", project);
	(void)open_call(&first);
	const struct job_claimed second = job_in(project);
	const struct providercall_new new = call_of(&second);
	CHECK_FAILS_CODE(providercall_open(renderd(), &new, &call, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	CHECK_INT(error_status(&err), 402);
	CHECK_CONTAINS(error_public_text(&err), "cost limit");
	CHECK_INT(of_project("reserved_micros"), 800000);
	CHECK_INT(test_sql_int("select count(*) from provider_call where job_id = %lld", (long long)second.id), 0);
}

TEST(call_uses_the_installations_limit_without_an_own_one)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct job_claimed job = fresh_job();
	struct providercall_new new = call_of(&job);
	new.estimate_micros = 5 * USD + 1;
	CHECK_FAILS_CODE(providercall_open(renderd(), &new, &call, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	error_clear(&err);
	new.estimate_micros = 5 * USD;
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
}

TEST(call_counts_against_every_budget_or_none)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct job_claimed job = fresh_job();
	test_sql("insert into budget (scope, scope_id, limit_micros) values ('installation', '', 900000), ('user', "
		 "'%d', 700000),"
		 " ('user', '%d', 1)",
	    owner, owner + 1000);
	struct providercall_new new = call_of(&job);
	CHECK_FAILS_CODE(providercall_open(renderd(), &new, &call, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	error_clear(&err);
	CHECK_INT(test_sql_int("select sum(reserved_micros) from budget"), 0);
	CHECK_INT(of_project("reserved_micros"), 0);
	test_sql("update budget set limit_micros = 800000 where scope_id = '%d'", owner);
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	CHECK_INT(test_sql_int("select sum(reserved_micros) from budget"), 1600000);
	CHECK_OK(providercall_void(renderd(), call.id, job.lease, &err), &err);
	CHECK_INT(test_sql_int("select sum(reserved_micros) from budget"), 0);
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	end_job(&job, JOB_DONE, "{\"price_micros\": 850000}");
	/* more than was reserved is recorded, and nothing more is started */
	CHECK_INT(test_sql_int("select spent_micros from budget where scope_id = '%d'", owner), 850000);
	CHECK_INT(test_sql_int("select sum(reserved_micros) from budget"), 0);
	const struct job_claimed next = job_in(project);
	new = call_of(&next);
	new.estimate_micros = 0;
	CHECK_FAILS_CODE(providercall_open(renderd(), &new, &call, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
}

TEST(call_with_a_lost_lease_is_not_made)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct job_claimed job = fresh_job();
	const struct providercall opened = open_call(&job);
	test_sql("update job_lease set expires_at = now() - interval '1 second'");
	CHECK_FAILS_CODE(
	    providercall_sending(renderd(), opened.id, job.lease, &err), &err, ERR_CONFLICT, "stale_lease");
	error_clear(&err);
	struct job_tick tick;
	CHECK_OK(job_tick(renderd(), &tick, &err), &err);
	CHECK_INT(tick.rescued, 1);
	const struct job_claimed again = claim_again(&job);
	CHECK_STR(call_state(opened.id), "intent");
	CHECK_FAILS_CODE(
	    providercall_sending(renderd(), opened.id, job.lease, &err), &err, ERR_CONFLICT, "stale_lease");
	error_clear(&err);
	const struct providercall_new old = call_of(&job);
	CHECK_FAILS_CODE(providercall_open(renderd(), &old, &call, &err), &err, ERR_CONFLICT, "stale_lease");
	error_clear(&err);
	/* the next attempt takes the intent over, nothing is reserved twice */
	call = open_call(&again);
	CHECK_INT(call.id, opened.id);
	CHECK(!call.fresh);
	CHECK_INT(of_project("reserved_micros"), 800000);
	/* and the first, which wakes up and was not let send, cannot take it back: neither now nor when it is being
	 * sent */
	CHECK_FAILS_CODE(providercall_void(renderd(), call.id, job.lease, &err), &err, ERR_CONFLICT, "already_sent");
	error_clear(&err);
	CHECK_OK(providercall_sending(renderd(), call.id, again.lease, &err), &err);
	CHECK_FAILS_CODE(providercall_void(renderd(), call.id, job.lease, &err), &err, ERR_CONFLICT, "already_sent");
	CHECK_STR(call_state(call.id), "sending");
}

TEST(call_is_not_sent_for_a_job_that_is_to_be_cancelled)
{
	struct error err = {0};
	const struct job_claimed job = fresh_job();
	const struct providercall call = open_call(&job);
	CHECK_OK(job_cancel(renderd(), job.public_id, &err), &err);
	CHECK_FAILS_CODE(providercall_sending(renderd(), call.id, job.lease, &err), &err, ERR_CONFLICT, "stale_lease");
	end_job(&job, JOB_CANCELLED, NULL);
	CHECK_STR(call_state(call.id), "void");
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s'", project), 0);
}

TEST(call_found_while_sending_is_uncertain_and_never_sent_again)
{
	struct error err = {0};
	struct job_tick tick;
	const struct job_claimed job = fresh_job();
	const struct providercall call = open_call(&job);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	test_sql("update job_lease set expires_at = now() - interval '1 second'");
	CHECK_OK(job_tick(renderd(), &tick, &err), &err);
	CHECK_INT(tick.rescued, 1);
	CHECK_INT(tick.uncertain, 1);
	CHECK_STR(call_state(call.id), "uncertain");
	/* the provider is asked for it first, and only then a person */
	CHECK_STR(job_state(job.id), "external");
	CHECK_INT(of_project("reserved_micros"), 800000);
	const struct job_claimed looked = claim_again(&job);
	CHECK(looked.parked);
	struct providercall live;
	CHECK_OK(providercall_live(renderd(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK_INT(live.state, PROVIDERCALL_UNCERTAIN);
	CHECK(!live.overdue);
	end_job(&looked, JOB_UNCERTAIN, "{\"code\": \"unknown_outcome\"}");
	struct job_view view;
	CHECK_OK(job_load(renderd(), test_arena(), job.public_id, &view, &err), &err);
	CHECK_STR(view.state, "needs_attention");
	/* a webhook that names our reference tells that it was accepted after all */
	bool found = false;
	CHECK_OK(providercall_webhook(test_db("framewright_api"), call.client_ref, "prediction-2", &found, &err), &err);
	CHECK(found);
	const struct job_claimed polled = claim_again(&job);
	CHECK(polled.parked);
	end_job(&polled, JOB_DONE, "{}");
	CHECK_INT(of_project("total_micros"), 800000);
	CHECK_INT(of_project("reserved_micros"), 0);
}

TEST(call_of_the_stand_in_leaves_no_doubt_after_a_crash)
{
	struct error err = {0};
	struct providercall call = {0};
	const struct job_claimed job = fresh_job();
	struct providercall_new new = call_of(&job);
	new.simulated = true;
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	test_sql("update job_lease set expires_at = now() - interval '1 second'");
	const struct job_claimed dead = {.id = job.id};
	struct job_tick tick;
	CHECK_OK(job_tick(renderd(), &tick, &err), &err);
	CHECK_STR(call_state(call.id), "void");
	const struct job_claimed again = claim_again(&dead);
	new.lease = again.lease;
	CHECK_OK(providercall_open(renderd(), &new, &call, &err), &err);
	CHECK(call.fresh);
	CHECK_OK(providercall_sending(renderd(), call.id, again.lease, &err), &err);
	end_job(&again, JOB_DONE, "{}");
	CHECK_INT(of_project("total_micros"), 800000);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s'", project), 1);
}

TEST(call_that_was_refused_costs_nothing_and_is_on_record)
{
	struct error err = {0};
	const struct job_claimed job = fresh_job();
	const struct providercall call = open_call(&job);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	CHECK_OK(providercall_rejected(renderd(), call.id, 0, 120, "overloaded", &err), &err);
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_STR(test_sql_text(
		      "select price_micros || ' ' || success || ' ' || error from ledger where provider_call_id = %lld",
		      (long long)call.id),
	    "0 false overloaded");
	/* the next call of the same step is a new one */
	const struct providercall next = open_call(&job);
	CHECK(next.fresh && next.id != call.id);
	CHECK(strcmp(next.client_ref, call.client_ref) != 0);
}

TEST(call_that_was_never_classified_makes_the_job_uncertain_whatever_its_end)
{
	struct error err = {0};
	const struct job_claimed job = fresh_job();
	const struct providercall call = open_call(&job);
	CHECK_OK(providercall_sending(renderd(), call.id, job.lease, &err), &err);
	CHECK_FAILS_CODE(providercall_void(renderd(), call.id, 0, &err), &err, ERR_CONFLICT, "already_sent");
	error_clear(&err);
	end_job(&job, JOB_RETRY, "{\"code\": \"timeout\", \"detail\": \"No answer.\"}");
	CHECK_STR(job_state(job.id), "external");
	CHECK_STR(call_state(call.id), "uncertain");
	const struct job_claimed looked = claim_again(&job);
	end_job(&looked, JOB_FAILED, "{\"code\": \"unknown_kind\"}");
	CHECK_STR(job_state(job.id), "uncertain");
	/* a person takes the risk: the old call is booked, a new one may be made */
	db_caller(test_db("framewright_api"), owner);
	CHECK_OK(job_retry(test_db("framewright_api"), job.public_id, &err), &err);
	db_caller(test_db("framewright_api"), 0);
	CHECK_INT(of_project("total_micros"), 800000);
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_STR(test_sql_text("select state from job where id = %lld", (long long)job.id), "ready");
}

TEST(request_id_belongs_to_one_call)
{
	struct error err = {0};
	const struct job_claimed first = fresh_job();
	const struct job_claimed second = job_in(project);
	const struct providercall a = open_call(&first);
	const struct providercall b = open_call(&second);
	CHECK_OK(providercall_sending(renderd(), a.id, first.lease, &err), &err);
	CHECK_OK(providercall_sending(renderd(), b.id, second.lease, &err), &err);
	CHECK_OK(providercall_accepted(renderd(), a.id, "same", NULL, &err), &err);
	CHECK_OK(providercall_accepted(renderd(), a.id, "same", NULL, &err), &err);
	CHECK_FAILS(providercall_accepted(renderd(), b.id, "same", NULL, &err), &err, ERR_CONFLICT);
}

TEST(cost_alert_is_given_once)
{
	struct error err = {0};
	(void)fresh_job();
	struct ledger_row row = {.project_id = project,
	    .user_id = owner,
	    .agent = "compositor",
	    .provider = "local",
	    .model = "ffmpeg",
	    .price_micros = 1500000};
	CHECK_OK(ledger_add(renderd(), &row, &err), &err);
	CHECK_INT(test_sql_int("select count(*) from event where project_id = '%s'", project), 0);
	CHECK_OK(ledger_add(renderd(), &row, &err), &err);
	CHECK_OK(ledger_add(renderd(), &row, &err), &err);
	CHECK_STR(
	    test_sql_text("select string_agg(payload ->> 'warning', ',') from event where project_id = '%s'", project),
	    "cost_alert");
	CHECK_STR(test_sql_text("select payload ->> 'current_cost' from event where project_id = '%s'", project), "3");
	CHECK_INT(
	    test_sql_int("select jsonb_array_length(warnings) from ad_session where project_id = '%s'", project), 1);
	CHECK_STR(
	    test_sql_text("select (alert_sent_at is not null)::text from project where id = '%s'", project), "true");
}

TEST(reference_session_costs_what_the_specification_says)
{
	struct error err = {0};
	static const struct {
		const char *agent, *model;
		int count;
	} parts[] = {{"prompt_parser", "llama-3.1-70b", 1}, {"image_generator", "flux-pro", 6},
	    {"scene_planner", "llama-3.1-70b", 1}, {"video_generator", "stable-video-diffusion", 4},
	    {"compositor", "ffmpeg", 1}};
	(void)fresh_job();
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		struct ledger_row row = {.project_id = project,
		    .user_id = owner,
		    .agent = parts[i].agent,
		    .provider = "local",
		    .model = parts[i].model,
		    .simulated = true,
		    .duration_ms = 1000};
		row.price_micros = test_sql_int("select micros from price where model = '%s'", parts[i].model);
		for (int n = 0; n < parts[i].count; n++)
			CHECK_OK(ledger_add(renderd(), &row, &err), &err);
	}
	CHECK_INT(of_project("total_micros"), 4002000);
	const struct ledger_sum *sums = NULL;
	size_t count = 0;
	CHECK_OK(ledger_of_project(renderd(), test_arena(), project, &sums, &count, &err), &err);
	CHECK_INT(count, 5);
	CHECK_STR(sums[1].agent, "image_generator");
	CHECK_INT(sums[1].price_micros, 300000);
	CHECK_INT(sums[3].price_micros, 3200000);
	CHECK_INT(sums[3].charged_micros, 0);
}

/* Many connections spend at once; every sum must still be the sum of its rows. */
struct spender {
	pthread_t thread;
	int64_t jobs[10];
	int64_t leases[10];
	int refused;
	int failures;
};

static void *
spender_main(void *arg)
{
	struct spender *s = arg;
	struct db *db = test_db_new("framewright_renderd");
	for (int i = 0; i < 10; i++) {
		struct error err = {0};
		struct providercall call;
		const struct job_claimed job = {.id = s->jobs[i], .lease = s->leases[i]};
		const struct providercall_new new = call_of(&job);
		if (providercall_open(db, &new, &call, &err) < 0) {
			if (error_has_code(&err, "cost_limit_exceeded"))
				s->refused++;
			else
				s->failures++;
			continue;
		}
		struct job_end end = {.job = job.id, .lease = job.lease, .outcome = JOB_DONE, .body = "{}"};
		if (providercall_sending(db, call.id, job.lease, &err) < 0 || job_end(db, &end, 1, &err) < 0 ||
		    !end.applied)
			s->failures++;
	}
	db_close(&db);
	return NULL;
}

TEST(money_adds_up_with_rivals_and_never_passes_the_limit)
{
	static struct spender spenders[5];
	const struct job_claimed unused = fresh_job();
	end_job(&unused, JOB_DONE, "{}");
	test_sql("insert into budget (scope, scope_id, limit_micros) values ('installation', '', 100000000), ('user', "
		 "'%d', 26000000)",
	    owner);
	test_sql("update project set limit_micros = 30000000 where id = '%s'", project);
	test_sql("update provider_limit set max_inflight = null where name = 'local'");
	for (int i = 0; i < 5; i++) {
		for (int k = 0; k < 10; k++) {
			const struct job_claimed job = job_in(project);
			spenders[i].jobs[k] = job.id;
			spenders[i].leases[k] = job.lease;
		}
	}
	for (int i = 0; i < 5; i++)
		CHECK(pthread_create(&spenders[i].thread, NULL, spender_main, &spenders[i]) == 0);
	int refused = 0;
	for (int i = 0; i < 5; i++) {
		pthread_join(spenders[i].thread, NULL);
		CHECK_INT(spenders[i].failures, 0);
		refused += spenders[i].refused;
	}
	/* 26.00 / 0.80 = 32 calls fit */
	CHECK(refused >= 50 - 32);
	const int64_t sum = test_sql_int("select sum(price_micros) from ledger where project_id = '%s'", project);
	CHECK(sum <= 26000000 && sum == (50 - refused) * (int64_t)800000);
	CHECK_INT(of_project("total_micros"), sum);
	CHECK_INT(of_project("charged_micros"), sum);
	CHECK_INT(of_project("reserved_micros"), 0);
	CHECK_INT(test_sql_int(
		      "select count(*) from budget where spent_micros <> %lld or reserved_micros <> 0", (long long)sum),
	    0);
}

TEST_MAIN_WITH(set_up, test_db_tear_down, ROW(call_is_reserved_sent_accepted_and_settled),
    ROW(call_of_the_stand_in_is_priced_but_not_charged), ROW(call_beyond_the_limit_reserves_nothing),
    ROW(call_uses_the_installations_limit_without_an_own_one), ROW(call_counts_against_every_budget_or_none),
    ROW(call_with_a_lost_lease_is_not_made), ROW(call_is_not_sent_for_a_job_that_is_to_be_cancelled),
    ROW(call_found_while_sending_is_uncertain_and_never_sent_again),
    ROW(call_of_the_stand_in_leaves_no_doubt_after_a_crash), ROW(call_that_was_refused_costs_nothing_and_is_on_record),
    ROW(call_that_was_never_classified_makes_the_job_uncertain_whatever_its_end), ROW(request_id_belongs_to_one_call),
    ROW(cost_alert_is_given_once), ROW(reference_session_costs_what_the_specification_says),
    ROW(money_adds_up_with_rivals_and_never_passes_the_limit))
