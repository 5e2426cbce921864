/*
 * Idempotency keys: once, also when two come at the same time.
 */
#include <pthread.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/idem.h"
#include "tests/lib/db/ad_play.h"

static const unsigned char body_one[HASH_SIZE] = {1};
static const unsigned char body_two[HASH_SIZE] = {2};

struct call {
	const char *key;
	const unsigned char *body;
	struct idem idem;
	int worked;
	int pause_ms;
	bool fail;
};

/* What a responder does: the key, the work, the answer, in one transaction. */
static int
call_once(struct db *db, void *arg, struct error *err)
{
	struct call *call = arg;

	if (idem_begin(db, test_arena(), call->key, "POST /x", call->body, &call->idem, err) < 0)
		return -1;
	if (call->idem.replay)
		return 0;
	if (call->pause_ms > 0)
		usleep((useconds_t)call->pause_ms * 1000);
	if (call->fail)
		return error_set(err, ERR_INPUT, "no");
	call->worked++;
	return idem_finish(db, call->key, 202, "{\"b\": 1,  \"a\":2}", "/api/v1/jobs/7", err);
}

TEST(the_answer_is_replayed_byte_for_byte)
{
	struct error err = {0};
	struct call first = {.key = "k1", .body = body_one}, second = first, other = {.key = "k1", .body = body_two};
	play_begin();

	CHECK_OK(db_transaction(play_api(), call_once, &first, &err), &err);
	CHECK_INT(first.worked, 1);
	CHECK_OK(db_transaction(play_api(), call_once, &second, &err), &err);
	CHECK(second.idem.replay);
	CHECK_INT(second.worked, 0);
	CHECK_INT(second.idem.status, 202);
	CHECK_STR(second.idem.content, "{\"b\": 1,  \"a\":2}");
	CHECK_STR(second.idem.location, "/api/v1/jobs/7");
	CHECK_FAILS_CODE(db_transaction(play_api(), call_once, &other, &err), &err, ERR_INPUT, "idempotency_mismatch");
	/* keys are each user's own */
	play_begin();
	error_clear(&err);
	CHECK_OK(db_transaction(play_api(), call_once, &other, &err), &err);
	CHECK_INT(other.worked, 1);
}

TEST(a_failed_call_leaves_the_key_free)
{
	struct error err = {0};
	struct call call = {.key = "k2", .body = body_one, .fail = true};
	play_begin();

	CHECK_FAILS(db_transaction(play_api(), call_once, &call, &err), &err, ERR_INPUT);
	call.fail = false;
	error_clear(&err);
	CHECK_OK(db_transaction(play_api(), call_once, &call, &err), &err);
	CHECK_INT(call.worked, 1);
}

TEST(keys_are_kept_for_a_day)
{
	struct error err = {0};
	struct call call = {.key = "k3", .body = body_one};
	play_begin();

	CHECK_OK(db_transaction(play_api(), call_once, &call, &err), &err);
	test_sql("update idempotency set created_at = now() - interval '25 hours'");
	CHECK_OK(db_transaction(play_api(), call_once, &call, &err), &err);
	CHECK_INT(call.worked, 2);
	struct call bad = {
	    .key = "01234567890123456789012345678901234567890123456789012345678901234", .body = body_one};
	CHECK_FAILS(db_transaction(play_api(), call_once, &bad, &err), &err, ERR_INPUT);
}

struct rival {
	struct db *db;
	struct call call;
	int result;
	struct error err;
};

static void *
rival_run(void *arg)
{
	struct rival *rival = arg;

	rival->result = db_transaction(rival->db, call_once, &rival->call, &rival->err);
	return NULL;
}

/* The first holds the key for pause_ms; the second comes meanwhile. */
static void
rivals(int pause_ms, struct rival *first, struct error *err, struct call *second)
{
	const int user = play_begin();
	pthread_t thread;

	first->db = test_db_new("framewright_api");
	db_caller(first->db, user);
	first->call = (struct call){.key = "k4", .body = body_one, .pause_ms = pause_ms};
	CHECK(pthread_create(&thread, NULL, rival_run, first) == 0);
	while (test_sql_int("select count(*) from pg_stat_activity where state = 'idle in transaction' and backend_xid "
			    "is not null and datname = current_database()") == 0)
		usleep(10000);
	*second = (struct call){.key = "k4", .body = body_one};
	const int result = db_transaction(play_api(), call_once, second, err);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK_OK(first->result, &first->err);
	CHECK_INT(first->call.worked, 1);
	db_close(&first->db);
	CHECK_INT(result, second->idem.replay ? 0 : -1);
}

TEST(a_rival_waits_and_replays)
{
	struct rival first = {0};
	struct error err = {0};
	struct call second;

	rivals(400, &first, &err, &second);
	CHECK(second.idem.replay);
	CHECK_INT(second.worked, 0);
}

TEST(a_rival_does_not_wait_for_ever)
{
	struct rival first = {0};
	struct error err = {0};
	struct call second;

	rivals(3500, &first, &err, &second);
	CHECK(!second.idem.replay);
	CHECK_STR(err.code, "idempotency_running");
	CHECK_INT(error_status(&err), 409);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(the_answer_is_replayed_byte_for_byte),
    ROW(a_failed_call_leaves_the_key_free), ROW(keys_are_kept_for_a_day), ROW(a_rival_waits_and_replays),
    ROW(a_rival_does_not_wait_for_ever))
