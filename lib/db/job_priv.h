/*
 * What the files about jobs share, and the noun files whose functions cancel or start jobs.
 */
#ifndef FW_DB_JOB_PRIV_H
#define FW_DB_JOB_PRIV_H

#include "lib/db/db_priv.h"
#include "lib/db/job.h"

struct job_change {
	int64_t job;
	char state[12];
	bool woke; /* this or what waited for it became ready */
};

/*
 * Reads rows of (job, state, project, seq, woke), as job_apply, job_cancel_many and job_cancel_project answer, and
 * hints what other processes should know: something became ready, events were written, running jobs are to end. `seen`
 * is called for each row; may be NULL.
 */
int job_changes_hint(struct db *db, const struct db_result *res,
    void (*seen)(void *arg, const struct job_change *change), void *arg, struct error *err) MUST_CHECK;

#endif
