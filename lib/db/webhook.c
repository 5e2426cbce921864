#include "lib/db/webhook.h"

#include "lib/db/noun_priv.h"

#define COLUMNS "id, project_id, url, types, enabled, disabled_reason, created_at"

/* url, project, types, secret */
static const struct db_stmt create_stmt = {
    "webhook_create", "select " COLUMNS " from webhook_create($1, $2, $3, $4)", 4};
static const struct db_stmt list_stmt = {"webhook_list", "select " COLUMNS " from webhook_list()", 0};
static const struct db_stmt delete_stmt = {"webhook_delete", "select webhook_delete($1)", 1};
static const struct db_stmt rotate_stmt = {"webhook_rotate", "select " COLUMNS " from webhook_rotate($1, $2)", 2};
static const struct db_stmt enable_stmt = {"webhook_enable", "select " COLUMNS " from webhook_enable($1, $2)", 2};
/* webhook, before which delivery, how many */
static const struct db_stmt deliveries_stmt = {"webhook_deliveries",
    "select id, message_id, type, state, attempt, status, error, replay_of, next_at, created_at, ended_at"
    " from webhook_deliveries($1, $2, $3)",
    3};
static const struct db_stmt replay_stmt = {"webhook_replay", "select webhook_replay($1, $2)", 2};
static const struct db_stmt ping_stmt = {"webhook_ping", "select webhook_ping($1)", 1};
/* endpoint, how many */
static const struct db_stmt claim_stmt = {"webhook_claim",
    "select id, created_at, message_id, url, content, secret, old_secret, attempt from webhook_claim($1, $2)", 2};
/* delivery, its day, attempt, status, error, seconds asked for */
static const struct db_stmt result_stmt = {"webhook_result", "select webhook_result($1, $2, $3, $4, $5, $6)", 6};

static void
webhook_read(struct db_row *row, struct arena *arena, struct webhook *webhook)
{
	webhook->id = db_get_text(row, arena);
	webhook->project_id = db_get_text_or(row, arena, NULL);
	webhook->url = db_get_text(row, arena);
	webhook->types = db_get_texts(row, arena, &webhook->type_count);
	webhook->enabled = db_get_bool(row);
	webhook->disabled_reason = db_get_text_or(row, arena, NULL);
	webhook->created_us = db_get_time(row);
}

/* Statements that answer with one endpoint. */
static int
one(struct db *db, struct arena *arena, const struct db_stmt *stmt, const struct db_value *args, size_t nargs,
    struct webhook **ret_webhook, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct webhook *webhook = ARENA_NEW(arena, struct webhook);

	if (webhook == NULL)
		return arena_error(arena, err);
	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return -1;
	struct db_row row = db_row(&res, 0);
	webhook_read(&row, arena, webhook);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_webhook = webhook;
	return 0;
}

int
webhook_create(
    struct db *db, struct arena *arena, const struct webhook_new *what, struct webhook **ret_webhook, struct error *err)
{
	return one(db, arena, &create_stmt,
	    DB_ARGS(DB_TEXT(what->url), DB_TEXT(what->project_id), DB_TEXTS(what->types, what->type_count),
		DB_BYTES(what->secret, WEBHOOK_SECRET_BYTES)),
	    ret_webhook, err);
}

int
webhook_list(struct db *db, struct arena *arena, struct webhook **ret_webhooks, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &list_stmt, DB_NO_ARGS, DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing webhooks");
	struct webhook *webhooks = ARENA_ARRAY(arena, (size_t)res.count + 1, struct webhook);
	if (webhooks == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		webhook_read(&row, arena, &webhooks[i]);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_webhooks = webhooks;
	*ret_count = (size_t)res.count;
	return 0;
}

int
webhook_delete(struct db *db, const char *id, struct error *err)
{
	return noun_do(db, &delete_stmt, DB_ARGS(DB_TEXT(id)), err);
}

int
webhook_rotate(struct db *db, struct arena *arena, const char *id, const unsigned char *secret,
    struct webhook **ret_webhook, struct error *err)
{
	return one(
	    db, arena, &rotate_stmt, DB_ARGS(DB_TEXT(id), DB_BYTES(secret, WEBHOOK_SECRET_BYTES)), ret_webhook, err);
}

int
webhook_enable(
    struct db *db, struct arena *arena, const char *id, bool enabled, struct webhook **ret_webhook, struct error *err)
{
	return one(db, arena, &enable_stmt, DB_ARGS(DB_TEXT(id), DB_BOOL(enabled)), ret_webhook, err);
}

static void
delivery_read(struct db_row *row, struct arena *arena, struct webhook_delivery *delivery)
{
	delivery->id = db_get_int(row);
	delivery->message_id = db_get_text(row, arena);
	delivery->type = db_get_text(row, arena);
	delivery->state = db_get_text(row, arena);
	delivery->attempt = (int)db_get_int(row);
	delivery->status = (int)db_get_int_or(row, 0);
	delivery->error = db_get_text_or(row, arena, NULL);
	delivery->replay_of = db_get_int_or(row, 0);
	delivery->next_us = db_get_time(row);
	delivery->created_us = db_get_time(row);
	delivery->ended_us = db_get_time(row);
}

int
webhook_deliveries(struct db *db, struct arena *arena, const char *id, int64_t before, int limit,
    struct webhook_delivery **ret_deliveries, size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &deliveries_stmt, DB_ARGS(DB_TEXT(id), before == 0 ? DB_NULL : DB_INT(before), DB_INT(limit)),
		DB_MANY, &res, err) < 0)
		return -1;
	struct webhook_delivery *deliveries = ARENA_ARRAY(arena, (size_t)res.count + 1, struct webhook_delivery);
	if (deliveries == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		delivery_read(&row, arena, &deliveries[i]);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_deliveries = deliveries;
	*ret_count = (size_t)res.count;
	return 0;
}

/* Statements that answer with a number. */
static int
number(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, int64_t *ret_number,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return -1;
	struct db_row row = db_row(&res, 0);
	*ret_number = db_get_int(&row);
	return db_row_end(&row, err);
}

int
webhook_replay(struct db *db, const char *id, int64_t delivery, int64_t *ret_delivery, struct error *err)
{
	if (number(db, &replay_stmt, DB_ARGS(DB_TEXT(id), DB_INT(delivery)), ret_delivery, err) < 0)
		return -1;
	db_hint_jobs(db);
	return 0;
}

int
webhook_ping(struct db *db, const char *id, int64_t *ret_delivery, struct error *err)
{
	if (number(db, &ping_stmt, DB_ARGS(DB_TEXT(id)), ret_delivery, err) < 0)
		return -1;
	db_hint_jobs(db);
	return 0;
}

int
webhook_claim(struct db *db, struct arena *arena, int64_t endpoint, int max, struct webhook_message **ret_messages,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &claim_stmt, DB_ARGS(DB_INT(endpoint), DB_INT(max)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "taking messages");
	struct webhook_message *messages = ARENA_ARRAY(arena, (size_t)res.count + 1, struct webhook_message);
	if (messages == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		struct webhook_message *message = &messages[i];

		message->id = db_get_int(&row);
		message->created_us = db_get_time(&row);
		message->message_id = db_get_text(&row, arena);
		message->url = db_get_text(&row, arena);
		message->content = db_get_text(&row, arena);
		message->secret = db_get_bytes(&row, arena, &message->secret_len);
		message->old_secret = db_get_bytes(&row, arena, &message->old_secret_len);
		message->attempt = (int)db_get_int(&row);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_messages = messages;
	*ret_count = (size_t)res.count;
	return 0;
}

int
webhook_result(struct db *db, struct arena *arena, const struct webhook_message *message,
    const struct webhook_outcome *outcome, const char **ret_state, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run_again(db, &result_stmt,
		DB_ARGS(DB_INT(message->id), DB_TIME(message->created_us), DB_INT(message->attempt),
		    outcome->status == 0 ? DB_NULL : DB_INT(outcome->status), DB_TEXT(outcome->error),
		    DB_INT(outcome->retry_after_s)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "noting delivery %lld", (long long)message->id);
	struct db_row row = db_row(&res, 0);
	const char *state = db_get_text(&row, arena);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (ret_state != NULL)
		*ret_state = state;
	return 0;
}

const struct db_stmt_row webhook_statements[] = {
    {&create_stmt, "a"},
    {&list_stmt, "a"},
    {&delete_stmt, "a"},
    {&rotate_stmt, "a"},
    {&enable_stmt, "a"},
    {&deliveries_stmt, "a"},
    {&replay_stmt, "a"},
    {&ping_stmt, "a"},
    {&claim_stmt, "r"},
    {&result_stmt, "r"},
    {NULL, NULL},
};
