/* The scripted database, third part: webhooks. */
#include "lib/base/clock.h"
#include "lib/db/webhook.h"
#include "tests/fcgi/fake.h"

static int
a_webhook(struct arena *arena, struct webhook **ret)
{
	static const char *const types[] = {"final.ready", NULL};

	*ret = ARENA_NEW(arena, struct webhook);
	**ret = (struct webhook){.id = FAKE_JOB,
	    .url = "https://example.com/hook",
	    .types = types,
	    .type_count = 1,
	    .enabled = true,
	    .created_us = NOW_US};
	return 0;
}

int
webhook_create(struct db *db UNUSED, struct arena *arena, const struct webhook_new *what UNUSED, struct webhook **ret,
    struct error *err)
{
	ENTER(err);
	return a_webhook(arena, ret);
}

int
webhook_list(struct db *db UNUSED, struct arena *arena, struct webhook **ret, size_t *ret_count, struct error *err)
{
	ENTER(err);
	*ret_count = 1;
	return a_webhook(arena, ret);
}

int
webhook_delete(struct db *db UNUSED, const char *id UNUSED, struct error *err)
{
	ENTER(err);
	return 0;
}

int
webhook_rotate(struct db *db UNUSED, struct arena *arena, const char *id UNUSED, const unsigned char *secret UNUSED,
    struct webhook **ret, struct error *err)
{
	ENTER(err);
	return a_webhook(arena, ret);
}

int
webhook_enable(struct db *db UNUSED, struct arena *arena, const char *id UNUSED, bool enabled UNUSED,
    struct webhook **ret, struct error *err)
{
	ENTER(err);
	return a_webhook(arena, ret);
}

int
webhook_deliveries(struct db *db UNUSED, struct arena *arena, const char *id UNUSED, int64_t before UNUSED,
    int limit UNUSED, struct webhook_delivery **ret, size_t *ret_count, struct error *err)
{
	ENTER(err);
	*ret = ARENA_NEW(arena, struct webhook_delivery);
	**ret = (struct webhook_delivery){.id = 7,
	    .message_id = "evt_1",
	    .type = "final.ready",
	    .state = "sent",
	    .attempt = 1,
	    .status = 204,
	    .next_us = CLOCK_NONE,
	    .created_us = NOW_US,
	    .ended_us = NOW_US};
	*ret_count = 1;
	return 0;
}

int
webhook_replay(
    struct db *db UNUSED, const char *id UNUSED, int64_t delivery UNUSED, int64_t *ret_delivery, struct error *err)
{
	ENTER(err);
	*ret_delivery = 8;
	return 0;
}

int
webhook_ping(struct db *db UNUSED, const char *id UNUSED, int64_t *ret_delivery, struct error *err)
{
	ENTER(err);
	*ret_delivery = 9;
	return 0;
}
