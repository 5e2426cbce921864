#include "fcgi/route.h"
#include "tests/harness/test_main.h"

static const struct {
	enum req_method method;
	const char *path;
	const char *found; /* template; NULL: no route */
	const char *param;
} cases[] = {
    {REQ_GET, "/api/sessions", "/sessions", NULL},
    {REQ_GET, "/api/v1/sessions", "/sessions", NULL},
    {REQ_GET, "/sessions", NULL, NULL},
    {REQ_GET, "/api/sessions/", NULL, NULL},
    {REQ_GET, "/api/sessions/abc", "/sessions/{session_id}", "abc"},
    {REQ_HEAD, "/api/sessions/abc", "/sessions/{session_id}", "abc"},
    {REQ_GET, "/api/sessions/abc/costs", "/sessions/{session_id}/costs", "abc"},
    {REQ_GET, "/api/sessions/abc/other", NULL, NULL},
    {REQ_POST, "/api/sessions/create", "/sessions/create", NULL},
    {REQ_GET, "/health", "/health", NULL},
    {REQ_GET, "/api/health", "/health", NULL},
    {REQ_GET, "/api/v1/health", "/health", NULL},
    {REQ_GET, "/media/img_1", "/media/{asset_id}", "img_1"},
    {REQ_GET, "/api/costs/summary", "/costs/summary", NULL},
    {REQ_GET, "/problems/bad_json", "/problems/{code}", "bad_json"},
    {REQ_GET, "/problems", "/problems", NULL},
    {REQ_GET, "/api/openapi.json", "/openapi.json", NULL},
    {REQ_GET, "/", NULL, NULL},
    {REQ_GET, "/api", NULL, NULL},
    {REQ_GET, "/api/", NULL, NULL},
    {REQ_GET, "/api/v1/", NULL, NULL},
    {REQ_GET, "/api//sessions", NULL, NULL},
    {REQ_GET, "/api/sessions/a/b/c/d/e/f/g/h/i/j/k/l/m/n/o", NULL, NULL},
    {REQ_DELETE, "/api/keys/7", "/keys/{key_id}", "7"},
};

TEST(match_finds_the_route_of_a_path)
{
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct route_match match;

		route_find(test_arena(), cases[i].method, cases[i].path, &match);
		CHECK_STR(match.route != NULL ? match.route->path : NULL, cases[i].found);
		CHECK_STR(match.params[0], cases[i].param);
	}
}

/* Platform, Addresses 1: literal path segments win over {id}. */
TEST(match_prefers_literal_segments)
{
	struct route_match match;

	route_find(test_arena(), REQ_GET, "/api/sessions/create", &match);
	CHECK(match.path_known);
	CHECK(match.route == NULL);
	CHECK_STR(route_allow(test_arena(), match.methods), "POST, OPTIONS");
}

TEST(match_knows_the_methods_of_a_path)
{
	struct route_match match;

	route_find(test_arena(), REQ_PUT, "/api/sessions/abc", &match);
	CHECK(match.path_known);
	CHECK(match.route == NULL);
	CHECK_STR(route_allow(test_arena(), match.methods), "GET, HEAD, DELETE, OPTIONS");
	route_find(test_arena(), REQ_GET, "/nothing", &match);
	CHECK(!match.path_known);
}

/* The table's own rules, which the dispatcher relies on. */
TEST(table_rows_are_complete)
{
	CHECK(route_count() < ROUTES_MAX);
	for (const struct route *route = routes; route->path != NULL; route++) {
		CHECK(route->path[0] == '/');
		CHECK(route->handler != NULL);
		CHECK(route->about != NULL && route->tag != NULL);
		CHECK(route->status >= 200 && route->status < 300);
		CHECK((route->input == NULL) == (route->input_size == 0));
		CHECK((route->query == NULL) == (route->query_size == 0));
		CHECK(route->who == ROUTE_PUBLIC || (route->flags & ROUTE_NO_DB) == 0);
		for (const struct route *other = routes; other < route; other++)
			CHECK(other->method != route->method || strcmp(other->path, route->path) != 0);
	}
}

/* Platform, HTTP: an Idempotency-Key on every POST that starts work. */
TEST(table_start_calls_take_a_key_and_a_wait)
{
	for (const struct route *route = routes; route->path != NULL; route++) {
		if ((route->flags & ROUTE_START) == 0)
			continue;
		CHECK_INT(route->method, REQ_POST);
		CHECK((route->flags & ROUTE_IDEMPOTENT) != 0);
		CHECK_INT(route->status, 202);
		CHECK(route->query != NULL && strcmp(route->query[0].name, "wait") == 0);
	}
}

TEST_MAIN(ROW(match_finds_the_route_of_a_path), ROW(match_prefers_literal_segments),
    ROW(match_knows_the_methods_of_a_path), ROW(table_rows_are_complete), ROW(table_start_calls_take_a_key_and_a_wait))
