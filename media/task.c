#include "media/task.h"

#include <math.h>

#include "lib/base/clock.h"
#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/selftest.h"

#define REPORT_EVERY_MS 200

/* A task gets the memory of the setting or of its row, whichever is more: one picture of 100 megapixels is 400 MB. */
static const struct task_kind kinds[] = {
    {"probe", probe_run, 1024, 120},
    {"import_image", import_image_run, 1024, 180},
    {"product", product_run, 0, 180},
    {"camera", camera_run, 0, 1200},
    {"music", music_run, 0, 600},
    {"render", render_run, 1024, 0}, /* two x264 encoders at 1080p hold 200 MB each */
    {"poster", poster_run, 0, 180},
    {"last_frame", last_frame_run, 0, 180},
    {"waveform", waveform_run, 0, 600},
    {"selftest", selftest_run, 0, 20},
};

const struct task_kind *
task_kind_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		if (text_equal(kinds[i].name, name))
			return &kinds[i];
	}
	return NULL;
}

int
task_input(const struct task *task, const char *name, int *ret_fd, struct error *err)
{
	for (size_t i = 0; i < task->n_inputs; i++) {
		if (text_equal(task->inputs[i].name, name)) {
			*ret_fd = task->inputs[i].fd;
			return 0;
		}
	}
	return error_code(
	    err, ERR_INPUT, "media_no_input", "the task was not given an input '%s'", name == NULL ? "" : name);
}

bool
task_cancelled(const struct task *task)
{
	return task != NULL && atomic_load_explicit(&task->cancelled, memory_order_relaxed);
}

int
task_check(const struct task *task, struct error *err)
{
	return task_cancelled(task) ? error_set(err, ERR_CANCELLED, "the task was cancelled") : 0;
}

void
task_progress(struct task *task, double fraction, const char *phase)
{
	const int64_t now = clock_boot_ms(NULL);
	const bool new_phase = !text_equal(task->reported_phase, phase);

	if (task->report == NULL)
		return;
	if (!(fraction >= task->reported_fraction)) /* also when it is no number */
		fraction = task->reported_fraction;
	fraction = fmin(fraction, 1.0);
	if (!new_phase && (now - task->reported_ms < REPORT_EVERY_MS || fraction <= task->reported_fraction))
		return;
	task->reported_ms = now;
	task->reported_fraction = fraction;
	(void)!text_copy(task->reported_phase, sizeof(task->reported_phase), phase);
	task->report(task->report_ctx, fraction, task->reported_phase);
}

void
task_live(struct task *task, int64_t segments)
{
	if (task->announce != NULL)
		task->announce(task->report_ctx, task->reported_fraction, segments);
}

int
task_output_name(const char *name, struct error *err)
{
	if (name == NULL || !path_is_safe(name) || strchr(name, '/') != NULL)
		return error_code(
		    err, ERR_INPUT, "media_bad_output", "'%s' is not a name for an output", name == NULL ? "" : name);
	return 0;
}

int
task_test_init(struct task *task, struct arena *arena, const char *args, int scratch, const struct task_input *inputs,
    size_t n_inputs, struct error *err)
{
	memset(task, 0, sizeof(*task));
	task->name = "test";
	task->arena = arena;
	task->scratch = scratch;
	task->cache = -1;
	task->inputs = inputs;
	task->n_inputs = n_inputs;
	task->threads = 1;
	return js_parse_free(arena, args, strlen(args), &task->args, err);
}
