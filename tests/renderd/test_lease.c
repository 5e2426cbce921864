#include "renderd/lease.h"

#include "tests/harness/test_main.h"

#define TTL_MS 30000

static struct clock now;

static struct leases *
new_table(void)
{
	clock_fixed(&now, 0);
	return leases_new(&now, 7, TTL_MS, 4);
}

TEST(lease_tokens_carry_the_boot_and_never_repeat)
{
	struct leases *leases = new_table();
	int64_t one = leases_mint(leases), two = leases_mint(leases);

	CHECK_INT(one >> 32, 7);
	CHECK_INT(two, one + 1);
	leases_free(&leases);
}

TEST(lease_is_lost_when_its_watchdog_passes)
{
	struct leases *leases = new_table();

	leases_add(leases, 1, 100, clock_boot_ms(&now));
	clock_advance(&now, (TTL_MS - 1) * 1000);
	CHECK_INT(leases_state(leases, 100), LEASE_HELD);
	clock_advance(&now, 1000);
	CHECK_INT(leases_state(leases, 100), LEASE_LOST);
	leases_free(&leases);
}

TEST(lease_is_counted_from_the_time_of_sending)
{
	struct leases *leases = new_table();

	leases_add(leases, 1, 100, clock_boot_ms(&now));
	clock_advance(&now, 20000 * 1000);
	/* the beat was sent 5 s ago and answered now */
	leases_renew(leases, 100, clock_boot_ms(&now) - 5000);
	clock_advance(&now, 24999 * 1000);
	CHECK_INT(leases_state(leases, 100), LEASE_HELD);
	clock_advance(&now, 1000);
	CHECK_INT(leases_state(leases, 100), LEASE_LOST);
	leases_free(&leases);
}

TEST(lease_that_was_lost_stays_lost)
{
	struct leases *leases = new_table();

	leases_add(leases, 1, 100, clock_boot_ms(&now));
	leases_lose(leases, 100);
	leases_renew(leases, 100, 1000);
	CHECK_INT(leases_state(leases, 100), LEASE_LOST);
	leases_free(&leases);
}

TEST(lease_is_cancelled_by_token_or_job)
{
	struct leases *leases = new_table();

	leases_add(leases, 1, 100, clock_boot_ms(&now));
	leases_add(leases, 2, 101, clock_boot_ms(&now));
	leases_cancel(leases, 100);
	leases_cancel_job(leases, 2);
	CHECK_INT(leases_state(leases, 100), LEASE_CANCELLED);
	CHECK_INT(leases_state(leases, 101), LEASE_CANCELLED);
	leases_cancel_job(leases, 3);
	leases_free(&leases);
}

TEST(lease_unknown_is_lost)
{
	struct leases *leases = new_table();

	CHECK_INT(leases_state(leases, 999), LEASE_LOST);
	leases_free(&leases);
}

TEST(lease_views_show_progress_and_leave_out_the_lost)
{
	struct leases *leases = new_table();
	struct lease_view views[4];

	leases_add(leases, 1, 100, clock_boot_ms(&now));
	leases_add(leases, 2, 101, clock_boot_ms(&now));
	leases_set_progress(leases, 101, 0.5, "a phase whose name is far too long for its place");
	leases_lose(leases, 100);
	CHECK_INT(leases_views(leases, views, 4), 1);
	CHECK_INT(views[0].job, 2);
	CHECK(views[0].progress == 0.5);
	CHECK_CONTAINS(views[0].phase, "a phase");
	leases_remove(leases, 101);
	CHECK_INT(leases_count(leases), 1);
	leases_free(&leases);
}

TEST_MAIN(ROW(lease_tokens_carry_the_boot_and_never_repeat), ROW(lease_is_lost_when_its_watchdog_passes),
    ROW(lease_is_counted_from_the_time_of_sending), ROW(lease_that_was_lost_stays_lost),
    ROW(lease_is_cancelled_by_token_or_job), ROW(lease_unknown_is_lost),
    ROW(lease_views_show_progress_and_leave_out_the_lost))
