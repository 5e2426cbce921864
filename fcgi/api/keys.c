/* API keys for programs. The text of a key is in one answer only: that of its making. */
#include "fcgi/api/api.h"

#include "fcgi/auth.h"
#include "lib/base/text.h"
#include "lib/db/apikey.h"
#include "lib/net/secret.h"

static void
write_key(struct js_writer *w, const struct apikey *key)
{
	js_int(w, "id", key->id);
	js_str(w, "name", key->name);
	js_str(w, "prefix", key->prefix);
	js_strings(w, "scopes", key->scopes, key->scope_count);
	js_time(w, "last_used_at", key->last_used_us);
	js_time(w, "created_at", key->created_us);
	js_time(w, "revoked_at", key->revoked_us);
}

int
keys_create(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_key *in = req->input;
	char random[SECRET_TOKEN_SIZE], text[SECRET_TOKEN_SIZE + 8];
	struct js_writer *w;
	struct apikey *key;

	secret_token(random);
	(void)snprintf(text, sizeof(text), AUTH_KEY_PREFIX "%s", random);
	if (apikey_create(req->db, req->arena, in->name, text, in->scopes.items, in->scopes.count, &key, err) < 0)
		return -1;

	w = reply_object(reply, 201);
	write_key(w, key);
	js_str(w, "key", text);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	return 0;
}

int
keys_list(struct req *req, struct reply *reply, struct error *err)
{
	struct js_writer *w;
	struct apikey *keys;
	size_t count;

	if (apikey_list(req->db, req->arena, &keys, &count, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++) {
		js_open_object(w, NULL);
		write_key(w, &keys[i]);
		js_close(w);
	}
	js_close(w);
	write_next(w, NULL);
	reply_object_end(reply);
	return 0;
}

int
keys_delete(struct req *req, struct reply *reply, struct error *err)
{
	int64_t id;

	if (text_int(req->params[0], 1, INT64_MAX, &id) < 0)
		return error_set(err, ERR_NOT_FOUND, "There is no such key.");
	if (apikey_revoke(req->db, id, err) < 0)
		return -1;
	return reply_success(reply);
}
