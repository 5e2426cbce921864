/*
 * Writing the finished MP4: everything in front, one write from start to end.
 *
 * All sizes are known before the first byte is written, so the index (moov) comes first without a second pass. Picture
 * and sound begin at 0 and end together: every picture lasts the same (one stts entry), and each track has exactly one
 * edit, which hides the encoder's reordering delay or priming samples. Captions are text tracks whose samples lie
 * before all others, so that a player has them with the index. The same pieces give the same bytes, with any FFmpeg.
 */
#ifndef MEDIA_MP4_H
#define MEDIA_MP4_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"

struct mp4_sample {
	uint32_t size;
	int32_t delay; /* picture: places between decoding and showing, at least 0 */
	bool key;
};

struct mp4_track {
	const struct mp4_sample *samples; /* in order of decoding */
	uint32_t n_samples;
	const uint8_t *setup; /* avcC, hvcC, av1C; or AudioSpecificConfig */
	size_t setup_len;
};

struct caption_track;

struct mp4_film {
	struct mp4_track picture;
	const char *entry; /* type of the sample entry, NULL: "avc1" */
	const char *box;   /* of the setup record, NULL: "avcC" */
	int width, height;
	int64_t fps_num, fps_den; /* lowest terms */
	int32_t reorder;	  /* places by which showing begins later than decoding */
	struct mp4_track sound;	  /* n_samples 0: none */
	int rate, channels;
	int packet;  /* samples a packet, 1024 */
	int priming; /* samples before the first that is to be heard */
	int last;    /* samples of the last packet that belong to the programme, 1 to packet */
	int bit_rate;
	const struct caption_track *texts; /* in the film's timescale and as long as the film; not in fragments */
	size_t n_texts;
	/* The bytes of a sample; borrowed until the next call. */
	int (*load)(void *ctx, bool sound, uint32_t index, const uint8_t **ret_bytes, struct error *err);
	void *ctx;
};

/* Writes the whole file through a small buffer; no fsync. ret_bytes may be NULL. */
int mp4_write(const struct mp4_film *film, int fd, int64_t *ret_bytes, struct error *err) MUST_CHECK;

/* Time units a second of the picture track (and of the film). */
int64_t mp4_timescale(int64_t fps_num);

#endif
