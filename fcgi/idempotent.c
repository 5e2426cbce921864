#include "fcgi/idempotent.h"

#include "fcgi/api/api.h"
#include "lib/db/db.h"
#include "lib/db/idem.h"

struct attempt {
	struct req *req;
	struct reply *reply;
	const unsigned char *digest;
	route_handler *work;
	struct idem idem;
};

bool
idempotent_wanted(const struct req *req)
{
	if ((req->route->flags & ROUTE_IDEMPOTENT) == 0 || *req->idempotency_key == '\0')
		return false;
	return req->route->query != query_start_fields || !((const struct query_start *)req->query)->dry_run;
}

static int
check_key(const char *key, struct error *err)
{
	const size_t len = strlen(key);

	for (size_t i = 0; i < len; i++)
		if (key[i] < 0x20 || key[i] > 0x7e)
			return error_set(
			    err, ERR_INPUT, "The Idempotency-Key may hold printable ASCII characters only.");
	if (len > IDEM_KEY_MAX)
		return error_set(err, ERR_INPUT, "The Idempotency-Key has more than %d characters.", IDEM_KEY_MAX);
	return 0;
}

/* Runs in the transaction, perhaps more than once. */
static int
attempt_run(struct db *db, void *arg, struct error *err)
{
	struct attempt *a = arg;
	const struct req *req = a->req;
	const struct reply *reply = a->reply;

	reply_reset(a->reply);
	if (idem_begin(db, req->arena, req->idempotency_key, req->route->path, a->digest, &a->idem, err) < 0)
		return -1;
	if (a->idem.replay)
		return 0;
	if (a->work(a->req, a->reply, err) < 0)
		return -1;
	return idem_finish(db, req->idempotency_key, reply->status, reply->body->len > 0 ? buf_str(reply->body) : NULL,
	    reply->location, err);
}

static void
send_stored(struct reply *reply, const struct idem *idem)
{
	reply_text(reply, idem->status, idem->content != NULL ? "application/json" : NULL);
	if (idem->content != NULL)
		buf_puts(reply->body, idem->content);
	if (idem->location != NULL)
		reply_location(reply, "%s", idem->location);
	reply_header(reply, "Idempotent-Replayed", "true");
}

int
idempotent_call(struct req *req, struct reply *reply, const unsigned char digest[static HASH_SIZE], route_handler *work,
    struct error *err)
{
	struct attempt attempt = {.req = req, .reply = reply, .digest = digest, .work = work};

	if (!idempotent_wanted(req))
		return work(req, reply, err);
	if (check_key(req->idempotency_key, err) < 0 || db_transaction(req->db, attempt_run, &attempt, err) < 0)
		return -1;
	if (attempt.idem.replay)
		send_stored(reply, &attempt.idem);
	return 0;
}

int
idempotent_run(struct req *req, struct reply *reply, struct error *err)
{
	unsigned char digest[HASH_SIZE];
	CLEANUP(hash_done) struct hash hash;

	hash_init(&hash);
	hash_add_str(&hash, req->method_name);
	hash_add_str(&hash, route_below_api(req->path, NULL));
	hash_add(&hash, req->body, req->body_len);
	hash_end(&hash, digest);
	return idempotent_call(req, reply, digest, req->route->handler, err);
}
