/*
 * Timelines in requests: checked with pointers to what is wrong, the files they name looked up; and the draft that a
 * project keeps.
 */
#include "fcgi/api/api.h"

#include "lib/base/text.h"
#include "lib/db/draft.h"
#include "lib/db/render.h"
#include "lib/timeline/merge.h"
#include "lib/timeline/timeline.h"

/* The media process takes that many descriptors with one task, and a few are its folders. */
#define FILES_MAX 190

/* What `timeline_check` found, below the member that holds the timeline. */
static void
take_over(struct req *req, const struct js_problems *found, const char *at)
{
	for (size_t i = 0; i < found->count; i++)
		js_problem_add(req->problems, req->arena, arena_printf(req->arena, "%s%s", at, found->items[i].pointer),
		    found->items[i].code, "%s", found->items[i].detail);
}

static int
check_content(struct req *req, const char *json, const char *at, struct error *err)
{
	struct js_problems *found = ARENA_NEW(req->arena, struct js_problems);
	struct timeline *timeline;
	int status;

	if (found == NULL)
		return arena_error(req->arena, err);
	status = timeline_parse(req->arena, json, strlen(json), &timeline, found, err);
	if (status == 0)
		return 0;
	take_over(req, found, at);
	return req->problems->count > 0 ? js_problems_error(req->problems, err) : -1;
}

static const struct render_file *
find_file(const struct render_file *files, size_t count, const char *id)
{
	for (size_t i = 0; i < count; i++)
		if (text_equal(files[i].id, id))
			return &files[i];
	return NULL;
}

/* A sound cannot be seen, a picture not heard. */
static bool
fits(const struct timeline_use *use, const struct render_file *file)
{
	if (text_starts(use->pointer, "/audio/"))
		return !text_starts(file->media_type, "image/");
	return !text_starts(file->media_type, "audio/");
}

static int
check_files(struct req *req, const struct timeline_use *uses, size_t n_uses, const struct timeline_input *input,
    const char *at, struct error *err)
{
	struct render_file *files;
	size_t count;

	if (input->asset_count > FILES_MAX)
		js_problem_add(
		    req->problems, req->arena, at, "too_many", "A timeline uses at most %d files.", FILES_MAX);
	else if (render_files(req->db, req->arena, input->assets, input->asset_count, &files, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < n_uses && input->asset_count <= FILES_MAX; i++) {
		const struct render_file *file = find_file(files, count, uses[i].name);
		const char *pointer = arena_printf(req->arena, "%s%s", at, uses[i].pointer);

		if (file == NULL)
			js_problem_add(req->problems, req->arena, pointer, "asset_not_found",
			    "There is no such file, or it is not ready.");
		else if (!fits(&uses[i], file))
			js_problem_add(req->problems, req->arena, pointer, "wrong_type",
			    "A file of type %s cannot be used here.", file->media_type);
	}
	return js_problems_error(req->problems, err);
}

int
timeline_input_check(struct req *req, const char *json, const char *merge_json, const char *at,
    struct timeline_input *ret_input, struct error *err)
{
	const struct js_value *timeline, *merge = NULL;
	const struct timeline_use *uses;
	struct timeline_input input = {0};
	size_t n_uses;

	if (js_parse_free(req->arena, json, strlen(json), &timeline, err) < 0)
		return -1;
	if (merge_json != NULL && js_parse_free(req->arena, merge_json, strlen(merge_json), &merge, err) < 0)
		return -1;
	input.json = json;
	if (ret_input->merged && timeline_merge(req->arena, timeline, merge, at, &input.json, req->problems, err) < 0)
		return -1;
	if (check_content(req, input.json, at, err) < 0 ||
	    timeline_uses(req->arena, timeline, &uses, &n_uses, err) < 0 ||
	    timeline_names(req->arena, uses, n_uses, &input.assets, &input.asset_count, err) < 0 ||
	    check_files(req, uses, n_uses, &input, at, err) < 0)
		return -1;
	input.merged = ret_input->merged;
	*ret_input = input;
	return 0;
}

static const char *
param_project(const struct req *req, struct error *err)
{
	return param_uuid(req, 0, "project_not_found", "There is no such project.", err);
}

static int
answer(struct reply *reply, const struct draft *draft)
{
	struct js_writer *w = reply_object(reply, 200);

	js_str(w, "id", draft->id);
	js_int(w, "version", draft->version);
	js_time(w, "updated_at", draft->updated_us);
	js_raw(w, "timeline", draft->timeline_json);
	reply_object_end(reply);
	return 0;
}

int
timeline_get(struct req *req, struct reply *reply, struct error *err)
{
	const char *id = param_project(req, err);
	struct draft *draft;

	if (id == NULL || draft_load(req->db, req->arena, id, &draft, err) < 0)
		return -1;
	if (reply_unchanged(reply, req, "t%d", draft->version))
		return 0;
	return answer(reply, draft);
}

/* The version that If-Match names; "*" and no header: any. */
static int
wanted_version(const struct req *req, int *ret_version, struct error *err)
{
	const char *tag = req->if_match;
	int64_t version;

	*ret_version = DRAFT_ANY_VERSION;
	if (*tag == '\0' || text_equal(tag, "*"))
		return 0;
	const size_t len = strlen(tag);
	const char *number = len > 3 && tag[0] == '"' && tag[1] == 't' && tag[len - 1] == '"'
				 ? arena_strndup(req->arena, tag + 2, len - 3)
				 : NULL;
	if (number == NULL || text_int(number, 0, INT32_MAX, &version) < 0)
		return error_code(err, ERR_CONFLICT, "version_conflict", "If-Match names no version of this timeline.");
	*ret_version = (int)version;
	return 0;
}

int
timeline_put(struct req *req, struct reply *reply, struct error *err)
{
	const struct body_timeline *in = req->input;
	const char *id = param_project(req, err);
	struct timeline_input input = {0};
	struct draft draft;
	struct project *project;
	int version;

	/* whose project it is comes first: what is wrong with a timeline is nothing to tell a stranger */
	if (id == NULL || project_load(req->db, req->arena, id, &project, err) < 0 ||
	    wanted_version(req, &version, err) < 0 ||
	    timeline_input_check(req, in->timeline, NULL, "/timeline", &input, err) < 0 ||
	    draft_put(req->db, req->arena, id, input.json, input.assets, input.asset_count, version, &draft, err) < 0)
		return -1;
	reply_headerf(reply, "ETag", "\"t%d\"", draft.version);
	return answer(reply, &draft);
}
