#include "ctl/where.h"

#include "tests/harness/test_main.h"

static const char text[] = "{\n"
			   " \"a\": {\"x\": [1, \"]}\\\"\", {\"y\":\n"
			   "  true}]},\n"
			   " \"b\":\n"
			   "  [\n"
			   "  {\"c/d\": -1.5e3},\n"
			   "  {\n"
			   "   \"e\": null}\n"
			   " ],\n"
			   " \"a b\": 7\n"
			   "}\n";

TEST(a_pointer_leads_to_its_line)
{
	static const struct {
		const char *pointer;
		size_t line;
	} rows[] = {{"", 1}, {"/a", 2}, {"/a/x/1", 2}, {"/a/x/2/y", 3}, {"/b", 5}, {"/b/0/c~1d", 6}, {"/b/1", 7},
	    {"/b/1/e", 8}, {"/a b", 10}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		CHECK_INT(where_line(text, rows[i].pointer), rows[i].line);
}

TEST(what_is_not_there_is_where_it_should_be)
{
	CHECK_INT(where_line(text, "/b/1/text"), 7);
	CHECK_INT(where_line(text, "/b/9"), 5);
	CHECK_INT(where_line(text, "/nothing/at/all"), 1);
	CHECK_INT(where_line("[]", "/0"), 1);
	CHECK_INT(where_line("", "/a"), 1);
}

TEST_MAIN(ROW(a_pointer_leads_to_its_line), ROW(what_is_not_there_is_where_it_should_be))
