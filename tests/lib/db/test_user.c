/*
 * Accounts, failed logins, refresh tokens and tickets.
 */
#include <string.h>

#include "lib/db/user.h"
#include "tests/lib/db/ad_play.h"

static int32_t
user_of(const char *email, struct error *err)
{
	int32_t id = 0;

	CHECK_OK(user_create(play_api(), email, "hash", USER_ROLE_USER, false, &id, err), err);
	return id;
}

TEST(users_are_found_by_address_without_case)
{
	struct error err = {0};
	struct user *user = NULL;
	const int32_t id = user_of(" Anna@Example.com", &err);

	CHECK_OK(user_find_by_email(play_api(), test_arena(), "ANNA@example.COM", &user, &err), &err);
	if (CHECK(user != NULL)) {
		CHECK_INT(user->id, id);
		CHECK_STR(user->email, "anna@example.com");
		CHECK_STR(user->password_hash, "hash");
		CHECK_INT(user->role, USER_ROLE_USER);
		CHECK(!user->disabled && !user->is_demo);
	}
	CHECK_OK(user_find(play_api(), test_arena(), id, &user, &err), &err);
	CHECK(user != NULL && user->password_hash == NULL);
	CHECK_OK(user_find_by_email(play_api(), test_arena(), "nobody@example.com", &user, &err), &err);
	CHECK(user == NULL);
}

TEST(bad_and_taken_addresses_are_refused)
{
	struct error err = {0};
	int32_t id = 0;
	(void)user_of("taken@example.com", &err);

	CHECK_FAILS_CODE(user_create(play_api(), "Taken@example.com", "h", USER_ROLE_USER, false, &id, &err), &err,
	    ERR_CONFLICT, "email_taken");
	static const char *const bad[] = {"", "x", "@", "a b@c", "a@", "@b"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CHECK_FAILS(user_create(play_api(), bad[i], "h", USER_ROLE_USER, false, &id, &err), &err, ERR_INPUT);
		CHECK_STR(err.pointer, "/email");
	}
}

TEST(a_new_password_ends_all_tokens)
{
	struct error err = {0};
	struct user *user = NULL;
	const int32_t id = user_of("epoch@example.com", &err);

	CHECK_OK(user_check_epoch(play_api(), test_arena(), id, 0, &user, &err), &err);
	CHECK_OK(user_refresh_issue(play_api(), id, "r1", 3600, &err), &err);
	CHECK_OK(user_set_password(play_api(), id, "other", &err), &err);
	CHECK_FAILS(user_check_epoch(play_api(), test_arena(), id, 0, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_OK(user_check_epoch(play_api(), test_arena(), id, 1, &user, &err), &err);
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "r1", "r2", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_FAILS(user_set_password(play_api(), 999999, "x", &err), &err, ERR_NOT_FOUND);
}

TEST(the_operator_closes_accounts_and_the_api_may_not)
{
	struct error err = {0};
	struct user *user = NULL;
	const int32_t id = user_of("closed@example.com", &err);
	struct db *ctl = test_db("framewright_ctl");

	CHECK(user_set_role(play_api(), id, USER_ROLE_ADMIN, &err) < 0);
	CHECK_INT(test_sql_int("select count(*) from users where id = %d and role = 'admin'", id), 0);
	error_clear(&err);
	CHECK_OK(user_set_role(ctl, id, USER_ROLE_REVIEWER, &err), &err);
	CHECK_OK(user_set_disabled(ctl, id, true, &err), &err);
	CHECK_FAILS(user_check_epoch(play_api(), test_arena(), id, 1, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_OK(user_find(play_api(), test_arena(), id, &user, &err), &err);
	CHECK(user != NULL && user->disabled && user->role == USER_ROLE_REVIEWER);
	CHECK_OK(user_set_disabled(ctl, id, false, &err), &err);
	CHECK_OK(user_check_epoch(play_api(), test_arena(), id, 1, &user, &err), &err);
}

/* ADS-143 */
TEST(ten_failures_close_an_address_for_a_while)
{
	struct error err = {0};

	for (int i = 0; i < 10; i++) {
		CHECK_OK(user_login_allowed(play_api(), "192.0.2.7", &err), &err);
		CHECK_OK(user_login_failed(play_api(), "192.0.2.7", &err), &err);
	}
	CHECK_FAILS_CODE(user_login_allowed(play_api(), "192.0.2.7", &err), &err, ERR_LIMIT, "too_many_attempts");
	CHECK(err.retry_after_s > 0 && err.retry_after_s <= 300);
	CHECK_OK(user_login_allowed(play_api(), "192.0.2.8", &err), &err);
	test_sql("update login_attempt set at = at - interval '5 minutes 1 second'");
	CHECK_OK(user_login_allowed(play_api(), "192.0.2.7", &err), &err);
}

TEST(failures_of_one_ipv6_network_count_together)
{
	struct error err = {0};

	for (int i = 0; i < 10; i++)
		CHECK_OK(user_login_failed(play_api(), arena_printf(test_arena(), "2001:db8::%d", i), &err), &err);
	CHECK_FAILS(user_login_allowed(play_api(), "2001:db8::abcd", &err), &err, ERR_LIMIT);
	CHECK_OK(user_login_allowed(play_api(), "2001:db8:0:1::1", &err), &err);
}

TEST(a_used_refresh_token_revokes_its_family)
{
	struct error err = {0};
	struct user *user = NULL;
	const int32_t id = user_of("family@example.com", &err);

	CHECK_OK(user_refresh_issue(play_api(), id, "a1", 3600, &err), &err);
	CHECK_OK(user_refresh_issue(play_api(), id, "b1", 3600, &err), &err);
	CHECK_OK(user_refresh_rotate(play_api(), test_arena(), "a1", "a2", 3600, &user, &err), &err);
	CHECK(user != NULL && user->id == id);
	CHECK_OK(user_refresh_rotate(play_api(), test_arena(), "a2", "a3", 3600, &user, &err), &err);
	CHECK_FAILS_CODE(user_refresh_rotate(play_api(), test_arena(), "a1", "x", 3600, &user, &err), &err,
	    ERR_UNAUTHORIZED, "invalid_refresh_token");
	/* the thief's and the owner's alike */
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "a3", "a4", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
	/* another login of the same user is another family */
	CHECK_OK(user_refresh_rotate(play_api(), test_arena(), "b1", "b2", 3600, &user, &err), &err);
	CHECK_OK(user_refresh_revoke(play_api(), "b2", &err), &err);
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "b2", "b3", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "unknown", "u", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_OK(user_refresh_revoke(play_api(), "unknown", &err), &err);
}

TEST(refresh_tokens_run_out)
{
	struct error err = {0};
	struct user *user = NULL;
	const int32_t id = user_of("expiry@example.com", &err);

	CHECK_OK(user_refresh_issue(play_api(), id, "e1", -1, &err), &err);
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "e1", "e2", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
	CHECK_OK(user_refresh_issue(play_api(), id, "e3", 3600, &err), &err);
	CHECK_OK(user_logout_all(play_api(), id, &err), &err);
	CHECK_FAILS(
	    user_refresh_rotate(play_api(), test_arena(), "e3", "e4", 3600, &user, &err), &err, ERR_UNAUTHORIZED);
}

TEST(only_hashes_of_tokens_are_stored)
{
	CHECK_INT(test_sql_int("select count(*) from refresh_token where token_hash = sha256('a1')"), 1);
	CHECK_INT(test_sql_int("select count(*) from refresh_token where position('a1'::bytea in token_hash) > 0"), 0);
}

TEST(tickets_are_good_once)
{
	struct error err = {0};
	struct user *user = NULL;
	const char *project = NULL;
	const int id = play_begin();
	const char *session = play_session();

	CHECK_OK(user_ticket_create(play_api(), "t1", session, &err), &err);
	CHECK_OK(user_ticket_use(test_db("framewright_eventd"), test_arena(), "t1", &user, &project, &err), &err);
	CHECK_INT(user->id, id);
	CHECK_STR(project, session);
	CHECK_FAILS_CODE(user_ticket_use(play_api(), test_arena(), "t1", &user, &project, &err), &err, ERR_UNAUTHORIZED,
	    "invalid_ticket");
	CHECK_OK(user_ticket_create(play_api(), "t2", NULL, &err), &err);
	CHECK_OK(user_ticket_use(play_api(), test_arena(), "t2", &user, &project, &err), &err);
	CHECK(project == NULL);
	CHECK_OK(user_ticket_create(play_api(), "t3", NULL, &err), &err);
	test_sql("update ticket set expires_at = now() - interval '1 second' where used_at is null");
	CHECK_FAILS(user_ticket_use(play_api(), test_arena(), "t3", &user, &project, &err), &err, ERR_UNAUTHORIZED);
	play_begin();
	CHECK_FAILS_CODE(user_ticket_create(play_api(), "t4", session, &err), &err, ERR_NOT_FOUND, "session_not_found");
	db_caller(play_api(), 0);
	CHECK_FAILS(user_ticket_create(play_api(), "t5", NULL, &err), &err, ERR_UNAUTHORIZED);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(users_are_found_by_address_without_case),
    ROW(bad_and_taken_addresses_are_refused), ROW(a_new_password_ends_all_tokens),
    ROW(the_operator_closes_accounts_and_the_api_may_not), ROW(ten_failures_close_an_address_for_a_while),
    ROW(failures_of_one_ipv6_network_count_together), ROW(a_used_refresh_token_revokes_its_family),
    ROW(refresh_tokens_run_out), ROW(only_hashes_of_tokens_are_stored), ROW(tickets_are_good_once))
