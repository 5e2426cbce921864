/*
 * The built-in musician: a piece of about 30 s in one of three genres, written and played anew for every seed, free of
 * anyone's rights. The piece is a circle of whole bars: its end leads into its beginning without a seam.
 */
#ifndef MEDIA_SYNTH_MUSIC_H
#define MEDIA_SYNTH_MUSIC_H

#include "lib/base/attr.h"
#include "lib/base/error.h"

enum music_genre { MUSIC_UPBEAT, MUSIC_CHILL, MUSIC_ENERGETIC, MUSIC__COUNT };

/* Loudness of every piece and every fitted programme. */
#define MUSIC_LUFS (-16.0)
#define MUSIC_TRUE_PEAK (-1.5)
#define MUSIC_FADE_IN 0.5
#define MUSIC_FADE_OUT 1.0

struct music_request {
	enum music_genre genre;
	int64_t seed;
	int rate; /* 22050..192000, usually 48000 */
};

const char *music_genre_name(enum music_genre genre) RETURNS_NONNULL;

/* False for an unknown name, which leaves *ret_genre at upbeat; the caller then warns of `genre_fallback`. */
bool music_genre_find(const char *name, enum music_genre *ret_genre) MUST_CHECK;

/* Interleaved stereo, MUSIC_LUFS, at most MUSIC_TRUE_PEAK. The same request gives the same samples. The caller frees
 * the samples. Takes about a second of one processor and 100 MB meanwhile. */
int music_render(
    const struct music_request *request, float **ret_interleaved, size_t *ret_frames, struct error *err) MUST_CHECK;

struct music_fit {
	size_t frames;	 /* wanted */
	double fade_in;	 /* seconds */
	double fade_out; /* seconds; where both do not fit they are shortened alike */
	int rate;
	bool normalise; /* to MUSIC_LUFS and MUSIC_TRUE_PEAK after the fades */
};

/* Repeats or cuts a stereo loop to exactly fit->frames and fades its ends. The caller frees the samples. */
int music_fit(const float *loop, size_t loop_frames, const struct music_fit *fit, float **ret_interleaved,
    struct error *err) MUST_CHECK;

#endif
