/*
 * Counters of this process, by route and status, and their text form for Prometheus. Adding is one relaxed atomic each;
 * what the database knows (jobs, cost, sockets) is asked for when the page is asked for.
 */
#ifndef FW_FCGI_METRICS_H
#define FW_FCGI_METRICS_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"

struct metrics;

/* Never NULL. */
struct metrics *metrics_new(void) RETURNS_NONNULL;
void metrics_free(struct metrics **metrics);

/* route: its place in the table, or SIZE_MAX for what matched none. */
void metrics_add(struct metrics *metrics, size_t route, int status, int64_t duration_us);
/* Appends framewright_requests_total and framewright_request_seconds. */
void metrics_write(const struct metrics *metrics, struct buf *buf);

#endif
