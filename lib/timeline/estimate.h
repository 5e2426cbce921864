/*
 * What a plan will cost before anything is done: seconds of one processor, time on the clock, memory, bytes.
 *
 * A model, not a promise: a span costs its pixels times what the profile's encoder takes for a pixel, painting
 * included. The figures were measured with the films of bench/ on a 2.5 GHz Xeon; another machine is faster or slower
 * by one factor for all of them, so the caller may hand one in (`speed`).
 */
#ifndef FW_TIMELINE_ESTIMATE_H
#define FW_TIMELINE_ESTIMATE_H

#include "lib/timeline/plan.h"

struct estimate {
	double work_s;	      /* of one processor */
	double seconds;	      /* on the clock, with so many spans at a time; at least the longest span */
	int threads;	      /* estimate_threads() */
	int64_t memory_bytes; /* of the media process at its peak */
	int64_t bytes;	      /* of the finished file, near enough to choose a disk */
};

struct estimate_request {
	const struct plan *plan;
	const bool *reused; /* as plan->spans: these cost nothing */
	bool sound_reused;
	int threads;	       /* at least 1 */
	double speed;	       /* 1: the machine that was measured */
	int64_t source_pixels; /* of the largest picture that is read; 0: as large as the film's */
	int64_t memory_limit;  /* bytes that the media process is to stay below; 0: none */
};

/* Spans to be made at a time: as many as asked for and missing, fewer when their encoders together would be above the
 * limit, at least 1 even if that is above it. */
int estimate_threads(const struct estimate_request *request);

void estimate_make(const struct estimate_request *request, struct estimate *ret_estimate);

/* Seconds of one processor for one span, at speed 1. */
double estimate_span(const struct plan *plan, const struct plan_span *span);

#endif
