/*
 * Waiting for jobs on behalf of requests that somebody holds: which of these have ended? For eventd, whose role sees
 * all jobs; it tells nobody but a responder, which checks the rights.
 */
#ifndef FW_DB_JOBWAIT_H
#define FW_DB_JOBWAIT_H

#include "lib/db/db.h"

/* ended[i]: the job with that public id has ended, or there is no such job. One statement. */
int jobwait_ended(
    struct db *db, const char *const *public_ids, size_t count, bool *ended, struct error *err) MUST_CHECK;

#endif
