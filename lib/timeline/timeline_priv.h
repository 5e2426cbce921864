/*
 * Between the files of lib/timeline.
 */
#ifndef FW_TIMELINE_TIMELINE_PRIV_H
#define FW_TIMELINE_TIMELINE_PRIV_H

#include "lib/timeline/timeline.h"

/* The words of the JSON, NULL-terminated, indexed by their enums (fields.c). */
extern const char *const timeline_type_names[];
extern const char *const timeline_fit_names[];
extern const char *const timeline_transition_names[];
extern const char *const timeline_direction_names[];
extern const char *const timeline_easing_names[];
extern const char *const timeline_anchor_names[];
extern const char *const timeline_align_names[];
extern const char *const timeline_role_names[];
extern const char *const timeline_grade_names[];
extern const char *const timeline_mode_names[];
extern const char *const timeline_caption_look_names[];

/* Fills the checked fields and adds what contradicts itself to the problems. */
void timeline_check(struct timeline *timeline, struct arena *arena, struct js_problems *problems);

/* Seconds as whole microseconds. */
int64_t timeline_us(double seconds);

#endif
