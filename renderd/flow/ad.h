/*
 * Parts of the advert flow that live in files of their own.
 */
#ifndef FW_RENDERD_FLOW_AD_H
#define FW_RENDERD_FLOW_AD_H

#include "renderd/flow/flow.h"

/* ad_compose.c: clips, cards, text and music become one film. */
flow_fn ad_compose;

/* Members of every result that carries a file. */
void ad_write_stored(struct js_writer *w, const struct stored *stored, const char *media_type);

#endif
