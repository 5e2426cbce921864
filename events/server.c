#include "events/server.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "events/server_priv.h"

/* Hints may be lost: whatever is listened to is looked at again after this. */
#define LOOK_AGAIN_MS 3000

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

void
server_distribute(struct server *server)
{
	struct error err;

	error_clear(&err);
	if (hub_distribute(server->hub, &err) < 0)
		log_warn(server->setup->log, "events_wait", LOG_ERR(&err));
}

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
	stream_check_waiting(server);
	lws_sul_schedule(server->context, 0, sul, every_second, LWS_US_PER_SEC);
}

static void
look_again(lws_sorted_usec_list_t *sul)
{
	struct server *server = lws_container_of(sul, struct server, again);

	if (hub_projects(server->hub) > 0) {
		hub_note_all(server->hub);
		server_distribute(server);
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
		server_distribute(server);
	/* an ended job writes an event or wakes its dependants */
	if (server->notes->count > 0 || server->notes->jobs)
		stream_check_waiting(server);
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
		socket_established(server_of(wsi), wsi, client);
		return 0;
	case LWS_CALLBACK_RECEIVE:
		socket_receive(server_of(wsi), client, in, len);
		return 0;
	case LWS_CALLBACK_SERVER_WRITEABLE:
		return client_write(client);
	case LWS_CALLBACK_HTTP:
		return stream_request(server_of(wsi), wsi, client, in);
	case LWS_CALLBACK_HTTP_WRITEABLE:
		if (client->kind != CLIENT_WAIT)
			return client->linked ? client_write(client) : 0;
		if (!client->done)
			return 0;
		client_unlink(server_of(wsi), client);
		return stream_hand_back(wsi, client->job);
	case LWS_CALLBACK_CLOSED:
	case LWS_CALLBACK_CLOSED_HTTP:
		if (client != NULL)
			client_unlink(server_of(wsi), client);
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
	.rx_buffer_size = SERVER_MESSAGE_MAX},
    {.name = "bearer",
	.callback = on_event,
	.per_session_data_size = sizeof(struct client),
	.rx_buffer_size = SERVER_MESSAGE_MAX},
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
	    .arena = arena_new(SERVER_ARENA_LIMIT)};
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
