#include "lib/db/render.h"

#include "lib/db/job_priv.h"
#include "lib/db/noun_priv.h"

#define RENDER_COLUMNS \
	"id, project_id, role, seq, name, state, phase, progress, on_degrade, timeline_id, timeline_version, job_id," \
	" plan, report, warnings, files, film_id, width, height, fps_num, fps_den, duration_us, bytes, live," \
	" error_code, error_message, created_at, started_at, finished_at"

/* project, timeline, draft, its version, assets, outputs, name, on_degrade, dry run, request id */
static const struct db_stmt start_stmt = {
    "render_start", "select render_id, job_id, seq from render_start($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)", 10};
static const struct db_stmt find_stmt = {"render_find", "select " RENDER_COLUMNS " from render_find($1)", 1};
static const struct db_stmt of_job_stmt = {
    "render_of_job", "select " RENDER_COLUMNS " from render_find(render_of_job($1))", 1};
/* project, limit, time and id of the last row before, offset */
static const struct db_stmt list_stmt = {
    "render_list", "select " RENDER_COLUMNS " from render_list($1, $2, $3, $4, $5)", 5};
static const struct db_stmt cancel_stmt = {
    "render_cancel", "select job, state, project, seq, woke from render_cancel($1)", 1};
static const struct db_stmt delete_stmt = {"render_delete", "select render_delete($1)", 1};
static const struct db_stmt files_stmt = {
    "timeline_assets", "select id, media_type, duration_us from timeline_assets($1)", 1};
/* job, plan */
static const struct db_stmt planned_stmt = {"render_planned", "select project_id, seq from render_planned($1, $2)", 2};
/* job, phase, fraction */
static const struct db_stmt progress_stmt = {
    "render_progress", "select project_id, seq from render_progress($1, $2, $3)", 3};
static const struct db_stmt parts_stmt = {"render_parts", "select total, open from render_parts($1)", 1};
/* job, lease, parts */
static const struct db_stmt divide_stmt = {"render_divide", "select render_divide($1, $2, $3)", 3};
static const struct db_stmt part_film_stmt = {"render_part_film",
    "select f.payload::text from job j join job f on f.id = (j.payload ->> 'film')::bigint"
    " where j.id = $1 and f.finished_at is null and f.cancel_requested_at is null",
    1};

static int
not_found(struct error *err)
{
	return error_code(err, ERR_NOT_FOUND, "render_not_found", "There is no such render");
}

static int
project_missing(struct error *err)
{
	return error_code(err, ERR_NOT_FOUND, "project_not_found", "There is no such project");
}

static void
render_read(struct db_row *row, struct arena *arena, struct render *render)
{
	render->id = db_get_text(row, arena);
	render->project_id = db_get_text(row, arena);
	render->role = project_role_of_name(db_get_text(row, arena));
	render->seq = db_get_int(row);
	render->name = db_get_text(row, arena);
	render->state = db_get_text(row, arena);
	render->phase = db_get_text_or(row, arena, NULL);
	render->progress = db_get_real(row);
	render->on_degrade = db_get_text_or(row, arena, NULL);
	render->timeline_id = db_get_text_or(row, arena, NULL);
	render->timeline_version = (int)db_get_int_or(row, 0);
	render->job_id = db_get_text_or(row, arena, NULL);
	render->plan_json = db_get_text_or(row, arena, NULL);
	render->report_json = db_get_text_or(row, arena, NULL);
	render->warnings_json = db_get_text(row, arena);
	render->files_json = db_get_text(row, arena);
	render->film_id = db_get_text_or(row, arena, NULL);
	render->width = (int)db_get_int_or(row, 0);
	render->height = (int)db_get_int_or(row, 0);
	render->fps_num = (int)db_get_int_or(row, 0);
	render->fps_den = (int)db_get_int_or(row, 0);
	render->duration_us = db_get_int_or(row, 0);
	render->bytes = db_get_int_or(row, 0);
	render->live = db_get_bool(row);
	render->error_code = db_get_text_or(row, arena, NULL);
	render->error_message = db_get_text_or(row, arena, NULL);
	render->created_us = db_get_time(row);
	render->started_us = db_get_time(row);
	render->finished_us = db_get_time(row);
}

int
render_start(struct db *db, struct arena *arena, const struct render_start *start, struct render_started *ret_started,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	const struct db_value version = start->timeline_id == NULL ? DB_NULL : DB_INT(start->timeline_version);

	if (!id_is_uuid(start->project_id))
		return project_missing(err);
	if (noun_call(db, &start_stmt,
		DB_ARGS(DB_TEXT(start->project_id), DB_TEXT(start->timeline_json), DB_TEXT(start->timeline_id), version,
		    DB_TEXTS(start->assets, start->asset_count), DB_TEXT(start->outputs_json), DB_TEXT(start->name),
		    DB_TEXT(start->on_degrade), DB_BOOL(start->dry_run), DB_TEXT(start->request_id)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "starting a render in '%s'", start->project_id);
	struct db_row row = db_row(&res, 0);
	struct render_started started = {.render_id = db_get_text_or(&row, arena, NULL)};
	started.job_id = db_get_text(&row, arena);
	const int64_t seq = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	db_hint_jobs(db);
	if (started.render_id != NULL)
		db_hint_event(db, start->project_id, seq);
	*ret_started = started;
	return 0;
}

static int
load_by(struct db *db, struct arena *arena, const struct db_stmt *stmt, const char *id, struct render **ret_render,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(id))
		return not_found(err);
	if (db_run(db, stmt, DB_ARGS(DB_TEXT(id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading render '%s'", id);
	if (res.count == 0)
		return not_found(err);
	struct render *render = ARENA_NEW(arena, struct render);
	if (render == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	render_read(&row, arena, render);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_render = render;
	return 0;
}

int
render_load(struct db *db, struct arena *arena, const char *id, struct render **ret_render, struct error *err)
{
	return load_by(db, arena, &find_stmt, id, ret_render, err);
}

int
render_of_job(struct db *db, struct arena *arena, const char *job_id, struct render **ret_render, struct error *err)
{
	return load_by(db, arena, &of_job_stmt, job_id, ret_render, err);
}

static void
list_read(struct db_row *row, struct arena *arena, void *item)
{
	render_read(row, arena, item);
}

static const struct noun_item list_item = {.size = sizeof(struct render),
    .read = list_read,
    .at_us = offsetof(struct render, created_us),
    .id = offsetof(struct render, id)};

int
render_list(struct db *db, struct arena *arena, const char *project_id, int limit, const char *cursor, int64_t offset,
    struct render **ret_renders, size_t *ret_count, const char **ret_next, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct noun_cursor at;

	if (!id_is_uuid(project_id))
		return project_missing(err);
	if (noun_cursor_parse(arena, cursor, &at, err) < 0)
		return -1;
	if (at.id != NULL && !id_is_uuid(at.id))
		return error_set(err, ERR_INPUT, "the cursor is not one of ours");
	/* One row more tells whether there is a next page. */
	if (db_run(db, &list_stmt,
		DB_ARGS(DB_TEXT(project_id), DB_INT(limit + 1), DB_TIME(at.at_us), DB_TEXT(at.id),
		    DB_INT(at.id != NULL ? 0 : offset)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing the renders of '%s'", project_id);
	struct render *renders = noun_page_read(&res, arena, &list_item, limit, ret_count, ret_next, err);
	if (renders == NULL)
		return -1;
	*ret_renders = renders;
	return 0;
}

int
render_cancel(struct db *db, const char *id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(id))
		return not_found(err);
	if (noun_call(db, &cancel_stmt, DB_ARGS(DB_TEXT(id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "cancelling render '%s'", id);
	return job_changes_hint(db, &res, NULL, NULL, err);
}

int
render_delete(struct db *db, const char *id, struct error *err)
{
	if (!id_is_uuid(id))
		return not_found(err);
	if (noun_do(db, &delete_stmt, DB_ARGS(DB_TEXT(id)), err) < 0)
		return error_wrap(err, "deleting render '%s'", id);
	return 0;
}

int
render_files(struct db *db, struct arena *arena, const char *const *ids, size_t count, struct render_file **ret_files,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &files_stmt, DB_ARGS(DB_TEXTS(ids, count)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "looking for the files of a timeline");
	struct render_file *files = ARENA_ARRAY(arena, (size_t)res.count, struct render_file);
	if (files == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		files[i].id = db_get_text(&row, arena);
		files[i].media_type = db_get_text_or(&row, arena, "");
		files[i].duration_us = db_get_int_or(&row, 0);
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_files = files;
	*ret_count = (size_t)res.count;
	return 0;
}

/* A statement that answers with the event it wrote, if any. */
static int
told(struct db *db, const struct db_stmt *stmt, const struct db_value *args, size_t nargs, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	char project[ID_UUID_SIZE];

	if (noun_call(db, stmt, args, nargs, DB_ONE, &res, err) < 0)
		return -1;
	struct db_row row = db_row(&res, 0);
	db_get_chars(&row, project, sizeof(project));
	const int64_t seq = db_get_int_or(&row, 0);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (seq > 0)
		db_hint_event(db, project, seq);
	return 0;
}

int
render_planned(struct db *db, int64_t job, const char *plan_json, struct error *err)
{
	if (told(db, &planned_stmt, DB_ARGS(DB_INT(job), DB_TEXT(plan_json)), err) < 0)
		return error_wrap(err, "storing the plan of job %lld", (long long)job);
	return 0;
}

int
render_progress(struct db *db, int64_t job, const char *phase, double fraction, struct error *err)
{
	if (told(db, &progress_stmt, DB_ARGS(DB_INT(job), DB_TEXT(phase), DB_REAL(fraction)), err) < 0)
		return error_wrap(err, "telling the progress of job %lld", (long long)job);
	return 0;
}

int
render_parts(struct db *db, int64_t job, struct render_parts *ret_parts, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &parts_stmt, DB_ARGS(DB_INT(job)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "looking for the parts of job %lld", (long long)job);
	struct db_row row = db_row(&res, 0);
	const struct render_parts parts = {.total = (int)db_get_int(&row), .open = (int)db_get_int(&row)};
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_parts = parts;
	return 0;
}

int
render_divide(struct db *db, int64_t job, int64_t lease, const char *parts_json, int *ret_open, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &divide_stmt, DB_ARGS(DB_INT(job), DB_INT(lease), DB_TEXT(parts_json)), DB_ONE, &res, err) <
	    0)
		return error_wrap(err, "dividing job %lld", (long long)job);
	struct db_row row = db_row(&res, 0);
	const int open = (int)db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (open > 0)
		db_hint_jobs(db);
	*ret_open = open;
	return 0;
}

int
render_part_film(struct db *db, struct arena *arena, int64_t job, const char **ret_payload, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	*ret_payload = NULL;
	if (db_run(db, &part_film_stmt, DB_ARGS(DB_INT(job)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading the film of part %lld", (long long)job);
	if (res.count == 0)
		return 0;
	struct db_row row = db_row(&res, 0);
	*ret_payload = db_get_text(&row, arena);
	return db_row_end(&row, err);
}

const struct db_stmt_row render_statements[] = {
    {&start_stmt, "ac"},
    {&find_stmt, "ac"},
    {&of_job_stmt, "ac"},
    {&list_stmt, "ac"},
    {&cancel_stmt, "ac"},
    {&delete_stmt, "ac"},
    {&files_stmt, "ac"},
    {&planned_stmt, "r"},
    {&progress_stmt, "r"},
    {&parts_stmt, "r"},
    {&divide_stmt, "r"},
    {&part_film_stmt, "r"},
    {NULL, NULL},
};
