/*
 * What a forked task process does: put the descriptors in their places, read the request, enter the sandbox, run,
 * report, end.
 */
#ifndef MEDIA_CHILD_H
#define MEDIA_CHILD_H

#include <sys/types.h>

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "media/server.h"

struct child {
	const struct server_conf *conf;
	const char *line; /* the request without its newline */
	size_t line_len;
	const int *fds; /* as they came */
	size_t n_fds;
	int report;   /* pipe to the server */
	pid_t parent; /* who must be alive */
};

/* Never returns. Whatever goes wrong is told through the pipe; the exit status is 0 when a last line was written. */
NORETURN void child_run(const struct child *child);

/* Appends the protocol's error line for err. */
void child_error_line(struct buf *line, const struct error *err);

#endif
