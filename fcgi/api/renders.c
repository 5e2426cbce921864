/* Films from timelines: start or plan one, follow it, look at what came out. */
#include "fcgi/api/api.h"

#include "lib/base/text.h"
#include "lib/db/draft.h"

static const char *
param_project(const struct req *req, struct error *err)
{
	return param_uuid(req, 0, "project_not_found", "There is no such project.", err);
}

static int
load(struct req *req, struct render **ret_render, struct error *err)
{
	const char *id = param_uuid(req, 0, "render_not_found", "There is no such render.", err);

	return id == NULL ? -1 : render_load(req->db, req->arena, id, ret_render, err);
}

/* The timeline of the body, or the project's draft. */
static int
choose_timeline(struct req *req, const char *project, struct render_start *start, const char **ret_json,
    const char **ret_at, struct error *err)
{
	const struct body_render *in = req->input;
	struct draft *draft;

	*ret_at = in->timeline_id != NULL ? "/timeline_id" : "/timeline";
	if ((in->timeline != NULL) == (in->timeline_id != NULL)) {
		js_problem_add(req->problems, req->arena, "/timeline", "required",
		    "Either a timeline or the timeline_id of the project's own one is needed.");
		return js_problems_error(req->problems, err);
	}
	if (in->timeline != NULL) {
		*ret_json = in->timeline;
		return 0;
	}
	if (draft_load(req->db, req->arena, project, &draft, err) < 0 && !error_is(err, ERR_NOT_FOUND))
		return -1;
	if (error_is(err, ERR_NOT_FOUND) || !text_equal(draft->id, in->timeline_id)) {
		error_clear(err);
		js_problem_add(req->problems, req->arena, "/timeline_id", "timeline_not_found",
		    "The project has no such timeline.");
		return js_problems_error(req->problems, err);
	}
	start->timeline_id = draft->id;
	start->timeline_version = draft->version;
	*ret_json = draft->timeline_json;
	return 0;
}

static const char *
outputs_json(struct req *req, const struct body_render *in)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(KIB);
	struct js_writer w;

	js_begin(&w, &buf);
	js_open_object(&w, NULL);
	js_bool(&w, "poster", in->outputs.poster);
	js_bool(&w, "preview", in->outputs.preview);
	js_bool(&w, "live", in->outputs.live);
	js_close(&w);
	js_end(&w);
	return buf_dup(&buf, req->arena);
}

static int
answer_started(struct reply *reply, const struct render_started *started)
{
	struct js_writer *w = reply_object(reply, 202);

	js_str(w, "status", "processing");
	js_str(w, "render_id", started->render_id);
	js_str(w, "job_id", started->job_id);
	reply_object_end(reply);
	reply_location(reply, "/api/v1/jobs/%s", started->job_id);
	return 0;
}

int
renders_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_render *in = req->input;
	const char *project_id = param_project(req, err), *json = NULL, *at = NULL;
	struct timeline_input input = {.merged = true};
	struct render_started started;
	struct project *project;

	/* whose project it is comes first: what is wrong with a timeline is nothing to tell a stranger */
	if (project_id == NULL || project_load(req->db, req->arena, project_id, &project, err) < 0)
		return -1;

	struct render_start start = {.project_id = project_id,
	    .outputs_json = outputs_json(req, in),
	    .name = in->name,
	    .on_degrade = in->on_degrade,
	    .dry_run = ((const struct query_start *)req->query)->dry_run,
	    .request_id = req->id};
	if (choose_timeline(req, project_id, &start, &json, &at, err) < 0 ||
	    timeline_input_check(req, json, in->merge, at, &input, err) < 0)
		return -1;
	start.timeline_json = input.json;
	start.assets = input.assets;
	start.asset_count = input.asset_count;

	if (render_start(req->db, req->arena, &start, &started, err) < 0)
		return -1;
	return answer_started(reply, &started);
}

/* What a dry run brought: the job's result is the plan. */
static void
answer_plan(struct req *req, struct reply *reply, const struct job_view *job)
{
	const struct js_value *plan = NULL, *value;
	struct js_writer *w = reply_object(reply, 200);
	struct error ignored;
	const char *name;

	error_clear(&ignored);
	if (job->result != NULL && js_parse_free(req->arena, job->result, strlen(job->result), &plan, &ignored) < 0)
		plan = NULL;
	js_bool(w, "dry_run", true);
	for (size_t i = 0; (value = js_member_at(plan, i, &name)) != NULL; i++)
		js_raw(w, name, js_json(value, req->arena));
	reply_object_end(reply);
}

int
renders_waited(struct req *req, struct reply *reply, const struct job_view *job, bool *ret_done, struct error *err)
{
	struct render *render;

	*ret_done = false;
	if (text_equal(job->kind, "render.plan") && text_equal(job->state, "succeeded")) {
		answer_plan(req, reply, job);
		*ret_done = true;
	} else if (text_equal(job->kind, "render.film") && text_equal(job->state, "succeeded")) {
		if (render_of_job(req->db, req->arena, job->public_id, &render, err) < 0)
			return -1;
		render_write(reply_json(reply, 200), req, render);
		reply_json_end(reply);
		*ret_done = true;
	}
	return 0;
}

int
renders_list(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_page *page = req->query;
	const char *id = param_project(req, err), *next;
	struct render *renders;
	struct js_writer *w;
	size_t count;

	if (id == NULL || render_list(req->db, req->arena, id, (int)page->limit, page->cursor, page->offset, &renders,
			      &count, &next, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++)
		render_write(w, req, &renders[i]);
	js_close(w);
	write_next(w, next);
	reply_object_end(reply);
	return 0;
}

int
renders_get(struct req *req, struct reply *reply, struct error *err)
{
	struct render *render;

	if (load(req, &render, err) < 0)
		return -1;
	if (reply_unchanged(reply, req, "r%lld.%s", (long long)render->seq, project_role_name(render->role)))
		return 0;
	render_write(reply_json(reply, 200), req, render);
	reply_json_end(reply);
	return 0;
}

int
renders_cancel(struct req *req, struct reply *reply, struct error *err)
{
	struct render *render;

	if (load(req, &render, err) < 0 || render_cancel(req->db, render->id, err) < 0 || load(req, &render, err) < 0)
		return -1;
	render_write(reply_json(reply, 200), req, render);
	reply_json_end(reply);
	return 0;
}

int
renders_delete(struct req *req, struct reply *reply, struct error *err)
{
	struct render *render;

	if (load(req, &render, err) < 0 || render_delete(req->db, render->id, err) < 0)
		return -1;
	return reply_success(reply);
}

static int
not_yet(struct error *err)
{
	return error_code(err, ERR_CONFLICT, "render_not_ready", "The render has not come that far.");
}

int
renders_plan(struct req *req, struct reply *reply, struct error *err)
{
	struct render *render;

	if (load(req, &render, err) < 0)
		return -1;
	if (render->plan_json == NULL)
		return not_yet(err);
	js_raw(reply_json(reply, 200), NULL, render->plan_json);
	reply_json_end(reply);
	return 0;
}

int
renders_report(struct req *req, struct reply *reply, struct error *err)
{
	struct render *render;

	if (load(req, &render, err) < 0)
		return -1;
	if (render->report_json == NULL)
		return not_yet(err);
	if (render_report_write(reply_json(reply, 200), req, render, err) < 0)
		return -1;
	reply_json_end(reply);
	return 0;
}

int
renders_preview(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_media *in = req->query;
	const struct js_value *files;
	struct render *render;
	struct asset *asset;

	if (load(req, &render, err) < 0 ||
	    js_parse_free(req->arena, render->files_json, strlen(render->files_json), &files, err) < 0)
		return -1;
	if (js_text(files, "/preview", NULL) == NULL)
		return error_code(err, ERR_NOT_FOUND, "no_preview", "The render has no preview.");
	if (asset_load(req->db, req->arena, js_text(files, "/preview", ""), &asset, err) < 0)
		return -1;
	return media_send(req, reply, asset, NULL, in->download, err);
}

/* Names that the media process gives: nothing that leads out of the folder. */
static const char *
live_type(const char *name)
{
	static const char *const types[][2] = {{".m3u8", "application/vnd.apple.mpegurl"},
	    {".m4s", "video/iso.segment"}, {".mp4", "video/mp4"}, {".ts", "video/mp2t"}};
	const size_t len = strlen(name);

	if (strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-.") != len || name[0] == '.')
		return NULL;
	for (size_t i = 0; i < ARRAY_LEN(types); i++)
		if (len > strlen(types[i][0]) && text_equal(name + len - strlen(types[i][0]), types[i][0]))
			return types[i][1];
	return NULL;
}

int
renders_live(struct req *req, struct reply *reply, struct error *err)
{
	const char *name = req->params[1], *type = live_type(name);
	struct render *render;

	if (load(req, &render, err) < 0)
		return -1;
	if (!render->live || type == NULL)
		return error_set(err, ERR_NOT_FOUND, "There is no such file.");
	reply_text(reply, 200, type);
	/* the playlist grows */
	reply_header(reply, "Cache-Control", "private, no-cache");
	reply_headerf(reply, "X-Accel-Redirect", "/_live/%s/%s", render->id, name);
	return 0;
}
