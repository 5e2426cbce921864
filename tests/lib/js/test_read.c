/* lib/js/read.c, check.c and pairs.c: JSON by declared fields */
#include "tests/harness/test_main.h"

#include "lib/base/text.h"
#include "lib/js/read.h"

struct part {
	const char *name;
	int64_t count;
};

struct order {
	const char *id;
	const char *title;
	bool title_sent;
	const char *password;
	const char *color;
	const char *email;
	const char *view;
	int64_t number;
	int64_t budget;
	int64_t due;
	double ratio;
	bool urgent;
	struct js_strings words;
	struct js_ints picks;
	struct part main;
	struct js_objects parts;
	const char *metadata;
	const char *anything;
};

static const char *const views[] = {"front", "side", NULL};

static const struct js_field part_fields[] = {
    JS_FIELD(struct part, name, JS_STRING, .flags = JS_REQUIRED, .min = 1, .max = 10),
    JS_FIELD(struct part, count, JS_INT, .min = 1, .max = 9, .fallback = "1"),
    JS_END,
};

static const struct js_field order_fields[] = {
    JS_FIELD(struct order, id, JS_STRING, .flags = JS_REQUIRED, .pattern = JS_UUID),
    JS_FIELD(struct order, title, JS_STRING, .min = 3, .max = 5, .flags = JS_NULLABLE | JS_ONE_LINE,
	.present = JS_PRESENT(struct order, title_sent)),
    JS_FIELD(struct order, password, JS_STRING, .flags = JS_KEEP_SPACE, .max = 100),
    JS_FIELD(struct order, color, JS_STRING, .pattern = JS_COLOR, .fallback = "\"#ffffff\""),
    JS_FIELD(struct order, email, JS_STRING, .pattern = JS_EMAIL),
    JS_FIELD(struct order, view, JS_STRING, .choices = views),
    JS_FIELD(struct order, number, JS_INT, .min = 4, .max = 8, .fallback = "6", .sentence = "Choose 4 to 8 pictures."),
    JS_FIELD(struct order, budget, JS_MONEY, .min = 1, .max = 200 * USD),
    JS_FIELD(struct order, due, JS_TIME),
    JS_FIELD(struct order, ratio, JS_DOUBLE, .low = -1, .high = 1),
    JS_FIELD(struct order, urgent, JS_BOOL),
    JS_NAMED(
	struct order, words, "style_words", JS_STRINGS, .flags = JS_UNIQUE, .max = 3, .item_min = 1, .item_max = 4),
    JS_FIELD(struct order, picks, JS_INTS, .flags = JS_UNIQUE, .min = 1, .max = 3, .item_min = 0, .item_max = 9),
    JS_FIELD(struct order, main, JS_OBJECT, .fields = part_fields),
    JS_FIELD(struct order, parts, JS_OBJECTS, .fields = part_fields, .item_size = sizeof(struct part), .max = 2),
    JS_FIELD(struct order, metadata, JS_OBJECT),
    JS_FIELD(struct order, anything, JS_RAW),
    JS_ECHO("created_at", JS_TIME),
    JS_END,
};

#define ID "\"id\":\"6fa459ea-ee8a-3ca4-894e-db77e160355e\""

static int
read_order(const char *text, struct order *order, struct js_problems *problems, struct error *err)
{
	return JS_PARSE(test_arena(), text, strlen(text), order_fields, order, problems, err);
}

TEST(values_land_in_the_struct)
{
	struct js_problems problems;
	struct order o;
	struct error err;

	CHECK_OK(
	    read_order(
		"{\"id\":\"6FA459EA-EE8A-3CA4-894E-DB77E160355E\",\"title\":\"  caf\xc3\xa9  \",\"password\":\" p w \","
		"\"color\":\"#a1b2c3\",\"email\":\"Ann@Example.org\",\"view\":\"side\",\"number\":8,\"budget\":0.1,"
		"\"due\":\"2026-03-01T10:00:00Z\",\"ratio\":-0.5,\"urgent\":true,\"style_words\":[\"a\",\" b "
		"\"],\"picks\":[3,1],"
		"\"main\":{\"name\":\"m\"},\"parts\":[{\"name\":\"p\",\"count\":2},{\"name\":\"q\"}],"
		"\"metadata\":{\"free\":[1]},\"anything\":[null],\"created_at\":17}",
		&o, &problems, &err),
	    &err);
	CHECK_STR(o.id, "6fa459ea-ee8a-3ca4-894e-db77e160355e");
	CHECK_STR(o.title, "caf\xc3\xa9");
	CHECK(o.title_sent);
	CHECK_STR(o.password, " p w ");
	CHECK_STR(o.color, "#A1B2C3");
	CHECK_STR(o.email, "ann@example.org");
	CHECK_STR(o.view, "side");
	CHECK_INT(o.number, 8);
	CHECK_INT(o.budget, 100000);
	CHECK_INT(o.due, INT64_C(1772359200000000));
	CHECK(o.ratio == -0.5);
	CHECK(o.urgent);
	CHECK_INT(o.words.count, 2);
	CHECK_STR(o.words.items[1], "b");
	CHECK_INT(o.picks.count, 2);
	CHECK_INT(o.picks.items[0], 3);
	CHECK_STR(o.main.name, "m");
	CHECK_INT(o.main.count, 1);
	CHECK_INT(o.parts.count, 2);
	const struct part *parts = o.parts.items;
	CHECK_INT(parts[0].count, 2);
	CHECK_STR(parts[1].name, "q");
	CHECK_STR(o.metadata, "{\"free\":[1]}");
	CHECK_STR(o.anything, "[null]");
}

TEST(absent_fields_get_their_defaults)
{
	struct js_problems problems;
	struct order o;
	struct error err;

	memset(&o, 0x55, sizeof(o));
	CHECK_OK(read_order("{" ID "}", &o, &problems, &err), &err);
	CHECK_INT(o.number, 6);
	CHECK_STR(o.color, "#FFFFFF");
	CU_ASSERT_PTR_NULL(o.title);
	CHECK(!o.title_sent);
	CHECK_INT(o.words.count, 0);
	CU_ASSERT_PTR_NULL(o.main.name);
}

TEST(null_is_absence_only_where_allowed)
{
	struct js_problems problems;
	struct order o;
	struct error err;

	CHECK_OK(read_order("{" ID ",\"title\":null,\"anything\":null}", &o, &problems, &err), &err);
	CU_ASSERT_PTR_NULL(o.title);
	CHECK(o.title_sent);
	CHECK_STR(o.anything, "null");
	CHECK_FAILS(read_order("{\"id\":null}", &o, &problems, &err), &err, ERR_INPUT);
	CHECK_STR(problems.items[0].code, "null");
}

TEST(each_problem_has_pointer_and_code)
{
	static const struct {
		const char *member, *pointer, *code;
	} rows[] = {
	    {"\"colour\":1", "/colour", "unknown_field"},
	    {"\"a/b~c\":1", "/a~1b~0c", "unknown_field"},
	    {"\"title\":\" ab \"", "/title", "too_short"},
	    {"\"title\":\"sixsix\"", "/title", "too_long"},
	    {"\"title\":\"\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\"", "/title", "too_long"},
	    {"\"title\":7", "/title", "wrong_type"},
	    {"\"title\":\"a\\nbc\"", "/title", "bad_format"},
	    {"\"password\":\"a\\u0007\"", "/password", "bad_format"},
	    {"\"color\":\"red\"", "/color", "bad_format"},
	    {"\"color\":\"#12345\"", "/color", "bad_format"},
	    {"\"email\":\"a@\"", "/email", "bad_format"},
	    {"\"email\":\"a b@c.d\"", "/email", "bad_format"},
	    {"\"email\":\"a@b@c.d\"", "/email", "bad_format"},
	    {"\"view\":\"back\"", "/view", "not_a_choice"},
	    {"\"number\":3", "/number", "too_small"},
	    {"\"number\":9", "/number", "too_large"},
	    {"\"number\":6.0", "/number", "wrong_type"},
	    {"\"number\":6e0", "/number", "wrong_type"},
	    {"\"number\":\"6\"", "/number", "wrong_type"},
	    {"\"number\":99999999999999999999", NULL, NULL},
	    {"\"number\":9223372036854775808", "/number", "wrong_type"},
	    {"\"budget\":0.0000001", "/budget", "bad_format"},
	    {"\"budget\":0", "/budget", "too_small"},
	    {"\"budget\":\"200.000001\"", "/budget", "too_large"},
	    {"\"budget\":true", "/budget", "wrong_type"},
	    {"\"due\":\"tomorrow\"", "/due", "bad_format"},
	    {"\"due\":17", "/due", "wrong_type"},
	    {"\"ratio\":1.01", "/ratio", "too_large"},
	    {"\"ratio\":-2", "/ratio", "too_small"},
	    {"\"ratio\":\"1\"", "/ratio", "wrong_type"},
	    {"\"urgent\":1", "/urgent", "wrong_type"},
	    {"\"style_words\":\"a\"", "/style_words", "wrong_type"},
	    {"\"style_words\":[\"a\",\"b\",\"c\",\"d\"]", "/style_words", "too_many"},
	    {"\"style_words\":[\"a\",\"\"]", "/style_words/1", "too_short"},
	    {"\"style_words\":[\"abcde\"]", "/style_words/0", "too_long"},
	    {"\"style_words\":[\"a\",1]", "/style_words/1", "wrong_type"},
	    {"\"style_words\":[\"a\",\" a\"]", "/style_words/1", "duplicate"},
	    {"\"picks\":[]", "/picks", "too_few"},
	    {"\"picks\":[1,1]", "/picks/1", "duplicate"},
	    {"\"picks\":[10]", "/picks/0", "too_large"},
	    {"\"picks\":[1.5]", "/picks/0", "wrong_type"},
	    {"\"main\":[]", "/main", "wrong_type"},
	    {"\"main\":{}", "/main/name", "required"},
	    {"\"main\":{\"name\":\"x\",\"extra\":1}", "/main/extra", "unknown_field"},
	    {"\"parts\":{}", "/parts", "wrong_type"},
	    {"\"parts\":[{\"name\":\"x\"},{\"name\":\"\"}]", "/parts/1/name", "too_short"},
	    {"\"parts\":[1]", "/parts/0", "wrong_type"},
	    {"\"parts\":[{},{},{}]", "/parts", "too_many"},
	    {"\"metadata\":[]", "/metadata", "wrong_type"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct js_problems problems;
		struct order o;
		struct error err = {0};
		const char *text = arena_printf(test_arena(), "{" ID ",%s}", rows[i].member);
		const int result = read_order(text, &o, &problems, &err);
		if (rows[i].pointer == NULL) {
			CHECK_FAILS(result, &err, ERR_BAD_JSON);
			continue;
		}
		if (!CHECK_FAILS_CODE(result, &err, ERR_INPUT, "validation_error"))
			fprintf(stderr, "row: %s\n", rows[i].member);
		CHECK_INT(problems.count, 1);
		CHECK_STR(problems.items[0].pointer, rows[i].pointer);
		if (!CHECK_STR(problems.items[0].code, rows[i].code))
			fprintf(stderr, "row: %s\n", rows[i].member);
		CHECK_STR(err.pointer, rows[i].pointer);
		CHECK_STR(error_public_text(&err), problems.items[0].detail);
	}
}

TEST(all_problems_are_gathered)
{
	struct js_problems problems;
	CLEANUP(buf_done) struct buf buf = BUF_INIT(4096);
	struct js_writer w;
	struct order o;
	struct error err;

	CHECK_FAILS(read_order("{\"x\":1,\"number\":1,\"view\":\"top\"}", &o, &problems, &err), &err, ERR_INPUT);
	CHECK_INT(problems.count, 4);
	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_problems_write(&problems, &w, "errors");
	js_close(&w);
	js_end(&w);
	CHECK_JSON(buf_str(&buf),
	    "{\"errors\":[{\"pointer\":\"/x\",\"code\":\"unknown_field\",\"detail\":\"there is no field 'x' here\"},"
	    "{\"pointer\":\"/id\",\"code\":\"required\",\"detail\":\"id is required\"},"
	    "{\"pointer\":\"/view\",\"code\":\"not_a_choice\",\"detail\":\"view must be one of: front, side\"},"
	    "{\"pointer\":\"/number\",\"code\":\"too_small\",\"detail\":\"Choose 4 to 8 pictures.\"}]}");
}

TEST(problems_of_a_hostile_body_are_bounded)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(MIB);
	struct js_problems problems;
	struct order o;
	struct error err;

	buf_puts(&buf, "{" ID);
	for (int i = 0; i < 5000; i++)
		buf_printf(&buf, ",\"unknown%d\":1", i);
	buf_puts(&buf, "}");
	CHECK_FAILS(read_order(buf_str(&buf), &o, &problems, &err), &err, ERR_INPUT);
	CHECK_INT(problems.count, JS_PROBLEMS_MAX);
}

TEST(body_must_be_an_object)
{
	struct js_problems problems;
	struct order o;
	struct error err;

	CHECK_FAILS(read_order("[]", &o, &problems, &err), &err, ERR_INPUT);
	CHECK_STR(problems.items[0].pointer, "");
	CHECK_FAILS(read_order("null", &o, &problems, &err), &err, ERR_INPUT);
	CHECK_FAILS(read_order("{", &o, &problems, &err), &err, ERR_BAD_JSON);
	/* No body at all counts as an empty object. */
	CHECK_FAILS(read_order("", &o, &problems, &err), &err, ERR_INPUT);
	CHECK_STR(problems.items[0].pointer, "/id");
}

TEST(exhausted_arena_is_an_error)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(600);
	struct js_problems problems;
	struct order o;
	struct error err;
	const char *text =
	    arena_printf(test_arena(), "{" ID ",\"password\":\"%090d\",\"metadata\":{\"a\":\"%0900d\"}}", 0, 0);

	CHECK_FAILS(JS_PARSE(arena, text, strlen(text), order_fields, &o, &problems, &err), &err, ERR_MEMORY);
}

TEST(handlers_add_their_own_problems)
{
	struct js_problems problems = {0};
	struct error err;

	CHECK_OK(js_problems_error(&problems, &err), &err);
	js_problem_add(&problems, test_arena(), "/clip_order/2", "unknown_clip", "there is no clip '%s'", "clip_1");
	CHECK_FAILS(js_problems_error(&problems, &err), &err, ERR_INPUT);
	CHECK_STR(err.pointer, "/clip_order/2");
	CHECK_STR(error_public_text(&err), "there is no clip 'clip_1'");
}

/* ---- query strings ---- */

struct query {
	int64_t limit;
	const char *cursor;
	bool dry_run;
	int64_t from;
	int64_t most;
	double scale;
	struct js_strings kinds;
	struct js_ints ids;
};

static const struct js_field query_fields[] = {
    JS_FIELD(struct query, limit, JS_INT, .min = 1, .max = 200, .fallback = "50"),
    JS_FIELD(struct query, cursor, JS_STRING, .pattern = JS_TOKEN, .max = 100),
    JS_FIELD(struct query, dry_run, JS_BOOL),
    JS_FIELD(struct query, from, JS_TIME),
    JS_FIELD(struct query, most, JS_MONEY),
    JS_FIELD(struct query, scale, JS_DOUBLE, .low = 0, .high = 2, .fallback = "1.5"),
    JS_FIELD(struct query, kinds, JS_STRINGS, .max = 3, .item_min = 1),
    JS_FIELD(struct query, ids, JS_INTS, .item_min = 1, .item_max = 9),
    JS_END,
};

static int
read_query(const char *name, const char *value, struct query *query, struct js_problems *problems, struct error *err)
{
	const char *const names[] = {name}, *const values[] = {value};

	return js_parse_pairs(
	    test_arena(), names, values, name == NULL ? 0 : 1, query_fields, query, sizeof(*query), problems, err);
}

TEST(pairs_are_converted)
{
	static const char *const names[] = {"limit", "cursor", "dry_run", "from", "most", "scale", "kinds", "ids"};
	static const char *const values[] = {"7", "abc", "1", "2026-03-01T10:00:00Z", "0.25", "0.5", "a,b", "3,4"};
	struct js_problems problems;
	struct query q;
	struct error err;

	CHECK_OK(js_parse_pairs(test_arena(), names, values, 8, query_fields, &q, sizeof(q), &problems, &err), &err);
	CHECK_INT(q.limit, 7);
	CHECK_STR(q.cursor, "abc");
	CHECK(q.dry_run);
	CHECK_INT(q.from, INT64_C(1772359200000000));
	CHECK_INT(q.most, 250000);
	CHECK(q.scale == 0.5);
	CHECK_INT(q.kinds.count, 2);
	CHECK_STR(q.kinds.items[1], "b");
	CHECK_INT(q.ids.items[1], 4);
	CHECK_OK(read_query(NULL, NULL, &q, &problems, &err), &err);
	CHECK_INT(q.limit, 50);
	CHECK(q.scale == 1.5);
}

TEST(pairs_are_refused)
{
	static const struct {
		const char *name, *value, *code;
	} rows[] = {
	    {"limit", "0", "too_small"},
	    {"limit", "201", "too_large"},
	    {"limit", "5x", "wrong_type"},
	    {"limit", "", "wrong_type"},
	    {"limits", "5", "unknown_field"},
	    {"dry_run", "maybe", "wrong_type"},
	    {"cursor", "a b", "bad_format"},
	    {"cursor", "\xff", "bad_format"},
	    {"\xff", "1", "unknown_field"},
	    {"from", "now", "bad_format"},
	    {"scale", "nan", "wrong_type"},
	    {"scale", "3", "too_large"},
	    {"kinds", "a,,b", "too_short"},
	    {"kinds", "a,b,c,d", "too_many"},
	    {"ids", "1,x", "wrong_type"},
	    {"ids", "10", "too_large"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct js_problems problems;
		struct query q;
		struct error err = {0};
		CHECK_FAILS(read_query(rows[i].name, rows[i].value, &q, &problems, &err), &err, ERR_INPUT);
		CHECK_INT(problems.count, 1);
		CHECK_STR(problems.items[0].code, rows[i].code);
	}
	static const char *const twice[] = {"limit", "limit"}, *const values[] = {"5", "6"};
	struct js_problems problems;
	struct query q;
	struct error err;
	CHECK_FAILS(js_parse_pairs(test_arena(), twice, values, 2, query_fields, &q, sizeof(q), &problems, &err), &err,
	    ERR_INPUT);
	CHECK_STR(problems.items[0].code, "duplicate");
}

TEST_MAIN(ROW(values_land_in_the_struct), ROW(absent_fields_get_their_defaults),
    ROW(null_is_absence_only_where_allowed), ROW(each_problem_has_pointer_and_code), ROW(all_problems_are_gathered),
    ROW(problems_of_a_hostile_body_are_bounded), ROW(body_must_be_an_object), ROW(exhausted_arena_is_an_error),
    ROW(handlers_add_their_own_problems), ROW(pairs_are_converted), ROW(pairs_are_refused))
