/*
 * Renders: films made, or being made, from timelines; and the facts about files that a timeline needs.
 *
 * Functions need the caller on the connection except where said. What the caller may not see is ERR_NOT_FOUND
 * "render_not_found" or "project_not_found". Everything returned lives in the arena; fields named ..._json are JSON
 * text. A change gives the project a new event number; (seq, role) is the ETag of a render.
 */
#ifndef FW_DB_RENDER_H
#define FW_DB_RENDER_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/error.h"
#include "lib/db/project.h"

struct db;

struct render {
	const char *id;
	const char *project_id;
	enum project_role role; /* the caller's */
	int64_t seq;
	const char *name;	 /* "" if none */
	const char *state;	 /* queued running succeeded failed cancelled */
	const char *phase;	 /* or NULL */
	double progress;	 /* 0-1 */
	const char *on_degrade;	 /* accept, fail or NULL */
	const char *timeline_id; /* NULL: the timeline came with the call */
	int timeline_version;	 /* 0: none */
	const char *job_id;	 /* public id; NULL once the job was swept away */
	const char *plan_json;	 /* NULL: not planned yet */
	const char *report_json; /* NULL: not there yet */
	const char *warnings_json;
	const char *files_json; /* {name: asset id} */
	const char *film_id;	/* asset; NULL: not there yet */
	int width, height, fps_num, fps_den;
	int64_t duration_us, bytes;
	bool live; /* can be watched while it is made */
	const char *error_code, *error_message;
	int64_t created_us, started_us, finished_us; /* CLOCK_NONE: not yet */
};

struct render_start {
	const char *project_id;
	const char *timeline_json; /* checked, merge fields filled in */
	const char *timeline_id;   /* the draft it is, or NULL */
	int timeline_version;
	const char *const *assets; /* ids that the timeline names, each once */
	size_t asset_count;
	const char *outputs_json;
	const char *name;	/* or NULL */
	const char *on_degrade; /* or NULL */
	bool dry_run;		/* only plan: a job, no render */
	const char *request_id; /* or NULL */
};

struct render_started {
	const char *render_id; /* NULL in a dry run */
	const char *job_id;    /* public id */
};

/* Editors only. ERR_INPUT "asset_not_found"; ERR_BUDGET. */
int render_start(struct db *db, struct arena *arena, const struct render_start *start,
    struct render_started *ret_started, struct error *err) MUST_CHECK;
int render_load(
    struct db *db, struct arena *arena, const char *id, struct render **ret_render, struct error *err) MUST_CHECK;
/* The render that a job (public id) makes; ERR_NOT_FOUND for other jobs. */
int render_of_job(
    struct db *db, struct arena *arena, const char *job_id, struct render **ret_render, struct error *err) MUST_CHECK;
/* Newest first; cursor and offset as in project_list(). */
int render_list(struct db *db, struct arena *arena, const char *project_id, int limit, const char *cursor,
    int64_t offset, struct render **ret_renders, size_t *ret_count, const char **ret_next,
    struct error *err) MUST_CHECK;
/* ERR_CONFLICT "already_finished". */
int render_cancel(struct db *db, const char *id, struct error *err) MUST_CHECK;
/* With its files. ERR_CONFLICT "already_running". */
int render_delete(struct db *db, const char *id, struct error *err) MUST_CHECK;

/* A file that a timeline names. */
struct render_file {
	const char *id;
	const char *media_type;
	int64_t duration_us; /* 0: none */
};
/* Those of `ids` that the caller may use and that are ready, in no order. */
int render_files(struct db *db, struct arena *arena, const char *const *ids, size_t count,
    struct render_file **ret_files, size_t *ret_count, struct error *err) MUST_CHECK;

/* For renderd, of a running job: the plan is known; it is that far (0-1). Events are written, progress at most twice a
 * second. */
int render_planned(struct db *db, int64_t job, const char *plan_json, struct error *err) MUST_CHECK;
int render_progress(struct db *db, int64_t job, const char *phase, double fraction, struct error *err) MUST_CHECK;

/*
 * A film that all machines make together: jobs `render.span`, each for a part of its pieces, while the film's own job
 * waits (JOB_AGAIN). The end of the last one makes it ready, and it joins what the cache has by then; what is missing,
 * because a part failed or a machine makes other pieces, it makes itself.
 */
struct render_parts {
	int total; /* 0: it was never divided */
	int open;  /* have not ended */
};
int render_parts(struct db *db, int64_t job, struct render_parts *ret_parts, struct error *err) MUST_CHECK;
/*
 * Adds the jobs, for the attempt that holds `lease`: parts_json [{key, first, count, sound}]. Does nothing when it was
 * done before, or when no second daemon is there to help; *ret_open is 0 then. ERR_CONFLICT "stale_lease".
 */
int render_divide(
    struct db *db, int64_t job, int64_t lease, const char *parts_json, int *ret_open, struct error *err) MUST_CHECK;
/* The payload of the film that this job is a part of, in the arena; NULL: the film has ended or is being cancelled. */
int render_part_film(
    struct db *db, struct arena *arena, int64_t job, const char **ret_payload, struct error *err) MUST_CHECK;

#endif
