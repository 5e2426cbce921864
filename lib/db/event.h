/*
 * The durable event log of projects, as eventd and the event streams read it. Events are written inside SQL functions
 * (event_add), in the statement that changes what they tell.
 */
#ifndef FW_DB_EVENT_H
#define FW_DB_EVENT_H

#include "lib/base/id.h"
#include "lib/db/db.h"

#define EVENT_REPLAY_S 86400

struct event {
	char project_id[ID_UUID_SIZE];
	int64_t seq;
	const char *payload; /* the frame: a JSON object with seq, session_id and timestamp in it; in the arena */
	int64_t created_at;  /* microseconds */
};

/* Events of one project with seq > after, of the last 24 h, oldest first, at most `limit`. */
int event_after(struct db *db, struct arena *arena, const char *project_id, int64_t after, int limit,
    const struct event **ret_events, size_t *ret_count, struct error *err) MUST_CHECK;
/* The last event of a project, if there is one in the log; found false otherwise. */
int event_last(struct db *db, struct arena *arena, const char *project_id, struct event *ret_event, bool *ret_found,
    struct error *err) MUST_CHECK;
/* The events of several projects, each with its own position: for one NOTIFY that named many. At most `limit` in all.
 */
int event_after_many(struct db *db, struct arena *arena, const char *const *project_ids, const int64_t *afters,
    size_t count, int limit, const struct event **ret_events, size_t *ret_count, struct error *err) MUST_CHECK;

enum event_access { EVENT_NO_ACCESS, EVENT_VIEWER, EVENT_EDITOR, EVENT_OWNER };
/* What a user may do with a project; for eventd, whose role sees everything. EVENT_NO_ACCESS when it does not exist. */
int event_access(struct db *db, const char *project_id, int user_id, enum event_access *ret_access,
    int64_t *ret_last_seq, struct error *err) MUST_CHECK;

/* Any event from outside of SQL functions, for the tool and tests: payload is a JSON object without seq. */
int event_add(
    struct db *db, const char *project_id, const char *payload, int64_t *ret_seq, struct error *err) MUST_CHECK;

#endif
