/* Parameters of query strings, and what handlers share. */
#include "fcgi/api/api.h"

#define OFFSET_MAX 10000
#define DRY_RUN_WAIT_S 20

#define PAGE(struct_type, member) \
	{.name = "limit", \
	    .type = JS_INT, \
	    JS_PLACE(struct_type, member limit), \
	    .min = 1, \
	    .max = 200, \
	    .fallback = "50", \
	    .about = "items in one answer"}, \
	    {.name = "offset", \
		.type = JS_INT, \
		JS_PLACE(struct_type, member offset), \
		.min = 0, \
		.max = OFFSET_MAX, \
		.fallback = "0", \
		.about = "items to pass over; a cursor is the better way"}, \
	{ \
		.name = "cursor", .type = JS_STRING, JS_PLACE(struct_type, member cursor), .min = 1, .max = 200, \
		.about = "next_cursor of the answer before" \
	}
#define WAIT(struct_type, seconds) \
	{ \
		.name = "wait", .type = JS_INT, JS_PLACE(struct_type, wait), .min = 0, .max = REQ_WAIT_MAX_S, \
		.fallback = (seconds), .about = "seconds to hold the answer until the job ends" \
	}

const struct js_field query_start_fields[] = {
    WAIT(struct query_start, "0"),
    JS_FIELD(
	struct query_start, dry_run, JS_BOOL, .fallback = "false", .about = "say what would happen, start nothing"),
    JS_END,
};

const struct js_field query_wait_fields[] = {WAIT(struct query_wait, "0"), JS_END};

const struct js_field query_page_fields[] = {PAGE(struct query_page, ), JS_END};

const struct js_field query_media_fields[] = {
    JS_FIELD(struct query_media, download, JS_BOOL, .fallback = "false", .about = "as an attachment with a file name"),
    JS_FIELD(
	struct query_media, ticket, JS_STRING, .min = 1, .max = 100, .about = "single-use ticket instead of a token"),
    JS_END,
};

const struct js_field query_upload_fields[] = {
    WAIT(struct query_upload, "25"),
    JS_FIELD(struct query_upload, filename, JS_STRING, .flags = JS_ONE_LINE, .min = 1, .max = 255,
	.about = "the file's name"),
    JS_END,
};

static const char *const states[] = {
    "queued", "running", "waiting", "needs_attention", "succeeded", "partial", "failed", "cancelled", NULL};
const struct js_field query_jobs_fields[] = {
    PAGE(struct query_jobs, page.),
    JS_FIELD(struct query_jobs, state, JS_STRING, .choices = states),
    JS_FIELD(struct query_jobs, kind, JS_STRING, .pattern = JS_TOKEN, .min = 1, .max = 47),
    JS_FIELD(struct query_jobs, session_id, JS_STRING, .pattern = JS_UUID),
    JS_END,
};

static const char *const groups[] = {"agent", "model", "provider", "day", "project", NULL};
static const char *const areas[] = {"ads", NULL};
const struct js_field query_summary_fields[] = {
    JS_FIELD(struct query_summary, from, JS_TIME, .about = "from this time on"),
    JS_FIELD(struct query_summary, to, JS_TIME, .about = "before this time"),
    JS_FIELD(struct query_summary, group_by, JS_STRING, .choices = groups),
    JS_FIELD(struct query_summary, area, JS_STRING, .choices = areas),
    JS_END,
};

/* A dry run that takes a job is worth nothing without its answer. */
static int64_t
wait_of_start(const struct query_start *query)
{
	return query->dry_run && query->wait == 0 ? DRY_RUN_WAIT_S : query->wait;
}

int64_t
route_wait(const struct req *req)
{
	if (req->route == NULL || req->query == NULL)
		return 0;
	if (req->route->query == query_start_fields)
		return wait_of_start(req->query);
	if (req->route->query == query_wait_fields)
		return ((const struct query_wait *)req->query)->wait;
	if (req->route->query == query_upload_fields)
		return ((const struct query_upload *)req->query)->wait;
	return 0;
}

const char *
param_uuid(const struct req *req, size_t index, const char *code, const char *sentence, struct error *err)
{
	if (id_is_uuid(req->params[index]))
		return req->params[index];
	(void)error_code(err, ERR_NOT_FOUND, code, "%s", sentence);
	return NULL;
}

const char *
param_session(const struct req *req, size_t index, struct error *err)
{
	return param_uuid(req, index, "session_not_found", "Session not found.", err);
}

int
reply_success(struct reply *reply)
{
	js_bool(reply_object(reply, 200), "success", true);
	reply_object_end(reply);
	return 0;
}

void
write_next(struct js_writer *w, const char *next)
{
	js_str(w, "next_cursor", next);
}

void
write_media_url(struct js_writer *w, const struct req *req, const char *key, const char *asset_id)
{
	js_str(w, key, asset_id == NULL ? NULL : req_url(req, "/media/%s", asset_id));
}

void
write_resolution(struct js_writer *w, const char *key, int width, int height)
{
	if (width > 0 && height > 0)
		js_strf(w, key, "%dx%d", width, height);
	else
		js_null(w, key);
}

void
write_seconds(struct js_writer *w, const char *key, int64_t us)
{
	js_fixed(w, key, (double)us / 1e6, 3);
}

void
write_fps(struct js_writer *w, const char *key, int num, int den)
{
	if (num > 0 && den > 0)
		js_fixed(w, key, (double)num / den, 3);
	else
		js_null(w, key);
}
