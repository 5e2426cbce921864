/*
 * A step that is one or more tasks `render` of the media process: a timeline and its files become a film, a plan, or
 * pieces in the cache.
 *
 * A render that runs out of memory or whose encoder fails is repeated with one thread, and where a smaller picture is
 * accepted once more at two thirds of its size.
 */
#ifndef FW_RENDERD_STEP_RENDER_H
#define FW_RENDERD_STEP_RENDER_H

#include "renderd/step/media.h"

#define RENDER_FILM "film.mp4"
#define RENDER_POSTER "poster.jpg"
#define RENDER_PREVIEW "preview.mp4"
#define RENDER_REPORT "report.json"
/* The sides of a preview of 1920x1080 are a third. */
#define RENDER_PREVIEW_HEIGHT 360

struct render_file_input {
	const char *name; /* as the timeline names it */
	const char *sha256;
};

/* Some pieces of a film, into the cache. */
struct render_part {
	const char *key;      /* of the film's plan; another plan is refused: ERR_INPUT "plan_differs" */
	int64_t first, count; /* spans */
	bool sound;
};

struct render_order {
	const char *timeline; /* JSON text */
	const struct render_file_input *files;
	size_t file_count;
	const char *output;		/* a name in the scratch folder */
	const char *poster;		/* or NULL */
	double scale;			/* of the sides; 0: as the timeline says */
	bool may_shrink;		/* a smaller picture is better than none */
	bool dry_run;			/* only plan */
	bool ahead;			/* only pieces without text, into the cache; gives way to everything else */
	const struct render_part *part; /* or NULL: the whole film */
	int threads;			/* 0: as many as the media process has */
	bool judged;			/* report, contact sheet and waveform beside the film */
	bool live;			/* a playlist in scratch/live/ while it is made */
	const char *phase;		/* of attempt_progress() */
	double from, to;		/* this task's share of the attempt's progress; both 0: all of it */
	void (*tick)(struct attempt *attempt, void *ctx); /* with each progress; may be NULL */
	void *ctx;
};

struct render_outcome {
	const struct js_value *result; /* of the task, in the attempt's arena */
	bool shrunk;
};

/* The files of a payload's `assets`: [{name, sha256}]. ERR_INPUT "clip_unavailable" when the store lacks one. */
int render_read_files(
    struct attempt *attempt, const struct js_value *assets, struct render_order *order, struct error *err) MUST_CHECK;
/* ERR_INPUT "clip_unavailable" for a file that cannot be decoded. */
int render_order_run(struct attempt *attempt, const struct render_order *order, struct render_outcome *ret_outcome,
    struct error *err) MUST_CHECK;

/* Writes member `key`: the film with its measures, out of the task's result; for a file called `name` in scratch,
 * which is published. */
int render_write_film(struct attempt *attempt, struct js_writer *w, const char *key, const char *name,
    const struct js_value *result, struct error *err) MUST_CHECK;
/* The same for a file that the result describes at `pointer` as {name, media_type, width, height}; nothing when it does
 * not. */
int render_write_file(struct attempt *attempt, struct js_writer *w, const char *key, const struct js_value *result,
    const char *pointer, struct error *err) MUST_CHECK;

#endif
