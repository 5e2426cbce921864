#include "media/child.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/sandbox.h"
#include "media/task.h"

/* Above every descriptor that is in its final place. */
#define FD_PARKED 512
#define DESCRIPTORS_MAX 1024
#define CRASH_STACK 16384

struct request {
	const struct task_kind *kind;
	const char *job; /* the client's word for the log, or NULL */
	struct task task;
	struct task_input inputs[TASK_FDS_MAX];
	bool have_cache;
};

/* What signal handlers need. */
static struct request *running;
static rlim_t data_limit;

/* ---- telling ---- */

static const char *
wire_kind(const struct error *err)
{
	switch (err->kind) {
	case ERR_INPUT:
	case ERR_MEDIA_TYPE:
		return "input";
	case ERR_MEMORY:
	case ERR_STORAGE_FULL:
	case ERR_TOO_LARGE:
	case ERR_LIMIT:
	case ERR_TIMEOUT:
		return "limit";
	default:
		return "internal";
	}
}

void
child_error_line(struct buf *line, const struct error *err)
{
	struct js_writer w;

	js_begin(&w, line);
	js_open_object(&w, NULL);
	js_open_object(&w, "error");
	js_str(&w, "code", err->code);
	js_str(&w, "detail", error_public_text(err));
	js_str(&w, "kind", wire_kind(err));
	/* a full disk may have room later, the rest of the limits is met again */
	js_bool(&w, "retryable", err->kind == ERR_STORAGE_FULL || err->kind == ERR_UNAVAILABLE);
	js_close(&w);
	js_close(&w);
	js_end(&w);
	buf_putc(line, '\n');
}

NORETURN static void
child_fail(const struct child *child, const struct log *log, const struct error *err)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(16 * KIB);

	if (err->kind != ERR_CANCELLED)
		log_warn(log, "task_failed", LOG_ERR(err));
	child_error_line(&line, err);
	_exit(fd_write_all(child->report, buf_str(&line), line.len, NULL) < 0 ? 1 : 0);
}

static void
report_progress(void *ctx, double fraction, const char *phase)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(KIB);
	const int *report = ctx;
	struct js_writer w;

	js_begin(&w, &line);
	js_open_object(&w, NULL);
	js_fixed(&w, "progress", fraction, 4);
	js_str(&w, "phase", phase);
	js_close(&w);
	js_end(&w);
	buf_putc(&line, '\n');
	(void)!fd_write_all(*report, buf_str(&line), line.len, NULL);
}

static void
report_live(void *ctx, double fraction, int64_t segments)
{
	CLEANUP(buf_done) struct buf line = BUF_INIT(KIB);
	const int *report = ctx;
	struct js_writer w;

	js_begin(&w, &line);
	js_open_object(&w, NULL);
	js_fixed(&w, "progress", fraction, 4);
	js_str(&w, "phase", "live");
	js_int(&w, "segments", segments);
	js_close(&w);
	js_end(&w);
	buf_putc(&line, '\n');
	(void)!fd_write_all(*report, buf_str(&line), line.len, NULL);
}

/* ---- signals ---- */

static void
on_term(int number)
{
	(void)number;
	if (running != NULL)
		atomic_store(&running->task.cancelled, true);
}

/*
 * Libraries that get no memory abort or crash. If a quarter of the limit cannot be had any more, memory was the reason;
 * saying so keeps the task from being tried again. Then the signal takes its course.
 */
static void
on_crash(int number)
{
	static const char line[] =
	    "{\"error\":{\"code\":\"memory_limit\",\"detail\":\"The task needs more memory than it may have\","
	    "\"kind\":\"limit\",\"retryable\":false}}\n";
	void *more =
	    mmap(NULL, data_limit / 4, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	(void)number;
	if (more == MAP_FAILED && write(SANDBOX_FD_REPORT, line, sizeof(line) - 1) > 0)
		_exit(0);
	if (more != MAP_FAILED)
		munmap(more, data_limit / 4);
}

static void
signals_set(struct request *request)
{
	static char stack[CRASH_STACK];
	static const int crashes[] = {SIGABRT, SIGSEGV, SIGBUS, SIGTRAP, SIGILL, SIGFPE};
	const stack_t alternative = {.ss_sp = stack, .ss_size = sizeof(stack)};
	struct sigaction action = {.sa_handler = on_crash, .sa_flags = (int)(SA_RESETHAND | SA_ONSTACK)};
	sigset_t none;

	running = request;
	(void)sigaltstack(&alternative, NULL);
	for (size_t i = 0; i < ARRAY_LEN(crashes); i++)
		(void)sigaction(crashes[i], &action, NULL);
	action = (struct sigaction){.sa_handler = on_term, .sa_flags = SA_RESTART};
	(void)sigaction(SIGTERM, &action, NULL);
	action = (struct sigaction){.sa_handler = SIG_DFL};
	(void)sigaction(SIGINT, &action, NULL);
	action.sa_handler = SIG_IGN; /* the server may close its end of the pipe */
	(void)sigaction(SIGPIPE, &action, NULL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
}

/* ---- descriptors ---- */

static int
place(int from, int to, struct error *err)
{
	return dup2(from, to) < 0 ? error_errno(err, ERR_INTERNAL, "placing a descriptor") : 0;
}

/* Everything is first parked high, so that no descriptor lands on one that is still to be moved. */
static int
descriptors_park(struct child *child, int parked[static TASK_FDS_MAX], struct error *err)
{
	child->report = fcntl(child->report, F_DUPFD, FD_PARKED);
	if (child->report < 0)
		return error_errno(err, ERR_INTERNAL, "moving the report pipe");
	for (size_t i = 0; i < child->n_fds; i++) {
		parked[i] = fcntl(child->fds[i], F_DUPFD, FD_PARKED);
		if (parked[i] < 0)
			return error_errno(err, ERR_INTERNAL, "moving a descriptor");
	}
	if (place(child->report, SANDBOX_FD_REPORT, err) < 0)
		return -1;
	child->report = SANDBOX_FD_REPORT;
	return 0;
}

static int
input_check(const char *name, int fd, struct error *err)
{
	const int flags = fcntl(fd, F_GETFL);

	if (flags < 0 || (flags & O_ACCMODE) != O_RDONLY)
		return error_code(
		    err, ERR_INPUT, "media_bad_request", "the input '%s' is not open for reading only", name);
	return 0;
}

static int
folder_check(const char *name, int fd, struct error *err)
{
	struct stat st;

	if (fstat(fd, &st) < 0 || !S_ISDIR(st.st_mode))
		return error_code(err, ERR_INPUT, "media_bad_request", "'%s' is not a folder", name);
	return 0;
}

static int
descriptors_place(struct request *request, const struct js_value *names, const int *parked, size_t n, struct error *err)
{
	int null = open("/dev/null", O_RDWR);
	int next = SANDBOX_FD_INPUT;

	if (null < 0 || place(null, 0, err) < 0 || place(null, 1, err) < 0 || place(null, SANDBOX_FD_CACHE, err) < 0)
		return error_wrap(err, "opening /dev/null");
	for (size_t i = 0; i < n; i++) {
		const char *name = js_text(js_item(names, i), "", "");
		int to = next;

		if (i == 0 || text_equal(name, "cache")) {
			to = i == 0 ? SANDBOX_FD_SCRATCH : SANDBOX_FD_CACHE;
			if (folder_check(name, parked[i], err) < 0)
				return -1;
			request->have_cache |= i > 0;
		} else {
			if (input_check(name, parked[i], err) < 0)
				return -1;
			request->inputs[request->task.n_inputs++] = (struct task_input){.name = name, .fd = to};
			next++;
		}
		if (place(parked[i], to, err) < 0)
			return -1;
	}
	return close_range((unsigned)next, ~0u, 0) < 0 ? error_errno(err, ERR_INTERNAL, "closing descriptors") : 0;
}

/* ---- the request ---- */

static int
request_read(struct child *child, struct arena *arena, struct request *request, struct error *err)
{
	int parked[TASK_FDS_MAX];
	const struct js_value *doc = NULL;

	if (descriptors_park(child, parked, err) < 0 ||
	    js_parse_free(arena, child->line, child->line_len, &doc, err) < 0)
		return -1;
	const struct js_value *names = js_at(doc, "/fds");
	const char *name = js_text(doc, "/task", "");
	if (js_number(doc, "/v", 0) != 1)
		return error_code(err, ERR_INPUT, "media_bad_request", "the request is not of version 1");
	request->kind = task_kind_find(name);
	if (request->kind == NULL)
		return error_code(err, ERR_INPUT, "media_unknown_task", "there is no task '%s'", name);
	if (js_count(doc, "/fds") != child->n_fds)
		return error_code(err, ERR_INPUT, "media_bad_request", "%zu descriptors are named and %zu came",
		    js_count(doc, "/fds"), child->n_fds);
	if (child->n_fds == 0 || !text_equal(js_text(js_item(names, 0), "", ""), "scratch"))
		return error_code(err, ERR_INPUT, "media_bad_request", "the first descriptor is not 'scratch'");
	request->job = js_text(doc, "/job", NULL);
	request->task.name = request->kind->name;
	request->task.args = js_at(doc, "/args");
	request->task.arena = arena;
	if (js_kind(request->task.args) != JS_KIND_OBJECT)
		return error_code(err, ERR_INPUT, "media_bad_request", "args is not an object");
	return descriptors_place(request, names, parked, child->n_fds, err);
}

static void
prefer_as_victim(void)
{
	CLEANUP(fd_close) int fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	/* When the machine or the unit runs out of memory a task goes, never the server; not being able to say so is no
	 * reason to fail. */
	if (fd >= 0)
		(void)!write(fd, "900", 3);
}

/* Only on processors that nobody else wants. Threads inherit it; that it cannot be set is no reason to fail. */
static void
run_idle(void)
{
	const struct sched_param none = {0};

	(void)sched_setscheduler(0, SCHED_IDLE, &none);
}

static void
limits_fill(const struct server_conf *conf, const struct task_kind *kind, struct sandbox_limits *limits)
{
	*limits = (struct sandbox_limits){
	    .data_bytes = FW_MAX((rlim_t)conf->memory_bytes, (rlim_t)kind->memory_mib * MIB),
	    .cpu_seconds = (rlim_t)conf->cpu_seconds,
	    .file_bytes = (rlim_t)conf->output_bytes,
	    .descriptors = DESCRIPTORS_MAX,
	};
	if (kind->cpu_s > 0)
		limits->cpu_seconds = FW_MIN(limits->cpu_seconds, (rlim_t)kind->cpu_s);
	data_limit = limits->data_bytes;
}

static void
task_fill(struct child *child, struct request *request, const struct log *log)
{
	struct task *task = &request->task;

	task->inputs = request->inputs;
	task->scratch = SANDBOX_FD_SCRATCH;
	task->cache = request->have_cache ? SANDBOX_FD_CACHE : -1;
	task->fonts = child->conf->fonts;
	task->threads = child->conf->threads;
	task->memory_bytes = child->conf->memory_bytes;
	task->log = log;
	task->report = report_progress;
	task->announce = report_live;
	task->report_ctx = &child->report;
}

static int
result_send(const struct child *child, const struct buf *result, struct error *err)
{
	if (buf_error(result, err) < 0)
		return error_wrap(err, "building the result");
	if (fd_write_all(child->report, "{\"result\":", 10, err) < 0 ||
	    fd_write_all(child->report, result->data, result->len, err) < 0 ||
	    fd_write_all(child->report, "}\n", 2, err) < 0)
		return -1;
	return 0;
}

NORETURN void
child_run(const struct child *given)
{
	struct child child = *given;
	static struct request request;
	struct arena *arena = arena_new(TASK_ARENA_MAX);
	struct buf result = BUF_INIT(TASK_RESULT_MAX);
	struct sandbox_limits limits;
	struct error err = {0};
	struct log log;

	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != child.parent)
		_exit(1);
	signals_set(&request);
	prefer_as_victim();
	(void)umask(0007); /* the folder's group (renderd's) goes on working with what is made here */
	log_child(&log, child.conf->log, LOG_INT("pid", getpid()));
	if (request_read(&child, arena, &request, &err) < 0)
		child_fail(&child, &log, &err);
	log_child(&log, &log, LOG_STR("task", request.kind->name), LOG_STR("job", request.job));
	limits_fill(child.conf, request.kind, &limits);
	if (js_flag(request.task.args, "/idle", false))
		run_idle();
	if (sandbox_enter(child.conf->sandbox, &limits, request.have_cache, &err) < 0)
		child_fail(&child, &log, &err);
	task_fill(&child, &request, &log);
	if (request.kind->run(&request.task, &result, &err) < 0 || result_send(&child, &result, &err) < 0)
		child_fail(&child, &log, &err);
	_exit(0);
}
