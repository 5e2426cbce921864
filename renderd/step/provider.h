/*
 * A call that costs money, or the stand-in for one: the only door to the paid-call protocol (lib/db/providercall.h).
 */
#ifndef FW_RENDERD_STEP_PROVIDER_H
#define FW_RENDERD_STEP_PROVIDER_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/providercall.h"
#include "renderd/renderd.h"

#define PROVIDER_LOCAL "local"

/*
 * Opens the attempt's call to the built-in provider: checks the cost limit, reserves the price, marks it as sent. From
 * here the end of the job settles it: JOB_DONE books the price once, anything else releases it. A call of an attempt
 * that died is taken over, since nothing outside knows of it. ERR_BUDGET "cost_limit_exceeded" before any cost arises.
 */
int provider_begin_local(struct attempt *attempt, const char *agent, const char *model, struct error *err) MUST_CHECK;

#endif
