/*
 * What jobs do, by kind: one table per area, looked up by name. A function reads attempt->payload, works, and calls
 * attempt_done(); or returns -1 with the error.
 */
#ifndef FW_RENDERD_FLOW_FLOW_H
#define FW_RENDERD_FLOW_FLOW_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

typedef int flow_fn(struct attempt *attempt, struct error *err);

struct flow_row {
	const char *kind; /* as in job_kind; NULL ends the table */
	flow_fn *run;
	bool no_db; /* it needs no connection of its own: none is opened for it */
};

extern const struct flow_row flow_ad[];	     /* ad.c */
extern const struct flow_row flow_asset[];   /* asset.c */
extern const struct flow_row flow_render[];  /* render.c */
extern const struct flow_row flow_system[];  /* system.c */
extern const struct flow_row flow_webhook[]; /* webhook.c */

/* Parses the payload and runs the kind's function. ERR_INTERNAL "unknown_kind" for one that this version does not know.
 */
int flow_run(struct attempt *attempt, struct error *err) MUST_CHECK;

/* Whether a kind's function uses attempt->db; true for unknown ones. */
bool flow_needs_db(const char *kind);

/* For results: opens an object in an arena-backed buffer and hands its text to attempt_done(). */
struct flow_result {
	struct buf buf;
	struct js_writer w;
};
void flow_result_begin(struct flow_result *result);
int flow_result_end(struct flow_result *result, struct attempt *attempt, struct error *err) MUST_CHECK;
/* JSON object text in the attempt's arena out of a writer's buffer; for arguments of media tasks. NULL: does not fit.
 */
const char *flow_text(struct flow_result *result, struct attempt *attempt, struct error *err) MUST_CHECK;

#endif
