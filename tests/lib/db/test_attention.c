/* lib/db/job_attention.c: doubt about a paid call, and who decides it. */
#include "tests/lib/db/job_play.h"

#define PRICE 800000

static int
decide(const struct job_claimed *job, const char *action, int64_t wait_s, struct error *err)
{
	struct db *api = test_db("framewright_api");
	int status;

	db_caller(api, play_owner);
	status = job_attention(api, job->public_id, action, wait_s, err);
	db_caller(api, 0);
	return status;
}

/* A job whose call may or may not have been taken, at the point where nobody but a person can tell. */
static struct job_claimed
doubtful(void)
{
	struct error err = {0};

	play_clear();
	const struct job_claimed job = play_call_job();
	const struct providercall call = play_sent(&job, NULL);
	CHECK_OK(providercall_uncertain(play_db(), call.id, "{\"code\": \"unknown_outcome\"}", &err), &err);
	CHECK(play_end(&job, JOB_PARK, NULL));
	CHECK_STR(play_state(job.id), "external");
	const struct job_claimed looked = play_claim_again(&job);
	CHECK(looked.parked);
	CHECK(play_end(&looked, JOB_UNCERTAIN, "{\"code\": \"unknown_outcome\", \"detail\": \"Nobody knows.\"}"));
	CHECK_STR(play_state(job.id), "uncertain");
	CHECK_INT(play_money("reserved_micros"), PRICE);
	return job;
}

static const char *
last_event(const char *member)
{
	return test_sql_text("select payload ->> '%s' from event where project_id = '%s' order by seq desc limit 1",
	    member, play_project);
}

TEST(doubt_is_told_in_the_projects_log)
{
	const struct job_claimed job = doubtful();

	CHECK_STR(last_event("warning"), "needs_attention");
	CHECK_STR(last_event("message"), "Nobody knows.");
	CHECK_STR(last_event("job_id"), job.public_id);
}

TEST(doubt_ends_by_itself_when_a_webhook_names_the_request)
{
	const struct job_claimed job = doubtful();
	struct error err = {0};
	bool found = false;

	CHECK_OK(providercall_webhook(test_db("framewright_api"),
		     test_sql_text("select client_ref from provider_call where job_id = %lld", (long long)job.id),
		     "r-1", &found, &err),
	    &err);
	CHECK(found);
	CHECK_STR(play_state(job.id), "ready");
	CHECK_STR(last_event("warning"), "attention_ended");
	const struct job_claimed polled = play_claim_again(&job);
	CHECK(play_end(&polled, JOB_DONE, "{\"price_micros\": 700000}"));
	CHECK_INT(play_money("total_micros"), 700000);
	CHECK_INT(play_money("reserved_micros"), 0);
}

TEST(doubt_is_looked_up_once_more_and_comes_back)
{
	const struct job_claimed job = doubtful();
	struct providercall live;
	struct error err = {0};

	test_sql("update provider_call set doubt_until = now() - interval '1 second'");
	CHECK_OK(decide(&job, "look_up", 60, &err), &err);
	const struct job_claimed looked = play_claim_call();
	CHECK(looked.parked);
	CHECK_OK(providercall_live(play_db(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK(live.overdue);
	CHECK(play_end(&looked, JOB_UNCERTAIN, NULL));
	CHECK_STR(play_state(job.id), "uncertain");
}

TEST(doubt_may_be_waited_out_longer)
{
	const struct job_claimed job = doubtful();
	struct providercall live;
	struct error err = {0};

	test_sql("update provider_call set doubt_until = now() - interval '1 second'");
	CHECK_OK(decide(&job, "wait", 600, &err), &err);
	CHECK_OK(providercall_live(play_db(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK(!live.overdue);
	CHECK_INT(play_money("reserved_micros"), PRICE);
}

TEST(resubmitting_books_the_first_and_takes_the_second_from_its_own_budget)
{
	const struct job_claimed job = doubtful();
	struct error err = {0};

	test_sql("update budget set limit_micros = 2000000 where scope = 'resubmit'");
	CHECK_OK(decide(&job, "resubmit", 60, &err), &err);
	CHECK_INT(play_money("total_micros"), PRICE);
	CHECK_INT(play_money("reserved_micros"), 0);
	const struct job_claimed again = play_claim_call();
	CHECK_INT(again.id, job.id);
	CHECK(!again.parked);
	const struct providercall call = play_sent(&again, "r-2");
	CHECK(call.fresh);
	CHECK_INT(test_sql_int("select reserved_micros from budget where scope = 'resubmit'"), PRICE);
	CHECK(play_end(&again, JOB_DONE, "{}"));
	CHECK_INT(test_sql_int("select spent_micros from budget where scope = 'resubmit'"), PRICE);
	CHECK_INT(play_money("total_micros"), 2 * PRICE);
	CHECK_INT(test_sql_int("select count(*) from ledger where job_id = %lld", (long long)job.id), 2);
}

TEST(resubmitting_stops_at_its_budget)
{
	const struct job_claimed job = doubtful();
	struct error err = {0};

	test_sql("update budget set limit_micros = 799999 where scope = 'resubmit'");
	CHECK_FAILS_CODE(decide(&job, "resubmit", 60, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	CHECK_STR(play_state(job.id), "uncertain");
	CHECK_INT(play_money("reserved_micros"), PRICE);
}

TEST(giving_up_fails_the_job_and_books_its_call)
{
	const struct job_claimed job = doubtful();
	struct error err = {0};

	CHECK_OK(decide(&job, "give_up", 60, &err), &err);
	CHECK_STR(play_state(job.id), "failed");
	CHECK_STR(test_sql_text("select error ->> 'code' from job where id = %lld", (long long)job.id), "given_up");
	CHECK_INT(play_money("total_micros"), PRICE);
	CHECK_INT(play_money("reserved_micros"), 0);
	CHECK_FAILS_CODE(decide(&job, "give_up", 60, &err), &err, ERR_CONFLICT, "needs_no_attention");
}

TEST(cancelling_what_needs_attention_gives_it_up)
{
	const struct job_claimed job = doubtful();
	struct error err = {0};

	CHECK_OK(job_cancel(play_db(), job.public_id, &err), &err);
	CHECK_STR(play_state(job.id), "cancelled");
	CHECK_INT(play_money("total_micros"), PRICE);
	CHECK_INT(play_money("reserved_micros"), 0);
}

TEST(deciding_is_for_those_who_may_change_the_job)
{
	const struct job_claimed job = doubtful();
	struct db *api = test_db("framewright_api");
	struct error err = {0};

	db_caller(api, test_db_user("stranger@example.com"));
	CHECK_FAILS_CODE(job_attention(api, job.public_id, "give_up", 60, &err), &err, ERR_NOT_FOUND, "job_not_found");
	db_caller(api, 0);
	CHECK_FAILS(decide(&job, "shrug", 60, &err), &err, ERR_INPUT);
	CHECK_FAILS_CODE(
	    job_attention(play_db(), "nothing", "give_up", 60, &err), &err, ERR_NOT_FOUND, "job_not_found");
}

/* ---- what is accepted is brought home ---- */

TEST(accepted_call_outlives_failures_of_its_attempts)
{
	play_clear();
	struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-3");
	CHECK(play_end(&job, JOB_PARK, NULL));
	for (int i = 0; i < 5; i++) {
		job = play_claim_again(&job);
		CHECK(job.parked);
		CHECK(play_end(&job, JOB_RETRY, "{\"code\": \"unavailable\"}"));
		CHECK_STR(play_state(job.id), "waiting");
	}
	/* a daemon that does not know the kind must not throw it away either */
	job = play_claim_again(&job);
	CHECK(play_end(&job, JOB_FAILED, "{\"code\": \"unknown_kind\"}"));
	CHECK_STR(play_state(job.id), "uncertain");
	CHECK_INT(play_money("reserved_micros"), PRICE);
}

TEST(accepted_call_without_a_result_is_overdue_after_the_longest_run)
{
	struct providercall live;
	struct error err = {0};

	play_clear();
	const struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-8");
	CHECK_OK(providercall_live(play_db(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK(!live.overdue);
	test_sql("update provider_call set accepted_at = now() - interval '10801 seconds' where job_id = %lld",
	    (long long)job.id);
	CHECK_OK(providercall_live(play_db(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK(live.overdue);
	/* a person gave it more time */
	test_sql("update provider_call set doubt_until = now() + interval '1 minute' where job_id = %lld",
	    (long long)job.id);
	CHECK_OK(providercall_live(play_db(), test_arena(), job.id, "submit", &live, &err), &err);
	CHECK(!live.overdue);
}

TEST(cancelled_call_ends_when_the_provider_has_ended_it)
{
	struct error err = {0};

	play_clear();
	struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-4");
	CHECK(play_end(&job, JOB_PARK, NULL));
	CHECK_OK(job_cancel(play_db(), job.public_id, &err), &err);
	CHECK_STR(play_state(job.id), "ready");
	job = play_claim_call();
	CHECK(job.cancelling && job.parked);
	/* told, and it takes its time: not asked in a tight circle */
	CHECK(play_end(&job, JOB_CANCELLING, NULL));
	CHECK_STR(play_state(job.id), "external");
	job = play_claim_again(&job);
	CHECK(job.cancelling);
	/* it was finished already: the result is taken, it was paid for */
	CHECK(play_end(&job, JOB_DONE, "{\"price_micros\": 5}"));
	CHECK_STR(play_state(job.id), "done");
	CHECK_INT(play_money("total_micros"), 5);
}

TEST(attempt_that_is_cancelled_while_it_polls_goes_on_to_cancel_there)
{
	struct error err = {0};

	play_clear();
	struct job_claimed job = play_call_job();
	(void)play_sent(&job, "r-5");
	CHECK(play_end(&job, JOB_PARK, NULL));
	job = play_claim_again(&job);
	CHECK_OK(job_cancel(play_db(), job.public_id, &err), &err);
	CHECK(play_end(&job, JOB_CANCELLED, NULL));
	CHECK_STR(play_state(job.id), "ready");
	job = play_claim_call();
	CHECK(job.cancelling && job.parked);
	CHECK(play_end(&job, JOB_CANCELLED, "{\"price_micros\": 0}"));
	CHECK_STR(play_state(job.id), "cancelled");
	CHECK_INT(play_money("reserved_micros"), 0);
	CHECK_INT(play_money("total_micros"), 0);
}

TEST(call_that_surely_was_not_sent_is_void_for_who_held_it)
{
	struct error err = {0};

	play_clear();
	const struct job_claimed job = play_call_job();
	const struct providercall call = play_sent(&job, NULL);
	CHECK_FAILS_CODE(
	    providercall_void(play_db(), call.id, job.lease + 1, &err), &err, ERR_CONFLICT, "already_sent");
	error_clear(&err);
	CHECK_OK(providercall_void(play_db(), call.id, job.lease, &err), &err);
	CHECK_INT(play_money("reserved_micros"), 0);
	CHECK(play_end(&job, JOB_RETRY, "{\"code\": \"unavailable\"}"));
	CHECK_STR(play_state(job.id), "waiting");
}

/* ---- what was given up and comes all the same ---- */

static bool
webhook(const char *client_ref, const char *request_id)
{
	struct error err = {0};
	bool found = false;

	CHECK_OK(providercall_webhook(test_db("framewright_api"), client_ref, request_id, &found, &err), &err);
	return found;
}

/* Given up by its owner; the reference of its call. */
static const char *
given_up(struct job_claimed *ret_job)
{
	struct error err = {0};
	const char *ref;

	*ret_job = doubtful();
	ref = test_sql_text("select client_ref from provider_call where job_id = %lld", (long long)ret_job->id);
	CHECK_OK(decide(ret_job, "give_up", 60, &err), &err);
	CHECK_INT(play_money("total_micros"), PRICE);
	return ref;
}

static void
all_is_right(void)
{
	CHECK_INT(play_money("total_micros"),
	    test_sql_int("select sum(price_micros) from ledger where project_id = '%s'", play_project));
	CHECK_INT(play_money("reserved_micros"), 0);
	CHECK_INT(test_sql_int("select count(*) from invariants()"), 0);
}

TEST(given_up_result_that_is_delivered_is_brought_home_and_booked_as_it_was)
{
	struct job_claimed job, late;
	const char *ref = given_up(&job);

	CHECK(webhook(ref, "late-1"));
	late = play_claim_call();
	CHECK(late.id > job.id);
	CHECK(late.parked);
	CHECK_STR(late.kind, job.kind);
	CHECK_STR(
	    test_sql_text("select payload ->> 'late_of' from job where id = %lld", (long long)late.id), job.public_id);
	CHECK_STR(
	    test_sql_text("select request_id from provider_call where job_id = %lld", (long long)late.id), "late-1");
	/* told twice, it is fetched once */
	CHECK(webhook(ref, "late-1"));
	CHECK_INT(play_claim(JOB_PROVIDER, 1, NULL), 0);
	CHECK(play_end(&late, JOB_DONE, "{\"price_micros\": 700000}"));
	CHECK_INT(play_money("total_micros"), 700000);
	CHECK_STR(play_state(job.id), "failed");
	CHECK_STR(play_state(late.id), "done");
	CHECK(webhook(ref, "late-1"));
	CHECK_INT(play_claim(JOB_PROVIDER, 1, NULL), 0);
	all_is_right();
}

TEST(given_up_call_that_the_provider_failed_costs_nothing_in_the_end)
{
	struct job_claimed job, late;
	struct providercall live;
	struct error err = {0};

	CHECK(webhook(given_up(&job), "late-2"));
	late = play_claim_call();
	CHECK_OK(providercall_live(play_db(), test_arena(), late.id, "submit", &live, &err), &err);
	CHECK_STR(live.request_id, "late-2");
	CHECK_OK(providercall_settle(play_db(), live.id, 0, 0, "it failed there", &err), &err);
	CHECK(play_end(&late, JOB_FAILED, "{\"code\": \"provider_failed\"}"));
	CHECK_INT(play_money("total_micros"), 0);
	all_is_right();
}

TEST(given_up_result_that_costs_what_was_booked_adds_nothing_to_the_ledger)
{
	struct job_claimed job, late;

	CHECK(webhook(given_up(&job), "late-3"));
	late = play_claim_call();
	CHECK(play_end(&late, JOB_DONE, "{\"price_micros\": 800000}"));
	CHECK_INT(play_money("total_micros"), PRICE);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s'", play_project), 1);
	all_is_right();
}

TEST(given_up_call_of_unknown_request_is_left_alone)
{
	struct job_claimed job;
	const char *ref = given_up(&job);

	CHECK(webhook(ref, NULL));
	CHECK_INT(play_claim(JOB_PROVIDER, 1, NULL), 0);
	/* another call has that request: it is not this one's */
	const struct job_claimed other = play_call_job();
	(void)play_sent(&other, "late-4");
	CHECK(webhook(ref, "late-4"));
	CHECK_INT(play_claim(JOB_PROVIDER, 1, NULL), 0);
	CHECK(play_end(&other, JOB_DONE, "{}"));
	all_is_right();
}

TEST(cancelled_while_in_doubt_and_delivered_all_the_same)
{
	const struct job_claimed job = doubtful();
	const char *ref = test_sql_text("select client_ref from provider_call where job_id = %lld", (long long)job.id);
	struct error err = {0};
	struct job_claimed late;

	CHECK_OK(job_cancel(play_db(), job.public_id, &err), &err);
	CHECK(webhook(ref, "late-5"));
	late = play_claim_call();
	CHECK(late.parked && !late.cancelling);
	CHECK(play_end(&late, JOB_DONE, "{\"price_micros\": 900000}"));
	/* the excess is on record too */
	CHECK_INT(play_money("total_micros"), 900000);
	CHECK_STR(play_state(job.id), "cancelled");
	all_is_right();
}

TEST(sent_again_in_doubt_both_results_are_kept)
{
	const struct job_claimed job = doubtful();
	const char *ref = test_sql_text("select client_ref from provider_call where job_id = %lld", (long long)job.id);
	struct error err = {0};
	struct job_claimed again, late;

	CHECK_OK(decide(&job, "resubmit", 60, &err), &err);
	again = play_claim_call();
	(void)play_sent(&again, "second");
	CHECK(webhook(ref, "first"));
	late = play_claim_call();
	CHECK(late.id != again.id && late.parked);
	CHECK(play_end(&late, JOB_DONE, "{}"));
	CHECK(play_end(&again, JOB_DONE, "{}"));
	CHECK_INT(play_money("total_micros"), 2 * PRICE);
	all_is_right();
}

/* It may be given up again, without being booked again. */
TEST(late_result_that_never_comes_is_booked_once)
{
	struct job_claimed job, late;
	struct error err = {0};

	CHECK(webhook(given_up(&job), "late-6"));
	late = play_claim_call();
	CHECK(play_end(&late, JOB_UNCERTAIN, "{\"code\": \"no_result\"}"));
	CHECK_OK(decide(&late, "give_up", 60, &err), &err);
	CHECK_INT(play_money("total_micros"), PRICE);
	all_is_right();
}

TEST_MAIN_WITH(play_set_up, test_db_tear_down, ROW(doubt_is_told_in_the_projects_log),
    ROW(doubt_ends_by_itself_when_a_webhook_names_the_request), ROW(doubt_is_looked_up_once_more_and_comes_back),
    ROW(doubt_may_be_waited_out_longer), ROW(resubmitting_books_the_first_and_takes_the_second_from_its_own_budget),
    ROW(resubmitting_stops_at_its_budget), ROW(giving_up_fails_the_job_and_books_its_call),
    ROW(cancelling_what_needs_attention_gives_it_up), ROW(deciding_is_for_those_who_may_change_the_job),
    ROW(accepted_call_outlives_failures_of_its_attempts),
    ROW(accepted_call_without_a_result_is_overdue_after_the_longest_run),
    ROW(cancelled_call_ends_when_the_provider_has_ended_it),
    ROW(attempt_that_is_cancelled_while_it_polls_goes_on_to_cancel_there),
    ROW(call_that_surely_was_not_sent_is_void_for_who_held_it),
    ROW(given_up_result_that_is_delivered_is_brought_home_and_booked_as_it_was),
    ROW(given_up_call_that_the_provider_failed_costs_nothing_in_the_end),
    ROW(given_up_result_that_costs_what_was_booked_adds_nothing_to_the_ledger),
    ROW(given_up_call_of_unknown_request_is_left_alone), ROW(cancelled_while_in_doubt_and_delivered_all_the_same),
    ROW(sent_again_in_doubt_both_results_are_kept), ROW(late_result_that_never_comes_is_booked_once))
