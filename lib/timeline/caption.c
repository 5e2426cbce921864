/*
 * Reading SubRip and WebVTT. The two differ in little: a header, blocks that are no cues, entities, the decimal sign.
 */
#include "lib/timeline/caption.h"

#include <ctype.h>

#include "lib/base/text.h"
#include "lib/timeline/caption_priv.h"

struct line {
	const char *text;
	size_t len;
};

struct reader {
	struct arena *arena;
	const char *at, *end;
	size_t number; /* of the line read last */
	bool vtt;
	struct buf text;    /* of the cue being read, cleaned */
	struct buf markers; /* struct marker: where times inside of it stand */
	struct timeline_cue *cues;
	size_t n_cues;
};

struct marker {
	size_t at; /* in the cue's text */
	int64_t us;
};

static int
fail(const struct reader *reader, struct error *err, const char *what)
{
	return error_code(err, ERR_INPUT, "captions_unreadable", "captions, line %zu: %s", reader->number, what);
}

/* False at the end. A line ends with LF, CR or both; it holds no NUL, which caption_parse() has seen to. */
static bool
next_line(struct reader *reader, struct line *ret_line)
{
	const size_t left = (size_t)(reader->end - reader->at);
	const char *stop = reader->at;

	if (left == 0)
		return false;
	while (stop < reader->end && *stop != '\n' && *stop != '\r')
		stop++;
	*ret_line = (struct line){reader->at, (size_t)(stop - reader->at)};
	if (stop < reader->end && *stop++ == '\r' && stop < reader->end && *stop == '\n')
		stop++;
	reader->at = stop;
	reader->number++;
	return true;
}

static void
trim(struct line *line)
{
	text_trim(&line->text, &line->len);
}

static bool
has_arrow(const struct line *line)
{
	return memmem(line->text, line->len, "-->", 3) != NULL;
}

static bool
all_digits(const struct line *line)
{
	for (size_t i = 0; i < line->len; i++)
		if (!isdigit((unsigned char)line->text[i]))
			return false;
	return line->len > 0;
}

/* ---- times ---- */

static size_t
read_digits(const char *text, size_t len, size_t most, int64_t *ret)
{
	size_t n = 0;

	*ret = 0;
	while (n < len && n < most && isdigit((unsigned char)text[n]))
		*ret = *ret * 10 + (text[n++] - '0');
	return n;
}

/* "1:02:03,500", "02:03.5": the bytes it took, or 0. */
static size_t
read_time(const char *text, size_t len, int64_t *ret_us)
{
	int64_t part[3], fraction = 0;
	size_t at = 0, parts = 0, digits;

	do {
		digits = read_digits(text + at, len - at, 4, &part[parts]);
		if (digits == 0)
			return 0;
		at += digits;
	} while (++parts < 3 && at < len && text[at] == ':' && ++at > 0);
	if (parts < 2)
		return 0;
	const int64_t hours = parts == 3 ? part[0] : 0, minutes = part[parts - 2], seconds = part[parts - 1];
	if (minutes > 59 || seconds > 59 || hours > CAPTION_HOURS_MAX)
		return 0;
	if (at < len && (text[at] == ',' || text[at] == '.')) {
		digits = read_digits(text + at + 1, len - at - 1, 3, &fraction);
		if (digits == 0)
			return 0;
		at += 1 + digits;
		for (; digits < 3; digits++)
			fraction *= 10;
	}
	*ret_us = ((hours * 60 + minutes) * 60 + seconds) * 1000000 + fraction * 1000;
	return at;
}

/* "start --> end"; positions and settings behind it are passed over. */
static int
read_timing(struct reader *reader, const struct line *line, struct timeline_cue *cue, struct error *err)
{
	struct line rest = *line;
	size_t took;

	trim(&rest);
	took = read_time(rest.text, rest.len, &cue->start_us);
	if (took == 0)
		return fail(reader, err, "there is no time such as 00:00:01.000 before the arrow");
	rest = (struct line){rest.text + took, rest.len - took};
	trim(&rest);
	if (rest.len < 3 || memcmp(rest.text, "-->", 3) != 0)
		return fail(reader, err, "after the first time an arrow '-->' is expected");
	rest = (struct line){rest.text + 3, rest.len - 3};
	trim(&rest);
	took = read_time(rest.text, rest.len, &cue->end_us);
	if (took == 0 || (took < rest.len && !isspace((unsigned char)rest.text[took])))
		return fail(reader, err, "there is no time such as 00:00:01.000 after the arrow");
	if (cue->end_us <= cue->start_us)
		return fail(reader, err, "the cue ends before it starts");
	return 0;
}

/* ---- text ---- */

static const char *const tags[] = {"b", "c", "font", "i", "lang", "rt", "ruby", "s", "u", "v", NULL};

/* Bytes of a tag that begins here, or 0. A time in a tag is noted. */
static size_t
read_tag(struct reader *reader, const char *text, size_t len)
{
	const char *close = memchr(text, '>', len);
	size_t at = 1, letters = 0;
	struct marker marker = {.at = reader->text.len};

	if (close == NULL)
		return 0;
	const size_t whole = (size_t)(close - text) + 1;
	if (reader->vtt && read_time(text + 1, whole - 2, &marker.us) == whole - 2 && whole > 2) {
		buf_put(&reader->markers, &marker, sizeof(marker));
		return whole;
	}
	at += at < whole && text[at] == '/';
	while (isalpha((unsigned char)text[at + letters]))
		letters++;
	/* "</>" is nothing; "<i>", "<v Mary>", "<c.yellow>" are */
	if (letters == 0 || strchr(" \t./>", text[at + letters]) == NULL)
		return 0;
	for (size_t i = 0; tags[i] != NULL; i++)
		if (strlen(tags[i]) == letters && strncasecmp(tags[i], text + at, letters) == 0)
			return whole;
	return 0;
}

/* Bytes of an entity that begins here, or 0; what it stands for is appended. */
static size_t
read_entity(struct reader *reader, const char *text, size_t len)
{
	static const struct {
		const char *name, *meaning;
	} entities[] = {{"&amp;", "&"}, {"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&apos;", "'"},
	    {"&nbsp;", "\xc2\xa0"}, {"&lrm;", "\xe2\x80\x8e"}, {"&rlm;", "\xe2\x80\x8f"}};

	for (size_t i = 0; i < ARRAY_LEN(entities); i++) {
		const size_t size = strlen(entities[i].name);

		if (len >= size && memcmp(text, entities[i].name, size) == 0) {
			buf_puts(&reader->text, entities[i].meaning);
			return size;
		}
	}
	return 0;
}

/* "{\an8}" and the like, which come from another format. */
static size_t
read_override(const char *text, size_t len)
{
	const char *close = len > 2 && text[1] == '\\' ? memchr(text, '}', len) : NULL;

	return close == NULL ? 0 : (size_t)(close - text) + 1;
}

/* Spaces that tags and entities leave at the ends of the line from `begin`; a line of nothing else is taken back. */
static void
trim_end(struct reader *reader, size_t before, size_t begin)
{
	struct marker *markers = (struct marker *)(void *)reader->markers.data;
	struct line made = {buf_str(&reader->text) + begin, reader->text.len - begin};

	trim(&made);
	if (made.len == 0) {
		buf_cut(&reader->text, before);
		return;
	}
	const size_t lead = (size_t)(made.text - (buf_str(&reader->text) + begin));
	memmove(reader->text.data + begin, made.text, made.len);
	buf_cut(&reader->text, begin + made.len);
	for (size_t i = 0; i < reader->markers.len / sizeof(*markers); i++)
		markers[i].at -= markers[i].at > begin ? FW_MIN(lead, markers[i].at - begin) : 0;
}

static void
add_line(struct reader *reader, struct line line)
{
	const size_t before = reader->text.len;

	trim(&line);
	if (before > 0)
		buf_putc(&reader->text, '\n');
	const size_t begin = reader->text.len;
	for (size_t at = 0, took; at < line.len; at += took) {
		const char *text = line.text + at;
		const size_t len = line.len - at;

		took = *text == '<'		      ? read_tag(reader, text, len)
		       : *text == '&' && reader->vtt  ? read_entity(reader, text, len)
		       : *text == '{' && !reader->vtt ? read_override(text, len)
						      : 0;
		if (took == 0) {
			buf_putc(&reader->text, (unsigned char)*text < 32 ? ' ' : *text);
			took = 1;
		}
	}
	trim_end(reader, before, begin);
}

/* The pieces of the text between times inside of it. */
static int
set_words(struct reader *reader, struct timeline_cue *cue, struct error *err)
{
	const struct marker *markers = (const struct marker *)(const void *)reader->markers.data;
	const size_t count = FW_MIN(reader->markers.len / sizeof(*markers), TIMELINE_WORDS_MAX - 1);
	struct timeline_word *words;
	size_t from = 0, n = 0;
	int64_t start = cue->start_us;

	if (count == 0)
		return 0;
	words = ARENA_ARRAY(reader->arena, count + 1, struct timeline_word);
	if (words == NULL)
		return arena_error(reader->arena, err);
	for (size_t i = 0; i <= count; i++) {
		const size_t to = i < count ? FW_MIN(markers[i].at, reader->text.len) : reader->text.len;
		const int64_t end = i < count ? markers[i].us : cue->end_us;
		struct line piece = {buf_str(&reader->text) + FW_MIN(from, to), to - FW_MIN(from, to)};

		if (end < start || end > cue->end_us)
			return fail(reader, err, "times inside of the cue are out of order");
		trim(&piece);
		if (piece.len > 0) {
			char *copy = arena_strndup(reader->arena, piece.text, piece.len);

			if (copy == NULL)
				return arena_error(reader->arena, err);
			words[n++] = (struct timeline_word){.text = copy, .start_us = start, .end_us = end};
		}
		from = to;
		start = end;
	}
	cue->words = (struct js_objects){words, n};
	return 0;
}

static int
keep_cue(struct reader *reader, struct timeline_cue *cue, struct error *err)
{
	struct line text = {buf_str(&reader->text), reader->text.len};

	if (reader->text.failed || text_utf8_count(text.text, text.len) > TIMELINE_TEXT_MAX)
		return fail(reader, err, "the cue's text is too long");
	if (text.len == 0)
		return 0;
	if (reader->n_cues == TIMELINE_CUES_MAX)
		return fail(reader, err, "there are too many cues");
	if (set_words(reader, cue, err) < 0)
		return -1;
	trim(&text);
	cue->text = arena_strndup(reader->arena, text.text, text.len);
	if (cue->text == NULL)
		return arena_error(reader->arena, err);
	cue->start_s = (double)cue->start_us / 1e6;
	cue->end_s = (double)cue->end_us / 1e6;
	reader->cues[reader->n_cues++] = *cue;
	return 0;
}

/* ---- blocks ---- */

static int
read_cue(struct reader *reader, const struct line *timing, struct error *err)
{
	struct timeline_cue cue = {0};
	struct line line;

	if (read_timing(reader, timing, &cue, err) < 0)
		return -1;
	buf_reset(&reader->text);
	buf_reset(&reader->markers);
	while (next_line(reader, &line)) {
		trim(&line);
		if (line.len == 0)
			break;
		if (has_arrow(&line) && isdigit((unsigned char)line.text[0]))
			return fail(reader, err, "an empty line is missing before this cue");
		add_line(reader, line);
	}
	return keep_cue(reader, &cue, err);
}

static void
skip_block(struct reader *reader)
{
	struct line line;

	while (next_line(reader, &line)) {
		trim(&line);
		if (line.len == 0)
			return;
	}
}

static bool
begins(const struct line *line, const char *word)
{
	const size_t len = strlen(word);

	return line->len >= len && memcmp(line->text, word, len) == 0 &&
	       (line->len == len || isspace((unsigned char)line->text[len]));
}

/* A block: a cue with its number or name before it, or something that is no cue. */
static int
read_block(struct reader *reader, struct line line, struct error *err)
{
	const bool named = !has_arrow(&line);

	if (reader->vtt && (begins(&line, "NOTE") || begins(&line, "STYLE") || begins(&line, "REGION"))) {
		skip_block(reader);
		return 0;
	}
	if (named && !reader->vtt && !all_digits(&line))
		return fail(reader, err, "a cue's number or its times are expected");
	if (named && !next_line(reader, &line))
		return 0;
	trim(&line);
	if (named && line.len == 0)
		return fail(reader, err, "a cue's times are expected");
	return read_cue(reader, &line, err);
}

/* Files are in order but for a cue here and there; equal ones stay as they stood. */
static void
sort_cues(struct timeline_cue *cues, size_t count)
{
	for (size_t i = 1; i < count; i++) {
		const struct timeline_cue cue = cues[i];
		size_t at = i;

		for (; at > 0 && cues[at - 1].start_us > cue.start_us; at--)
			cues[at] = cues[at - 1];
		cues[at] = cue;
	}
}

static int
read_blocks(struct reader *reader, struct error *err)
{
	struct line line;

	if (reader->vtt)
		skip_block(reader);
	while (next_line(reader, &line)) {
		trim(&line);
		if (line.len > 0 && read_block(reader, line, err) < 0)
			return -1;
	}
	return 0;
}

static size_t
count_arrows(const char *text, size_t len)
{
	size_t count = 0;

	for (const char *at = text; (at = memmem(at, (size_t)(text + len - at), "-->", 3)) != NULL; at += 3)
		count++;
	return count;
}

static int
read_file(struct arena *arena, const char *text, size_t len, bool vtt, struct js_objects *ret_cues, struct error *err)
{
	struct reader reader = {.arena = arena,
	    .at = text,
	    .end = text + len,
	    .vtt = vtt,
	    .text = BUF_INIT(16 * KIB),
	    .markers = BUF_INIT(64 * KIB)};
	int ret;

	reader.cues = ARENA_ARRAY(arena, FW_MIN(count_arrows(text, len), TIMELINE_CUES_MAX) + 1, struct timeline_cue);
	ret = reader.cues == NULL ? arena_error(arena, err) : read_blocks(&reader, err);
	buf_done(&reader.text);
	buf_done(&reader.markers);
	if (ret < 0)
		return -1;
	if (reader.n_cues == 0)
		return fail(&reader, err, "there is no cue with a text");
	sort_cues(reader.cues, reader.n_cues);
	*ret_cues = (struct js_objects){reader.cues, reader.n_cues};
	return 0;
}

/* ---- which of them ---- */

static size_t
wrong_line(const char *text, size_t len)
{
	size_t number = 1, step;

	for (size_t at = 0; at < len; at += step) {
		if (text_utf8_next(text + at, len - at, &step) < 0 || text[at] == '\0')
			return number;
		number += text[at] == '\n';
	}
	return number;
}

int
caption_parse(struct arena *arena, const void *bytes, size_t len, struct caption_file *ret_file, struct error *err)
{
	const char *text = bytes;
	struct caption_file file = {.format = CAPTION_SRT};
	int ret;

	if (len > CAPTION_BYTES_MAX)
		return error_code(err, ERR_INPUT, "captions_unreadable", "captions of %zu bytes are too large", len);
	if (len >= 2 && (memcmp(text, "\xff\xfe", 2) == 0 || memcmp(text, "\xfe\xff", 2) == 0))
		return error_code(
		    err, ERR_INPUT, "captions_unreadable", "the captions are in UTF-16; hint: save them as UTF-8");
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) {
		text += 3;
		len -= 3;
	}
	if (!text_utf8_valid(text, len))
		return error_code(err, ERR_INPUT, "captions_unreadable",
		    "captions, line %zu: this is no UTF-8; hint: save the file as UTF-8", wrong_line(text, len));
	if (len >= 6 && memcmp(text, "WEBVTT", 6) == 0 && (len == 6 || strchr(" \t\r\n", text[6]) != NULL))
		file.format = CAPTION_VTT;
	else if (len > 0 && (text[0] == '{' || text[0] == '['))
		file.format = CAPTION_WORDS;
	ret = file.format == CAPTION_WORDS ? caption_words(arena, text, len, &file.words, err)
					   : read_file(arena, text, len, file.format == CAPTION_VTT, &file.cues, err);
	if (ret < 0)
		return -1;
	*ret_file = file;
	return 0;
}
