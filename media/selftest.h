/*
 * A task that tries what a task may not do: `selftest {"try":"open"}`. The operator's doctor and the tests ask it
 * whether the sandbox of this machine really holds. It does nothing that would matter if it were allowed.
 */
#ifndef MEDIA_SELFTEST_H
#define MEDIA_SELFTEST_H

#include "media/task.h"

/*
 * args.try: "open" (a file of the machine), "socket", "write" (a file outside scratch), "fork", "code" (memory that
 * becomes code), "signal" (the server), "font" (reading a font), "scratch" (writing there): result
 * {"try","allowed":bool,"errno":n}. "execve", "ptrace", "mount", "unshare": the process dies when the sandbox works.
 * "memory": allocates until it is refused (ERR_MEMORY). "abort", "spin": crash, endless loop. "wait": progress twice a
 * second until cancelled.
 */
task_fn selftest_run;

#endif
