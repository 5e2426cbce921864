/*
 * Jobs of the file store: what came from outside is looked at before anything else touches it, and what nobody refers
 * to any more is removed.
 */
#include "lib/db/asset.h"
#include "renderd/flow/flow.h"
#include "renderd/live.h"
#include "renderd/step/media.h"

#define COLLECT_BATCH 200

static int
run_probe(struct attempt *attempt, struct error *err)
{
	const struct media_input input = {"in0", js_text(attempt->payload, "/sha256", "")};
	struct media_task task = {.name = "probe", .inputs = &input, .input_count = 1, .phase = "probe"};
	const struct js_value *result;
	struct flow_result args;
	const char *text;

	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "media_type", js_text(attempt->payload, "/media_type", NULL));
	task.args_json = flow_text(&args, attempt, err);
	if (task.args_json == NULL || media_run(attempt, &task, &result, err) < 0)
		return -1;
	text = js_json(result, attempt->arena);
	if (text == NULL)
		return arena_error(attempt->arena, err);
	attempt_done(attempt, text);
	return 0;
}

/* One frame of the clip as a file of its own, stored and written as a member of the result. */
static int
write_frame(struct attempt *attempt, struct js_writer *w, const char *name, struct media_task *task, struct error *err)
{
	const struct js_value *made;

	if (task->args_json == NULL || media_run(attempt, task, &made, err) < 0)
		return -1;
	return media_publish_picture(attempt, w, name, name, made, err);
}

/* A clip's thumbnail and last frame, kept so that nobody has to decode it for them later. */
static int
run_prepare(struct attempt *attempt, struct error *err)
{
	const struct media_input input = {"in0", js_text(attempt->payload, "/sha256", "")};
	struct media_task poster = {
	    .name = "poster", .inputs = &input, .input_count = 1, .phase = "prepare", .to = 0.3};
	struct media_task last = {
	    .name = "last_frame", .inputs = &input, .input_count = 1, .phase = "prepare", .from = 0.3, .to = 1};
	struct flow_result args, result;

	/* from the middle: films begin and end dark */
	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_double(&args.w, "at_s", (double)js_number(attempt->payload, "/duration_us", 0) / 2e6);
	js_str(&args.w, "output", "thumbnail");
	poster.args_json = flow_text(&args, attempt, err);
	flow_result_begin(&args);
	js_str(&args.w, "input", "in0");
	js_str(&args.w, "output", "last_frame");
	last.args_json = flow_text(&args, attempt, err);

	flow_result_begin(&result);
	if (write_frame(attempt, &result.w, "thumbnail", &poster, err) < 0 ||
	    write_frame(attempt, &result.w, "last_frame", &last, err) < 0) {
		buf_done(&result.buf);
		return -1;
	}
	return flow_result_end(&result, attempt, err);
}

static int
remove_file(void *arg, const char *sha256)
{
	struct attempt *attempt = arg;
	struct error err;

	error_clear(&err);
	if (store_remove_blob(&attempt->renderd->store, sha256, &err) == 0)
		return 0;
	log_warn(&attempt->log, "blob_stays", LOG_ERR(&err));
	return -1;
}

static int
run_collect(struct attempt *attempt, struct error *err)
{
	int64_t grace_s = conf_seconds(attempt->renderd->conf, CONF_BLOB_GRACE);
	int64_t total = 0, bytes_total = 0, bytes, leftovers;
	struct flow_result result;
	int removed;

	const int64_t now_s = clock_now_s(attempt->renderd->clock);
	if (store_clear_inbox(&attempt->renderd->store, now_s, &leftovers, err) < 0 ||
	    live_clear(&attempt->renderd->store, now_s, err) < 0)
		return -1;
	do {
		if (attempt_check(attempt, err) < 0)
			return -1;
		if (asset_collect(attempt->db, grace_s, COLLECT_BATCH, remove_file, attempt, &removed, &bytes, err) < 0)
			return error_wrap(err, "collecting");
		total += removed;
		bytes_total += bytes;
	} while (removed > 0);
	flow_result_begin(&result);
	js_int(&result.w, "removed", total);
	js_int(&result.w, "bytes", bytes_total);
	js_int(&result.w, "leftovers", leftovers);
	return flow_result_end(&result, attempt, err);
}

const struct flow_row flow_asset[] = {
    {"asset.probe", run_probe},
    {"asset.prepare", run_prepare},
    {"store.collect", run_collect},
    {NULL, NULL},
};
