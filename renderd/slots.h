/*
 * The threads that run attempts: one pool per step. A pool has a fixed number of slots; the dispatcher asks how many
 * are free and never hands out more. Threads open their database connection at the first attempt that needs one.
 */
#ifndef FW_RENDERD_SLOTS_H
#define FW_RENDERD_SLOTS_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

/* counts[step]: threads of each pool; 0: it runs nothing. */
int slots_start(struct renderd *renderd, const int counts[static JOB_STEP__COUNT], struct slots **ret_slots,
    struct error *err) MUST_CHECK;
/* Slots of a pool without an attempt. Counts an attempt until its thread is free again. */
int slots_free(struct slots *slots, enum job_step step);
/* Attempts of a pool that are at work. */
int slots_running(struct slots *slots, enum job_step step);
/* Idle attempts are to stop: all of them, or those for one project. */
void slots_give_way(struct slots *slots, const char *project_id);
/* Takes the attempt over; there must be a free slot. */
void slots_run(struct slots *slots, struct attempt *attempt);
/* Ends the threads; they finish what they run. */
void slots_stop(struct slots **slots);

#endif
