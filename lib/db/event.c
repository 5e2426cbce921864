/*
 * Reading the event log.
 */
#include <string.h>

#include "lib/db/db_priv.h"
#include "lib/db/event.h"

/* $1 project, $2 after, $3 limit */
static const struct db_stmt event_after_stmt = {"event_after",
    "select project_id, seq, payload, created_at from event"
    " where project_id = $1 and seq > $2 and created_at > now() - interval '24 hours'"
    " order by seq limit $3",
    3};
static const struct db_stmt event_last_stmt = {"event_last",
    "select project_id, seq, payload, created_at from event where project_id = $1 order by seq desc limit 1", 1};
/* $1 projects, $2 afters, $3 limit */
static const struct db_stmt event_many_stmt = {"event_after_many",
    "select e.project_id, e.seq, e.payload, e.created_at"
    " from unnest($1::uuid[], $2::bigint[]) as w (project, after)"
    " join event e on e.project_id = w.project and e.seq > w.after and e.created_at > now() - interval '24 hours'"
    " order by e.project_id, e.seq limit $3",
    3};
/* $1 project, $2 user */
static const struct db_stmt event_access_stmt = {"event_access",
    "select project_role(p.id, $2), p.event_seq from project p where p.id = $1 and p.deleted_at is null", 2};
static const struct db_stmt event_add_stmt = {"event_add", "select event_add($1, $2::jsonb)", 2};

const struct db_stmt_row event_statements[] = {
    {&event_after_stmt, "arec"},
    {&event_last_stmt, "arec"},
    {&event_many_stmt, "rec"},
    {&event_access_stmt, "aec"},
    {&event_add_stmt, "rc"},
    {NULL, NULL},
};

static int
event_read(const struct db_result *res, int index, struct arena *arena, struct event *event, struct error *err)
{
	struct db_row row = db_row(res, index);
	db_get_chars(&row, event->project_id, sizeof(event->project_id));
	event->seq = db_get_int(&row);
	event->payload = db_get_text(&row, arena);
	event->created_at = db_get_time(&row);
	return db_row_end(&row, err);
}

static int
event_read_all(const struct db_result *res, struct arena *arena, const struct event **ret_events, size_t *ret_count,
    struct error *err)
{
	struct event *events = ARENA_ARRAY(arena, (size_t)res->count, struct event);
	if (events == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res->count; i++) {
		if (event_read(res, i, arena, &events[i], err) < 0)
			return error_wrap(err, "reading events");
	}
	*ret_events = events;
	*ret_count = (size_t)res->count;
	return 0;
}

int
event_after(struct db *db, struct arena *arena, const char *project_id, int64_t after, int limit,
    const struct event **ret_events, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &event_after_stmt, DB_ARGS(DB_TEXT(project_id), DB_INT(after), DB_INT(limit)), DB_MANY, &res,
		err) < 0)
		return error_wrap(err, "events of '%s'", project_id);
	return event_read_all(&res, arena, ret_events, ret_count, err);
}

int
event_last(struct db *db, struct arena *arena, const char *project_id, struct event *ret_event, bool *ret_found,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &event_last_stmt, DB_ARGS(DB_TEXT(project_id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "last event of '%s'", project_id);
	*ret_found = res.count > 0;
	return res.count == 0 ? 0 : event_read(&res, 0, arena, ret_event, err);
}

int
event_after_many(struct db *db, struct arena *arena, const char *const *project_ids, const int64_t *afters,
    size_t count, int limit, const struct event **ret_events, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &event_many_stmt, DB_ARGS(DB_TEXTS(project_ids, count), DB_INTS(afters, count), DB_INT(limit)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "events of %zu projects", count);
	return event_read_all(&res, arena, ret_events, ret_count, err);
}

int
event_access(struct db *db, const char *project_id, int user_id, enum event_access *ret_access, int64_t *ret_last_seq,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	char role[16];
	*ret_access = EVENT_NO_ACCESS;
	*ret_last_seq = 0;
	if (!id_is_uuid(project_id))
		return 0;
	if (db_run(db, &event_access_stmt, DB_ARGS(DB_TEXT(project_id), DB_INT(user_id)), DB_AT_MOST_ONE, &res, err) <
	    0)
		return error_wrap(err, "rights on '%s'", project_id);
	if (res.count == 0)
		return 0;
	struct db_row row = db_row(&res, 0);
	db_get_chars(&row, role, sizeof(role));
	*ret_last_seq = db_get_int(&row);
	if (strcmp(role, "owner") == 0)
		*ret_access = EVENT_OWNER;
	else if (strcmp(role, "editor") == 0)
		*ret_access = EVENT_EDITOR;
	else if (strcmp(role, "viewer") == 0)
		*ret_access = EVENT_VIEWER;
	return db_row_end(&row, err);
}

int
event_add(struct db *db, const char *project_id, const char *payload, int64_t *ret_seq, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run_again(db, &event_add_stmt, DB_ARGS(DB_TEXT(project_id), DB_TEXT(payload)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "adding an event to '%s'", project_id);
	struct db_row row = db_row(&res, 0);
	*ret_seq = db_get_int_or(&row, 0);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (*ret_seq == 0)
		return error_set(err, ERR_NOT_FOUND, "there is no project '%s'", project_id);
	db_hint_event(db, project_id, *ret_seq);
	return 0;
}
