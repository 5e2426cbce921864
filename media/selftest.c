#include "media/selftest.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/js/read.h"
#include "media/fonts.h"

#define MEMORY_STEP (16 * MIB)

/* Each returns a negative number with errno when it was refused. */

static int
try_open(const struct task *task)
{
	(void)task;
	CLEANUP(fd_close) int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
	return fd;
}

static int
try_write(const struct task *task)
{
	(void)task;
	CLEANUP(fd_close) int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
	return fd;
}

static int
try_socket(const struct task *task)
{
	(void)task;
	CLEANUP(fd_close) int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return fd;
}

static int
try_fork(const struct task *task)
{
	const long pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	(void)task;
	if (pid == 0)
		_exit(0);
	return (int)pid;
}

static int
try_code(const struct task *task)
{
	void *page = mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	(void)task;
	if (page == MAP_FAILED)
		return -1;
	munmap(page, 4096);
	return 0;
}

static int
try_signal(const struct task *task)
{
	(void)task;
	return kill(getppid(), 0);
}

static int
try_font(const struct task *task)
{
	struct font font;

	return fonts_resolve(task->fonts, FONTS_FALLBACK, &font, NULL);
}

static int
try_scratch(const struct task *task)
{
	CLEANUP(fd_close) int fd = openat(task->scratch, "selftest", O_WRONLY | O_CREAT | O_CLOEXEC, 0640);

	return fd < 0 ? -1 : unlinkat(task->scratch, "selftest", 0);
}

static int
try_execve(const struct task *task)
{
	char *const argv[] = {(char *)(uintptr_t) "true", NULL};

	(void)task;
	return execve("/bin/true", argv, NULL);
}

static int
try_ptrace(const struct task *task)
{
	(void)task;
	return (int)ptrace(PTRACE_TRACEME, 0, NULL, NULL);
}

static int
try_mount(const struct task *task)
{
	(void)task;
	return mount("none", "/nonexistent", "tmpfs", 0, NULL);
}

static int
try_unshare(const struct task *task)
{
	(void)task;
	return unshare(CLONE_NEWUSER);
}

static const struct {
	const char *name;
	int (*run)(const struct task *task);
} attempts[] = {
    {"open", try_open},
    {"write", try_write},
    {"socket", try_socket},
    {"fork", try_fork},
    {"code", try_code},
    {"signal", try_signal},
    {"font", try_font},
    {"scratch", try_scratch},
    {"execve", try_execve},
    {"ptrace", try_ptrace},
    {"mount", try_mount},
    {"unshare", try_unshare},
};

static int
use_memory(struct error *err)
{
	for (;;) {
		void *piece = malloc(MEMORY_STEP);
		if (piece == NULL)
			return error_set(err, ERR_MEMORY, "no more memory");
		memset(piece, 1, MEMORY_STEP);
	}
}

static int
wait_cancelled(struct task *task, struct error *err)
{
	const struct timespec half_second = {.tv_nsec = 500000000};

	for (int i = 0; task_check(task, err) == 0; i++) {
		task_progress(task, 1.0 - 1.0 / (i + 1), "wait");
		(void)nanosleep(&half_second, NULL);
	}
	return -1;
}

static void
spin(void)
{
	volatile unsigned n = 0;

	for (;;)
		n = n + 1;
}

int
selftest_run(struct task *task, struct buf *result, struct error *err)
{
	const char *name = js_text(task->args, "/try", "");
	struct js_writer w;

	if (text_equal(name, "memory"))
		return use_memory(err);
	if (text_equal(name, "wait"))
		return wait_cancelled(task, err);
	if (text_equal(name, "abort"))
		abort();
	if (text_equal(name, "spin"))
		spin();
	for (size_t i = 0; i < ARRAY_LEN(attempts); i++) {
		if (!text_equal(name, attempts[i].name))
			continue;
		errno = 0;
		const int rc = attempts[i].run(task);
		const int number = rc < 0 ? errno : 0;
		js_begin(&w, result);
		js_open_object(&w, NULL);
		js_str(&w, "try", name);
		js_bool(&w, "allowed", rc >= 0);
		js_int(&w, "errno", number);
		js_close(&w);
		js_end(&w);
		return 0;
	}
	return error_code(err, ERR_INPUT, "media_bad_request", "there is no self-test '%s'", name);
}
