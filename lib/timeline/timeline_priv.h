/*
 * Between the files of lib/timeline.
 */
#ifndef FW_TIMELINE_TIMELINE_PRIV_H
#define FW_TIMELINE_TIMELINE_PRIV_H

#include "lib/timeline/timeline.h"

/* Fills the checked fields and adds what contradicts itself to the problems. */
void timeline_check(struct timeline *timeline, struct arena *arena, struct js_problems *problems);

/* Seconds as whole microseconds. */
int64_t timeline_us(double seconds);

#endif
