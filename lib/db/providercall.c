/*
 * Paid calls; the rules are in sql/functions/paid.sql.
 */
#include <string.h>

#include "lib/base/fault.h"
#include "lib/base/text.h"
#include "lib/db/db_priv.h"
#include "lib/db/providercall.h"

#define PROVIDERCALL_COLUMNS(c) \
	c "id, " c "state, " c "client_ref, " c "request_id, " c "model, " c "provider, " c "estimate_micros, " c \
	  "sending_at, coalesce(" c "state in ('uncertain', 'accepted') and coalesce(" c "doubt_until, case " c \
	  "state when 'accepted' then provider_doubt_until(" c "provider, " c "accepted_at) + interval '1 hour' else " \
	  "provider_doubt_until(" c "provider, " c "sending_at) end) <= clock_timestamp(), false), " \
	  "greatest(0, coalesce(extract(epoch from clock_timestamp() - " c "sending_at), 0))::bigint"

static const struct db_stmt open_stmt = {"providercall_open",
    "select " PROVIDERCALL_COLUMNS("(c.ret_call).") ", c.ret_fresh"
						    " from provider_call_open($1, $2, $3, $4, $5, $6, $7, $8, $9) c",
    9};
static const struct db_stmt live_stmt = {"providercall_live",
    "select " PROVIDERCALL_COLUMNS(
	"") ", false, answer from provider_call"
	    " where job_id = $1 and step = $2 and state in ('intent', 'sending', 'accepted', 'uncertain')",
    2};
static const struct db_stmt sending_stmt = {"providercall_sending", "select provider_call_sending($1, $2)", 2};
static const struct db_stmt accepted_stmt = {
    "providercall_accepted", "select provider_call_accepted($1, $2, $3::jsonb)", 3};
static const struct db_stmt rejected_stmt = {
    "providercall_rejected", "select provider_call_rejected($1, $2, $3, $4)", 4};
static const struct db_stmt void_stmt = {"providercall_void", "select provider_call_void($1, $2)", 2};
static const struct db_stmt unit_price_stmt = {
    "providercall_unit_price", "select micros from price where model = $1", 1};
static const struct db_stmt known_stmt = {
    "providercall_known", "select exists (select from provider_call where provider = $1 and request_id = $2)", 2};
static const struct db_stmt uncertain_stmt = {
    "providercall_uncertain", "select provider_call_uncertain($1, $2::jsonb)", 2};
static const struct db_stmt settle_stmt = {"providercall_settle", "select provider_call_settle($1, $2, $3, $4)", 4};
static const struct db_stmt webhook_stmt = {
    "providercall_webhook", "select ret_found, ret_woke from provider_call_webhook($1, $2)", 2};

const struct db_stmt_row providercall_statements[] = {
    {&open_stmt, "r"},
    {&live_stmt, "rc"},
    {&sending_stmt, "r"},
    {&accepted_stmt, "rc"},
    {&rejected_stmt, "r"},
    {&void_stmt, "r"},
    {&uncertain_stmt, "r"},
    {&settle_stmt, "rc"},
    {&unit_price_stmt, "r"},
    {&known_stmt, "r"},
    {&webhook_stmt, "ar"},
    {NULL, NULL},
};

static const char *const states[PROVIDERCALL_STATE__COUNT] = {
    "intent", "sending", "accepted", "rejected", "void", "uncertain", "done"};

static int
providercall_read(const struct db_result *res, struct arena *arena, struct providercall *call, struct error *err)
{
	char state[16];
	struct db_row row = db_row(res, 0);
	memset(call, 0, sizeof(*call));
	call->id = db_get_int(&row);
	db_get_chars(&row, state, sizeof(state));
	while (call->state < PROVIDERCALL_DONE && strcmp(states[call->state], state) != 0)
		call->state++;
	db_get_chars(&row, call->client_ref, sizeof(call->client_ref));
	db_get_chars(&row, call->request_id, sizeof(call->request_id));
	db_get_chars(&row, call->model, sizeof(call->model));
	db_get_chars(&row, call->provider, sizeof(call->provider));
	call->estimate_micros = db_get_int(&row);
	call->sending_at = db_get_time(&row);
	call->overdue = db_get_bool(&row);
	call->age_s = db_get_int(&row);
	call->fresh = db_get_bool(&row);
	if (arena != NULL)
		call->answer = db_get_text_or(&row, arena, NULL);
	return db_row_end(&row, err);
}

int
providercall_open(struct db *db, const struct providercall_new *call, struct providercall *ret_call, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (FAULT("before_intent"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (db_run_again(db, &open_stmt,
		DB_ARGS(DB_INT(call->job), DB_INT(call->lease), DB_TEXT(call->step), DB_TEXT(call->agent),
		    DB_TEXT(call->provider), DB_TEXT(call->model),
		    call->request_hash == NULL ? DB_NULL : DB_BYTES(call->request_hash, 32),
		    call->estimate_micros < 0 ? DB_NULL : DB_INT(call->estimate_micros), DB_BOOL(call->simulated)),
		DB_ONE, &res, err) < 0) {
		int64_t wait_s;

		if (error_has_code(err, "cost_rate") && text_int(err->hint, 1, INT32_MAX, &wait_s) == 0)
			error_retry_after(err, (int)wait_s);
		return error_wrap(err, "opening a call to '%s'", call->provider);
	}
	if (FAULT("after_intent"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return providercall_read(&res, NULL, ret_call, err);
}

int
providercall_live(
    struct db *db, struct arena *arena, int64_t job, const char *step, struct providercall *ret_call, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &live_stmt, DB_ARGS(DB_INT(job), DB_TEXT(step)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "the live call '%s'", step);
	return providercall_read(&res, arena, ret_call, err);
}

int
providercall_sending(struct db *db, int64_t call, int64_t lease, struct error *err)
{
	if (FAULT("before_sending"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (db_run_again(db, &sending_stmt, DB_ARGS(DB_INT(call), DB_INT(lease)), DB_ONE, NULL, err) < 0)
		return error_wrap(err, "before sending");
	if (FAULT("after_sending"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return 0;
}

/* Statements that answer whether they changed something; not to have done so is news for the log only. */
static int
providercall_change(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs,
    bool *ret_changed, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run_again(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return error_wrap(err, "provider call");
	struct db_row row = db_row(&res, 0);
	*ret_changed = db_get_bool(&row);
	return db_row_end(&row, err);
}

int
providercall_accepted(struct db *db, int64_t call, const char *request_id, const char *answer, struct error *err)
{
	bool known = false;
	if (FAULT("before_accepted"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (providercall_change(
		db, &accepted_stmt, DB_ARGS(DB_INT(call), DB_TEXT(request_id), DB_TEXT(answer)), &known, err) < 0)
		return -1;
	if (FAULT("after_accepted"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (!known)
		return error_code(err, ERR_CONFLICT, "not_sent", "The call was not being sent.");
	db_hint_jobs(db);
	return 0;
}

int
providercall_rejected(
    struct db *db, int64_t call, int64_t charged_micros, int64_t duration_ms, const char *error, struct error *err)
{
	bool changed = false;
	return providercall_change(db, &rejected_stmt,
	    DB_ARGS(DB_INT(call), DB_INT(charged_micros), DB_INT(duration_ms), DB_TEXT(error)), &changed, err);
}

int
providercall_void(struct db *db, int64_t call, int64_t lease, struct error *err)
{
	bool changed = false;
	if (providercall_change(db, &void_stmt, DB_ARGS(DB_INT(call), DB_INT(lease)), &changed, err) < 0)
		return -1;
	return changed ? 0 : error_code(err, ERR_CONFLICT, "already_sent", "The call may have been sent.");
}

int
providercall_uncertain(struct db *db, int64_t call, const char *error, struct error *err)
{
	bool changed = false;
	return providercall_change(db, &uncertain_stmt, DB_ARGS(DB_INT(call), DB_TEXT(error)), &changed, err);
}

int
providercall_settle(
    struct db *db, int64_t call, int64_t price_micros, int64_t duration_ms, const char *error, struct error *err)
{
	bool changed = false;
	return providercall_change(db, &settle_stmt,
	    DB_ARGS(
		DB_INT(call), price_micros < 0 ? DB_NULL : DB_INT(price_micros), DB_INT(duration_ms), DB_TEXT(error)),
	    &changed, err);
}

int
providercall_unit_price(struct db *db, const char *model, int64_t *ret_micros, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &unit_price_stmt, DB_ARGS(DB_TEXT(model)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "the price of '%s'", model);
	struct db_row row = db_row(&res, 0);
	*ret_micros = db_get_int(&row);
	return db_row_end(&row, err);
}

int
providercall_known(struct db *db, const char *provider, const char *request_id, bool *ret_known, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	if (db_run(db, &known_stmt, DB_ARGS(DB_TEXT(provider), DB_TEXT(request_id)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "looking for request '%s'", request_id);
	struct db_row row = db_row(&res, 0);
	*ret_known = db_get_bool(&row);
	return db_row_end(&row, err);
}

int
providercall_webhook(struct db *db, const char *client_ref, const char *request_id, bool *ret_found, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	*ret_found = false;
	if (!id_is_uuid(client_ref))
		return 0;
	if (db_run_again(db, &webhook_stmt, DB_ARGS(DB_TEXT(client_ref), DB_TEXT(request_id)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "webhook");
	struct db_row row = db_row(&res, 0);
	*ret_found = db_get_bool(&row);
	const bool woke = db_get_bool(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (woke)
		db_hint_jobs(db);
	return 0;
}
