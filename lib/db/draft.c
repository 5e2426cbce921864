#include "lib/db/draft.h"

#include "lib/db/noun_priv.h"

static const struct db_stmt get_stmt = {
    "timeline_get", "select id, version, content, role, updated_at from timeline_get($1)", 1};
/* project, timeline, assets, version */
static const struct db_stmt put_stmt = {
    "timeline_put", "select id, version, updated_at, seq from timeline_put($1, $2, $3, $4)", 4};

int
draft_load(struct db *db, struct arena *arena, const char *project_id, struct draft **ret_draft, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (id_is_uuid(project_id) &&
	    db_run(db, &get_stmt, DB_ARGS(DB_TEXT(project_id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading the timeline of '%s'", project_id);
	if (res.count == 0)
		return error_code(err, ERR_NOT_FOUND, "timeline_not_found", "The project has no timeline");
	struct draft *draft = ARENA_NEW(arena, struct draft);
	if (draft == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	draft->id = db_get_text(&row, arena);
	draft->version = (int)db_get_int(&row);
	draft->timeline_json = db_get_text(&row, arena);
	draft->role = project_role_of_name(db_get_text(&row, arena));
	draft->updated_us = db_get_time(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_draft = draft;
	return 0;
}

int
draft_put(struct db *db, struct arena *arena, const char *project_id, const char *timeline_json,
    const char *const *assets, size_t asset_count, int version, struct draft *ret_draft, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(project_id))
		return error_code(err, ERR_NOT_FOUND, "project_not_found", "There is no such project");
	if (noun_call(db, &put_stmt,
		DB_ARGS(DB_TEXT(project_id), DB_TEXT(timeline_json), DB_TEXTS(assets, asset_count),
		    version == DRAFT_ANY_VERSION ? DB_NULL : DB_INT(version)),
		DB_ONE, &res, err) < 0)
		return error_wrap(err, "storing the timeline of '%s'", project_id);
	struct db_row row = db_row(&res, 0);
	struct draft draft = {.id = db_get_text(&row, arena), .timeline_json = timeline_json};
	draft.version = (int)db_get_int(&row);
	draft.updated_us = db_get_time(&row);
	db_skip(&row);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_draft = draft;
	return 0;
}

const struct db_stmt_row draft_statements[] = {
    {&get_stmt, "ac"},
    {&put_stmt, "ac"},
    {NULL, NULL},
};
