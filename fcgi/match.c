/*
 * From a path to its route. The table is short and the comparison of a segment is a memcmp, so it is walked from its
 * first row to its last; a row with more literal segments further left beats one with fewer.
 */
#include "fcgi/route.h"

#define SEGMENTS_MAX 12

struct segment {
	const char *text;
	size_t len;
};

/* -1 for more segments than any route has. Empty segments count, so "/a//b" and "/a/" match nothing. */
static int
split(const char *path, struct segment segments[static SEGMENTS_MAX])
{
	int count = 0;

	if (*path != '/')
		return -1;
	while (*path == '/') {
		const size_t len = strcspn(++path, "/");

		if (count == SEGMENTS_MAX)
			return -1;
		segments[count++] = (struct segment){.text = path, .len = len};
		path += len;
	}
	return count;
}

size_t
route_count(void)
{
	size_t count = 0;

	while (routes[count].path != NULL)
		count++;
	return count;
}

size_t
route_index(const struct route *route)
{
	return (size_t)(route - routes);
}

const char *
route_below_api(const char *path, bool *ret_api)
{
	bool api = false;

	if (strncmp(path, "/api/v1/", 8) == 0) {
		path += 7;
		api = true;
	} else if (strncmp(path, "/api/", 5) == 0) {
		path += 4;
		api = true;
	}
	if (ret_api != NULL)
		*ret_api = api;
	return path;
}

/* Bits of the literal segments, the first one highest; 0 when the template does not fit. Every template has a literal
 * one. */
static unsigned
fit(const char *template, const struct segment *segments, int count)
{
	unsigned literal = 0;

	for (int i = 0; i < count; i++) {
		if (*template != '/')
			return 0;
		const size_t len = strcspn(++template, "/");

		if (*template == '{') {
			if (segments[i].len == 0)
				return 0;
		} else if (len == segments[i].len && memcmp(template, segments[i].text, len) == 0) {
			literal |= 1u << (SEGMENTS_MAX - i);
		} else {
			return 0;
		}
		template += len;
	}
	return *template == '\0' ? literal : 0;
}

static void
take_params(struct arena *arena, const struct route *route, const struct segment *segments, struct route_match *match)
{
	const char *template = route->path;
	size_t taken = 0;

	for (int i = 0; *template == '/'; i++) {
		if (*++template == '{' && taken < REQ_PARAMS_MAX)
			match->params[taken++] = arena_strndup(arena, segments[i].text, segments[i].len);
		template += strcspn(template, "/");
	}
}

void
route_find(struct arena *arena, enum req_method method, const char *path, struct route_match *ret_match)
{
	const enum req_method wanted = method == REQ_HEAD ? REQ_GET : method;
	struct segment segments[SEGMENTS_MAX];
	const struct route *found = NULL;
	unsigned best = 0;
	bool api;
	const int count = split(route_below_api(path, &api), segments);

	*ret_match = (struct route_match){0};
	for (const struct route *route = routes; count > 0 && route->path != NULL; route++) {
		const unsigned literal =
		    api || (route->flags & ROUTE_ROOT) != 0 ? fit(route->path, segments, count) : 0;

		if (literal == 0 || literal < best)
			continue;
		if (literal > best) {
			best = literal;
			found = NULL;
			ret_match->methods = 0;
		}
		ret_match->methods |= 1u << route->method;
		if (route->method == wanted)
			found = route;
	}
	ret_match->path_known = best > 0;
	if (found != NULL) {
		ret_match->route = found;
		take_params(arena, found, segments, ret_match);
	}
}

const char *
route_allow(struct arena *arena, unsigned methods)
{
	static const char *const names[] = {
	    [REQ_GET] = "GET, HEAD",
	    [REQ_POST] = "POST",
	    [REQ_PUT] = "PUT",
	    [REQ_PATCH] = "PATCH",
	    [REQ_DELETE] = "DELETE",
	};
	char *text = arena_strdup(arena, "");

	for (size_t m = 0; m < ARRAY_LEN(names) && text != NULL; m++)
		if ((methods & 1u << m) != 0)
			text = arena_printf(arena, "%s%s, ", text, names[m]);
	return text == NULL ? "OPTIONS" : arena_printf(arena, "%sOPTIONS", text);
}
