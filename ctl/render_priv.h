/*
 * Between the files of `framewright render`.
 */
#ifndef FW_CTL_RENDER_PRIV_H
#define FW_CTL_RENDER_PRIV_H

#include "ctl/mediaproc.h"
#include "lib/js/read.h"

#define RENDER_FILES_MAX 190

/* What went wrong is the timeline's or a file's fault. */
#define RENDER_EXIT_INPUT 3
#define RENDER_EXIT_INTERRUPTED 130

struct render_command {
	struct ctl *ctl;
	const char *path; /* of the timeline */
	const char *output, *cache, *profile;
	bool plan, preview, quiet;
	const char *sets[100];
	size_t set_count;

	const char *text;	  /* of the timeline */
	const char *timeline;	  /* checked, as it is sent */
	const char *const *names; /* of the files, as the timeline has them */
	size_t file_count;
	int files[RENDER_FILES_MAX]; /* open for reading */
	int scratch, cache_dir;	     /* folders; -1: none */
	const char *scratch_path;
	struct mediaproc media;
	int64_t began_ms;
};

/* One fault of the timeline to standard error: file:line: pointer: sentence. */
void render_print_fault(const struct render_command *command, const char *pointer, const char *detail);
void render_print_warnings(const struct render_command *command, const struct js_value *result);
/* The table of spans. */
void render_print_plan(const struct js_value *result);
void render_print_film(const struct render_command *command, const struct js_value *result);

#endif
