/*
 * One row per start of a daemon. Its id is the boot id: the high half of every lease token the daemon makes.
 */
#ifndef FW_DB_WORKER_H
#define FW_DB_WORKER_H

#include "lib/db/db.h"

struct worker_start {
	const char *host;
	const char *program; /* "renderd", "eventd" */
	const char *version;
	int64_t cost_limit_micros; /* SESSION_COST_LIMIT; renderd tells the database, 0: leave it alone */
	int64_t cost_alert_micros; /* SESSION_COST_ALERT */
	int64_t lease_ttl_ms;	   /* LEASE_TTL, which the daemons of one database share */
};

/* Commits synchronously, so that the id is never given again. Also makes the partitions of the coming days. */
int worker_begin(struct db *db, const struct worker_start *start, int64_t *ret_worker, struct error *err) MUST_CHECK;
/* No more claims are meant to come. */
int worker_drain(struct db *db, int64_t worker, struct error *err) MUST_CHECK;
/* A clean end. Leases that are left are given back as by JOB_RELEASE. */
int worker_end(struct db *db, int64_t worker, struct error *err) MUST_CHECK;
/* Without jobs there is no heartbeat of jobs; this is the daemon's own (eventd), and tells how many listen there. */
int worker_seen(struct db *db, int64_t worker, int open_sockets, struct error *err) MUST_CHECK;

struct worker_health {
	int renderd; /* daemons seen within 20 s */
	int eventd;
	int64_t queued;	      /* ready, blocked and waiting jobs */
	int64_t processing;   /* running and external jobs */
	int64_t open_sockets; /* of all eventds together */
};
/* For /health; any role. */
int worker_health(struct db *db, struct worker_health *ret_health, struct error *err) MUST_CHECK;

/* The token of the `counter`-th lease of this boot; counter starts at 1. */
static inline int64_t
worker_lease(int64_t worker, uint32_t counter)
{
	return (worker << 32) | counter;
}

#endif
