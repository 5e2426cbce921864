/*
 * A step that is one task of the media process: blobs in, files in the attempt's scratch folder out.
 */
#ifndef FW_RENDERD_STEP_MEDIA_H
#define FW_RENDERD_STEP_MEDIA_H

#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/js/write.h"
#include "renderd/renderd.h"

#define MEDIA_INPUTS_MAX 200

struct media_input {
	const char *name;   /* "in0", as in args */
	const char *sha256; /* the blob */
};

struct media_task {
	const char *name;      /* "probe", "camera", ... */
	const char *args_json; /* JSON object text */
	const struct media_input *inputs;
	size_t input_count;
	bool cache;	   /* hand over the span cache */
	const char *phase; /* of attempt_progress() */
	double from, to;   /* the task's share of the attempt's progress; both 0: all of it */
	void (*tick)(struct attempt *attempt, void *ctx); /* with each progress; may be NULL */
	void *ctx;
};

/*
 * Runs it and waits. The result lives in the attempt's arena. The attempt's end (cancel, lost lease, drain) ends the
 * task within a second. A refusal of the task keeps its code and kind; code "media_away" when the process cannot be
 * reached or was killed: the job is tried again at no attempt's cost.
 */
int media_run(struct attempt *attempt, const struct media_task *task, const struct js_value **ret_result,
    struct error *err) MUST_CHECK;

/* Makes a file that the task wrote a blob, if the lease is still ours. */
int media_publish(struct attempt *attempt, const char *name, const char *media_type, struct stored *ret_stored,
    struct error *err) MUST_CHECK;

/* The same, written as member `key` of a result; what the task says of the file: media_type, width, height. */
int media_publish_picture(struct attempt *attempt, struct js_writer *w, const char *key, const char *name,
    const struct js_value *described, struct error *err) MUST_CHECK;

/* The members of every result that carries a file. */
void media_write_stored(struct js_writer *w, const struct stored *stored, const char *media_type);

#endif
