/*
 * Cost summaries and prices, and projects in general: lists, members, roles.
 */
#include <string.h>

#include "lib/base/clock.h"
#include "lib/db/adcache.h"
#include "lib/db/cost.h"
#include "lib/db/project.h"
#include "tests/lib/db/ad_play.h"

static struct cost_summary *
summary_of(const struct cost_filter *filter)
{
	struct error err = {0};
	static struct cost_summary none;
	struct cost_summary *summary = &none;

	CHECK_OK(cost_summary(play_api(), test_arena(), filter, &summary, &err), &err);
	return summary;
}

TEST(summary_adds_up_over_sessions)
{
	struct error err = {0};
	struct session_started started;
	const struct cost_filter all = {
	    .from_us = CLOCK_NONE, .to_us = CLOCK_NONE, .area = "ads", .group_by = "project"};
	play_begin();
	const char *one = play_session(), *two = play_session();

	CHECK_OK(play_start_images(one, 4, false, &started, &err), &err);
	play_images(4, 0);
	test_sql("delete from cache_entry");
	CHECK_OK(play_start_images(two, 6, false, &started, &err), &err);
	play_images(6, 0);
	const struct cost_summary *summary = summary_of(&all);
	CHECK_INT(summary->total_micros, 502000);
	CHECK_INT(summary->charged_micros, 0);
	CHECK_INT(summary->session_count, 2);
	CHECK_INT(summary->agent_count, 2);
	CHECK_STR(summary->by_agent[0].key, "image_generator");
	CHECK_INT(summary->by_agent[0].micros, 500000);
	CHECK_INT(summary->by_agent[0].calls, 10);
	CHECK_STR(summary->by_model[0].key, "flux-pro");
	CHECK_INT(summary->group_count, 2);
	CHECK_STR(summary->groups[0].key, two);
	CHECK_INT(summary->alert_count, 0);
	/* a deleted session's rows are hidden, the ledger keeps them */
	CHECK_OK(session_delete(play_api(), two, &err), &err);
	summary = summary_of(&all);
	CHECK_INT(summary->total_micros, 201000);
	CHECK_INT(summary->session_count, 1);
	CHECK_INT(test_sql_int("select count(*) from ledger where project_id = '%s'", two), 7);
	const struct cost_filter past = {.from_us = CLOCK_NONE, .to_us = 1000};
	CHECK_INT(summary_of(&past)->total_micros, 0);
	play_begin();
	CHECK_INT(summary_of(&all)->total_micros, 0);
}

TEST(unknown_filters_are_refused)
{
	struct error err = {0};
	struct cost_summary *summary = NULL;
	const struct cost_filter group = {.from_us = CLOCK_NONE, .to_us = CLOCK_NONE, .group_by = "colour"};
	const struct cost_filter area = {.from_us = CLOCK_NONE, .to_us = CLOCK_NONE, .area = "moon"};
	play_begin();

	CHECK_FAILS(cost_summary(play_api(), test_arena(), &group, &summary, &err), &err, ERR_INPUT);
	CHECK_STR(err.pointer, "/group_by");
	CHECK_FAILS(cost_summary(play_api(), test_arena(), &area, &summary, &err), &err, ERR_INPUT);
	CHECK_STR(err.pointer, "/area");
}

/* ADS-251 */
TEST(prices_are_those_of_the_table)
{
	struct error err = {0};
	struct cost_price *prices = NULL;
	size_t count = 0;
	static const struct {
		const char *model;
		int64_t micros;
	} expected[] = {{"flux-pro", 50000}, {"sdxl", 10000}, {"stable-video-diffusion", 800000},
	    {"runway-gen2", 1500000}, {"ffmpeg", 500000}, {"llama-3.1-70b", 1000}};

	CHECK_OK(cost_prices(play_api(), test_arena(), &prices, &count, &err), &err);
	for (size_t e = 0; e < ARRAY_LEN(expected); e++) {
		int64_t found = -1;
		for (size_t i = 0; i < count; i++)
			if (strcmp(prices[i].model, expected[e].model) == 0)
				found = prices[i].micros;
		CHECK_INT(found, expected[e].micros);
	}
}

TEST(costs_of_foreign_sessions_are_not_found)
{
	struct error err = {0};
	struct cost_session *cost = NULL;
	play_begin();
	const char *id = play_session();

	CHECK_OK(cost_of_session(play_api(), test_arena(), id, &cost, &err), &err);
	CHECK_INT(cost->total_micros, 0);
	CHECK_INT(cost->line_count, 0);
	play_begin();
	CHECK_FAILS_CODE(
	    cost_of_session(play_api(), test_arena(), id, &cost, &err), &err, ERR_NOT_FOUND, "session_not_found");
	CHECK_FAILS_CODE(
	    cost_of_session(play_api(), test_arena(), "x", &cost, &err), &err, ERR_NOT_FOUND, "session_not_found");
}

/* ---- projects ---- */

TEST(projects_are_listed_with_roles)
{
	struct error err = {0};
	struct project *projects = NULL, *project = NULL;
	size_t count = 0;
	const char *next = NULL;
	const int other = play_begin();
	const char *shared = play_session();
	const int user = play_begin();
	(void)play_session();
	db_caller(play_api(), other);
	CHECK_OK(project_member_set(play_api(), shared, user, PROJECT_VIEWER, &err), &err);
	db_caller(play_api(), user);

	CHECK_OK(project_list(play_api(), test_arena(), 10, NULL, 0, &projects, &count, &next, &err), &err);
	CHECK_INT(count, 2);
	CHECK(next == NULL);
	CHECK_STR(projects[0].id, shared);
	CHECK_INT(projects[0].role, PROJECT_VIEWER);
	CHECK_INT(projects[1].role, PROJECT_OWNER);
	CHECK_OK(project_list(play_api(), test_arena(), 1, NULL, 0, &projects, &count, &next, &err), &err);
	CHECK(next != NULL);
	CHECK_OK(project_list(play_api(), test_arena(), 1, next, 0, &projects, &count, &next, &err), &err);
	CHECK_INT(projects[0].role, PROJECT_OWNER);
	CHECK_OK(project_list(play_api(), test_arena(), 10, NULL, 1, &projects, &count, &next, &err), &err);
	CHECK_INT(count, 1);
	CHECK_INT(projects[0].role, PROJECT_OWNER);
	CHECK_OK(project_load(play_api(), test_arena(), shared, &project, &err), &err);
	CHECK_STR(project->kind, "ad");
	CHECK_INT(project->limit_micros, 200000000);
	play_begin();
	CHECK_FAILS(project_load(play_api(), test_arena(), shared, &project, &err), &err, ERR_NOT_FOUND);
}

TEST(members_come_and_go_by_the_owner_s_word)
{
	struct error err = {0};
	struct project_member *members = NULL;
	size_t count = 0;
	const int member = play_begin();
	const int owner = play_begin();
	const char *id = play_session();

	CHECK_FAILS(project_member_set(play_api(), id, owner, PROJECT_EDITOR, &err), &err, ERR_INPUT);
	CHECK_FAILS(project_member_set(play_api(), id, 999999, PROJECT_EDITOR, &err), &err, ERR_INPUT);
	CHECK_FAILS(project_member_set(play_api(), id, member, PROJECT_OWNER, &err), &err, ERR_INPUT);
	error_clear(&err);
	CHECK_OK(project_member_set(play_api(), id, member, PROJECT_EDITOR, &err), &err);
	CHECK_OK(project_members(play_api(), test_arena(), id, &members, &count, &err), &err);
	CHECK_INT(count, 2);
	CHECK_INT(members[0].user_id, owner);
	CHECK_INT(members[1].role, PROJECT_EDITOR);
	db_caller(play_api(), member);
	CHECK_FAILS(project_member_remove(play_api(), id, owner, &err), &err, ERR_FORBIDDEN);
	error_clear(&err);
	CHECK_OK(project_member_remove(play_api(), id, member, &err), &err);
	CHECK_FAILS(project_members(play_api(), test_arena(), id, &members, &count, &err), &err, ERR_NOT_FOUND);
}

/* ---- cache ---- */

TEST(cache_entries_are_found_until_they_run_out)
{
	struct error err = {0};
	struct adcache_entry *entry = NULL;
	const char *key = "00000000000000000000000000000000000000000000000000000000000000ff";

	CHECK_OK(adcache_find(play_renderd(), test_arena(), key, &entry, &err), &err);
	CHECK(entry == NULL);
	test_sql("insert into blob (sha256, bytes, media_type, created_at) values ('%s', 1, 'image/png', now() - "
		 "interval '1 day');"
		 "select cache_put('%s', 'image', '{\"sha256\": \"%s\"}', '%s', interval '1 hour')",
	    key, key, key, key);
	CHECK_OK(adcache_find(play_renderd(), test_arena(), key, &entry, &err), &err);
	if (CHECK(entry != NULL)) {
		CHECK_STR(entry->kind, "image");
		CHECK_STR(entry->asset_sha256, key);
		CHECK_JSON_AT(entry->value, "/sha256", key);
	}
	CHECK_INT(test_sql_int("select hits from cache_entry where key = '%s'", key), 1);
	CHECK_INT(
	    test_sql_int(
		"select count(*) from blob where sha256 = '%s' and created_at > now() - interval '1 minute'", key),
	    1);
	test_sql("update cache_entry set expires_at = now() - interval '1 second'");
	CHECK_OK(adcache_find(play_renderd(), test_arena(), key, &entry, &err), &err);
	CHECK(entry == NULL);
}

/* ADS-270: what does not decide the result does not decide the key. */
TEST(prompt_keys_are_normalised)
{
	static const char *const same[] = {
	    "'Pink  Shoes ', 6, array['b', 'A'], 'm'", "'pink shoes', 6, array['a', 'b'], 'm'"};
	static const char *const other[] = {"'pink shoe', 6, array['a', 'b'], 'm'",
	    "'pink shoes', 5, array['a', 'b'], 'm'", "'pink shoes', 6, array['a'], 'm'",
	    "'pink shoes', 6, array['a', 'b'], 'n'"};
	const char *key = test_sql_text("select ad_prompt_key(%s)", same[0]);

	CHECK_STR(test_sql_text("select ad_prompt_key(%s)", same[1]), key);
	for (size_t i = 0; i < ARRAY_LEN(other); i++)
		CHECK(strcmp(test_sql_text("select ad_prompt_key(%s)", other[i]), key) != 0);
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(summary_adds_up_over_sessions), ROW(unknown_filters_are_refused),
    ROW(prices_are_those_of_the_table), ROW(costs_of_foreign_sessions_are_not_found),
    ROW(projects_are_listed_with_roles), ROW(members_come_and_go_by_the_owner_s_word),
    ROW(cache_entries_are_found_until_they_run_out), ROW(prompt_keys_are_normalised))
