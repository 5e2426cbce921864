/*
 * Captions as files: SubRip (SRT), WebVTT and word timings as JSON in, SubRip and WebVTT out; words into cues.
 *
 * What is read is text in UTF-8, with or without a byte order mark and with any line ends. Markup is taken off (tags,
 * positions, `{\an8}`); what only looks like it ("<3", "a < b") stays. Times inside of a WebVTT cue become word
 * timings. Cues come out in the order of their start.
 */
#ifndef FW_TIMELINE_CAPTION_H
#define FW_TIMELINE_CAPTION_H

#include "lib/base/buf.h"
#include "lib/timeline/timeline.h"

#define CAPTION_BYTES_MAX (4 * MIB)
#define CAPTION_WORDS_MAX 20000
#define CAPTION_HOURS_MAX 99

enum caption_format { CAPTION_SRT, CAPTION_VTT, CAPTION_WORDS, CAPTION_FORMAT__COUNT };

struct caption_file {
	enum caption_format format;
	struct js_objects cues;	 /* struct timeline_cue; none with CAPTION_WORDS */
	struct js_objects words; /* struct timeline_word, only with CAPTION_WORDS */
};

/* What the bytes are is seen from the bytes. Everything lives in the arena. ERR_INPUT "captions_unreadable" with the
 * number of the wrong line, or of the wrong word. */
int caption_parse(
    struct arena *arena, const void *bytes, size_t len, struct caption_file *ret_file, struct error *err) MUST_CHECK;

/* How words become cues: at most two lines, which end at silences and sentences rather than anywhere, and stay long
 * enough to be read. */
struct caption_flow {
	/* Width of a piece of text in the units of max_width. NULL: characters, of which East Asian ones count twice.
	 */
	double (*width)(void *ctx, const char *text);
	void *ctx;
	double max_width; /* of a line; 0: 42 characters */
};

/* Each cue has its words. A line break is a '\n'. Everything lives in the arena, the words' texts as they are. */
int caption_flow(struct arena *arena, const struct timeline_word *words, size_t count, const struct caption_flow *how,
    struct js_objects *ret_cues, struct error *err) MUST_CHECK;

/* The captions as a file of their own: their offset is added, what lies outside of the film is left out or cut. */
void caption_write_srt(const struct timeline_captions *captions, int64_t film_us, struct buf *into);
void caption_write_vtt(const struct timeline_captions *captions, int64_t film_us, struct buf *into);

/* The cue's place in a film that long: false when it has none. */
bool caption_place(const struct timeline_captions *captions, const struct timeline_cue *cue, int64_t film_us,
    int64_t *ret_start_us, int64_t *ret_end_us);

#endif
