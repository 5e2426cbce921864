#include "fcgi/problem.h"
#include "fcgi/route.h"
#include "lib/base/path.h"
#include "tests/fcgi/fake.h"

TEST(codes_are_unique_and_have_a_status)
{
	for (const struct problem *p = problems; p->code != NULL; p++) {
		CHECK(problem_find(p->code) == p);
		CHECK(problem_status(p) >= 400);
		CHECK(p->title[0] != '\0' && p->about[0] != '\0' && p->hint[0] != '\0');
	}
}

/* Every kind of error has its page, so that the `type` of any answer leads somewhere. */
TEST(every_error_kind_has_a_row)
{
	for (int kind = ERR_NONE + 1; kind < ERR__COUNT; kind++) {
		const struct problem *p = problem_find(error_row((enum error_kind)kind)->code);

		if (CHECK(p != NULL))
			CHECK_INT(problem_status(p), error_row((enum error_kind)kind)->status);
	}
}

TEST(codes_of_the_route_table_have_rows)
{
	for (const struct route *route = routes; route->path != NULL; route++) {
		for (const char *p = route->codes != NULL ? route->codes : ""; *p != '\0'; p += strspn(p, " ")) {
			const char *code = arena_strndup(test_arena(), p, strcspn(p, " "));

			if (!CHECK(problem_find(code) != NULL))
				(void)fprintf(stderr, "  no row for '%s'\n", code);
			p += strlen(code);
		}
	}
}

static char *
read_source(const char *relative)
{
	const char *root = getenv("top_srcdir");
	char *text = NULL;
	struct error err = {0};

	if (path_read(test_arena(), arena_printf(test_arena(), "%s/%s", root != NULL ? root : ".", relative), MIB,
		&text, NULL, &err) < 0)
		return NULL;
	return text;
}

/* Codes that a client can meet are raised in these files as refuse(409, 'code', ...). */
TEST(codes_of_the_database_have_rows)
{
	static const char *const files[] = {"sql/functions/ad.sql", "sql/functions/ad_start.sql",
	    "sql/functions/ad_select.sql", "sql/functions/asset.sql", "sql/functions/auth.sql",
	    "sql/functions/cost.sql", "sql/functions/idem.sql"};
	size_t seen = 0;

	for (size_t i = 0; i < ARRAY_LEN(files); i++) {
		const char *text = read_source(files[i]);

		if (text == NULL)
			SKIP("the SQL sources are not here; set top_srcdir");
		for (const char *p = text; (p = strstr(p, "refuse(")) != NULL; p++) {
			const int status = (int)strtol(p + 7, NULL, 10);
			const char *quote = strchr(p, '\'');
			const struct problem *row;
			const char *code;

			if (status < 400 || quote == NULL || quote - p > 16)
				continue;
			code = arena_strndup(test_arena(), quote + 1, strcspn(quote + 1, "'"));
			row = problem_find(code);
			if (!CHECK(row != NULL && problem_status(row) == status))
				(void)fprintf(stderr, "  %s: '%s' with status %d\n", files[i], code, status);
			seen++;
		}
	}
	CHECK(seen > 10);
}

/* nginx answers some errors itself, with codes of the same table. */
TEST(codes_of_nginx_have_rows)
{
	const char *text = read_source("nginx/site.conf.in");
	const char *map = text == NULL ? NULL : strstr(text, "$fw_problem_code {");

	if (map == NULL)
		SKIP("nginx/site.conf.in is not here; set top_srcdir");
	for (const char *p = strchr(map, '\n') + 1; *p != '}'; p = strchr(p, '\n') + 1) {
		char status[16], code[64];

		if (sscanf(p, " %15s %63[a-z_];", status, code) != 2)
			continue;
		const struct problem *row = problem_find(code);

		if (!CHECK(row != NULL))
			(void)fprintf(stderr, "  no row for nginx's '%s'\n", code);
		/* these are nginx's alone: no handler answers so */
		else if (strcmp(status, "default") != 0 && strcmp(status, "501") != 0 && strcmp(status, "502") != 0)
			CHECK_INT(problem_status(row), strtol(status, NULL, 10));
	}
}

TEST(a_problem_has_its_page_in_both_forms)
{
	struct call call = {.method = "GET", .path = "/problems/invalid_stage", .anonymous = true};
	struct answer a = fake_serve(&call);

	CHECK_INT(a.status, 200);
	CHECK_JSON_AT(a.body, "/code", "invalid_stage");
	CHECK_JSON_AT(a.body, "/status", "409");
	call.headers[0][0] = "HTTP_ACCEPT";
	call.headers[0][1] = "text/html,application/xhtml+xml,*/*;q=0.8";
	a = fake_serve(&call);
	CHECK_STR(fake_header(&a, "Content-Type"), "text/html; charset=utf-8");
	CHECK_CONTAINS(a.body, "<code>invalid_stage</code>");
	CHECK_CONTAINS(a.body, "</html>");
	call.path = "/problems/<script>";
	CHECK_PROBLEM(fake_serve(&call), 404, "not_found");
	call.path = "/problems";
	CHECK_CONTAINS(fake_serve(&call).body, "/problems/validation_error");
}

/* ADS-89, replaced by RFC 9457: the shape is one for all. */
TEST(a_problem_carries_the_case)
{
	struct answer a;

	fake_reset();
	fake.fail = "session_start_clips";
	(void)error_code(&fake.error, ERR_CONFLICT, "invalid_stage", "The stage is \"created\".");
	error_hint(&fake.error, "generate pictures first");
	a = fake_post(
	    "/api/generate-clips", "{\"session_id\":\"" FAKE_SESSION "\",\"video_prompt\":\"girl running in sun\"}");
	fake_reset();
	CHECK_PROBLEM(a, 409, "invalid_stage");
	CHECK_JSON_AT(a.body, "/detail", "The stage is \"created\".");
	CHECK_JSON_AT(a.body, "/hint", "generate pictures first");
	CHECK_JSON_AT(a.body, "/retryable", "false");
	CHECK_JSON_AT(a.body, "/instance", "/api/generate-clips");
}

/* ADS-150: the database points at the field. */
TEST(a_field_refused_by_the_database_is_in_errors)
{
	struct answer a;

	fake_reset();
	fake.fail = "session_save_images";
	(void)error_set(&fake.error, ERR_INPUT, "A picture does not belong to this session");
	error_pointer(&fake.error, "/approved_image_ids");
	a = fake_post("/api/save-approved-images",
	    "{\"session_id\":\"" FAKE_SESSION "\",\"approved_image_ids\":[\"img_1\",\"img_2\"]}");
	fake_reset();
	CHECK_PROBLEM(a, 422, "validation_error");
	CHECK_JSON_AT(a.body, "/errors/0/pointer", "/approved_image_ids");
}

TEST_MAIN(ROW(codes_are_unique_and_have_a_status), ROW(every_error_kind_has_a_row),
    ROW(codes_of_the_route_table_have_rows), ROW(codes_of_the_database_have_rows), ROW(codes_of_nginx_have_rows),
    ROW(a_problem_has_its_page_in_both_forms), ROW(a_problem_carries_the_case),
    ROW(a_field_refused_by_the_database_is_in_errors))
