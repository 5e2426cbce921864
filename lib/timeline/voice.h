/*
 * What is heard in a film: every sound with its place in samples.
 *
 * Audio items and the clips' own sound become voices once, when planning; the mixer sees nothing else, and the key of
 * the sound programme is the digest of exactly these fields. A sound begins with the sample in which its frame begins,
 * so it lies on the picture it belongs to; only where that would be more than 20 ms beside the asked time (at low frame
 * rates) the time itself counts.
 *
 * Where pictures dissolve into each other the sounds of the two clips do so over the same frames, with equal power;
 * where a picture fades to a colour and the next one comes up from it, so do they. A held picture is silent. At a hard
 * join both sounds meet in a cross-fade of a few milliseconds around it (`joined`): two parts of one take go on without
 * a change, and different ones do not click.
 */
#ifndef FW_TIMELINE_VOICE_H
#define FW_TIMELINE_VOICE_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/base/hash.h"

struct plan;

enum voice_kind { VOICE_CLIP, VOICE_DIALOGUE, VOICE_MUSIC, VOICE_SFX, VOICE__COUNT };

enum voice_shape { VOICE_LINEAR, VOICE_POWER };

/* On the film's axis, in samples; an empty one does nothing. */
struct voice_fade {
	int64_t start, end;
	enum voice_shape shape;
};

struct voice {
	enum voice_kind kind;
	const char *asset;
	int64_t item;	    /* index among the timeline's audio items; -1 for a clip */
	int64_t start, end; /* samples of the film, end not included */
	bool open;	    /* nobody said how long: at most until `end`, and as long as the asset */
	bool cut;	    /* was asked to go on after the film's end */
	int64_t in_us;	    /* where in the asset it begins */
	int64_t speed_ppm;
	double volume, pan;
	bool loop;
	bool joined; /* meets its neighbours in short cross-fades around `start` and `end` */
	struct voice_fade in, out;
	/* of an open voice `out` lies at the film's end; it counts from where the sound ends, if that is earlier */
	double duck_db; /* 0: does not step back under dialogue */
};

/* In a fixed order, all of them within the film. They live in the arena. */
int voice_list(struct arena *arena, const struct plan *plan, const struct voice **ret_voices, size_t *ret_count,
    struct error *err) MUST_CHECK;

/* Everything that makes a voice sound as it does, without its asset's digest. */
void voice_hash(const struct voice *voice, struct hash *hash);

#endif
