#include "ctl/mediaproc.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/net/listen.h"

#define PROGRAM FW_LIBEXECDIR "/framewright-media"
#define START_TRIES 600
#define STOP_TRIES 200
#define PAUSE_US 50000

extern char **environ;

static int
make_folder(struct mediaproc *proc, struct ctl *ctl, struct error *err)
{
	const char *temp = getenv("TMPDIR");
	char *dir = arena_printf(ctl->arena, "%s/framewright.XXXXXX", temp != NULL && temp[0] == '/' ? temp : "/tmp");

	if (dir == NULL)
		return arena_error(ctl->arena, err);
	if (mkdtemp(dir) == NULL)
		return error_errno(err, ERR_INTERNAL, "making a temporary folder");
	proc->dir = dir;
	proc->socket = arena_printf(ctl->arena, "%s/media.sock", dir);
	proc->log = arena_printf(ctl->arena, "%s/media.log", dir);
	if (proc->socket == NULL || proc->log == NULL)
		return arena_error(ctl->arena, err);
	if (strlen(proc->socket) > LISTEN_PATH_MAX)
		return error_set(err, ERR_INPUT, "the path of TMPDIR is too long for a socket");
	return 0;
}

/* Our environment, but for what has to be this process's own. */
static char **
make_environment(const struct mediaproc *proc, struct ctl *ctl)
{
	static const char *const own[] = {
	    "MEDIA_SOCKET=", "RUNTIME_DIRECTORY=", "LISTEN_PID=", "LISTEN_FDS=", "LOG_LEVEL="};
	size_t count = 0, kept = 0;
	char **all;

	while (environ[count] != NULL)
		count++;
	all = ARENA_ARRAY(ctl->arena, count + 4, char *);
	for (size_t i = 0; all != NULL && i < count; i++) {
		bool replaced = false;

		for (size_t k = 0; k < ARRAY_LEN(own); k++)
			replaced = replaced || strncmp(environ[i], own[k], strlen(own[k])) == 0;
		if (!replaced)
			all[kept++] = environ[i];
	}
	if (all == NULL)
		return NULL;
	all[kept++] = arena_printf(ctl->arena, "MEDIA_SOCKET=%s", proc->socket);
	all[kept++] = arena_printf(ctl->arena, "RUNTIME_DIRECTORY=%s", proc->dir);
	all[kept] = arena_strdup(ctl->arena, "LOG_LEVEL=warn");
	return all;
}

NORETURN static void
become(const char *program, char **environment, const char *log, pid_t parent)
{
	char *const argv[] = {(char *)(uintptr_t)program, NULL};
	const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	const int out = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	sigset_t none;

	/* a Ctrl-C at the terminal is ours to handle */
	(void)setpgid(0, 0);
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigemptyset(&none);
	(void)sigprocmask(SIG_SETMASK, &none, NULL);
	if (getppid() != parent || null < 0 || out < 0 || dup2(null, 0) < 0 || dup2(out, 1) < 0 || dup2(out, 2) < 0)
		_exit(127);
	(void)execve(program, argv, environment);
	_exit(127);
}

/* Its last words are the reason. */
static int
did_not_start(const struct mediaproc *proc, struct ctl *ctl, const char *program, struct error *err)
{
	struct error ignored;
	char *text = NULL;

	error_clear(&ignored);
	if (access(program, X_OK) < 0) {
		(void)error_errno(err, ERR_UNAVAILABLE, "starting '%s'", program);
		error_hint(err, "is Framewright installed? FRAMEWRIGHT_MEDIA names the program's path");
		return -1;
	}
	if (path_read(ctl->arena, proc->log, 64 * KIB, &text, NULL, &ignored) < 0 || text[0] == '\0')
		return error_set(err, ERR_UNAVAILABLE, "'%s' did not start", program);
	text[strcspn(text, "\n")] = '\0';
	return error_set(err, ERR_UNAVAILABLE, "'%s' did not start: %.300s", program, text);
}

static int
wait_until_ready(struct mediaproc *proc, struct ctl *ctl, const char *program, struct error *err)
{
	for (int i = 0; i < START_TRIES; i++) {
		struct error ignored;
		int status, fd;

		if (waitpid(proc->pid, &status, WNOHANG) == proc->pid) {
			proc->pid = 0;
			break;
		}
		error_clear(&ignored);
		fd = access(proc->socket, F_OK) == 0 ? listen_connect(proc->socket, &ignored) : -1;
		if (fd >= 0) {
			fd_close(&fd);
			return 0;
		}
		usleep(PAUSE_US);
	}
	return did_not_start(proc, ctl, program, err);
}

int
mediaproc_start(struct mediaproc *proc, struct ctl *ctl, struct error *err)
{
	const char *given = getenv("FRAMEWRIGHT_MEDIA");
	const char *program = given != NULL && *given != '\0' ? given : PROGRAM;
	const pid_t self = getpid();
	char **environment;

	*proc = (struct mediaproc){0};
	if (make_folder(proc, ctl, err) < 0)
		return -1;
	environment = make_environment(proc, ctl);
	if (environment == NULL)
		return arena_error(ctl->arena, err);
	proc->pid = fork();
	if (proc->pid == 0)
		become(program, environment, proc->log, self);
	if (proc->pid < 0) {
		proc->pid = 0;
		return error_errno(err, ERR_INTERNAL, "starting the media process");
	}
	return wait_until_ready(proc, ctl, program, err);
}

static void
end_process(pid_t pid, int number)
{
	int status;

	(void)kill(pid, number);
	for (int i = 0; i < STOP_TRIES; i++) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			return;
		usleep(PAUSE_US / 10);
	}
	/* its tasks end with it: they asked the kernel for that */
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, &status, 0);
}

void
mediaproc_stop(struct mediaproc *proc, bool at_once)
{
	if (proc->pid > 0)
		end_process(proc->pid, at_once ? SIGKILL : SIGTERM);
	proc->pid = 0;
	if (proc->dir != NULL && path_remove_tree(-1, proc->dir, NULL) == 0)
		(void)rmdir(proc->dir);
	proc->dir = NULL;
}
