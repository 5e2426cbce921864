/*
 * The attempts that run in this daemon: a table that the heartbeat thread carries to the database and that every step
 * asks "may I go on?".
 *
 * A lease is ours until its watchdog passes: the time of the last heartbeat that was *sent* plus the lease's length, on
 * CLOCK_BOOTTIME. Past it the database may have given the job to somebody else, so nothing may be paid, published or
 * finished any more. The answer never depends on the database being reachable.
 *
 * All functions may be called from any thread.
 */
#ifndef FW_RENDERD_LEASE_H
#define FW_RENDERD_LEASE_H

#include "lib/base/attr.h"
#include "lib/base/clock.h"

#define LEASE_PHASE_SIZE 24

enum lease_state {
	LEASE_HELD,
	LEASE_CANCELLED, /* somebody asked for an end; the lease is still ours, so the end can be reported */
	LEASE_LOST,	 /* not ours any more: drop everything, report nothing */
};

/* One running attempt as the heartbeat sees it. */
struct lease_view {
	int64_t job;
	int64_t lease;
	double progress;
	char phase[LEASE_PHASE_SIZE];
};

struct leases;

/* ttl_ms: how long the database keeps a lease after a heartbeat. `worker` is this boot's row, the high half of every
 * token. clock is borrowed. Never NULL. */
struct leases *leases_new(const struct clock *clock, int64_t worker, int64_t ttl_ms, size_t max) RETURNS_NONNULL;
void leases_free(struct leases **leases);

/* A token nobody ever had: boot id and counter. Minted here and not by a sequence of the database, because a sequence
 * can give a value twice when the server is killed. */
int64_t leases_mint(struct leases *leases);
/* sent_ms: boot time just before the claim was sent. */
void leases_add(struct leases *leases, int64_t job, int64_t lease, int64_t sent_ms);
void leases_remove(struct leases *leases, int64_t lease);
size_t leases_count(struct leases *leases);

/* LEASE_LOST also for a token that is not in the table. */
enum lease_state leases_state(struct leases *leases, int64_t lease);
void leases_set_progress(struct leases *leases, int64_t lease, double progress, const char *phase);

/* Copies at most `max` rows; the number of rows. */
size_t leases_views(struct leases *leases, struct lease_view *views, size_t max);
/* What a heartbeat brought back: still ours (extends the watchdog from sent_ms), cancelled, or gone. */
void leases_renew(struct leases *leases, int64_t lease, int64_t sent_ms);
void leases_cancel(struct leases *leases, int64_t lease);
/* The same by job, for a notification that arrives before the next heartbeat. */
void leases_cancel_job(struct leases *leases, int64_t job);
void leases_lose(struct leases *leases, int64_t lease);

#endif
