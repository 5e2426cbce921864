/*
 * What a plan asks of each frame, so that only what nobody asked for is found.
 */
#ifndef MEDIA_QUALITY_PLAN_H
#define MEDIA_QUALITY_PLAN_H

#include "media/quality.h"
#include "media/span.h"

/* QUALITY_ bits of every frame of the film; `expected` holds stage->plan->frames bytes. */
void quality_expect(const struct stage *stage, uint8_t *expected);

#endif
