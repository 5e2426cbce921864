#include "lib/db/noun_priv.h"
#include "lib/db/session.h"

static const char *const stage_names[SESSION_STAGE__COUNT] = {
    [SESSION_CREATED] = "created",
    [SESSION_IMAGE_GENERATION] = "image_generation",
    [SESSION_IMAGE_SELECTION] = "image_selection",
    [SESSION_CLIP_GENERATION] = "clip_generation",
    [SESSION_CLIP_SELECTION] = "clip_selection",
    [SESSION_FINAL_COMPOSITION] = "final_composition",
    [SESSION_COMPLETE] = "complete",
    [SESSION_FAILED] = "failed",
};

static const struct db_stmt create_stmt = {"ad_create", "select id, created_at from ad_create($1)", 1};
static const struct db_stmt delete_stmt = {"ad_delete", "select ad_delete($1)", 1};
static const struct db_stmt cancel_stmt = {"ad_cancel", "select stage, seq, job from ad_cancel($1)", 1};
/* session, micro-dollars */
static const struct db_stmt limit_stmt = {"ad_set_limit", "select ad_set_limit($1, $2)", 2};
/* session, ids */
static const struct db_stmt save_images_stmt = {
    "ad_save_images", "select approved_count, estimated_us, stage, seq from ad_save_images($1, $2)", 2};
/* session, ids, order */
static const struct db_stmt save_clips_stmt = {
    "ad_save_clips", "select approved_count, estimated_us, stage, seq from ad_save_clips($1, $2, $3)", 3};
/* job, phase, fraction */
static const struct db_stmt progress_stmt = {"ad_progress", "select project_id, seq from ad_progress($1, $2, $3)", 3};
/* names, values */
static const struct db_stmt settings_stmt = {"ad_settings_put", "select ad_settings_put($1, $2)", 2};

const char *
session_stage_name(enum session_stage stage)
{
	return stage_names[stage];
}

enum session_stage
session_stage_of_name(const char *name)
{
	for (int stage = 0; stage < SESSION_STAGE__COUNT; stage++)
		if (text_equal(stage_names[stage], name))
			return (enum session_stage)stage;
	return SESSION_STAGE__COUNT;
}

bool
session_stage_is_running(enum session_stage stage)
{
	return stage == SESSION_IMAGE_GENERATION || stage == SESSION_CLIP_GENERATION ||
	       stage == SESSION_FINAL_COMPOSITION;
}

int
session_create(
    struct db *db, struct arena *arena, int64_t limit_micros, struct session_new *ret_session, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &create_stmt, DB_ARGS(DB_INT(limit_micros)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "creating a session");
	struct db_row row = db_row(&res, 0);
	struct session_new made = {.id = db_get_text(&row, arena)};
	made.created_us = db_get_time(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_session = made;
	return 0;
}

int
session_delete(struct db *db, const char *id, struct error *err)
{
	if (noun_session_id(id, err) < 0)
		return -1;
	if (noun_do(db, &delete_stmt, DB_ARGS(DB_TEXT(id)), err) < 0)
		return error_wrap(err, "deleting session '%s'", id);
	return 0;
}

int
session_cancel(struct db *db, const char *id, enum session_stage *ret_stage, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	enum session_stage stage = SESSION_STAGE__COUNT;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (noun_call(db, &cancel_stmt, DB_ARGS(DB_TEXT(id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "cancelling the work of session '%s'", id);
	/* The first row is the session's, the others are jobs that run and have to be told. */
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		if (i == 0) {
			char name[32];
			db_get_chars(&row, name, sizeof(name));
			stage = session_stage_of_name(name);
			db_hint_event(db, id, db_get_int(&row));
			db_skip(&row);
		} else {
			db_skip(&row);
			db_skip(&row);
			db_hint_cancel(db, db_get_int(&row));
		}
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	db_hint_jobs(db);
	*ret_stage = stage;
	return 0;
}

int
session_set_limit(struct db *db, const char *id, int64_t limit_micros, struct error *err)
{
	if (noun_session_id(id, err) < 0)
		return -1;
	if (noun_do(db, &limit_stmt, DB_ARGS(DB_TEXT(id), DB_INT(limit_micros)), err) < 0)
		return error_wrap(err, "setting the limit of session '%s'", id);
	return 0;
}

static int
session_saved(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs,
    struct session_saved *ret_saved, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return -1;
	struct db_row row = db_row(&res, 0);
	struct session_saved saved = {.approved_count = (int)db_get_int(&row)};
	saved.estimated_duration_us = db_get_int(&row);
	char stage[32];
	db_get_chars(&row, stage, sizeof(stage));
	saved.stage = session_stage_of_name(stage);
	saved.seq = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	/* saved clips are encoded ahead */
	db_hint_jobs(db);
	*ret_saved = saved;
	return 0;
}

int
session_save_images(struct db *db, const char *id, const char *const *image_ids, size_t count,
    struct session_saved *ret_saved, struct error *err)
{
	if (noun_session_id(id, err) < 0)
		return -1;
	if (session_saved(db, &save_images_stmt, DB_ARGS(DB_TEXT(id), DB_TEXTS(image_ids, count)), ret_saved, err) < 0)
		return error_wrap(err, "saving the pictures of session '%s'", id);
	return 0;
}

int
session_save_clips(struct db *db, const char *id, const char *const *clip_ids, size_t count, const char *const *order,
    size_t order_count, struct session_saved *ret_saved, struct error *err)
{
	if (noun_session_id(id, err) < 0)
		return -1;
	const struct db_value order_value = order != NULL ? DB_TEXTS(order, order_count) : DB_NULL;
	if (session_saved(
		db, &save_clips_stmt, DB_ARGS(DB_TEXT(id), DB_TEXTS(clip_ids, count), order_value), ret_saved, err) < 0)
		return error_wrap(err, "saving the clips of session '%s'", id);
	return 0;
}

int
session_progress(struct db *db, int64_t job, const char *phase, double fraction, int64_t *ret_seq, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &progress_stmt, DB_ARGS(DB_INT(job), DB_TEXT(phase), DB_REAL(fraction)), DB_ONE, &res, err) <
	    0)
		return error_wrap(err, "telling the progress of job %lld", (long long)job);
	struct db_row row = db_row(&res, 0);
	char project_id[ID_UUID_SIZE];
	db_get_chars(&row, project_id, sizeof(project_id));
	int64_t seq = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (seq > 0)
		db_hint_event(db, project_id, seq);
	*ret_seq = seq;
	return 0;
}

int
session_configure(struct db *db, const struct session_settings *settings, struct error *err)
{
	const char *const names[] = {
	    "public_app_url", "text_provider", "image_provider", "video_provider", "providers", "ahead"};
	const char *const values[] = {settings->public_app_url, settings->text_provider, settings->image_provider,
	    settings->video_provider, settings->providers, settings->ahead};

	if (noun_do(db, &settings_stmt, DB_ARGS(DB_TEXTS(names, ARRAY_LEN(names)), DB_TEXTS(values, ARRAY_LEN(values))),
		err) < 0)
		return error_wrap(err, "telling the database the settings of the ad flow");
	return 0;
}

const struct db_stmt_row session_statements[] = {
    {&create_stmt, "ac"},
    {&delete_stmt, "ac"},
    {&cancel_stmt, "ac"},
    {&limit_stmt, "ac"},
    {&save_images_stmt, "ac"},
    {&save_clips_stmt, "ac"},
    {&progress_stmt, "r"},
    {&settings_stmt, "rc"},
    {NULL, NULL},
};
