#include "lib/db/asset_priv.h"
#include "lib/db/noun_priv.h"

static const char *const kind_names[ASSET_KIND__COUNT] = {
    [ASSET_UPLOAD] = "upload",
    [ASSET_IMAGE] = "image",
    [ASSET_VIDEO] = "video",
    [ASSET_AUDIO] = "audio",
    [ASSET_FINAL_VIDEO] = "final_video",
    [ASSET_THUMBNAIL] = "thumbnail",
    [ASSET_CAPTIONS] = "captions",
    [ASSET_LAST_FRAME] = "last_frame",
};

static const char *const state_names[ASSET_STATE__COUNT] = {
    [ASSET_CHECKING] = "checking",
    [ASSET_READY] = "ready",
    [ASSET_REFUSED] = "refused",
    [ASSET_DELETED] = "deleted",
};

static const struct db_stmt find_stmt = {"asset_find", "select " ASSET_COLUMNS " from asset_find($1)", 1};
/* limit, time and id of the last row before */
static const struct db_stmt uploads_stmt = {
    "asset_uploads", "select " ASSET_COLUMNS " from asset_uploads($1, $2, $3, $4)", 4};
/* sha256, bytes, media type, file name, quota, request id */
static const struct db_stmt upload_stmt = {
    "asset_upload", "select id, job_id, job from asset_upload($1, $2, $3, $4, $5, $6)", 6};
static const struct db_stmt delete_stmt = {"asset_delete", "select asset_delete($1)", 1};
static const struct db_stmt review_stmt = {"asset_review", "select asset_review($1)", 1};
static const struct db_stmt usage_stmt = {"asset_usage", "select bytes, count from asset_usage()", 0};

static const struct db_stmt of_job_stmt = {
    "asset_of_job", "select payload ->> 'asset_id' from job where public_id = $1 and kind = 'asset.probe'", 1};

const char *
asset_kind_name(enum asset_kind kind)
{
	return kind_names[kind];
}

const char *
asset_state_name(enum asset_state state)
{
	return state_names[state];
}

enum asset_kind
asset_kind_of_name(const char *name)
{
	for (int kind = 0; kind < ASSET_KIND__COUNT; kind++)
		if (text_equal(kind_names[kind], name))
			return (enum asset_kind)kind;
	return ASSET_KIND__COUNT;
}

enum asset_state
asset_state_of_name(const char *name)
{
	for (int state = 0; state < ASSET_STATE__COUNT; state++)
		if (text_equal(state_names[state], name))
			return (enum asset_state)state;
	return ASSET_STATE__COUNT;
}

void
asset_read(struct db_row *row, struct arena *arena, struct asset *asset)
{
	asset->id = db_get_text(row, arena);
	asset->project_id = db_get_text_or(row, arena, NULL);
	asset->owner_id = (int32_t)db_get_int(row);
	asset->kind = asset_kind_of_name(db_get_text(row, arena));
	asset->state = asset_state_of_name(db_get_text(row, arena));
	asset->sha256 = db_get_text_or(row, arena, NULL);
	asset->media_type = db_get_text_or(row, arena, NULL);
	asset->bytes = db_get_int_or(row, 0);
	asset->width = (int)db_get_int_or(row, 0);
	asset->height = (int)db_get_int_or(row, 0);
	asset->duration_us = db_get_int_or(row, 0);
	asset->fps_num = (int)db_get_int_or(row, 0);
	asset->fps_den = (int)db_get_int_or(row, 0);
	asset->source = db_get_text(row, arena);
	asset->provider = db_get_text_or(row, arena, NULL);
	asset->model = db_get_text_or(row, arena, NULL);
	asset->simulated = db_get_bool(row);
	asset->cached = db_get_bool(row);
	asset->price_micros = db_get_int(row);
	asset->generation_ms = db_get_int_or(row, 0);
	asset->parent_id = db_get_text_or(row, arena, NULL);
	asset->reason = db_get_text_or(row, arena, NULL);
	asset->reason_code = db_get_text_or(row, arena, NULL);
	asset->metadata = db_get_text(row, arena);
	asset->file_name = db_get_text_or(row, arena, NULL);
	asset->thumbnail_id = db_get_text_or(row, arena, NULL);
	asset->last_frame_id = db_get_text_or(row, arena, NULL);
	asset->created_us = db_get_time(row);
	asset->role = project_role_of_name(db_get_text_or(row, arena, "none"));
}

int
asset_upload(struct db *db, struct arena *arena, const struct asset_upload *upload, struct asset_uploaded *ret,
    struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &upload_stmt,
		DB_ARGS(DB_TEXT(upload->sha256), DB_INT(upload->bytes), DB_TEXT(upload->media_type),
		    DB_TEXT(upload->file_name), DB_INT(upload->quota_bytes), DB_TEXT(upload->request_id)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "storing an upload");
	struct db_row row = db_row(&res, 0);
	struct asset_uploaded uploaded = {.id = db_get_text(&row, arena)};
	uploaded.job_id = db_get_text(&row, arena);
	uploaded.job = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	db_hint_jobs(db);
	*ret = uploaded;
	return 0;
}

int
asset_load(struct db *db, struct arena *arena, const char *id, struct asset **ret_asset, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &find_stmt, DB_ARGS(DB_TEXT(id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading asset '%s'", id);
	if (res.count == 0)
		return error_set(err, ERR_NOT_FOUND, "There is no such file");
	struct asset *asset = ARENA_NEW(arena, struct asset);
	if (asset == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	asset_read(&row, arena, asset);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_asset = asset;
	return 0;
}

int
asset_of_job(struct db *db, struct arena *arena, const char *job_id, const char **ret_id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(job_id))
		return error_set(err, ERR_NOT_FOUND, "There is no such file");
	if (db_run(db, &of_job_stmt, DB_ARGS(DB_TEXT(job_id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "asking for the upload of job '%s'", job_id);
	if (res.count == 0)
		return error_set(err, ERR_NOT_FOUND, "There is no such file");
	struct db_row row = db_row(&res, 0);
	const char *id = db_get_text(&row, arena);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

static void
list_read(struct db_row *row, struct arena *arena, void *item)
{
	asset_read(row, arena, item);
}

static const struct noun_item list_item = {.size = sizeof(struct asset),
    .read = list_read,
    .at_us = offsetof(struct asset, created_us),
    .id = offsetof(struct asset, id)};

int
asset_list_uploads(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct asset **ret_assets, size_t *ret_count, const char **ret_next, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct noun_cursor at;

	if (noun_cursor_parse(arena, cursor, &at, err) < 0)
		return -1;
	/* One row more tells whether there is a next page. */
	if (db_run(db, &uploads_stmt,
		DB_ARGS(DB_INT(limit + 1), DB_TIME(at.at_us), DB_TEXT(at.id), DB_INT(at.id != NULL ? 0 : offset)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing uploads");
	struct asset *assets = noun_page_read(&res, arena, &list_item, limit, ret_count, ret_next, err);
	if (assets == NULL)
		return -1;
	*ret_assets = assets;
	return 0;
}

/* `stmt` answers whether there was such an asset. */
static int
asset_change(struct db *db, const struct db_stmt *stmt, const char *id, struct error *err)
{
	bool changed = false;

	if (noun_changed(db, stmt, DB_ARGS(DB_TEXT(id)), &changed, err) < 0)
		return -1;
	if (!changed)
		return error_set(err, ERR_NOT_FOUND, "There is no such file");
	return 0;
}

int
asset_delete(struct db *db, const char *id, struct error *err)
{
	if (asset_change(db, &delete_stmt, id, err) < 0)
		return error_wrap(err, "deleting asset '%s'", id);
	return 0;
}

int
asset_review(struct db *db, const char *id, struct error *err)
{
	if (asset_change(db, &review_stmt, id, err) < 0)
		return error_wrap(err, "reviewing asset '%s'", id);
	return 0;
}

int
asset_usage(struct db *db, struct asset_usage *ret_usage, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (db_run(db, &usage_stmt, DB_NO_ARGS, DB_ONE, &res, err) < 0)
		return error_wrap(err, "summing up stored bytes");
	struct db_row row = db_row(&res, 0);
	struct asset_usage usage = {.bytes = db_get_int(&row)};
	usage.count = db_get_int(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_usage = usage;
	return 0;
}

const struct db_stmt_row asset_statements[] = {
    {&find_stmt, "ac"},
    {&uploads_stmt, "ac"},
    {&upload_stmt, "ac"},
    {&delete_stmt, "ac"},
    {&review_stmt, "ac"},
    {&usage_stmt, "ac"},
    {&of_job_stmt, "ac"},
    {NULL, NULL},
};
