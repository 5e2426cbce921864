/*
 * Caption files: what is accepted is in order and within the limits, and is read again from what is written of it.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "lib/base/text.h"
#include "lib/timeline/caption.h"

#define FILM_US (INT64_C(400000) * 1000000)

static void
check_cues(const struct js_objects *cues)
{
	const struct timeline_cue *cue = cues->items;

	for (size_t i = 0; i < cues->count; i++) {
		const size_t len = strlen(cue[i].text);

		assert(len > 0 && text_utf8_valid(cue[i].text, len));
		assert(text_utf8_count(cue[i].text, len) <= TIMELINE_TEXT_MAX);
		assert(cue[i].start_us >= 0 && cue[i].end_us > cue[i].start_us);
		assert(i == 0 || cue[i].start_us >= cue[i - 1].start_us);
		for (size_t k = 0; k < cue[i].words.count; k++)
			assert(timeline_word_at(&cue[i], k)->end_us >= timeline_word_at(&cue[i], k)->start_us);
	}
}

static void
check_again(struct arena *arena, const struct js_objects *cues, bool vtt)
{
	const struct timeline_captions captions = {.cues = *cues};
	CLEANUP(buf_done) struct buf text = BUF_INIT(16 * MIB);
	struct caption_file again = {0};
	struct error err;

	if (vtt)
		caption_write_vtt(&captions, FILM_US, &text);
	else
		caption_write_srt(&captions, FILM_US, &text);
	if (text.failed || text.len > CAPTION_BYTES_MAX)
		return;
	const int ret = caption_parse(arena, buf_str(&text), text.len, &again, &err);
	if (ret < 0 && err.kind == ERR_MEMORY)
		return;
	/* a text that is all markup in the other format is gone there */
	if (!vtt)
		return;
	assert(ret == 0 && again.cues.count == cues->count);
	for (size_t i = 0; i < cues->count; i++)
		assert(text_equal(((const struct timeline_cue *)cues->items)[i].text,
		    ((const struct timeline_cue *)again.cues.items)[i].text));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * MIB);
	const struct caption_flow how = {0};
	struct caption_file file = {0};
	struct error err = {0};

	if (caption_parse(arena, data, size, &file, &err) < 0) {
		assert(err.text[0] != '\0');
		return 0;
	}
	if (file.format == CAPTION_WORDS &&
	    caption_flow(arena, file.words.items, file.words.count, &how, &file.cues, &err) < 0)
		return 0;
	assert(file.cues.count > 0);
	check_cues(&file.cues);
	check_again(arena, &file.cues, true);
	check_again(arena, &file.cues, false);
	return 0;
}
