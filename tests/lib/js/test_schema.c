/* lib/js/schema.c */
#include "tests/harness/test_main.h"

#include "lib/js/read.h"

struct small {
	const char *name;
};

struct thing {
	const char *id;
	const char *view;
	int64_t count;
	int64_t price;
	double ratio;
	struct js_strings words;
	struct js_objects parts;
	struct small one;
	const char *free;
	const char *raw;
};

static const char *const views[] = {"front", "side", NULL};

static const struct js_field small_fields[] = {
    JS_FIELD(struct small, name, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 9),
    JS_END,
};

static const struct js_field thing_fields[] = {
    JS_FIELD(struct thing, id, JS_STRING, .flags = JS_REQUIRED, .pattern = JS_UUID, .about = "which one"),
    JS_FIELD(struct thing, view, JS_STRING, .flags = JS_NULLABLE, .choices = views),
    JS_FIELD(struct thing, count, JS_INT, .min = 4, .max = 8, .fallback = "6"),
    JS_FIELD(struct thing, price, JS_MONEY, .min = 500000, .max = -1),
    JS_FIELD(struct thing, ratio, JS_DOUBLE, .low = 0.5, .high = 2),
    JS_FIELD(struct thing, words, JS_STRINGS, .flags = JS_UNIQUE, .max = 10, .item_min = 1, .item_max = 30),
    JS_FIELD(struct thing, parts, JS_OBJECTS, .fields = small_fields, .item_size = sizeof(struct small), .min = 1),
    JS_FIELD(struct thing, one, JS_OBJECT, .fields = small_fields),
    JS_FIELD(struct thing, free, JS_OBJECT),
    JS_FIELD(struct thing, raw, JS_RAW),
    JS_ECHO("created_at", JS_TIME),
    JS_END,
};

TEST(schema_says_what_the_parser_checks)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(8192);
	struct js_writer w;

	js_begin(&w, &buf);
	js_schema(&w, NULL, thing_fields);
	js_end(&w);
	CHECK_JSON(buf_str(&buf),
	    "{\"type\":\"object\",\"properties\":{"
	    "\"id\":{\"type\":\"string\",\"format\":\"uuid\",\"description\":\"which one\"},"
	    "\"view\":{\"type\":[\"string\",\"null\"],\"enum\":[\"front\",\"side\",null]},"
	    "\"count\":{\"type\":\"integer\",\"minimum\":4,\"maximum\":8,\"default\":6},"
	    "\"price\":{\"type\":\"number\",\"minimum\":0.5},"
	    "\"ratio\":{\"type\":\"number\",\"minimum\":0.5,\"maximum\":2},"
	    "\"words\":{\"type\":\"array\",\"maxItems\":10,\"uniqueItems\":true,"
	    "\"items\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":30}},"
	    "\"parts\":{\"type\":\"array\",\"minItems\":1,\"items\":{\"type\":\"object\",\"properties\":{\"name\":"
	    "{\"type\":\"string\",\"minLength\":1,\"maxLength\":9}},\"required\":[\"name\"],\"additionalProperties\":"
	    "false}},"
	    "\"one\":{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"minLength\":1,\"maxLength\":"
	    "9}},"
	    "\"required\":[\"name\"],\"additionalProperties\":false},"
	    "\"free\":{\"type\":\"object\"},\"raw\":{},"
	    "\"created_at\":{\"type\":\"string\",\"format\":\"date-time\",\"readOnly\":true}"
	    "},\"required\":[\"id\"],\"additionalProperties\":false}");
}

TEST(empty_table_is_an_empty_object)
{
	static const struct js_field none[] = {JS_END};
	CLEANUP(buf_done) struct buf buf = BUF_INIT(1000);
	struct js_writer w;

	js_begin(&w, &buf);
	js_schema(&w, NULL, none);
	js_end(&w);
	CHECK_JSON(buf_str(&buf), "{\"type\":\"object\",\"properties\":{},\"additionalProperties\":false}");
}

TEST_MAIN(ROW(schema_says_what_the_parser_checks), ROW(empty_table_is_an_empty_object))
