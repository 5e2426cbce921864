/*
 * A film that all machines make together. Its pieces lie in the common cache by their keys, so dividing the work needs
 * no more than jobs that say "make these": the film's job adds them, gives its slot back and waits, and joins what is
 * there when the last of them has ended. Nothing depends on a part having succeeded: what the cache lacks then, the
 * film's own task makes.
 *
 * A film for which nobody else is there, or that is done soon, is made in one go.
 */
#ifndef FW_RENDERD_FLOW_RENDER_PART_H
#define FW_RENDERD_FLOW_RENDER_PART_H

#include "renderd/flow/flow.h"

/* Shares of the film's progress bar. */
#define FILM_PLANNED 0.02
#define FILM_PARTS_MADE 0.9

enum film_parts {
	FILM_WHOLE, /* it was not divided */
	FILM_WAITS, /* others are at it; attempt->end says so */
	FILM_JOINS, /* all parts have ended */
};

/* How it stands with this attempt's film, before anything is done. */
int film_parts_look(struct attempt *attempt, enum film_parts *ret_parts, struct error *err) MUST_CHECK;
/* Divides it if that is worth while. plan: the result of a dry run. FILM_WHOLE or FILM_WAITS. */
int film_divide(
    struct attempt *attempt, const struct js_value *plan, enum film_parts *ret_parts, struct error *err) MUST_CHECK;

/* The job of one part. */
flow_fn render_span;

#endif
