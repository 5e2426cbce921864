/*
 * Shapes: what an answer looks like, written as a short text and turned into a JSON Schema. The route table, the
 * OpenAPI document and the tests (which hold real answers against them) use the same text.
 *
 *     {id:uuid stage:str error:{code:str message:str}? images:[@Image] note?:str}
 *
 * A type is int, num, money, str, bool, time, uuid, url, obj (free-form), any, [type], {name:type ...} or @Name; `?`
 * after a type means that null is possible, `?` after a member's name that it may be absent.
 */
#ifndef FW_FCGI_SHAPE_H
#define FW_FCGI_SHAPE_H

#include "lib/js/write.h"

struct shape {
	const char *name;
	const char *text;
};

/* The named shapes; ended by a row with name NULL. */
extern const struct shape shapes[];

/* The text of a named shape, `len` bytes at name; NULL when unknown. */
const char *shape_named(const char *name, size_t len);
/* Writes the schema as member `key`. A mistake in the text is ours and asserts. */
void shape_schema(struct js_writer *w, const char *key, const char *text);

#endif
