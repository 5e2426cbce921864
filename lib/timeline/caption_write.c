/*
 * Writing SubRip and WebVTT.
 */
#include "lib/timeline/caption.h"

#include <inttypes.h>

bool
caption_place(const struct timeline_captions *captions, const struct timeline_cue *cue, int64_t film_us,
    int64_t *ret_start_us, int64_t *ret_end_us)
{
	*ret_start_us = FW_MAX(cue->start_us + captions->offset_us, 0);
	*ret_end_us = FW_MIN(cue->end_us + captions->offset_us, film_us);
	return *ret_end_us > *ret_start_us;
}

static void
put_time(struct buf *into, int64_t us, char point)
{
	const int64_t ms = (us + 500) / 1000;

	buf_printf(into, "%02" PRId64 ":%02" PRId64 ":%02" PRId64 "%c%03" PRId64, ms / 3600000, ms / 60000 % 60,
	    ms / 1000 % 60, point, ms % 1000);
}

/* Lines that are empty would end the cue, arrows would begin another one. */
static void
put_text(struct buf *into, const char *text, bool vtt)
{
	bool begun = false;

	for (const char *at = text; *at != '\0'; at++) {
		if (*at == '\n' || *at == '\r') {
			if (begun)
				buf_putc(into, '\n');
			begun = false;
			continue;
		}
		begun = true;
		if (vtt && *at == '&')
			buf_puts(into, "&amp;");
		else if (vtt && *at == '<')
			buf_puts(into, "&lt;");
		else if (vtt && *at == '>')
			buf_puts(into, "&gt;");
		else if (!vtt && strncmp(at, "-->", 3) == 0)
			buf_puts(into, "- ");
		else
			buf_putc(into, (unsigned char)*at < 32 ? ' ' : *at);
	}
	buf_puts(into, begun ? "\n\n" : "\n");
}

static void
put_cues(const struct timeline_captions *captions, int64_t film_us, bool vtt, struct buf *into)
{
	size_t number = 0;

	for (size_t i = 0; i < captions->cues.count; i++) {
		const struct timeline_cue *cue = timeline_cue_at(captions, i);
		int64_t start_us, end_us;

		if (!caption_place(captions, cue, film_us, &start_us, &end_us))
			continue;
		if (!vtt)
			buf_printf(into, "%zu\n", ++number);
		put_time(into, start_us, vtt ? '.' : ',');
		buf_puts(into, " --> ");
		/* rounding may not leave a cue without time */
		put_time(into, FW_MAX(end_us, start_us + 1000), vtt ? '.' : ',');
		buf_putc(into, '\n');
		put_text(into, cue->text, vtt);
	}
}

void
caption_write_srt(const struct timeline_captions *captions, int64_t film_us, struct buf *into)
{
	put_cues(captions, film_us, false, into);
}

void
caption_write_vtt(const struct timeline_captions *captions, int64_t film_us, struct buf *into)
{
	buf_puts(into, "WEBVTT\n\n");
	put_cues(captions, film_us, true, into);
}
