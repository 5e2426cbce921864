/*
 * struct notifier: hints to other processes after a commit, at most one NOTIFY per 50 ms and process, with a trailing
 * edge.
 *
 * A NOTIFY in the transaction that does the work costs a factor of twenty with many clients, since it takes a global
 * lock at commit. So whatever happened is gathered here and sent by a thread of its own over a connection of its own,
 * both made when first needed. Hints may be lost (everybody also looks every few seconds); they are never waited for.
 */
#ifndef FW_DB_NOTIFY_H
#define FW_DB_NOTIFY_H

#include "lib/db/db.h"

/* options are those of the process's other connections; their strings must outlive it. Threads may share it. */
struct notifier *notifier_new(const struct db_options *options) RETURNS_NONNULL;
/* Sends what is left (waiting at most a second) and ends the thread. */
void notifier_free(struct notifier **notifier);

void notifier_jobs(struct notifier *notifier);
/* The highest seq per project is sent. */
void notifier_event(struct notifier *notifier, const char *project_id, int64_t seq);
void notifier_cancel(struct notifier *notifier, int64_t job_id);

#endif
