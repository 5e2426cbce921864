/*
 * A timeline before it is parsed: the files it names, and its merge fields.
 *
 * A text may hold fields such as {{name}}; values for them come with the call that renders. Both functions work on the
 * JSON as it was sent, so that whatever the timeline can hold is covered: a member `asset` or `lut` names a file, a
 * member `text` is shown.
 */
#ifndef FW_TIMELINE_MERGE_H
#define FW_TIMELINE_MERGE_H

#include "lib/js/read.h"

#define MERGE_FIELDS_MAX 100
#define MERGE_NAME_MAX 64
#define MERGE_VALUE_MAX 400 /* code points */
#define TIMELINE_FILES_MAX 2000

/* One place of a timeline that names a file. */
struct timeline_use {
	const char *name;
	const char *pointer; /* into the timeline */
};

/* All places, in the order of the document. ERR_TOO_LARGE beyond TIMELINE_FILES_MAX. Everything lives in the arena. */
int timeline_uses(struct arena *arena, const struct js_value *timeline, const struct timeline_use **ret_uses,
    size_t *ret_count, struct error *err) MUST_CHECK;
/* The distinct names of these, in the order of their first use. */
int timeline_names(struct arena *arena, const struct timeline_use *uses, size_t count, const char *const **ret_names,
    size_t *ret_count, struct error *err) MUST_CHECK;

/*
 * The timeline as JSON text with its fields filled in. `values`: an object of strings, or NULL for none. A field
 * without a value, a value that no text asks for or that is no text of at most MERGE_VALUE_MAX characters go into
 * `problems`, with pointers below `at` ("/timeline") and /merge; then -1 with ERR_INPUT.
 */
int timeline_merge(struct arena *arena, const struct js_value *timeline, const struct js_value *values, const char *at,
    const char **ret_json, struct js_problems *problems, struct error *err) MUST_CHECK;

/*
 * The timeline as JSON text with each file `names[i]` called "f<i>", for names that are no tokens (paths); `profile`
 * (or NULL) replaces the output's. Pointers into the one lead to the same place in the other.
 */
int timeline_rename(struct arena *arena, const struct js_value *timeline, const char *const *names, size_t count,
    const char *profile, const char **ret_json, struct error *err) MUST_CHECK;

#endif
