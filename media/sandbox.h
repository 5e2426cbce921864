/*
 * The walls around one task.
 *
 * Drawn in the child, in this order: limits, Landlock (which files), seccomp (which system calls). Nothing can be taken
 * back afterwards. Landlock is used as far as the kernel has it; without it seccomp still refuses writing outside the
 * two folders, but any file the account may read could be read. RLIMIT_DATA and not RLIMIT_AS: encoders reserve far
 * more address space than they touch. There is no RLIMIT_NPROC, because it counts everything of the account: forking is
 * refused by seccomp, and threads are bounded by their stacks, which count as data.
 *
 * A system call that no decoder needs and an attacker wants (exec, ptrace, mount, new namespaces, ...) kills the
 * process; one that is merely not allowed (sockets, foreign files) fails with EPERM or EACCES, because libraries ask
 * for some of these and go on without.
 */
#ifndef MEDIA_SANDBOX_H
#define MEDIA_SANDBOX_H

#include <sys/resource.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

/* Descriptors of a task have fixed numbers, so that one filter fits all tasks. 0 and 1 are /dev/null, 2 is the log. */
enum { SANDBOX_FD_REPORT = 3, SANDBOX_FD_SCRATCH = 4, SANDBOX_FD_CACHE = 5, SANDBOX_FD_INPUT = 6 };

struct sandbox;

struct sandbox_limits {
	rlim_t data_bytes;
	rlim_t cpu_seconds;
	rlim_t file_bytes;
	rlim_t descriptors;
};

/* Compiles the system call filter and looks what the kernel offers. readable: folders or files that tasks may read
 * (fonts), NULL-terminated, copied; those that do not exist are left out. */
int sandbox_new(const char *const *readable, struct sandbox **ret_sandbox, struct error *err) MUST_CHECK;
void sandbox_free(struct sandbox **sandbox);

/* Version of Landlock the kernel offers, 0 for none. */
int sandbox_landlock(const struct sandbox *sandbox);

/* In the child, single-threaded, descriptors in their places (SANDBOX_FD_CACHE may be closed: have_cache false). */
int sandbox_enter(
    const struct sandbox *sandbox, const struct sandbox_limits *limits, bool have_cache, struct error *err) MUST_CHECK;

#endif
