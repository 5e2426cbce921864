/*
 * Captions as a text track of an MP4: 3GPP timed text ("tx3g"), which players offer to switch on.
 *
 * The track lasts exactly as long as the film and has no holes: where nobody speaks a sample is empty. Where cues
 * overlap, a sample holds the texts of all of them, one below the other.
 */
#ifndef MEDIA_CAPTION_TRACK_H
#define MEDIA_CAPTION_TRACK_H

#include "lib/base/buf.h"
#include "lib/timeline/timeline.h"

struct caption_track_sample {
	uint32_t duration; /* in the track's time units */
	uint32_t size;	   /* bytes; samples follow each other in `data` */
};

struct caption_track {
	char language[4];   /* ISO 639-2/T, "und" when unknown */
	bool enabled;	    /* shown unless somebody switches it off; false when it is made */
	int box_height;	    /* the text's box is as wide as the film and lies at its bottom */
	struct buf entry;   /* the sample entry: the whole tx3g box */
	struct buf samples; /* struct caption_track_sample */
	struct buf data;
};

struct caption_track_request {
	const struct timeline_captions *captions;
	int64_t timescale; /* time units a second, the picture track's */
	int64_t duration;  /* of the film in them */
	int width, height; /* of the film */
};

/* ERR_TOO_LARGE for a film that is too long for 32-bit durations. */
int caption_track_make(
    const struct caption_track_request *request, struct caption_track *ret_track, struct error *err) MUST_CHECK;
void caption_track_done(struct caption_track *track);

static inline size_t
caption_track_count(const struct caption_track *track)
{
	return track->samples.len / sizeof(struct caption_track_sample);
}

static inline const struct caption_track_sample *
caption_track_at(const struct caption_track *track, size_t index)
{
	return (const struct caption_track_sample *)(const void *)track->samples.data + index;
}

/* "eng" for "en", "en-GB" or "eng"; "und" for what is not known. */
const char *caption_language(const char *tag) RETURNS_NONNULL;

#endif
