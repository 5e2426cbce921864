/*
 * The only includer of json-c. The tree hangs on the arena, so it lives as long as everything that was read from it.
 */
#include <json-c/json.h>

#include "lib/base/text.h"
#include "lib/js/read_priv.h"

#define INDEX_DIGITS_MAX 7

static struct json_object *
object_of(const struct js_value *value)
{
	/* json-c takes no const objects even where it only reads. */
	return (struct json_object *)(uintptr_t)value;
}

static const struct js_value *
value_of(const struct json_object *object)
{
	return (const struct js_value *)object;
}

/* JSON null is a NULL pointer for json-c; this stands for it on the outside. */
static const char null_mark;
#define NULL_VALUE ((const struct js_value *)(const void *)&null_mark)

static const struct js_value *
wrap(const struct json_object *object)
{
	return object == NULL ? NULL_VALUE : value_of(object);
}

static void
tree_free(void *tree)
{
	json_object_put(tree);
}

static void
tokener_done(struct json_tokener **tokener)
{
	json_tokener_free(*tokener);
}

static size_t
count_members(const struct js_value *value)
{
	const enum js_kind kind = js_kind(value);
	size_t count = 0;

	if (kind == JS_KIND_ARRAY) {
		for (size_t i = 0; i < js_count(value, ""); i++)
			count += count_members(js_item(value, i));
	} else if (kind == JS_KIND_OBJECT) {
		const struct js_value *member;
		const char *name;
		for (const void *at = NULL; (at = js_next_member(value, at, &name, &member)) != NULL;)
			count += 1 + count_members(member);
	}
	return count;
}

int
js_parse_free(struct arena *arena, const void *bytes, size_t len, const struct js_value **ret_value, struct error *err)
{
	size_t members = 0;

	if (js_scan(bytes, len, &members, err) < 0)
		return -1;
	CLEANUP(tokener_done) struct json_tokener *tokener = json_tokener_new_ex(JS_DEPTH_MAX + 2);
	if (tokener == NULL)
		abort();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);

	/* A lone number may go on, as far as json-c knows; a final NUL byte ends it. */
	struct json_object *tree = json_tokener_parse_ex(tokener, bytes, (int)len);
	enum json_tokener_error status = json_tokener_get_error(tokener);
	if (status == json_tokener_continue) {
		tree = json_tokener_parse_ex(tokener, "", 1);
		status = json_tokener_get_error(tokener);
	}
	if (status != json_tokener_success)
		return error_set(err, ERR_BAD_JSON, "%s", json_tokener_error_desc(status));
	if (arena_defer(arena, tree_free, tree) < 0)
		return arena_error(arena, err);
	if (count_members(wrap(tree)) != members)
		return error_set(err, ERR_BAD_JSON, "an object has the same key twice");
	*ret_value = wrap(tree);
	return 0;
}

enum js_kind
js_kind(const struct js_value *value)
{
	if (value == NULL)
		return JS_KIND_NONE;
	if (value == NULL_VALUE)
		return JS_KIND_NULL;
	switch (json_object_get_type(object_of(value))) {
	case json_type_boolean:
		return JS_KIND_BOOL;
	case json_type_double:
	case json_type_int:
		return JS_KIND_NUMBER;
	case json_type_string:
		return JS_KIND_STRING;
	case json_type_array:
		return JS_KIND_ARRAY;
	case json_type_object:
		return JS_KIND_OBJECT;
	default:
		return JS_KIND_NULL;
	}
}

const struct js_value *
js_member(const struct js_value *value, const char *name)
{
	struct json_object *member;

	if (js_kind(value) != JS_KIND_OBJECT || !json_object_object_get_ex(object_of(value), name, &member))
		return NULL;
	return wrap(member);
}

const struct js_value *
js_item(const struct js_value *array, size_t index)
{
	if (js_kind(array) != JS_KIND_ARRAY || index >= json_object_array_length(object_of(array)))
		return NULL;
	return wrap(json_object_array_get_idx(object_of(array), index));
}

/* One step of a pointer: part[0..len) without the slash. */
static const struct js_value *
step(const struct js_value *value, const char *part, size_t len)
{
	CLEANUP(buf_done) struct buf name = BUF_INIT(4096);
	int64_t index;

	for (size_t i = 0; i < len; i++) {
		const bool escape = part[i] == '~' && i + 1 < len && (part[i + 1] == '0' || part[i + 1] == '1');
		buf_putc(&name, escape ? (part[i + 1] == '0' ? '~' : '/') : part[i]);
		i += escape;
	}
	if (name.failed)
		return NULL;
	if (js_kind(value) != JS_KIND_ARRAY)
		return js_member(value, buf_str(&name));
	if (name.len > INDEX_DIGITS_MAX || text_int(buf_str(&name), 0, INT32_MAX, &index) < 0)
		return NULL;
	return js_item(value, (size_t)index);
}

const struct js_value *
js_at(const struct js_value *value, const char *pointer)
{
	while (value != NULL && *pointer == '/') {
		const size_t len = strcspn(pointer + 1, "/");
		value = step(value, pointer + 1, len);
		pointer += 1 + len;
	}
	return *pointer == '\0' ? value : NULL;
}

const char *
js_string_of(const struct js_value *value, size_t *ret_len)
{
	*ret_len = (size_t)json_object_get_string_len(object_of(value));
	return json_object_get_string(object_of(value));
}

const char *
js_number_text(const struct js_value *value)
{
	return json_object_to_json_string_ext(object_of(value), JSON_C_TO_STRING_PLAIN);
}

const char *
js_text(const struct js_value *value, const char *pointer, const char *fallback)
{
	const struct js_value *found = js_at(value, pointer);

	return js_kind(found) == JS_KIND_STRING ? json_object_get_string(object_of(found)) : fallback;
}

int64_t
js_number(const struct js_value *value, const char *pointer, int64_t fallback)
{
	const struct js_value *found = js_at(value, pointer);
	int64_t number;

	if (js_kind(found) != JS_KIND_NUMBER || text_int(js_number_text(found), INT64_MIN, INT64_MAX, &number) < 0)
		return fallback;
	return number;
}

double
js_real(const struct js_value *value, const char *pointer, double fallback)
{
	const struct js_value *found = js_at(value, pointer);

	return js_kind(found) == JS_KIND_NUMBER ? json_object_get_double(object_of(found)) : fallback;
}

bool
js_flag(const struct js_value *value, const char *pointer, bool fallback)
{
	const struct js_value *found = js_at(value, pointer);

	return js_kind(found) == JS_KIND_BOOL ? json_object_get_boolean(object_of(found)) : fallback;
}

size_t
js_count(const struct js_value *value, const char *pointer)
{
	const struct js_value *found = js_at(value, pointer);
	const enum js_kind kind = js_kind(found);

	if (kind == JS_KIND_ARRAY)
		return json_object_array_length(object_of(found));
	return kind == JS_KIND_OBJECT ? (size_t)json_object_object_length(object_of(found)) : 0;
}

const void *
js_next_member(
    const struct js_value *object, const void *cursor, const char **ret_name, const struct js_value **ret_value)
{
	const struct lh_entry *entry = cursor == NULL ? lh_table_head(json_object_get_object(object_of(object)))
						      : lh_entry_next((const struct lh_entry *)cursor);

	if (entry == NULL)
		return NULL;
	*ret_name = lh_entry_k(entry);
	*ret_value = wrap(lh_entry_v(entry));
	return entry;
}

const struct js_value *
js_member_at(const struct js_value *object, size_t index, const char **ret_name)
{
	const struct js_value *member = NULL;
	const char *name = NULL;
	const void *at = NULL;

	if (js_kind(object) != JS_KIND_OBJECT)
		return NULL;
	do {
		at = js_next_member(object, at, &name, &member);
	} while (at != NULL && index-- > 0);
	if (at == NULL)
		return NULL;
	if (ret_name != NULL)
		*ret_name = name;
	return member;
}

const char *
js_json(const struct js_value *value, struct arena *arena)
{
	const enum js_kind kind = js_kind(value);

	if (kind == JS_KIND_NONE || kind == JS_KIND_NULL)
		return "null";
	return arena_strdup(arena,
	    json_object_to_json_string_ext(object_of(value), JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE));
}
