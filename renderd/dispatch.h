/*
 * The dispatcher: listens, ticks, claims for all free slots at once, hands out; until a stop is wanted. Then it claims
 * no more, waits until running work has ended or DRAIN_TIME is over, and has what is left given back without burning an
 * attempt.
 */
#ifndef FW_RENDERD_DISPATCH_H
#define FW_RENDERD_DISPATCH_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

int dispatch_run(struct renderd *renderd, struct error *err) MUST_CHECK;

#endif
