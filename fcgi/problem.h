/*
 * Problem documents (RFC 9457) and the table of their codes, problem.def.
 */
#ifndef FW_FCGI_PROBLEM_H
#define FW_FCGI_PROBLEM_H

#include "fcgi/reply.h"

struct problem {
	const char *code;
	enum error_kind kind;
	bool retryable;
	const char *title;
	const char *about;
	const char *hint;
};

/* Ended by a row with code NULL. */
extern const struct problem problems[];

/* NULL when unknown. */
const struct problem *problem_find(const char *code);
int problem_status(const struct problem *problem);

/* Replaces whatever the reply held. req->problems fills `errors`; job_id (may be NULL) becomes a member of its own. */
void problem_reply(struct reply *reply, struct req *req, const struct error *err, const char *job_id);

/* The pages below /problems; handlers. */
int problem_page(struct req *req, struct reply *reply, struct error *err);
int problem_index(struct req *req, struct reply *reply, struct error *err);

#endif
