#include "lib/db/noun_priv.h"
#include "lib/db/project.h"

static const char *const role_names[PROJECT_ROLE__COUNT] = {
    [PROJECT_NONE] = "none",
    [PROJECT_VIEWER] = "viewer",
    [PROJECT_EDITOR] = "editor",
    [PROJECT_OWNER] = "owner",
};

#define PROJECT_COLUMNS \
	"p.id, p.kind, p.title, p.owner_id, project_role(p.id, caller()), p.event_seq, p.total_micros," \
	" project_limit(p.limit_micros), p.created_at, p.updated_at"

static const struct db_stmt load_stmt = {"project_load",
    "select " PROJECT_COLUMNS " from project p where p.id = $1 and project_role(p.id, caller()) is not null", 1};
/* limit, time and id of the last row before, offset */
static const struct db_stmt list_stmt = {"project_list",
    "select " PROJECT_COLUMNS " from project p"
    " where (p.owner_id = caller() or p.id in (select m.project_id from project_member m where m.user_id = caller()))"
    " and p.deleted_at is null"
    " and ($2::timestamptz is null or (p.updated_at, p.id) < ($2, $3))"
    " order by p.updated_at desc, p.id desc limit $1 offset $4",
    4};
/* kind, title, limit */
static const struct db_stmt create_stmt = {"project_create", "select project_create($1, $2, $3)", 3};
static const struct db_stmt members_stmt = {
    "project_members", "select user_id, email, role from project_members($1)", 1};
/* project, user, role */
static const struct db_stmt member_set_stmt = {"project_member_set", "select project_member_set($1, $2, $3)", 3};
static const struct db_stmt member_remove_stmt = {"project_member_remove", "select project_member_remove($1, $2)", 2};

const char *
project_role_name(enum project_role role)
{
	return role_names[role];
}

enum project_role
project_role_of_name(const char *name)
{
	for (int role = 0; role < PROJECT_ROLE__COUNT; role++)
		if (text_equal(role_names[role], name))
			return (enum project_role)role;
	return PROJECT_NONE;
}

static void
project_read(struct db_row *row, struct arena *arena, struct project *project)
{
	project->id = db_get_text(row, arena);
	project->kind = db_get_text(row, arena);
	project->title = db_get_text(row, arena);
	project->owner_id = (int32_t)db_get_int(row);
	project->role = project_role_of_name(db_get_text(row, arena));
	project->event_seq = db_get_int(row);
	project->total_micros = db_get_int(row);
	project->limit_micros = db_get_int(row);
	project->created_us = db_get_time(row);
	project->updated_us = db_get_time(row);
}

int
project_load(struct db *db, struct arena *arena, const char *id, struct project **ret_project, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (!id_is_uuid(id))
		return error_code(err, ERR_NOT_FOUND, "project_not_found", "There is no such project");
	if (db_run(db, &load_stmt, DB_ARGS(DB_TEXT(id)), DB_AT_MOST_ONE, &res, err) < 0)
		return error_wrap(err, "loading project '%s'", id);
	if (res.count == 0)
		return error_code(err, ERR_NOT_FOUND, "project_not_found", "There is no such project");
	struct project *project = ARENA_NEW(arena, struct project);
	if (project == NULL)
		return arena_error(arena, err);
	struct db_row row = db_row(&res, 0);
	project_read(&row, arena, project);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_project = project;
	return 0;
}

static void
list_read(struct db_row *row, struct arena *arena, void *item)
{
	project_read(row, arena, item);
}

static const struct noun_item list_item = {.size = sizeof(struct project),
    .read = list_read,
    .at_us = offsetof(struct project, updated_us),
    .id = offsetof(struct project, id)};

int
project_list(struct db *db, struct arena *arena, int limit, const char *cursor, int64_t offset,
    struct project **ret_projects, size_t *ret_count, const char **ret_next, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;
	struct noun_cursor at;

	if (noun_cursor_parse(arena, cursor, &at, err) < 0)
		return -1;
	if (at.id != NULL && !id_is_uuid(at.id))
		return error_set(err, ERR_INPUT, "the cursor is not one of ours");
	/* One row more tells whether there is a next page. */
	if (db_run(db, &list_stmt,
		DB_ARGS(DB_INT(limit + 1), DB_TIME(at.at_us), DB_TEXT(at.id), DB_INT(at.id != NULL ? 0 : offset)),
		DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing projects");
	struct project *projects = noun_page_read(&res, arena, &list_item, limit, ret_count, ret_next, err);
	if (projects == NULL)
		return -1;
	*ret_projects = projects;
	return 0;
}

int
project_create(
    struct db *db, struct arena *arena, const char *kind, const char *title, const char **ret_id, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_call(db, &create_stmt, DB_ARGS(DB_TEXT(kind), DB_TEXT(title), DB_INT(0)), DB_ONE, &res, err) < 0)
		return error_wrap(err, "creating a project");
	struct db_row row = db_row(&res, 0);
	const char *id = db_get_text(&row, arena);
	if (db_row_end(&row, err) < 0)
		return -1;
	*ret_id = id;
	return 0;
}

int
project_members(struct db *db, struct arena *arena, const char *id, struct project_member **ret_members,
    size_t *ret_count, struct error *err)
{
	CLEANUP(db_result_done) struct db_result res = DB_RESULT_INIT;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (db_run(db, &members_stmt, DB_ARGS(DB_TEXT(id)), DB_MANY, &res, err) < 0)
		return error_wrap(err, "listing the members of '%s'", id);
	struct project_member *members = ARENA_ARRAY(arena, (size_t)res.count, struct project_member);
	if (members == NULL)
		return arena_error(arena, err);
	for (int i = 0; i < res.count; i++) {
		struct db_row row = db_row(&res, i);
		members[i].user_id = (int32_t)db_get_int(&row);
		members[i].email = db_get_text(&row, arena);
		members[i].role = project_role_of_name(db_get_text(&row, arena));
		if (db_row_end(&row, err) < 0)
			return -1;
	}
	*ret_members = members;
	*ret_count = (size_t)res.count;
	return 0;
}

int
project_member_set(struct db *db, const char *id, int32_t user_id, enum project_role role, struct error *err)
{
	if (noun_session_id(id, err) < 0)
		return -1;
	if (role != PROJECT_VIEWER && role != PROJECT_EDITOR) {
		error_set(err, ERR_INPUT, "A member is viewer or editor");
		error_pointer(err, "/role");
		return -1;
	}
	if (noun_do(
		db, &member_set_stmt, DB_ARGS(DB_TEXT(id), DB_INT(user_id), DB_TEXT(project_role_name(role))), err) < 0)
		return error_wrap(err, "adding a member to '%s'", id);
	return 0;
}

int
project_member_remove(struct db *db, const char *id, int32_t user_id, struct error *err)
{
	bool removed = false;

	if (noun_session_id(id, err) < 0)
		return -1;
	if (noun_changed(db, &member_remove_stmt, DB_ARGS(DB_TEXT(id), DB_INT(user_id)), &removed, err) < 0)
		return error_wrap(err, "removing a member of '%s'", id);
	if (!removed)
		return error_code(err, ERR_NOT_FOUND, "member_not_found", "There is no such member");
	return 0;
}

const struct db_stmt_row project_statements[] = {
    {&load_stmt, "ac"},
    {&list_stmt, "ac"},
    {&create_stmt, "a"},
    {&members_stmt, "a"},
    {&member_set_stmt, "a"},
    {&member_remove_stmt, "a"},
    {NULL, NULL},
};
