/*
 * The stage machine of adverts: exactly the transitions of the specification, who may cause them, and what they clear.
 */
#include <pthread.h>
#include <string.h>

#include "lib/db/asset.h"
#include "lib/db/project.h"
#include "tests/lib/db/ad_play.h"

/* ---- every stage and every call (ADS-309) ---- */

enum call {
	CALL_IMAGES,
	CALL_CLIPS,
	CALL_COMPOSE,
	CALL_SAVE_IMAGES,
	CALL_SAVE_CLIPS,
	CALL_CANCEL,
	CALL_DELETE,
	CALL__COUNT
};

static const char *const call_names[CALL__COUNT] = {
    "generate-images", "generate-clips", "compose", "save-images", "save-clips", "cancel", "delete"};

/* What a call answers: the stage it leads to, or a refusal. */
enum answer {
	TO_CREATED,
	TO_IMAGE_GENERATION,
	TO_IMAGE_SELECTION,
	TO_CLIP_GENERATION,
	TO_CLIP_SELECTION,
	TO_FINAL_COMPOSITION,
	GONE,
	INVALID,
	RUNNING,
	NOTHING
};

struct stage_case {
	const char *stage;
	const char *failed_stage;
	enum answer answers[CALL__COUNT];
};

static const struct stage_case stage_cases[] = {
    {"created", NULL, {TO_IMAGE_GENERATION, INVALID, INVALID, INVALID, INVALID, NOTHING, GONE}},
    {"image_generation", NULL, {RUNNING, RUNNING, RUNNING, INVALID, INVALID, TO_CREATED, RUNNING}},
    {"image_selection", NULL,
	{TO_IMAGE_GENERATION, TO_CLIP_GENERATION, INVALID, TO_IMAGE_SELECTION, INVALID, NOTHING, GONE}},
    {"clip_generation", NULL, {RUNNING, RUNNING, RUNNING, INVALID, INVALID, TO_IMAGE_SELECTION, RUNNING}},
    {"clip_selection", NULL,
	{TO_IMAGE_GENERATION, TO_CLIP_GENERATION, TO_FINAL_COMPOSITION, TO_IMAGE_SELECTION, TO_CLIP_SELECTION, NOTHING,
	    GONE}},
    {"final_composition", NULL, {RUNNING, RUNNING, RUNNING, INVALID, INVALID, TO_CLIP_SELECTION, RUNNING}},
    {"complete", NULL,
	{TO_IMAGE_GENERATION, TO_CLIP_GENERATION, TO_FINAL_COMPOSITION, TO_IMAGE_SELECTION, TO_CLIP_SELECTION, NOTHING,
	    GONE}},
    {"failed", "image_generation",
	{TO_IMAGE_GENERATION, INVALID, INVALID, TO_IMAGE_SELECTION, TO_CLIP_SELECTION, NOTHING, GONE}},
    {"failed", "clip_generation",
	{TO_IMAGE_GENERATION, TO_CLIP_GENERATION, INVALID, TO_IMAGE_SELECTION, TO_CLIP_SELECTION, NOTHING, GONE}},
    {"failed", "final_composition",
	{TO_IMAGE_GENERATION, TO_CLIP_GENERATION, TO_FINAL_COMPOSITION, TO_IMAGE_SELECTION, TO_CLIP_SELECTION, NOTHING,
	    GONE}},
};

/* A session with two pictures and two clips, approved, in any stage. */
static const char *
session_in(const struct stage_case *c)
{
	const char *id = play_session();
	const int owner = (int)test_sql_int("select owner_id from project where id = '%s'", id);

	test_sql("insert into blob (sha256, bytes, media_type) values (repeat('ab', 32), 1, 'image/png') on conflict "
		 "do nothing");
	for (int i = 1; i <= 2; i++) {
		test_sql("with a as (insert into asset (id, project_id, owner_id, kind, sha256, source, width, height, "
			 "metadata) values"
			 " (asset_new_id('img'), '%s', %d, 'image', repeat('ab', 32), 'generated', 8, 8,"
			 " '{\"position\": %d, \"view_type\": \"front\"}') returning id)"
			 " update ad_session s set generated_image_ids = generated_image_ids || a.id,"
			 " approved_image_ids = approved_image_ids || a.id from a where project_id = '%s'",
		    id, owner, i, id);
		test_sql("with a as (insert into asset (id, project_id, owner_id, kind, sha256, source, width, height, "
			 "duration_us,"
			 " metadata) values (asset_new_id('clip'), '%s', %d, 'video', repeat('ab', 32), 'generated', "
			 "8, 8, 3000000,"
			 " '{\"position\": %d}') returning id)"
			 " update ad_session s set generated_clip_ids = generated_clip_ids || a.id,"
			 " approved_clip_ids = approved_clip_ids || a.id, clip_order = clip_order || a.id from a where "
			 "project_id = '%s'",
		    id, owner, i, id);
	}
	test_sql("update ad_session set stage = '%s', failed_stage = nullif('%s', ''), run_number = 1,"
		 " run_kind = case '%s' when 'image_generation' then 'images' when 'clip_generation' then 'clips' else "
		 "'compose' end"
		 " where project_id = '%s'",
	    c->stage, c->failed_stage == NULL ? "" : c->failed_stage, c->stage, id);
	return id;
}

static int
call_run(enum call call, const char *id, struct error *err)
{
	const struct session *session = play_load(id);
	struct session_started started;
	struct session_saved saved;
	enum session_stage stage;
	const char *ids[2] = {"", ""};

	switch (call) {
	case CALL_IMAGES:
		return play_start_images(id, 4, false, &started, err);
	case CALL_CLIPS:
		return play_start_clips(id, false, &started, err);
	case CALL_COMPOSE:
		return play_start_compose(id, false, &started, err);
	case CALL_SAVE_IMAGES:
		for (size_t i = 0; i < FW_MIN(session->image_count, 2u); i++)
			ids[i] = session->images[1 - i].id;
		return session_save_images(play_api(), id, ids, 2, &saved, err);
	case CALL_SAVE_CLIPS:
		for (size_t i = 0; i < FW_MIN(session->clip_count, 2u); i++)
			ids[i] = session->clips[1 - i].id;
		return session_save_clips(play_api(), id, ids, 2, NULL, 0, &saved, err);
	case CALL_CANCEL:
		return session_cancel(play_api(), id, &stage, err);
	case CALL_DELETE:
		return session_delete(play_api(), id, err);
	default:
		return -1;
	}
}

static void
check_refused(int result, const struct error *err, const struct stage_case *c, const char *code)
{
	CHECK_FAILS_CODE(result, err, ERR_CONFLICT, code);
	if (strcmp(code, "invalid_stage") == 0)
		CHECK_CONTAINS(error_public_text(err), c->stage);
}

static void
check_cell(const struct stage_case *c, enum call call)
{
	static const char *const stages[] = {
	    "created", "image_generation", "image_selection", "clip_generation", "clip_selection", "final_composition"};
	struct error err = {0};
	const char *id = session_in(c);
	const char *before =
	    test_sql_text("select (to_jsonb(s) - 'updated_at')::text from ad_session s where project_id = '%s'", id);
	const enum answer answer = c->answers[call];
	const int result = call_run(call, id, &err);

	switch (answer) {
	case INVALID:
		check_refused(result, &err, c, "invalid_stage");
		break;
	case RUNNING:
		check_refused(result, &err, c, "already_running");
		break;
	case NOTHING:
		check_refused(result, &err, c, "nothing_running");
		break;
	case GONE:
		CHECK_OK(result, &err);
		CHECK_INT(test_sql_int("select count(*) from sessions where id = '%s'", id), 0);
		return;
	default:
		if (!CHECK_OK(result, &err) ||
		    !CHECK_STR(
			test_sql_text("select stage from ad_session where project_id = '%s'", id), stages[answer]))
			printf("  %s in stage %s %s\n", call_names[call], c->stage,
			    c->failed_stage == NULL ? "" : c->failed_stage);
		return;
	}
	if (!CHECK_STR(test_sql_text(
			   "select (to_jsonb(s) - 'updated_at')::text from ad_session s where project_id = '%s'", id),
		before))
		printf("  %s in stage %s changed something\n", call_names[call], c->stage);
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s'", id), 0);
}

TEST(stage_machine_accepts_exactly_the_transitions)
{
	play_begin();
	for (size_t i = 0; i < ARRAY_LEN(stage_cases); i++)
		for (int call = 0; call < CALL__COUNT; call++)
			check_cell(&stage_cases[i], (enum call)call);
}

TEST(stage_names_are_those_of_the_database)
{
	for (int stage = 0; stage < SESSION_STAGE__COUNT; stage++) {
		CHECK_INT(session_stage_of_name(session_stage_name((enum session_stage)stage)), stage);
		CHECK_INT(session_stage_is_running((enum session_stage)stage),
		    strcmp(test_sql_text("select ad_is_running('%s')", session_stage_name((enum session_stage)stage)),
			"t") == 0);
	}
	CHECK_INT(session_stage_of_name("nonsense"), SESSION_STAGE__COUNT);
	CHECK_INT(session_stage_of_name(NULL), SESSION_STAGE__COUNT);
}

/* ---- what transitions clear ---- */

/* ADS-82 */
TEST(new_pictures_clear_everything_but_records)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "complete"});

	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	const struct session *session = play_load(id);
	CHECK_INT(session->image_count, 0);
	CHECK_INT(session->clip_count, 0);
	CHECK_JSON(session->approved_images_json, "[]");
	CHECK_JSON(session->clip_order_json, "[]");
	CHECK(session->final == NULL);
	CHECK_INT(test_sql_int("select count(*) from asset where project_id = '%s' and state = 'ready'", id), 4);
}

/* ADS-83 */
TEST(another_choice_of_pictures_clears_clips)
{
	struct error err = {0};
	struct session_saved saved;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});
	const struct session *session = play_load(id);
	const char *const ids[] = {session->images[1].id, session->images[0].id};

	CHECK_OK(session_save_images(play_api(), id, ids, 2, &saved, &err), &err);
	CHECK_INT(saved.approved_count, 2);
	CHECK_INT(saved.stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(saved.seq, session->seq + 1);
	session = play_load(id);
	CHECK_INT(session->clip_count, 0);
	CHECK_JSON(session->approved_clips_json, "[]");
	CHECK_JSON(session->approved_images_json, arena_printf(test_arena(), "[\"%s\", \"%s\"]", ids[0], ids[1]));
	CHECK(session->images[0].approved);
	/* what was looked at is on record */
	CHECK_INT(
	    test_sql_int("select jsonb_array_length(approval -> 'images') from ad_session where project_id = '%s'", id),
	    2);
	CHECK_STR(test_sql_text("select approval #>> '{images,0,sha256}' from ad_session where project_id = '%s'", id),
	    test_sql_text("select repeat('ab', 32)"));
}

/* ADS-80: the final stays visible until it is replaced; the same choice again changes nothing. */
TEST(another_order_keeps_the_film_for_now)
{
	struct error err = {0};
	struct session_started started;
	struct session_saved saved;
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 2);
	play_approve_clips(id, 2);
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	play_compose(false);
	play_approve_clips(id, 2);
	CHECK_INT(play_load(id)->stage, SESSION_COMPLETE);
	const struct session *session = play_load(id);
	const char *const ids[] = {session->clips[0].id, session->clips[1].id};
	const char *const order[] = {ids[1], ids[0]};
	CHECK_OK(session_save_clips(play_api(), id, ids, 2, order, 2, &saved, &err), &err);
	CHECK_INT(saved.stage, SESSION_CLIP_SELECTION);
	const char *film = session->final->id;
	session = play_load(id);
	CHECK(session->final != NULL && strcmp(session->final->id, film) == 0);
	CHECK_JSON(session->clip_order_json, arena_printf(test_arena(), "[\"%s\", \"%s\"]", ids[1], ids[0]));
	CHECK_OK(play_start_compose(id, false, &started, &err), &err);
	CHECK_STR(play_load(id)->final->id, film);
	play_compose(false);
	CHECK(strcmp(play_load(id)->final->id, film) != 0);
	CHECK_INT(play_load(id)->stage, SESSION_COMPLETE);
}

/* ---- choices ---- */

/* ADS-150 */
TEST(bad_choices_of_pictures_are_named)
{
	struct session_saved saved;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "image_selection"});
	const char *foreign = play_load(session_in(&(struct stage_case){.stage = "image_selection"}))->images[0].id;
	const char *own = play_load(id)->images[0].id;
	const struct {
		const char *ids[9];
		size_t count;
	} cases[] = {{{NULL}, 0}, {{own}, 1}, {{own, own}, 2}, {{own, foreign}, 2}, {{own, "img_0000000000000000"}, 2},
	    {{"a", "b", "c", "d", "e", "f", "g", "h", "i"}, 9}};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		CHECK_FAILS_CODE(session_save_images(play_api(), id, cases[i].ids, cases[i].count, &saved, &err), &err,
		    ERR_INPUT, "validation_error");
		CHECK_STR(err.pointer, "/approved_image_ids");
	}
}

/* ADS-151 */
TEST(bad_choices_of_clips_are_named)
{
	struct error err = {0};
	struct session_saved saved;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});
	const struct session *session = play_load(id);
	const char *a = session->clips[0].id, *b = session->clips[1].id;
	const struct {
		const char *ids[2];
		size_t count;
		const char *order[2];
		size_t order_count;
		const char *pointer;
	} cases[] = {
	    {{NULL}, 0, {NULL}, 0, "/approved_clip_ids"},
	    {{a, a}, 2, {a, a}, 2, "/approved_clip_ids"},
	    {{a, "clip_0000000000000000"}, 2, {a}, 1, "/approved_clip_ids"},
	    {{a, b}, 2, {a}, 1, "/clip_order"},
	    {{a, b}, 2, {a, a}, 2, "/clip_order"},
	    {{a}, 1, {b}, 1, "/clip_order"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		error_clear(&err);
		CHECK_FAILS_CODE(session_save_clips(play_api(), id, cases[i].ids, cases[i].count, cases[i].order,
				     cases[i].order_count, &saved, &err),
		    &err, ERR_INPUT, "validation_error");
		CHECK_STR(err.pointer, cases[i].pointer);
	}
}

/* ADS-228, 229 */
TEST(estimated_duration_counts_cards_and_dissolves)
{
	static const struct {
		int64_t clip_us;
		int64_t expected_us;
	} cases[] = {{3000000, 10500000}, {3200000, 11100000}, {4000000, 12000000}, {1000000, 8000000}};
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 4);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		struct session_saved saved;
		const struct session *session = play_load(id);
		const char *const ids[] = {session->clips[0].id, session->clips[2].id, session->clips[3].id};
		test_sql("update asset set duration_us = %lld where kind = 'video' and project_id = '%s'",
		    (long long)cases[i].clip_us, id);
		CHECK_OK(session_save_clips(play_api(), id, ids, 3, NULL, 0, &saved, &err), &err);
		CHECK_INT(saved.estimated_duration_us, cases[i].expected_us);
	}
}

/* ADS-152, 153 */
TEST(steps_need_a_choice)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});

	test_sql("update ad_session set clip_order = '{}', approved_clip_ids = '{}',"
		 " approved_image_ids = generated_image_ids[1:1] where project_id = '%s'",
	    id);
	CHECK_FAILS_CODE(play_start_compose(id, false, &started, &err), &err, ERR_CONFLICT, "selection_required");
	error_clear(&err);
	CHECK_FAILS_CODE(play_start_clips(id, false, &started, &err), &err, ERR_CONFLICT, "selection_required");
}

/* ADS-148 */
TEST(nothing_starts_at_the_limit)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});

	CHECK_OK(session_set_limit(play_api(), id, 1000000, &err), &err);
	test_sql("update project set total_micros = 1000000 where id = '%s'", id);
	CHECK_FAILS_CODE(play_start_images(id, 4, false, &started, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	CHECK_INT(error_status(&err), 402);
	/* the film is known to cost 0.50 */
	error_clear(&err);
	test_sql("update project set total_micros = 600000 where id = '%s'", id);
	CHECK_FAILS_CODE(play_start_compose(id, false, &started, &err), &err, ERR_BUDGET, "cost_limit_exceeded");
	CHECK_FAILS(session_set_limit(play_api(), id, 0, &err), &err, ERR_INPUT);
}

TEST(dry_runs_change_nothing)
{
	struct error err = {0};
	struct session_started started;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});
	const char *before =
	    test_sql_text("select s::text || p::text from ad_session s join project p on p.id = s.project_id"
			  " where p.id = '%s'",
		id);

	CHECK_OK(play_start_images(id, 6, true, &started, &err), &err);
	CHECK(started.job_id == NULL);
	CHECK_INT(started.jobs, 8);
	CHECK_INT(started.estimated_micros, 301000);
	CHECK_OK(play_start_clips(id, true, &started, &err), &err);
	CHECK_INT(started.jobs, 4);
	CHECK_INT(started.estimated_s, 180);
	CHECK_INT(started.estimated_micros, 1601000);
	CHECK_STR(
	    test_sql_text(
		"select s::text || p::text from ad_session s join project p on p.id = s.project_id where p.id = '%s'",
		id),
	    before);
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s'", id), 0);
	/* refusals are the same */
	test_sql("update ad_session set stage = 'created' where project_id = '%s'", id);
	CHECK_FAILS_CODE(play_start_clips(id, true, &started, &err), &err, ERR_CONFLICT, "invalid_stage");
}

/* ---- others ---- */

/* ADS-88, 145 */
TEST(foreign_sessions_do_not_exist)
{
	struct error err = {0};
	struct session_started started;
	struct session *session = NULL;
	struct session_list list;
	int64_t seq = 0;
	enum project_role role;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});
	play_begin();
	const char *const wrong[] = {id, "00000000-0000-4000-8000-000000000000", "not-a-uuid", ""};

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		CHECK_FAILS_CODE(session_load(play_api(), test_arena(), wrong[i], &session, &err), &err, ERR_NOT_FOUND,
		    "session_not_found");
		CHECK_FAILS_CODE(
		    session_version(play_api(), wrong[i], &seq, &role, &err), &err, ERR_NOT_FOUND, "session_not_found");
		CHECK_FAILS_CODE(session_delete(play_api(), wrong[i], &err), &err, ERR_NOT_FOUND, "session_not_found");
		CHECK_FAILS_CODE(
		    play_start_images(wrong[i], 4, false, &started, &err), &err, ERR_NOT_FOUND, "session_not_found");
		CHECK_FAILS_CODE(
		    play_start_compose(wrong[i], false, &started, &err), &err, ERR_NOT_FOUND, "session_not_found");
	}
	CHECK_OK(session_list(play_api(), test_arena(), 50, NULL, 0, &list, &err), &err);
	CHECK_INT(list.count, 0);
	CHECK_INT(list.total, 0);
	/* nobody at all */
	db_caller(play_api(), 0);
	CHECK_FAILS(session_load(play_api(), test_arena(), id, &session, &err), &err, ERR_NOT_FOUND);
	CHECK_FAILS(play_start_images(id, 4, false, &started, &err), &err, ERR_UNAUTHORIZED);
	/* the tables themselves are closed too */
	CHECK_INT(test_sql_int("select count(*) from sessions"),
	    test_sql_int("select count(*) from project where deleted_at is null"));
}

TEST(viewers_look_and_editors_work)
{
	struct error err = {0};
	struct session_started started;
	struct session_list list;
	int owner = play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "image_selection"});
	int member = play_begin();

	db_caller(play_api(), owner);
	CHECK_OK(project_member_set(play_api(), id, member, PROJECT_VIEWER, &err), &err);
	db_caller(play_api(), member);
	CHECK_INT(play_load(id)->role, PROJECT_VIEWER);
	CHECK_FAILS(play_start_images(id, 4, false, &started, &err), &err, ERR_FORBIDDEN);
	CHECK_OK(session_list(play_api(), test_arena(), 50, NULL, 0, &list, &err), &err);
	CHECK_INT(list.count, 1);
	db_caller(play_api(), owner);
	CHECK_OK(project_member_set(play_api(), id, member, PROJECT_EDITOR, &err), &err);
	db_caller(play_api(), member);
	CHECK_FAILS(session_delete(play_api(), id, &err), &err, ERR_FORBIDDEN);
	CHECK_OK(play_start_images(id, 4, false, &started, &err), &err);
	/* it is the owner who pays */
	CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s' and owner_id = %d", id, owner), 6);
}

struct racer {
	struct db *db;
	const char *session;
	int result;
	struct error err;
};

static void *
race(void *arg)
{
	struct racer *racer = arg;
	CLEANUP(arena_free) struct arena *arena = arena_new(MIB);
	struct session_started started;
	const struct session_images_start start = {.start = {.session_id = racer->session, .estimated_s = 45},
	    .product_prompt = "white bottle",
	    .num_images = 4,
	    .model = "flux-pro"};

	racer->result = session_start_images(racer->db, arena, &start, &started, &racer->err);
	return NULL;
}

TEST(of_two_starts_at_once_one_is_refused)
{
	const int user = play_begin();

	for (int round = 0; round < 5; round++) {
		struct racer racers[2] = {{.session = play_session()}, {0}};
		pthread_t threads[2];
		racers[1].session = racers[0].session;
		for (int i = 0; i < 2; i++) {
			racers[i].db = test_db_new("framewright_api");
			db_caller(racers[i].db, user);
			CHECK(pthread_create(&threads[i], NULL, race, &racers[i]) == 0);
		}
		int refused = 0;
		for (int i = 0; i < 2; i++) {
			CHECK(pthread_join(threads[i], NULL) == 0);
			if (racers[i].result < 0) {
				refused++;
				CHECK_STR(racers[i].err.code, "already_running");
			}
			db_close(&racers[i].db);
		}
		CHECK_INT(refused, 1);
		CHECK_INT(test_sql_int("select count(*) from job where project_id = '%s'", racers[0].session), 6);
	}
}

/* ADS-107 */
TEST(lists_go_newest_first_by_cursor_and_offset)
{
	struct error err = {0};
	struct session_list list = {0};
	const char *ids[5];
	play_begin();

	for (int i = 0; i < 5; i++) {
		ids[i] = play_session();
		test_sql("update project set created_at = now() - interval '%d hours' where id = '%s'", 10 - i, ids[i]);
	}
	CHECK_OK(session_list(play_api(), test_arena(), 2, NULL, 0, &list, &err), &err);
	CHECK_INT(list.total, 5);
	CHECK_INT(list.count, 2);
	CHECK_STR(list.rows[0].id, ids[4]);
	CHECK_STR(list.rows[1].id, ids[3]);
	CHECK(list.next != NULL);
	CHECK_OK(session_list(play_api(), test_arena(), 2, list.next, 0, &list, &err), &err);
	CHECK_STR(list.rows[0].id, ids[2]);
	CHECK_OK(session_list(play_api(), test_arena(), 2, list.next, 0, &list, &err), &err);
	CHECK_INT(list.count, 1);
	CHECK(list.next == NULL);
	CHECK_OK(session_list(play_api(), test_arena(), 2, NULL, 3, &list, &err), &err);
	CHECK_STR(list.rows[0].id, ids[1]);
	static const char *const bad[] = {"x", "1", "1.", "1.not-an-id", "-1.x", "99999999999999999999.x"};
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		CHECK_FAILS(session_list(play_api(), test_arena(), 2, bad[i], 0, &list, &err), &err, ERR_INPUT);
}

/* ADS-110, Money 5 */
TEST(deleting_hides_costs_and_ends_files)
{
	struct error err = {0};
	struct session *session = NULL;
	struct asset *asset = NULL;
	play_begin();
	const char *id = play_session();

	play_to_clips(id, 2);
	const char *image = play_load(id)->images[0].id;
	CHECK_OK(asset_load(play_api(), test_arena(), image, &asset, &err), &err);
	CHECK_OK(session_delete(play_api(), id, &err), &err);
	CHECK_FAILS_CODE(
	    session_load(play_api(), test_arena(), id, &session, &err), &err, ERR_NOT_FOUND, "session_not_found");
	CHECK_FAILS(asset_load(play_api(), test_arena(), image, &asset, &err), &err, ERR_NOT_FOUND);
	CHECK_INT(test_sql_int("select count(*) from asset where project_id = '%s' and sha256 is not null", id), 0);
	CHECK_INT(test_sql_int("select count(*) from cache_entry where asset_sha256 is not null"), 0);
	CHECK(test_sql_int("select count(*) from ledger where project_id = '%s'", id) > 0);
}

TEST(changes_get_a_new_number)
{
	struct error err = {0};
	int64_t seq = 0, next = 0;
	enum project_role role = PROJECT_NONE;
	play_begin();
	const char *id = session_in(&(struct stage_case){.stage = "clip_selection"});

	CHECK_OK(session_version(play_api(), id, &seq, &role, &err), &err);
	CHECK_INT(role, PROJECT_OWNER);
	CHECK_INT(play_load(id)->seq, seq);
	play_approve_clips(id, 1);
	CHECK_OK(session_version(play_api(), id, &next, &role, &err), &err);
	CHECK(next > seq);
}

/* ---- own pictures ---- */

static const char *
upload_of(int owner, const char *media_type, const char *state)
{
	return test_sql_text("insert into asset (id, owner_id, kind, state, sha256, media_type, bytes, source) values"
			     " (asset_new_id('up'), %d, 'upload', '%s', case '%s' when 'refused' then null else "
			     "repeat('ab', 32) end, '%s', 1,"
			     " 'uploaded') returning id",
	    owner, state, state, media_type);
}

TEST(own_pictures_stand_for_generated_ones)
{
	struct error err = {0};
	struct session_started started;
	const int owner = play_begin();
	const char *id = play_session();

	test_sql("insert into blob (sha256, bytes, media_type) values (repeat('ab', 32), 1, 'image/png') on conflict "
		 "do nothing");
	for (int i = 0; i < 3; i++) {
		CHECK_OK(session_add_image(play_api(), test_arena(), id, upload_of(owner, "image/jpeg", "ready"),
			     i == 1 ? "lifestyle" : NULL, NULL, &started, &err),
		    &err);
		CHECK(started.job_id != NULL);
	}
	/* nothing else starts meanwhile */
	CHECK_FAILS_CODE(play_start_images(id, 4, false, &started, &err), &err, ERR_CONFLICT, "already_running");
	const struct job_claimed *jobs[3];
	for (int i = 0; i < 3; i++)
		jobs[i] = play_claim("ad.import");
	/* the order is that of the calls, whoever ends first */
	for (int i = 2; i >= 0; i--)
		CHECK(play_end(jobs[i], JOB_DONE, play_picture()));
	const struct session *session = play_load(id);
	CHECK_INT(session->stage, SESSION_IMAGE_SELECTION);
	CHECK_INT(session->image_count, 3);
	CHECK_INT(
	    test_sql_int(
		"select count(*) from event where project_id = '%s' and payload ->> 'message' like 'Your picture%%'"
		" and payload #>> '{data,images,0,id}' is not null",
		id),
	    3);
	CHECK_JSON_AT(play_last_event(id), "/stage", "image_selection");
	CHECK_STR(session->images[0].view_type, "front");
	CHECK_STR(session->images[1].view_type, "lifestyle");
	CHECK_STR(session->images[2].view_type, "side");
	CHECK(session->images[0].uploaded);
	CHECK_INT(session->images[0].cost_micros, 0);
	CHECK_INT(session->images[0].seed, -1);
	CHECK_INT(session->total_micros, 0);
	play_approve_images(id, 3);
	error_clear(&err);
	CHECK_OK(play_start_clips(id, false, &started, &err), &err);
	play_clips(3, 0);
	CHECK_INT(play_load(id)->clip_count, 3);
}

TEST(bad_own_pictures_are_refused)
{
	struct session_started started;
	const int other = play_begin();
	const int owner = play_begin();
	const char *id = play_session();
	const struct {
		const char *asset;
		const char *view;
		const char *code;
		const char *pointer;
	} cases[] = {
	    {"up_0000000000000000", NULL, "asset_not_found", "/asset_id"},
	    {upload_of(other, "image/png", "ready"), NULL, "asset_not_found", "/asset_id"},
	    {upload_of(owner, "image/png", "checking"), NULL, "asset_not_ready", "/asset_id"},
	    {upload_of(owner, "image/png", "refused"), NULL, "asset_not_ready", "/asset_id"},
	    {upload_of(owner, "video/mp4", "ready"), NULL, "asset_not_image", "/asset_id"},
	    {upload_of(owner, "image/png", "ready"), "inside", "validation_error", "/view_type"},
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct error err = {0};
		CHECK_FAILS_CODE(session_add_image(
				     play_api(), test_arena(), id, cases[i].asset, cases[i].view, NULL, &started, &err),
		    &err, ERR_INPUT, cases[i].code);
		CHECK_STR(err.pointer, cases[i].pointer);
	}
	struct error err = {0};
	const char *late = session_in(&(struct stage_case){.stage = "clip_selection"});
	CHECK_FAILS_CODE(session_add_image(play_api(), test_arena(), late, upload_of(owner, "image/png", "ready"), NULL,
			     NULL, &started, &err),
	    &err, ERR_CONFLICT, "invalid_stage");
}

TEST_MAIN_WITH(test_db_set_up, test_db_tear_down, ROW(stage_machine_accepts_exactly_the_transitions),
    ROW(stage_names_are_those_of_the_database), ROW(new_pictures_clear_everything_but_records),
    ROW(another_choice_of_pictures_clears_clips), ROW(another_order_keeps_the_film_for_now),
    ROW(bad_choices_of_pictures_are_named), ROW(bad_choices_of_clips_are_named),
    ROW(estimated_duration_counts_cards_and_dissolves), ROW(steps_need_a_choice), ROW(nothing_starts_at_the_limit),
    ROW(dry_runs_change_nothing), ROW(foreign_sessions_do_not_exist), ROW(viewers_look_and_editors_work),
    ROW(of_two_starts_at_once_one_is_refused), ROW(lists_go_newest_first_by_cursor_and_offset),
    ROW(deleting_hides_costs_and_ends_files), ROW(changes_get_a_new_number), ROW(own_pictures_stand_for_generated_ones),
    ROW(bad_own_pictures_are_refused))
