/*
 * The built-in provider: pictures, clips and music out of the media process, plans out of rules. Deterministic for a
 * seed, works offline, costs what the price table says and is marked as simulated everywhere.
 */
#ifndef FW_RENDERD_PROVIDER_LOCAL_H
#define FW_RENDERD_PROVIDER_LOCAL_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "renderd/renderd.h"

/* Pause before the one repetition after an overload. */
#define LOCAL_OVERLOAD_PAUSE_S 30

enum local_fault {
	LOCAL_FAULT_NONE,
	LOCAL_FAULT_ERROR,   /* refused for good */
	LOCAL_FAULT_TIMEOUT, /* overloaded */
	LOCAL_FAULT_CONTENT, /* the content filter says no */
	LOCAL_FAULT_INVALID, /* an answer that cannot be read */
	LOCAL_FAULT_ACCOUNT, /* key or balance refused */
};

/*
 * Which failure LOCAL_FAULTS asks for: items `what:index:fault[:times]` separated by commas, index a number or `*`,
 * times the first attempts that fail (default: all). `what` is plan, image, clip, music or compose.
 */
enum local_fault local_fault(const struct conf *conf, const char *what, int64_t index, int attempt);
/* Plays a failure: 0 for none, else -1 with the error a provider's client would give. */
int local_play(enum local_fault fault, struct error *err) MUST_CHECK;

/* How a finished piece is described to the flow. */
struct local_picture {
	const char *prompt, *view;
	const char *const *keywords;
	size_t keyword_count;
	int64_t seed;
	int variant;
	int width, height;
};
int local_draw(struct attempt *attempt, const struct local_picture *picture, struct stored *ret_stored,
    struct error *err) MUST_CHECK;

struct local_clip {
	const char *source_sha256;
	const char *movement;
	double intensity; /* 0-1 */
	int64_t duration_ms;
	int64_t seed;
};
struct local_video {
	struct stored stored;
	int64_t duration_us; /* measured */
	int width, height;
	int fps_num, fps_den;
};
int local_move(struct attempt *attempt, const struct local_clip *clip, struct local_video *ret_video,
    struct error *err) MUST_CHECK;

#endif
