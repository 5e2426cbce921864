/*
 * Webhooks out: what an event leaves in the outbox, how attempts go on, who may see what.
 */
#include "lib/db/webhook.h"

#include "lib/base/clock.h"
#include "tests/lib/db/ad_play.h"

static const unsigned char secret[WEBHOOK_SECRET_BYTES] = "0123456789abcdef0123456789abcde";
static const unsigned char other_secret[WEBHOOK_SECRET_BYTES] = "another key, as long as the one";

static struct webhook *
endpoint(const char *project, const char *const *types, size_t n)
{
	const struct webhook_new what = {.url = "https://example.com/hook",
	    .project_id = project,
	    .types = types,
	    .type_count = n,
	    .secret = secret};
	struct webhook *webhook = NULL;
	struct error err = {0};

	(void)CHECK_OK(webhook_create(play_api(), test_arena(), &what, &webhook, &err), &err);
	return webhook;
}

static void
event(const char *project, const char *payload)
{
	test_sql("select framewright.event_add('%s', '%s')", project, payload);
}

static int64_t
number_of(const struct webhook *webhook)
{
	return test_sql_int("select id from framewright.webhook_endpoint where public_id = '%s'", webhook->id);
}

static size_t
claim_for(const struct webhook *webhook, struct webhook_message **messages)
{
	struct error err = {0};
	size_t count = 0;

	(void)CHECK_OK(
	    webhook_claim(play_renderd(), test_arena(), number_of(webhook), 100, messages, &count, &err), &err);
	return count;
}

/* All that is due now for the newest endpoint. */
static size_t
claim(struct webhook_message **messages)
{
	struct webhook newest = {
	    .id = test_sql_text("select public_id from framewright.webhook_endpoint order by id desc limit 1")};

	return claim_for(&newest, messages);
}

static void
all_due(void)
{
	test_sql("update framewright.webhook_delivery set next_at = now() where state = 'waiting';"
		 "update framewright.webhook_endpoint set blocked_until = null");
}

static const char *
reason(const struct webhook *webhook)
{
	return test_sql_text(
	    "select coalesce(disabled_reason, 'on') from framewright.webhook_endpoint where public_id = '%s'",
	    webhook->id);
}

static int64_t
senders(void)
{
	return test_sql_int("select count(*) from framewright.job where kind = 'webhook.send' and finished_at is null");
}

static const char *
tell(const struct webhook_message *message, int status, int retry_after_s)
{
	const struct webhook_outcome outcome = {
	    .status = status, .error = status / 100 == 2 ? NULL : "answered so", .retry_after_s = retry_after_s};
	const char *state = "";
	struct error err = {0};

	(void)CHECK_OK(webhook_result(play_renderd(), test_arena(), message, &outcome, &state, &err), &err);
	return state;
}

static void
fresh(void)
{
	(void)play_begin();
	test_sql("delete from framewright.webhook_endpoint");
}

#define READY "{\"stage\":\"complete\",\"gate\":\"final\",\"progress\":100}"

TEST(webhook_hears_of_events_of_its_types)
{
	static const char *const types[] = {"final.ready"};
	struct webhook_message *messages;
	struct webhook *one, *all;
	const char *mine, *also_mine, *id;

	fresh();
	mine = play_session();
	also_mine = play_session();
	one = endpoint(mine, types, 1);
	all = endpoint(NULL, NULL, 0);
	event(mine, "{\"stage\":\"image_generation\",\"progress\":20}");
	event(mine, READY);
	event(mine, "{\"type\":\"render.progress\"}");
	event(mine, "{\"stage\":\"cancelled\",\"progress\":20}");
	event(also_mine, "{\"stage\":\"failed\",\"progress\":20}");
	/* the first hears of one, the second of all three; progress is told to nobody */
	CHECK_INT(claim_for(one, &messages), 1);
	CHECK(strstr(messages[0].content, "\"type\": \"final.ready\"") != NULL);
	CHECK(strchr(messages[0].message_id, '.') == NULL);
	CHECK_INT(messages[0].secret_len, WEBHOOK_SECRET_BYTES);
	CHECK(messages[0].old_secret == NULL);
	id = messages[0].message_id;
	CHECK_INT(claim_for(all, &messages), 3);
	CHECK_STR(messages[0].message_id, id);
	CHECK(strstr(messages[1].content, "project.cancelled") != NULL);
	CHECK(strstr(messages[2].content, "project.failed") != NULL);
	CHECK_INT(claim_for(all, &messages), 0);
}

TEST(webhook_that_rolls_back_with_its_event_is_not_sent)
{
	struct webhook_message *messages;
	const char *session;

	fresh();
	session = play_session();
	(void)endpoint(NULL, NULL, 0);
	test_sql("begin; select framewright.event_add('%s', '" READY "'); rollback", session);
	CHECK_INT(claim(&messages), 0);
}

TEST(webhook_is_tried_on_the_schedule_and_then_switched_off)
{
	static const int pauses[] = {5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400};
	struct webhook_message *messages;
	struct webhook *webhook;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	for (size_t i = 0; i <= ARRAY_LEN(pauses); i++) {
		double pause;

		if (!CHECK_INT(claim(&messages), 1))
			return;
		CHECK_INT(messages[0].attempt, (int64_t)i + 1);
		CHECK_STR(tell(&messages[0], 500, 0), i < ARRAY_LEN(pauses) ? "waiting" : "failed");
		pause = strtod(
		    test_sql_text(
			"select extract(epoch from next_at - clock_timestamp()) from framewright.webhook_delivery"
			" where id = %lld",
			(long long)messages[0].id),
		    NULL);
		CHECK(i == ARRAY_LEN(pauses) || (pause > pauses[i] * 0.89 - 1 && pause < pauses[i] * 1.11));
		all_due();
	}
	CHECK_STR(reason(webhook), "unreachable");
	event(play_session(), READY);
	CHECK_INT(claim(&messages), 0);
}

TEST(webhook_answers_decide)
{
	struct webhook_message *messages;
	struct webhook *webhook;
	const char *session;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	session = play_session();
	event(session, READY);
	event(session, READY);
	CHECK_INT(claim(&messages), 2);
	CHECK_STR(tell(&messages[0], 204, 0), "sent");
	CHECK_STR(tell(&messages[0], 500, 0), "stale");
	CHECK_STR(reason(webhook), "on");
	all_due();
	CHECK_INT(claim(&messages), 1);
	CHECK_STR(tell(&messages[0], 410, 0), "failed");
	CHECK_STR(reason(webhook), "gone");
	event(session, READY);
	CHECK_INT(test_sql_int("select count(*) from framewright.webhook_delivery where state = 'waiting'"), 0);
}

TEST(webhook_that_asks_for_a_pause_gets_it_for_all_its_messages)
{
	static const int asks[] = {429, 502, 503, 504};
	struct webhook_message *messages;
	struct webhook *webhook;
	const char *session;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	session = play_session();
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		event(session, READY);
		if (!CHECK_INT(claim(&messages), 1))
			return;
		CHECK_STR(tell(&messages[0], asks[i], 900), "waiting");
		CHECK_INT(test_sql_int("select count(*) from framewright.webhook_delivery"
				       " where id = %lld and next_at > now() + interval '890 seconds'",
			      (long long)messages[0].id),
		    1);
		event(session, READY);
		CHECK_INT(claim_for(webhook, &messages), 0);
		test_sql("select framewright.webhook_wake()");
		CHECK_INT(senders(), 0);
		test_sql("delete from framewright.webhook_delivery");
		test_sql("update framewright.webhook_endpoint set blocked_until = now()");
	}
	/* nobody is heard for longer than a day */
	event(session, READY);
	CHECK_INT(claim(&messages), 1);
	CHECK_STR(tell(&messages[0], 503, 1000000000), "waiting");
	CHECK_INT(test_sql_int("select count(*) from framewright.webhook_endpoint"
			       " where blocked_until > now() + interval '25 hours'"),
	    0);
}

TEST(webhook_stays_on_when_only_one_message_is_not_wanted)
{
	struct webhook_message *messages;
	struct webhook *webhook;
	const char *session;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	session = play_session();
	event(session, READY);
	event(session, READY);
	CHECK_INT(claim(&messages), 2);
	CHECK_STR(tell(&messages[1], 200, 0), "sent");
	test_sql("update framewright.webhook_delivery set attempt = 9, next_at = now() where state = 'waiting'");
	CHECK_INT(claim(&messages), 1);
	CHECK_INT(messages[0].attempt, 10);
	CHECK_STR(tell(&messages[0], 500, 0), "failed");
	CHECK_STR(reason(webhook), "on");
}

TEST(webhook_switched_off_is_sent_nothing_that_was_left)
{
	struct webhook_message *messages;
	struct webhook *webhook;
	struct error err = {0};
	const char *session;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	session = play_session();
	event(session, READY);
	CHECK_OK(webhook_enable(play_api(), test_arena(), webhook->id, false, &webhook, &err), &err);
	CHECK_INT(claim(&messages), 0);
	event(session, READY);
	CHECK_OK(webhook_enable(play_api(), test_arena(), webhook->id, true, &webhook, &err), &err);
	CHECK(webhook->enabled && webhook->disabled_reason == NULL);
	CHECK_INT(claim(&messages), 0);
	event(session, READY);
	CHECK_INT(claim(&messages), 1);
}

/* A sender that died between sending and telling: the same message again, and its late word counts no more. */
TEST(webhook_taken_and_not_told_is_due_again)
{
	struct webhook_message *first, *second;

	fresh();
	(void)endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	CHECK_INT(claim(&first), 1);
	all_due();
	CHECK_INT(claim(&second), 1);
	CHECK_STR(second[0].message_id, first[0].message_id);
	CHECK_STR(tell(&first[0], 200, 0), "stale");
	CHECK_STR(tell(&second[0], 200, 0), "sent");
}

TEST(webhook_signs_with_both_keys_for_a_day)
{
	struct webhook_message *messages;
	struct webhook *webhook;
	struct error err = {0};
	const char *session;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	session = play_session();
	CHECK_OK(webhook_rotate(play_api(), test_arena(), webhook->id, other_secret, &webhook, &err), &err);
	event(session, READY);
	CHECK_INT(claim(&messages), 1);
	CHECK(memcmp(messages[0].secret, other_secret, WEBHOOK_SECRET_BYTES) == 0);
	CHECK(messages[0].old_secret != NULL && memcmp(messages[0].old_secret, secret, WEBHOOK_SECRET_BYTES) == 0);
	test_sql("update framewright.webhook_endpoint set old_until = now()");
	event(session, READY);
	CHECK_INT(claim(&messages), 1);
	CHECK(messages[0].old_secret == NULL);
}

TEST(webhook_log_and_replay)
{
	struct webhook_delivery *deliveries;
	struct webhook_message *messages;
	struct webhook *webhook;
	struct error err = {0};
	size_t count;
	int64_t made;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	CHECK_INT(claim(&messages), 1);
	(void)tell(&messages[0], 200, 0);
	CHECK_OK(webhook_replay(play_api(), webhook->id, messages[0].id, &made, &err), &err);
	CHECK_OK(webhook_deliveries(play_api(), test_arena(), webhook->id, 0, 10, &deliveries, &count, &err), &err);
	CHECK_INT(count, 2);
	CHECK_INT(deliveries[0].id, made);
	CHECK_INT(deliveries[0].replay_of, messages[0].id);
	CHECK_STR(deliveries[0].message_id, deliveries[1].message_id);
	CHECK_STR(deliveries[1].state, "sent");
	CHECK_INT(deliveries[1].status, 200);
	CHECK_OK(webhook_deliveries(play_api(), test_arena(), webhook->id, made, 10, &deliveries, &count, &err), &err);
	CHECK_INT(count, 1);
	CHECK_FAILS(webhook_replay(play_api(), webhook->id, made + 1000, &made, &err), &err, ERR_NOT_FOUND);
	CHECK_OK(webhook_enable(play_api(), test_arena(), webhook->id, false, &webhook, &err), &err);
	CHECK_STR(webhook->disabled_reason, "owner");
	CHECK_FAILS_CODE(webhook_ping(play_api(), webhook->id, &made, &err), &err, ERR_CONFLICT, "webhook_disabled");
}

TEST(webhook_of_somebody_else_is_not_there)
{
	struct webhook_delivery *deliveries;
	struct webhook *webhook, *all;
	struct error err = {0};
	size_t count;
	int64_t made;

	fresh();
	webhook = endpoint(NULL, NULL, 0);
	(void)play_begin();
	CHECK_OK(webhook_list(play_api(), test_arena(), &all, &count, &err), &err);
	CHECK_INT(count, 0);
	CHECK_FAILS(webhook_delete(play_api(), webhook->id, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(webhook_ping(play_api(), webhook->id, &made, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(webhook_rotate(play_api(), test_arena(), webhook->id, secret, &all, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(webhook_enable(play_api(), test_arena(), webhook->id, false, &all, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(webhook_replay(play_api(), webhook->id, 1, &made, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(webhook_deliveries(play_api(), test_arena(), webhook->id, 0, 10, &deliveries, &count, &err), &err,
	    ERR_NOT_FOUND);
}

TEST(webhook_job_is_made_only_when_something_is_due)
{
	struct webhook *webhook;

	fresh();
	test_sql("delete from framewright.webhook_delivery; delete from framewright.job where kind = 'webhook.send'");
	test_sql("select framewright.tick()");
	CHECK_INT(senders(), 0);
	webhook = endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	test_sql("select framewright.tick()");
	test_sql("select framewright.tick()");
	CHECK_INT(senders(), 1);
	CHECK_INT(test_sql_int("select (payload ->> 'endpoint')::bigint from framewright.job where kind = "
			       "'webhook.send' and finished_at is null"),
	    number_of(webhook));
	/* over without having sent all: the next one */
	test_sql("update framewright.job set state = 'done', finished_at = now() where kind = 'webhook.send'");
	test_sql("select framewright.tick()");
	CHECK_INT(senders(), 1);
}

/* One who names many slow addresses holds up nobody else. */
TEST(webhook_jobs_are_at_most_two_for_each_owner)
{
	fresh();
	test_sql("delete from framewright.job where kind = 'webhook.send'");
	for (int i = 0; i < 5; i++)
		(void)endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	test_sql("select framewright.tick()");
	test_sql("select framewright.tick()");
	CHECK_INT(senders(), 2);
	(void)play_begin();
	(void)endpoint(NULL, NULL, 0);
	event(play_session(), READY);
	test_sql("select framewright.tick()");
	CHECK_INT(senders(), 3);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(webhook_hears_of_events_of_its_types),
    ROW(webhook_that_rolls_back_with_its_event_is_not_sent),
    ROW(webhook_is_tried_on_the_schedule_and_then_switched_off), ROW(webhook_answers_decide),
    ROW(webhook_taken_and_not_told_is_due_again), ROW(webhook_signs_with_both_keys_for_a_day),
    ROW(webhook_log_and_replay), ROW(webhook_of_somebody_else_is_not_there),
    ROW(webhook_job_is_made_only_when_something_is_due), ROW(webhook_jobs_are_at_most_two_for_each_owner),
    ROW(webhook_that_asks_for_a_pause_gets_it_for_all_its_messages),
    ROW(webhook_stays_on_when_only_one_message_is_not_wanted), ROW(webhook_switched_off_is_sent_nothing_that_was_left))
