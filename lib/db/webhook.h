/*
 * Webhooks out: endpoints that users name, the log of what was sent there, and what the sender takes from the outbox.
 *
 * Messages are written by the statement that writes the event (webhook_enqueue in sql/functions/webhook.sql).
 * Everything returned lives in the arena.
 */
#ifndef FW_DB_WEBHOOK_H
#define FW_DB_WEBHOOK_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/db.h"

#define WEBHOOK_SECRET_BYTES 32
#define WEBHOOK_TYPES_MAX 32

struct webhook {
	const char *id;		/* UUID */
	const char *project_id; /* NULL: of all projects of the owner */
	const char *url;
	const char *const *types; /* NULL-terminated; none: all */
	size_t type_count;
	bool enabled;
	const char *disabled_reason; /* owner, gone, unreachable; NULL while enabled */
	int64_t created_us;
};

struct webhook_delivery {
	int64_t id;
	const char *message_id, *type;
	const char *state; /* waiting, sent, failed */
	int attempt;
	int status;	   /* 0: never answered */
	const char *error; /* NULL: none */
	int64_t replay_of; /* 0: an event's own */
	int64_t next_us;   /* CLOCK_NONE unless waiting */
	int64_t created_us, ended_us;
};

struct webhook_new {
	const char *url;
	const char *project_id; /* NULL: all */
	const char *const *types;
	size_t type_count;
	const unsigned char *secret; /* WEBHOOK_SECRET_BYTES */
};

/* For the connection's caller. The refusals are the database's: not_found, forbidden, too_many_webhooks. */
int webhook_create(struct db *db, struct arena *arena, const struct webhook_new *what, struct webhook **ret_webhook,
    struct error *err) MUST_CHECK;
int webhook_list(
    struct db *db, struct arena *arena, struct webhook **ret_webhooks, size_t *ret_count, struct error *err) MUST_CHECK;
int webhook_delete(struct db *db, const char *id, struct error *err) MUST_CHECK;
int webhook_rotate(struct db *db, struct arena *arena, const char *id, const unsigned char *secret,
    struct webhook **ret_webhook, struct error *err) MUST_CHECK;
int webhook_enable(struct db *db, struct arena *arena, const char *id, bool enabled, struct webhook **ret_webhook,
    struct error *err) MUST_CHECK;
/* Newest first; before 0: from the start. */
int webhook_deliveries(struct db *db, struct arena *arena, const char *id, int64_t before, int limit,
    struct webhook_delivery **ret_deliveries, size_t *ret_count, struct error *err) MUST_CHECK;
/* The new delivery's id. ERR_CONFLICT "webhook_disabled". */
int webhook_replay(
    struct db *db, const char *id, int64_t delivery, int64_t *ret_delivery, struct error *err) MUST_CHECK;
int webhook_ping(struct db *db, const char *id, int64_t *ret_delivery, struct error *err) MUST_CHECK;

/* ---- the sender's side ---- */

struct webhook_message {
	int64_t id;
	int64_t created_us; /* id and created_us name the row */
	const char *message_id;
	const char *url;
	const char *content;
	const unsigned char *secret, *old_secret; /* old_secret NULL: none that still counts */
	size_t secret_len, old_secret_len;
	int attempt; /* from 1 */
};

/* At most `max` messages that are due for an endpoint (its row number, from the job's payload); they are ours for two
 * minutes. None when it is switched off or asked for a pause. */
int webhook_claim(struct db *db, struct arena *arena, int64_t endpoint, int max, struct webhook_message **ret_messages,
    size_t *ret_count, struct error *err) MUST_CHECK;

struct webhook_outcome {
	int status;	   /* 0: no answer */
	const char *error; /* NULL for a 2xx */
	int retry_after_s; /* 0: none asked for */
};
/* ret_state: sent, waiting (again later), failed, or stale when somebody else told first; may be NULL. */
int webhook_result(struct db *db, struct arena *arena, const struct webhook_message *message,
    const struct webhook_outcome *outcome, const char **ret_state, struct error *err) MUST_CHECK;

#endif
