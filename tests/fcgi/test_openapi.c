#include "fcgi/route.h"
#include "fcgi/shape.h"
#include "lib/js/read.h"
#include "tests/fcgi/fake.h"

static const char *const verbs[] = {"get", "post", "put", "patch", "delete"};

static const struct js_value *
document(void)
{
	static const struct js_value *doc;
	struct answer a;
	struct error err = {0};

	if (doc != NULL)
		return doc;
	a = fake_serve(&(struct call){.method = "GET", .path = "/api/openapi.json", .anonymous = true});
	CHECK_INT(a.status, 200);
	CHECK_OK(js_parse_free(test_arena(), a.body, a.body_len, &doc, &err), &err);
	return doc;
}

static const char *
address(const struct route *route)
{
	return arena_printf(test_arena(), "%s%s", (route->flags & ROUTE_ROOT) != 0 ? "" : "/api", route->path);
}

TEST(every_route_is_in_the_document)
{
	const struct js_value *paths = js_member(document(), "paths");

	for (const struct route *route = routes; route->path != NULL; route++) {
		const struct js_value *operation = js_member(js_member(paths, address(route)), verbs[route->method]);

		if (!CHECK(operation != NULL))
			continue;
		CHECK_STR(js_text(operation, "/summary", NULL), route->about);
		CHECK((js_at(operation, "/requestBody") != NULL) ==
		      (route->input != NULL || (route->flags & ROUTE_RAW_BODY) != 0));
		CHECK(js_at(operation, arena_printf(test_arena(), "/responses/%d", route->status)) != NULL);
	}
}

/* What is not in the table does not exist. */
TEST(nothing_else_is_in_the_document)
{
	const struct js_value *paths = js_member(document(), "paths");
	size_t operations = 0;

	for (size_t i = 0; i < js_count(paths, ""); i++)
		operations += js_count(js_member_at(paths, i, NULL), "");
	CHECK_INT(operations, route_count());
	CHECK_STR(js_text(document(), "/openapi", NULL), "3.1.0");
}

/* Each documented address is found by the dispatcher, with each documented method. */
TEST(documented_addresses_are_routed)
{
	for (const struct route *route = routes; route->path != NULL; route++) {
		struct route_match match;

		route_find(test_arena(), route->method, address(route), &match);
		CHECK(match.route == route);
	}
}

static void
count_references(const struct js_value *value, size_t *ret_count)
{
	const enum js_kind kind = js_kind(value);

	for (size_t i = 0; (kind == JS_KIND_OBJECT || kind == JS_KIND_ARRAY) && i < js_count(value, ""); i++) {
		const char *name = NULL;
		const struct js_value *item =
		    kind == JS_KIND_OBJECT ? js_member_at(value, i, &name) : js_item(value, i);

		if (name != NULL && strcmp(name, "$ref") == 0) {
			const char *to = js_text(item, "", "");

			CHECK(strncmp(to, "#/", 2) == 0 && js_at(document(), to + 1) != NULL);
			++*ret_count;
		}
		count_references(item, ret_count);
	}
}

TEST(references_lead_somewhere)
{
	size_t count = 0;

	count_references(document(), &count);
	CHECK(count > 20);
}

TEST(limits_of_fields_are_in_the_document)
{
	const struct js_value *schema =
	    js_at(document(), "/paths/~1api~1generate-images/post/requestBody/content/application~1json/schema");

	CHECK_INT(js_number(schema, "/properties/product_prompt/minLength", -1), 3);
	CHECK_INT(js_number(schema, "/properties/product_prompt/maxLength", -1), 200);
	CHECK_INT(js_number(schema, "/properties/num_images/minimum", -1), 4);
	CHECK(!js_flag(schema, "/additionalProperties", true));
}

TEST(the_readable_page_names_every_route)
{
	const struct answer a = fake_serve(&(struct call){.method = "GET", .path = "/api/docs", .anonymous = true});

	CHECK_INT(a.status, 200);
	for (const struct route *route = routes; route->path != NULL; route++)
		CHECK_CONTAINS(a.body, address(route));
	CHECK_CONTAINS(a.body, "</html>");
}

static const char *
schema_of(const char *shape)
{
	struct buf buf = BUF_INIT(4 * KIB);
	struct js_writer w;
	const char *text;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	shape_schema(&w, "s", shape);
	js_close(&w);
	js_end(&w);
	text = buf_dup(&buf, test_arena());
	buf_done(&buf);
	return text;
}

TEST(shapes_become_schemas)
{
	CHECK_JSON(schema_of("int"), "{\"s\":{\"type\":\"integer\"}}");
	CHECK_JSON(schema_of("uuid?"), "{\"s\":{\"type\":[\"string\",\"null\"],\"format\":\"uuid\"}}");
	CHECK_JSON(schema_of("[str]"), "{\"s\":{\"type\":\"array\",\"items\":{\"type\":\"string\"}}}");
	CHECK_JSON(schema_of("{a:int b?:[@Key]?}"),
	    "{\"s\":{\"type\":\"object\",\"properties\":{\"a\":{\"type\":\"integer\"},\"b\":{\"type\":[\"array\","
	    "\"null\"],"
	    "\"items\":{\"$ref\":\"#/components/schemas/Key\"}}},\"required\":[\"a\"]}}");
}

TEST_MAIN(ROW(every_route_is_in_the_document), ROW(nothing_else_is_in_the_document),
    ROW(documented_addresses_are_routed), ROW(references_lead_somewhere), ROW(limits_of_fields_are_in_the_document),
    ROW(the_readable_page_names_every_route), ROW(shapes_become_schemas))
