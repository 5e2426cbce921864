/*
 * A timeline: the only description of a film, version 1.
 *
 * It comes in as JSON, is read through declared fields and checked with pointers to what is wrong, and is planned into
 * whole frames by plan.h. Times are kept as whole microseconds; which frame they mean is decided once, when planning.
 * This folder knows nothing of codecs and opens no file: assets and fonts are names, their digests come in with
 * plan_facts.
 *
 * Pixel sizes (text size, margin) are meant for a picture 1080 lines high and scale with the output's height.
 * Where things cover each other the later one is on top: a later item over an earlier one, a later track over an
 * earlier one, overlays over all tracks in their order.
 */
#ifndef FW_TIMELINE_TIMELINE_H
#define FW_TIMELINE_TIMELINE_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/js/read.h"

#define TIMELINE_VERSION 1
#define TIMELINE_BYTES_MAX (2 * MIB)
#define TIMELINE_TRACKS_MAX 8
#define TIMELINE_ITEMS_MAX 500
#define TIMELINE_OVERLAYS_MAX 200
#define TIMELINE_AUDIO_MAX 64
#define TIMELINE_TEXT_MAX 400 /* code points */
#define TIMELINE_SIDE_MAX 4096
#define TIMELINE_SECONDS_MAX 7200.0
#define TIMELINE_REFERENCE_HEIGHT 1080
#define TIMELINE_FONT_DEFAULT "Montserrat-Bold"

enum timeline_type {
	TIMELINE_CARD,
	TIMELINE_CLIP,
	TIMELINE_STILL,
	TIMELINE_COLOUR,
	TIMELINE_GAP,
	TIMELINE_TYPE__COUNT
};

enum timeline_fit { FIT_CONTAIN, FIT_COVER, FIT_FILL, FIT_BLUR, FIT__COUNT };

enum timeline_transition_type {
	TRANSITION_CUT,
	TRANSITION_DISSOLVE,
	TRANSITION_FADE,      /* through black */
	TRANSITION_WIPE_LEFT, /* the edge moves to the left, uncovering the new picture from the right */
	TRANSITION_WIPE_RIGHT,
	TRANSITION_WIPE_UP,
	TRANSITION_WIPE_DOWN,
	TRANSITION_SLIDE_LEFT, /* the new picture pushes the old one out to the left */
	TRANSITION_SLIDE_RIGHT,
	TRANSITION_SLIDE_UP,
	TRANSITION_SLIDE_DOWN,
	TRANSITION__COUNT
};

enum timeline_anchor { ANCHOR_TOP, ANCHOR_CENTER, ANCHOR_BOTTOM, ANCHOR__COUNT };

enum timeline_role { ROLE_MUSIC, ROLE_DIALOGUE, ROLE_SFX, ROLE__COUNT };

struct timeline_item {
	/* as sent */
	const char *type_name;
	const char *asset;
	double duration_s; /* of movement on the film's clock, after speed; without `hold` */
	double hold_s;	   /* the last picture stays this much longer */
	double in_s;	   /* where in the source it begins */
	double speed;
	const char *fit_name;
	const char *text;
	const char *font;
	double size;
	const char *color;
	const char *background;
	/* as checked */
	enum timeline_type type;
	enum timeline_fit fit;
	int64_t duration_us;
	int64_t hold_us;
	int64_t in_us;
	int64_t speed_ppm; /* 1,000,000: as recorded */
	uint32_t rgb;	   /* of the text, or of a colour item */
	uint32_t background_rgb;
};

struct timeline_transition {
	int64_t after; /* index of the item it follows */
	const char *type_name;
	double duration_s;
	enum timeline_transition_type type;
	int64_t duration_us;
};

struct timeline_track {
	struct js_objects items;       /* struct timeline_item */
	struct js_objects transitions; /* struct timeline_transition; items without one are cut */
};

struct timeline_overlay {
	const char *type_name; /* text or image */
	const char *text;
	const char *asset;
	double start_s, end_s;
	const char *font;
	double size;
	const char *color;
	const char *anchor_name;
	double margin;
	bool outline;
	double width; /* of an image, as a share of the frame's width */
	double opacity;
	bool image;
	enum timeline_anchor anchor;
	int64_t start_us, end_us; /* end 0: to the end of the film */
	uint32_t rgb;
};

struct timeline_audio {
	const char *asset;
	const char *role_name;
	double start_s;
	double duration_s; /* 0: as long as the asset; a looped one to the end of the film */
	bool loop;
	double fade_in_s, fade_out_s;
	double volume;
	enum timeline_role role;
	int64_t start_us, duration_us;
};

struct timeline_sound {
	int64_t rate;
	double lufs;
	double true_peak;
};

struct timeline_output {
	int64_t width, height; /* even */
	struct js_ints fps;
	const char *profile;
	struct timeline_sound audio;
	bool has_audio; /* member "audio" was sent and is not null */
};

struct timeline {
	int64_t version;
	struct timeline_output output;
	struct js_objects tracks;   /* struct timeline_track */
	struct js_objects overlays; /* struct timeline_overlay */
	struct js_objects audio;    /* struct timeline_audio */
};

/* Everything lives in the arena. ERR_INPUT: the problems name every wrong field. */
int timeline_parse(struct arena *arena, const void *json, size_t len, struct timeline **ret_timeline,
    struct js_problems *problems, struct error *err) MUST_CHECK;

/* The fields by which a timeline is read, for js_schema(). */
extern const struct js_field timeline_fields[];

static inline const struct timeline_track *
timeline_track_at(const struct timeline *timeline, size_t index)
{
	return (const struct timeline_track *)timeline->tracks.items + index;
}

static inline const struct timeline_item *
timeline_item_at(const struct timeline_track *track, size_t index)
{
	return (const struct timeline_item *)track->items.items + index;
}

static inline const struct timeline_overlay *
timeline_overlay_at(const struct timeline *timeline, size_t index)
{
	return (const struct timeline_overlay *)timeline->overlays.items + index;
}

static inline const struct timeline_audio *
timeline_audio_at(const struct timeline *timeline, size_t index)
{
	return (const struct timeline_audio *)timeline->audio.items + index;
}

/* The transition after item `index`, or NULL for a cut. */
const struct timeline_transition *timeline_transition_after(const struct timeline_track *track, size_t index);

/* "dissolve"; the words of the JSON. */
const char *timeline_transition_name(enum timeline_transition_type type) RETURNS_NONNULL;
const char *timeline_fit_name(enum timeline_fit fit) RETURNS_NONNULL;
const char *timeline_type_name(enum timeline_type type) RETURNS_NONNULL;

#endif
