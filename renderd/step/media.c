#include "renderd/step/media.h"

#include <assert.h>

#include "lib/base/fault.h"
#include "lib/base/path.h"
#include "lib/net/mediaclient.h"

struct progress {
	struct attempt *attempt;
	const struct media_task *task;
	int64_t last_ms;
};

/* An event costs a statement; a bar that moves four times a second is smooth. */
#define PROGRESS_EVERY_MS 250

static void
on_progress(void *ctx, double fraction, const char *phase)
{
	struct progress *progress = ctx;
	const struct media_task *task = progress->task;
	int64_t now = clock_boot_ms(progress->attempt->renderd->clock);

	(void)phase;
	if (now - progress->last_ms < PROGRESS_EVERY_MS)
		return;
	progress->last_ms = now;
	if (task->to > 0)
		fraction = task->from + fraction * (task->to - task->from);
	attempt_progress(progress->attempt, fraction, task->phase);
	if (task->tick != NULL)
		task->tick(progress->attempt, task->ctx);
}

static bool
on_stop(void *ctx)
{
	struct progress *progress = ctx;

	return attempt_stops(progress->attempt);
}

/* Which end of the attempt stopped the task, as the error says it; the client only knows that it was stopped. */
static int
task_failed(struct attempt *attempt, const struct media_task *task, bool retryable, struct error *err)
{
	struct error why;

	error_clear(&why);
	if (attempt_check(attempt, &why) < 0) {
		*err = why;
		return -1;
	}
	if (error_is(err, ERR_UNAVAILABLE))
		return error_code(
		    err, ERR_UNAVAILABLE, "media_away", "the media process went away during '%s'", task->name);
	if (retryable && !error_retryable(err))
		return error_set(
		    err, ERR_UNAVAILABLE, "media task '%s' failed: %s", task->name, error_public_text(err));
	/* a limit that the task says it will reach again is no reason to wait and try */
	if (!retryable && error_is(err, ERR_LIMIT))
		err->kind = ERR_MEMORY;
	return error_wrap(err, "media task '%s'", task->name);
}

static int
run_task(struct attempt *attempt, const struct media_task *task, const struct mediaclient_fd *fds, size_t fd_count,
    const struct js_value **ret_result, struct error *err)
{
	const struct conf *conf = attempt->renderd->conf;
	struct progress progress = {.attempt = attempt, .task = task};
	const struct mediaclient_task call = {.socket_path = conf_str(conf, CONF_MEDIA_SOCKET),
	    .name = task->name,
	    .args_json = task->args_json,
	    .fds = fds,
	    .fd_count = fd_count,
	    .timeout_ms = (int)conf_seconds(conf, CONF_MEDIA_TASK_TIME) * 1000,
	    .progress = on_progress,
	    .stop = on_stop,
	    .ctx = &progress};
	bool retryable = false;

	if (mediaclient_run(&call, attempt->arena, ret_result, &retryable, err) < 0)
		return task_failed(attempt, task, retryable, err);
	return 0;
}

int
media_run(struct attempt *attempt, const struct media_task *task, const struct js_value **ret_result, struct error *err)
{
	struct mediaclient_fd fds[MEDIA_INPUTS_MAX + 2];
	size_t count = 0, opened;
	int status = 0;

	assert(task->input_count <= MEDIA_INPUTS_MAX);
	if (attempt_check(attempt, err) < 0)
		return -1;
	fds[count++] = (struct mediaclient_fd){"scratch", attempt_scratch(attempt, err)};
	if (fds[0].fd < 0)
		return -1;
	if (task->cache)
		fds[count++] = (struct mediaclient_fd){"cache", attempt->renderd->store.cache};
	opened = count;
	for (size_t i = 0; i < task->input_count && status == 0; i++) {
		int fd = store_open_blob(&attempt->renderd->store, task->inputs[i].sha256, err);

		if (fd < 0)
			status = -1;
		else
			fds[count++] = (struct mediaclient_fd){task->inputs[i].name, fd};
	}
	if (status == 0)
		status = run_task(attempt, task, fds, count, ret_result, err);
	for (; opened < count; opened++)
		fd_close(&fds[opened].fd);
	return status;
}

int
media_publish(
    struct attempt *attempt, const char *name, const char *media_type, struct stored *ret_stored, struct error *err)
{
	if (attempt_check(attempt, err) < 0)
		return -1;
	if (FAULT("before_publish"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return store_publish(
	    &attempt->renderd->store, attempt->db, attempt->scratch, name, media_type, ret_stored, err);
}

int
media_publish_picture(struct attempt *attempt, struct js_writer *w, const char *key, const char *name,
    const struct js_value *described, struct error *err)
{
	const char *media_type = js_text(described, "/media_type", "image/jpeg");
	struct stored stored;

	if (media_publish(attempt, name, media_type, &stored, err) < 0)
		return -1;
	js_open_object(w, key);
	media_write_stored(w, &stored, media_type);
	js_int(w, "width", js_number(described, "/width", 0));
	js_int(w, "height", js_number(described, "/height", 0));
	js_close(w);
	return 0;
}

void
media_write_stored(struct js_writer *w, const struct stored *stored, const char *media_type)
{
	js_str(w, "sha256", stored->sha256);
	js_int(w, "bytes", stored->bytes);
	js_str(w, "media_type", media_type);
}
