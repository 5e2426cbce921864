/*
 * JSON from outside: the free reader, the field reader over every type, and the writer's answer read back.
 */
#include "tests/fuzz/fuzz.h"

#include <assert.h>

#include "lib/js/read.h"

struct inner {
	const char *name;
	int64_t count;
};

struct outer {
	const char *id, *title, *color, *email, *url, *free, *raw;
	bool flag, present;
	int64_t number, money, time;
	double real;
	struct js_strings words;
	struct js_ints picks;
	struct inner one;
	struct js_objects many;
};

static const struct js_field inner_fields[] = {
    JS_FIELD(struct inner, name, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 10),
    JS_FIELD(struct inner, count, JS_INT, .min = 1, .max = 9, .fallback = "1"),
    JS_END,
};

static const struct js_field outer_fields[] = {
    JS_FIELD(struct outer, id, JS_STRING, .pattern = JS_UUID),
    JS_FIELD(
	struct outer, title, JS_STRING, .flags = JS_NULLABLE, .max = 20, .present = JS_PRESENT(struct outer, present)),
    JS_FIELD(struct outer, color, JS_STRING, .pattern = JS_COLOR),
    JS_FIELD(struct outer, email, JS_STRING, .pattern = JS_EMAIL),
    JS_FIELD(struct outer, url, JS_STRING, .pattern = JS_URL),
    JS_FIELD(struct outer, free, JS_OBJECT),
    JS_FIELD(struct outer, raw, JS_RAW),
    JS_FIELD(struct outer, flag, JS_BOOL),
    JS_FIELD(struct outer, number, JS_INT),
    JS_FIELD(struct outer, money, JS_MONEY),
    JS_FIELD(struct outer, time, JS_TIME),
    JS_FIELD(struct outer, real, JS_DOUBLE),
    JS_FIELD(struct outer, words, JS_STRINGS, .flags = JS_UNIQUE | JS_ITEMS_TRIM_EMPTY, .max = 5),
    JS_FIELD(struct outer, picks, JS_INTS, .flags = JS_UNIQUE, .max = 5),
    JS_FIELD(struct outer, one, JS_OBJECT, .fields = inner_fields),
    JS_FIELD(struct outer, many, JS_OBJECTS, .fields = inner_fields, .item_size = sizeof(struct inner)),
    JS_END,
};

/* What was accepted and written again is accepted again and stays the same. */
static void
check_round_trip(struct arena *arena, const struct js_value *value)
{
	const struct js_value *again;
	struct error err;
	const char *first = js_json(value, arena);

	if (first == NULL || js_parse_free(arena, first, strlen(first), &again, &err) < 0) {
		assert(first == NULL || err.kind == ERR_MEMORY);
		return;
	}
	const char *second = js_json(again, arena);
	assert(second == NULL || strcmp(first, second) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * MIB);
	const struct js_value *value;
	struct js_problems problems;
	struct outer outer;
	struct error err;

	if (js_parse_free(arena, data, size, &value, &err) == 0) {
		check_round_trip(arena, value);
		(void)js_text(value, "/a/0/b", NULL);
		(void)js_number(value, "/number", 0);
	}
	if (JS_PARSE(arena, data, size, outer_fields, &outer, &problems, &err) < 0)
		assert(err.kind != ERR_INPUT || problems.count > 0);
	return 0;
}
