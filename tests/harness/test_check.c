/*
 * Asserts that show both sides. They go through CUnit's own assertion function, so its counts stay right.
 */
#include "tests/harness/test_main.h"

#include <inttypes.h>
#include <stdarg.h>

#include "lib/base/text.h"
#include "lib/js/read.h"

static bool verdict(bool held, const char *file, int line, const char *format, ...) PRINTF_LIKE(4, 5);

static bool
verdict(bool held, const char *file, int line, const char *format, ...)
{
	char text[1200];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	CU_assertImplementation(held, (unsigned)line, text, file, "", CU_FALSE);
	return held;
}

bool
test_check(bool held, const char *what, const char *file, int line)
{
	return verdict(held, file, line, "%s", what);
}

bool
test_str(const char *actual, const char *expected, const char *what, const char *file, int line)
{
	return verdict(text_equal(actual, expected), file, line, "%.200s is '%.400s', not '%.400s'", what,
	    actual == NULL ? "(null)" : actual, expected == NULL ? "(null)" : expected);
}

bool
test_int(int64_t actual, int64_t expected, const char *what, const char *file, int line)
{
	return verdict(actual == expected, file, line, "%.200s is %" PRId64 ", not %" PRId64, what, actual, expected);
}

bool
test_contains(const char *text, const char *part, const char *what, const char *file, int line)
{
	return verdict(text != NULL && strstr(text, part) != NULL, file, line, "%.200s is '%.600s' without '%.200s'",
	    what, text == NULL ? "(null)" : text, part);
}

bool
test_ok(int result, const struct error *err, const char *what, const char *file, int line)
{
	return verdict(result >= 0, file, line, "%.200s: %s: %.400s", what, result < 0 ? err->code : "",
	    result < 0 ? err->text : "");
}

bool
test_fails(int result, const struct error *err, enum error_kind kind, const char *code, const char *what,
    const char *file, int line)
{
	if (result >= 0)
		return verdict(false, file, line, "%.400s succeeded", what);
	if (err->kind != kind)
		return verdict(false, file, line, "%.300s failed with %s (%.300s), not %s", what,
		    error_row(err->kind)->name, err->text, error_row(kind)->name);
	return verdict(code == NULL || strcmp(err->code, code) == 0, file, line,
	    "%.300s failed with code '%s', not '%s'", what, err->code, code == NULL ? "" : code);
}

static bool same(const struct js_value *a, const struct js_value *b);

static bool
same_members(const struct js_value *a, const struct js_value *b)
{
	const char *name;

	for (size_t i = 0; i < js_count(a, ""); i++) {
		const struct js_value *member = js_member_at(a, i, &name);
		if (!same(member, js_member(b, name)))
			return false;
	}
	return js_count(a, "") == js_count(b, "");
}

static bool
same(const struct js_value *a, const struct js_value *b)
{
	if (js_kind(a) != js_kind(b))
		return false;
	if (js_kind(a) == JS_KIND_OBJECT)
		return same_members(a, b);
	if (js_kind(a) == JS_KIND_ARRAY) {
		for (size_t i = 0; i < js_count(a, ""); i++)
			if (!same(js_item(a, i), js_item(b, i)))
				return false;
		return js_count(a, "") == js_count(b, "");
	}
	return text_equal(js_json(a, test_arena()), js_json(b, test_arena()));
}

static const struct js_value *
parse(const char *json, const char *file, int line)
{
	const struct js_value *value;
	struct error err;

	if (json != NULL && js_parse_free(test_arena(), json, strlen(json), &value, &err) == 0)
		return value;
	verdict(
	    false, file, line, "not JSON (%s): '%.500s'", json == NULL ? "" : err.text, json == NULL ? "(null)" : json);
	return NULL;
}

bool
test_json(const char *actual, const char *expected, const char *what, const char *file, int line)
{
	const struct js_value *a = parse(actual, file, line), *b = parse(expected, file, line);

	if (a == NULL || b == NULL)
		return false;
	return verdict(same(a, b), file, line, "%.100s is %.500s, not %.500s", what, actual, expected);
}

bool
test_json_at(const char *json, const char *pointer, const char *expected, const char *file, int line)
{
	const struct js_value *whole = parse(json, file, line);
	const struct js_value *value = js_at(whole, pointer);

	if (whole == NULL)
		return false;
	if (value == NULL)
		return verdict(expected == NULL, file, line, "nothing at '%s' of %.600s", pointer, json);
	const char *text = js_kind(value) == JS_KIND_STRING ? js_text(value, "", "") : js_json(value, test_arena());
	return verdict(text_equal(text, expected), file, line, "'%s' is '%.400s', not '%.400s', in %.300s", pointer,
	    text, expected == NULL ? "(absent)" : expected, json);
}
