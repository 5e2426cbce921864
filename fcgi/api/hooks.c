/*
 * What providers tell us: a request has ended. The message is only a hint: the job is woken, and renderd fetches the
 * result by itself. That it came from the provider is checked all the same, since it may reveal the id of a request
 * whose answer was lost.
 */
#include <stdlib.h>
#include <string.h>

#include "fcgi/api/api.h"
#include "lib/base/hash.h"
#include "lib/base/text.h"
#include "lib/db/provider.h"
#include "lib/db/providercall.h"
#include "lib/net/secret.h"

#define HOOK_AGE_MAX_S 300
#define HOOK_PART_MAX 256

static const char *
header(const struct req *req, const char *name)
{
	const char *value = channel_env(req->channel->env, name);

	return value != NULL && strlen(value) <= HOOK_PART_MAX ? value : "";
}

static int
bad_signature(struct error *err)
{
	return error_code(err, ERR_UNAUTHORIZED, "bad_signature", "The message is not signed by the provider.");
}

/* request id, user id, time and digest of the body, a line each. */
static const char *
signed_text(const struct req *req)
{
	char digest[HASH_HEX_SIZE];

	return arena_printf(req->arena, "%s\n%s\n%s\n%s", header(req, "HTTP_X_FAL_WEBHOOK_REQUEST_ID"),
	    header(req, "HTTP_X_FAL_WEBHOOK_USER_ID"), header(req, "HTTP_X_FAL_WEBHOOK_TIMESTAMP"),
	    hash_bytes_hex(req->body, req->body_len, digest));
}

static bool
any_key_fits(const char *const *keys, size_t count, const unsigned char *signature, const char *text)
{
	for (size_t i = 0; i < count; i++) {
		unsigned char key[32];

		if (text_from_hex(keys[i], key, sizeof(key)) == 0 &&
		    secret_signed_by(key, signature, text, strlen(text)))
			return true;
	}
	return false;
}

static int
check_signature(const struct req *req, struct error *err)
{
	const char *timestamp = header(req, "HTTP_X_FAL_WEBHOOK_TIMESTAMP");
	const char *text = signed_text(req);
	unsigned char signature[64];
	const char *const *keys;
	size_t count;
	int64_t at;

	if (text == NULL)
		return arena_error(req->arena, err);
	if (text_int(timestamp, 0, INT64_MAX / 2, &at) < 0 || llabs(clock_now_s(req->clock) - at) > HOOK_AGE_MAX_S ||
	    text_from_hex(header(req, "HTTP_X_FAL_WEBHOOK_SIGNATURE"), signature, sizeof(signature)) < 0)
		return bad_signature(err);
	if (provider_keys(req->db, req->arena, "fal", &keys, &count, err) < 0)
		return -1;
	if (any_key_fits(keys, count, signature, text))
		return 0;
	/* the provider may have a new key: it is fetched soon, and the message comes again */
	if (provider_keys_want(req->db, err) < 0)
		return -1;
	return bad_signature(err);
}

int
hook_fal(struct req *req, struct reply *reply, struct error *err)
{
	const struct js_value *doc = NULL;
	const char *id;
	struct js_writer *w;
	bool found;

	if (req_read_body(req, HOOK_BODY_MAX, err) < 0 || check_signature(req, err) < 0 ||
	    js_parse_free(req->arena, req->body, req->body_len, &doc, err) < 0)
		return -1;
	id = js_text(doc, "/request_id", NULL);
	if (providercall_webhook(req->db, req->params[0], id, &found, err) < 0)
		return -1;
	log_info(&req->log, "provider_hook", LOG_STR("provider", "fal"), LOG_STR("request", id),
	    LOG_STR("status", js_text(doc, "/status", "")), LOG_STR("known", found ? "yes" : "no"));
	if (!found)
		return error_set(err, ERR_NOT_FOUND, "No call has this reference.");
	w = reply_object(reply, 200);
	js_bool(w, "success", true);
	reply_object_end(reply);
	return 0;
}
