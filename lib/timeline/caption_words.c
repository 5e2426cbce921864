/*
 * Word timings of speech: what recognisers and speakers write as JSON.
 */
#include "lib/base/text.h"
#include "lib/timeline/caption_priv.h"

struct list {
	struct arena *arena;
	struct timeline_word *words;
	size_t count, room;
};

static int
fail(const struct list *list, struct error *err, const char *what)
{
	return error_code(err, ERR_INPUT, "captions_unreadable", "captions, word %zu: %s", list->count + 1, what);
}

static int
add_word(struct list *list, const char *text, size_t len, double start_s, double end_s, struct error *err)
{
	struct timeline_word word = {.start_s = start_s, .end_s = end_s};

	text_trim(&text, &len);
	if (len == 0)
		return 0;
	if (list->count == list->room)
		return fail(list, err, "there are too many words");
	if (!(start_s >= 0 && end_s >= start_s && end_s <= CAPTION_HOURS_MAX * 3600.0))
		return fail(list, err, "its times are missing or out of order");
	if (text_utf8_count(text, len) > TIMELINE_TEXT_MAX / 4)
		return fail(list, err, "it is too long");
	word.start_us = (int64_t)(start_s * 1e6 + 0.5);
	word.end_us = (int64_t)(end_s * 1e6 + 0.5);
	if (list->count > 0 && word.start_us < list->words[list->count - 1].start_us)
		return fail(list, err, "it starts before the word before it");
	word.text = arena_strndup(list->arena, text, len);
	if (word.text == NULL)
		return arena_error(list->arena, err);
	list->words[list->count++] = word;
	return 0;
}

static int
add_words(struct list *list, const struct js_value *array, struct error *err)
{
	const size_t count = js_count(array, "");

	for (size_t i = 0; i < count; i++) {
		const struct js_value *item = js_item(array, i);
		const char *text = js_text(item, "/text", js_text(item, "/word", NULL));

		if (text == NULL)
			return fail(list, err, "it has neither 'text' nor 'word'");
		if (add_word(list, text, strlen(text), js_real(item, "/start", -1), js_real(item, "/end", -1), err) < 0)
			return -1;
	}
	return 0;
}

/* One entry for each character, spaces included: words are what lies between spaces. */
static int
add_characters(struct list *list, const struct js_value *alignment, struct error *err)
{
	const struct js_value *starts = js_at(alignment, "/character_start_times_seconds");
	const struct js_value *ends = js_at(alignment, "/character_end_times_seconds");
	const struct js_value *characters = js_at(alignment, "/characters");
	const size_t count = js_count(characters, "");
	CLEANUP(buf_done) struct buf word = BUF_INIT(4 * KIB);
	double from = 0, to = 0;

	if (js_count(starts, "") != count || js_count(ends, "") != count)
		return fail(list, err, "characters and times differ in number");
	for (size_t i = 0; i <= count; i++) {
		const char *c = i < count ? js_text(js_item(characters, i), "", "") : " ";

		if (c[0] != '\0' && strspn(c, " \t\r\n") == strlen(c)) {
			if (add_word(list, buf_str(&word), word.len, from, to, err) < 0)
				return -1;
			buf_reset(&word);
			continue;
		}
		if (word.len == 0)
			from = js_real(js_item(starts, i), "", -1);
		to = js_real(js_item(ends, i), "", -1);
		buf_puts(&word, c);
		if (word.failed)
			return fail(list, err, "it is too long");
	}
	return 0;
}

static int
add_segments(struct list *list, const struct js_value *segments, struct error *err)
{
	for (size_t i = 0; i < js_count(segments, ""); i++)
		if (add_words(list, js_at(js_item(segments, i), "/words"), err) < 0)
			return -1;
	return 0;
}

static int
read_any(struct list *list, const struct js_value *value, struct error *err)
{
	if (js_kind(value) == JS_KIND_ARRAY)
		return add_words(list, value, err);
	if (js_kind(js_at(value, "/words")) == JS_KIND_ARRAY)
		return add_words(list, js_at(value, "/words"), err);
	if (js_kind(js_at(value, "/segments")) == JS_KIND_ARRAY)
		return add_segments(list, js_at(value, "/segments"), err);
	if (js_kind(js_at(value, "/alignment")) == JS_KIND_OBJECT)
		value = js_at(value, "/alignment");
	return add_characters(list, value, err);
}

int
caption_words(struct arena *arena, const char *json, size_t len, struct js_objects *ret_words, struct error *err)
{
	struct list list = {.arena = arena, .room = CAPTION_WORDS_MAX};
	const struct js_value *value;

	if (js_parse_free(arena, json, len, &value, err) < 0)
		return err == NULL || err->kind == ERR_MEMORY
			   ? -1
			   : error_code(err, ERR_INPUT, "captions_unreadable", "captions: this is no correct JSON");
	list.words = ARENA_ARRAY(arena, list.room, struct timeline_word);
	if (list.words == NULL)
		return arena_error(arena, err);
	if (read_any(&list, value, err) < 0)
		return -1;
	if (list.count == 0)
		return error_code(err, ERR_INPUT, "captions_unreadable", "captions: there are no words in the JSON");
	*ret_words = (struct js_objects){list.words, list.count};
	return 0;
}
