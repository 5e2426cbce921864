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

TEST_MAIN_WITH(play_set_up, test_db_tear_down, ROW(doubt_is_told_in_the_projects_log),
    ROW(doubt_ends_by_itself_when_a_webhook_names_the_request), ROW(doubt_is_looked_up_once_more_and_comes_back),
    ROW(doubt_may_be_waited_out_longer), ROW(resubmitting_books_the_first_and_takes_the_second_from_its_own_budget),
    ROW(resubmitting_stops_at_its_budget), ROW(giving_up_fails_the_job_and_books_its_call),
    ROW(cancelling_what_needs_attention_gives_it_up), ROW(deciding_is_for_those_who_may_change_the_job),
    ROW(accepted_call_outlives_failures_of_its_attempts),
    ROW(accepted_call_without_a_result_is_overdue_after_the_longest_run),
    ROW(cancelled_call_ends_when_the_provider_has_ended_it),
    ROW(attempt_that_is_cancelled_while_it_polls_goes_on_to_cancel_there),
    ROW(call_that_surely_was_not_sent_is_void_for_who_held_it))
