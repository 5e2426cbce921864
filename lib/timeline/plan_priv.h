/*
 * Between the files of the planner.
 */
#ifndef FW_TIMELINE_PLAN_PRIV_H
#define FW_TIMELINE_PLAN_PRIV_H

#include "lib/timeline/plan.h"

/* Fills the keys of the spans, of the sound and of the whole file. */
int plan_keys(struct plan *plan, struct plan_span *spans, struct error *err) MUST_CHECK;

#endif
