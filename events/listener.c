#include "events/listener.h"

#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/db/worker.h"

/* A dead connection is noticed within four of these. */
#define ALIVE_EVERY_MS 5000

struct listener {
	struct db_options options;
	int64_t worker;
	const atomic_int *sockets;
	const struct log *log;
	void (*wake)(void *ctx);
	void *ctx;
	pthread_t thread;
	int stop_fd;
	pthread_mutex_t lock;
	struct listener_notes gathered;
};

static void
missed(struct listener *l)
{
	pthread_mutex_lock(&l->lock);
	l->gathered.missed = true;
	pthread_mutex_unlock(&l->lock);
	l->wake(l->ctx);
}

/* Notes about one project are one note with the highest number. */
static void
gather(struct listener *l, const struct db_note *note)
{
	struct listener_notes *g = &l->gathered;
	char id[37];
	int64_t seq;

	if (strcmp(note->channel, DB_CHANNEL_JOBS) == 0) {
		g->jobs = true;
		return;
	}
	if (sscanf(note->payload, "%36[0-9a-f-]:%" SCNd64, id, &seq) != 2)
		return;
	for (size_t i = 0; i < g->count; i++)
		if (strcmp(g->notes[i].project_id, id) == 0) {
			g->notes[i].seq = FW_MAX(g->notes[i].seq, seq);
			return;
		}
	if (g->count == LISTENER_NOTES_MAX) {
		g->missed = true;
		return;
	}
	memcpy(g->notes[g->count].project_id, id, sizeof(id));
	g->notes[g->count++].seq = seq;
}

/* Waits for notes and hands them on; -1 when the connection is lost, 0 when it is time to say that we live. */
static int
wait_notes(struct listener *l, struct db *db, int timeout_ms, bool *ret_stop, struct error *err)
{
	struct pollfd fds[] = {{.fd = l->stop_fd, .events = POLLIN}, {.fd = db_fd(db), .events = POLLIN}};
	struct db_note note;
	int status, got = 0;

	if (poll(fds, ARRAY_LEN(fds), timeout_ms) < 0 && errno != EINTR)
		return error_errno(err, ERR_INTERNAL, "waiting for notes");
	*ret_stop = fds[0].revents != 0;
	pthread_mutex_lock(&l->lock);
	while ((status = db_note_next(db, &note, err)) > 0) {
		gather(l, &note);
		got = 1;
	}
	pthread_mutex_unlock(&l->lock);
	if (got)
		l->wake(l->ctx);
	return status;
}

static bool
stopped(struct listener *l, int timeout_ms)
{
	struct pollfd fd = {.fd = l->stop_fd, .events = POLLIN};

	return poll(&fd, 1, timeout_ms) > 0;
}

/* One life of the connection; returns when it is lost or the daemon ends. */
static int
listen_once(struct listener *l, struct error *err)
{
	struct db *db = NULL;
	int64_t alive_at = 0;
	bool stop = false;
	int status;

	status = db_open(&l->options, &db, err);
	if (status == 0)
		status = db_listen(db, DB_CHANNEL_EVENTS, err);
	if (status == 0)
		status = db_listen(db, DB_CHANNEL_JOBS, err);
	missed(l);
	while (status == 0 && !stop) {
		int64_t now = clock_boot_ms(NULL);

		if (now >= alive_at) {
			status = worker_seen(db, l->worker, atomic_load(l->sockets), err);
			alive_at = now + ALIVE_EVERY_MS;
		}
		if (status == 0)
			status = wait_notes(l, db, (int)(alive_at - now), &stop, err);
	}
	db_close(&db);
	return status;
}

static void *
listener_main(void *arg)
{
	struct listener *l = arg;

	while (!stopped(l, 0)) {
		struct error err;

		error_clear(&err);
		if (listen_once(l, &err) < 0) {
			log_warn(l->log, "listener_lost", LOG_ERR(&err));
			if (stopped(l, 500))
				break;
		}
	}
	return NULL;
}

int
listener_start(const struct db_options *options, int64_t worker, const atomic_int *sockets, const struct log *log,
    void (*wake)(void *ctx), void *ctx, struct listener **ret_listener, struct error *err)
{
	struct listener *l = calloc(1, sizeof(*l));

	if (l == NULL)
		abort();
	l->options = *options;
	l->options.timeout_s = 5;
	l->worker = worker;
	l->sockets = sockets;
	l->log = log;
	l->wake = wake;
	l->ctx = ctx;
	pthread_mutex_init(&l->lock, NULL);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->stop_fd < 0 || pthread_create(&l->thread, NULL, listener_main, l) != 0) {
		error_errno(err, ERR_INTERNAL, "starting the listener");
		if (l->stop_fd >= 0)
			close(l->stop_fd);
		free(l);
		return -1;
	}
	*ret_listener = l;
	return 0;
}

void
listener_stop(struct listener **listener)
{
	struct listener *l = *listener;

	if (l == NULL)
		return;
	eventfd_write(l->stop_fd, 1);
	pthread_join(l->thread, NULL);
	close(l->stop_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
	*listener = NULL;
}

void
listener_take(struct listener *l, struct listener_notes *notes)
{
	pthread_mutex_lock(&l->lock);
	notes->count = l->gathered.count;
	notes->missed = l->gathered.missed;
	notes->jobs = l->gathered.jobs;
	memcpy(notes->notes, l->gathered.notes, notes->count * sizeof(notes->notes[0]));
	l->gathered.count = 0;
	l->gathered.missed = l->gathered.jobs = false;
	pthread_mutex_unlock(&l->lock);
}
