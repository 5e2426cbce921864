/*
 * framewright-media: FFmpeg behind a socket. Settings, fonts, warm codecs, then the server's loop.
 */
#include <errno.h>
#include <sched.h>
#include <sys/stat.h>

#include "lib/base/arena.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"
#include "lib/base/path.h"
#include "lib/net/listen.h"
#include "media/fonts.h"
#include "media/sandbox.h"
#include "media/server.h"
#include "media/warm.h"

static const char usage[] = "Usage: framewright-media [options]\n"
			    "Runs media tasks, each in a sandboxed process of its own, for clients of its socket.\n";

struct program {
	struct arena *arena;
	struct conf *conf;
	struct log log;
	struct stop stop;
	struct fonts *fonts;
	struct sandbox *sandbox;
	const char *runtime;
	bool own_runtime; /* made by us, removed at the end */
	bool inherited;	  /* the socket is systemd's */
	int listener;
};

static unsigned
cores(void)
{
	cpu_set_t set;
	const int n = sched_getaffinity(0, sizeof(set), &set) == 0 ? CPU_COUNT(&set) : 1;

	return (unsigned)FW_MAX(n, 1);
}

/* systemd's folder for us, else one that is ours alone. */
static int
runtime_make(struct program *p, struct error *err)
{
	const char *given = getenv("RUNTIME_DIRECTORY");
	const char *temp = getenv("TMPDIR");
	char *made;

	if (given != NULL && given[0] == '/' && strchr(given, ':') == NULL) {
		p->runtime = given;
		return 0;
	}
	made = arena_printf(p->arena, "%s/framewright-media.XXXXXX", temp != NULL && temp[0] == '/' ? temp : "/tmp");
	if (made == NULL)
		return arena_error(p->arena, err);
	if (mkdtemp(made) == NULL)
		return error_errno(err, ERR_INTERNAL, "making a folder for fonts");
	p->runtime = made;
	p->own_runtime = true;
	return 0;
}

static int
program_begin(struct program *p, struct error *err)
{
	if (stop_begin(&p->stop, err) < 0 || runtime_make(p, err) < 0)
		return -1;
	if (fonts_new(conf_list(p->conf, CONF_FONT_DIR, NULL), p->runtime, &p->fonts, err) < 0)
		return -1;
	if (sandbox_new(fonts_paths(p->fonts), &p->sandbox, err) < 0)
		return -1;
	if (sandbox_landlock(p->sandbox) == 0)
		log_warn(
		    &p->log, "landlock_missing", LOG_STR("effect", "tasks can read files that this account can read"));
	warm_up(&p->log);
	p->listener = listen_open(conf_str(p->conf, CONF_MEDIA_SOCKET), 0660, &p->inherited, err);
	return p->listener < 0 ? -1 : 0;
}

static int
program_run(struct program *p, struct error *err)
{
	const unsigned n = cores();
	const int64_t tasks = conf_int(p->conf, CONF_MEDIA_TASKS);
	const struct server_conf server = {
	    .tasks = tasks > 0 ? (unsigned)tasks : n + 1,
	    .threads = n,
	    .memory_bytes = conf_size(p->conf, CONF_MEDIA_MEMORY),
	    .cpu_seconds = conf_int(p->conf, CONF_MEDIA_CPU_SECONDS),
	    .output_bytes = conf_size(p->conf, CONF_MEDIA_OUTPUT_MAX),
	    .task_ms = conf_seconds(p->conf, CONF_MEDIA_TASK_TIME) * 1000,
	    .sandbox = p->sandbox,
	    .fonts = p->fonts,
	    .log = &p->log,
	};

	log_info(&p->log, "ready", LOG_INT("tasks", server.tasks), LOG_INT("landlock", sandbox_landlock(p->sandbox)));
	notify_ready();
	return server_run(&server, p->listener, &p->stop, err);
}

static void
program_end(struct program *p)
{
	if (p->listener >= 0 && !p->inherited)
		(void)!unlink(conf_str(p->conf, CONF_MEDIA_SOCKET));
	sandbox_free(&p->sandbox);
	fonts_free(&p->fonts);
	if (p->own_runtime) {
		(void)!path_remove_tree(-1, p->runtime, NULL); /* an absolute path needs no folder */
		(void)!rmdir(p->runtime);
	}
	stop_end(&p->stop);
	conf_free(&p->conf);
	arena_free(&p->arena);
}

int
main(int argc, char **argv)
{
	struct program p = {.listener = -1};
	struct error err = {0};
	int next = 0;

	log_init(&p.log, "framewright-media");
	const int early = conf_args(CONF_MEDIA, usage, argc, argv, &p.conf, &next, &err);
	if (early > 0)
		return 0;
	if (early == 0 && next < argc)
		(void)error_set(&err, ERR_INPUT, "unexpected argument '%s'", argv[next]);
	if (early < 0 || next < argc) {
		log_error(&p.log, "bad_settings", LOG_ERR(&err));
		return 2;
	}
	conf_apply_log(p.conf, &p.log);
	p.arena = arena_new(MIB);
	int rc = program_begin(&p, &err);
	if (rc == 0)
		rc = program_run(&p, &err);
	if (rc < 0)
		log_error(&p.log, "failed", LOG_ERR(&err));
	program_end(&p);
	return rc < 0 ? 1 : 0;
}
