/* Jobs, as everybody who waits for one sees them. GET /api/jobs/{job_id} is the most frequent call of all: one
 * statement, and no JSON when the client has the newest version. */
#include "fcgi/api/api.h"

#include "fcgi/problem.h"
#include "lib/base/text.h"

static const char *
param_job(const struct req *req, struct error *err)
{
	return param_uuid(req, 0, "job_not_found", "There is no such job.", err);
}

void
job_write(struct js_writer *w, const struct job_view *job)
{
	js_open_object(w, NULL);
	js_str(w, "id", job->public_id);
	js_str(w, "kind", job->kind);
	js_str(w, "session_id", job->project_id[0] != '\0' ? job->project_id : NULL);
	js_str(w, "state", job->state);
	js_str(w, "phase", job->phase);
	js_fixed(w, "progress", job->progress, 4);
	if (job->eta_s >= 0)
		js_int(w, "eta_s", job->eta_s);
	else
		js_null(w, "eta_s");
	js_int(w, "attempt", job->attempt);
	js_int(w, "max_attempts", job->max_attempts);
	js_int(w, "priority", job->priority);
	js_money(w, "cost_usd", job->price_micros);
	js_raw(w, "degraded", job->degraded);
	js_raw(w, "result", job->result);
	js_raw(w, "error", job->error);
	js_str(w, "request_id", job->request_id);
	js_time(w, "created_at", job->created_at);
	js_time(w, "started_at", job->started_at);
	js_time(w, "finished_at", job->finished_at);
	js_close(w);
}

/* The end of a waited job that failed, as the problem it is: 422 for the client's input, 503 for something missing
 * here, 502 for an outside service and everything else that was not the client's doing. */
static int
answer_failed(struct req *req, struct reply *reply, const struct job_view *job, struct error *err)
{
	struct error failed = {0};
	const struct js_value *doc = NULL;
	const struct problem *known;
	const char *code, *kind, *detail;

	if (job->error != NULL && js_parse_free(req->arena, job->error, strlen(job->error), &doc, err) < 0)
		return -1;
	code = js_text(doc, "/code", "provider_error");
	kind = js_text(doc, "/kind", "");
	detail = js_text(doc, "/detail", js_text(doc, "/message", "The job failed."));
	known = problem_find(code);
	const enum error_kind as = known != NULL		      ? known->kind
				   : strcmp(kind, "input") == 0	      ? ERR_INPUT
				   : strcmp(kind, "unavailable") == 0 ? ERR_UNAVAILABLE
								      : ERR_PROVIDER;

	(void)error_code(&failed, as == ERR_INTERNAL || as == ERR_MEMORY ? ERR_PROVIDER : as, code, "%s", detail);
	problem_reply(reply, req, &failed, job->public_id);
	return 0;
}

static int
answer_upload(struct req *req, struct reply *reply, const struct job_view *job, struct error *err)
{
	const char *id;
	struct asset *asset;

	if (asset_of_job(req->db, req->arena, job->public_id, &id, err) < 0 ||
	    asset_load(req->db, req->arena, id, &asset, err) < 0)
		return -1;
	return upload_answer(req, reply, asset, job->public_id, err);
}

static bool
is_over(const struct job_view *job)
{
	return job->finished_at != CLOCK_NONE;
}

int
jobs_get(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_job(req, err);
	const bool waited = req_waited(req);
	struct job_view job;

	if (id == NULL || job_load(req->db, req->arena, id, &job, err) < 0)
		return -1;
	if (waited && req_asked_for(req, "/uploads"))
		return answer_upload(req, reply, &job, err);
	if (waited && req_asked_about(req, "/projects/", "/renders")) {
		bool done;

		if (renders_waited(req, reply, &job, &done, err) < 0 || done)
			return done ? 0 : -1;
	}
	if (waited && req_asked_for(req, "/preview-composition") && strcmp(job.state, "succeeded") == 0)
		return ads_preview_waited(req, reply, &job, err);
	if (waited && strcmp(job.state, "failed") == 0)
		return answer_failed(req, reply, &job, err);

	/* Still running and the client wants to wait: the dispatcher hands the request to eventd. */
	if (!waited && !is_over(&job) && route_wait(req) > 0) {
		job_write(reply_json(reply, 202), &job);
		reply_json_end(reply);
		reply_location(reply, "/api/v1/jobs/%s", job.public_id);
		return 0;
	}

	/* Not the project's event counter: progress and price move without an event, and not every job has a project.
	 * The state tells rows apart that a restored backup gave one version. */
	if (reply_unchanged(reply, req, "j%llx.%s.%llx", (unsigned long long)job.version, job.raw_state,
		(unsigned long long)job.beat_at))
		return 0;
	job_write(reply_json(reply, waited && !is_over(&job) ? 202 : 200), &job);
	reply_json_end(reply);
	return 0;
}

int
jobs_list(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_jobs *in = req->query;
	struct job_filter filter = {
	    .project_id = in->session_id,
	    .state = in->state,
	    .kind = in->kind,
	    .offset = in->page.offset,
	    .limit = (int)in->page.limit,
	};
	struct job_view *jobs;
	struct js_writer *w;
	size_t count;

	if (in->page.cursor != NULL && text_int(in->page.cursor, 1, INT64_MAX, &filter.before_id) < 0) {
		js_problem_add(req->problems, req->arena, "/cursor", "bad_format", "It is not a cursor of this list.");
		return js_problems_error(req->problems, err);
	}

	if (job_list(req->db, req->arena, &filter, &jobs, &count, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_open_array(w, "items");
	for (size_t i = 0; i < count; i++)
		job_write(w, &jobs[i]);
	js_close(w);
	write_next(w,
	    count == (size_t)in->page.limit ? arena_printf(req->arena, "%lld", (long long)jobs[count - 1].id) : NULL);
	reply_object_end(reply);
	return 0;
}

static int
answer_now(struct req *req, struct reply *reply, const char *id, int status, struct error *err)
{
	struct job_view job;

	if (job_load(req->db, req->arena, id, &job, err) < 0)
		return -1;
	job_write(reply_json(reply, status), &job);
	reply_json_end(reply);
	return 0;
}

int
jobs_cancel(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_job(req, err);

	if (id == NULL || job_cancel(req->db, id, err) < 0)
		return -1;
	return answer_now(req, reply, id, 200, err);
}

int
jobs_retry(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_job(req, err);

	if (id == NULL || job_retry(req->db, id, err) < 0 || answer_now(req, reply, id, 202, err) < 0)
		return -1;
	reply_location(reply, "/api/v1/jobs/%s", id);
	return 0;
}

int
jobs_attention(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_attention *in = req->input;
	const char *id = param_job(req, err);

	if (id == NULL || job_attention(req->db, id, in->action, in->wait, err) < 0)
		return -1;
	return answer_now(req, reply, id, 200, err);
}
