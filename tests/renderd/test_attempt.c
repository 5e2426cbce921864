/* renderd/attempt.c: what a failure means, and when work has to stop. */
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "renderd/renderd.h"
#include "tests/harness/test_main.h"

#define TTL_MS 30000
#define LEASE 100

static struct clock now;
static struct renderd renderd;

static struct attempt *
begin(void)
{
	char payload[] = "{\"index\":3}", request[] = "req-1";
	const struct job_claimed job = {.id = 1,
	    .lease = LEASE,
	    .kind = "test.plain",
	    .public_id = "0f8fad5b-d9cb-469f-a165-70867728950e",
	    .payload = payload,
	    .request_id = request};
	struct attempt *attempt;

	clock_fixed(&now, 0);
	renderd = (struct renderd){.clock = &now};
	log_init(&renderd.log, "test");
	renderd.leases = leases_new(&now, 1, TTL_MS, 8);
	attempt = attempt_new(&renderd, &job, clock_boot_ms(&now));
	/* the claim's arena is emptied by the next claim */
	memset(payload, 'x', sizeof(payload) - 1);
	memset(request, 'x', sizeof(request) - 1);
	return attempt;
}

static void
end(struct attempt **attempt)
{
	attempt_free(attempt);
	leases_free(&renderd.leases);
}

TEST(attempt_owns_what_was_claimed)
{
	struct attempt *attempt = begin();

	CHECK_STR(attempt->job.payload, "{\"index\":3}");
	CHECK_STR(attempt->job.request_id, "req-1");
	CHECK_INT(attempt->end.job, 1);
	CHECK_INT(attempt->end.lease, LEASE);
	CHECK_INT(leases_count(renderd.leases), 1);
	attempt_free(&attempt);
	CU_ASSERT_PTR_NULL(attempt);
	CHECK_INT(leases_count(renderd.leases), 0);
	leases_free(&renderd.leases);
}

TEST(failure_ends_as_its_kind_says)
{
	static const struct {
		enum error_kind kind;
		enum job_outcome outcome;
		const char *fault;
		const char *retryable;
	} rows[] = {
	    {ERR_INPUT, JOB_FAILED, "input", "false"},
	    {ERR_BUDGET, JOB_FAILED, "budget", "false"},
	    {ERR_MEMORY, JOB_FAILED, "limit", "false"},
	    {ERR_TOO_LARGE, JOB_FAILED, "limit", "false"},
	    {ERR_INTERNAL, JOB_FAILED, "internal", "false"},
	    {ERR_NOT_FOUND, JOB_FAILED, "internal", "false"},
	    {ERR_PROVIDER, JOB_RETRY, "provider", "true"},
	    {ERR_LIMIT, JOB_RETRY, "limit", "true"},
	    {ERR_UNAVAILABLE, JOB_RETRY, "internal", "true"},
	    {ERR_TIMEOUT, JOB_RETRY, "internal", "true"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct attempt *attempt = begin();
		struct error err = {0};

		(void)error_set(&err, rows[i].kind, "told");
		attempt_failed(attempt, &err);
		if (!CHECK_INT(attempt->end.outcome, rows[i].outcome) ||
		    !CHECK_JSON_AT(attempt->end.body, "/kind", rows[i].fault))
			CU_FAIL(error_row(rows[i].kind)->name);
		CHECK_JSON_AT(attempt->end.body, "/retryable", rows[i].retryable);
		CHECK_JSON_AT(attempt->end.body, "/code", error_row(rows[i].kind)->code);
		/* -1: the database's own pause */
		CHECK_INT(attempt->end.delay_ms, -1);
		end(&attempt);
	}
}

TEST(failure_tells_the_public_what_is_public)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	(void)error_set(&err, ERR_UNAVAILABLE, "connecting to /secret/path");
	attempt_failed(attempt, &err);
	CHECK_JSON_AT(attempt->end.body, "/detail", "A dependency is not available");
	(void)error_code(&err, ERR_INPUT, "media_truncated", "The file ends in the middle.");
	error_hint(&err, "send it again");
	attempt_failed(attempt, &err);
	CHECK_JSON_AT(attempt->end.body, "/code", "media_truncated");
	CHECK_JSON_AT(attempt->end.body, "/detail", "The file ends in the middle.");
	CHECK_JSON_AT(attempt->end.body, "/hint", "send it again");
	end(&attempt);
}

TEST(provider_says_when_to_come_again)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	(void)error_set(&err, ERR_LIMIT, "slow down");
	error_retry_after(&err, 17);
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_RETRY);
	CHECK_INT(attempt->end.delay_ms, 17000);
	end(&attempt);
}

/* Nobody may have taken the job over yet; then this is its end. */
TEST(lease_that_ran_out_is_no_failure)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	(void)error_code(&err, ERR_CONFLICT, "stale_lease", "the lease of this attempt is over");
	(void)error_wrap(&err, "asking the provider");
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_RELEASE);
	CU_ASSERT_PTR_NULL(attempt->end.body);
	end(&attempt);
}

TEST(media_or_database_that_is_away_costs_no_attempt)
{
	static const char *const codes[] = {"media_away", "database_unavailable"};

	for (size_t i = 0; i < ARRAY_LEN(codes); i++) {
		struct attempt *attempt = begin();
		struct error err = {0};

		(void)error_code(&err, ERR_UNAVAILABLE, codes[i], "it went away");
		(void)error_wrap(&err, "making a clip");
		attempt_failed(attempt, &err);
		CHECK_INT(attempt->end.outcome, JOB_AGAIN);
		CHECK(attempt->end.delay_ms > 0);
		end(&attempt);
	}
}

TEST(full_disk_costs_no_attempt_and_says_so)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	(void)error_set(&err, ERR_STORAGE_FULL, "writing: the disk is full");
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_AGAIN);
	CHECK(attempt->end.delay_ms > 0);
	CHECK_CONTAINS(attempt->end.body, "storage_full");
	end(&attempt);
}

TEST(cancelled_job_ends_as_cancelled)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	CHECK_OK(attempt_check(attempt, &err), &err);
	CHECK(!attempt_stops(attempt));
	leases_cancel(renderd.leases, LEASE);
	CHECK(attempt_stops(attempt));
	CHECK_FAILS(attempt_check(attempt, &err), &err, ERR_CANCELLED);
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_CANCELLED);
	CU_ASSERT_PTR_NULL(attempt->end.body);
	end(&attempt);
}

TEST(abandoned_job_is_given_back)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	atomic_store(&renderd.abandon, true);
	CHECK(attempt_stops(attempt));
	CHECK_FAILS(attempt_check(attempt, &err), &err, ERR_CANCELLED);
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_RELEASE);
	CU_ASSERT_PTR_NULL(attempt->end.body);
	end(&attempt);
}

/* Cancelled by a user while the daemon ends: the user's word counts. */
TEST(cancelling_counts_more_than_abandoning)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	atomic_store(&renderd.abandon, true);
	leases_cancel(renderd.leases, LEASE);
	CHECK_FAILS(attempt_check(attempt, &err), &err, ERR_CANCELLED);
	attempt_failed(attempt, &err);
	CHECK_INT(attempt->end.outcome, JOB_CANCELLED);
	end(&attempt);
}

TEST(lost_lease_stops_the_work)
{
	struct attempt *attempt = begin();
	struct error err = {0};

	clock_advance(&now, TTL_MS * 1000);
	CHECK(attempt_stops(attempt));
	CHECK_FAILS_CODE(attempt_check(attempt, &err), &err, ERR_CONFLICT, "stale_lease");
	/* a lease that is over is not ours to cancel under */
	leases_cancel(renderd.leases, LEASE);
	CHECK_FAILS_CODE(attempt_check(attempt, &err), &err, ERR_CONFLICT, "stale_lease");
	end(&attempt);
}

TEST(done_is_all_of_it)
{
	struct attempt *attempt = begin();

	attempt_progress(attempt, 0.4, "encode");
	CHECK(attempt->end.progress == 0.4);
	CHECK_STR(attempt->end.phase, "encode");
	attempt_done(attempt, "{}");
	CHECK_INT(attempt->end.outcome, JOB_DONE);
	CHECK_STR(attempt->end.body, "{}");
	CHECK(attempt->end.progress == 1);
	end(&attempt);
}

TEST(scratch_is_made_once_and_goes_with_the_attempt)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_RENDERD);
	const char *root = test_dir();
	struct attempt *attempt = begin();
	struct error err = {0};
	int fd;

	CHECK_OK(conf_set(conf, "STORE_DIR", root, &err), &err);
	CHECK_OK(conf_set(conf, "SCRATCH_DIR", arena_printf(test_arena(), "%s/tmp", root), &err), &err);
	CHECK_OK(conf_set(conf, "CACHE_DIR", arena_printf(test_arena(), "%s/cache", root), &err), &err);
	CHECK_OK(conf_set(conf, "DISK_RESERVE", "0", &err), &err);
	CHECK_OK(store_open(&renderd.store, conf, 1, &err), &err);
	fd = attempt_scratch(attempt, &err);
	CHECK(fd >= 0);
	CHECK_INT(attempt_scratch(attempt, &err), fd);
	CHECK_INT(faccessat(renderd.store.scratch, "64.tmp", F_OK, 0), 0);
	attempt_free(&attempt);
	CHECK(faccessat(renderd.store.scratch, "64.tmp", F_OK, 0) < 0);
	store_close(&renderd.store);
	leases_free(&renderd.leases);
}

TEST_MAIN(ROW(attempt_owns_what_was_claimed), ROW(failure_ends_as_its_kind_says),
    ROW(failure_tells_the_public_what_is_public), ROW(provider_says_when_to_come_again),
    ROW(lease_that_ran_out_is_no_failure), ROW(media_or_database_that_is_away_costs_no_attempt),
    ROW(full_disk_costs_no_attempt_and_says_so), ROW(cancelled_job_ends_as_cancelled), ROW(abandoned_job_is_given_back),
    ROW(cancelling_counts_more_than_abandoning), ROW(lost_lease_stops_the_work), ROW(done_is_all_of_it),
    ROW(scratch_is_made_once_and_goes_with_the_attempt))
