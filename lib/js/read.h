/*
 * JSON from outside.
 *
 * Two ways in. A request to us goes through a declared table of fields (js_parse): what is not in the table is refused,
 * limits are checked, all problems are gathered and the values land in a struct. What others answer us (providers, our
 * own media process) is read freely (js_parse_free): unknown members are ignored and values are picked by JSON Pointer.
 *
 * Both refuse, before anything is built: more than the depth and size limits, duplicate keys, invalid UTF-8, NUL (also
 * as \u0000), lone surrogates, comments, trailing text. Money never passes through binary floating point.
 *
 *     struct ad_start { const char *session_id; const char *product_prompt; int64_t num_images; struct js_strings
 * style; }; static const struct js_field ad_start_fields[] = { JS_FIELD(struct ad_start, session_id, JS_STRING, .flags
 * = JS_REQUIRED, .pattern = JS_UUID), JS_FIELD(struct ad_start, product_prompt, JS_STRING, .flags = JS_REQUIRED, .min =
 * 3, .max = 200), JS_FIELD(struct ad_start, num_images, JS_INT, .min = 4, .max = 8, .fallback = "6"), JS_NAMED(struct
 * ad_start, style, "style_keywords", JS_STRINGS, .max = 10, .item_min = 1, .item_max = 30), JS_END,
 *     };
 */
#ifndef FW_JS_READ_H
#define FW_JS_READ_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/js/write.h"

#define JS_DEPTH_MAX 32
#define JS_BYTES_MAX (8 * MIB)
/* json-c takes some 800 bytes for an empty object: these keep the tree of a hostile text at a few dozen megabytes. */
#define JS_VALUES_MAX 200000
#define JS_CONTAINERS_MAX 20000
#define JS_STRING_MAX 65536 /* code points, where a field names no limit */
#define JS_ITEMS_MAX 10000  /* items, where a field names no limit */
#define JS_PROBLEMS_MAX 50
/* read_only objects and free-form values may be this large as text */
#define JS_RAW_MAX (256 * KIB)

enum js_type {
	JS_BOOL,    /* bool */
	JS_INT,	    /* int64_t; 3.0 and 3e2 are not integers */
	JS_DOUBLE,  /* double */
	JS_MONEY,   /* int64_t micro-dollars, from a number or a string with at most six decimals */
	JS_STRING,  /* const char *, in the arena, trimmed */
	JS_TIME,    /* int64_t microseconds since 1970, from an RFC 3339 string */
	JS_STRINGS, /* struct js_strings */
	JS_INTS,    /* struct js_ints */
	JS_OBJECT, /* a struct in place, read by .fields; const char * JSON text when .fields is NULL (free-form object)
		    */
	JS_OBJECTS, /* struct js_objects, items read by .fields */
	JS_RAW,	    /* const char *: any value as compact JSON text */
	JS_TYPE__COUNT
};

struct js_strings {
	const char *const *items;
	size_t count;
};

struct js_ints {
	const int64_t *items;
	size_t count;
};

struct js_objects {
	void *items; /* array of the item struct */
	size_t count;
};

enum js_pattern {
	JS_ANY,
	JS_UUID,  /* stored in lower case */
	JS_COLOR, /* #RRGGBB, stored in upper case */
	JS_EMAIL, /* something@something, no spaces, at most 254 bytes; stored in lower case */
	JS_TOKEN, /* A-Z a-z 0-9 - _ . : */
	JS_SLUG,  /* a-z 0-9 - _ */
	JS_URL,	  /* http:// or https:// with a host; whether it may be fetched is lib/net/guard's question */
	JS_PATTERN__COUNT
};

#define JS_REQUIRED 1u	  /* must be there and not null */
#define JS_UNIQUE 2u	  /* items of JS_STRINGS and JS_INTS differ */
#define JS_READONLY 4u	  /* accepted when sent back; read like any other if it has a place, else skipped unread */
#define JS_NULLABLE 8u	  /* null is accepted and leaves the place empty (present is true) */
#define JS_KEEP_SPACE 16u /* do not trim: passwords */
#define JS_ONE_LINE 32u	  /* no control characters at all; otherwise tab, CR and LF are accepted */
#define JS_ITEMS_TRIM_EMPTY 64u /* JS_STRINGS: items that are empty after trimming are dropped instead of refused */

/*
 * Limits: min and max both 0 mean none; a max below min means no upper limit. They count code points after trimming for
 * JS_STRING, items for the array types, micro-dollars for JS_MONEY, and are the value for JS_INT. item_min and
 * item_max: code points (JS_STRINGS) or values (JS_INTS). JS_DOUBLE uses low and high.
 */
struct js_field {
	const char *name; /* NULL ends the table */
	enum js_type type;
	unsigned flags;
	size_t offset;	/* in the target struct */
	size_t size;	/* of the place; 0: there is none (JS_READONLY only) */
	size_t present; /* offset + 1 of a bool that is set when the member was sent; 0: none */
	int64_t min, max;
	int64_t item_min, item_max;
	double low, high;
	const char *const *choices;    /* NULL-terminated; for JS_STRING and the items of JS_STRINGS */
	enum js_pattern pattern;       /* for JS_STRING and the items of JS_STRINGS */
	const struct js_field *fields; /* JS_OBJECT, JS_OBJECTS */
	size_t item_size;	       /* JS_OBJECTS: sizeof the item struct */
	const char *fallback;	       /* default as JSON text, read by the same rules */
	const char *sentence;	       /* replaces the detail of any problem with this value */
	const char *code;	       /* replaces the code of any problem with this value */
	const char *about;	       /* one line for the OpenAPI document */
};

#define JS_PLACE(struct_type, member) \
	.offset = offsetof(struct_type, member), .size = sizeof(((struct_type *)0)->member)
#define JS_FIELD(struct_type, member, js_type, ...) \
	{ \
		.name = #member, .type = (js_type), JS_PLACE(struct_type, member), ##__VA_ARGS__ \
	}
#define JS_NAMED(struct_type, member, json_name, js_type, ...) \
	{ \
		.name = (json_name), .type = (js_type), JS_PLACE(struct_type, member), ##__VA_ARGS__ \
	}
/* A read-only member without a place: accepted and skipped. */
#define JS_ECHO(json_name, js_type, ...) \
	{ \
		.name = (json_name), .type = (js_type), .flags = JS_READONLY, ##__VA_ARGS__ \
	}
/* For .present */
#define JS_PRESENT(struct_type, member) (offsetof(struct_type, member) + 1)
#define JS_END \
	{ \
		.name = NULL \
	}

struct js_problem {
	const char *pointer; /* JSON Pointer, "" for the whole document */
	const char *code;    /* required unknown_field wrong_type null too_short too_long too_small too_large too_few
			      * too_many    not_a_choice bad_format duplicate */
	const char *detail;  /* a sentence for the client */
};

struct js_problems {
	size_t count; /* at most JS_PROBLEMS_MAX are kept */
	struct js_problem items[JS_PROBLEMS_MAX];
};

/*
 * Fills `target` (zeroed first: `size` bytes) from an object. -1 with ERR_BAD_JSON when it is not JSON, ERR_TOO_LARGE
 * beyond the limits, ERR_INPUT with everything in `problems` when fields are wrong, ERR_MEMORY when the arena is
 * exhausted. Strings, arrays and problems live in the arena. `len` 0 counts as "{}" when no field is required.
 */
int js_parse(struct arena *arena, const void *bytes, size_t len, const struct js_field *fields, void *target,
    size_t size, struct js_problems *problems, struct error *err) MUST_CHECK;
#define JS_PARSE(arena, bytes, len, fields, target, problems, err) \
	js_parse((arena), (bytes), (len), (fields), (target), sizeof(*(target)), (problems), (err))

/* A handler's own finding beside those of the table. The texts are copied into the arena. */
void js_problem_add(struct js_problems *problems, struct arena *arena, const char *pointer, const char *code,
    const char *format, ...) PRINTF_LIKE(5, 6);
/* 0 when there is none; else -1 with ERR_INPUT, the first problem's pointer and detail as the public text. */
int js_problems_error(const struct js_problems *problems, struct error *err) MUST_CHECK;
/* Writes the `errors` array of a problem document. */
void js_problems_write(const struct js_problems *problems, struct js_writer *w, const char *key);
/* Values of a query string or form by the same table: every value is text and is converted by the field's type; arrays
 * take commas. names[i] = values[i]; repeated names are problems; pointers are "/name". */
int js_parse_pairs(struct arena *arena, const char *const *names, const char *const *values, size_t count,
    const struct js_field *fields, void *target, size_t size, struct js_problems *problems,
    struct error *err) MUST_CHECK;

/* The OpenAPI 3.1 schema object of a table: type object, properties, required, additionalProperties false. */
void js_schema(struct js_writer *w, const char *key, const struct js_field *fields);
/* The same, into the object that is open. */
void js_schema_members(struct js_writer *w, const struct js_field *fields);

/* ---- JSON of others ---- */

/* A value inside a document; lives as long as the arena it was parsed into. */
struct js_value;

/* Any JSON value. ERR_BAD_JSON or ERR_TOO_LARGE otherwise. */
int js_parse_free(struct arena *arena, const void *bytes, size_t len, const struct js_value **ret_value,
    struct error *err) MUST_CHECK;

/* By JSON Pointer below `value` ("/output/0/url", "" is value itself); NULL when absent or value is NULL. JSON null is
 * a value. */
const struct js_value *js_at(const struct js_value *value, const char *pointer);
/* By member name, no escaping. */
const struct js_value *js_member(const struct js_value *value, const char *name);

enum js_kind {
	JS_KIND_NONE,
	JS_KIND_NULL,
	JS_KIND_BOOL,
	JS_KIND_NUMBER,
	JS_KIND_STRING,
	JS_KIND_ARRAY,
	JS_KIND_OBJECT
};
/* JS_KIND_NONE for NULL. */
enum js_kind js_kind(const struct js_value *value);

/* The string at the pointer, or `fallback` (may be NULL) when it is absent or no string. Borrowed. */
const char *js_text(const struct js_value *value, const char *pointer, const char *fallback);
int64_t js_number(
    const struct js_value *value, const char *pointer, int64_t fallback); /* whole numbers within int64 only */
double js_real(const struct js_value *value, const char *pointer, double fallback);
bool js_flag(const struct js_value *value, const char *pointer, bool fallback);

/* Items of an array or members of an object at the pointer; 0 for anything else. */
size_t js_count(const struct js_value *value, const char *pointer);
const struct js_value *js_item(const struct js_value *array, size_t index);
/* Member `index` in document order, its name through ret_name (may be NULL); NULL past the end. */
const struct js_value *js_member_at(const struct js_value *object, size_t index, const char **ret_name);
/* Compact JSON text in the arena; "null" for NULL; NULL when the arena is exhausted. */
const char *js_json(const struct js_value *value, struct arena *arena) MUST_CHECK;

#endif
