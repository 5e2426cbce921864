/*
 * Hints for other processes, gathered while a transaction runs and handed on after its commit; and the listening side.
 */
#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/db_conn.h"
#include "lib/db/notify.h"

static const struct db_stmt db_notify_stmt = {"db_notify",
    "select set_config('synchronous_commit', 'off', true), pg_notify(h.channel, h.payload)"
    " from unnest($1::text[], $2::text[]) as h (channel, payload)",
    2};

void
db_hints_drop(struct db *db)
{
	db->hint_jobs = false;
	db->hint_count = 0;
}

/* Without a notifier this connection sends them itself. Nobody waits for a hint, so a failure is no news. */
static void
db_hints_send(struct db *db)
{
	const char *channels[DB_HINTS_MAX + 1];
	const char *payloads[DB_HINTS_MAX + 1];
	char texts[DB_HINTS_MAX][64];
	size_t count = 0;
	if (db->hint_jobs) {
		channels[count] = DB_CHANNEL_JOBS;
		payloads[count++] = "";
	}
	for (size_t i = 0; i < db->hint_count; i++) {
		const struct db_hint *h = &db->hints[i];
		if (h->project_id[0] != '\0')
			snprintf(texts[i], sizeof(texts[i]), "%s:%" PRId64, h->project_id, h->seq);
		else
			snprintf(texts[i], sizeof(texts[i]), "%" PRId64, h->cancel);
		channels[count] = h->project_id[0] != '\0' ? DB_CHANNEL_EVENTS : DB_CHANNEL_CANCEL;
		payloads[count++] = texts[i];
	}
	db_hints_drop(db);
	if (count == 0)
		return;
	if (db_exec(db, &db_notify_stmt, DB_ARGS(DB_TEXTS(channels, count), DB_TEXTS(payloads, count)), NULL, NULL) < 0)
		return;
}

void
db_hints_flush(struct db *db)
{
	struct notifier *notifier = db->options.notifier;
	if (notifier == NULL) {
		db_hints_send(db);
		return;
	}
	if (db->hint_jobs)
		notifier_jobs(notifier);
	for (size_t i = 0; i < db->hint_count; i++) {
		const struct db_hint *h = &db->hints[i];
		if (h->project_id[0] != '\0')
			notifier_event(notifier, h->project_id, h->seq);
		else
			notifier_cancel(notifier, h->cancel);
	}
	db_hints_drop(db);
}

static void
db_hint_add(struct db *db, const struct db_hint *hint)
{
	/* More than fit are found by those who look every few seconds. */
	if (db->hint_count < DB_HINTS_MAX)
		db->hints[db->hint_count++] = *hint;
	if (!db->in_transaction)
		db_hints_flush(db);
}

void
db_hint_jobs(struct db *db)
{
	db->hint_jobs = true;
	if (!db->in_transaction)
		db_hints_flush(db);
}

void
db_hint_event(struct db *db, const char *project_id, int64_t seq)
{
	struct db_hint hint = {.seq = seq};
	assert(strlen(project_id) < sizeof(hint.project_id));
	memcpy(hint.project_id, project_id, strlen(project_id) + 1);
	db_hint_add(db, &hint);
}

void
db_hint_cancel(struct db *db, int64_t job_id)
{
	db_hint_add(db, &(struct db_hint){.cancel = job_id});
}

/* ---- listening ---- */

int
db_listen(struct db *db, const char *channel, struct error *err)
{
	char sql[96];
	assert(db->channel_count < DB_CHANNELS_MAX);
	snprintf(sql, sizeof(sql), "listen %s", channel);
	db->channels[db->channel_count++] = channel;
	if (db_script(db, "listen", sql, err) < 0) {
		db->channel_count--;
		return -1;
	}
	return 0;
}

int
db_fd(const struct db *db)
{
	return db->conn == NULL || db->broken ? -1 : PQsocket(db->conn);
}

int
db_note_next(struct db *db, struct db_note *ret_note, struct error *err)
{
	assert(db->generation == db_generation());
	if (db->conn == NULL || db->broken)
		return db_error_lost(db, "listening", err);
	PGnotify *note = PQnotifies(db->conn);
	if (note == NULL) {
		if (PQconsumeInput(db->conn) == 0)
			return db_error_lost(db, "listening", err);
		note = PQnotifies(db->conn);
	}
	if (note == NULL)
		return 0;
	snprintf(ret_note->channel, sizeof(ret_note->channel), "%s", note->relname);
	snprintf(ret_note->payload, sizeof(ret_note->payload), "%s", note->extra);
	PQfreemem(note);
	return 1;
}
