/* events/hub.c against a real event log: every listener gets every number once, in order. */
#include "events/hub.h"

#include <pthread.h>
#include <stdatomic.h>

#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

#define LISTENERS 12

static struct log quiet;
static struct hub *hub;
static const char *project;

/* What a listener saw of its subscription. */
struct listener {
	struct hub_subscription *subscription;
	int wakes;
	int64_t first, last;
	int64_t count;
	bool in_order; /* each number the one before plus one */
};

static void
wake(void *owner)
{
	if (owner != NULL)
		((struct listener *)owner)->wakes++;
}

static void
begin(void)
{
	static int count;

	log_init(&quiet, "test");
	hub = hub_new(test_db("framewright_eventd"), &quiet, wake);
	project = test_db_project(test_db_user(arena_printf(test_arena(), "hub%d@example.org", count++)));
}

static void
end(void)
{
	CHECK_INT(hub_projects(hub), 0);
	hub_free(&hub);
}

static void
add_to(const char *id, int count)
{
	test_sql("select event_add('%s', '{\"type\":\"progress\"}') from generate_series(1, %d)", id, count);
}

static void
add(int count)
{
	add_to(project, count);
}

static struct listener
listen_to(const char *id, int64_t after)
{
	struct listener listener = {.in_order = true};
	struct error err = {0};

	CHECK_OK(hub_subscribe(hub, id, after, NULL, &listener.subscription, &err), &err);
	return listener;
}

/* Takes what is queued, as a socket would. */
static void
drain(struct listener *listener)
{
	const struct hub_frame *frame;

	while ((frame = hub_peek(listener->subscription)) != NULL) {
		if (listener->count == 0)
			listener->first = frame->seq;
		else if (frame->seq != listener->last + 1)
			listener->in_order = false;
		listener->last = frame->seq;
		listener->count++;
		hub_pop(listener->subscription);
	}
}

static void
leave(struct listener *listener)
{
	hub_unsubscribe(hub, &listener->subscription);
	CU_ASSERT_PTR_NULL(listener->subscription);
}

static void
distribute(void)
{
	struct error err = {0};

	CHECK_OK(hub_distribute(hub, &err), &err);
}

/* Drains, then checks the first and last number and that none was missing or came twice. */
static void
saw(struct listener *listener, int64_t first, int64_t last)
{
	drain(listener);
	CHECK_INT(listener->first, first);
	CHECK_INT(listener->last, last);
	CHECK_INT(listener->count, last - first + 1);
	CHECK(listener->in_order);
}

TEST(live_events_come_in_order_and_wake_once)
{
	struct listener listener = {.in_order = true};
	struct error err = {0};

	begin();
	CHECK_OK(hub_subscribe(hub, project, 0, &listener, &listener.subscription, &err), &err);
	CHECK_STR(hub_project_id(listener.subscription), project);
	distribute();
	CU_ASSERT_PTR_NULL(hub_peek(listener.subscription));
	CHECK_INT(listener.wakes, 0);
	add(3);
	hub_note(hub, project, 3);
	distribute();
	CHECK_INT(listener.wakes, 1);
	CHECK_JSON_AT(hub_peek(listener.subscription)->text, "/type", "progress");
	CHECK_JSON_AT(hub_peek(listener.subscription)->text, "/seq", "1");
	CHECK_INT(hub_peek(listener.subscription)->len, strlen(hub_peek(listener.subscription)->text));
	saw(&listener, 1, 3);
	distribute();
	CHECK_INT(listener.wakes, 1);
	leave(&listener);
	end();
}

/* One that is up to date and one that resumes behind it, while new events have no note yet. */
TEST(replay_and_live_meet_without_gap_or_repetition)
{
	begin();
	add(5);
	struct listener one = listen_to(project, 0);
	distribute();
	add(2);
	struct listener two = listen_to(project, 3);
	distribute();
	struct listener three = listen_to(project, 7);
	add(2);
	hub_note(hub, project, 9);
	distribute();
	hub_note_all(hub);
	distribute();
	saw(&one, 1, 9);
	saw(&two, 4, 9);
	saw(&three, 8, 9);
	leave(&one);
	leave(&two);
	leave(&three);
	end();
}

TEST(without_a_position_the_last_event_comes_and_what_follows)
{
	begin();
	struct listener early = listen_to(project, -1);
	CU_ASSERT_PTR_NULL(hub_peek(early.subscription));
	add(4);
	struct listener late = listen_to(project, -1);
	distribute();
	add(1);
	hub_note_all(hub);
	distribute();
	saw(&early, 1, 5);
	saw(&late, 4, 5);
	leave(&early);
	leave(&late);
	end();
}

/* More than one statement brings, for one that replays and for two projects that fell behind at once. */
TEST(long_logs_are_read_to_their_end)
{
	begin();
	const char *other = test_db_project((int)test_sql_int("select owner_id from project where id = '%s'", project));
	struct listener one = listen_to(project, 0), two = listen_to(other, 0);

	distribute();
	add(1700);
	add_to(other, 1300);
	struct listener late = listen_to(project, 100);
	saw(&late, 101, 1700);
	hub_note_all(hub);
	distribute();
	saw(&one, 1, 1700);
	saw(&two, 1, 1300);
	saw(&late, 101, 1700);
	CHECK_INT(hub_projects(hub), 2);
	leave(&one);
	leave(&two);
	leave(&late);
	end();
}

TEST(slow_listener_is_cut_off_and_resumes)
{
	begin();
	struct listener slow = {.in_order = true}, fast = listen_to(project, 0);
	struct error err = {0};

	CHECK_OK(hub_subscribe(hub, project, 0, &slow, &slow.subscription, &err), &err);
	for (int i = 0; i < 3; i++) {
		add(HUB_QUEUE_MAX / 2);
		hub_note_all(hub);
		distribute();
		drain(&fast);
	}
	CHECK(!fast.subscription->overrun);
	saw(&fast, 1, HUB_QUEUE_MAX / 2 * 3);
	CHECK(slow.subscription->overrun);
	CHECK_INT(slow.subscription->count, HUB_QUEUE_MAX);
	CHECK(slow.wakes > 1);
	saw(&slow, 1, HUB_QUEUE_MAX);
	/* no later frame may follow the gap */
	add(1);
	hub_note_all(hub);
	distribute();
	saw(&slow, 1, HUB_QUEUE_MAX);
	leave(&slow);
	slow = listen_to(project, HUB_QUEUE_MAX);
	saw(&slow, HUB_QUEUE_MAX + 1, HUB_QUEUE_MAX / 2 * 3 + 1);
	leave(&slow);
	/* a replay that does not fit is cut off as well */
	slow = listen_to(project, 0);
	CHECK(slow.subscription->overrun);
	saw(&slow, 1, HUB_QUEUE_MAX);
	leave(&slow);
	leave(&fast);
	end();
}

TEST(listeners_share_the_frames)
{
	struct listener listeners[LISTENERS];

	begin();
	for (size_t i = 0; i < LISTENERS; i++)
		listeners[i] = listen_to(project, 0);
	CHECK_INT(hub_projects(hub), 1);
	add(1);
	hub_note(hub, project, 1);
	distribute();
	for (size_t i = 0; i < LISTENERS; i++)
		CU_ASSERT_PTR_EQUAL(hub_peek(listeners[i].subscription), hub_peek(listeners[0].subscription));
	CHECK_INT(hub_peek(listeners[0].subscription)->references, LISTENERS);
	hub_pop(listeners[0].subscription);
	leave(&listeners[1]);
	CHECK_INT(hub_peek(listeners[2].subscription)->references, LISTENERS - 2);
	leave(&listeners[0]);
	for (size_t i = 2; i < LISTENERS; i++) {
		saw(&listeners[i], 1, 1);
		leave(&listeners[i]);
	}
	end();
}

TEST(who_left_hears_nothing_and_may_come_back)
{
	struct listener listener;

	begin();
	add(2);
	listener = listen_to(project, 0);
	saw(&listener, 1, 2);
	leave(&listener);
	leave(&listener);
	CHECK_INT(hub_projects(hub), 0);
	add(2);
	hub_note(hub, project, 4);
	distribute();
	listener = listen_to(project, 2);
	distribute();
	saw(&listener, 3, 4);
	leave(&listener);
	end();
}

static atomic_int written;
static atomic_bool refused;

/* One event per statement, each committed on its own, as daemons write them. */
static void *
write_events(void *arg)
{
	struct db *db = arg;
	int64_t seq;

	for (int i = 0; i < 400 && !atomic_load(&refused); i++) {
		struct error err = {0};

		if (event_add(db, project, "{\"type\":\"progress\"}", &seq, &err) < 0)
			atomic_store(&refused, true);
		atomic_fetch_add(&written, 1);
	}
	return NULL;
}

/* Listeners join while somebody writes; each resumes from where the first one is. */
TEST(joining_under_way_loses_nothing)
{
	struct listener listeners[LISTENERS];
	int64_t joined_at[LISTENERS];
	struct db *db = test_db_new("framewright_renderd");
	size_t count = 0;
	pthread_t thread;

	begin();
	atomic_store(&written, 0);
	if (!CHECK(pthread_create(&thread, NULL, write_events, db) == 0))
		return;
	while (atomic_load(&written) < 400) {
		if (count < LISTENERS && atomic_load(&written) >= (int)count * 25) {
			joined_at[count] = count == 0 ? 0 : listeners[0].last;
			listeners[count] = listen_to(project, joined_at[count]);
			count++;
		}
		hub_note_all(hub);
		distribute();
		for (size_t i = 0; i < count; i++)
			drain(&listeners[i]);
	}
	pthread_join(thread, NULL);
	CHECK(!atomic_load(&refused));
	CHECK(count > 1);
	hub_note_all(hub);
	distribute();
	for (size_t i = 0; i < count; i++) {
		saw(&listeners[i], joined_at[i] + 1, 400);
		leave(&listeners[i]);
	}
	db_close(&db);
	end();
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(live_events_come_in_order_and_wake_once),
    ROW(replay_and_live_meet_without_gap_or_repetition), ROW(without_a_position_the_last_event_comes_and_what_follows),
    ROW(long_logs_are_read_to_their_end), ROW(slow_listener_is_cut_off_and_resumes), ROW(listeners_share_the_frames),
    ROW(who_left_hears_nothing_and_may_come_back), ROW(joining_under_way_loses_nothing))
