/*
 * The advert: what was asked for when composing becomes a timeline.
 *
 * Intro card, clips in order with short dissolves, outro card, the name over the first clip, the call to action over
 * the end, music. All arithmetic is in whole microseconds, so the length is exactly what the formula says and the
 * fitted length exactly the wanted one.
 */
#ifndef FW_TIMELINE_ADVERT_H
#define FW_TIMELINE_ADVERT_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

#define ADVERT_WIDTH 1920
#define ADVERT_HEIGHT 1080
#define ADVERT_FPS 30
#define ADVERT_CARD_S 1.0 /* default of intro and outro */
#define ADVERT_CROSSFADE_S 0.25
#define ADVERT_SHORTEST_S 8.0
#define ADVERT_LONGEST_S 12.0
#define ADVERT_CLIP_MIN_S 1.0 /* no clip is trimmed below it */
#define ADVERT_SLOW_MAX 1.5   /* no clip is slowed more; then its last picture is held */
#define ADVERT_CLIPS_MAX 16
#define ADVERT_MUSIC "music" /* the asset names of music and voice */
#define ADVERT_VOICE "voice"

enum advert_aspect { ADVERT_WIDE, ADVERT_TALL, ADVERT_SQUARE, ADVERT_ASPECT__COUNT };

struct advert_clip {
	const char *asset; /* its name among the render's assets */
	double duration_s; /* measured */
};

struct advert {
	const struct advert_clip *clips; /* in the order of the film */
	size_t n_clips;
	double intro_s, outro_s; /* 0: no card */
	bool crossfade;		 /* else hard cuts */
	bool fit;		 /* to 8-12 s */
	const char *name;	 /* of the product; needed only for advert_write() */
	const char *cta;
	const char *font;
	const char *color; /* "#RRGGBB" */
	double cta_lead_in_s;
	double name_start_s; /* after the intro */
	double name_duration_s;
	bool music;
	bool voice;		   /* a recording over the film, from the end of the intro on */
	enum advert_aspect aspect; /* 16:9, 9:16, 1:1 */
};

struct advert_length {
	int64_t natural_us;
	int64_t film_us;   /* what the film will last */
	double factor;	   /* of every clip's time: below 1 trimmed, above 1 slowed */
	int64_t hold_us;   /* the last picture is held this long */
	bool out_of_range; /* warning duration_out_of_range */
};

enum advert_aspect advert_aspect_of_name(const char *name);

/* Natural and final length; also for estimates before anything exists. ERR_INPUT for no clips, too many, or one without
 * length. */
int advert_length(const struct advert *advert, struct advert_length *ret_length, struct error *err) MUST_CHECK;

/* Appends the timeline as JSON. Music and voice, when wanted, are the assets ADVERT_MUSIC and ADVERT_VOICE. ret_length
 * may be NULL. */
int advert_write(
    const struct advert *advert, struct buf *json, struct advert_length *ret_length, struct error *err) MUST_CHECK;

#endif
