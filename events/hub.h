/*
 * Projects that somebody listens to, and the frames on their way.
 *
 * A frame is one event's JSON, shared by all subscriptions it goes to. A subscription has a position (the last number
 * it was given) and a queue; what is older than its position never enters, so replay and live events meet without a gap
 * or a repetition whatever their order. The hub reads the event log and knows nothing of sockets.
 *
 * One thread.
 */
#ifndef FW_EVENTS_HUB_H
#define FW_EVENTS_HUB_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/id.h"
#include "lib/db/event.h"

/* Frames a slow listener may leave unread before it is cut off. It reconnects and resumes from its last id. */
#define HUB_QUEUE_MAX 5000

struct hub;
struct hub_project;

struct hub_frame {
	unsigned references;
	int64_t seq;
	size_t len;
	char text[]; /* the event's JSON */
};

struct hub_subscription {
	struct hub_subscription *next; /* of the same project */
	struct hub_project *project;
	int64_t position;
	struct hub_frame **queue; /* ring */
	size_t first, count, capacity;
	bool overrun;
	void *owner;
};

/* Called for a subscription whose queue got its first frame or that was overrun. */
typedef void hub_wake_fn(void *owner);

/* db and log are borrowed. */
struct hub *hub_new(struct db *db, const struct log *log, hub_wake_fn *wake) RETURNS_NONNULL;
void hub_free(struct hub **hub);

/*
 * Subscribes; the project's existence and the caller's rights have been checked. after >= 0: everything later than it
 * (of the last 24 h) is queued at once; after < 0: the last event alone, if there is one. Fails without a subscription.
 */
int hub_subscribe(struct hub *hub, const char *project_id, int64_t after, void *owner,
    struct hub_subscription **ret_subscription, struct error *err) MUST_CHECK;
/* Drops what is queued. Leaves NULL. */
void hub_unsubscribe(struct hub *hub, struct hub_subscription **subscription);
const char *hub_project_id(const struct hub_subscription *subscription) RETURNS_NONNULL;

/* A note arrived: this project has events up to seq. */
void hub_note(struct hub *hub, const char *project_id, int64_t seq);
/* Notes may have been missed: everything that is listened to is looked at. */
void hub_note_all(struct hub *hub);
/* Reads the log for all projects with notes and queues what is new. One statement. */
int hub_distribute(struct hub *hub, struct error *err) MUST_CHECK;
/* Projects with at least one subscription. */
size_t hub_projects(const struct hub *hub);

/* The oldest frame, which stays queued; NULL: none. */
const struct hub_frame *hub_peek(const struct hub_subscription *subscription);
void hub_pop(struct hub_subscription *subscription);

#endif
