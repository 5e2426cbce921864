/*
 * framewright-api: the responder. It serves FastCGI on a socket that systemd or spawn-fcgi gives it, or on its own
 * (API_SOCKET), or answers one request of plain CGI when a web server starts it so (fcgiwrap).
 */
#include <fcntl.h>
#include <sys/socket.h>

#include "fcgi/server.h"
#include "lib/base/path.h"

extern char **environ;

static const char usage[] =
    "usage: framewright-api [--config FILE] [--check-config | --dump-config | --version | --help]\n"
    "\n"
    "Answers the HTTP API over FastCGI: on a socket passed by systemd (LISTEN_FDS) or as descriptor 0\n"
    "(spawn-fcgi), else on API_SOCKET. Started with REQUEST_METHOD in its environment and no such\n"
    "socket it answers one request of plain CGI.\n";

#define SOCKET_MODE 0660

static bool
is_listener(int fd)
{
	int listening = 0;
	socklen_t len = sizeof(listening);

	return getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listening, &len) == 0 && listening != 0;
}

static int
serve(struct app *app, int listener, struct error *err)
{
	struct stop stop;
	int result;

	if (stop_begin(&stop, err) < 0)
		return -1;
	app_threads(app);
	result = server_run(app, listener, (int)conf_int(app->conf, CONF_API_THREADS), &stop, err);
	stop_end(&stop);
	return result;
}

/* spawn-fcgi's socket as one like our own: nonblocking, under another number so that descriptor 0 stays what it was. */
static int
adopt(int passed, struct error *err)
{
	const int fd = fcntl(passed, F_DUPFD_CLOEXEC, 3);

	if (fd < 0 || fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK) < 0) {
		(void)error_errno(err, ERR_INTERNAL, "taking over the passed socket");
		return -1;
	}
	return fd;
}

static int
serve_fastcgi(struct app *app, struct error *err)
{
	const char *path = conf_str(app->conf, CONF_API_SOCKET);
	bool inherited = true;
	CLEANUP(fd_close) int listener = -1;
	int result;

	if (is_listener(STDIN_FILENO))
		listener = adopt(STDIN_FILENO, err);
	else
		listener = listen_open(path, SOCKET_MODE, &inherited, err);
	if (listener < 0)
		return -1;
	result = serve(app, listener, err);
	if (!inherited)
		(void)unlink(path);
	return result;
}

static int
run(const struct conf *conf, const struct log *log, struct error *err)
{
	struct app app;
	int result = app_init(&app, conf, log, err);

	if (result == 0 && getenv("REQUEST_METHOD") != NULL && !is_listener(STDIN_FILENO) &&
	    getenv("LISTEN_FDS") == NULL)
		server_cgi(&app, environ);
	else if (result == 0)
		result = serve_fastcgi(&app, err);
	app_done(&app);
	return result;
}

int
main(int argc, char **argv)
{
	struct conf *conf = NULL;
	struct error err = {0};
	struct log log;
	int next, result;

	log_init(&log, "framewright-api");
	result = conf_args(CONF_API, usage, argc, argv, &conf, &next, &err);
	if (result == 0 && next < argc)
		result = error_set(&err, ERR_INPUT, "unexpected argument '%s'", argv[next]);
	if (result == 0) {
		conf_apply_log(conf, &log);
		result = run(conf, &log, &err);
	}
	if (result < 0)
		log_error(&log, "stopped", LOG_ERR(&err));
	conf_free(&conf);
	return result < 0 ? 1 : 0;
}
