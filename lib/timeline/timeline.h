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
#define TIMELINE_CAPTIONS_MAX 8
#define TIMELINE_CUES_MAX 5000
#define TIMELINE_WORDS_MAX 100 /* of one cue */
#define TIMELINE_KEYFRAMES_MAX 64
#define TIMELINE_TEXT_MAX 400 /* code points */
#define TIMELINE_SIDE_MAX 4096
#define TIMELINE_SECONDS_MAX 7200.0
#define TIMELINE_REFERENCE_HEIGHT 1080
#define TIMELINE_ZOOM_MAX 8.0
#define TIMELINE_SPEED_MIN 0.25
#define TIMELINE_SPEED_MAX 4.0
#define TIMELINE_FONT_DEFAULT "Montserrat-Bold"

enum timeline_type {
	TIMELINE_CARD,
	TIMELINE_CLIP,
	TIMELINE_STILL,
	TIMELINE_COLOUR,
	TIMELINE_GAP,
	TIMELINE_TYPE__COUNT
};

/* How a picture of another shape takes its place: whole with what is free around it, filling and cut, distorted, at its
 * own size, or whole over a blurred copy of itself. */
enum timeline_fit { FIT_CONTAIN, FIT_COVER, FIT_FILL, FIT_NONE, FIT_BLUR, FIT__COUNT };

enum timeline_transition_type {
	TRANSITION_CUT,
	TRANSITION_DISSOLVE,
	TRANSITION_FADE,  /* the old picture goes to a colour, then the new one comes up from it; nothing overlaps */
	TRANSITION_WIPE,  /* an edge moves in `direction` and uncovers the new picture */
	TRANSITION_SLIDE, /* the new picture pushes the old one out in `direction` */
	TRANSITION_XFADE, /* what FFmpeg's filter of that name calls `xfade` */
	TRANSITION__COUNT
};

enum timeline_direction { DIRECTION_LEFT, DIRECTION_RIGHT, DIRECTION_UP, DIRECTION_DOWN, DIRECTION__COUNT };

enum timeline_easing { EASE_LINEAR, EASE_IN, EASE_OUT, EASE_IN_OUT, EASE__COUNT };

/* Row-wise, so that the column is the remainder by three. */
enum timeline_anchor {
	ANCHOR_TOP_LEFT,
	ANCHOR_TOP,
	ANCHOR_TOP_RIGHT,
	ANCHOR_LEFT,
	ANCHOR_CENTER,
	ANCHOR_RIGHT,
	ANCHOR_BOTTOM_LEFT,
	ANCHOR_BOTTOM,
	ANCHOR_BOTTOM_RIGHT,
	ANCHOR__COUNT
};

enum timeline_align { ALIGN_CENTER, ALIGN_LEFT, ALIGN_RIGHT, ALIGN__COUNT };

enum timeline_role { ROLE_MUSIC, ROLE_DIALOGUE, ROLE_SFX, ROLE__COUNT };

enum timeline_grade {
	GRADE_NONE,
	GRADE_NATURAL,
	GRADE_CINEMATIC,
	GRADE_WARM,
	GRADE_COOL,
	GRADE_HIGH_CONTRAST,
	GRADE_CUSTOM, /* by the numbers beside it, or by `lut` alone */
	GRADE__COUNT
};

enum timeline_caption_mode {
	CAPTION_BURN,	 /* drawn into the picture */
	CAPTION_SIDECAR, /* a file of its own beside the film */
	CAPTION_TRACK,	 /* a text track in the film's file */
	CAPTION__COUNT
};

enum timeline_caption_look { CAPTION_PLAIN, CAPTION_OUTLINE, CAPTION_BOX, CAPTION_KARAOKE, CAPTION_LOOK__COUNT };

/* What is done to the colours: first the grade, then the table, then sharpening. */
struct timeline_look {
	const char *grade_name;
	double brightness; /* added, as a share of the whole range */
	double contrast;   /* about middle grey; 1 changes nothing, as with the next two */
	double saturation;
	double gamma;
	double temperature; /* -1 cool ... 1 warm */
	const char *lut;    /* asset of a .cube file, or NULL */
	double sharpen;	    /* 0 none ... 1 */
	enum timeline_grade grade;
};

/* A moment of a camera that moves over the picture: which part of it is seen. Between two moments it moves by the
 * earlier one's easing; before the first and after the last it stands. */
struct timeline_keyframe {
	double at_s; /* on the item's clock, in film seconds */
	double x, y; /* centre of what is seen, as shares of the fitted picture */
	double zoom; /* 1: all of it */
	const char *easing_name;
	enum timeline_easing easing;
	int64_t at_us;
};

struct timeline_item {
	/* as sent */
	const char *type_name;
	const char *asset;
	double duration_s; /* of movement on the film's clock, after speed; without `hold` */
	double hold_s;	   /* the last picture stays this much longer */
	double in_s;	   /* where in the source it begins */
	double out_s;	   /* where in the source it ends; 0: as the duration says */
	double speed;
	const char *fit_name;
	const char *anchor_name;   /* which part stays when a picture is cut, where it stands when it is not */
	struct js_objects motion;  /* struct timeline_keyframe, in order of time */
	struct timeline_look look; /* of this item alone, before the film's */
	bool stabilise;
	bool denoise;
	bool sound;    /* of a clip: its own sound is heard, if it has one and the film has sound */
	double volume; /* of that sound */
	const char *text;
	const char *font;
	double size;
	const char *color;
	const char *background; /* of a card; of what a fitted picture leaves free */
	const char *align_name;
	/* as checked */
	bool has_duration, has_look;
	enum timeline_type type;
	enum timeline_fit fit;
	enum timeline_anchor anchor;
	enum timeline_align align;
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
	const char *direction_name;
	const char *easing_name;
	const char *color; /* of a fade */
	bool has_duration;
	enum timeline_transition_type type;
	enum timeline_direction direction;
	enum timeline_easing easing;
	const char *xfade; /* the filter's word, with TRANSITION_XFADE; from a static table */
	uint32_t rgb;
	int64_t duration_us;
};

struct timeline_track {
	struct js_objects items;       /* struct timeline_item */
	struct js_objects transitions; /* struct timeline_transition; items without one are cut */
};

/* A surface behind a text. */
struct timeline_box {
	const char *color; /* NULL: there is none */
	double opacity;
	double padding;
	double radius;
	uint32_t rgb;
};

struct timeline_overlay {
	const char *type_name; /* text or image */
	const char *text;
	const char *asset;
	double start_s, end_s;
	double fade_in_s, fade_out_s;
	const char *font;
	double size;
	const char *color;
	const char *anchor_name;
	const char *align_name; /* of the lines among themselves */
	double margin;		/* from the edges that the anchor names */
	double x, y;		/* moved by so much, right and down */
	bool outline;
	double outline_width;
	const char *outline_color;
	struct timeline_box box;
	double width; /* of an image, or at most of a text, as a share of the frame's width */
	double opacity;
	bool image;
	enum timeline_anchor anchor;
	enum timeline_align align;
	int64_t start_us, end_us; /* end 0: to the end of the film */
	int64_t fade_in_us, fade_out_us;
	uint32_t rgb;
	uint32_t outline_rgb;
};

/* A word and when it is spoken. */
struct timeline_word {
	const char *text;
	double start_s, end_s;
	int64_t start_us, end_us;
};

struct timeline_cue {
	double start_s, end_s;
	const char *text;	 /* lines are broken at '\n' and where they get too long */
	struct js_objects words; /* struct timeline_word; may be empty */
	int64_t start_us, end_us;
};

struct timeline_captions {
	const char *asset; /* SRT, WebVTT or word timings; or else ... */
	struct js_objects
	    cues;	      /* struct timeline_cue, in order of their start. Whoever reads the asset fills them in */
	const char *language; /* BCP 47 */
	double offset_s;      /* added to all times; negative: earlier */
	struct js_strings mode_names;
	const char *look_name;
	const char *font;
	double size;
	const char *color;
	const char *highlight; /* of the word that is spoken, with "karaoke" */
	const char *anchor_name;
	double margin;
	struct timeline_box box;
	bool modes[CAPTION__COUNT];
	enum timeline_caption_look look;
	enum timeline_anchor anchor;
	int64_t offset_us;
	uint32_t rgb, highlight_rgb;
};

struct timeline_audio {
	const char *asset;
	const char *role_name;
	double start_s;
	double duration_s; /* 0: as long as the asset; a looped one to the end of the film */
	double in_s;	   /* where in the source it begins */
	double speed;	   /* the pitch stays */
	bool loop;
	double fade_in_s, fade_out_s; /* linear in amplitude */
	double volume;
	double pan; /* -1 left ... 1 right */
	bool duck;  /* music and effects step back while dialogue is heard */
	enum timeline_role role;
	int64_t start_us, duration_us, in_us;
	int64_t fade_in_us, fade_out_us;
	int64_t speed_ppm;
};

/* How far music and effects step back under dialogue, and how fast. */
struct timeline_ducking {
	double music_db, sfx_db; /* positive: so much quieter */
	double attack_s, release_s;
};

struct timeline_sound {
	int64_t rate;
	double lufs;
	double true_peak;
	struct timeline_ducking ducking;
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
	struct js_objects captions; /* struct timeline_captions */
	struct js_objects audio;    /* struct timeline_audio */
	struct timeline_look look;  /* of the whole film below overlays and captions */
	bool has_look;
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

static inline const struct timeline_captions *
timeline_captions_at(const struct timeline *timeline, size_t index)
{
	return (const struct timeline_captions *)timeline->captions.items + index;
}

static inline const struct timeline_cue *
timeline_cue_at(const struct timeline_captions *captions, size_t index)
{
	return (const struct timeline_cue *)captions->cues.items + index;
}

static inline const struct timeline_word *
timeline_word_at(const struct timeline_cue *cue, size_t index)
{
	return (const struct timeline_word *)cue->words.items + index;
}

static inline const struct timeline_keyframe *
timeline_keyframe_at(const struct timeline_item *item, size_t index)
{
	return (const struct timeline_keyframe *)item->motion.items + index;
}

/* The transition after item `index`, or NULL for a cut. */
const struct timeline_transition *timeline_transition_after(const struct timeline_track *track, size_t index);

/* Whether both items are on the screen at once: false for cuts and fades, which take no time from the film. */
bool timeline_overlaps(const struct timeline_transition *transition);

/* "contain"; the words of the JSON. */
const char *timeline_fit_name(enum timeline_fit fit) RETURNS_NONNULL;
const char *timeline_type_name(enum timeline_type type) RETURNS_NONNULL;
const char *timeline_grade_name(enum timeline_grade grade) RETURNS_NONNULL;

/* Every name that FFmpeg 5.1's xfade knows and that needs no expression, NULL-terminated. */
extern const char *const timeline_xfade_names[];

#endif
