/*
 * One picture of what the installation does: read in five statements, not of one snapshot; what is counted twice or
 * missed in between is right a second later.
 */
#ifndef FW_CTL_TOP_H
#define FW_CTL_TOP_H

#include "lib/base/buf.h"
#include "lib/db/provider.h"
#include "lib/db/stats.h"

struct top {
	struct stats_now now;
	struct stats_worker *workers;
	const struct provider_queue *queues;
	struct stats_work *work;
	struct stats_running *running;
	size_t worker_count, queue_count, work_count, running_count;
};

/* As the role framewright_ctl. What it points to lives in the arena. */
int top_load(struct db *db, struct arena *arena, struct top *ret_top, struct error *err) MUST_CHECK;
/* Appends the picture as lines of text. */
void top_put(const struct top *top, struct buf *buf);

#endif
