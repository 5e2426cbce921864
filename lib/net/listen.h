/*
 * What every daemon does around its loop: the listening socket (own or systemd's), sd_notify, the stop signal.
 */
#ifndef FW_NET_LISTEN_H
#define FW_NET_LISTEN_H

#include <stdatomic.h>
#include <sys/types.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* Longest path of a unix socket: sun_path without its NUL. */
#define LISTEN_PATH_MAX 107

/*
 * The socket passed by systemd (LISTEN_PID and LISTEN_FDS, exactly one) or as standard input, else a new unix stream
 * socket at path: a stale file is replaced, a live listener is ERR_CONFLICT; the mode is set before anyone can connect.
 * Nonblocking, close-on-exec. fd or -1; *ret_inherited (may be NULL) tells whether the path is ours to unlink.
 */
int listen_open(const char *path, mode_t mode, bool *ret_inherited, struct error *err) MUST_CHECK;
int listen_unix(const char *path, mode_t mode, struct error *err) MUST_CHECK;
/* The passed socket or -1 when there is none. Clears the variables. */
int listen_inherited(void);
/* Blocking connect; fd or -1 with ERR_UNAVAILABLE. */
int listen_connect(const char *path, struct error *err) MUST_CHECK;

/* To $NOTIFY_SOCKET; nothing happens without one. state as in sd_notify(3): "READY=1", "STOPPING=1", "STATUS=...",
 * "WATCHDOG=1". */
void notify_send(const char *state);
void notify_ready(void);
void notify_stopping(void);
void notify_watchdog(void);

/*
 * SIGTERM, SIGINT and SIGQUIT as a readable descriptor, SIGHUP as a second meaning. Call stop_begin in main before any
 * thread starts: it blocks these signals for all of them, and ignores SIGPIPE.
 */
struct stop {
	int signal_fd; /* readable when a signal waits */
	int event_fd;  /* readable for good once stop_now() was called: give it to every thread's poll */
	atomic_bool wanted;
};
enum stop_reason { STOP_NONE, STOP_END, STOP_RELOAD };

int stop_begin(struct stop *stop, struct error *err) MUST_CHECK;
/* Reads one waiting signal without blocking. STOP_END also makes event_fd readable. */
enum stop_reason stop_read(struct stop *stop);
/* From any thread. */
void stop_now(struct stop *stop);
bool stop_wanted(const struct stop *stop);
/* Waits until a stop is wanted or the time is over; true when stopped. Negative: for ever. */
bool stop_wait(struct stop *stop, int timeout_ms);
void stop_end(struct stop *stop);
/* In a forked child that is to end by signals again: closes the descriptors and unblocks. */
void stop_forked(struct stop *stop);

#endif
