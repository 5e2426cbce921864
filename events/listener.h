/*
 * The LISTEN connection, in a thread of its own: notes are gathered under a lock and the main loop is woken. Every few
 * seconds it says that this daemon lives and how many sockets it holds, which also proves that the connection does;
 * after a reconnect notes may be missing, and it says so.
 */
#ifndef FW_EVENTS_LISTENER_H
#define FW_EVENTS_LISTENER_H

#include <stdatomic.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/db.h"

#define LISTENER_NOTES_MAX 4096

struct listener;

struct listener_note {
	char project_id[37];
	int64_t seq;
};

struct listener_notes {
	size_t count;
	bool missed; /* look at everything */
	bool jobs;   /* something about jobs changed: somebody may be waiting for one */
	struct listener_note notes[LISTENER_NOTES_MAX];
};

/* wake(ctx) is called from the listener's thread. options and sockets, the number of open ones, are borrowed. */
int listener_start(const struct db_options *options, int64_t worker, const atomic_int *sockets, const struct log *log,
    void (*wake)(void *ctx), void *ctx, struct listener **ret_listener, struct error *err) MUST_CHECK;
void listener_stop(struct listener **listener);
/* Moves what was gathered into `notes`. */
void listener_take(struct listener *listener, struct listener_notes *notes);

#endif
