/*
 * A media process of one's own: framewright-media on a private socket in a temporary folder, for as long as one command
 * runs. It is a child that ends with us whatever happens, and leaves nothing behind.
 */
#ifndef FW_CTL_MEDIAPROC_H
#define FW_CTL_MEDIAPROC_H

#include <sys/types.h>

#include "ctl/ctl.h"

struct mediaproc {
	pid_t pid; /* 0: none */
	char *dir; /* temporary folder; NULL: none */
	char *socket;
	char *log; /* what the process wrote */
};

/* Starts it and waits until it takes tasks. The program is $FRAMEWRIGHT_MEDIA, else the installed one. */
int mediaproc_start(struct mediaproc *proc, struct ctl *ctl, struct error *err) MUST_CHECK;
/* at_once: its tasks are killed with it. Accepts one that was not started. */
void mediaproc_stop(struct mediaproc *proc, bool at_once);

#endif
