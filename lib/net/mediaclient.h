/*
 * One task for framewright-media.
 *
 * A connection carries one task: a line of JSON with the descriptors, then JSON lines back with progress and at last a
 * result or an error. Closing it ends the task, so a lost caller leaves no encoder behind.
 */
#ifndef FW_NET_MEDIACLIENT_H
#define FW_NET_MEDIACLIENT_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/js/read.h"

#define MEDIACLIENT_FDS_MAX 250	       /* SCM_MAX_FD is 253 */
#define MEDIACLIENT_TASK_MAX (4 * MIB) /* bytes of the task line */
#define MEDIACLIENT_LINE_MAX (4 * MIB) /* bytes of one answer line */

struct mediaclient_fd {
	const char *name; /* "scratch", "cache", "in0", ... */
	int fd;		  /* stays the caller's */
};

struct mediaclient_task {
	const char *socket_path;
	const char *name;		  /* "probe", "render", ... */
	const char *args_json;		  /* JSON object text */
	const struct mediaclient_fd *fds; /* scratch first */
	size_t fd_count;
	int timeout_ms; /* the whole task; 0: none */
	/* All optional; ctx is for both. progress is called for each progress line. stop is asked at least every 200
	 * ms; true closes the connection and ends the task. */
	void (*progress)(void *ctx, double fraction, const char *phase);
	bool (*stop)(void *ctx);
	void *ctx;
};

/*
 * Runs the task and waits for its end. 0 with the `result` object (in the arena). -1: the task's own error has its code
 * and detail, kind ERR_INPUT (input), ERR_LIMIT (limit; not retryable unless said) or ERR_INTERNAL; ERR_UNAVAILABLE
 * when the process cannot be reached or went away; ERR_TIMEOUT; ERR_CANCELLED. ret_retryable may be NULL.
 */
int mediaclient_run(const struct mediaclient_task *task, struct arena *arena, const struct js_value **ret_result,
    bool *ret_retryable, struct error *err) MUST_CHECK;

#endif
