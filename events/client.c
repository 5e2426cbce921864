#include "events/client.h"

#include <stdlib.h>
#include <string.h>

#include "events/server_priv.h"
#include "lib/base/buf.h"

void
client_link(struct server *server, struct client *client, struct lws *wsi, enum client_kind kind)
{
	client->wsi = wsi;
	client->kind = kind;
	client->next = server->clients;
	client->linked = true;
	server->clients = client;
	server->open++;
	atomic_fetch_add(&server->listening, kind != CLIENT_WAIT);
}

void
client_unlink(struct server *server, struct client *client)
{
	struct client **at = &server->clients;

	if (!client->linked)
		return;
	while (*at != client)
		at = &(*at)->next;
	*at = client->next;
	client->linked = false;
	server->open--;
	atomic_fetch_sub(&server->listening, client->kind != CLIENT_WAIT);
	for (size_t i = 0; i < client->count; i++)
		hub_unsubscribe(server->hub, &client->subscriptions[i]);
	client->count = 0;
	free(client->reply);
	client->reply = NULL;
}

int
client_subscribe(struct server *server, struct client *client, const char *project_id, int64_t after, struct error *err)
{
	if (client->count == CLIENT_PROJECTS_MAX)
		return error_set(err, ERR_INPUT, "at most %d projects on one socket", CLIENT_PROJECTS_MAX);
	for (size_t i = 0; i < client->count; i++)
		if (strcmp(hub_project_id(client->subscriptions[i]), project_id) == 0)
			return error_set(err, ERR_INPUT, "already subscribed");
	if (access_project(&server->checker, &client->access, project_id, err) < 0 ||
	    hub_subscribe(server->hub, project_id, after, client, &client->subscriptions[client->count], err) < 0)
		return -1;
	client->count++;
	lws_callback_on_writable(client->wsi);
	return 0;
}

/* One text frame; -1 ends the connection. */
int
client_write_text(struct lws *wsi, const char *text, size_t len, enum lws_write_protocol protocol)
{
	unsigned char *bytes = malloc(LWS_PRE + len + 1);
	int written;

	if (bytes == NULL)
		abort();
	memcpy(bytes + LWS_PRE, text, len);
	written = lws_write(wsi, bytes + LWS_PRE, len, protocol);
	free(bytes);
	return written < (int)len ? -1 : 0;
}

static int
write_frame(struct client *client, struct hub_subscription *subscription, const struct hub_frame *frame)
{
	struct buf buf = BUF_INIT(frame->len + 256);
	int status;

	if (client->kind == CLIENT_SOCKET)
		return client_write_text(client->wsi, frame->text, frame->len, LWS_WRITE_TEXT);
	if (client->kind == CLIENT_STREAM)
		buf_printf(&buf, "id: %lld\ndata: %s\n\n", (long long)frame->seq, frame->text);
	else
		buf_printf(&buf, "{\"project_id\":\"%s\",\"seq\":%lld,\"event\":%s}", hub_project_id(subscription),
		    (long long)frame->seq, frame->text);
	status = client_write_text(
	    client->wsi, buf_str(&buf), buf.len, client->kind == CLIENT_STREAM ? LWS_WRITE_HTTP : LWS_WRITE_TEXT);
	buf_done(&buf);
	return status;
}

static int
write_ping(struct client *client)
{
	unsigned char ping[LWS_PRE];

	client->ping_due = false;
	if (client->kind == CLIENT_STREAM)
		return client_write_text(client->wsi, ": alive\n\n", 9, LWS_WRITE_HTTP);
	return lws_write(client->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* Writes one thing and asks to be called again if there is more; -1 ends the connection. */
int
client_write(struct client *client)
{
	if (client->close_code != 0) {
		if (client->kind == CLIENT_SOCKET || client->kind == CLIENT_SOCKET_MANY)
			lws_close_reason(client->wsi, (enum lws_close_status)client->close_code, NULL, 0);
		return -1;
	}
	if (client->ping_due && write_ping(client) < 0)
		return -1;
	if (client->reply != NULL) {
		int status = client_write_text(client->wsi, client->reply, strlen(client->reply), LWS_WRITE_TEXT);

		free(client->reply);
		client->reply = NULL;
		lws_callback_on_writable(client->wsi);
		return status;
	}
	for (size_t i = 0; i < client->count; i++) {
		const struct hub_frame *frame = hub_peek(client->subscriptions[i]);

		if (frame != NULL) {
			int status = write_frame(client, client->subscriptions[i], frame);

			hub_pop(client->subscriptions[i]);
			lws_callback_on_writable(client->wsi);
			return status;
		}
		if (client->subscriptions[i]->overrun) {
			client->close_code = CLIENT_CLOSE_SLOW;
			lws_callback_on_writable(client->wsi);
			return 0;
		}
	}
	return 0;
}
