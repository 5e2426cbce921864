/*
 * A walk over text that is known to be JSON: members and items are counted off until the next part of the pointer is
 * found.
 */
#include "ctl/where.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define PART_MAX 256

static const char *
skip_space(const char *p)
{
	return p + strspn(p, " \t\r\n");
}

static const char *
skip_string(const char *p)
{
	for (p++; *p != '\0' && *p != '"'; p++)
		if (*p == '\\' && p[1] != '\0')
			p++;
	return *p == '"' ? p + 1 : p;
}

/* Past the value at p. */
static const char *
skip_value(const char *p)
{
	unsigned depth = 0;

	for (;;) {
		if (*p == '"')
			p = skip_string(p);
		else if (*p == '{' || *p == '[')
			depth++, p++;
		else if ((*p == '}' || *p == ']') && depth > 0)
			depth--, p++;
		else if (depth > 0 && *p != '\0')
			p++;
		else
			return p + strcspn(p, ",]} \t\r\n");
		if (depth == 0)
			return p;
	}
}

/* Takes the first part of *pointer, unescaped. */
static bool
next_part(const char **pointer, char part[static PART_MAX])
{
	size_t len = 0;
	const char *p = *pointer;

	if (*p != '/')
		return false;
	for (p++; *p != '\0' && *p != '/' && len + 1 < PART_MAX; p++) {
		if (*p == '~' && (p[1] == '0' || p[1] == '1'))
			part[len++] = *++p == '0' ? '~' : '/';
		else
			part[len++] = *p;
	}
	part[len] = '\0';
	*pointer = p;
	return true;
}

/* The value of a member or item; NULL when there is none. */
static const char *
step(const char *p, const char *part)
{
	const bool object = *p == '{';
	const unsigned long wanted = object ? 0 : strtoul(part, NULL, 10);

	if (*p != '{' && *p != '[')
		return NULL;
	p = skip_space(p + 1);
	for (unsigned long i = 0; *p != '\0' && *p != '}' && *p != ']'; i++) {
		bool here = i == wanted;

		if (object) {
			const char *end = skip_string(p);

			here = (size_t)(end - p) == strlen(part) + 2 && strncmp(p + 1, part, strlen(part)) == 0;
			p = skip_space(end);
			p = skip_space(p + (*p == ':'));
		}
		if (here)
			return p;
		p = skip_space(skip_value(p));
		p = skip_space(p + (*p == ','));
	}
	return NULL;
}

size_t
where_line(const char *json, const char *pointer)
{
	const char *at = skip_space(json), *next;
	char part[PART_MAX];
	size_t line = 1;

	while (next_part(&pointer, part) && (next = step(at, part)) != NULL)
		at = next;
	for (const char *p = json; p < at; p++)
		line += *p == '\n';
	return line;
}
