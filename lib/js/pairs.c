/*
 * The same tables for query strings and forms, where every value is text.
 */
#include "lib/js/read.h"

#include <assert.h>

#include "lib/base/text.h"
#include "lib/js/read_priv.h"

static void
wrong_type(struct js_reading *r, const struct js_field *field)
{
	js_reading_problem(r, field, "wrong_type", "%s must be %s", field->name, js_type_phrase(field->type));
}

/* "a,b,c" */
static void
read_list(struct js_reading *r, const struct js_field *field, const char *text, char *base)
{
	struct js_strings *strings = (void *)(base + field->offset);
	struct js_ints *ints = (void *)(base + field->offset);
	size_t count = 1;

	for (const char *c = text; *c != '\0'; c++)
		count += *c == ',';
	if (*text == '\0')
		count = 0;
	if (!js_check_count(r, field, count))
		return;
	const char **items = ARENA_ARRAY(r->arena, count, const char *);
	int64_t *numbers = ARENA_ARRAY(r->arena, count, int64_t);
	for (size_t i = 0; items != NULL && numbers != NULL && i < count; i++) {
		const size_t len = strcspn(text, ",");
		const char *item = arena_strndup(r->arena, text, len);
		int64_t number;
		if (item != NULL && field->type == JS_STRINGS)
			js_check_string(r, field, item, len, true, &items[i]);
		else if (item == NULL || text_int(item, INT64_MIN, INT64_MAX, &number) < 0)
			wrong_type(r, field);
		else
			js_check_int(r, field, number, true, &numbers[i]);
		text += len + (text[len] == ',');
	}
	if (field->type == JS_STRINGS)
		*strings = (struct js_strings){.items = items, .count = count};
	else
		*ints = (struct js_ints){.items = numbers, .count = count};
}

static void
read_pair(struct js_reading *r, const struct js_field *field, const char *text, char *base)
{
	void *place = base + field->offset;
	int64_t number;
	double real;

	switch (field->type) {
	case JS_BOOL:
		if (text_bool(text, place) < 0)
			wrong_type(r, field);
		break;
	case JS_INT:
		if (text_int(text, INT64_MIN, INT64_MAX, &number) < 0)
			wrong_type(r, field);
		else
			js_check_int(r, field, number, false, place);
		break;
	case JS_DOUBLE:
		if (text_double(text, &real) < 0)
			wrong_type(r, field);
		else
			js_check_double(r, field, real, place);
		break;
	case JS_MONEY:
		js_check_money(r, field, text, place);
		break;
	case JS_TIME:
		js_check_time(r, field, text, place);
		break;
	case JS_STRING:
		js_check_string(r, field, text, strlen(text), false, place);
		break;
	case JS_STRINGS:
	case JS_INTS:
		read_list(r, field, text, base);
		break;
	default:
		assert(!"objects have no form in a query string");
	}
}

/* A default in the table is JSON; of the types possible here only strings look different as text. */
static void
read_pair_fallback(struct js_reading *r, const struct js_field *field, char *base)
{
	const struct js_value *value;
	struct error err;

	if (field->fallback == NULL)
		return;
	if (js_parse_free(r->arena, field->fallback, strlen(field->fallback), &value, &err) < 0) {
		assert(err.kind == ERR_MEMORY);
		return;
	}
	const char *text = js_text(value, "", NULL);
	read_pair(r, field, text != NULL ? text : field->fallback, base);
}

static void
refuse_unknown(struct js_reading *r, const char *const *names, size_t count, const struct js_field *fields)
{
	for (size_t i = 0; i < count; i++) {
		bool known = false, again = false;
		for (const struct js_field *field = fields; field->name != NULL; field++)
			known |= strcmp(field->name, names[i]) == 0;
		for (size_t k = 0; k < i; k++)
			again |= strcmp(names[k], names[i]) == 0;
		if (known && !again)
			continue;
		const bool valid = text_utf8_valid(names[i], strlen(names[i]));
		const size_t mark = js_pointer_push(r, valid ? names[i] : "?");
		js_problem_add(r->problems, r->arena, buf_str(&r->pointer), known ? "duplicate" : "unknown_field",
		    known ? "'%.100s' is given twice" : "there is no parameter '%.100s' here", valid ? names[i] : "?");
		js_pointer_pop(r, mark);
	}
}

static void
read_field(struct js_reading *r, const struct js_field *field, const char *text, char *base)
{
	if (text == NULL && (field->flags & JS_REQUIRED) != 0)
		js_reading_problem(r, field, "required", "%s is required", field->name);
	if (field->size == 0)
		return;
	if (text == NULL) {
		read_pair_fallback(r, field, base);
		return;
	}
	if (field->present != 0)
		*(bool *)(base + field->present - 1) = true;
	if (text_utf8_valid(text, strlen(text)))
		read_pair(r, field, text, base);
	else
		js_reading_problem(r, field, "bad_format", "%s is not valid UTF-8", field->name);
}

int
js_parse_pairs(struct arena *arena, const char *const *names, const char *const *values, size_t count,
    const struct js_field *fields, void *target, size_t size, struct js_problems *problems, struct error *err)
{
	struct js_reading r = {.arena = arena, .problems = problems, .pointer = BUF_INIT(1024)};

	problems->count = 0;
	memset(target, 0, size);
	refuse_unknown(&r, names, count, fields);
	for (const struct js_field *field = fields; field->name != NULL; field++) {
		const char *text = NULL;
		for (size_t i = 0; i < count && text == NULL; i++)
			if (strcmp(names[i], field->name) == 0)
				text = values[i];
		const size_t mark = js_pointer_push(&r, field->name);
		read_field(&r, field, text, target);
		js_pointer_pop(&r, mark);
	}
	buf_done(&r.pointer);
	if (arena_exhausted(arena))
		return arena_error(arena, err);
	return js_problems_error(problems, err);
}
