/* lib/js/doc.c and scan.c: JSON of others */
#include "tests/harness/test_main.h"

#include "lib/base/buf.h"
#include "lib/js/read.h"

static const struct js_value *
parse(const char *text)
{
	const struct js_value *value = NULL;
	struct error err;

	CHECK_OK(js_parse_free(test_arena(), text, strlen(text), &value, &err), &err);
	return value;
}

TEST(values_by_pointer)
{
	const struct js_value *doc =
	    parse("{\"output\":[{\"url\":\"u0\"},{\"url\":\"u1\"}],\"a/b\":{\"~\":1},\"n\":null,\"\":5,"
		  "\"ok\":true,\"x\":1.5,\"neg\":-7,\"s\":\"\"}");

	CHECK_STR(js_text(doc, "/output/1/url", NULL), "u1");
	CHECK_INT(js_number(doc, "/a~1b/~0", 0), 1);
	CHECK_INT(js_number(doc, "/", 0), 5);
	CHECK_INT(js_kind(js_at(doc, "/n")), JS_KIND_NULL);
	CHECK_INT(js_kind(js_at(doc, "/none")), JS_KIND_NONE);
	CHECK(js_at(doc, "") == doc);
	CHECK(js_flag(doc, "/ok", false));
	CHECK(js_real(doc, "/x", 0) == 1.5);
	CHECK_INT(js_number(doc, "/neg", 0), -7);
	CHECK_STR(js_text(doc, "/s", "fallback"), "");
	CHECK_STR(js_text(js_member(doc, "output"), "/0/url", NULL), "u0");
}

TEST(absent_or_other_types_give_the_fallback)
{
	const struct js_value *doc = parse("{\"a\":[1,2],\"s\":\"7\",\"big\":9223372036854775808,\"f\":3.0}");

	CHECK_STR(js_text(doc, "/a", "f"), "f");
	CU_ASSERT_PTR_NULL(js_text(doc, "/a/0", NULL));
	CHECK_INT(js_number(doc, "/s", -1), -1);
	CHECK_INT(js_number(doc, "/big", -1), -1);
	CHECK_INT(js_number(doc, "/f", -1), -1);
	CHECK_INT(js_number(doc, "/a/1", -1), 2);
	CHECK_INT(js_number(doc, "/a/2", -1), -1);
	CHECK_INT(js_number(doc, "/a/01x", -1), -1);
	CHECK_INT(js_number(doc, "/a/-1", -1), -1);
	CHECK_INT(js_number(doc, "/a/99999999999999999999", -1), -1);
	CHECK_INT(js_number(doc, "a", -1), -1);
	CHECK_INT(js_number(NULL, "/a", -1), -1);
	CHECK(js_flag(doc, "/s", true));
	CHECK_INT(js_count(doc, "/s"), 0);
}

TEST(arrays_and_members_are_counted)
{
	const struct js_value *doc = parse("{\"b\":1,\"a\":[true,null,\"x\"]}");
	const char *name = NULL;

	CHECK_INT(js_count(doc, ""), 2);
	CHECK_INT(js_count(doc, "/a"), 3);
	CHECK_INT(js_kind(js_item(js_at(doc, "/a"), 1)), JS_KIND_NULL);
	CU_ASSERT_PTR_NULL(js_item(js_at(doc, "/a"), 3));
	CU_ASSERT_PTR_NULL(js_item(doc, 0));
	CU_ASSERT_PTR_NOT_NULL(js_member_at(doc, 1, &name));
	CHECK_STR(name, "a");
	CU_ASSERT_PTR_NULL(js_member_at(doc, 2, &name));
	CHECK_STR(js_json(doc, test_arena()), "{\"b\":1,\"a\":[true,null,\"x\"]}");
	CHECK_STR(js_json(js_at(doc, "/a/1"), test_arena()), "null");
	CHECK_STR(js_json(NULL, test_arena()), "null");
}

TEST(lone_values_are_documents)
{
	CHECK_INT(js_number(parse("42"), "", 0), 42);
	CHECK_INT(js_number(parse(" 7 "), "", 0), 7);
	CHECK_STR(js_text(parse("\"x\""), "", NULL), "x");
	CHECK_INT(js_kind(parse("null")), JS_KIND_NULL);
	CHECK(js_flag(parse("true"), "", false));
	CHECK_STR(js_text(parse("\"\\u00e9\\ud83d\\ude00\\/\\b\""), "", NULL), "\xc3\xa9\xf0\x9f\x98\x80/\b");
}

TEST(what_is_not_json_is_refused)
{
	static const char *const rows[] = {
	    "",
	    " ",
	    "{",
	    "}",
	    "[",
	    "]",
	    "[1,]",
	    "{\"a\":1,}",
	    "{a:1}",
	    "{'a':1}",
	    "{\"a\" 1}",
	    "{\"a\":}",
	    "[1 2]",
	    "tru",
	    "True",
	    "NULL",
	    "nan",
	    "NaN",
	    "Infinity",
	    "-Infinity",
	    "01",
	    "-",
	    "+1",
	    ".5",
	    "1.",
	    "1e",
	    "1e+",
	    "0x10",
	    "\"a",
	    "\"\\x\"",
	    "\"\\u12\"",
	    "\"\\u0000\"",
	    "{\"\\u0000\":1}",
	    "\"\\ud800\"",
	    "\"\\udc00\"",
	    "\"\\ud800\\u0041\"",
	    "\"tab\there\"",
	    "\"line\nbreak\"",
	    "// c\n1",
	    "/* c */1",
	    "1 2",
	    "{}{}",
	    "{\"a\":1}x",
	    "\xef\xbb\xbf{}",
	    "\"\xff\"",
	    "\"\xc0\x80\"",
	    "\"\xed\xa0\x80\"",
	    "{\"a\":1,\"a\":2}",
	    "{\"a\":1,\"\\u0061\":2}",
	    "[{\"x\":{\"k\":1,\"k\":1}}]",
	    "{\"a\":1:2}",
	    "{:1}",
	    "[,]",
	    "{,}",
	    "--1",
	    "truefalse",
	    "[true false]",
	    "1,2",
	    ":",
	    "\\",
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct js_value *value = NULL;
		struct error err = {0};
		const int result = js_parse_free(test_arena(), rows[i], strlen(rows[i]), &value, &err);
		if (!CHECK_FAILS(result, &err, ERR_BAD_JSON))
			fprintf(stderr, "accepted: %s\n", rows[i]);
		CU_ASSERT_PTR_NULL(value);
	}
	struct error err;
	const struct js_value *value;
	CHECK_FAILS(js_parse_free(test_arena(), "{}\0", 3, &value, &err), &err, ERR_BAD_JSON);
	CHECK_FAILS(js_parse_free(test_arena(), "1\0", 2, &value, &err), &err, ERR_BAD_JSON);
}

static int
parse_repeated(const char *part, size_t times, const char *tail, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * MIB);
	CLEANUP(buf_done) struct buf buf = BUF_INIT(32 * MIB);
	const struct js_value *value;

	for (size_t i = 0; i < times; i++)
		buf_puts(&buf, part);
	buf_puts(&buf, tail);
	return js_parse_free(arena, buf_str(&buf), buf.len, &value, err);
}

TEST(limits_hold)
{
	struct error err;

	CHECK_OK(parse_repeated("[", JS_DEPTH_MAX, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", &err), &err);
	CHECK_FAILS(
	    parse_repeated("[", JS_DEPTH_MAX + 1, "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]", &err), &err, ERR_BAD_JSON);
	CHECK_FAILS(parse_repeated("[", 1000000, "", &err), &err, ERR_BAD_JSON);
	CHECK_FAILS(parse_repeated("[[],[],[],[],[],[],[],[]],", 4000, "", &err), &err, ERR_TOO_LARGE);
	CHECK_FAILS(parse_repeated("1,1,1,1,1,1,1,1,1,1,", 30000, "1", &err), &err, ERR_TOO_LARGE);
	CHECK_FAILS(parse_repeated("          ", JS_BYTES_MAX / 10 + 1, "1", &err), &err, ERR_TOO_LARGE);
	CHECK_FAILS(parse_repeated("1", 65, "", &err), &err, ERR_BAD_JSON);
	CHECK_FAILS(parse_repeated("9", 40, "", &err), &err, ERR_BAD_JSON);
}

TEST(tree_goes_with_a_full_arena)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(4);
	const struct js_value *value;
	struct error err;

	CHECK_FAILS(js_parse_free(arena, "[1,2,3]", 7, &value, &err), &err, ERR_MEMORY);
}

TEST_MAIN(ROW(values_by_pointer), ROW(absent_or_other_types_give_the_fallback), ROW(arrays_and_members_are_counted),
    ROW(lone_values_are_documents), ROW(what_is_not_json_is_refused), ROW(limits_hold),
    ROW(tree_goes_with_a_full_arena))
