/*
 * Connecting, noticing that a connection is gone, and connecting again without storming the server.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/id.h"
#include "lib/db/db_conn.h"

static unsigned generation;
static pthread_once_t generation_once = PTHREAD_ONCE_INIT;

static void
generation_next(void)
{
	generation++;
}

static void
generation_watch(void)
{
	(void)pthread_atfork(NULL, NULL, generation_next);
}

unsigned
db_generation(void)
{
	return generation;
}

/* Warnings are not for stderr. A server that says goodbye (57P01 and its like) to an idle connection says it this way.
 */
static void
db_notice(void *arg, const PGresult *res)
{
	struct db *db = arg;
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	if (state != NULL && strncmp(state, "57P", 3) == 0)
		db->broken = true;
}

static void
db_sleep_ms(int ms)
{
	struct timespec left = {.tv_sec = ms / 1000, .tv_nsec = (ms % 1000) * 1000000L};
	while (nanosleep(&left, &left) < 0 && errno == EINTR)
		continue;
}

void
db_disconnect(struct db *db)
{
	pthread_mutex_lock(&db->cancel_lock);
	PQfreeCancel(db->cancel);
	db->cancel = NULL;
	pthread_mutex_unlock(&db->cancel_lock);
	PQfinish(db->conn);
	db->conn = NULL;
	db->broken = false;
	db_forget_prepared(db);
}

/* What every connection has set. One statement of several, so that one round trip does. */
static int
db_configure(struct db *db, struct error *err)
{
	char sql[256];
	snprintf(sql, sizeof(sql),
	    "set search_path = framewright, pg_temp; set timezone = 'UTC'; set datestyle = 'ISO'; set "
	    "statement_timeout = '%ds'",
	    db->options.timeout_s);
	PGresult *res = PQexec(db->conn, sql);
	const int result = PQresultStatus(res) == PGRES_COMMAND_OK ? 0 : db_error_result(res, "configuring", err);
	PQclear(res);
	return result;
}

static int
db_listen_all(struct db *db, struct error *err)
{
	for (size_t i = 0; i < db->channel_count; i++) {
		char sql[96];
		snprintf(sql, sizeof(sql), "listen %s", db->channels[i]);
		PGresult *res = PQexec(db->conn, sql);
		const int result = PQresultStatus(res) == PGRES_COMMAND_OK ? 0 : db_error_result(res, "listening", err);
		PQclear(res);
		if (result < 0)
			return -1;
	}
	return 0;
}

static int
db_connect_once(struct db *db, struct error *err)
{
	const struct db_options *o = &db->options;
	const char *keywords[] = {"dbname", "user", "application_name", "client_encoding", "connect_timeout",
	    "keepalives_idle", "keepalives_interval", "keepalives_count", "tcp_user_timeout", NULL};
	const char *values[] = {o->url, o->user, o->program, "UTF8", "5", "10", "5", "2", "20000", NULL};
	if (o->user == NULL) {
		/* an empty value would hide the URL's user */
		keywords[1] = "application_name";
		values[1] = o->program;
	}
	db_disconnect(db);
	db->conn = PQconnectdbParams(keywords, values, 1);
	if (PQstatus(db->conn) != CONNECTION_OK)
		return db_error_lost(db, "connecting", err);
	PQsetNoticeReceiver(db->conn, db_notice, db);
	if (db_configure(db, err) < 0 || db_listen_all(db, err) < 0)
		return -1;
	pthread_mutex_lock(&db->cancel_lock);
	db->cancel = PQgetCancel(db->conn);
	pthread_mutex_unlock(&db->cancel_lock);
	return 0;
}

/* The pause doubles with each failure and is spread, so that all threads of all programs do not come back at once. */
static void
db_pause_next(struct db *db)
{
	db->pause_ms = db->pause_ms == 0 ? DB_PAUSE_FIRST_MS : FW_MIN(db->pause_ms * 2, DB_PAUSE_MAX_MS);
	const int spread = (int)(id_u64() % (uint64_t)(db->pause_ms / 4 + 1));
	db->retry_at_ms = clock_boot_ms(NULL) + db->pause_ms - spread;
}

int
db_connect(struct db *db, int attempts, struct error *err)
{
	for (int i = 1;; i++) {
		if (db_connect_once(db, err) == 0) {
			if (db->pause_ms > 0)
				log_info(db->options.log, "database_connected");
			db->pause_ms = 0;
			return 0;
		}
		db_pause_next(db);
		db_disconnect(db);
		if (i >= attempts || !error_is(err, ERR_UNAVAILABLE))
			return -1;
		log_warn(db->options.log, "database_retry", LOG_INT("attempt", i), LOG_INT("pause_ms", db->pause_ms));
		db_sleep_ms(db->pause_ms);
		error_clear(err);
	}
}

int
db_open(const struct db_options *options, struct db **ret_db, struct error *err)
{
	struct db *db = calloc(1, sizeof(*db));
	if (db == NULL)
		abort();
	db->options = *options;
	if (db->options.timeout_s <= 0)
		db->options.timeout_s = 10;
	if (db->options.attempts <= 0)
		db->options.attempts = 5;
	(void)pthread_once(&generation_once, generation_watch);
	db->generation = db_generation();
	pthread_mutex_init(&db->cancel_lock, NULL);
	if (db_connect(db, db->options.attempts, err) < 0) {
		db_close(&db);
		return error_wrap(err, "opening the database");
	}
	*ret_db = db;
	return 0;
}

void
db_close(struct db **db)
{
	if (*db == NULL)
		return;
	/* A child that inherited the connection must not end the parent's session. */
	if ((*db)->generation == db_generation())
		db_disconnect(*db);
	pthread_mutex_destroy(&(*db)->cancel_lock);
	free((*db)->prepared);
	free(*db);
	*db = NULL;
}

/* A server that went away while nothing was asked has said so or closed the socket: that can be seen before a statement
 * is lost. What else arrives unasked (notifications) stays with libpq. */
static bool
db_hung_up(struct db *db)
{
	struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};
	for (int i = 0; i < 3 && poll(&fd, 1, 0) > 0; i++) {
		if (PQconsumeInput(db->conn) == 0 || PQstatus(db->conn) != CONNECTION_OK)
			return true;
		(void)PQisBusy(db->conn); /* looks at what has arrived: db_notice() */
		if (db->broken)
			return true;
	}
	return false;
}

int
db_ready(struct db *db, struct error *err)
{
	assert(db->generation == db_generation());
	if (db->conn != NULL && !db->broken && (db->in_transaction || !db_hung_up(db)))
		return 0;
	if (db->in_transaction)
		return db_error_lost(db, "continuing a transaction", err);
	/* At once after a loss, then with pauses; callers in between are told immediately. */
	if (db->conn == NULL && clock_boot_ms(NULL) < db->retry_at_ms)
		return error_code(
		    err, ERR_UNAVAILABLE, "database_unavailable", "The database is not available at the moment");
	return db_connect(db, 1, err);
}

int
db_ensure(struct db *db, struct error *err)
{
	assert(db->generation == db_generation() && !db->in_transaction);
	if (db->conn != NULL && !db->broken && !db_hung_up(db))
		return 0;
	return db_connect(db, db->options.attempts, err);
}

bool
db_connected(const struct db *db)
{
	return db->conn != NULL && !db->broken;
}

void
db_interrupt(struct db *db)
{
	char text[256];
	pthread_mutex_lock(&db->cancel_lock);
	if (db->cancel != NULL)
		(void)PQcancel(db->cancel, text, sizeof(text));
	pthread_mutex_unlock(&db->cancel_lock);
}
