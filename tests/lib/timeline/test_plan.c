/*
 * Frames, spans and keys.
 */
#include "tests/harness/test_main.h"

#include "lib/timeline/plan.h"

#define OUTPUT "{\"version\":1,\"output\":{\"width\":1920,\"height\":1080,\"fps\":[30,1]},"

static struct plan *
plan(const char *json)
{
	static const struct plan_fact assets[] = {{"a", "digest-a"}, {"b", "digest-b"}, {"c", "digest-c"}};
	static const struct plan_fact fonts[] = {{"Montserrat-Bold", "digest-font"}};
	static const struct plan_facts facts = {
	    .engine = "test", .assets = assets, .n_assets = 3, .fonts = fonts, .n_fonts = 1};
	static struct js_problems problems;
	struct timeline *timeline;
	struct plan *made = NULL;
	struct error err = {0};

	memset(&problems, 0, sizeof(problems));
	if (CHECK_OK(timeline_parse(test_arena(), json, strlen(json), &timeline, &problems, &err), &err))
		(void)CHECK_OK(plan_make(test_arena(), timeline, &facts, &made, &err), &err);
	return made;
}

/* Spans lie end to end over the whole film. */
static void
check_whole(const struct plan *made)
{
	int64_t at = 0;

	for (size_t i = 0; i < made->n_spans; i++) {
		CHECK_INT(made->spans[i].start, at);
		CHECK(made->spans[i].frames >= FW_MIN(made->frames, PLAN_SPAN_MIN));
		CHECK(made->spans[i].frames <= PLAN_SPAN_LONG + 2 * PLAN_SPAN_MIN);
		CHECK_INT(strlen(made->spans[i].key), 64);
		at += made->spans[i].frames;
	}
	CHECK_INT(at, made->frames);
}

static const char advert[] =
    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"card\",\"duration\":1,\"text\":\"Name\"},"
	   "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3},{\"type\":\"clip\",\"asset\":\"b\",\"duration\":3},"
	   "{\"type\":\"clip\",\"asset\":\"c\",\"duration\":3},{\"type\":\"card\",\"duration\":1,\"text\":\"Buy\"}],"
	   "\"transitions\":[{\"after\":1,\"duration\":0.25},{\"after\":2,\"duration\":0.25}]}],"
	   "\"overlays\":[{\"type\":\"text\",\"text\":\"Name\",\"start\":1,\"end\":2},"
	   "{\"type\":\"text\",\"text\":\"Buy\",\"start\":9.5,\"anchor\":\"bottom\"}]}";

/* ADS-228: 1 + 9 - 0.5 + 1 = 10.5 s, although 0.25 s are 7.5 frames. */
TEST(plan_rounds_places_not_lengths)
{
	const struct plan *made = plan(advert);
	static const int64_t starts[] = {0, 30, 60, 113, 120, 195, 203, 285};

	if (made == NULL)
		return;
	CHECK_INT(made->frames, 315);
	check_whole(made);
	CHECK_INT(made->n_spans, ARRAY_LEN(starts));
	for (size_t i = 0; i < FW_MIN(made->n_spans, ARRAY_LEN(starts)); i++)
		CHECK_INT(made->spans[i].start, starts[i]);
	CHECK_INT(made->spans[0].kind, PLAN_CARD);
	CHECK_INT(made->spans[2].kind, PLAN_BODY);
	CHECK_INT(made->spans[3].kind, PLAN_OVERLAP);
	CHECK_INT(made->spans[3].n_layers, 2);
	CHECK_INT(made->spans[7].kind, PLAN_CARD);
}

static char *
replaced(const char *text, const char *from, const char *to)
{
	const char *at = strstr(text, from);

	CHECK(at != NULL);
	return at == NULL ? NULL
			  : arena_printf(test_arena(), "%.*s%s%s", (int)(at - text), text, to, at + strlen(from));
}

static size_t
common_keys(const struct plan *a, const struct plan *b)
{
	size_t count = 0;

	for (size_t i = 0; i < b->n_spans; i++) {
		for (size_t k = 0; k < a->n_spans; k++) {
			if (strcmp(a->spans[k].key, b->spans[i].key) == 0) {
				count++;
				break;
			}
		}
	}
	return count;
}

TEST(plan_keys_change_only_where_pixels_do)
{
	static const struct {
		const char *from, *to;
		size_t kept; /* of 8 spans */
	} rows[] = {
	    {"\"start\":9.5,\"anchor\":\"bottom\"", "\"start\":9.5,\"anchor\":\"top\"", 7},
	    {"\"text\":\"Buy\"}]", "\"text\":\"Now\"}]", 7},
	    /* a longer card moves everything behind it by whole frames and changes itself and what lies under the
	       overlay */
	    {"\"start\":1,\"end\":2", "\"start\":1,\"end\":2,\"opacity\":0.5", 7},
	    {"\"asset\":\"c\"", "\"asset\":\"a\"", 6},
	    {"\"asset\":\"b\",\"duration\":3", "\"asset\":\"b\",\"duration\":3,\"fit\":\"cover\"", 5},
	};
	const struct plan *before = plan(advert);

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *after = plan(replaced(advert, rows[i].from, rows[i].to));

		CHECK(strcmp(before->key, after->key) != 0);
		CHECK_INT(common_keys(before, after), rows[i].kept);
	}
}

TEST(plan_keys_do_not_depend_on_the_place)
{
	const struct plan *before = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":1},"
						"{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}]}]}");
	const struct plan *after = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"colour\",\"duration\":2},"
					       "{\"type\":\"clip\",\"asset\":\"a\",\"duration\":3}]}]}");

	CHECK_STR(after->spans[1].key, before->spans[1].key);
	CHECK(strcmp(after->spans[0].key, before->spans[0].key) != 0);
}

TEST(plan_divides_long_bodies)
{
	static const struct {
		const char *seconds;
		size_t spans;
	} rows[] = {{"8", 1}, {"8.0334", 2}, {"16", 2}, {"16.04", 3}, {"60", 8}};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct plan *made = plan(arena_printf(test_arena(),
		    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":%s}]}]}",
		    rows[i].seconds));

		CHECK_INT(made->n_spans, rows[i].spans);
		check_whole(made);
		for (size_t k = 0; k < made->n_spans && made->n_spans > 1; k++)
			CHECK(made->spans[k].frames >= PLAN_SPAN_PIECE);
	}
}

TEST(plan_merges_short_pieces)
{
	/* the overlay would leave pieces of 1 and 2 frames */
	const struct plan *made = plan(OUTPUT
	    "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1},{\"type\":\"clip\",\"asset\":"
	    "\"b\","
	    "\"duration\":1}]}],\"overlays\":[{\"type\":\"text\",\"text\":\"x\",\"start\":0.034,\"end\":0.95}]}");

	check_whole(made);
	made = plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":0.04}]}]}");
	CHECK_INT(made->frames, 1);
	CHECK_INT(made->n_spans, 1);
}

TEST(plan_names_what_is_missing)
{
	static const struct plan_facts facts = {.engine = "test"};
	static const char json[] =
	    OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":1}]}]}";
	static struct js_problems problems;
	struct timeline *timeline;
	struct plan *made;
	struct error err = {0};

	CHECK_OK(timeline_parse(test_arena(), json, sizeof(json) - 1, &timeline, &problems, &err), &err);
	CHECK_FAILS_CODE(plan_make(test_arena(), timeline, &facts, &made, &err), &err, ERR_INPUT, "clip_unavailable");
}

TEST(plan_hides_what_is_covered)
{
	const struct plan *made =
	    plan(OUTPUT "\"tracks\":[{\"items\":[{\"type\":\"clip\",\"asset\":\"a\",\"duration\":2}]},"
			"{\"items\":[{\"type\":\"gap\",\"duration\":1},{\"type\":\"colour\",\"duration\":1}]}]}");

	CHECK_INT(made->n_spans, 2);
	CHECK_INT(made->spans[0].n_layers, 1);
	CHECK_INT(made->spans[1].n_layers, 1);
	CHECK_INT(made->layers[made->spans[1].layers[0]].item->type, TIMELINE_COLOUR);
}

TEST_MAIN(ROW(plan_rounds_places_not_lengths), ROW(plan_keys_change_only_where_pixels_do),
    ROW(plan_keys_do_not_depend_on_the_place), ROW(plan_divides_long_bodies), ROW(plan_merges_short_pieces),
    ROW(plan_names_what_is_missing), ROW(plan_hides_what_is_covered))
