/*
 * Ends attempts in the database, in groups: whatever ended while the last group was being committed is the next group.
 * One thread, one connection. A group that cannot be ended as one is ended one by one, so that a job whose end is
 * refused harms no other.
 *
 * While the database is away an end is tried again until the attempt's lease is over; then it is stale and thrown away,
 * and the job runs again somewhere.
 */
#ifndef FW_RENDERD_ENDER_H
#define FW_RENDERD_ENDER_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

int ender_start(struct renderd *renderd, struct ender **ret_ender, struct error *err) MUST_CHECK;
/* Takes the attempt over. */
void ender_put(struct ender *ender, struct attempt *attempt);
/* Ends what is left, then the thread. */
void ender_stop(struct ender **ender);

#endif
