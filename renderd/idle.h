/*
 * Work that is done ahead of being asked for: it runs at the system's idle priority and outside the media slots, and
 * gives way to everything else. What it had finished by then is in the cache; what it was at is begun anew later.
 */
#ifndef FW_RENDERD_IDLE_H
#define FW_RENDERD_IDLE_H

#include "renderd/renderd.h"

/* Whether processors and memory are to spare: a free media slot, and more memory than AHEAD_MEMORY. */
bool idle_has_room(const struct renderd *renderd);
/* Makes idle attempts give way when there is no room for them any more. */
void idle_look(const struct renderd *renderd);
/* A media job begins: idle work for its project would do the same a second time. */
void idle_job_begins(const struct renderd *renderd, const struct job_claimed *job);

#endif
