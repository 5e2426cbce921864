/* Webhooks out: who hears of events, and what became of each message. The text of a key is in one answer only. */
#include "fcgi/api/api.h"

#include <inttypes.h>

#include "lib/base/text.h"
#include "lib/db/webhook.h"
#include "lib/net/guard.h"
#include "lib/net/secret.h"
#include "lib/net/signature.h"

#define SECRET_TEXT_MAX 128

static const char *
param_webhook(const struct req *req, struct error *err)
{
	return param_uuid(req, 0, "not_found", "There is no such webhook.", err);
}

static void
write_webhook(struct js_writer *w, const struct webhook *webhook)
{
	js_str(w, "id", webhook->id);
	js_str(w, "project_id", webhook->project_id);
	js_str(w, "url", webhook->url);
	js_strings(w, "types", webhook->types, webhook->type_count);
	js_bool(w, "enabled", webhook->enabled);
	js_str(w, "disabled_reason", webhook->disabled_reason);
	js_time(w, "created_at", webhook->created_us);
}

/* The answer that shows the key, which no cache may keep. */
static int
reply_with_secret(
    struct reply *reply, int status, const struct webhook *webhook, const unsigned char *secret, struct error *err)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(SECRET_TEXT_MAX);
	const struct signature_key key = {secret, WEBHOOK_SECRET_BYTES};
	struct js_writer *w = reply_object(reply, status);

	signature_secret_put(&text, &key);
	write_webhook(w, webhook);
	js_str(w, "secret", buf_str(&text));
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	return buf_error(&text, err);
}

/* An address that could never be called is refused now, not in the log of deliveries. What is told concerns people:
 * never in the clear, but to a stand-in on loopback. */
static int
check_url(const struct req *req, const char *url, struct error *err)
{
	const bool loopback = conf_bool(req->app->conf, CONF_ALLOW_LOOPBACK_URLS);
	struct guard_url parts;

	if (guard_url(url, loopback ? GUARD_LOOPBACK : GUARD_PUBLIC, &parts, err) < 0) {
		error_pointer(err, "/url");
		return -1;
	}
	if (strcmp(parts.scheme, "https") != 0 && !loopback) {
		error_code(err, ERR_INPUT, "url_refused", "Messages are sent over https only.");
		error_pointer(err, "/url");
		return -1;
	}
	return 0;
}

int
webhooks_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_webhook *in = req->input;
	unsigned char secret[WEBHOOK_SECRET_BYTES];
	const struct webhook_new what = {.url = in->url,
	    .project_id = in->project_id,
	    .types = in->types.items,
	    .type_count = in->types.count,
	    .secret = secret};
	struct webhook *webhook;

	secret_random(secret, sizeof(secret));
	if (check_url(req, in->url, err) < 0 || webhook_create(req->db, req->arena, &what, &webhook, err) < 0)
		return -1;
	return reply_with_secret(reply, 201, webhook, secret, err);
}

int
webhooks_get(struct req *req, struct reply *reply, struct error *err)
{
	struct webhook *webhooks;
	struct js_writer *w;
	size_t count;

	if (webhook_list(req->db, req->arena, &webhooks, &count, err) < 0)
		return -1;
	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++) {
		js_open_object(w, NULL);
		write_webhook(w, &webhooks[i]);
		js_close(w);
	}
	js_close(w);
	write_next(w, NULL);
	reply_object_end(reply);
	return 0;
}

int
webhook_remove(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_webhook(req, err);

	if (id == NULL || webhook_delete(req->db, id, err) < 0)
		return -1;
	return reply_success(reply);
}

int
webhook_post_rotate(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_webhook(req, err);
	unsigned char secret[WEBHOOK_SECRET_BYTES];
	struct webhook *webhook;

	secret_random(secret, sizeof(secret));
	if (id == NULL || webhook_rotate(req->db, req->arena, id, secret, &webhook, err) < 0)
		return -1;
	return reply_with_secret(reply, 200, webhook, secret, err);
}

int
webhook_post_enable(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_webhook_enable *in = req->input;
	const char *id = param_webhook(req, err);
	struct webhook *webhook;

	if (id == NULL || webhook_enable(req->db, req->arena, id, in->enabled, &webhook, err) < 0)
		return -1;
	write_webhook(reply_object(reply, 200), webhook);
	reply_object_end(reply);
	return 0;
}

static void
write_delivery(struct js_writer *w, const struct webhook_delivery *delivery)
{
	js_open_object(w, NULL);
	js_int(w, "id", delivery->id);
	js_str(w, "message_id", delivery->message_id);
	js_str(w, "type", delivery->type);
	js_str(w, "state", delivery->state);
	js_int(w, "attempt", delivery->attempt);
	if (delivery->status == 0)
		js_null(w, "status");
	else
		js_int(w, "status", delivery->status);
	js_str(w, "error", delivery->error);
	if (delivery->replay_of == 0)
		js_null(w, "replay_of");
	else
		js_int(w, "replay_of", delivery->replay_of);
	js_time(w, "next_at", delivery->next_us);
	js_time(w, "created_at", delivery->created_us);
	js_time(w, "ended_at", delivery->ended_us);
	js_close(w);
}

int
webhook_get_deliveries(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_page *page = req->query;
	const char *id = param_webhook(req, err);
	struct webhook_delivery *deliveries;
	char next[24] = "";
	int64_t before = 0;
	struct js_writer *w;
	size_t count;

	if (id == NULL)
		return -1;
	if (page->cursor != NULL && text_int(page->cursor, 1, INT64_MAX, &before) < 0) {
		error_set(err, ERR_INPUT, "The cursor is none of this list.");
		error_pointer(err, "/cursor");
		return -1;
	}
	if (webhook_deliveries(req->db, req->arena, id, before, (int)page->limit, &deliveries, &count, err) < 0)
		return -1;
	if (count > 0 && count == (size_t)page->limit)
		(void)snprintf(next, sizeof(next), "%" PRId64, deliveries[count - 1].id);
	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++)
		write_delivery(w, &deliveries[i]);
	js_close(w);
	write_next(w, next[0] == '\0' ? NULL : next);
	reply_object_end(reply);
	return 0;
}

static int
reply_delivery(struct reply *reply, int64_t id)
{
	js_int(reply_object(reply, 202), "delivery_id", id);
	reply_object_end(reply);
	return 0;
}

int
webhook_post_replay(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_webhook(req, err);
	int64_t delivery, made;

	if (id == NULL)
		return -1;
	if (text_int(req->params[1], 1, INT64_MAX, &delivery) < 0)
		return error_set(err, ERR_NOT_FOUND, "There is no such delivery.");
	if (webhook_replay(req->db, id, delivery, &made, err) < 0)
		return -1;
	return reply_delivery(reply, made);
}

int
webhook_post_ping(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_webhook(req, err);
	int64_t made;

	if (id == NULL || webhook_ping(req->db, id, &made, err) < 0)
		return -1;
	return reply_delivery(reply, made);
}
