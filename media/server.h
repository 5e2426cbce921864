/*
 * The zygote: takes connections, forks a process per task, carries its lines to the client and ends it when the client
 * goes.
 *
 * It stays single-threaded and parses nothing that a client sent (the child does), so there is little in it that could
 * break. A child speaks through a pipe; only whole lines are passed on, so a client never sees half a line of a task
 * that died. When a child ends without a last line, the server says why.
 *
 * At most `tasks` children run; further requests wait their turn, beyond a bound they are refused as retryable.
 */
#ifndef MEDIA_SERVER_H
#define MEDIA_SERVER_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/log.h"
#include "lib/net/listen.h"

struct fonts;
struct sandbox;

struct server_conf {
	unsigned tasks;	      /* at once */
	unsigned threads;     /* that one task may use */
	int64_t memory_bytes; /* RLIMIT_DATA of a task, unless its kind wants more */
	int64_t cpu_seconds;
	int64_t output_bytes; /* of one file */
	int64_t task_ms;      /* wall-clock */
	const struct sandbox *sandbox;
	const struct fonts *fonts;
	const struct log *log;
};

/* Runs until `stop` is wanted, then lets running tasks end for a few seconds and kills what is left. The listener is
 * closed. */
int server_run(const struct server_conf *conf, int listener, struct stop *stop, struct error *err) MUST_CHECK;

#endif
