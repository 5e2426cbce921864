/*
 * Keeps the leases of all running attempts alive: one batched statement every few seconds over a connection of its own,
 * carrying progress out and cancel flags back. Goes on while the daemon drains, and does not give up when one beat
 * fails: the watchdog of each lease (lease.h) decides when it is over.
 */
#ifndef FW_RENDERD_HEARTBEAT_H
#define FW_RENDERD_HEARTBEAT_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

struct heartbeat;

int heartbeat_start(struct renderd *renderd, struct heartbeat **ret_heartbeat, struct error *err) MUST_CHECK;
void heartbeat_stop(struct heartbeat **heartbeat);

#endif
