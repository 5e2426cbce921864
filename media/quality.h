/*
 * Judging a film by what was measured while it was made: which frames are black, stand still, repeat or flash although
 * the plan does not ask for it, which joins show, whether the levels fit, what the sound does.
 *
 * Nothing here opens a file or knows a codec. The pictures come as marks (canvas.h) with what the plan expects of each
 * frame, the sound as the peak of every tenth of a second. A planned fade to black, a card that stands or a clip that
 * is held is no fault: only what a viewer would not expect is a finding.
 */
#ifndef MEDIA_QUALITY_H
#define MEDIA_QUALITY_H

#include <stdbool.h>
#include <stdint.h>

#include "media/canvas.h"

#define QUALITY_FINDINGS_MAX 100
#define QUALITY_SOUND_WINDOWS 10 /* a second */

enum quality_code {
	QUALITY_BLACK,	    /* a clip or still is shown and there is nothing to see */
	QUALITY_FROZEN,	    /* a clip runs and the picture stands */
	QUALITY_DUPLICATED, /* a clip runs and many of its pictures come twice */
	QUALITY_FLASH,	    /* one picture much brighter or darker than both neighbours */
	QUALITY_FLASHING,   /* brightness goes up and down more than three times a second */
	QUALITY_JOIN,	    /* a step of level or colour where two spans meet inside a scene */
	QUALITY_LEVELS,	    /* luma outside the video range */
	QUALITY_LOUDNESS,   /* not at its target */
	QUALITY_TRUE_PEAK,  /* above its limit */
	QUALITY_CLIPPED,    /* samples at full scale */
	QUALITY_SILENCE,    /* a long stretch without sound */
	QUALITY_SYNC,	    /* sound and picture do not begin together */
	QUALITY_ENLARGED,   /* a picture is scaled up so far that it is soft */
	QUALITY_CODE__COUNT
};

enum quality_severity { QUALITY_INFO, QUALITY_WARNING, QUALITY_ERROR, QUALITY_SEVERITY__COUNT };

/* What the plan asks of a frame. */
#define QUALITY_MOVES 1u  /* another picture than in the frame before */
#define QUALITY_SEEN 2u	  /* a clip or a still, not on its way in or out */
#define QUALITY_STARTS 4u /* a span begins here */
#define QUALITY_CUT 8u	  /* something appears or goes at once: a step is wanted */

struct quality_finding {
	enum quality_code code;
	enum quality_severity severity;
	int64_t frame, frames; /* of the film; frames 0: of the whole film */
	double value, limit;   /* in the code's unit */
};

struct quality_list {
	struct quality_finding items[QUALITY_FINDINGS_MAX];
	size_t count;
	size_t left_out; /* that found no room */
};

struct quality_film {
	int64_t fps_num, fps_den;
	int64_t frames;
	const struct canvas_mark *marks; /* of every frame; change and CANVAS_SAME of a span's first frame are set */
	const uint8_t *expected;	 /* QUALITY_ bits of every frame */
};

struct quality_pictures {
	int64_t black, frozen, duplicated; /* frames, unexpected ones */
	int64_t flashes;
	int64_t joins, cuts, visible; /* places where spans meet; of these: where a cut is wanted; where a step shows */
	int64_t step_frame;	      /* of the largest step at a join without cut; -1: none */
	double step;		      /* in levels of 255 */
	double out_of_range;	      /* largest share of a frame's luma outside the video range */
	double mean;		      /* luma of the film, in levels of 255 */
};

/* Findings are appended in order of the codes. */
void quality_pictures(const struct quality_film *film, struct quality_pictures *ret_sums, struct quality_list *list);

struct quality_sound {
	int64_t fps_num, fps_den;
	double lufs, target; /* -INFINITY: silence */
	double true_peak, peak_limit;
	int64_t clipped;
	int64_t offset_us;  /* of the first sample after the first picture, as the file says */
	const float *peaks; /* highest magnitude of each tenth of a second */
	size_t n_peaks;
};

/* ret_silent_s: of all stretches below -60 dBFS of a tenth of a second and more. */
void quality_sound(const struct quality_sound *sound, double *ret_silent_s, struct quality_list *list);

void quality_add(struct quality_list *list, const struct quality_finding *finding);

/* By place in the film, then by code. */
void quality_sort(struct quality_list *list);

/* "black"; the words of the JSON. */
const char *quality_code_name(enum quality_code code);
const char *quality_severity_name(enum quality_severity severity);
/* "s", "levels", "share", "LUFS", "dBTP", "samples", "us", "x" */
const char *quality_unit(enum quality_code code);
/* A sentence for a person. */
const char *quality_sentence(enum quality_code code);

#endif
