/*
 * The OpenAPI 3.1 schema (JSON Schema 2020-12) of a field table: what the parser checks, told to others.
 */
#include "lib/js/read.h"

static void write_field(struct js_writer *w, const char *key, const struct js_field *field);

/* "string", or ["string", "null"]. */
static void
write_type(struct js_writer *w, const char *type, bool nullable)
{
	if (!nullable) {
		js_str(w, "type", type);
		return;
	}
	js_open_array(w, "type");
	js_str(w, NULL, type);
	js_str(w, NULL, "null");
	js_close(w);
}

static void
write_pattern(struct js_writer *w, enum js_pattern pattern)
{
	static const struct {
		const char *key, *value;
	} rows[JS_PATTERN__COUNT] = {
	    [JS_UUID] = {"format", "uuid"},
	    [JS_COLOR] = {"pattern", "^#[0-9A-Fa-f]{6}$"},
	    [JS_EMAIL] = {"format", "email"},
	    [JS_TOKEN] = {"pattern", "^[-A-Za-z0-9_.:]+$"},
	    [JS_SLUG] = {"pattern", "^[-a-z0-9_]+$"},
	    [JS_URL] = {"format", "uri"},
	};

	if (rows[pattern].key != NULL)
		js_str(w, rows[pattern].key, rows[pattern].value);
}

static void
write_string(struct js_writer *w, const struct js_field *field, int64_t min, int64_t max)
{
	if (min > 0)
		js_int(w, "minLength", min);
	if (max > 0)
		js_int(w, "maxLength", max);
	write_pattern(w, field->pattern);
	if (field->choices == NULL)
		return;
	js_open_array(w, "enum");
	for (const char *const *choice = field->choices; *choice != NULL; choice++)
		js_str(w, NULL, *choice);
	if ((field->flags & JS_NULLABLE) != 0 && field->type == JS_STRING)
		js_null(w, NULL);
	js_close(w);
}

static void
write_int(struct js_writer *w, int64_t min, int64_t max)
{
	if (min == 0 && max == 0)
		return;
	js_int(w, "minimum", min);
	if (max >= min)
		js_int(w, "maximum", max);
}

static void
write_limits(struct js_writer *w, const struct js_field *field)
{
	if (field->type == JS_DOUBLE && (field->low != 0 || field->high != 0)) {
		js_double(w, "minimum", field->low);
		if (field->high >= field->low)
			js_double(w, "maximum", field->high);
	}
	if (field->type == JS_MONEY && (field->min != 0 || field->max != 0)) {
		js_money(w, "minimum", field->min);
		if (field->max >= field->min)
			js_money(w, "maximum", field->max);
	}
	if (field->type == JS_INT)
		write_int(w, field->min, field->max);
	if (field->type == JS_STRING)
		write_string(w, field, field->min, field->max);
	if (field->type == JS_TIME)
		js_str(w, "format", "date-time");
}

static void
write_items(struct js_writer *w, const struct js_field *field)
{
	if (field->min > 0)
		js_int(w, "minItems", field->min);
	if (field->max > 0)
		js_int(w, "maxItems", field->max);
	if ((field->flags & JS_UNIQUE) != 0)
		js_bool(w, "uniqueItems", true);
	if (field->type == JS_OBJECTS) {
		js_schema(w, "items", field->fields);
		return;
	}
	js_open_object(w, "items");
	js_str(w, "type", field->type == JS_INTS ? "integer" : "string");
	if (field->type == JS_INTS)
		write_int(w, field->item_min, field->item_max);
	else
		write_string(w, field, field->item_min, field->item_max);
	js_close(w);
}

static void
write_members(struct js_writer *w, const struct js_field *fields)
{
	bool required = false;

	js_open_object(w, "properties");
	for (const struct js_field *field = fields; field->name != NULL; field++) {
		write_field(w, field->name, field);
		required |= (field->flags & JS_REQUIRED) != 0;
	}
	js_close(w);
	if (required) {
		js_open_array(w, "required");
		for (const struct js_field *field = fields; field->name != NULL; field++)
			if ((field->flags & JS_REQUIRED) != 0)
				js_str(w, NULL, field->name);
		js_close(w);
	}
	js_bool(w, "additionalProperties", false);
}

static void
write_field(struct js_writer *w, const char *key, const struct js_field *field)
{
	static const char *const types[JS_TYPE__COUNT] = {
	    [JS_BOOL] = "boolean",
	    [JS_INT] = "integer",
	    [JS_DOUBLE] = "number",
	    [JS_MONEY] = "number",
	    [JS_STRING] = "string",
	    [JS_TIME] = "string",
	    [JS_STRINGS] = "array",
	    [JS_INTS] = "array",
	    [JS_OBJECT] = "object",
	    [JS_OBJECTS] = "array",
	};

	js_open_object(w, key);
	if (types[field->type] != NULL)
		write_type(w, types[field->type], (field->flags & JS_NULLABLE) != 0);
	write_limits(w, field);
	if (field->type == JS_STRINGS || field->type == JS_INTS || field->type == JS_OBJECTS)
		write_items(w, field);
	if (field->type == JS_OBJECT && field->fields != NULL)
		write_members(w, field->fields);
	if (field->fallback != NULL)
		js_raw(w, "default", field->fallback);
	if ((field->flags & JS_READONLY) != 0)
		js_bool(w, "readOnly", true);
	if (field->about != NULL)
		js_str(w, "description", field->about);
	js_close(w);
}

void
js_schema(struct js_writer *w, const char *key, const struct js_field *fields)
{
	js_open_object(w, key);
	js_schema_members(w, fields);
	js_close(w);
}

void
js_schema_members(struct js_writer *w, const struct js_field *fields)
{
	js_str(w, "type", "object");
	write_members(w, fields);
}
