/*
 * One statement, one round trip: the caller's identity, the statement's preparation if it is new to the connection, the
 * statement and a sync go out as one pipeline. Without BEGIN such a pipeline is one transaction, so the identity is set
 * for just this statement and cannot leak into the next, nor through a pooler to somebody else.
 */
#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/fault.h"
#include "lib/base/id.h"
#include "lib/db/db_conn.h"

/* The server ends a statement at the timeout itself; waiting a little longer than that means nobody is there any more.
 */
#define DB_GRACE_MS 2000
#define DB_ITEMS_MAX 3

static const struct db_stmt db_begin_stmt = {"db_begin", "begin", 0};
static const struct db_stmt db_commit_stmt = {"db_commit", "commit", 0};
static const struct db_stmt db_rollback_stmt = {"db_rollback", "rollback", 0};
static const struct db_stmt db_caller_stmt = {"db_caller", "select set_config('framewright.user_id', $1, true)", 1};
/* The same for the bearer of a token: refuses with 401 when the user has ended it. The caller has to be set first, for
 * row-level security shows users nothing but themselves; CASE keeps that order, and any other would refuse, too. A
 * refusal ends the pipeline, so what follows does not run. */
static const struct db_stmt db_caller_token_stmt = {"db_caller_token",
    "select case when set_config('framewright.user_id', $1, true) is null then null"
    " when exists (select from users where id = $1::int and token_epoch = $2 and disabled_at is null) then ''"
    " else token_ended() end",
    2};
static const struct db_stmt db_ping_stmt = {"db_ping", "select 1", 0};

struct db_item {
	const struct db_stmt *stmt;
	const struct db_params *params;
	bool prepare; /* its preparation goes first */
};

/* Waits until libpq can hand out a result without blocking. */
static int
db_wait(struct db *db, int64_t deadline_ms, const char *what, struct error *err)
{
	while (PQisBusy(db->conn) != 0) {
		const int64_t left = deadline_ms - clock_boot_ms(NULL);
		if (left <= 0) {
			db->broken = true;
			(void)error_code(err, ERR_UNAVAILABLE, "database_unavailable", "'%s': no answer in time", what);
			error_public(err, "The database is not available at the moment");
			return error_fail();
		}
		struct pollfd fd = {.fd = PQsocket(db->conn), .events = POLLIN};
		if (poll(&fd, 1, (int)FW_MIN(left, (int64_t)1000)) < 0 && errno != EINTR)
			return error_errno(err, ERR_INTERNAL, "waiting for the database");
		if (fd.revents != 0 && PQconsumeInput(db->conn) == 0)
			return db_error_lost(db, what, err);
	}
	return 0;
}

static int
db_send(struct db *db, struct db_item *items, size_t count, struct error *err)
{
	static const struct db_params nothing = {.count = 0};
	PGconn *conn = db->conn;
	if (PQenterPipelineMode(conn) == 0)
		return db_error_lost(db, "entering a pipeline", err);
	for (size_t i = 0; i < count; i++) {
		const struct db_stmt *stmt = items[i].stmt;
		const struct db_params *p = items[i].params == NULL ? &nothing : items[i].params;
		int sent = 1;
		assert(p->count == stmt->nparams);
		if (db->options.unprepared) {
			sent = PQsendQueryParams(conn, stmt->sql, p->count, NULL, p->values, p->lengths, p->formats, 0);
		} else {
			items[i].prepare = !db_is_prepared(db, stmt);
			if (items[i].prepare)
				sent = PQsendPrepare(conn, stmt->name, stmt->sql, 0, NULL);
			if (sent == 1)
				sent = PQsendQueryPrepared(
				    conn, stmt->name, p->count, p->values, p->lengths, p->formats, 0);
		}
		if (sent != 1)
			return db_error_lost(db, stmt->name, err);
	}
	if (PQpipelineSync(conn) != 1)
		return db_error_lost(db, "sending", err);
	return 0;
}

/* The next result of a pipeline, with the NULL that ends it consumed. NULL: the connection is lost. */
static PGresult *
db_next_result(struct db *db, int64_t deadline_ms, const char *what, struct error *err)
{
	if (db_wait(db, deadline_ms, what, err) < 0)
		return NULL;
	PGresult *res = PQgetResult(db->conn);
	if (res == NULL || PQstatus(db->conn) != CONNECTION_OK) {
		PQclear(res);
		(void)db_error_lost(db, what, err);
		return NULL;
	}
	if (PQresultStatus(res) == PGRES_PIPELINE_SYNC)
		return res;
	if (db_wait(db, deadline_ms, what, err) < 0) {
		PQclear(res);
		return NULL;
	}
	PQclear(PQgetResult(db->conn));
	return res;
}

static bool
db_result_good(const PGresult *res)
{
	const ExecStatusType status = PQresultStatus(res);
	return status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
}

/* One pipeline. The last item's result, or NULL; after a server's error the connection is usable again. */
static PGresult *
db_round(struct db *db, struct db_item *items, size_t count, struct error *err)
{
	const int64_t deadline_ms = clock_boot_ms(NULL) + db->options.timeout_s * (int64_t)1000 + DB_GRACE_MS;
	if (db_send(db, items, count, err) < 0)
		return NULL;
	PGresult *last = NULL;
	bool failed = false;
	for (size_t i = 0; i < count; i++) {
		for (int part = items[i].prepare ? 0 : 1; part < 2; part++) {
			PGresult *res = db_next_result(db, deadline_ms, items[i].stmt->name, err);
			if (res == NULL) {
				PQclear(last);
				return NULL;
			}
			const bool good = db_result_good(res);
			if (good && part == 0)
				db_set_prepared(db, items[i].stmt);
			if (!good && !failed) {
				failed = true;
				(void)db_error_result(res, items[i].stmt->name, err);
			}
			if (good && part == 1 && i == count - 1)
				last = res;
			else
				PQclear(res);
		}
	}
	PGresult *sync = db_next_result(db, deadline_ms, "sync", err);
	if (sync == NULL) {
		PQclear(last);
		return NULL;
	}
	PQclear(sync);
	if (PQexitPipelineMode(db->conn) == 0)
		db->broken = true;
	return last;
}

/* Statements that the server forgot (a pooler's "discard all") or whose tables changed under them are prepared anew,
 * once. */
static bool
db_prepared_stale(const struct db *db, const struct error *err)
{
	return !db->in_transaction && !db->broken &&
	       (strcmp(err->sqlstate, "26000") == 0 || strcmp(err->sqlstate, "0A000") == 0);
}

static void
db_reprepare(struct db *db)
{
	PQclear(PQexec(db->conn, "deallocate all"));
	db_forget_prepared(db);
}

/* The statement that says who asks, with its parameters. */
struct db_identity {
	char caller[16], epoch[16];
	struct db_params params;
};

static struct db_item
db_identify(const struct db *db, struct db_identity *identity)
{
	const bool token = db->caller_epoch >= 0;
	snprintf(identity->caller, sizeof(identity->caller), "%d", db->caller);
	snprintf(identity->epoch, sizeof(identity->epoch), "%d", db->caller_epoch);
	const struct db_value values[] = {DB_TEXT(identity->caller), DB_TEXT(identity->epoch)};
	db_params_init(&identity->params, values, token ? 2 : 1);
	return (struct db_item){.stmt = token ? &db_caller_token_stmt : &db_caller_stmt, .params = &identity->params};
}

static PGresult *
db_query(struct db *db, const struct db_stmt *stmt, const struct db_params *params, struct error *err)
{
	struct db_identity identity;
	struct error local = {0};
	struct error *e = err == NULL ? &local : err;
	for (int attempt = 0;; attempt++) {
		if (db_ready(db, e) < 0)
			return NULL;
		struct db_item items[DB_ITEMS_MAX] = {{0}};
		size_t count = 0;
		if (db->caller > 0 && !db->in_transaction)
			items[count++] = db_identify(db, &identity);
		items[count++] = (struct db_item){.stmt = stmt, .params = params};
		if (FAULT("db_statement"))
			db->broken = true;
		PGresult *res = db_round(db, items, count, e);
		if (res != NULL || attempt > 0 || !db_prepared_stale(db, e))
			return res;
		db_reprepare(db);
		error_clear(e);
	}
}

static int
db_check_shape(const PGresult *res, const struct db_stmt *stmt, enum db_shape shape, struct error *err)
{
	const int rows = PQntuples(res);
	if (shape == DB_ONE && rows == 0)
		return error_set(err, ERR_NOT_FOUND, "'%s' found nothing", stmt->name);
	if (shape == DB_NONE ? rows > 0 : shape != DB_MANY && rows > 1)
		return error_set(err, ERR_INTERNAL, "'%s' gave %d rows", stmt->name, rows);
	return 0;
}

int
db_run(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, enum db_shape shape,
    struct db_result *ret_res, struct error *err)
{
	struct db_params params;
	db_params_init(&params, args, nargs);
	PGresult *res = db_query(db, stmt, &params, err);
	db_params_done(&params);
	if (res == NULL)
		return error_fail();
	if (db_check_shape(res, stmt, shape, err) < 0) {
		PQclear(res);
		return -1;
	}
	if (ret_res == NULL) {
		PQclear(res);
		return 0;
	}
	db_result_done(ret_res);
	ret_res->handle = res;
	ret_res->name = stmt->name;
	ret_res->count = PQntuples(res);
	ret_res->affected = (int)strtol(PQcmdTuples(res), NULL, 10);
	return 0;
}

int
db_exec(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, int *ret_affected,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, stmt, args, nargs, DB_MANY, &res, err) < 0)
		return -1;
	if (ret_affected != NULL)
		*ret_affected = res.affected;
	return 0;
}

/* A few milliseconds, longer with each try and never the same for two rivals. */
static void
db_conflict_pause(int attempt)
{
	const long us = (long)(id_u64() % (uint64_t)(4000 << attempt));
	nanosleep(&(struct timespec){.tv_nsec = us * 1000}, NULL);
}

int
db_run_again(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, enum db_shape shape,
    struct db_result *ret_res, struct error *err)
{
	struct error local = {0};
	struct error *e = err == NULL ? &local : err;
	for (int attempt = 1;; attempt++) {
		if (db_run(db, stmt, args, nargs, shape, ret_res, e) == 0)
			return 0;
		if (attempt >= DB_CONFLICT_TRIES || db->in_transaction || !db_error_is_conflict(e))
			return -1;
		db_conflict_pause(attempt);
		error_clear(e);
	}
}

int
db_script(struct db *db, const char *what, const char *sql, struct error *err)
{
	if (db_ready(db, err) < 0)
		return -1;
	PGresult *res = PQexec(db->conn, sql);
	int result = 0;
	if (PQstatus(db->conn) != CONNECTION_OK)
		result = db_error_lost(db, what, err);
	else if (!db_result_good(res) && PQresultStatus(res) != PGRES_EMPTY_QUERY)
		result = db_error_result(res, what, err);
	PQclear(res);
	return result;
}

void
db_caller(struct db *db, int user_id)
{
	db_caller_token(db, user_id, -1);
}

void
db_caller_token(struct db *db, int user_id, int epoch)
{
	assert(!db->in_transaction);
	db->caller = user_id > 0 ? user_id : 0;
	db->caller_epoch = epoch;
}

int
db_caller_id(const struct db *db)
{
	return db->caller;
}

bool
db_in_transaction(const struct db *db)
{
	return db->in_transaction;
}

static void
db_rollback(struct db *db)
{
	db->in_transaction = false;
	db_hints_drop(db);
	if (db->conn == NULL || db->broken)
		return;
	struct db_item item = {.stmt = &db_rollback_stmt};
	PGresult *res = db_round(db, &item, 1, NULL);
	if (res == NULL)
		db->broken = true;
	PQclear(res);
}

static int
db_begin(struct db *db, struct error *err)
{
	struct db_identity identity;
	if (db_ready(db, err) < 0)
		return -1;
	struct db_item items[DB_ITEMS_MAX] = {{.stmt = &db_begin_stmt}};
	size_t count = 1;
	if (db->caller > 0)
		items[count++] = db_identify(db, &identity);
	PGresult *res = db_round(db, items, count, err);
	if (res == NULL) {
		/* The begin may have worked when the caller was refused. */
		if (!db->broken)
			db_rollback(db);
		return error_fail();
	}
	PQclear(res);
	db->in_transaction = true;
	return 0;
}

static int
db_commit(struct db *db, struct error *err)
{
	struct db_item item = {.stmt = &db_commit_stmt};
	struct error local = {0};
	struct error *e = err == NULL ? &local : err;
	PGresult *res = NULL;
	if (db_ready(db, e) == 0)
		res = db_round(db, &item, 1, e);
	db->in_transaction = false;
	if (res == NULL) {
		db_hints_drop(db);
		if (!db->broken)
			return error_fail();
		return error_set(err, ERR_UNKNOWN_OUTCOME, "the connection was lost while committing");
	}
	/* A transaction that failed inside answers a commit with a rollback. */
	const bool committed = strcmp(PQcmdStatus(res), "COMMIT") == 0;
	PQclear(res);
	if (!committed) {
		db_hints_drop(db);
		return error_set(err, ERR_INTERNAL, "the transaction was rolled back by an earlier error");
	}
	db_hints_flush(db);
	return 0;
}

int
db_transaction(struct db *db, int (*run)(struct db *db, void *arg, struct error *err), void *arg, struct error *err)
{
	struct error local = {0};
	struct error *e = err == NULL ? &local : err;
	assert(!db->in_transaction);
	for (int attempt = 1;; attempt++) {
		if (db_begin(db, e) < 0)
			return -1;
		int result = run(db, arg, e);
		if (result < 0)
			db_rollback(db);
		else
			result = db_commit(db, e);
		if (result == 0)
			return 0;
		if (attempt >= DB_CONFLICT_TRIES || !db_error_is_conflict(e))
			return -1;
		db_conflict_pause(attempt);
		error_clear(e);
	}
}

int
db_ping(struct db *db, struct error *err)
{
	return db_exec(db, &db_ping_stmt, DB_NO_ARGS, NULL, err);
}
