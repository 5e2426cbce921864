/*
 * Named places where a test can make the process die, hang or fail. Nothing of it exists in the programs that are
 * installed: tests/faults compiles the daemon once more with FW_FAULTS.
 *
 *     FRAMEWRIGHT_FAULT=after_intent:kill            first time, SIGKILL
 *     FRAMEWRIGHT_FAULT=publish:error:3,claim:exit   third time through publish fails; exit(99) at claim
 *
 * Actions: exit (status 99, no clean-up), kill (SIGKILL), stop (SIGSTOP), error (FAULT is true once). A count names the
 * pass at which it acts.
 *
 *     if (FAULT("publish"))
 *             return error_set(err, ERR_INTERNAL, "injected fault");
 */
#ifndef FW_BASE_FAULT_H
#define FW_BASE_FAULT_H

#include "lib/base/attr.h"

#ifdef FW_FAULTS
#define FAULT(name) fault_point(name)
#else
#define FAULT(name) fault_none()
#endif

/* Whether the action "error" is due; other actions do not return (stop returns when continued). */
bool fault_point(const char *name);

static inline bool
fault_none(void)
{
	return false;
}

#endif
