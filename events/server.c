#include "events/server.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events/client.h"
#include "events/listener.h"
#include "lib/db/jobwait.h"
#include "lib/js/read.h"

/* Hints may be lost: whatever is listened to is looked at again after this. */
#define LOOK_AGAIN_MS 3000
#define REQUEST_ID_SIZE 65
#define WAIT_MAX_S 25
#define WAITERS_MAX 512
#define ARENA_LIMIT (4 * MIB)
#define MESSAGE_MAX 8192

struct server {
	const struct server_setup *setup;
	struct lws_context *context;
	struct lws_vhost *vhost;
	struct db *db;
	struct hub *hub;
	struct listener *listener;
	struct listener_notes *notes;
	struct access_checker checker;
	struct client *clients;
	lws_sorted_usec_list_t second;
	lws_sorted_usec_list_t again;
	int64_t next_ping_s;
	size_t open;
	atomic_int listening; /* of them sockets and streams; the listener's thread reads it */
};

static struct server *
server_of(struct lws *wsi)
{
	return lws_context_user(lws_get_context(wsi));
}

static void
wake_client(void *owner)
{
	struct client *client = owner;

	lws_callback_on_writable(client->wsi);
}

static void
link_client(struct server *server, struct client *client, struct lws *wsi, enum client_kind kind)
{
	client->wsi = wsi;
	client->kind = kind;
	client->next = server->clients;
	client->linked = true;
	server->clients = client;
	server->open++;
	atomic_fetch_add(&server->listening, kind != CLIENT_WAIT);
}

static void
unlink_client(struct server *server, struct client *client)
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

/* ---- what a request brought ---- */

static void
copy_header(struct lws *wsi, enum lws_token_indexes token, char *text, int size)
{
	if (lws_hdr_copy(wsi, text, size, token) < 0)
		text[0] = '\0';
}

/* A query argument without its name; "" when it is absent. lws unescapes it. */
static void
copy_argument(struct lws *wsi, const char *name, char *text, int size)
{
	char raw[ACCESS_TEXT_MAX + 32];
	const char *value = lws_get_urlarg_by_name(wsi, name, raw, sizeof(raw));

	text[0] = '\0';
	if (value != NULL && strlen(value) < (size_t)size)
		memcpy(text, value, strlen(value) + 1);
}

static void
read_request(struct lws *wsi, struct access_request *request)
{
	copy_header(wsi, WSI_TOKEN_HTTP_AUTHORIZATION, request->authorization, sizeof(request->authorization));
	copy_header(wsi, WSI_TOKEN_PROTOCOL, request->protocol, sizeof(request->protocol));
	copy_header(wsi, WSI_TOKEN_HTTP_COOKIE, request->cookie, sizeof(request->cookie));
	copy_header(wsi, WSI_TOKEN_ORIGIN, request->origin, sizeof(request->origin));
	copy_argument(wsi, "token=", request->token, sizeof(request->token));
	copy_argument(wsi, "ticket=", request->ticket, sizeof(request->ticket));
}

/* The position to resume from: ?after=, else Last-Event-ID, else -1. */
static int64_t
read_after(struct lws *wsi)
{
	char text[32], *end;
	int64_t after;

	copy_argument(wsi, "after=", text, sizeof(text));
	if (text[0] == '\0' && lws_hdr_custom_copy(wsi, text, sizeof(text), "last-event-id:", 14) < 0)
		return -1;
	after = strtoll(text, &end, 10);
	return text[0] == '\0' || *end != '\0' || after < 0 ? -1 : after;
}

/* "/ws/<id>" gives the id; NULL for other paths. id has room for a UUID. */
static bool
path_id(const char *path, const char *before, const char *after, char id[ID_UUID_SIZE])
{
	size_t len = strlen(before);

	if (strncmp(path, before, len) != 0 || strlen(path + len) != ID_UUID_SIZE - 1 + strlen(after) ||
	    strcmp(path + len + ID_UUID_SIZE - 1, after) != 0)
		return false;
	memcpy(id, path + len, ID_UUID_SIZE - 1);
	id[ID_UUID_SIZE - 1] = '\0';
	return id_is_uuid(id);
}

static unsigned
close_code(const struct error *err)
{
	if (error_is(err, ERR_UNAUTHORIZED))
		return CLIENT_CLOSE_TOKEN;
	return error_is(err, ERR_NOT_FOUND) ? CLIENT_CLOSE_FOREIGN : CLIENT_CLOSE_LATER;
}

static int
subscribe(struct server *server, struct client *client, const char *project_id, int64_t after, struct error *err)
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

static void
distribute(struct server *server)
{
	struct error err;

	error_clear(&err);
	if (hub_distribute(server->hub, &err) < 0)
		log_warn(server->setup->log, "events_wait", LOG_ERR(&err));
}

/* ---- WebSockets ---- */

static int
open_socket(struct server *server, struct lws *wsi, struct client *client, struct error *err)
{
	struct access_request request;
	char path[256], id[ID_UUID_SIZE];

	copy_header(wsi, WSI_TOKEN_GET_URI, path, sizeof(path));
	read_request(wsi, &request);
	if (access_check(&server->checker, &request, &client->access, err) < 0)
		return -1;
	if (strcmp(path, "/ws") == 0 || strcmp(path, "/ws/") == 0) {
		client->kind = CLIENT_SOCKET_MANY;
		return 0;
	}
	if (!path_id(path, "/ws/", "", id))
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	if (subscribe(server, client, id, read_after(wsi), err) < 0)
		return -1;
	distribute(server);
	return 0;
}

static void
established(struct server *server, struct lws *wsi, struct client *client)
{
	struct error err;

	error_clear(&err);
	link_client(server, client, wsi, CLIENT_SOCKET);
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
	if (subscribe(server, client, wanted, js_number(message, "/after", -1), err) < 0)
		return -1;
	distribute(server);
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

static void
receive(struct server *server, struct client *client, const char *bytes, size_t len)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(ARENA_LIMIT);
	const struct js_value *message;
	struct error err;

	error_clear(&err);
	if (len > MESSAGE_MAX || lws_remaining_packet_payload(client->wsi) > 0 ||
	    js_parse_free(arena, bytes, len, &message, &err) < 0)
		return;
	if (obey(server, client, message, &err) < 0 && client->kind == CLIENT_SOCKET_MANY)
		refuse_message(client, &err);
}

/* One text frame; -1 ends the connection. */
static int
write_text(struct lws *wsi, const char *text, size_t len, enum lws_write_protocol protocol)
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
		return write_text(client->wsi, frame->text, frame->len, LWS_WRITE_TEXT);
	if (client->kind == CLIENT_STREAM)
		buf_printf(&buf, "id: %lld\ndata: %s\n\n", (long long)frame->seq, frame->text);
	else
		buf_printf(&buf, "{\"project_id\":\"%s\",\"seq\":%lld,\"event\":%s}", hub_project_id(subscription),
		    (long long)frame->seq, frame->text);
	status = write_text(
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
		return write_text(client->wsi, ": alive\n\n", 9, LWS_WRITE_HTTP);
	return lws_write(client->wsi, ping + LWS_PRE, 0, LWS_WRITE_PING) < 0 ? -1 : 0;
}

/* Writes one thing and asks to be called again if there is more; -1 ends the connection. */
static int
write_next(struct client *client)
{
	if (client->close_code != 0) {
		if (client->kind == CLIENT_SOCKET || client->kind == CLIENT_SOCKET_MANY)
			lws_close_reason(client->wsi, (enum lws_close_status)client->close_code, NULL, 0);
		return -1;
	}
	if (client->ping_due && write_ping(client) < 0)
		return -1;
	if (client->reply != NULL) {
		int status = write_text(client->wsi, client->reply, strlen(client->reply), LWS_WRITE_TEXT);

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

/* ---- HTTP: event streams and waiting ---- */

/* As nginx or the client gave it; a new one when there is none. */
static void
read_request_id(struct lws *wsi, char *text, int size)
{
	if (lws_hdr_custom_copy(wsi, text, size, "x-request-id:", 13) <= 0 || !id_is_token(text, (size_t)size - 1))
		(void)id_uuid(text);
}

static int
answer_problem(struct lws *wsi, const struct error *err)
{
	struct buf buf = BUF_INIT(4096);
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	char path[256], request_id[REQUEST_ID_SIZE];
	int status = error_status(err);
	struct js_writer w;
	int written = -1;

	copy_header(wsi, WSI_TOKEN_GET_URI, path, sizeof(path));
	read_request_id(wsi, request_id, sizeof(request_id));
	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_strf(&w, "type", "/problems/%s", err->code);
	js_str(&w, "title", error_row(err->kind)->title);
	js_int(&w, "status", status);
	js_str(&w, "detail", error_public_text(err));
	js_str(&w, "instance", path);
	js_str(&w, "code", err->code);
	js_open_array(&w, "errors");
	js_close(&w);
	js_bool(&w, "retryable", error_retryable(err));
	js_str(&w, "hint", err->hint[0] != '\0' ? err->hint : NULL);
	js_str(&w, "request_id", request_id);
	js_close(&w);
	js_end(&w);
	if (lws_add_http_common_headers(wsi, (unsigned)status, "application/problem+json", buf.len, &at, end) == 0 &&
	    lws_add_http_header_by_name(wsi, (const unsigned char *)"x-request-id:", (const unsigned char *)request_id,
		(int)strlen(request_id), &at, end) == 0 &&
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) == 0)
		written = write_text(wsi, buf_str(&buf), buf.len, LWS_WRITE_HTTP_FINAL);
	buf_done(&buf);
	return written < 0 || lws_http_transaction_completed(wsi) ? -1 : 0;
}

static int
open_stream(struct server *server, struct lws *wsi, struct client *client, const char *id, struct error *err)
{
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	struct access_request request;

	read_request(wsi, &request);
	if (access_check(&server->checker, &request, &client->access, err) < 0)
		return -1;
	link_client(server, client, wsi, CLIENT_STREAM);
	if (subscribe(server, client, id, read_after(wsi), err) < 0) {
		unlink_client(server, client);
		return -1;
	}
	if (lws_add_http_common_headers(wsi, 200, "text/event-stream", LWS_ILLEGAL_HTTP_CONTENT_LEN, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"cache-control:", (const unsigned char *)"no-store", 8, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"x-accel-buffering:", (const unsigned char *)"no", 2, &at, end) != 0 ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) != 0)
		return error_set(err, ERR_INTERNAL, "writing the stream's head");
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	distribute(server);
	return 0;
}

/* The connection goes back to nginx, which asks a responder for the job as it is now: rights are checked there. */
static int
hand_back(struct lws *wsi, const char *job)
{
	unsigned char head[LWS_PRE + 1024], *at = head + LWS_PRE, *end = head + sizeof(head);
	char location[80];
	int len = snprintf(location, sizeof(location), "/api/v1/jobs/%s", job);

	if (lws_add_http_common_headers(wsi, 200, "text/plain", 0, &at, end) != 0 ||
	    lws_add_http_header_by_name(
		wsi, (const unsigned char *)"x-accel-redirect:", (const unsigned char *)location, len, &at, end) != 0 ||
	    lws_finalize_write_http_header(wsi, head + LWS_PRE, &at, end) != 0)
		return -1;
	return lws_http_transaction_completed(wsi) ? -1 : 0;
}

static void
check_waiting(struct server *server)
{
	const char *jobs[WAITERS_MAX];
	struct client *waiting[WAITERS_MAX];
	bool ended[WAITERS_MAX];
	size_t count = 0;
	int64_t now = clock_boot_ms(NULL);
	struct error err;

	error_clear(&err);
	for (struct client *client = server->clients; client != NULL && count < WAITERS_MAX; client = client->next)
		if (client->kind == CLIENT_WAIT && !client->done) {
			waiting[count] = client;
			jobs[count++] = client->job;
		}
	if (count == 0)
		return;
	if (jobwait_ended(server->db, jobs, count, ended, &err) < 0) {
		log_warn(server->setup->log, "waiters_wait", LOG_ERR(&err));
		memset(ended, 0, sizeof(ended));
	}
	for (size_t i = 0; i < count; i++)
		if (ended[i] || now >= waiting[i]->wait_until_ms) {
			waiting[i]->done = true;
			lws_callback_on_writable(waiting[i]->wsi);
		}
}

static void
begin_wait(struct server *server, struct lws *wsi, struct client *client, const char *job)
{
	char text[16];
	long seconds;

	copy_argument(wsi, "n=", text, sizeof(text));
	seconds = strtol(text, NULL, 10);
	link_client(server, client, wsi, CLIENT_WAIT);
	memcpy(client->job, job, sizeof(client->job));
	client->wait_until_ms = clock_boot_ms(NULL) + FW_MIN(FW_MAX(seconds, 0), WAIT_MAX_S) * 1000;
	lws_set_timeout(wsi, NO_PENDING_TIMEOUT, 0);
	check_waiting(server);
}

static int
http_request(struct server *server, struct lws *wsi, struct client *client, const char *path)
{
	char id[ID_UUID_SIZE];
	struct error err;

	error_clear(&err);
	if (path_id(path, "/_wait/", "", id)) {
		begin_wait(server, wsi, client, id);
		return 0;
	}
	if (path_id(path, "/api/sessions/", "/events", id) || path_id(path, "/api/v1/sessions/", "/events", id)) {
		if (open_stream(server, wsi, client, id, &err) == 0)
			return 0;
	} else {
		error_code(&err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	}
	return answer_problem(wsi, &err);
}

/* ---- timers, notes, new connections ---- */

static void
every_second(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, second);
	int64_t now_s = clock_now_s(NULL);
	bool ping = clock_boot_ms(NULL) / 1000 >= server->next_ping_s;

	if (ping)
		server->next_ping_s = clock_boot_ms(NULL) / 1000 + CLIENT_PING_S;
	for (struct client *client = server->clients; client != NULL; client = client->next) {
		if (client->kind == CLIENT_WAIT)
			continue;
		if (now_s >= client->access.until_s && client->close_code == 0)
			client->close_code = CLIENT_CLOSE_TOKEN;
		client->ping_due = client->ping_due || ping;
		if (client->ping_due || client->close_code != 0)
			lws_callback_on_writable(client->wsi);
	}
	check_waiting(server);
	lws_sul_schedule(server->context, 0, sul, every_second, LWS_US_PER_SEC);
}

static void
look_again(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, again);

	if (hub_projects(server->hub) > 0) {
		hub_note_all(server->hub);
		distribute(server);
	}
	lws_sul_schedule(server->context, 0, sul, look_again, LOOK_AGAIN_MS * LWS_US_PER_MS);
}

static void
take_notes(struct server *server)
{
	listener_take(server->listener, server->notes);
	for (size_t i = 0; i < server->notes->count; i++)
		hub_note(server->hub, server->notes->notes[i].project_id, server->notes->notes[i].seq);
	if (server->notes->missed)
		hub_note_all(server->hub);
	if (server->notes->count > 0 || server->notes->missed)
		distribute(server);
	/* an ended job writes an event or wakes its dependants */
	if (server->notes->count > 0 || server->notes->jobs)
		check_waiting(server);
}

static void
wake_loop(void *ctx)
{
	struct server *server = ctx;

	lws_cancel_service(server->context);
}

static void
accept_all(struct server *server)
{
	size_t most = (size_t)conf_int(server->setup->conf, CONF_EVENTD_CONNECTIONS);

	for (;;) {
		int fd = accept4(server->setup->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd < 0)
			return;
		/* adopting closes the descriptor when it fails */
		if (server->open >= most)
			close(fd);
		else if (lws_adopt_socket_vhost(server->vhost, fd) == NULL)
			log_warn(server->setup->log, "connection_not_adopted");
	}
}

/* ---- libwebsockets ---- */

static int
on_event(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	struct client *client = user;

	switch (reason) {
	case LWS_CALLBACK_ESTABLISHED:
		established(server_of(wsi), wsi, client);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		receive(server_of(wsi), client, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return write_next(client);
	case LWS_CALLBACK_HTTP:
		return http_request(server_of(wsi), wsi, client, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (client->kind != CLIENT_WAIT)
			return client->linked ? write_next(client) : 0;
		if (!client->done)
			return 0;
		unlink_client(server_of(wsi), client);
		return hand_back(wsi, client->job);
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (client != NULL)
			unlink_client(server_of(wsi), client);
		return 0;
	case LWS_CALLBACK_EVENT_WAIT_CANCELLED:
		take_notes(server_of(wsi));
		return 0;
	default:
		return lws_callback_http_dummy(wsi, reason, user, in, len);
	}
}

static int
on_listener(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		accept_all(server_of(wsi));
	return 0;
}

static int
on_stop(struct lws *wsi, enum lws_callback_reasons reason, void *user, void *in, size_t len)
{
	(void)user;
	(void)in;
	(void)len;
	if (reason == LWS_CALLBACK_RAW_RX_FILE)
		stop_read(server_of(wsi)->setup->stop);
	return 0;
}

/* The first takes what names no protocol; "bearer" is how a browser sends a token with a WebSocket. */
static const struct lws_protocols protocols[] = {
    {.name = "http",
	.callback = on_event,
	.per_session_data_size = sizeof(struct client),
	.rx_buffer_size = MESSAGE_MAX},
    {.name = "bearer",
	.callback = on_event,
	.per_session_data_size = sizeof(struct client),
	.rx_buffer_size = MESSAGE_MAX},
    {.name = "listener", .callback = on_listener},
    {.name = "stop", .callback = on_stop},
    {.name = NULL},
};

/* libwebsockets owns the descriptors it adopts; ours stay ours. */
static int
adopt_file(struct server *server, int fd, const char *protocol, struct error *err)
{
	lws_sock_file_fd_type copy = {.filefd = fcntl(fd, F_DUPFD_CLOEXEC, 3)};

	if (copy.filefd < 0)
		return error_errno(err, ERR_INTERNAL, "duplicating a descriptor");
	if (lws_adopt_descriptor_vhost(server->vhost, LWS_ADOPT_RAW_FILE_DESC, copy, protocol, NULL) == NULL)
		return error_set(err, ERR_INTERNAL, "libwebsockets refused the descriptor of '%s'", protocol);
	return 0;
}

static int
open_context(struct server *server, struct error *err)
{
	struct lws_context_creation_info info = {.port = CONTEXT_PORT_NO_LISTEN,
	    .protocols = protocols,
	    .options = LWS_SERVER_OPTION_EXPLICIT_VHOSTS | LWS_SERVER_OPTION_DISABLE_IPV6,
	    .gid = (gid_t)-1,
	    .uid = (uid_t)-1,
	    .user = server,
	    .pt_serv_buf_size = 16384,
	    .max_http_header_data = 16384,
	    .fd_limit_per_thread = (unsigned)conf_int(server->setup->conf, CONF_EVENTD_CONNECTIONS) + 64,
	    .timeout_secs = 15,
	    .vhost_name = "framewright",
	    .server_string = "framewright"};

	lws_set_log_level(LLL_ERR, NULL);
	server->context = lws_create_context(&info);
	if (server->context == NULL)
		return error_set(err, ERR_INTERNAL, "libwebsockets gives no context");
	server->vhost = lws_create_vhost(server->context, &info);
	if (server->vhost == NULL)
		return error_set(err, ERR_INTERNAL, "libwebsockets gives no host");
	if (adopt_file(server, server->setup->listener, "listener", err) < 0)
		return -1;
	return adopt_file(server, server->setup->stop->signal_fd, "stop", err);
}

static int
open_server(struct server *server, struct error *err)
{
	if (db_open(server->setup->database, &server->db, err) < 0)
		return -1;
	server->hub = hub_new(server->db, server->setup->log, wake_client);
	server->checker = (struct access_checker){.conf = server->setup->conf,
	    .keys = server->setup->keys,
	    .db = server->db,
	    .arena = arena_new(ARENA_LIMIT)};
	server->notes = calloc(1, sizeof(*server->notes));
	if (server->notes == NULL)
		abort();
	if (open_context(server, err) < 0)
		return -1;
	return listener_start(server->setup->database, server->setup->worker, &server->listening, server->setup->log,
	    wake_loop, server, &server->listener, err);
}

static void
close_server(struct server *server)
{
	listener_stop(&server->listener);
	if (server->context != NULL)
		lws_context_destroy(server->context);
	hub_free(&server->hub);
	arena_free(&server->checker.arena);
	free(server->notes);
	db_close(&server->db);
}

int
server_run(const struct server_setup *setup, struct error *err)
{
	struct server server = {.setup = setup};
	int status = open_server(&server, err);

	if (status == 0) {
		every_second(&server.second);
		look_again(&server.again);
		notify_ready();
		log_info(setup->log, "ready");
		while (!stop_wanted(setup->stop) && lws_service(server.context, 0) >= 0)
			continue;
		notify_stopping();
	}
	close_server(&server);
	return status;
}
