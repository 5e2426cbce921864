/*
 * From a JSON object to a struct, by a table. Everything wrong is gathered, so a client can mend all of it at once.
 */
#include "lib/js/read.h"

#include <assert.h>
#include <stdarg.h>

#include "lib/base/text.h"
#include "lib/js/read_priv.h"

#define POINTER_MAX 1024
#define DETAIL_MAX 400

/* ---- problems ---- */

static void
problem_put(
    struct js_problems *problems, struct arena *arena, const char *pointer, const char *code, const char *detail)
{
	if (problems->count == JS_PROBLEMS_MAX)
		return;
	const struct js_problem problem = {
	    .pointer = arena_strdup(arena, pointer),
	    .code = arena_strdup(arena, code),
	    .detail = arena_strdup(arena, detail),
	};
	/* Without memory for the words it still must not pass. */
	problems->items[problems->count++] = (struct js_problem){
	    .pointer = problem.pointer != NULL ? problem.pointer : "",
	    .code = problem.code != NULL ? problem.code : "invalid",
	    .detail = problem.detail != NULL ? problem.detail : "the request is too large to be checked",
	};
}

void
js_problem_add(
    struct js_problems *problems, struct arena *arena, const char *pointer, const char *code, const char *format, ...)
{
	char detail[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	detail[text_utf8_cut(detail, strlen(detail), DETAIL_MAX - 4)] = '\0';
	problem_put(problems, arena, pointer, code, detail);
}

void
js_reading_problem(struct js_reading *r, const struct js_field *field, const char *code, const char *format, ...)
{
	char detail[DETAIL_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(detail, sizeof(detail), format, args);
	va_end(args);
	if (field->sentence != NULL)
		text_copy(detail, sizeof(detail), field->sentence);
	if (field->code != NULL)
		code = field->code;
	problem_put(r->problems, r->arena, buf_str(&r->pointer), code, detail);
}

int
js_problems_error(const struct js_problems *problems, struct error *err)
{
	if (problems->count == 0)
		return 0;
	const struct js_problem *first = &problems->items[0];
	error_set(err, ERR_INPUT, "%s", first->detail);
	error_pointer(err, "%s", first->pointer);
	return error_fail();
}

void
js_problems_write(const struct js_problems *problems, struct js_writer *w, const char *key)
{
	js_open_array(w, key);
	for (size_t i = 0; i < problems->count; i++) {
		js_open_object(w, NULL);
		js_str(w, "pointer", problems->items[i].pointer);
		js_str(w, "code", problems->items[i].code);
		js_str(w, "detail", problems->items[i].detail);
		js_close(w);
	}
	js_close(w);
}

/* ---- the pointer in hand ---- */

size_t
js_pointer_push(struct js_reading *r, const char *name)
{
	const size_t mark = r->pointer.len;

	buf_putc(&r->pointer, '/');
	for (; *name != '\0'; name++) {
		if (*name == '~' || *name == '/')
			buf_puts(&r->pointer, *name == '~' ? "~0" : "~1");
		else
			buf_putc(&r->pointer, *name);
	}
	return mark;
}

size_t
js_pointer_push_index(struct js_reading *r, size_t index)
{
	const size_t mark = r->pointer.len;

	buf_printf(&r->pointer, "/%zu", index);
	return mark;
}

void
js_pointer_pop(struct js_reading *r, size_t mark)
{
	r->pointer.failed = false;
	buf_cut(&r->pointer, mark);
}

/* ---- values ---- */

static void read_object(struct js_reading *r, const struct js_value *object, const struct js_field *fields, char *base);

static void
wrong_type(struct js_reading *r, const struct js_field *field)
{
	js_reading_problem(r, field, "wrong_type", "%s must be %s", field->name, js_type_phrase(field->type));
}

static bool
whole_number(const struct js_value *value, int64_t *ret)
{
	return js_kind(value) == JS_KIND_NUMBER && text_int(js_number_text(value), INT64_MIN, INT64_MAX, ret) == 0;
}

static void
read_string(
    struct js_reading *r, const struct js_field *field, const struct js_value *value, bool item, const char **place)
{
	size_t len;

	if (js_kind(value) != JS_KIND_STRING) {
		js_reading_problem(r, field, "wrong_type", "%s must be %s", field->name, js_type_phrase(field->type));
		return;
	}
	const char *text = js_string_of(value, &len);
	js_check_string(r, field, text, len, item, place);
}

static bool
seen_before(const char *const *items, size_t count, const char *text)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(items[i], text))
			return true;
	return false;
}

static void
read_strings(struct js_reading *r, const struct js_field *field, const struct js_value *value, struct js_strings *place)
{
	const size_t count = js_count(value, "");

	if (js_kind(value) != JS_KIND_ARRAY) {
		wrong_type(r, field);
		return;
	}
	if (count > JS_ITEMS_MAX && !js_check_count(r, field, count))
		return;
	const char **items = ARENA_ARRAY(r->arena, count + 1, const char *);
	size_t kept = 0;
	for (size_t i = 0; items != NULL && i < count; i++) {
		const size_t mark = js_pointer_push_index(r, i);
		const size_t before = r->problems->count;
		const struct js_value *item = js_item(value, i);
		size_t len = 1;
		const char *text = js_kind(item) == JS_KIND_STRING ? js_string_of(item, &len) : "x";
		if ((field->flags & JS_ITEMS_TRIM_EMPTY) != 0)
			text_trim(&text, &len);
		if (len > 0 || (field->flags & JS_ITEMS_TRIM_EMPTY) == 0) {
			read_string(r, field, item, true, &items[kept]);
			if (r->problems->count == before && (field->flags & JS_UNIQUE) != 0 &&
			    seen_before(items, kept, items[kept]))
				js_reading_problem(
				    r, field, "duplicate", "%s must not name '%s' twice", field->name, items[kept]);
			kept++;
		}
		js_pointer_pop(r, mark);
	}
	if (js_check_count(r, field, kept))
		*place = (struct js_strings){.items = items, .count = items == NULL ? 0 : kept};
}

static void
read_ints(struct js_reading *r, const struct js_field *field, const struct js_value *value, struct js_ints *place)
{
	const size_t count = js_count(value, "");

	if (js_kind(value) != JS_KIND_ARRAY) {
		wrong_type(r, field);
		return;
	}
	if (!js_check_count(r, field, count))
		return;
	int64_t *items = ARENA_ARRAY(r->arena, count, int64_t);
	for (size_t i = 0; items != NULL && i < count; i++) {
		const size_t mark = js_pointer_push_index(r, i);
		int64_t number;
		if (!whole_number(js_item(value, i), &number))
			wrong_type(r, field);
		else
			js_check_int(r, field, number, true, &items[i]);
		for (size_t k = 0; k < i && (field->flags & JS_UNIQUE) != 0; k++)
			if (items[k] == items[i]) {
				js_reading_problem(
				    r, field, "duplicate", "%s must not hold the same number twice", field->name);
				break;
			}
		js_pointer_pop(r, mark);
	}
	*place = (struct js_ints){.items = items, .count = items == NULL ? 0 : count};
}

static void
read_objects(struct js_reading *r, const struct js_field *field, const struct js_value *value, struct js_objects *place)
{
	const size_t count = js_count(value, "");

	if (js_kind(value) != JS_KIND_ARRAY) {
		wrong_type(r, field);
		return;
	}
	if (!js_check_count(r, field, count))
		return;
	char *items = arena_array(r->arena, count, field->item_size);
	for (size_t i = 0; items != NULL && i < count; i++) {
		const size_t mark = js_pointer_push_index(r, i);
		const struct js_value *item = js_item(value, i);
		if (js_kind(item) == JS_KIND_OBJECT)
			read_object(r, item, field->fields, items + i * field->item_size);
		else
			wrong_type(r, field);
		js_pointer_pop(r, mark);
	}
	*place = (struct js_objects){.items = items, .count = items == NULL ? 0 : count};
}

static void
read_raw(struct js_reading *r, const struct js_field *field, const struct js_value *value, const char **place)
{
	if (field->type == JS_OBJECT && js_kind(value) != JS_KIND_OBJECT) {
		wrong_type(r, field);
		return;
	}
	const char *json = js_json(value, r->arena);
	if (json != NULL && strlen(json) > JS_RAW_MAX)
		js_reading_problem(
		    r, field, "too_large", "%s must have at most %zu bytes as JSON", field->name, JS_RAW_MAX);
	else
		*place = json;
}

static void
read_number(struct js_reading *r, const struct js_field *field, const struct js_value *value, void *place)
{
	int64_t number;

	if (field->type == JS_INT && whole_number(value, &number))
		js_check_int(r, field, number, false, place);
	else if (field->type == JS_DOUBLE && js_kind(value) == JS_KIND_NUMBER)
		js_check_double(r, field, js_real(value, "", 0), place);
	else if (field->type == JS_MONEY && js_kind(value) == JS_KIND_NUMBER)
		js_check_money(r, field, js_number_text(value), place);
	else if (field->type == JS_MONEY && js_kind(value) == JS_KIND_STRING)
		js_check_money(r, field, js_text(value, "", ""), place);
	else if (field->type == JS_TIME && js_kind(value) == JS_KIND_STRING)
		js_check_time(r, field, js_text(value, "", ""), place);
	else
		wrong_type(r, field);
}

/* The C type behind each js_type; a table that says otherwise is our mistake. */
static bool
place_fits(const struct js_field *field)
{
	static const size_t sizes[JS_TYPE__COUNT] = {
	    [JS_BOOL] = sizeof(bool),
	    [JS_INT] = sizeof(int64_t),
	    [JS_DOUBLE] = sizeof(double),
	    [JS_MONEY] = sizeof(int64_t),
	    [JS_STRING] = sizeof(const char *),
	    [JS_TIME] = sizeof(int64_t),
	    [JS_STRINGS] = sizeof(struct js_strings),
	    [JS_INTS] = sizeof(struct js_ints),
	    [JS_OBJECTS] = sizeof(struct js_objects),
	    [JS_RAW] = sizeof(const char *),
	};

	if (field->type == JS_OBJECT)
		return field->fields != NULL || field->size == sizeof(const char *);
	return field->size == sizes[field->type];
}

static void
read_value(struct js_reading *r, const struct js_field *field, const struct js_value *value, char *base)
{
	void *place = base + field->offset;

	assert(place_fits(field));
	switch (field->type) {
	case JS_BOOL:
		if (js_kind(value) == JS_KIND_BOOL)
			*(bool *)place = js_flag(value, "", false);
		else
			wrong_type(r, field);
		break;
	case JS_STRING:
		read_string(r, field, value, false, place);
		break;
	case JS_STRINGS:
		read_strings(r, field, value, place);
		break;
	case JS_INTS:
		read_ints(r, field, value, place);
		break;
	case JS_OBJECTS:
		read_objects(r, field, value, place);
		break;
	case JS_OBJECT:
		if (field->fields == NULL)
			read_raw(r, field, value, place);
		else if (js_kind(value) == JS_KIND_OBJECT)
			read_object(r, value, field->fields, place);
		else
			wrong_type(r, field);
		break;
	case JS_RAW:
		read_raw(r, field, value, place);
		break;
	default:
		read_number(r, field, value, place);
	}
}

/* ---- objects ---- */

static const struct js_field *
field_find(const struct js_field *fields, const char *name)
{
	for (; fields->name != NULL; fields++)
		if (strcmp(fields->name, name) == 0)
			return fields;
	return NULL;
}

static void
refuse_unknown(struct js_reading *r, const struct js_value *object, const struct js_field *fields)
{
	const struct js_value *member;
	const char *name;

	if (r->lenient)
		return;
	for (const void *at = NULL; (at = js_next_member(object, at, &name, &member)) != NULL;) {
		if (field_find(fields, name) != NULL)
			continue;
		const size_t mark = js_pointer_push(r, name);
		js_problem_add(r->problems, r->arena, buf_str(&r->pointer), "unknown_field",
		    "there is no field '%.100s' here", name);
		js_pointer_pop(r, mark);
	}
}

/* A default that does not satisfy its own field is our mistake. */
static void
read_fallback(struct js_reading *r, const struct js_field *field, char *base)
{
	const struct js_value *value;
	const size_t before = r->problems->count;
	struct error err;

	if (js_parse_free(r->arena, field->fallback, strlen(field->fallback), &value, &err) < 0) {
		assert(err.kind == ERR_MEMORY);
		return;
	}
	read_value(r, field, value, base);
	assert(r->problems->count == before || before == JS_PROBLEMS_MAX || arena_exhausted(r->arena));
}

static void
read_member(struct js_reading *r, const struct js_field *field, const struct js_value *value, char *base)
{
	if (value == NULL && (field->flags & JS_REQUIRED) != 0)
		js_reading_problem(r, field, "required", "%s is required", field->name);
	if (field->size == 0)
		return;
	if (value == NULL) {
		if (field->fallback != NULL)
			read_fallback(r, field, base);
		return;
	}
	if (field->present != 0)
		*(bool *)(base + field->present - 1) = true;
	if (js_kind(value) != JS_KIND_NULL || field->type == JS_RAW)
		read_value(r, field, value, base);
	else if ((field->flags & JS_NULLABLE) == 0)
		js_reading_problem(r, field, "null", "%s must not be null", field->name);
}

static void
read_object(struct js_reading *r, const struct js_value *object, const struct js_field *fields, char *base)
{
	refuse_unknown(r, object, fields);
	for (const struct js_field *field = fields; field->name != NULL; field++) {
		const size_t mark = js_pointer_push(r, field->name);
		read_member(r, field, js_member(object, field->name), base);
		js_pointer_pop(r, mark);
	}
}

static int
read_whole(struct js_reading *r, const struct js_value *value, const struct js_field *fields, void *target, size_t size,
    struct error *err)
{
	memset(target, 0, size);
	if (js_kind(value) == JS_KIND_OBJECT)
		read_object(r, value, fields, target);
	else
		js_problem_add(r->problems, r->arena, "", "wrong_type", "the request must be a JSON object");
	buf_done(&r->pointer);
	if (arena_exhausted(r->arena))
		return arena_error(r->arena, err);
	return js_problems_error(r->problems, err);
}

int
js_parse(struct arena *arena, const void *bytes, size_t len, const struct js_field *fields, void *target, size_t size,
    struct js_problems *problems, struct error *err)
{
	struct js_reading r = {.arena = arena, .problems = problems, .pointer = BUF_INIT(POINTER_MAX)};
	const struct js_value *value;

	problems->count = 0;
	if (js_parse_free(arena, len == 0 ? "{}" : bytes, len == 0 ? 2 : len, &value, err) < 0)
		return -1;
	return read_whole(&r, value, fields, target, size, err);
}
