/*
 * One piece of media work: what it was given and what it may touch.
 *
 * A task runs alone in a process forked for it (main.c, sandbox.c): no network, no exec, no file but the descriptors
 * here, the fonts and what it makes in its scratch folder. It may allocate, leak and crash; nobody else notices. Tasks
 * are rows of one table, so adding one is a function and a line.
 *
 * A task function parses task->args, works, writes ONE complete JSON object into `result` (lib/js writer over a struct
 * buf) and returns 0; or it returns -1 with the error set:
 *
 *     ERR_INPUT (error_code with "media_unreadable", ...)  the input is at fault         wire kind "input"
 *     ERR_MEMORY, ERR_STORAGE_FULL, ERR_TOO_LARGE          a limit was reached           wire kind "limit"
 *     anything else                                        our fault or the machine's    wire kind "internal"
 *
 * The same functions run in test programs without a process around them: task_test_init() fills a task by hand.
 */
#ifndef MEDIA_TASK_H
#define MEDIA_TASK_H

#include <stdatomic.h>

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/log.h"

struct js_value;
struct fonts;

/* A request's line and the descriptors that may come with it. */
#define TASK_LINE_MAX ((size_t)4 * MIB)
#define TASK_RESULT_MAX ((size_t)4 * MIB)
#define TASK_FDS_MAX 200
#define TASK_NAME_MAX 48
#define TASK_ARENA_MAX ((size_t)256 * MIB)

struct task_input {
	const char *name; /* "in0"; "scratch" and "cache" are not among them */
	int fd;		  /* read-only; its position is shared with the client, so only pread() (io.h) */
};

struct task {
	const char *name;
	const struct js_value *args; /* the request's "args" object; lives in `arena` */
	struct arena *arena;	     /* for everything that lives as long as the task */
	int scratch;		     /* folder for the outputs; always there */
	int cache;		     /* folder of the span cache, or -1 */
	const struct task_input *inputs;
	size_t n_inputs;
	const struct fonts *fonts; /* fonts.h; NULL only in tests that draw no text */
	const struct log *log;	   /* may be NULL (silent) */
	unsigned threads;	   /* threads that may compute at a time, at least 1 */
	int64_t memory_bytes;	   /* what the whole task is to stay below if it has a choice; 0: no matter */
	atomic_bool cancelled;	   /* read it through task_cancelled() */

	/* How progress leaves; called at most five times a second, and for every new phase. NULL: nowhere. */
	void (*report)(void *report_ctx, double fraction, const char *phase);
	void (*announce)(void *report_ctx, double fraction, int64_t segments); /* task_live(); NULL: nowhere */
	void *report_ctx;
	/* task_progress()'s memory */
	int64_t reported_ms;
	char reported_phase[24];
	double reported_fraction;
};

typedef int task_fn(struct task *task, struct buf *result, struct error *err);

/* One row of the task table (task.c). Limits that are 0 are the settings' (MEDIA_MEMORY, MEDIA_CPU_SECONDS). */
struct task_kind {
	const char *name;
	task_fn *run;
	unsigned memory_mib; /* RLIMIT_DATA (heap, stacks, anonymous maps), if that is more than the setting */
	unsigned cpu_s;	     /* RLIMIT_CPU of all threads together, if that is less than the setting */
};

/* NULL for an unknown name. */
const struct task_kind *task_kind_find(const char *name);

/* The descriptor of the input `name`; ERR_INPUT "media_no_input" when the request did not bring it. Borrowed: do not
 * close. */
int task_input(const struct task *task, const char *name, int *ret_fd, struct error *err) MUST_CHECK;

/* True when the client has gone away: come to an end within half a second (after that the process is killed). Cheap.
 * Safe in any thread of the task. */
bool task_cancelled(const struct task *task);
/* 0, or -1 with ERR_CANCELLED: `if (task_check(task, err) < 0) return -1;` in loops. */
int task_check(const struct task *task, struct error *err) MUST_CHECK;

/* fraction 0..1 of the whole task, never backwards; phase is a word such as "encode". Call as often as you like; from
 * one thread only, the one that runs the task. */
void task_progress(struct task *task, double fraction, const char *phase);

/* So many segments of the film may be watched by now; goes out at once, as phase "live". */
void task_live(struct task *task, int64_t segments);

/* An output's name: one path part, safe (path_is_safe), no '/'. ERR_INPUT otherwise. */
int task_output_name(const char *name, struct error *err) MUST_CHECK;

/* A task without a process around it, for unit tests: args is JSON text, scratch a folder's descriptor. The arena is
 * the caller's. */
int task_test_init(struct task *task, struct arena *arena, const char *args, int scratch,
    const struct task_input *inputs, size_t n_inputs, struct error *err) MUST_CHECK;

/*
 * The task functions. Each is described beside its code; the arguments and results are the media protocol's.
 */
task_fn probe_run;	  /* probe.c */
task_fn import_image_run; /* import.c */
task_fn camera_run;	  /* camera.c */
task_fn poster_run;	  /* poster.c */
task_fn last_frame_run;	  /* poster.c */
task_fn product_run;	  /* product.c, over synth/product.h */
task_fn music_run;	  /* music.c, over synth/music.h */
task_fn render_run;	  /* render.c */
task_fn waveform_run;	  /* waveform_task.c */

#endif
