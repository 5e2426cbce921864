/*
 * One connection: a WebSocket of one project (flat frames), of several (enveloped), an event stream, or a request that
 * waits for a job. The per-connection data of libwebsockets, so it begins zeroed and is freed by the library.
 */
#ifndef FW_EVENTS_CLIENT_H
#define FW_EVENTS_CLIENT_H

#include <libwebsockets.h>

#include "events/access.h"
#include "events/hub.h"

#define CLIENT_PROJECTS_MAX 64
#define CLIENT_PING_S 25

enum client_kind { CLIENT_NONE, CLIENT_SOCKET, CLIENT_SOCKET_MANY, CLIENT_STREAM, CLIENT_WAIT };

/* Close codes of our own (4000-4999 are free for applications). */
enum { CLIENT_CLOSE_TOKEN = 4401, CLIENT_CLOSE_FOREIGN = 4404, CLIENT_CLOSE_SLOW = 4408, CLIENT_CLOSE_LATER = 1013 };

struct client {
	struct client *next;
	struct lws *wsi;
	enum client_kind kind;
	bool linked;
	struct access access;
	struct hub_subscription *subscriptions[CLIENT_PROJECTS_MAX];
	size_t count;
	unsigned close_code; /* say this and close; 0: stay */
	bool ping_due;
	char *reply;		/* answer to a message of CLIENT_SOCKET_MANY; malloc'ed, one at a time */
	char job[ID_UUID_SIZE]; /* CLIENT_WAIT */
	int64_t wait_until_ms;
	bool done; /* CLIENT_WAIT: hand back now */
};

#endif
