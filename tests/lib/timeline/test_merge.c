#include "lib/timeline/merge.h"

#include "tests/harness/test_main.h"

static const struct js_value *
parse(const char *json)
{
	const struct js_value *value = NULL;
	struct error err = {0};

	CHECK_OK(js_parse_free(test_arena(), json, strlen(json), &value, &err), &err);
	return value;
}

#define TIMELINE \
	"{\"output\":{\"width\":320},\"tracks\":[{\"items\":[{\"asset\":\"b.mp4\",\"text\":\"{{a}} and {{b}}\"}," \
	"{\"asset\":\"a.mp4\",\"look\":{\"lut\":\"x.cube\"}}]}],\"audio\":[{\"asset\":\"b.mp4\"}]}"

TEST(every_file_is_found_with_its_place)
{
	const struct timeline_use *uses;
	const char *const *names;
	struct error err = {0};
	size_t n_uses, count;

	CHECK_OK(timeline_uses(test_arena(), parse(TIMELINE), &uses, &n_uses, &err), &err);
	CHECK_INT(n_uses, 4);
	CHECK_STR(uses[2].name, "x.cube");
	CHECK_STR(uses[2].pointer, "/tracks/0/items/1/look/lut");
	CHECK_STR(uses[3].pointer, "/audio/0/asset");
	CHECK_OK(timeline_names(test_arena(), uses, n_uses, &names, &count, &err), &err);
	CHECK_INT(count, 3);
	CHECK_STR(names[0], "b.mp4");
	CHECK_STR(names[2], "x.cube");
}

TEST(fields_are_filled_in_once)
{
	struct js_problems problems = {0};
	struct error err = {0};
	const char *json = "";

	CHECK_OK(timeline_merge(test_arena(), parse(TIMELINE), parse("{\"a\":\"{{b}}\",\"b\":\"\\\"q\\\"\"}"),
		     "/timeline", &json, &problems, &err),
	    &err);
	CHECK_JSON_AT(json, "/tracks/0/items/0/text", "{{b}} and \"q\"");
	CHECK_JSON_AT(json, "/tracks/0/items/0/asset", "b.mp4");
	CHECK_JSON_AT(json, "/output/width", "320");
}

TEST(missing_and_idle_values_are_pointed_at)
{
	struct js_problems problems = {0};
	struct error err = {0};
	const char *json;

	CHECK_FAILS(timeline_merge(test_arena(), parse(TIMELINE), parse("{\"a\":\"x\",\"c/d\":\"y\"}"), "/timeline",
			&json, &problems, &err),
	    &err, ERR_INPUT);
	CHECK_INT(problems.count, 2);
	CHECK_STR(problems.items[0].pointer, "/timeline/tracks/0/items/0/text");
	CHECK_STR(problems.items[0].code, "required");
	CHECK_STR(problems.items[1].pointer, "/merge/c~1d");
	CHECK_STR(problems.items[1].code, "unknown_field");
}

TEST(braces_that_are_no_field_stay)
{
	struct js_problems problems = {0};
	struct error err = {0};
	const char *json = "";

	CHECK_OK(timeline_merge(test_arena(), parse("{\"text\":\"{{}} {{ x y }} {{é}} }} {{\"}"), NULL, "", &json,
		     &problems, &err),
	    &err);
	CHECK_JSON_AT(json, "/text", "{{}} {{ x y }} {{é}} }} {{");
}

TEST(files_get_names_that_are_tokens)
{
	static const char *const names[] = {"b.mp4", "a.mp4", "x.cube"};
	struct error err = {0};
	const char *json = "";

	CHECK_OK(timeline_rename(test_arena(), parse(TIMELINE), names, 3, "hevc", &json, &err), &err);
	CHECK_JSON_AT(json, "/tracks/0/items/0/asset", "f0");
	CHECK_JSON_AT(json, "/tracks/0/items/1/look/lut", "f2");
	CHECK_JSON_AT(json, "/audio/0/asset", "f0");
	CHECK_JSON_AT(json, "/output/profile", "hevc");
	/* texts are not looked at: what a value brought in is no field */
	CHECK_JSON_AT(json, "/tracks/0/items/0/text", "{{a}} and {{b}}");
	CHECK_OK(timeline_rename(test_arena(), parse("{\"output\":{\"profile\":\"h264\",\"asset\":1}}"), names, 3,
		     "av1", &json, &err),
	    &err);
	CHECK_JSON_AT(json, "/output/profile", "av1");
	CHECK_JSON_AT(json, "/output/asset", "1");
}

TEST_MAIN(ROW(every_file_is_found_with_its_place), ROW(fields_are_filled_in_once),
    ROW(missing_and_idle_values_are_pointed_at), ROW(braces_that_are_no_field_stay),
    ROW(files_get_names_that_are_tokens))
