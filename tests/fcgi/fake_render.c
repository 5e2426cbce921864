/* The scripted database, second part: projects, drafts, renders. */
#include "lib/base/text.h"
#include "lib/db/draft.h"
#include "tests/fcgi/fake.h"

static struct project a_project = {
    .id = FAKE_SESSION, .kind = "film", .title = "Film", .owner_id = 1, .created_us = NOW_US, .updated_us = NOW_US};

int
project_create(struct db *db UNUSED, struct arena *arena UNUSED, const char *kind, const char *title,
    const char **ret_id, struct error *err)
{
	ENTER(err);
	a_project.kind = arena_strdup(test_arena(), kind);
	a_project.title = arena_strdup(test_arena(), title);
	*ret_id = FAKE_SESSION;
	return 0;
}

int
project_load(
    struct db *db UNUSED, struct arena *arena UNUSED, const char *id UNUSED, struct project **ret, struct error *err)
{
	ENTER(err);
	*ret = &a_project;
	return 0;
}

int
draft_load(struct db *db UNUSED, struct arena *arena, const char *project UNUSED, struct draft **ret, struct error *err)
{
	ENTER(err);
	if (fake.no_draft)
		return error_code(err, ERR_NOT_FOUND, "timeline_not_found", "The project has no timeline");
	*ret = ARENA_NEW(arena, struct draft);
	**ret = (struct draft){.id = FAKE_DRAFT,
	    .version = 3,
	    .timeline_json =
		"{\"version\":1,\"output\":{\"width\":320,\"height\":180},\"tracks\":[{\"items\":[{\"type\":"
		"\"card\",\"duration\":1,\"text\":\"Hello {{name}}\"}]}]}",
	    .role = PROJECT_OWNER,
	    .updated_us = NOW_US};
	return 0;
}

int
draft_put(struct db *db UNUSED, struct arena *arena UNUSED, const char *project UNUSED, const char *json,
    const char *const *assets UNUSED, size_t count UNUSED, int version, struct draft *ret, struct error *err)
{
	ENTER(err);
	fake.draft_version = version;
	*ret = (struct draft){.id = FAKE_DRAFT, .version = 4, .timeline_json = json, .updated_us = NOW_US};
	return 0;
}

int
render_files(struct db *db UNUSED, struct arena *arena, const char *const *ids, size_t count, struct render_file **ret,
    size_t *ret_count, struct error *err)
{
	ENTER(err);
	*ret = ARENA_ARRAY(arena, count + 1, struct render_file);
	*ret_count = 0;
	for (size_t i = 0; i < count; i++)
		if (!text_starts(ids[i], "missing"))
			(*ret)[(*ret_count)++] = (struct render_file){
			    .id = ids[i], .media_type = fake.media_type != NULL ? fake.media_type : "video/mp4"};
	return 0;
}

int
render_start(struct db *db UNUSED, struct arena *arena UNUSED, const struct render_start *start,
    struct render_started *ret, struct error *err)
{
	ENTER(err);
	fake.render = *start;
	(void)text_copy(fake.render_timeline, sizeof(fake.render_timeline), start->timeline_json);
	*ret = (struct render_started){.render_id = start->dry_run ? NULL : FAKE_RENDER, .job_id = FAKE_JOB};
	return 0;
}

int
render_load(struct db *db UNUSED, struct arena *arena, const char *id UNUSED, struct render **ret, struct error *err)
{
	ENTER(err);
	*ret = ARENA_NEW(arena, struct render);
	**ret = (struct render){.id = FAKE_RENDER,
	    .project_id = FAKE_SESSION,
	    .role = PROJECT_OWNER,
	    .seq = 7,
	    .name = "Film",
	    .state = fake.report != NULL ? "succeeded" : "running",
	    .phase = "render",
	    .progress = 0.25,
	    .job_id = FAKE_JOB,
	    .plan_json = fake.plan,
	    .report_json = fake.report,
	    .warnings_json = "[]",
	    .files_json = fake.report != NULL
			      ? "{\"poster\":\"thumb_0123456789abcdef\",\"preview\":\"vid_0123456789abcdee\"}"
			      : "{}",
	    .film_id = fake.report != NULL ? "vid_0123456789abcdef" : NULL,
	    .width = 320,
	    .height = 180,
	    .fps_num = 30,
	    .fps_den = 1,
	    .duration_us = 1000000,
	    .bytes = 1234,
	    .live = fake.live,
	    .created_us = NOW_US,
	    .started_us = NOW_US,
	    .finished_us = CLOCK_NONE};
	return 0;
}

int
render_of_job(struct db *db, struct arena *arena, const char *job UNUSED, struct render **ret, struct error *err)
{
	return render_load(db, arena, FAKE_RENDER, ret, err);
}

int
render_list(struct db *db, struct arena *arena, const char *project UNUSED, int limit UNUSED, const char *cursor UNUSED,
    int64_t offset UNUSED, struct render **ret, size_t *ret_count, const char **ret_next, struct error *err)
{
	ENTER(err);
	*ret_count = 1;
	*ret_next = "more";
	return render_load(db, arena, FAKE_RENDER, ret, err);
}

int
render_cancel(struct db *db UNUSED, const char *id UNUSED, struct error *err)
{
	ENTER(err);
	return 0;
}

int
render_delete(struct db *db UNUSED, const char *id UNUSED, struct error *err)
{
	ENTER(err);
	return 0;
}

int
session_start_preview(struct db *db UNUSED, struct arena *arena UNUSED, const char *id UNUSED, const char *request_json,
    const char *request_id UNUSED, struct session_started *ret, struct error *err)
{
	ENTER(err);
	fake.compose.request_json = arena_strdup(test_arena(), request_json);
	*ret = (struct session_started){.job_id = FAKE_JOB, .estimated_s = 10, .warnings_json = "[]"};
	return 0;
}
