/*
 * What the files of the event daemon's loop share.
 */
#ifndef FW_EVENTS_SERVER_PRIV_H
#define FW_EVENTS_SERVER_PRIV_H

#include <stdatomic.h>

#include "events/client.h"
#include "events/listener.h"
#include "events/server.h"

#define SERVER_ARENA_LIMIT (4 * MIB)
/* Longest message of a client that is looked at, in bytes. */
#define SERVER_MESSAGE_MAX 8192

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

/* Reads the log for all projects with notes and queues what is new; a failure is logged and tried again later. */
void server_distribute(struct server *server);

/* client.c: counts the connection in and out; unlinking also ends its subscriptions. */
void client_link(struct server *server, struct client *client, struct lws *wsi, enum client_kind kind);
void client_unlink(struct server *server, struct client *client);
/* After the rights were checked here; after < 0: the last event alone. */
int client_subscribe(
    struct server *server, struct client *client, const char *project_id, int64_t after, struct error *err) MUST_CHECK;
/* One text frame; -1 ends the connection. */
int client_write_text(struct lws *wsi, const char *text, size_t len, enum lws_write_protocol protocol);
/* Writes one thing and asks to be called again if there is more; -1 ends the connection. */
int client_write(struct client *client);

/* socket.c */
void socket_established(struct server *server, struct lws *wsi, struct client *client);
void socket_receive(struct server *server, struct client *client, const char *bytes, size_t len);

/* stream.c: answers a request; -1 ends the connection. */
int stream_request(struct server *server, struct lws *wsi, struct client *client, const char *path);
/* Which awaited jobs have ended, or whose time is over? */
void stream_check_waiting(struct server *server);
/* The connection goes back to nginx, which asks a responder for the job as it is now: rights are checked there. */
int stream_hand_back(struct lws *wsi, const char *job);

#endif
