/*
 * The OpenAPI 3.1 document and the readable page, both made from the tables that route and validate. Nothing is written
 * twice, so the document cannot promise what the dispatcher does not do.
 */
#include "fcgi/openapi.h"

#include "fcgi/app.h"
#include "fcgi/page.h"
#include "fcgi/problem.h"
#include "fcgi/route.h"
#include "fcgi/shape.h"
#include "lib/base/text.h"

static const char *const verbs[] = {
    [REQ_GET] = "get", [REQ_POST] = "post", [REQ_PUT] = "put", [REQ_PATCH] = "patch", [REQ_DELETE] = "delete"};
static const char *const methods[] = {
    [REQ_GET] = "GET", [REQ_POST] = "POST", [REQ_PUT] = "PUT", [REQ_PATCH] = "PATCH", [REQ_DELETE] = "DELETE"};

/* Codes that any route of its kind may answer. */
static const char *
general_codes(const struct route *route)
{
	if (route->who == ROUTE_PUBLIC)
		return "bad_request validation_error database_unavailable internal";
	return "bad_request unauthorized forbidden validation_error database_unavailable internal";
}

static bool
takes_body(const struct route *route)
{
	return route->input != NULL || (route->flags & ROUTE_RAW_BODY) != 0;
}

/* The canonical address of a route. */
static void
address(const struct route *route, char *to, size_t size)
{
	(void)snprintf(to, size, "%s%s", (route->flags & ROUTE_ROOT) != 0 ? "" : "/api", route->path);
}

static void
write_path_parameters(struct js_writer *w, const char *path)
{
	for (const char *p = strchr(path, '{'); p != NULL; p = strchr(p + 1, '{')) {
		js_open_object(w, NULL);
		js_strn(w, "name", p + 1, strcspn(p + 1, "}"));
		js_str(w, "in", "path");
		js_bool(w, "required", true);
		js_open_object(w, "schema");
		js_str(w, "type", "string");
		js_close(w);
		js_close(w);
	}
}

static void
write_header_parameter(struct js_writer *w, const char *name, const char *about)
{
	js_open_object(w, NULL);
	js_str(w, "name", name);
	js_str(w, "in", "header");
	js_str(w, "description", about);
	js_open_object(w, "schema");
	js_str(w, "type", "string");
	js_int(w, "maxLength", 64);
	js_close(w);
	js_close(w);
}

static const char *
query_type(enum js_type type)
{
	switch (type) {
	case JS_BOOL:
		return "boolean";
	case JS_INT:
		return "integer";
	case JS_DOUBLE:
	case JS_MONEY:
		return "number";
	default:
		return "string";
	}
}

static void
write_query_parameter(struct js_writer *w, const struct js_field *field)
{
	js_open_object(w, NULL);
	js_str(w, "name", field->name);
	js_str(w, "in", "query");
	js_bool(w, "required", (field->flags & JS_REQUIRED) != 0);
	if (field->about != NULL)
		js_str(w, "description", field->about);
	js_open_object(w, "schema");
	js_str(w, "type", query_type(field->type));
	if (field->type == JS_TIME)
		js_str(w, "format", "date-time");
	if (field->type == JS_INT && (field->min != 0 || field->max != 0)) {
		js_int(w, "minimum", field->min);
		js_int(w, "maximum", field->max);
	}
	if (field->choices != NULL) {
		js_open_array(w, "enum");
		for (const char *const *c = field->choices; *c != NULL; c++)
			js_str(w, NULL, *c);
		js_close(w);
	}
	if (field->fallback != NULL)
		js_raw(w, "default", field->fallback);
	js_close(w);
	js_close(w);
}

static void
write_parameters(struct js_writer *w, const struct route *route)
{
	js_open_array(w, "parameters");
	write_path_parameters(w, route->path);
	for (const struct js_field *f = route->query; f != NULL && f->name != NULL; f++)
		write_query_parameter(w, f);
	if ((route->flags & ROUTE_IDEMPOTENT) != 0)
		write_header_parameter(
		    w, "Idempotency-Key", "the same key and body within 24 hours give the first answer again");
	js_close(w);
}

static void
write_body(struct js_writer *w, const struct route *route)
{
	if (!takes_body(route))
		return;
	js_open_object(w, "requestBody");
	js_bool(w, "required", true);
	js_open_object(w, "content");
	if (route->input != NULL) {
		js_open_object(w, "application/json");
		js_schema(w, "schema", route->input);
		js_close(w);
	} else {
		static const char *const types[] = {
		    "image/*", "video/*", "audio/*", "application/octet-stream", "multipart/form-data"};

		for (size_t i = 0; i < ARRAY_LEN(types); i++) {
			js_open_object(w, types[i]);
			js_close(w);
		}
	}
	js_close(w);
	js_close(w);
}

/* Problem answers, one per status: OpenAPI has no room for two answers of one status, so the codes share a description.
 */
static void
write_problems(struct js_writer *w, const struct route *route)
{
	for (int status = 400; status < 600; status++) {
		CLEANUP(buf_done) struct buf codes = BUF_INIT(2 * KIB);
		const char *lists[2] = {general_codes(route), route->codes != NULL ? route->codes : ""};

		for (size_t l = 0; l < ARRAY_LEN(lists); l++) {
			for (const char *p = lists[l]; *p != '\0'; p += strspn(p, " ")) {
				char code[64];
				const size_t len = FW_MIN(strcspn(p, " "), sizeof(code) - 1);
				const struct problem *problem;

				memcpy(code, p, len);
				code[len] = '\0';
				p += len;
				problem = problem_find(code);
				if (problem != NULL && problem_status(problem) == status)
					buf_printf(&codes, "%s%s", codes.len > 0 ? ", " : "", code);
			}
		}
		if (codes.len == 0)
			continue;
		char name[16];

		(void)snprintf(name, sizeof(name), "%d", status);
		js_open_object(w, name);
		js_str(w, "description", buf_str(&codes));
		js_open_object(w, "content");
		js_open_object(w, "application/problem+json");
		js_open_object(w, "schema");
		js_str(w, "$ref", "#/components/schemas/Problem");
		js_close(w);
		js_close(w);
		js_close(w);
		js_close(w);
	}
}

static void
write_responses(struct js_writer *w, const struct route *route)
{
	char name[16];

	js_open_object(w, "responses");
	(void)snprintf(name, sizeof(name), "%d", route->status);
	js_open_object(w, name);
	js_str(w, "description", reply_reason(route->status));
	if (route->shape != NULL) {
		js_open_object(w, "content");
		js_open_object(w, "application/json");
		shape_schema(w, "schema", route->shape);
		js_close(w);
		js_close(w);
	}
	js_close(w);
	write_problems(w, route);
	js_close(w);
}

static void
write_operation(struct js_writer *w, const struct route *route)
{
	js_open_object(w, verbs[route->method]);
	js_str(w, "summary", route->about);
	js_strings(w, "tags", &route->tag, 1);
	write_parameters(w, route);
	write_body(w, route);
	write_responses(w, route);
	js_open_array(w, "security");
	if (route->who != ROUTE_PUBLIC) {
		js_open_object(w, NULL);
		js_open_array(w, "bearer");
		js_close(w);
		js_close(w);
		if (route->method == REQ_GET) {
			js_open_object(w, NULL);
			js_open_array(w, "cookie");
			js_close(w);
			js_close(w);
		}
	}
	js_close(w);
	if (route->scope != NULL)
		js_str(w, "x-scope", route->scope);
	js_close(w);
}

/* Rows of one path need not stand together; each path is written at its first row. */
static void
write_paths(struct js_writer *w)
{
	js_open_object(w, "paths");
	for (const struct route *route = routes; route->path != NULL; route++) {
		const struct route *first = routes;
		char path[160];

		while (strcmp(first->path, route->path) != 0)
			first++;
		if (first != route)
			continue;
		address(route, path, sizeof(path));
		js_open_object(w, path);
		for (const struct route *same = route; same->path != NULL; same++)
			if (strcmp(same->path, route->path) == 0)
				write_operation(w, same);
		js_close(w);
	}
	js_close(w);
}

static void
write_components(struct js_writer *w)
{
	js_open_object(w, "components");
	js_open_object(w, "schemas");
	for (const struct shape *s = shapes; s->name != NULL; s++)
		shape_schema(w, s->name, s->text);
	js_close(w);
	js_open_object(w, "securitySchemes");
	js_open_object(w, "bearer");
	js_str(w, "type", "http");
	js_str(w, "scheme", "bearer");
	js_str(w, "description", "An access token, or an API key (fw_...)");
	js_close(w);
	js_open_object(w, "cookie");
	js_str(w, "type", "apiKey");
	js_str(w, "in", "cookie");
	js_str(w, "name", "session_token");
	js_str(w, "description", "For GET only");
	js_close(w);
	js_close(w);
	js_close(w);
}

void
openapi_write(struct js_writer *w, const char *server_url)
{
	js_open_object(w, NULL);
	js_str(w, "openapi", "3.1.0");
	js_open_object(w, "info");
	js_str(w, "title", "Framewright");
	js_str(w, "version", PACKAGE_VERSION);
	js_str(w, "description",
	    "Product adverts from one prompt. Paths under /api answer under /api/v1 as well. Errors are problem "
	    "documents "
	    "(RFC 9457); /problems lists their codes.");
	js_close(w);
	js_open_array(w, "servers");
	js_open_object(w, NULL);
	js_str(w, "url", server_url);
	js_close(w);
	js_close(w);
	write_paths(w);
	write_components(w);
	js_close(w);
}

int
openapi_get(struct req *req, struct reply *reply, struct error *err)
{
	struct js_writer *w = reply_json(reply, 200);

	(void)err;
	openapi_write(w, req->app->public_url);
	reply_json_end(reply);
	reply_header(reply, "Cache-Control", "public, max-age=300");
	return 0;
}

static void
describe_fields(struct buf *page, const char *caption, const struct js_field *fields)
{
	if (fields == NULL || fields->name == NULL)
		return;
	buf_printf(page,
	    "<table><caption>%s</caption><thead><tr><th>Name</th><th>Limits</th><th>Default</th></tr></thead><tbody>\n",
	    caption);
	for (const struct js_field *f = fields; f->name != NULL; f++) {
		buf_puts(page, "<tr><td><code>");
		buf_text(page, f->name);
		buf_puts(page, (f->flags & JS_REQUIRED) != 0 ? "</code> (required)</td><td>" : "</code></td><td>");
		if (f->choices != NULL)
			for (const char *const *c = f->choices; *c != NULL; c++)
				buf_printf(page, "%s%s", c == f->choices ? "" : ", ", *c);
		else if (f->type == JS_DOUBLE && (f->low != 0 || f->high != 0))
			buf_printf(page, "%g to %g", f->low, f->high);
		else if (f->min != 0 || f->max != 0)
			buf_printf(page, "%lld to %lld", (long long)f->min, (long long)f->max);
		if (f->about != NULL) {
			buf_puts(page, " ");
			buf_text(page, f->about);
		}
		buf_puts(page, "</td><td>");
		buf_text(page, f->fallback != NULL ? f->fallback : "");
		buf_puts(page, "</td></tr>\n");
	}
	buf_puts(page, "</tbody></table>\n");
}

static void
describe_codes(struct buf *page, const char *codes)
{
	if (codes == NULL)
		return;
	buf_puts(page, "<p>Problems:");
	for (const char *p = codes; *p != '\0'; p += strspn(p, " ")) {
		const int len = (int)strcspn(p, " ");

		buf_printf(page, " <a href=\"/problems/%.*s\"><code>%.*s</code></a>", len, p, len, p);
		p += len;
	}
	buf_puts(page, "</p>\n");
}

static void
describe_route(struct buf *page, const struct route *route)
{
	char path[160];

	address(route, path, sizeof(path));
	buf_printf(page, "<section><h3><code>%s %s</code></h3>\n<p>", methods[route->method], path);
	buf_text(page, route->about);
	buf_printf(page, ". Answers %d.", route->status);
	if (route->who == ROUTE_PUBLIC)
		buf_puts(page, " Needs no sign-in.");
	if (route->who == ROUTE_ADMIN)
		buf_puts(page, " For administrators.");
	if (route->scope != NULL)
		buf_printf(page, " A key needs the scope <code>%s</code>.", route->scope);
	if ((route->flags & ROUTE_IDEMPOTENT) != 0)
		buf_puts(page, " Takes an <code>Idempotency-Key</code>.");
	buf_puts(page, "</p>\n");
	describe_fields(page, "Parameters", route->query);
	describe_fields(page, "Body", route->input);
	if (route->shape != NULL) {
		buf_puts(page, "<p>Answer: <code>");
		buf_text(page, route->shape);
		buf_puts(page, "</code></p>\n");
	}
	describe_codes(page, route->codes);
	buf_puts(page, "</section>\n");
}

int
openapi_docs(struct req *req, struct reply *reply, struct error *err)
{
	const char *tag = "";

	(void)req;
	(void)err;
	page_open(reply, "The API");
	buf_puts(reply->body,
	    "<p>Every path below /api answers below /api/v1 as well. The same in machine form: "
	    "<a href=\"/api/openapi.json\">openapi.json</a>. Errors: <a href=\"/problems\">problem codes</a>. "
	    "In answers, a name in capitals is one of the shapes at the end.</p>\n");
	for (const struct route *route = routes; route->path != NULL; route++) {
		if (strcmp(tag, route->tag) != 0)
			buf_printf(reply->body, "<h2>%s</h2>\n", route->tag);
		tag = route->tag;
		describe_route(reply->body, route);
	}
	buf_puts(reply->body, "<h2>Shapes</h2>\n<dl>\n");
	for (const struct shape *s = shapes; s->name != NULL; s++) {
		buf_printf(reply->body, "<dt>%s</dt><dd><code>", s->name);
		buf_text(reply->body, s->text);
		buf_puts(reply->body, "</code></dd>\n");
	}
	buf_puts(reply->body, "</dl>\n");
	page_close(reply);
	return 0;
}
