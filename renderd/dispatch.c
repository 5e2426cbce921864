#include "renderd/dispatch.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/db/bell.h"
#include "lib/db/worker.h"
#include "renderd/idle.h"
#include "renderd/slots.h"

/* Leases the table has room for beyond the slots: attempts that have ended but are not yet committed. */
#define LEASES_MAX 1024
#define CLAIM_ARENA_LIMIT (16 * MIB)

struct dispatcher {
	struct renderd *renderd;
	struct db *listener; /* LISTEN and tick: fallback poll, proof of life and periodic work in one */
	struct db *claimer;
	struct arena *arena;
	int64_t next_tick_ms;
	bool look; /* something may be ready */
};

static int
listen_to(struct db *db, struct error *err)
{
	if (db_listen(db, DB_CHANNEL_JOBS, err) < 0 || db_listen(db, DB_CHANNEL_CANCEL, err) < 0)
		return error_wrap(err, "listening");
	return 0;
}

static int
open_dispatcher(struct dispatcher *d, struct renderd *renderd, struct error *err)
{
	struct db_options options = renderd->database;

	*d = (struct dispatcher){.renderd = renderd, .look = true};
	d->arena = arena_new(CLAIM_ARENA_LIMIT);
	/* the listener also proves that the server answers: it waits less than others */
	options.timeout_s = 5;
	if (db_open(&options, &d->listener, err) < 0 || listen_to(d->listener, err) < 0)
		return -1;
	return db_open(&renderd->database, &d->claimer, err);
}

static void
close_dispatcher(struct dispatcher *d)
{
	db_close(&d->listener);
	db_close(&d->claimer);
	arena_free(&d->arena);
}

static void
read_notes(struct dispatcher *d)
{
	struct db_note note;
	struct error err;
	int status;

	/* lost before: the tick connects again in its own time, and says what is ready by then */
	if (db_fd(d->listener) < 0)
		return;
	error_clear(&err);
	while ((status = db_note_next(d->listener, &note, &err)) > 0) {
		if (strcmp(note.channel, DB_CHANNEL_CANCEL) == 0)
			leases_cancel_job(d->renderd->leases, strtoll(note.payload, NULL, 10));
		else
			d->look = true;
	}
	if (status < 0) {
		log_warn(&d->renderd->log, "listener_lost", LOG_ERR(&err));
		d->next_tick_ms = 0;
	}
}

static void
tick(struct dispatcher *d)
{
	int64_t now = clock_boot_ms(d->renderd->clock);
	int64_t every = conf_seconds(d->renderd->conf, CONF_TICK) * 1000;
	struct job_tick tick;
	struct error err;

	if (now < d->next_tick_ms)
		return;
	error_clear(&err);
	d->next_tick_ms = now + every;
	if (job_tick(d->listener, &tick, &err) < 0) {
		log_warn(&d->renderd->log, "tick_failed", LOG_ERR(&err));
		return;
	}
	if (tick.rescued > 0)
		log_warn(&d->renderd->log, "jobs_rescued", LOG_INT("count", tick.rescued));
	if (tick.alarms > 0)
		log_error(&d->renderd->log, "invariants_broken", LOG_INT("count", tick.alarms));
	d->look = d->look || tick.ready > 0;
	idle_look(d->renderd);
	if (tick.next_due_ms >= 0 && tick.next_due_ms < every)
		d->next_tick_ms = now + FW_MAX(tick.next_due_ms, 20);
}

/* Claims for the free slots of one pool; the number handed out, or -1. */
static int
claim(struct dispatcher *d, enum job_step step)
{
	struct renderd *renderd = d->renderd;
	int64_t tokens[JOB_CLAIM_MAX];
	size_t room = LEASES_MAX - leases_count(renderd->leases);
	size_t want = FW_MIN(FW_MIN((size_t)slots_free(renderd->slots, step), room), (size_t)JOB_CLAIM_MAX);
	struct job_claim claim = {.worker = renderd->worker, .step = step, .leases = tokens, .count = want};
	int64_t sent_ms = clock_boot_ms(renderd->clock);
	const struct job_claimed *jobs;
	struct error err;
	size_t count;

	if (want == 0 || (step == JOB_IDLE && !idle_has_room(renderd)))
		return 0;
	for (size_t i = 0; i < want; i++)
		tokens[i] = leases_mint(renderd->leases);
	error_clear(&err);
	arena_reset(d->arena);
	if (job_claim(d->claimer, d->arena, &claim, &jobs, &count, &err) < 0) {
		log_warn(&renderd->log, "claim_failed", LOG_ERR(&err));
		return -1;
	}
	for (size_t i = 0; i < count; i++) {
		idle_job_begins(renderd, &jobs[i]);
		slots_run(renderd->slots, attempt_new(renderd, &jobs[i], sent_ms));
	}
	idle_look(renderd);
	return (int)count;
}

static void
claim_all(struct dispatcher *d)
{
	unsigned wanted = d->look ? ~0u : 0;

	d->look = false;
	wanted |= atomic_exchange(&d->renderd->wanted, 0);
	for (enum job_step step = 0; step < JOB_STEP__COUNT; step++)
		if (wanted & 1u << step && claim(d, step) < 0)
			/* the next tick finds out whether the database is back */
			return;
}

static void
wait_for_something(struct dispatcher *d, int timeout_ms)
{
	struct pollfd fds[] = {
	    {.fd = d->renderd->stop->signal_fd, .events = POLLIN},
	    {.fd = d->renderd->wake_fd, .events = POLLIN},
	    {.fd = db_fd(d->listener), .events = POLLIN},
	    {.fd = d->renderd->bell_fd, .events = POLLIN},
	};
	uint64_t count;

	if (poll(fds, ARRAY_LEN(fds), timeout_ms) <= 0)
		return;
	if (fds[0].revents != 0)
		stop_read(d->renderd->stop);
	if (fds[1].revents != 0 && read(d->renderd->wake_fd, &count, sizeof(count)) < 0 && errno != EAGAIN)
		abort();
	if (fds[2].revents != 0)
		read_notes(d);
	if (fds[3].revents != 0) {
		bell_heard(d->renderd->bell_fd);
		d->look = true;
	}
}

/* Running work goes on for a while; what is still there then is given back by its slot. */
static void
drain(struct dispatcher *d)
{
	struct renderd *renderd = d->renderd;
	int64_t until = clock_boot_ms(renderd->clock) + conf_seconds(renderd->conf, CONF_DRAIN_TIME) * 1000;
	struct error err;

	error_clear(&err);
	notify_stopping();
	log_info(&renderd->log, "draining", LOG_INT("running", leases_count(renderd->leases)));
	if (worker_drain(d->claimer, renderd->worker, &err) < 0)
		log_warn(&renderd->log, "drain_not_told", LOG_ERR(&err));
	while (leases_count(renderd->leases) > 0) {
		if (clock_boot_ms(renderd->clock) >= until)
			atomic_store(&renderd->abandon, true);
		wait_for_something(d, 200);
	}
}

int
dispatch_run(struct renderd *renderd, struct error *err)
{
	struct dispatcher d;

	if (open_dispatcher(&d, renderd, err) < 0) {
		close_dispatcher(&d);
		return error_wrap(err, "starting the dispatcher");
	}
	notify_ready();
	log_info(&renderd->log, "ready", LOG_INT("worker", renderd->worker));
	while (!stop_wanted(renderd->stop)) {
		int64_t wait_ms;

		tick(&d);
		read_notes(&d);
		if (d.look || atomic_load(&renderd->wanted) != 0)
			claim_all(&d);
		wait_ms = d.next_tick_ms - clock_boot_ms(renderd->clock);
		wait_for_something(&d, (int)FW_MAX(wait_ms, 1));
	}
	drain(&d);
	close_dispatcher(&d);
	return 0;
}
