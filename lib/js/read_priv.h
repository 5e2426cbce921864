/*
 * What the reading half of lib/js shares: the scan before json-c and the checks after it. json-c's own header is
 * included by doc.c only; a struct js_value is what json-c calls an object.
 */
#ifndef FW_JS_READ_PRIV_H
#define FW_JS_READ_PRIV_H

#include "lib/js/read.h"

/*
 * Looks at the text before anything is built: size, depth, UTF-8, NUL, surrogates, tokens that JSON does not have.
 * *ret_members is how many members all objects have together: when the tree has fewer, a key came twice.
 */
int js_scan(const char *text, size_t len, size_t *ret_members, struct error *err) MUST_CHECK;

/* The text of a number exactly as it was sent. Borrowed from the value. */
const char *js_number_text(const struct js_value *value);

/* The next member after `cursor` (NULL: the first); NULL past the end. The result is the next call's cursor. */
const void *js_next_member(
    const struct js_value *object, const void *cursor, const char **ret_name, const struct js_value **ret_value);

/* A read under way. */
struct js_reading {
	struct arena *arena;
	struct js_problems *problems;
	bool lenient; /* unknown members are ignored */
	/* Path to the value in hand, as a JSON Pointer. */
	struct buf pointer;
};

/* Adds a problem with the field's value at the pointer in hand, in the field's own words where it has some. */
void js_reading_problem(struct js_reading *r, const struct js_field *field, const char *code, const char *format, ...)
    PRINTF_LIKE(4, 5);
/* Puts "/name" or "/index" behind the pointer; the result goes to js_pointer_pop(). */
size_t js_pointer_push(struct js_reading *r, const char *name);
size_t js_pointer_push_index(struct js_reading *r, size_t index);
void js_pointer_pop(struct js_reading *r, size_t mark);

/* Checks one scalar against the field's limits and stores it at `place` in the field's C type. check.c */
void js_check_string(
    struct js_reading *r, const struct js_field *field, const char *text, size_t len, bool item, const char **place);
void js_check_int(struct js_reading *r, const struct js_field *field, int64_t number, bool item, int64_t *place);
void js_check_double(struct js_reading *r, const struct js_field *field, double number, double *place);
void js_check_money(struct js_reading *r, const struct js_field *field, const char *text, int64_t *place);
void js_check_time(struct js_reading *r, const struct js_field *field, const char *text, int64_t *place);
bool js_check_count(struct js_reading *r, const struct js_field *field, size_t count);

/* The words for a type in problem texts, "a string" and so on. */
const char *js_type_phrase(enum js_type type);

/* The text and length of a string value, which may not hold NUL; borrowed. */
const char *js_string_of(const struct js_value *value, size_t *ret_len);

#endif
