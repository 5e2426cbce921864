/*
 * struct db: one connection to PostgreSQL, used by one thread at a time.
 *
 * Its one important idea: every statement goes out in a single libpq pipeline together with the caller's identity (and
 * with its own preparation, the first time), so that row-level security costs no round trip. There is no way to send
 * SQL from outside of lib/db: the noun files there (job.h, event.h, ...) include db_priv.h, everybody else calls their
 * functions.
 *
 * A lost connection is ERR_UNAVAILABLE with code "database_unavailable"; the next use connects again, at once the first
 * time and then no more often than every 0.5 to 8 s, failing at once in between. Refusals by SQL functions (SQLSTATE
 * FWxxx) become errors with the kind of that HTTP status, the message as code and the detail as public text.
 *
 * A struct db must not be used across fork(); that asserts.
 */
#ifndef FW_DB_DB_H
#define FW_DB_DB_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/log.h"

struct db;
struct notifier;

struct db_options {
	const char *url;	   /* libpq connection string or URI; borrowed while the db lives */
	const char *user;	   /* database role; NULL: as the URL says */
	const char *program;	   /* application_name */
	bool unprepared;	   /* DB_PREPARED=off: no prepared statements, for poolers in transaction mode */
	int timeout_s;		   /* longest wait for one statement; 0: 10 */
	int attempts;		   /* to connect in db_open(), pauses 0.5, 1, 2, 4 and 8 s; 0: 5 */
	struct notifier *notifier; /* where hints go after a commit; NULL: sent by this connection at once. Borrowed */
	const char *bell;	   /* rung by the notifier (lib/db/bell.h) before it notifies; may be NULL. Borrowed */
	const struct log *log;	   /* reconnects are logged here; may be NULL. Borrowed */
};

/* Connects. The caller closes it. */
int db_open(const struct db_options *options, struct db **ret_db, struct error *err) MUST_CHECK;
/* Accepts a pointer to NULL; leaves NULL behind. */
void db_close(struct db **db);
/* Connects again if needed, with all attempts of the options; for daemons that have nothing else to do. */
int db_ensure(struct db *db, struct error *err) MUST_CHECK;
/* Whether the last statement left a usable connection. */
bool db_connected(const struct db *db);

/* Whose rights all following statements use; 0: nobody's. Set it at the start of each request. */
void db_caller(struct db *db, int user_id);
/* The same for the bearer of an access token: each statement then fails with ERR_UNAUTHORIZED when the user has raised
 * the epoch since or is disabled. Costs no round trip. epoch < 0: as db_caller(). */
void db_caller_token(struct db *db, int user_id, int epoch);

/*
 * Runs `run` in a transaction and commits; -1 from it rolls back and is handed on. Conflicts with others (serialization
 * failure, deadlock) run it again, up to four times in all: it must have no effects outside the transaction. Not
 * nested. If the connection is lost while committing: ERR_UNKNOWN_OUTCOME.
 */
int db_transaction(
    struct db *db, int (*run)(struct db *db, void *arg, struct error *err), void *arg, struct error *err) MUST_CHECK;

/* A round trip. */
int db_ping(struct db *db, struct error *err) MUST_CHECK;
/* Cancels the running statement; for another thread or a signal handler. The statement fails with ERR_CANCELLED. */
void db_interrupt(struct db *db);

/* ---- notifications ---- */

#define DB_CHANNEL_JOBS "framewright_jobs"     /* payload: empty; something became ready */
#define DB_CHANNEL_EVENTS "framewright_events" /* payload: <project uuid>:<seq> */
#define DB_CHANNEL_CANCEL "framewright_cancel" /* payload: <job id>, a running job is to end */

struct db_note {
	char channel[64];
	char payload[256];
};

/* Also after each reconnect. `channel` must be a constant. */
int db_listen(struct db *db, const char *channel, struct error *err) MUST_CHECK;
/* To be polled for reading, then db_note_next() until 0; -1 while not connected. Changes when the connection does. */
int db_fd(const struct db *db);
/* 1: a note, 0: none now. Never waits. -1: the connection is lost. */
int db_note_next(struct db *db, struct db_note *ret_note, struct error *err) MUST_CHECK;

#endif
