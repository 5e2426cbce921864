/*
 * Parts of the advert flow that live in files of their own.
 */
#ifndef FW_RENDERD_FLOW_AD_H
#define FW_RENDERD_FLOW_AD_H

#include "renderd/flow/flow.h"

/* ad_compose.c: clips, cards, text and music become one film. */
flow_fn ad_compose;
/* The same without texts, into the cache only. */
flow_fn ad_ahead;
/* The same, small. */
flow_fn ad_preview;

/* ad_outside.c: the same by an outside provider, in the steps of renderd/step/paid.h. fallback: a cheaper model than
 * the chosen one stands in. */
int ad_outside_image(struct attempt *attempt, const char *model, bool fallback, struct error *err) MUST_CHECK;
int ad_outside_clip(struct attempt *attempt, const char *model, bool fallback, struct error *err) MUST_CHECK;

void ad_write_warning(struct js_writer *w, const char *code, const char *message);

#endif
