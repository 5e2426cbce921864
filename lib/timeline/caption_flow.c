/*
 * Words into cues. A cue takes words as long as they fit into two lines, and ends where speech pauses or a sentence
 * does; then its lines are made about equally long, and it stays on the screen a little for slow readers.
 */
#include "lib/base/text.h"
#include "lib/timeline/caption.h"

#define LINE_CHARACTERS 42
#define PAUSE_US 700000	    /* a silence that ends a cue */
#define LONGEST_US 7000000  /* from the first word's start to the last one's */
#define SHORTEST_US 1000000 /* on the screen, if the next cue lets it */
#define BETWEEN_US 80000    /* left free before the next cue */
#define READ_PER_SECOND 17  /* characters */
#define SENTENCE_MIN 12	    /* characters; shorter sentences share a cue */

struct flow {
	struct arena *arena;
	const struct timeline_word *words;
	const struct caption_flow *how;
	double max_width;
	struct buf text;
};

static bool
wide(int32_t point)
{
	return (point >= 0x1100 && point <= 0x115f) || (point >= 0x2e80 && point <= 0xa4cf) ||
	       (point >= 0xac00 && point <= 0xd7a3) || (point >= 0xf900 && point <= 0xfaff) ||
	       (point >= 0xfe30 && point <= 0xfe6f) || (point >= 0xff00 && point <= 0xff60) ||
	       (point >= 0x1f300 && point <= 0x3fffd);
}

/* Written without spaces between words. */
static bool
unspaced(int32_t point)
{
	return (point >= 0x0e00 && point <= 0x0e7f) || (point >= 0x2e80 && point <= 0x9fff) ||
	       (point >= 0xff00 && point <= 0xff60);
}

static int32_t
first_point(const char *text)
{
	size_t step;

	return text_utf8_next(text, strlen(text), &step);
}

static int32_t
last_point(const char *text)
{
	size_t at = strlen(text), step;

	do
		at--;
	while (at > 0 && ((unsigned char)text[at] & 0xc0) == 0x80);
	return text_utf8_next(text + at, strlen(text + at), &step);
}

static double
characters(void *ctx, const char *text)
{
	const size_t len = strlen(text);
	double count = 0;

	(void)ctx;
	for (size_t at = 0, step; at < len; at += step)
		count += wide(text_utf8_next(text + at, len - at, &step)) ? 2 : 1;
	return count;
}

/* Words `from` to before `to`, on a line of their own. */
static void
put_words(struct buf *into, const struct timeline_word *words, size_t from, size_t to)
{
	for (size_t i = from; i < to; i++) {
		const bool joined =
		    i > from && unspaced(last_point(words[i - 1].text)) && unspaced(first_point(words[i].text));

		if (i > from && !joined)
			buf_putc(into, ' ');
		buf_puts(into, words[i].text);
	}
}

static double
line_width(struct flow *flow, size_t from, size_t to)
{
	buf_reset(&flow->text);
	put_words(&flow->text, flow->words, from, to);
	return flow->how->width == NULL ? characters(NULL, buf_str(&flow->text))
					: flow->how->width(flow->how->ctx, buf_str(&flow->text));
}

/* Where the second line begins so that the longer one is as short as can be; `to` for one line. */
static size_t
split(struct flow *flow, size_t from, size_t to, double *ret_width)
{
	const double whole = line_width(flow, from, to);
	size_t best = to;

	*ret_width = whole;
	if (whole <= flow->max_width)
		return to;
	for (size_t at = from + 1; at < to; at++) {
		const double first = line_width(flow, from, at);
		const double width = first > *ret_width ? first : FW_MAX(first, line_width(flow, at, to));

		if (width < *ret_width) {
			*ret_width = width;
			best = at;
		}
		if (first > whole / 2)
			break;
	}
	return best;
}

static bool
ends_sentence(const char *text)
{
	static const int32_t stops[] = {'.', '!', '?', 0x2026, 0x3002, 0xff01, 0xff1f, 0x061f, 0x0964};
	const int32_t point = last_point(text);

	for (size_t i = 0; i < ARRAY_LEN(stops); i++)
		if (point == stops[i])
			return true;
	return false;
}

static size_t
count_points(const struct timeline_word *words, size_t from, size_t to)
{
	size_t points = 0;

	for (size_t i = from; i < to; i++)
		points += text_utf8_count(words[i].text, strlen(words[i].text)) + (i > from);
	return points;
}

/* The word after the last one of the cue that begins with `from`. */
static size_t
cue_end(struct flow *flow, size_t from, size_t count)
{
	const struct timeline_word *words = flow->words;
	size_t to = from + 1;
	double width;

	while (to < count && to - from < TIMELINE_WORDS_MAX) {
		if (words[to].start_us - words[to - 1].end_us >= PAUSE_US ||
		    words[to].end_us - words[from].start_us > LONGEST_US ||
		    (ends_sentence(words[to - 1].text) && count_points(words, from, to) >= SENTENCE_MIN) ||
		    count_points(words, from, to + 1) > TIMELINE_TEXT_MAX - 2)
			break;
		(void)split(flow, from, to + 1, &width);
		if (width > flow->max_width)
			break;
		to++;
	}
	return to;
}

static int
make_cue(struct flow *flow, size_t from, size_t to, size_t count, struct timeline_cue *cue, struct error *err)
{
	const struct timeline_word *words = flow->words;
	const int64_t reading = (int64_t)count_points(words, from, to) * 1000000 / READ_PER_SECOND;
	const int64_t wanted = words[from].start_us + FW_MAX(reading, SHORTEST_US);
	struct timeline_word *own = ARENA_ARRAY(flow->arena, to - from, struct timeline_word);
	double width;
	const size_t second = split(flow, from, to, &width);

	if (own == NULL)
		return arena_error(flow->arena, err);
	memcpy(own, words + from, (to - from) * sizeof(*own));
	buf_reset(&flow->text);
	put_words(&flow->text, words, from, second);
	if (second < to) {
		buf_putc(&flow->text, '\n');
		put_words(&flow->text, words, second, to);
	}
	cue->text = buf_dup(&flow->text, flow->arena);
	if (cue->text == NULL)
		return arena_error(flow->arena, err);
	cue->words = (struct js_objects){own, to - from};
	cue->start_us = words[from].start_us;
	cue->end_us = FW_MAX(words[to - 1].end_us, cue->start_us + 1);
	if (cue->end_us < wanted)
		cue->end_us =
		    to < count ? FW_MAX(cue->end_us, FW_MIN(wanted, words[to].start_us - BETWEEN_US)) : wanted;
	cue->start_s = (double)cue->start_us / 1e6;
	cue->end_s = (double)cue->end_us / 1e6;
	return 0;
}

static int
make_cues(struct flow *flow, size_t count, struct js_objects *ret_cues, struct error *err)
{
	struct timeline_cue *cues = ARENA_ARRAY(flow->arena, FW_MIN(count, TIMELINE_CUES_MAX) + 1, struct timeline_cue);
	size_t n = 0;

	if (cues == NULL)
		return arena_error(flow->arena, err);
	for (size_t from = 0, to; from < count; from = to) {
		if (n == TIMELINE_CUES_MAX)
			return error_code(
			    err, ERR_INPUT, "captions_unreadable", "captions: more than %d cues", TIMELINE_CUES_MAX);
		to = cue_end(flow, from, count);
		if (make_cue(flow, from, to, count, &cues[n++], err) < 0)
			return -1;
	}
	*ret_cues = (struct js_objects){cues, n};
	return 0;
}

int
caption_flow(struct arena *arena, const struct timeline_word *words, size_t count, const struct caption_flow *how,
    struct js_objects *ret_cues, struct error *err)
{
	struct flow flow = {.arena = arena,
	    .words = words,
	    .how = how,
	    .max_width = how->max_width > 0 ? how->max_width : LINE_CHARACTERS,
	    .text = BUF_INIT(64 * KIB)};
	const int ret = make_cues(&flow, count, ret_cues, err);

	buf_done(&flow.text);
	return ret;
}
