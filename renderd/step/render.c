#include "renderd/step/render.h"

#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "renderd/flow/flow.h"

/* The same work with less and less: all threads, one thread, one thread and a smaller picture. */
static const struct effort {
	int threads; /* 0: as many as there are */
	double scale;
} efforts[] = {{0, 1}, {1, 1}, {1, 1280.0 / 1920.0}};

int
render_read_files(struct attempt *attempt, const struct js_value *assets, struct render_order *order, struct error *err)
{
	const size_t count = js_count(assets, "");
	struct render_file_input *files = ARENA_ARRAY(attempt->arena, count + 1, struct render_file_input);

	if (files == NULL)
		return arena_error(attempt->arena, err);
	if (count > MEDIA_INPUTS_MAX)
		return error_set(err, ERR_INPUT, "a film of more than %d files", MEDIA_INPUTS_MAX);
	for (size_t i = 0; i < count; i++) {
		const struct js_value *asset = js_item(assets, i);
		CLEANUP(fd_close) int fd = -1;

		files[i] = (struct render_file_input){js_text(asset, "/name", ""), js_text(asset, "/sha256", "")};
		fd = store_open_blob(&attempt->renderd->store, files[i].sha256, err);
		if (fd < 0)
			return error_code(err, ERR_INPUT, "clip_unavailable", "file %s is missing", files[i].name);
	}
	order->files = files;
	order->file_count = count;
	return 0;
}

static const char *
input_name(struct attempt *attempt, size_t index)
{
	return arena_printf(attempt->arena, "in%zu", index);
}

static void
write_part(struct js_writer *w, const struct render_part *part)
{
	js_open_object(w, "part");
	js_str(w, "key", part->key);
	js_int(w, "first", part->first);
	js_int(w, "count", part->count);
	js_bool(w, "sound", part->sound);
	js_close(w);
}

static const char *
write_args(struct attempt *attempt, const struct render_order *order, const struct effort *effort, struct error *err)
{
	const double scale = (order->scale > 0 ? order->scale : 1) * effort->scale;
	struct flow_result args;

	flow_result_begin(&args);
	js_raw(&args.w, "timeline", order->timeline);
	js_open_object(&args.w, "assets");
	for (size_t i = 0; i < order->file_count; i++)
		js_str(&args.w, order->files[i].name, input_name(attempt, i));
	js_close(&args.w);
	js_str(&args.w, "output", order->output);
	if (order->poster != NULL)
		js_str(&args.w, "poster", order->poster);
	js_int(&args.w, "cache_limit", conf_size(attempt->renderd->conf, CONF_CACHE_LIMIT));
	if (effort->threads > 0 || order->ahead || order->threads > 0)
		js_int(&args.w, "threads", order->ahead ? 1 : effort->threads > 0 ? effort->threads : order->threads);
	if (scale < 1)
		js_fixed(&args.w, "scale", scale, 6);
	if (order->dry_run)
		js_bool(&args.w, "dry_run", true);
	if (order->ahead) {
		js_bool(&args.w, "ahead", true);
		js_bool(&args.w, "idle", true);
	}
	if (order->part != NULL)
		write_part(&args.w, order->part);
	if (order->live)
		js_bool(&args.w, "live", true);
	if (order->judged) {
		js_str(&args.w, "report", RENDER_REPORT);
		js_str(&args.w, "waveform", "waveform.png");
		js_open_object(&args.w, "contact_sheet");
		js_str(&args.w, "output", "sheet.jpg");
		js_close(&args.w);
	}
	return flow_text(&args, attempt, err);
}

/* Worth another try with less: our own failures and limits, but not a bad input and not an end from outside. */
static bool
try_with_less(struct attempt *attempt, const struct error *err)
{
	if (attempt_stops(attempt) || error_has_code(err, "media_away"))
		return false;
	return error_is(err, ERR_MEMORY) || error_is(err, ERR_LIMIT) || error_is(err, ERR_INTERNAL);
}

static int
run_efforts(struct attempt *attempt, const struct render_order *order, struct media_task *task,
    struct render_outcome *ret_outcome, struct error *err)
{
	const size_t count = order->dry_run || order->ahead || order->part != NULL ? 1 : order->may_shrink ? 3 : 2;

	for (size_t i = 0;; i++) {
		task->args_json = write_args(attempt, order, &efforts[i], err);
		if (task->args_json == NULL)
			return -1;
		if (media_run(attempt, task, &ret_outcome->result, err) == 0) {
			ret_outcome->shrunk = efforts[i].scale < 1;
			return 0;
		}
		if (i + 1 == count || !try_with_less(attempt, err))
			return -1;
		log_warn(&attempt->log, "render_again_with_less", LOG_INT("effort", i + 1), LOG_ERR(err));
		error_clear(err);
	}
}

int
render_order_run(
    struct attempt *attempt, const struct render_order *order, struct render_outcome *ret_outcome, struct error *err)
{
	struct media_input *inputs = ARENA_ARRAY(attempt->arena, order->file_count + 1, struct media_input);
	struct media_task task = {.name = "render",
	    .inputs = inputs,
	    .input_count = order->file_count,
	    .cache = true,
	    .phase = order->phase,
	    .from = order->from,
	    .to = order->to,
	    .tick = order->tick,
	    .ctx = order->ctx};

	if (inputs == NULL)
		return arena_error(attempt->arena, err);
	for (size_t i = 0; i < order->file_count; i++)
		inputs[i] = (struct media_input){input_name(attempt, i), order->files[i].sha256};
	if (run_efforts(attempt, order, &task, ret_outcome, err) == 0)
		return 0;
	if (error_is(err, ERR_INPUT) && strncmp(err->code, "media_", 6) == 0)
		snprintf(err->code, sizeof(err->code), "clip_unavailable");
	return error_wrap(err, "rendering");
}

int
render_write_film(struct attempt *attempt, struct js_writer *w, const char *key, const char *name,
    const struct js_value *result, struct error *err)
{
	const char *media_type = js_text(result, "/media_type", "video/mp4");
	struct stored stored;

	if (media_publish(attempt, name, media_type, &stored, err) < 0)
		return -1;
	js_open_object(w, key);
	media_write_stored(w, &stored, media_type);
	js_int(w, "width", js_number(result, "/width", 0));
	js_int(w, "height", js_number(result, "/height", 0));
	js_int(w, "duration_us", js_number(result, "/duration_us", 0));
	js_int(w, "fps_num", js_number(result, "/fps_num", 0));
	js_int(w, "fps_den", js_number(result, "/fps_den", 1));
	js_close(w);
	return 0;
}

int
render_write_file(struct attempt *attempt, struct js_writer *w, const char *key, const struct js_value *result,
    const char *pointer, struct error *err)
{
	const struct js_value *file = js_at(result, pointer);
	const char *name = js_text(file, "/name", NULL);

	return name == NULL ? 0 : media_publish_picture(attempt, w, key, name, file, err);
}
