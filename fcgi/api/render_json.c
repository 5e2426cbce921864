/* Renders as answers. */
#include "fcgi/api/api.h"

#include "lib/base/text.h"

/* Members of the plan that say how much there is to do. */
static void
write_summary(struct js_writer *w, struct arena *arena, const struct render *render)
{
	const struct js_value *plan = NULL, *spans;
	struct error ignored;

	error_clear(&ignored);
	/* it is our own text; a plan that cannot be read is none */
	if (render->plan_json != NULL &&
	    js_parse_free(arena, render->plan_json, strlen(render->plan_json), &plan, &ignored) < 0)
		plan = NULL;
	spans = js_at(plan, "/spans");
	if (spans == NULL) {
		js_null(w, "spans");
		js_null(w, "estimated_s");
		return;
	}
	js_open_object(w, "spans");
	js_int(w, "total", js_number(spans, "/total", 0));
	js_int(w, "reused", js_number(spans, "/reused", 0));
	js_int(w, "encoded", js_number(spans, "/encoded", 0));
	js_close(w);
	js_fixed(w, "estimated_s", js_real(plan, "/estimate/seconds", 0), 1);
}

static void
write_urls(struct js_writer *w, const struct req *req, const struct render *render)
{
	const struct js_value *files = NULL, *id;
	struct error ignored;
	const char *name;

	error_clear(&ignored);
	if (js_parse_free(req->arena, render->files_json, strlen(render->files_json), &files, &ignored) < 0)
		files = NULL;
	js_open_object(w, "urls");
	write_media_url(w, req, "film", render->film_id);
	for (size_t i = 0; (id = js_member_at(files, i, &name)) != NULL; i++)
		write_media_url(w, req, name, js_text(id, "", NULL));
	js_str(w, "plan", req_url(req, "/api/v1/renders/%s/plan", render->id));
	if (render->report_json != NULL)
		js_str(w, "report", req_url(req, "/api/v1/renders/%s/report", render->id));
	if (render->live)
		js_str(w, "live", req_url(req, "/api/v1/renders/%s/live/film.m3u8", render->id));
	js_close(w);
}

static void
write_film(struct js_writer *w, const struct render *render)
{
	if (render->film_id == NULL) {
		js_null(w, "resolution");
		js_null(w, "fps");
		js_null(w, "duration");
		js_null(w, "bytes");
		return;
	}
	write_resolution(w, "resolution", render->width, render->height);
	write_fps(w, "fps", render->fps_num, render->fps_den);
	write_seconds(w, "duration", render->duration_us);
	js_int(w, "bytes", render->bytes);
}

void
render_write(struct js_writer *w, const struct req *req, const struct render *render)
{
	js_open_object(w, NULL);
	js_str(w, "id", render->id);
	js_str(w, "project_id", render->project_id);
	js_str(w, "name", render->name);
	js_str(w, "state", render->state);
	js_str(w, "phase", render->phase);
	js_fixed(w, "progress", render->progress, 4);
	js_str(w, "job_id", render->job_id);
	js_str(w, "timeline_id", render->timeline_id);
	if (render->timeline_version > 0)
		js_int(w, "timeline_version", render->timeline_version);
	else
		js_null(w, "timeline_version");
	write_summary(w, req->arena, render);
	write_film(w, render);
	js_raw(w, "warnings", render->warnings_json);
	if (render->error_code != NULL) {
		js_open_object(w, "error");
		js_str(w, "code", render->error_code);
		js_str(w, "message", render->error_message);
		js_close(w);
	} else {
		js_null(w, "error");
	}
	write_urls(w, req, render);
	js_time(w, "created_at", render->created_us);
	js_time(w, "started_at", render->started_us);
	js_time(w, "finished_at", render->finished_us);
	js_close(w);
}

/* What was measured; thumbnails get their addresses. */
int
render_report_write(struct js_writer *w, const struct req *req, const struct render *render, struct error *err)
{
	const struct js_value *report, *value, *thumbs;
	const char *name;

	if (js_parse_free(req->arena, render->report_json, strlen(render->report_json), &report, err) < 0)
		return -1;
	js_open_object(w, NULL);
	js_str(w, "render_id", render->id);
	for (size_t i = 0; (value = js_member_at(report, i, &name)) != NULL; i++)
		if (!text_equal(name, "thumbnails"))
			js_raw(w, name, js_json(value, req->arena));
	thumbs = js_at(report, "/thumbnails");
	js_open_array(w, "thumbnails");
	for (size_t i = 0; i < js_count(thumbs, ""); i++) {
		const struct js_value *thumb = js_item(thumbs, i);

		js_open_object(w, NULL);
		for (size_t k = 0; (value = js_member_at(thumb, k, &name)) != NULL; k++)
			if (!text_equal(name, "id"))
				js_raw(w, name, js_json(value, req->arena));
		write_media_url(w, req, "url", js_text(thumb, "/id", NULL));
		js_close(w);
	}
	js_close(w);
	js_close(w);
	return 0;
}
