#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/apikey.h"
#include "lib/db/limit.h"
#include "tests/lib/db/ad_play.h"

TEST(a_key_stands_for_its_owner)
{
	struct error err = {0};
	struct user *user = NULL;
	struct apikey *key = NULL;
	static const char *const scopes[] = {"ads", "costs"};
	const int id = play_begin();

	CHECK_OK(
	    apikey_create(play_api(), test_arena(), " build ", "fw_0123456789abcdef", scopes, 2, &key, &err), &err);
	CHECK_STR(key->name, "build");
	CHECK_STR(key->prefix, "fw_01234567");
	CHECK(key->last_used_us == CLOCK_NONE && key->revoked_us == CLOCK_NONE);
	db_caller(play_api(), 0);
	CHECK_OK(apikey_check(play_api(), test_arena(), "fw_0123456789abcdef", &user, &key, &err), &err);
	CHECK_INT(user->id, id);
	CHECK_INT(key->scope_count, 2);
	CHECK(apikey_has_scope(key, "ads") && apikey_has_scope(key, "costs") && !apikey_has_scope(key, "admin"));
	CHECK_FAILS(
	    apikey_check(play_api(), test_arena(), "fw_0123456789abcdeX", &user, &key, &err), &err, ERR_UNAUTHORIZED);
}

TEST(a_key_without_scopes_may_everything)
{
	struct error err = {0};
	struct apikey *key = NULL;
	play_begin();

	CHECK_OK(apikey_create(play_api(), test_arena(), "all", "fw_all", NULL, 0, &key, &err), &err);
	CHECK_INT(key->scope_count, 0);
	CHECK(apikey_has_scope(key, "anything"));
}

TEST(last_use_is_written_once_a_minute)
{
	struct error err = {0};
	struct user *user = NULL;
	struct apikey *key = NULL;
	play_begin();

	CHECK_OK(apikey_create(play_api(), test_arena(), "use", "fw_use", NULL, 0, &key, &err), &err);
	CHECK_OK(apikey_check(play_api(), test_arena(), "fw_use", &user, NULL, &err), &err);
	const char *first = test_sql_text("select last_used_at::text from api_key where id = %lld", (long long)key->id);
	CHECK(first[0] != '\0');
	CHECK_OK(apikey_check(play_api(), test_arena(), "fw_use", &user, NULL, &err), &err);
	CHECK_STR(test_sql_text("select last_used_at::text from api_key where id = %lld", (long long)key->id), first);
	test_sql("update api_key set last_used_at = now() - interval '61 seconds'");
	CHECK_OK(apikey_check(play_api(), test_arena(), "fw_use", &user, NULL, &err), &err);
	CHECK_INT(test_sql_int("select count(*) from api_key where last_used_at > now() - interval '1 minute'"), 1);
}

TEST(revoked_keys_and_closed_accounts_are_nobody)
{
	struct error err = {0};
	struct user *user = NULL;
	struct apikey *key = NULL, *keys = NULL;
	size_t count = 0;
	const int id = play_begin();

	CHECK_OK(apikey_create(play_api(), test_arena(), "one", "fw_one", NULL, 0, &key, &err), &err);
	const int64_t one = key->id;
	CHECK_OK(apikey_create(play_api(), test_arena(), "two", "fw_two", NULL, 0, &key, &err), &err);
	CHECK_OK(apikey_revoke(play_api(), one, &err), &err);
	CHECK_FAILS(apikey_revoke(play_api(), one, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(apikey_check(play_api(), test_arena(), "fw_one", &user, NULL, &err), &err, ERR_UNAUTHORIZED);
	CHECK_OK(apikey_list(play_api(), test_arena(), &keys, &count, &err), &err);
	CHECK_INT(count, 2);
	CHECK_STR(keys[0].name, "two");
	CHECK(keys[1].revoked_us != CLOCK_NONE);
	test_sql("update users set disabled_at = now() where id = %d", id);
	CHECK_FAILS(apikey_check(play_api(), test_arena(), "fw_two", &user, NULL, &err), &err, ERR_UNAUTHORIZED);
	play_begin();
	CHECK_FAILS(apikey_revoke(play_api(), key->id, &err), &err, ERR_NOT_FOUND);
	CHECK_OK(apikey_list(play_api(), test_arena(), &keys, &count, &err), &err);
	CHECK_INT(count, 0);
	CHECK_FAILS(apikey_create(play_api(), test_arena(), "  ", "fw_x", NULL, 0, &key, &err), &err, ERR_INPUT);
	CHECK_STR(err.pointer, "/name");
}

/* ---- limits ---- */

TEST(a_bucket_gives_its_burst_and_then_waits)
{
	struct error err = {0};
	const struct limit_rule rule = {.scope = "start", .per_minute = 6, .burst = 3};

	for (int i = 0; i < 3; i++)
		CHECK_OK(limit_take(play_api(), &rule, "7", &err), &err);
	CHECK_FAILS_CODE(limit_take(play_api(), &rule, "7", &err), &err, ERR_LIMIT, "rate_limited");
	CHECK(err.retry_after_s >= 1 && err.retry_after_s <= 10);
	CHECK_OK(limit_take(play_api(), &rule, "8", &err), &err);
	test_sql("update rate_bucket set refilled_at = refilled_at - interval '11 seconds'");
	CHECK_OK(limit_take(play_api(), &rule, "7", &err), &err);
	CHECK_FAILS(limit_take(play_api(), &rule, "7", &err), &err, ERR_LIMIT);
	test_sql("update rate_bucket set refilled_at = refilled_at - interval '1 day'");
	for (int i = 0; i < 3; i++)
		CHECK_OK(limit_take(play_api(), &rule, "7", &err), &err);
	CHECK_FAILS(limit_take(play_api(), &rule, "7", &err), &err, ERR_LIMIT);
}

TEST(open_jobs_are_counted_per_user)
{
	struct error err = {0};
	struct session_started started;
	play_begin();

	CHECK_OK(limit_open_jobs(play_api(), 6, &err), &err);
	CHECK_OK(play_start_images(play_session(), 4, false, &started, &err), &err);
	CHECK_FAILS_CODE(limit_open_jobs(play_api(), 6, &err), &err, ERR_LIMIT, "too_many_jobs");
	CHECK(err.retry_after_s > 0);
	CHECK_OK(limit_open_jobs(play_api(), 7, &err), &err);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(a_key_stands_for_its_owner),
    ROW(a_key_without_scopes_may_everything), ROW(last_use_is_written_once_a_minute),
    ROW(revoked_keys_and_closed_accounts_are_nobody), ROW(a_bucket_gives_its_burst_and_then_waits),
    ROW(open_jobs_are_counted_per_user))
