/* Projects: every kind of work of the caller in one list, and new ones. */
#include "fcgi/api/api.h"

void
project_write(struct js_writer *w, const struct project *project)
{
	js_open_object(w, NULL);
	js_str(w, "id", project->id);
	js_str(w, "kind", project->kind);
	js_str(w, "title", project->title);
	js_str(w, "role", project_role_name(project->role));
	js_int(w, "owner_id", project->owner_id);
	js_money(w, "total_cost", project->total_micros);
	js_time(w, "created_at", project->created_us);
	js_time(w, "updated_at", project->updated_us);
	js_close(w);
}

/* Adverts begin with POST /api/sessions/create. */
int
projects_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_project *in = req->input;
	struct project *project;
	const char *id;

	if (project_create(req->db, req->arena, in->kind, in->title, &id, err) < 0 ||
	    project_load(req->db, req->arena, id, &project, err) < 0)
		return -1;

	project_write(reply_json(reply, 201), project);
	reply_json_end(reply);
	return 0;
}

int
projects_get(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_page *page = req->query;
	struct project *projects;
	struct js_writer *w;
	const char *next;
	size_t count;

	if (project_list(
		req->db, req->arena, (int)page->limit, page->cursor, page->offset, &projects, &count, &next, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++)
		project_write(w, &projects[i]);
	js_close(w);
	write_next(w, next);
	reply_object_end(reply);
	return 0;
}
