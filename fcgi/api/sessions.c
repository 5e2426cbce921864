/* Advert sessions as a resource: create, list, read, stop, delete, download. */
#include "fcgi/api/api.h"

#include "lib/base/path.h"
#include "lib/db/cost.h"

int
session_post(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_session *in = req->input;
	struct session_new session;
	struct js_writer *w;

	if (in->has_user && in->user_id != req->caller.user_id)
		return error_code(err, ERR_FORBIDDEN, "forbidden", "Sessions can be created for oneself only.");

	if (session_create(req->db, req->arena, 0, &session, err) < 0)
		return -1;

	w = reply_object(reply, 201);
	js_str(w, "session_id", session.id);
	js_str(w, "stage", session_stage_name(SESSION_CREATED));
	js_time(w, "created_at", session.created_us);
	reply_object_end(reply);
	reply_location(reply, "/api/sessions/%s", session.id);
	return 0;
}

static bool
unchanged(const struct req *req, struct reply *reply, const char *what, int64_t seq, enum project_role role)
{
	return reply_unchanged(reply, req, "%s%lld.%s", what, (long long)seq, project_role_name(role));
}

/* If-None-Match costs one index look-up; only a client that is behind pays for the whole object. */
static int
answer_from_version(
    struct req *req, struct reply *reply, const char *id, const char *what, bool *ret_done, struct error *err)
{
	enum project_role role;
	int64_t seq;

	*ret_done = false;
	if (*req->if_none_match == '\0')
		return 0;
	if (session_version(req->db, id, &seq, &role, err) < 0)
		return -1;
	*ret_done = unchanged(req, reply, what, seq, role);
	return 0;
}

int
session_get(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_session(req, 0, err);
	struct session *session;
	bool done;

	if (id == NULL || answer_from_version(req, reply, id, "s", &done, err) < 0)
		return -1;
	if (done)
		return 0;

	if (session_load(req->db, req->arena, id, &session, err) < 0)
		return -1;

	(void)unchanged(req, reply, "s", session->seq, session->role);
	session_write(reply_json(reply, 200), req, session);
	reply_json_end(reply);
	return 0;
}

static void
write_row(struct js_writer *w, const struct req *req, const struct session_row *row)
{
	js_open_object(w, NULL);
	js_str(w, "id", row->id);
	js_str(w, "stage", session_stage_name(row->stage));
	js_str(w, "product_prompt", row->product_prompt);
	write_media_url(w, req, "thumbnail_url", row->thumbnail_id);
	write_media_url(w, req, "final_video_url", row->final_video_id);
	js_money(w, "total_cost", row->total_micros);
	js_str(w, "role", project_role_name(row->role));
	js_time(w, "created_at", row->created_us);
	js_time(w, "updated_at", row->updated_us);
	js_close(w);
}

/* The list stands under the common name and under that of the spec. */
static void
write_rows(struct js_writer *w, const struct req *req, const char *key, const struct session_list *list)
{
	js_open_array(w, key);
	for (size_t i = 0; i < list->count; i++)
		write_row(w, req, &list->rows[i]);
	js_close(w);
}

int
sessions_get(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_page *page = req->query;
	struct session_list list;
	struct js_writer *w;

	if (session_list(req->db, req->arena, (int)page->limit, page->cursor, page->offset, &list, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	write_rows(w, req, "items", &list);
	write_rows(w, req, "sessions", &list);
	js_int(w, "total", list.total);
	write_next(w, list.next);
	reply_object_end(reply);
	return 0;
}

int
session_remove(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_session(req, 0, err);

	if (id == NULL || session_delete(req->db, id, err) < 0)
		return -1;
	return reply_success(reply);
}

int
session_stop(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_session(req, 0, err);
	enum session_stage stage;
	struct js_writer *w;

	if (id == NULL || session_cancel(req->db, id, &stage, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_bool(w, "success", true);
	js_str(w, "stage", session_stage_name(stage));
	reply_object_end(reply);
	return 0;
}

int
session_costs(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_session(req, 0, err);
	struct cost_session *cost;
	struct js_writer *w;

	if (id == NULL || cost_of_session(req->db, req->arena, id, &cost, err) < 0)
		return -1;
	if (reply_unchanged(reply, req, "c%lld.%lld", (long long)cost->seq, (long long)cost->total_micros))
		return 0;

	w = reply_object(reply, 200);
	js_str(w, "session_id", cost->session_id);
	js_money(w, "total_cost", cost->total_micros);
	js_open_array(w, "breakdown");
	for (size_t i = 0; i < cost->line_count; i++) {
		const struct cost_line *line = &cost->lines[i];

		js_open_object(w, NULL);
		js_str(w, "agent", line->agent);
		js_str(w, "model", line->model);
		js_money(w, "cost", line->micros);
		js_fixed(w, "duration", (double)line->duration_ms / 1000, 3);
		js_close(w);
	}
	js_close(w);
	reply_object_end(reply);
	return 0;
}

int
session_download(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_session(req, 0, err);
	struct session *session;
	struct asset *asset;
	const char *name;

	if (id == NULL || session_load(req->db, req->arena, id, &session, err) < 0)
		return -1;
	if (session->final == NULL)
		return error_code(err, ERR_NOT_FOUND, "no_final_video", "The session has no final video yet.");

	if (asset_load(req->db, req->arena, session->final->id, &asset, err) < 0)
		return -1;

	name = path_safe_name(req->arena, session->final->product_name, "advert");
	if (name == NULL)
		return arena_error(req->arena, err);
	return media_send(req, reply, asset, arena_printf(req->arena, "%s.mp4", name), true, err);
}
