/*
 * The event daemon's main loop on libwebsockets: connections in, frames out. Paths:
 *
 *     /ws/{project}                          WebSocket, flat frames
 *     /ws                                    WebSocket, subscribe messages, frames in an envelope
 *     /api[/v1]/sessions/{project}/events    Server-Sent Events
 *     /_wait/{job}?n=seconds                 held until the job has ended, then handed back to a responder (internal to
 * nginx)
 */
#ifndef FW_EVENTS_SERVER_H
#define FW_EVENTS_SERVER_H

#include "events/access.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/net/listen.h"

struct server_setup {
	const struct conf *conf;
	const struct log *log;
	struct stop *stop;
	int listener; /* listening socket; stays the caller's */
	const struct token_keys *keys;
	const struct db_options *database;
	int64_t worker;
};

/* Serves until a stop is wanted; open connections are told to come again. */
int server_run(const struct server_setup *setup, struct error *err) MUST_CHECK;

#endif
