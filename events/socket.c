/*
 * WebSockets: opening, and the few messages a client may send.
 */
#include <stdlib.h>
#include <string.h>

#include "events/request.h"
#include "events/server_priv.h"
#include "lib/js/read.h"

static unsigned
close_code(const struct error *err)
{
	if (error_is(err, ERR_UNAUTHORIZED))
		return CLIENT_CLOSE_TOKEN;
	return error_is(err, ERR_NOT_FOUND) ? CLIENT_CLOSE_FOREIGN : CLIENT_CLOSE_LATER;
}

static int
open_socket(struct server *server, struct lws *wsi, struct client *client, struct error *err)
{
	struct access_request request;
	char path[256], id[ID_UUID_SIZE];

	request_header(wsi, WSI_TOKEN_GET_URI, path, sizeof(path));
	request_read(wsi, &request);
	if (access_check(&server->checker, &request, &client->access, err) < 0)
		return -1;
	if (strcmp(path, "/ws") == 0 || strcmp(path, "/ws/") == 0) {
		client->kind = CLIENT_SOCKET_MANY;
		return 0;
	}
	if (!request_path_id(path, "/ws/", "", id))
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	if (client_subscribe(server, client, id, request_after(wsi), err) < 0)
		return -1;
	server_distribute(server);
	return 0;
}

void
socket_established(struct server *server, struct lws *wsi, struct client *client)
{
	struct error err;

	error_clear(&err);
	client_link(server, client, wsi, CLIENT_SOCKET);
	if (open_socket(server, wsi, client, &err) < 0) {
		client->close_code = close_code(&err);
		log_info(server->setup->log, "socket_refused", LOG_INT("code", client->close_code), LOG_ERR(&err));
	}
	lws_callback_on_writable(wsi);
}

/* {"subscribe": id, "after": n}, {"unsubscribe": id}, {"token": text}; anything else is read and ignored. */
static int
obey(struct server *server, struct client *client, const struct js_value *message, struct error *err)
{
	const char *token = js_text(message, "/token", NULL);
	const char *wanted = js_text(message, "/subscribe", NULL);
	const char *unwanted = js_text(message, "/unsubscribe", NULL);

	if (token != NULL)
		return access_renew(&server->checker, arena_strdup(server->checker.arena, token), &client->access, err);
	if (client->kind != CLIENT_SOCKET_MANY)
		return 0;
	for (size_t i = 0; unwanted != NULL && i < client->count; i++)
		if (strcmp(hub_project_id(client->subscriptions[i]), unwanted) == 0) {
			hub_unsubscribe(server->hub, &client->subscriptions[i]);
			client->subscriptions[i] = client->subscriptions[--client->count];
		}
	if (wanted == NULL)
		return 0;
	if (client_subscribe(server, client, wanted, js_number(message, "/after", -1), err) < 0)
		return -1;
	server_distribute(server);
	return 0;
}

static void
refuse_message(struct client *client, const struct error *err)
{
	struct buf buf = BUF_INIT(2048);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_open_object(&w, "error");
	js_str(&w, "code", err->code);
	js_str(&w, "detail", error_public_text(err));
	js_close(&w);
	js_close(&w);
	js_end(&w);
	free(client->reply);
	client->reply = strdup(buf_str(&buf));
	buf_done(&buf);
	lws_callback_on_writable(client->wsi);
}

void
socket_receive(struct server *server, struct client *client, const char *bytes, size_t len)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(SERVER_ARENA_LIMIT);
	const struct js_value *message;
	struct error err;

	error_clear(&err);
	if (len > SERVER_MESSAGE_MAX || lws_remaining_packet_payload(client->wsi) > 0 ||
	    js_parse_free(arena, bytes, len, &message, &err) < 0)
		return;
	if (obey(server, client, message, &err) < 0 && client->kind == CLIENT_SOCKET_MANY)
		refuse_message(client, &err);
}
