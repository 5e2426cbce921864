/*
 * What a film's encoder profile means: one row for each word of the timeline's output.profile.
 *
 * A row holds the encoder with all of its settings, how its packets become samples, what the file calls them, and the
 * sound that goes with it. The first row is the default and frozen: films that were made with it keep their keys.
 */
#ifndef MEDIA_PROFILE_H
#define MEDIA_PROFILE_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

enum profile_file { PROFILE_MP4, PROFILE_WEBM };

/* The bytes of one coding of pictures. */
struct profile_pictures {
	/* Appends the setup record from the encoder's parameter sets or from its first packet (setup_in_packet). */
	int (*setup)(const uint8_t *bytes, size_t len, struct buf *record, struct error *err);
	/* Appends a packet as the file keeps it. */
	int (*sample)(const uint8_t *packet, size_t len, struct buf *sample, struct error *err);
	/* 0 when a film may begin with the sample, which goes with the record. */
	int (*starts)(const uint8_t *record, size_t record_len, const uint8_t *sample, size_t len, struct error *err);
	/* Appends the name as in `codecs="..."`. */
	void (*codec)(const uint8_t *record, size_t len, struct buf *text);
	int id;		   /* AVCodecID */
	const char *entry; /* the sample entry's type; of WebM the CodecID */
	const char *box;   /* of the setup record; of WebM NULL */
	bool setup_in_packet;
	bool alternate_idr; /* neighbouring IDR pictures must be told apart */
};

struct profile_sound {
	const char *encoder; /* FFmpeg's names */
	const char *decoder;
	const char *codec; /* as in `codecs="..."` */
	int bit_rate;
	int id; /* AVCodecID */
};

struct profile {
	const char *name;
	const char *encoder;  /* FFmpeg's name */
	const char *settings; /* "key=value key=value"; goes into the keys */
	const char *plain;    /* appended to the settings' last value to do without SIMD */
	int reorder;	      /* pictures by which showing lags behind decoding, at most; every film is written so */
	enum profile_file file;
	const char *extension; /* ".mp4" */
	const char *media_type;
	const struct profile_pictures *pictures;
	const struct profile_sound *sound;
};

/* NULL: the default one. Never NULL for a word that a timeline may hold; NULL for others. */
const struct profile *profile_find(const char *name);

/* The n-th one, NULL after the last. */
const struct profile *profile_nth(size_t n);

#endif
