/*
 * Captions as files: what is read, what is refused and where, what is written, and words into cues.
 */
#include "tests/harness/test_main.h"

#include "lib/base/text.h"
#include "lib/timeline/caption.h"

static struct caption_file
parsed(const char *text)
{
	struct caption_file file = {0};
	struct error err = {0};

	CHECK_OK(caption_parse(test_arena(), text, strlen(text), &file, &err), &err);
	return file;
}

static const struct timeline_cue *
cue_at(const struct caption_file *file, size_t index)
{
	static const struct timeline_cue none = {.text = ""};

	return index < file->cues.count ? (const struct timeline_cue *)file->cues.items + index : &none;
}

TEST(caption_reads_subrip)
{
	const struct caption_file file =
	    parsed("1\n00:00:01,500 --> 00:00:03,000\nHello\nworld\n\n"
		   "2\n01:02:03,004 --> 01:02:04,000 X1:10 X2:20 Y1:5 Y2:6\n<i>Second</i>\n");

	CHECK_INT(file.format, CAPTION_SRT);
	CHECK_INT(file.cues.count, 2);
	CHECK_INT(cue_at(&file, 0)->start_us, 1500000);
	CHECK_INT(cue_at(&file, 0)->end_us, 3000000);
	CHECK_STR(cue_at(&file, 0)->text, "Hello\nworld");
	CHECK_INT(cue_at(&file, 1)->start_us, 3723004000);
	CHECK_STR(cue_at(&file, 1)->text, "Second");
}

/* The same cue in what editors make of it. */
TEST(caption_tolerates_what_editors_write)
{
	static const char *const rows[] = {
	    "\xef\xbb\xbf"
	    "1\r\n00:00:01,000 --> 00:00:02,000\r\nText\r\n\r\n",
	    "1\r00:00:01,000 --> 00:00:02,000\rText\r\r",
	    "\n\n\n1\n0:00:01.000-->0:00:02.000\nText",
	    "00:01,000 --> 00:02,000\nText\n",
	    "1\n00:01,000 --> 00:02,000\n\x02<i>\x01Text </i>\x01\n",
	    "1\n00:00:01,0 -->  00:00:02\n  {\\an8}<font color=\"#fff\"><b>Text</b></font>  \n   \n\n",
	    "7\n00:00:05,000 --> 00:00:06,000\n<i></i>\n\n1\n00:00:01,000 --> 00:00:02,000\nText",
	    "WEBVTT\n\n00:01.000 --> 00:02.000\nText",
	    "WEBVTT - a title\r\nKind: captions\r\n\r\nNOTE one\r\ntwo --> x\r\n\r\nSTYLE\r\n::cue {}\r\n\r\nname of "
	    "it\r\n"
	    "00:00:01.000 --> 00:00:02.000 align:start position:10%\r\n<v Mary><c.yellow>Text</c>\r\n",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct caption_file file = parsed(rows[i]);

		CHECK_INT(file.cues.count, 1);
		CHECK_INT(cue_at(&file, 0)->start_us, 1000000);
		CHECK_INT(cue_at(&file, 0)->end_us, 2000000);
		CHECK_STR(cue_at(&file, 0)->text, "Text");
	}
}

TEST(caption_keeps_what_is_no_markup)
{
	const struct caption_file srt = parsed("1\n00:01,000 --> 00:02,000\nI <3 you & {me}, a < b > c <x>\n");
	const struct caption_file vtt = parsed("WEBVTT\n\n00:01.000 --> 00:02.000\n&lt;b&gt; &amp;amp; AT&T &nbsp;x\n");

	CHECK_STR(cue_at(&srt, 0)->text, "I <3 you & {me}, a < b > c <x>");
	CHECK_STR(cue_at(&vtt, 0)->text, "<b> &amp; AT&T \xc2\xa0x");
}

TEST(caption_orders_cues)
{
	const struct caption_file file = parsed("1\n00:03,000 --> 00:04,000\nlate\n\n2\n00:01,000 --> "
						"00:09,000\nfirst\n\n3\n00:03,000 --> 00:05,000\nlater\n");

	CHECK_STR(cue_at(&file, 0)->text, "first");
	CHECK_STR(cue_at(&file, 1)->text, "late");
	CHECK_STR(cue_at(&file, 2)->text, "later");
}

TEST(caption_reads_times_inside_of_cues)
{
	const struct caption_file file =
	    parsed("WEBVTT\n\n00:01.000 --> 00:04.000\n<00:01.000>One <00:02.000><c>two</c>\n<00:03.500>three\n");
	const struct timeline_cue *cue = cue_at(&file, 0);

	CHECK_STR(cue->text, "One two\nthree");
	if (!CHECK(cue->words.count == 3))
		return;
	CHECK_STR(timeline_word_at(cue, 1)->text, "two");
	CHECK_INT(timeline_word_at(cue, 1)->start_us, 2000000);
	CHECK_INT(timeline_word_at(cue, 1)->end_us, 3500000);
	CHECK_INT(timeline_word_at(cue, 2)->end_us, 4000000);
}

TEST(caption_refuses_with_the_line)
{
	static const struct {
		const char *text, *part;
	} rows[] = {
	    {"", "no cue"},
	    {"1\n00:00:01,000 --> 00:00:02,000\n\n", "no cue"},
	    {"hello\n", "line 1: a cue's number"},
	    {"1\n\n", "line 2: a cue's times"},
	    {"1\nnothing\n", "line 2: there is no time"},
	    {"1\n00:00:01,000 -> 00:00:02,000\nx\n", "line 2: after the first time an arrow"},
	    {"1\n00:00:01,000 --> soon\nx\n", "line 2: there is no time such as 00:00:01.000 after"},
	    {"1\n00:00:02,000 --> 00:00:01,000\nx\n", "line 2: the cue ends before"},
	    {"1\n00:61:00,000 --> 00:62:00,000\nx\n", "line 2: there is no time"},
	    {"1\n00:00:01,000 --> 00:00:02,000\nx\n2\n00:00:03,000 --> 00:00:04,000\ny\n", "line 5: an empty line"},
	    {"1\n00:00:01,000 --> 00:00:02,000\ncaf\xe9\n", "line 3: this is no UTF-8"},
	    {"WEBVTT\n\n00:01.000 --> 00:03.000\n<00:02.000>a<00:01.500>b\n", "line 4: times inside"},
	    {"{\"words\":[{\"text\":\"a\",\"start\":1,\"end\":0.5}]}", "word 1: its times"},
	    {"[{\"text\":\"a\",\"start\":1,\"end\":2},{\"start\":1,\"end\":2}]", "word 2: it has neither"},
	    {"[{\"text\":\"a\",\"start\":2,\"end\":2},{\"text\":\"b\",\"start\":1,\"end\":2}]",
		"word 2: it starts before"},
	    {"[]", "no words"},
	    {"{\"a\":", "no correct JSON"},
	};
	struct caption_file file;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct error err = {0};

		CHECK_FAILS_CODE(caption_parse(test_arena(), rows[i].text, strlen(rows[i].text), &file, &err), &err,
		    ERR_INPUT, "captions_unreadable");
		CHECK_CONTAINS(err.text, rows[i].part);
	}
	struct error err = {0};
	CHECK_FAILS(caption_parse(test_arena(),
			"\xff\xfe"
			"1\0",
			4, &file, &err),
	    &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "UTF-16");
	CHECK_FAILS(caption_parse(test_arena(), "1\n00:01,0 --> 00:02,0\na\0b\n", 25, &file, &err), &err, ERR_INPUT);
}

TEST(caption_stops_at_its_limits)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(2 * MIB);
	struct caption_file file;
	struct error err = {0};

	for (int i = 0; i < TIMELINE_CUES_MAX; i++)
		buf_puts(&text, "00:01,0 --> 00:02,0\nx\n\n");
	CHECK_OK(caption_parse(test_arena(), buf_str(&text), text.len, &file, &err), &err);
	CHECK_INT(file.cues.count, TIMELINE_CUES_MAX);
	buf_puts(&text, "00:01,0 --> 00:02,0\nx\n\n");
	CHECK_FAILS(caption_parse(test_arena(), buf_str(&text), text.len, &file, &err), &err, ERR_INPUT);
	buf_reset(&text);
	buf_puts(&text, "00:01,0 --> 00:02,0\n");
	for (int i = 0; i < TIMELINE_TEXT_MAX; i++)
		buf_puts(&text, "\xc3\xa9");
	CHECK_OK(caption_parse(test_arena(), buf_str(&text), text.len, &file, &err), &err);
	buf_puts(&text, "x");
	CHECK_FAILS(caption_parse(test_arena(), buf_str(&text), text.len, &file, &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "line 2");
}

TEST(caption_writes_what_it_reads)
{
	struct timeline_cue cues[] = {
	    {.start_us = 500000, .end_us = 1500400, .text = "A <b> & --> c\n\nnext"},
	    {.start_us = 3661001000, .end_us = 3661002000, .text = "gone"},
	    {.start_us = 3000000, .end_us = 9000000, .text = "cut"},
	};
	struct timeline_captions captions = {.cues = {cues, ARRAY_LEN(cues)}, .offset_us = 250000};
	CLEANUP(buf_done) struct buf srt = BUF_INIT(64 * KIB), vtt = BUF_INIT(64 * KIB);

	caption_write_srt(&captions, 8000000, &srt);
	caption_write_vtt(&captions, 8000000, &vtt);
	CHECK_STR(buf_str(&srt), "1\n00:00:00,750 --> 00:00:01,750\nA <b> & - -> c\nnext\n\n"
				 "2\n00:00:03,250 --> 00:00:08,000\ncut\n\n");
	CHECK_STR(buf_str(&vtt), "WEBVTT\n\n00:00:00.750 --> 00:00:01.750\nA &lt;b&gt; &amp; --&gt; c\nnext\n\n"
				 "00:00:03.250 --> 00:00:08.000\ncut\n\n");
	const struct caption_file again = parsed(buf_str(&vtt));
	CHECK_INT(again.cues.count, 2);
	CHECK_STR(cue_at(&again, 0)->text, "A <b> & --> c\nnext");
}

/* ---- words ---- */

TEST(caption_reads_word_timings)
{
	static const char *const rows[] = {
	    "[{\"text\":\"Hello\",\"start\":0.5,\"end\":0.9},{\"text\":\"you\",\"start\":1,\"end\":1.25}]",
	    "{\"words\":[{\"word\":\" Hello\",\"start\":0.5,\"end\":0.9},{\"word\":\" "
	    "you\",\"start\":1,\"end\":1.25}]}",
	    "{\"segments\":[{\"words\":[{\"word\":\"Hello\",\"start\":0.5,\"end\":0.9}]},"
	    "{\"words\":[{\"word\":\"you\",\"start\":1,\"end\":1.25}]}]}",
	    "{\"alignment\":{\"characters\":[\"H\",\"e\",\"l\",\"l\",\"o\",\" \",\"y\",\"o\",\"u\"],"
	    "\"character_start_times_seconds\":[0.5,0.6,0.7,0.8,0.85,0.9,1,1.1,1.2],"
	    "\"character_end_times_seconds\":[0.6,0.7,0.8,0.85,0.9,1,1.1,1.2,1.25]}}",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct caption_file file = parsed(rows[i]);
		const struct timeline_word *words = file.words.items;

		CHECK_INT(file.format, CAPTION_WORDS);
		if (!CHECK(file.words.count == 2))
			continue;
		CHECK_STR(words[0].text, "Hello");
		CHECK_INT(words[0].start_us, 500000);
		CHECK_INT(words[0].end_us, 900000);
		CHECK_STR(words[1].text, "you");
		CHECK_INT(words[1].end_us, 1250000);
	}
}

/* Words of 300 ms each, 100 ms apart; "|" is a second of silence. */
static struct js_objects
flowed(const char *speech, double max_width)
{
	struct timeline_word words[200] = {0};
	const struct caption_flow how = {.max_width = max_width};
	struct js_objects cues = {0};
	struct error err = {0};
	char *copy = arena_strdup(test_arena(), speech), *rest = copy;
	int64_t at = 0;
	size_t count = 0;

	for (char *word; (word = strsep(&rest, " ")) != NULL;) {
		if (strcmp(word, "|") == 0) {
			at += 1000000;
			continue;
		}
		words[count++] = (struct timeline_word){.text = word, .start_us = at, .end_us = at + 300000};
		at += 400000;
	}
	CHECK_OK(caption_flow(test_arena(), words, count, &how, &cues, &err), &err);
	return cues;
}

static const char *
flow_text(struct js_objects cues)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(64 * KIB);

	for (size_t i = 0; i < cues.count; i++)
		buf_printf(&text, "%s[%s]", i > 0 ? " " : "", ((const struct timeline_cue *)cues.items + i)->text);
	return buf_dup(&text, test_arena());
}

TEST(words_become_cues_of_at_most_two_even_lines)
{
	CHECK_STR(flow_text(flowed("one two three", 20)), "[one two three]");
	CHECK_STR(flow_text(flowed("one two three four five", 16)), "[one two three\nfour five]");
	CHECK_STR(
	    flow_text(flowed("aaaa bbbb cccc dddd eeee ffff gggg", 14)), "[aaaa bbbb cccc\ndddd eeee ffff] [gggg]");
	CHECK_STR(flow_text(flowed("a-word-that-is-much-too-long-for-a-line x", 10)),
	    "[a-word-that-is-much-too-long-for-a-line] [x]");
}

TEST(words_part_at_silences_and_sentences)
{
	CHECK_STR(flow_text(flowed("so it goes | and on", 40)), "[so it goes] [and on]");
	CHECK_STR(
	    flow_text(flowed("This is a sentence. And another one", 60)), "[This is a sentence.] [And another one]");
	CHECK_STR(flow_text(flowed("Yes. No. Maybe", 60)), "[Yes. No. Maybe]");
	CHECK_STR(flow_text(flowed("\xe4\xbb\x8a\xe5\xa4\xa9 \xe5\xa4\xa9\xe6\xb0\x94 ok", 60)),
	    "[\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94 ok]");
}

TEST(cues_stay_long_enough_to_be_read)
{
	const struct js_objects cues = flowed("Hi | there | | everybody", 40);
	const struct timeline_cue *cue = cues.items;

	if (!CHECK(cues.count == 3))
		return;
	/* a second each, unless the next one comes */
	CHECK_INT(cue[0].end_us - cue[0].start_us, 1000000);
	CHECK_INT(cue[1].start_us, 1400000);
	CHECK_INT(cue[2].end_us - cue[2].start_us, 1000000);
	CHECK_INT(cue[2].words.count, 1);
	CHECK(cue[0].end_us <= cue[1].start_us && cue[1].end_us <= cue[2].start_us);
	const struct js_objects fast = flowed("Supercalifragilistic. expialidocious", 60);
	const struct timeline_cue *quick = fast.items;
	if (CHECK(fast.count == 2))
		CHECK_INT(quick[0].end_us, quick[1].start_us - 80000);
}

TEST_MAIN(ROW(caption_reads_subrip), ROW(caption_tolerates_what_editors_write), ROW(caption_keeps_what_is_no_markup),
    ROW(caption_orders_cues), ROW(caption_reads_times_inside_of_cues), ROW(caption_refuses_with_the_line),
    ROW(caption_stops_at_its_limits), ROW(caption_writes_what_it_reads), ROW(caption_reads_word_timings),
    ROW(words_become_cues_of_at_most_two_even_lines), ROW(words_part_at_silences_and_sentences),
    ROW(cues_stay_long_enough_to_be_read))
