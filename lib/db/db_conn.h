/*
 * The connection's insides, shared by the files that include libpq: db*.c. Nobody else includes this.
 */
#ifndef FW_DB_DB_CONN_H
#define FW_DB_DB_CONN_H

#include <libpq-fe.h>
#include <pthread.h>
#include <sys/types.h>

#include "lib/db/db_priv.h"

#define DB_CHANNELS_MAX 8
#define DB_HINTS_MAX 64
#define DB_CONFLICT_TRIES 4
#define DB_PAUSE_FIRST_MS 500
#define DB_PAUSE_MAX_MS 8000

struct db_hint {
	char project_id[40];
	int64_t seq;
	int64_t cancel; /* a job, when project_id is empty */
};

struct db {
	PGconn *conn;
	unsigned generation; /* of the process that opened it: db_generation() */
	struct db_options options;
	int caller;
	int caller_epoch; /* of the token that the caller came with; -1: not to be checked */
	bool in_transaction;
	bool broken; /* the connection must be made anew before the next statement */

	int pause_ms;	     /* before the next attempt to connect; 0 after a success */
	int64_t retry_at_ms; /* boot time */

	const struct db_stmt **prepared; /* open addressing, power of two */
	size_t prepared_cap;
	size_t prepared_count;

	const char *channels[DB_CHANNELS_MAX];
	size_t channel_count;

	bool hint_jobs;
	struct db_hint hints[DB_HINTS_MAX];
	size_t hint_count;

	pthread_mutex_t cancel_lock;
	PGcancel *cancel;
};

/* db_open.c */
/* Another number in every child that was forked since: getpid() would be a system call for each statement. */
unsigned db_generation(void);
int db_connect(struct db *db, int attempts, struct error *err) MUST_CHECK;
/* A connection that is good for one more statement, or database_unavailable. */
int db_ready(struct db *db, struct error *err) MUST_CHECK;
void db_disconnect(struct db *db);

/* db_prepared.c: which statements this connection has prepared */
bool db_is_prepared(const struct db *db, const struct db_stmt *stmt);
void db_set_prepared(struct db *db, const struct db_stmt *stmt);
void db_forget_prepared(struct db *db);

/* db_error.c */
int db_error_result(const PGresult *res, const char *what, struct error *err);
int db_error_lost(struct db *db, const char *what, struct error *err);
bool db_error_is_conflict(const struct error *err);

/* db_value.c: parameters in text form (bytes in binary), allocated pieces freed by db_params_done */
struct db_params {
	int count;
	const char *values[DB_PARAMS_MAX];
	int lengths[DB_PARAMS_MAX];
	int formats[DB_PARAMS_MAX];
	char small[DB_PARAMS_MAX][40];
	char *owned[DB_PARAMS_MAX];
};
void db_params_init(struct db_params *params, const struct db_value *values, size_t count);
void db_params_done(struct db_params *params);

/* db_hint.c */
void db_hints_flush(struct db *db);
void db_hints_drop(struct db *db);

#endif
