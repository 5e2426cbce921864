/*
 * What the noun files of lib/db share: statements, parameters, rows. Not for anybody else.
 *
 *     static const struct db_stmt job_load_stmt = {"job_load",
 *         "select id, kind, state, created_at from job where public_id = $1", 1};
 *
 *     CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
 *     if (db_run(db, &job_load_stmt, DB_ARGS(DB_TEXT(public_id)), DB_AT_MOST_ONE, &res, err) < 0)
 *             return error_wrap(err, "loading job '%s'", public_id);
 *     if (res.count == 0)
 *             return error_code(err, ERR_NOT_FOUND, "job_not_found", "There is no such job.");
 *     struct db_row row = db_row(&res, 0);
 *     job->id = db_get_int(&row);
 *     job->kind = db_get_text(&row, arena);
 *     ...
 *     return db_row_end(&row, err);
 *
 * The readers go through the columns in the order of the select list; the first thing that does not fit is remembered
 * and reported by db_row_end(). Statements run with search_path framewright.
 */
#ifndef FW_DB_DB_PRIV_H
#define FW_DB_DB_PRIV_H

#include "lib/base/clock.h"
#include "lib/db/db.h"

/* Static: the address is the identity. `name` is unique in lib/db and becomes the name of the prepared statement. */
struct db_stmt {
	const char *name;
	const char *sql;
	int nparams;
};

enum db_type {
	DB_TYPE_NULL,
	DB_TYPE_INT,
	DB_TYPE_REAL,
	DB_TYPE_BOOL,
	DB_TYPE_TEXT,
	DB_TYPE_BYTES,
	DB_TYPE_TIME,
	DB_TYPE_INTS,
	DB_TYPE_REALS,
	DB_TYPE_TEXTS
};

struct db_value {
	enum db_type type;
	int64_t num;	 /* also the length of bytes and arrays */
	double real;	 /* DB_TYPE_REAL */
	const void *ptr; /* borrowed until db_run() returns */
};

#define DB_NULL ((struct db_value){.type = DB_TYPE_NULL})
#define DB_INT(n) ((struct db_value){.type = DB_TYPE_INT, .num = (int64_t)(n)})
#define DB_REAL(d) ((struct db_value){.type = DB_TYPE_REAL, .real = (d)})
#define DB_BOOL(b) ((struct db_value){.type = DB_TYPE_BOOL, .num = (b)})
/* NULL becomes null; also for uuid, jsonb, inet, interval and whatever else has a text form */
#define DB_TEXT(s) ((struct db_value){.type = DB_TYPE_TEXT, .ptr = (s)})
#define DB_BYTES(p, n) ((struct db_value){.type = DB_TYPE_BYTES, .ptr = (p), .num = (int64_t)(n)})
/* microseconds since 1970; CLOCK_NONE becomes null */
#define DB_TIME(us) ((struct db_value){.type = DB_TYPE_TIME, .num = (us)})
/* arrays: const int64_t *, const double *, const char *const * (NULL items become null); n = 0 gives an empty array */
#define DB_INTS(p, n) ((struct db_value){.type = DB_TYPE_INTS, .ptr = (p), .num = (int64_t)(n)})
#define DB_REALS(p, n) ((struct db_value){.type = DB_TYPE_REALS, .ptr = (p), .num = (int64_t)(n)})
#define DB_TEXTS(p, n) ((struct db_value){.type = DB_TYPE_TEXTS, .ptr = (p), .num = (int64_t)(n)})

#define DB_PARAMS_MAX 32
#define DB_NO_ARGS NULL, 0
#define DB_ARGS(...) ((const struct db_value[]){__VA_ARGS__}), ARRAY_LEN(((const struct db_value[]){__VA_ARGS__}))

/* The shape a statement is expected to answer in. Any other is an error: no row where one is due is ERR_NOT_FOUND, the
 * rest ERR_INTERNAL. */
enum db_shape { DB_NONE, DB_ONE, DB_AT_MOST_ONE, DB_MANY };

struct db_result {
	void *handle; /* PGresult */
	const char *name;
	int count;    /* rows */
	int affected; /* rows changed by insert, update, delete */
};
#define DB_RESULT_INIT \
	{ \
		.handle = NULL \
	}
/* Accepts an empty one. */
void db_result_done(struct db_result *res);

/* Sends one statement (with the caller's identity) and waits for its answer. ret_res may be NULL with DB_NONE; it is
 * the caller's to end, also after a failure. */
int db_run(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, enum db_shape shape,
    struct db_result *ret_res, struct error *err) MUST_CHECK;
/* The same without rows to look at: how many were changed. ret_affected may be NULL. */
int db_exec(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, int *ret_affected,
    struct error *err) MUST_CHECK;
/* Like db_run, and run again (up to four times) when it lost a conflict with others; for single statements outside of
 * transactions. */
int db_run_again(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs,
    enum db_shape shape, struct db_result *ret_res, struct error *err) MUST_CHECK;
/* SQL text of several statements without parameters: files of sql/ only. */
int db_script(struct db *db, const char *what, const char *sql, struct error *err) MUST_CHECK;
bool db_in_transaction(const struct db *db);
/* The current caller, 0 for nobody. */
int db_caller_id(const struct db *db);

/* ---- rows ---- */

struct db_row {
	const struct db_result *res;
	int row;
	int column;
	const char *wrong; /* the first thing that did not fit */
	int wrong_column;
};
struct db_row db_row(const struct db_result *res, int row);
/* Of the next column, without moving. */
bool db_is_null(const struct db_row *row);
/* Null is an error for the plain readers; the _or ones take a fallback. Texts are copies in the arena. */
int64_t db_get_int(struct db_row *row);
int64_t db_get_int_or(struct db_row *row, int64_t fallback);
double db_get_real(struct db_row *row);
double db_get_real_or(struct db_row *row, double fallback);
bool db_get_bool(struct db_row *row);
const char *db_get_text(struct db_row *row, struct arena *arena);
const char *db_get_text_or(struct db_row *row, struct arena *arena, const char *fallback);
/* Into the caller's array; too long is an error. Null becomes "". */
void db_get_chars(struct db_row *row, char *text, size_t size);
/* timestamptz in microseconds since 1970; null becomes CLOCK_NONE. */
int64_t db_get_time(struct db_row *row);
/* bytea; null becomes NULL and 0. */
const void *db_get_bytes(struct db_row *row, struct arena *arena, size_t *ret_len);
/* text[] (also uuid[] and the like); null becomes an empty list. NULL items are not accepted. */
const char *const *db_get_texts(struct db_row *row, struct arena *arena, size_t *ret_count);
void db_skip(struct db_row *row);
/* 0 when every column was read and fitted and the arena held out. */
int db_row_end(const struct db_row *row, struct error *err) MUST_CHECK;

/* ---- hints ---- sent after the commit, dropped by a rollback */

void db_hint_jobs(struct db *db);
void db_hint_event(struct db *db, const char *project_id, int64_t seq);
void db_hint_cancel(struct db *db, int64_t job_id);

/* Each file lists its statements with the roles that use them (letters: a api, r renderd, e eventd, c ctl), so that a
 * test can prepare every statement under its role. A list ends with a row of NULLs. */
struct db_stmt_row {
	const struct db_stmt *stmt;
	const char *roles;
};
extern const struct db_stmt_row event_statements[];
extern const struct db_stmt_row job_statements[];
extern const struct db_stmt_row job_attention_statements[];
extern const struct db_stmt_row job_view_statements[];
extern const struct db_stmt_row jobwait_statements[];
extern const struct db_stmt_row ledger_statements[];
extern const struct db_stmt_row migrate_statements[];
extern const struct db_stmt_row provider_statements[];
extern const struct db_stmt_row providercall_statements[];
extern const struct db_stmt_row worker_statements[];

#endif
