#include "lib/db/noun_priv.h"
#include "lib/db/session.h"

#define STARTED_COLUMNS "job_id, job, jobs, estimated_s, estimated_micros, cache_hits, warnings, seq"

/* session, prompt, number of images, keywords, model, fresh, seconds, dry run, request id, provider */
static const struct db_stmt images_stmt = {
    "ad_start_images", "select " STARTED_COLUMNS " from ad_start_images($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", 10};
/* session, prompt, milliseconds of a clip, model, seconds, dry run, request id, provider */
static const struct db_stmt clips_stmt = {
    "ad_start_clips", "select " STARTED_COLUMNS " from ad_start_clips($1, $2, $3, $4, $5, $6, $7, $8)", 8};
/* session, request, seconds, dry run, request id */
static const struct db_stmt compose_stmt = {
    "ad_start_compose", "select " STARTED_COLUMNS " from ad_start_compose($1, $2, $3, $4, $5)", 5};
/* session, request, request id */
static const struct db_stmt preview_stmt = {
    "ad_start_preview", "select " STARTED_COLUMNS " from ad_start_preview($1, $2, $3)", 3};
/* session, asset, view, request id */
static const struct db_stmt add_image_stmt = {
    "ad_add_image", "select " STARTED_COLUMNS " from ad_add_image($1, $2, $3, $4)", 4};

/* Runs a start function and sends the hints that a real start gives. */
static int
session_start(struct db *db, struct arena *arena, const char *id, const struct db_stmt *stmt,
    const struct db_value *args, size_t nargs, struct session_started *ret_started, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return error_wrap(err, "starting work for session '%s'", id);
	struct db_row row = db_row(&res, 0);
	struct session_started started = {.job_id = db_get_text_or(&row, arena, NULL)};
	started.job = db_get_int_or(&row, 0);
	started.jobs = (int)db_get_int(&row);
	started.estimated_s = (int)db_get_int(&row);
	started.estimated_micros = db_get_int(&row);
	started.cache_hits = (int)db_get_int(&row);
	started.warnings_json = db_get_text(&row, arena);
	started.seq = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (started.job_id != NULL) {
		db_hint_jobs(db);
		db_hint_event(db, id, started.seq);
	}
	*ret_started = started;
	return 0;
}

int
session_start_images(struct db *db, struct arena *arena, const struct session_images_start *start,
    struct session_started *ret_started, struct error *err)
{
	const struct session_start *common = &start->start;

	return session_start(db, arena, common->session_id, &images_stmt,
	    DB_ARGS(DB_TEXT(common->session_id), DB_TEXT(start->product_prompt), DB_INT(start->num_images),
		DB_TEXTS(start->style_keywords, start->keyword_count), DB_TEXT(start->model), DB_BOOL(start->fresh),
		DB_INT(common->estimated_s), DB_BOOL(common->dry_run), DB_TEXT(common->request_id),
		DB_TEXT(start->provider)),
	    ret_started, err);
}

int
session_start_clips(struct db *db, struct arena *arena, const struct session_clips_start *start,
    struct session_started *ret_started, struct error *err)
{
	const struct session_start *common = &start->start;

	return session_start(db, arena, common->session_id, &clips_stmt,
	    DB_ARGS(DB_TEXT(common->session_id), DB_TEXT(start->video_prompt), DB_INT(start->clip_duration_ms),
		DB_TEXT(start->model), DB_INT(common->estimated_s), DB_BOOL(common->dry_run),
		DB_TEXT(common->request_id), DB_TEXT(start->provider)),
	    ret_started, err);
}

int
session_start_compose(struct db *db, struct arena *arena, const struct session_compose_start *start,
    struct session_started *ret_started, struct error *err)
{
	const struct session_start *common = &start->start;

	return session_start(db, arena, common->session_id, &compose_stmt,
	    DB_ARGS(DB_TEXT(common->session_id), DB_TEXT(start->request_json), DB_INT(common->estimated_s),
		DB_BOOL(common->dry_run), DB_TEXT(common->request_id)),
	    ret_started, err);
}

int
session_start_preview(struct db *db, struct arena *arena, const char *id, const char *request_json,
    const char *request_id, struct session_started *ret_started, struct error *err)
{
	return session_start(db, arena, id, &preview_stmt,
	    DB_ARGS(DB_TEXT(id), DB_TEXT(request_json), DB_TEXT(request_id)), ret_started, err);
}

int
session_add_image(struct db *db, struct arena *arena, const char *id, const char *asset_id, const char *view_type,
    const char *request_id, struct session_started *ret_started, struct error *err)
{
	return session_start(db, arena, id, &add_image_stmt,
	    DB_ARGS(DB_TEXT(id), DB_TEXT(asset_id), DB_TEXT(view_type), DB_TEXT(request_id)), ret_started, err);
}

const struct db_stmt_row session_start_statements[] = {
    {&images_stmt, "ac"},
    {&clips_stmt, "ac"},
    {&compose_stmt, "ac"},
    {&preview_stmt, "ac"},
    {&add_image_stmt, "ac"},
    {NULL, NULL},
};
