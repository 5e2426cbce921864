#include "lib/db/noun_priv.h"
#include "lib/db/session.h"

static const struct db_stmt version_stmt = {"ad_version", "select seq, role from ad_version($1)", 1};
static const struct db_stmt get_stmt = {"ad_get",
    "select id, user_id, role, seq, stage, failed_stage, product_prompt, video_prompt, product_category,"
    " consistency_seed, style_keywords, approved_images, approved_clips, clip_order, total_micros, limit_micros,"
    " error_code, error_message, warnings, progress, run_kind, run_job, created_at, updated_at from ad_get($1)",
    1};
static const struct db_stmt assets_stmt = {"ad_assets",
    "select list, id, thumbnail_id, last_frame_id, parent_id, width, height, duration_us, fps_num, fps_den, bytes, "
    "price_micros,"
    " generation_ms, model, cached, simulated, uploaded, approved, created_at, view_type, seed, scene_prompt,"
    " camera_movement, motion_intensity, product_name, request, measurements from ad_assets($1)",
    1};
/* limit, time and id of the last row before, offset */
static const struct db_stmt list_stmt = {"ad_list",
    "select id, stage, product_prompt, thumbnail_id, final_video_id, total_micros, created_at, updated_at, role, total"
    " from ad_list($1, $2, $3, $4)",
    4};

/* One row of ad_assets(), whatever its list. */
struct asset_row {
	const char *list, *id, *thumbnail_id, *last_frame_id, *parent_id;
	int width, height, fps_num, fps_den;
	int64_t duration_us, bytes, price_micros, generation_ms, created_us, seed;
	const char *model, *view_type, *scene_prompt, *camera_movement, *product_name, *request, *measurements;
	bool cached, simulated, uploaded, approved;
	double motion_intensity;
};

static int
asset_row_read(struct db_row *row, struct arena *arena, struct asset_row *asset, struct error *err)
{
	asset->list = db_get_text(row, arena);
	asset->id = db_get_text(row, arena);
	asset->thumbnail_id = db_get_text_or(row, arena, NULL);
	asset->last_frame_id = db_get_text_or(row, arena, NULL);
	asset->parent_id = db_get_text_or(row, arena, NULL);
	asset->width = (int)db_get_int_or(row, 0);
	asset->height = (int)db_get_int_or(row, 0);
	asset->duration_us = db_get_int_or(row, 0);
	asset->fps_num = (int)db_get_int_or(row, 0);
	asset->fps_den = (int)db_get_int_or(row, 0);
	asset->bytes = db_get_int_or(row, 0);
	asset->price_micros = db_get_int(row);
	asset->generation_ms = db_get_int_or(row, 0);
	asset->model = db_get_text_or(row, arena, NULL);
	asset->cached = db_get_bool(row);
	asset->simulated = db_get_bool(row);
	asset->uploaded = db_get_bool(row);
	asset->approved = db_get_bool(row);
	asset->created_us = db_get_time(row);
	asset->view_type = db_get_text_or(row, arena, NULL);
	asset->seed = db_get_int_or(row, -1);
	asset->scene_prompt = db_get_text_or(row, arena, NULL);
	asset->camera_movement = db_get_text_or(row, arena, NULL);
	asset->motion_intensity = db_get_real_or(row, 0);
	asset->product_name = db_get_text_or(row, arena, NULL);
	asset->request = db_get_text_or(row, arena, NULL);
	asset->measurements = db_get_text_or(row, arena, NULL);
	return db_row_end(row, err);
}

static struct session_image
image_of(const struct asset_row *asset)
{
	return (struct session_image){
	    .id = asset->id,
	    .view_type = asset->view_type,
	    .seed = asset->seed,
	    .cost_micros = asset->price_micros,
	    .created_us = asset->created_us,
	    .model = asset->model,
	    .width = asset->width,
	    .height = asset->height,
	    .generation_ms = asset->generation_ms,
	    .cached = asset->cached,
	    .simulated = asset->simulated,
	    .uploaded = asset->uploaded,
	    .approved = asset->approved,
	};
}

static struct session_clip
clip_of(const struct asset_row *asset)
{
	return (struct session_clip){
	    .id = asset->id,
	    .thumbnail_id = asset->thumbnail_id,
	    .last_frame_id = asset->last_frame_id,
	    .source_image_id = asset->parent_id,
	    .duration_us = asset->duration_us,
	    .width = asset->width,
	    .height = asset->height,
	    .fps_num = asset->fps_num,
	    .fps_den = asset->fps_den,
	    .cost_micros = asset->price_micros,
	    .created_us = asset->created_us,
	    .generation_ms = asset->generation_ms,
	    .model = asset->model,
	    .scene_prompt = asset->scene_prompt,
	    .camera_movement = asset->camera_movement,
	    .motion_intensity = asset->motion_intensity,
	    .simulated = asset->simulated,
	    .approved = asset->approved,
	};
}

static struct session_final
final_of(const struct asset_row *asset)
{
	return (struct session_final){
	    .id = asset->id,
	    .thumbnail_id = asset->thumbnail_id,
	    .duration_us = asset->duration_us,
	    .width = asset->width,
	    .height = asset->height,
	    .fps_num = asset->fps_num,
	    .fps_den = asset->fps_den,
	    .bytes = asset->bytes,
	    .cost_micros = asset->price_micros,
	    .created_us = asset->created_us,
	    .product_name = asset->product_name,
	    .request_json = asset->request,
	    .measurements_json = asset->measurements,
	};
}

static int
session_load_assets(struct db *db, struct arena *arena, struct session *session, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &assets_stmt, DB_ARGS(DB_TEXT(session->id)), DB_MANY, &res, err) < 0)
		return -1;
	/* Either list may take all rows. */
	session->images = ARENA_ARRAY(arena, (size_t)res.count, struct session_image);
	session->clips = ARENA_ARRAY(arena, (size_t)res.count, struct session_clip);
	if (session->images == NULL || session->clips == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		struct asset_row asset;
		if (asset_row_read(&row, arena, &asset, err) < 0)
			return -1;
		if (text_equal(asset.list, "image")) {
			session->images[session->image_count++] = image_of(&asset);
		} else if (text_equal(asset.list, "clip")) {
			session->clips[session->clip_count++] = clip_of(&asset);
		} else {
			session->final = ARENA_NEW(arena, struct session_final);
			if (session->final == NULL)
				return arena_error(arena, err);
			*session->final = final_of(&asset);
		}
	}
	return 0;
}

static void
session_read(struct db_row *row, struct arena *arena, struct session *session)
{
	session->id = db_get_text(row, arena);
	session->user_id = (int32_t)db_get_int(row);
	session->role = project_role_of_name(db_get_text(row, arena));
	session->seq = db_get_int(row);
	session->stage = session_stage_of_name(db_get_text(row, arena));
	session->failed_stage = session_stage_of_name(db_get_text_or(row, arena, NULL));
	session->product_prompt = db_get_text_or(row, arena, NULL);
	session->video_prompt = db_get_text_or(row, arena, NULL);
	session->product_category = db_get_text_or(row, arena, NULL);
	session->consistency_seed = db_get_int_or(row, -1);
	session->style_keywords_json = db_get_text(row, arena);
	session->approved_images_json = db_get_text(row, arena);
	session->approved_clips_json = db_get_text(row, arena);
	session->clip_order_json = db_get_text(row, arena);
	session->total_micros = db_get_int(row);
	session->limit_micros = db_get_int(row);
	session->error_code = db_get_text_or(row, arena, NULL);
	session->error_message = db_get_text_or(row, arena, NULL);
	session->warnings_json = db_get_text(row, arena);
	session->progress_json = db_get_text_or(row, arena, NULL);
	session->run_kind = db_get_text_or(row, arena, NULL);
	session->run_job_id = db_get_text_or(row, arena, NULL);
	session->created_us = db_get_time(row);
	session->updated_us = db_get_time(row);
}

int
session_version(struct db *db, const char *id, int64_t *ret_seq, enum project_role *ret_role, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (db_run(db, &version_stmt, DB_ARGS(DB_TEXT(id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "asking for the version of session '%s'", id);
	if (res.count == 0)
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	struct db_row row = db_row(&res, 0);
	int64_t seq = db_get_int(&row);
	char name[16];
	db_get_chars(&row, name, sizeof(name));
	if (db_row_end(&row, err) < 0)
		return -1;
	enum project_role role = project_role_of_name(name);
	if (role == PROJECT_NONE)
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	*ret_seq = seq;
	*ret_role = role;
	return 0;
}

int
session_load(struct db *db, struct arena *arena, const char *id, struct session **ret_session, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (db_run(db, &get_stmt, DB_ARGS(DB_TEXT(id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading session '%s'", id);
	if (res.count == 0)
		return error_code(err, ERR_NOT_FOUND, "session_not_found", "There is no such session");
	struct session *session = ARENA_NEW(arena, struct session);
	if (session == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	session_read(&row, arena, session);
	if (db_row_end(&row, err) < 0)
		return -1;
	if (session_load_assets(db, arena, session, err) < 0)
		return error_wrap(err, "loading the files of session '%s'", id);
	*ret_session = session;
	return 0;
}

static void
row_read(struct db_row *row, struct arena *arena, void *item)
{
	struct session_row *session = item;

	session->id = db_get_text(row, arena);
	session->stage = session_stage_of_name(db_get_text(row, arena));
	session->product_prompt = db_get_text_or(row, arena, NULL);
	session->thumbnail_id = db_get_text_or(row, arena, NULL);
	session->final_video_id = db_get_text_or(row, arena, NULL);
	session->total_micros = db_get_int(row);
	session->created_us = db_get_time(row);
	session->updated_us = db_get_time(row);
	session->role = project_role_of_name(db_get_text(row, arena));
	session->total = db_get_int(row);
}

static const struct noun_item list_item = {.size = sizeof(struct session_row),
    .read = row_read,
    .at_us = offsetof(struct session_row, created_us),
    .id = offsetof(struct session_row, id)};

int
session_list(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct session_list *ret_list, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct session_list list = {.rows = NULL};
	struct noun_cursor at;

	if (noun_cursor_parse(arena, cursor, &at, err) < 0)
		return -1;
	if (at.id != NULL && !id_is_uuid(at.id))
		return error_set(err, ERR_INPUT, "the cursor is not one of ours");
	/* One row more tells whether there is a next page. */
	if (db_run(db, &list_stmt,
		DB_ARGS(DB_INT(limit + 1), DB_TIME(at.at_us), DB_TEXT(at.id), DB_INT(at.id != NULL ? 0 : offset)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing sessions");
	list.rows = noun_page_read(&res, arena, &list_item, limit, &list.count, &list.next, err);
	if (list.rows == NULL)
		return -1;
	list.total = list.count > 0 ? list.rows[0].total : 0;
	*ret_list = list;
	return 0;
}

const struct db_stmt_row session_read_statements[] = {
    {&version_stmt, "ac"},
    {&get_stmt, "ac"},
    {&assets_stmt, "ac"},
    {&list_stmt, "ac"},
    {NULL, NULL},
};
