#include "fcgi/problem.h"

#include "fcgi/page.h"
#include "lib/base/text.h"

#define RETRY_AFTER_BUSY_S 2
#define RETRY_AFTER_LIMIT_S 30

const struct problem problems[] = {
#define PROBLEM(code, kind, retryable, title, about, hint) {(code), (kind), (retryable), (title), (about), (hint)},
#include "fcgi/problem.def"
#undef PROBLEM
    {NULL},
};

const struct problem *
problem_find(const char *code)
{
	for (const struct problem *p = problems; p->code != NULL; p++)
		if (strcmp(p->code, code) == 0)
			return p;
	return NULL;
}

int
problem_status(const struct problem *problem)
{
	return error_row(problem->kind)->status;
}

static void
add_headers(struct reply *reply, const struct error *err, int status)
{
	int wait_s = err->retry_after_s;

	if (wait_s <= 0 && status == 503)
		wait_s = RETRY_AFTER_BUSY_S;
	if (wait_s <= 0 && status == 429)
		wait_s = RETRY_AFTER_LIMIT_S;
	if (wait_s > 0)
		reply_headerf(reply, "Retry-After", "%d", wait_s);
	if (status == 401)
		reply_header(reply, "WWW-Authenticate", "Bearer realm=\"framewright\"");
	reply_header(reply, "Cache-Control", "no-store");
}

/* What the table and the error say together: the error knows the case, the table the class. */
struct document {
	const struct problem *row;
	const char *code;
	const char *type;
	const char *title;
	const char *hint;
	bool retryable;
	int status;
};

static struct document
document_of(const struct error *err)
{
	const struct error_row *kind = error_row(err->kind == ERR_NONE ? ERR_INTERNAL : err->kind);
	const char *code = err->code[0] != '\0' && err->kind != ERR_NONE ? err->code : kind->code;
	const struct problem *row = problem_find(code);
	const struct problem *general = row != NULL ? row : problem_find(kind->code);

	return (struct document){
	    .row = row,
	    .code = code,
	    .type = general != NULL ? general->code : kind->code,
	    .title = general != NULL ? general->title : kind->title,
	    .hint = err->hint[0] != '\0' ? err->hint
		    : general != NULL	 ? general->hint
					 : NULL,
	    .retryable = row != NULL ? row->retryable : kind->retryable,
	    .status = kind->status,
	};
}

/* A field problem of the database comes as a pointer in the error itself. */
static void
write_errors(struct js_writer *w, const struct req *req, const struct error *err)
{
	if (req->problems != NULL && req->problems->count > 0) {
		js_problems_write(req->problems, w, "errors");
		return;
	}
	js_open_array(w, "errors");
	if (err->pointer[0] != '\0') {
		js_open_object(w, NULL);
		js_str(w, "pointer", err->pointer);
		js_str(w, "code", "not_acceptable");
		js_str(w, "detail", error_public_text(err));
		js_close(w);
	}
	js_close(w);
}

void
problem_reply(struct reply *reply, struct req *req, const struct error *err, const char *job_id)
{
	const struct document d = document_of(err);
	struct js_writer *w;

	reply_reset(reply);
	w = reply_object(reply, d.status);
	reply->type = "application/problem+json";
	reply->problem_code = d.code;
	js_strf(w, "type", "/problems/%s", d.type);
	js_str(w, "title", d.title);
	js_int(w, "status", d.status);
	js_str(w, "detail", error_public_text(err));
	js_str(w, "instance", req->path);
	js_str(w, "code", d.code);
	write_errors(w, req, err);
	js_bool(w, "retryable", d.retryable);
	js_str(w, "hint", d.hint);
	js_str(w, "request_id", req->id);
	if (job_id != NULL)
		js_str(w, "job_id", job_id);
	reply_object_end(reply);
	add_headers(reply, err, d.status);
}

static void
write_row(struct js_writer *w, const struct problem *p)
{
	js_open_object(w, NULL);
	js_strf(w, "type", "/problems/%s", p->code);
	js_str(w, "code", p->code);
	js_str(w, "title", p->title);
	js_int(w, "status", problem_status(p));
	js_str(w, "detail", p->about);
	js_str(w, "hint", p->hint);
	js_bool(w, "retryable", p->retryable);
	js_close(w);
}

int
problem_page(struct req *req, struct reply *reply, struct error *err)
{
	const struct problem *p = problem_find(req->params[0]);

	if (p == NULL)
		return error_set(err, ERR_NOT_FOUND, "There is no problem with this code.");
	if (!page_wanted(req)) {
		write_row(reply_json(reply, 200), p);
		reply_json_end(reply);
		return 0;
	}
	page_open(reply, p->title);
	buf_printf(reply->body, "<p>Code <code>%s</code>, HTTP status %d %s.</p>\n", p->code, problem_status(p),
	    reply_reason(problem_status(p)));
	buf_puts(reply->body, "<p>");
	buf_text(reply->body, p->about);
	buf_puts(reply->body, "</p>\n<p><strong>What to do:</strong> ");
	buf_text(reply->body, p->hint);
	buf_printf(reply->body,
	    "</p>\n<p>Sending the same request again %s.</p>\n<p><a href=\"/problems\">All codes</a></p>\n",
	    p->retryable ? "later can succeed" : "does not help");
	page_close(reply);
	return 0;
}

int
problem_index(struct req *req, struct reply *reply, struct error *err)
{
	(void)err;
	if (!page_wanted(req)) {
		struct js_writer *w = reply_object(reply, 200);

		js_open_array(w, "items");
		for (const struct problem *p = problems; p->code != NULL; p++)
			write_row(w, p);
		js_close(w);
		js_null(w, "next_cursor");
		reply_object_end(reply);
		return 0;
	}
	page_open(reply, "Problem codes");
	buf_puts(reply->body, "<table><thead><tr><th>Code</th><th>Status</th><th>Meaning</th></tr></thead><tbody>\n");
	for (const struct problem *p = problems; p->code != NULL; p++) {
		buf_printf(reply->body, "<tr><td><a href=\"/problems/%s\"><code>%s</code></a></td><td>%d</td><td>",
		    p->code, p->code, problem_status(p));
		buf_text(reply->body, p->about);
		buf_puts(reply->body, "</td></tr>\n");
	}
	buf_puts(reply->body, "</tbody></table>\n");
	page_close(reply);
	return 0;
}
