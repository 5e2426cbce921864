/*
 * A plan: a timeline in whole frames, cut into spans that can be encoded, kept and joined independently.
 *
 * Seconds become frames once, here: every start and end on the film's exact time axis is rounded to the nearest frame
 * (halves up), never a length by itself, so that rounding does not add up: ten clips with 0.25 s dissolves end where
 * the exact sum says.
 *
 * Everything visible is a layer with a place on the film's frame axis; later layers lie on top. A transition is the way
 * in which a layer comes in over the one before. The change points of all layers cut the film into spans. A span's key
 * is the digest of everything that affects its pixels and of nothing else: where the span lies in the film does not
 * matter, so moving a scene does not make it new.
 */
#ifndef FW_TIMELINE_PLAN_H
#define FW_TIMELINE_PLAN_H

#include "lib/base/hash.h"
#include "lib/timeline/timeline.h"
#include "lib/timeline/voice.h"

#define PLAN_SPAN_MIN 3	    /* frames; shorter pieces join their neighbour */
#define PLAN_SPAN_LONG 240  /* longer ones are divided ... */
#define PLAN_SPAN_PIECE 120 /* ... into pieces of at least this many */

/* What a name of the timeline stands for. */
struct plan_fact {
	const char *name;
	const char *digest; /* of the file's bytes; of all font files that a text takes letters from */
	const char *text;   /* of a font: the text that it draws; NULL: any */
};

struct plan_facts {
	const char *engine; /* versions and settings of everything between the inputs' bytes and the encoded ones, as
			       one text */
	const struct plan_fact *assets;
	size_t n_assets;
	const struct plan_fact *fonts;
	size_t n_fonts;
};

struct plan_layer {
	const struct timeline_item *item; /* one of these three */
	const struct timeline_overlay *overlay;
	const struct timeline_captions *captions; /* burnt in; the cues of a moment are drawn */
	size_t track;				  /* of an item */
	int64_t start, end;			  /* film frames, end not included */
	int64_t moving; /* frames from start on that advance the source; later ones repeat the last; at least 1 */
	/* How an item comes in: frame k of enter_frames (from 0) is k steps of enter_frames on the way. NULL: at once.
	 * A fade comes up from its colour, everything else comes over what is below. */
	const struct timeline_transition *enter;
	int64_t enter_frames;
	/* How an item goes: its last leave_frames go to the colour of this fade, the last one wholly. NULL: at once. */
	const struct timeline_transition *leave;
	int64_t leave_frames;
	int64_t fade_in, fade_out; /* frames of an overlay's fades */
	bool covers;		   /* hides everything below once it is in */
};

enum plan_kind { PLAN_BODY, PLAN_OVERLAP, PLAN_CARD, PLAN__COUNT };

struct plan_span {
	int64_t start;
	int64_t frames;
	enum plan_kind kind;
	const size_t *layers; /* indices of plan->layers, bottom first; hidden ones are left out */
	size_t n_layers;
	char key[HASH_HEX_SIZE];
};

struct plan {
	const struct timeline *timeline;
	const struct plan_facts *facts; /* borrowed */
	int64_t fps_num, fps_den;	/* in lowest terms */
	int64_t frames;
	const struct plan_layer *layers;
	size_t n_layers;
	const struct plan_span *spans; /* in order, without gaps */
	size_t n_spans;
	const struct voice *voices; /* none without sound */
	size_t n_voices;
	char audio_key[HASH_HEX_SIZE]; /* "" without sound */
	char key[HASH_HEX_SIZE];       /* of the finished file */
};

/* Everything lives in the arena; the timeline must live as long. ERR_INPUT "timeline_empty" for a film without frames,
 * "clip_unavailable", "sound_unavailable" or "font_missing" for a name without a fact. */
int plan_make(struct arena *arena, const struct timeline *timeline, const struct plan_facts *facts,
    struct plan **ret_plan, struct error *err) MUST_CHECK;

/* "body" */
const char *plan_kind_name(enum plan_kind kind) RETURNS_NONNULL;

/* Nearest frame to a time, halves up. */
int64_t plan_frame(int64_t us, int64_t fps_num, int64_t fps_den);

/* Samples of one channel that the first `frames` frames last, rounded to the nearest. */
int64_t plan_samples(const struct plan *plan, int64_t frames, int64_t rate);

/* How much of an overlay is seen in its frame k, 0 to 65536, from its fades alone. */
int32_t plan_overlay_share(const struct plan_layer *layer, int64_t k);

/* The picture scale of sizes that are given for 1080 lines. */
double plan_scale(const struct plan *plan);

#endif
