/*
 * The bell: a file whose change wakes the job daemons of the same machine.
 *
 * A NOTIFY has to pass two processes of the database before it reaches a daemon; a byte written to a file that the
 * daemon watches (inotify) passes none. It carries nothing and promises nothing: who hears it looks for jobs, and who
 * does not, because it runs on another machine or nobody made the file, learns of them from the database.
 */
#ifndef FW_DB_BELL_H
#define FW_DB_BELL_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* Makes the file where there is none (0660 less umask) and watches it. A descriptor for poll(), readable after the bell
 * has been rung, that the caller closes; or -1. */
int bell_listen(const char *path, struct error *err) MUST_CHECK;
/* Forgets what has been rung so far. */
void bell_heard(int fd);
/* From any process that may write to the file; without one nothing happens. Some microseconds. */
void bell_ring(const char *path);

#endif
