/*
 * Writing 3GPP timed text (ETSI TS 126 245): a sample is the length of its text in two bytes and the text in UTF-8.
 */
#include "media/caption_track.h"

#include "lib/base/text.h"
#include "lib/timeline/caption.h"

#define DATA_MAX (16 * MIB)
#define FONT "Sans-Serif"
/* of the film's height */
#define BOX_SHARE 5 /* the text's box is the lowest fifth */
#define SIZE_SHARE 20

struct part {
	int64_t start, end; /* in time units */
	const char *text;
};

/* ---- languages ---- */

const char *
caption_language(const char *tag)
{
	static const char *const languages[] = {"ar ara", "bg bul", "bn ben", "ca cat", "cs ces", "da dan", "de deu",
	    "el ell", "en eng", "es spa", "et est", "fa fas", "fi fin", "fr fra", "gu guj", "he heb", "hi hin",
	    "hr hrv", "hu hun", "id ind", "it ita", "ja jpn", "ka kat", "kn kan", "ko kor", "lt lit", "lv lav",
	    "ml mal", "mr mar", "ms msa", "nb nob", "nl nld", "nn nno", "no nor", "pa pan", "pl pol", "pt por",
	    "ro ron", "ru rus", "sk slk", "sl slv", "sr srp", "sv swe", "sw swa", "ta tam", "te tel", "th tha",
	    "tr tur", "uk ukr", "ur urd", "vi vie", "zh zho"};
	const size_t len = tag == NULL ? 0 : strcspn(tag, "-_");

	for (size_t i = 0; i < ARRAY_LEN(languages); i++)
		if ((len == 2 && strncasecmp(tag, languages[i], 2) == 0) ||
		    (len == 3 && strncasecmp(tag, languages[i] + 3, 3) == 0))
			return languages[i] + 3;
	return "und";
}

/* ---- the sample entry ---- */

static void
put_be(struct buf *into, int64_t value, int bytes)
{
	for (int i = bytes - 1; i >= 0; i--)
		buf_putc(into, (char)(value >> (8 * i) & 255));
}

/* Centred at the bottom of a box in the lower part of the film, white, on nothing. */
static void
put_entry(struct buf *into, int width, int height)
{
	const int64_t ftab = 8 + 2 + 3 + (int64_t)strlen(FONT), size = 8 + 8 + 4 + 2 + 4 + 8 + 12 + ftab;

	put_be(into, size, 4);
	buf_puts(into, "tx3g");
	put_be(into, 1, 8);  /* reserved; data reference 1 */
	put_be(into, 0, 4);  /* display flags */
	put_be(into, 1, 1);  /* centred ... */
	put_be(into, -1, 1); /* ... at the bottom */
	put_be(into, 0, 4);  /* background */
	put_be(into, 0, 4);  /* box: top, left, ... */
	put_be(into, height / BOX_SHARE, 2);
	put_be(into, width, 2);
	put_be(into, 0, 4); /* style: of all characters ... */
	put_be(into, 1, 2); /* ... font 1 ... */
	put_be(into, 0, 1); /* ... upright */
	put_be(into, FW_MIN(height / SIZE_SHARE, 255), 1);
	put_be(into, 0xffffffff, 4);
	put_be(into, ftab, 4);
	buf_puts(into, "ftab");
	put_be(into, 1, 2);
	put_be(into, 1, 2);
	put_be(into, (int64_t)strlen(FONT), 1);
	buf_puts(into, FONT);
}

/* ---- samples ---- */

static int64_t
to_units(const struct caption_track_request *request, int64_t us)
{
	return FW_MIN((us * request->timescale + 500000) / 1000000, request->duration);
}

/* The texts that are seen from `at` on, and until when that stays so. */
static int64_t
put_sample(const struct part *parts, size_t count, int64_t at, int64_t end, struct buf *text)
{
	buf_reset(text);
	for (size_t i = 0; i < count && parts[i].start < end; i++) {
		if (parts[i].start > at) {
			end = FW_MIN(end, parts[i].start);
		} else if (parts[i].end > at) {
			end = FW_MIN(end, parts[i].end);
			buf_puts(text, text->len > 0 ? "\n" : "");
			buf_puts(text, parts[i].text);
		}
	}
	return end;
}

static void
put_samples(struct caption_track *track, const struct part *parts, size_t count, int64_t duration)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(65535);
	size_t from = 0;

	for (int64_t at = 0, end; at < duration; at = end) {
		/* parts stand in the order of their start; those over for good are not looked at again */
		while (from < count && parts[from].end <= at)
			from++;
		end = put_sample(parts + from, count - from, at, duration, &text);
		const struct caption_track_sample sample = {(uint32_t)(end - at), (uint32_t)text.len + 2};
		buf_put(&track->samples, &sample, sizeof(sample));
		put_be(&track->data, (int64_t)text.len, 2);
		buf_put(&track->data, buf_str(&text), text.len);
	}
}

static size_t
list_parts(const struct caption_track_request *request, struct part *parts)
{
	const struct timeline_captions *captions = request->captions;
	size_t count = 0;

	for (size_t i = 0; i < captions->cues.count; i++) {
		const struct timeline_cue *cue = timeline_cue_at(captions, i);
		int64_t start_us, end_us;

		if (!caption_place(captions, cue, INT64_MAX, &start_us, &end_us))
			continue;
		parts[count] = (struct part){to_units(request, start_us), to_units(request, end_us), cue->text};
		count += parts[count].end > parts[count].start;
	}
	return count;
}

int
caption_track_make(const struct caption_track_request *request, struct caption_track *ret_track, struct error *err)
{
	struct caption_track track = {
	    .entry = BUF_INIT(KIB), .samples = BUF_INIT(DATA_MAX), .data = BUF_INIT(DATA_MAX)};
	struct part *parts = calloc(request->captions->cues.count + 1, sizeof(*parts));

	if (parts == NULL)
		return error_set(err, ERR_MEMORY, "no memory for captions");
	(void)text_copy(track.language, sizeof(track.language), caption_language(request->captions->language));
	track.box_height = request->height / BOX_SHARE;
	put_entry(&track.entry, request->width, request->height);
	if (request->duration <= UINT32_MAX)
		put_samples(&track, parts, list_parts(request, parts), request->duration);
	free(parts);
	if (request->duration > UINT32_MAX || track.samples.failed || track.data.failed) {
		caption_track_done(&track);
		return error_set(err, ERR_TOO_LARGE, "captions are too long for a text track");
	}
	*ret_track = track;
	return 0;
}

void
caption_track_done(struct caption_track *track)
{
	buf_done(&track->entry);
	buf_done(&track->samples);
	buf_done(&track->data);
}
