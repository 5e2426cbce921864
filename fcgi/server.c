/*
 * libfcgi's own accept loop leaves threads behind when the process is told to stop, so accepting is ours: each thread
 * polls the listener and the stop descriptor, accepts, and gives libfcgi a connection that it takes for a kept one;
 * FCGX_Accept_r then only reads the request from it. Everything of libfcgi is in this file.
 */
#include "fcgi/server.h"

#include <errno.h>
#include <fcgiapp.h>
#include <poll.h>
#include <pthread.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/base/path.h"

#define ACCEPT_PAUSE_MS 50 /* when the process has no descriptor left */

struct thread {
	struct app *app;
	struct stop *stop;
	int listener;
	pthread_t id;
};

struct channel_fcgi {
	struct channel channel;
	FCGX_Request *request;
};

static ssize_t
fcgi_read(struct channel *channel, void *bytes, size_t len)
{
	FCGX_Stream *in = ((struct channel_fcgi *)channel)->request->in;
	const int got = FCGX_GetStr(bytes, (int)FW_MIN(len, (size_t)INT32_MAX), in);

	return got == 0 && FCGX_GetError(in) != 0 ? -1 : got;
}

static int
fcgi_write(struct channel *channel, const void *bytes, size_t len)
{
	FCGX_Stream *out = ((struct channel_fcgi *)channel)->request->out;

	while (len > 0) {
		const int part = (int)FW_MIN(len, (size_t)INT32_MAX);

		if (FCGX_PutStr(bytes, part, out) != part)
			return -1;
		bytes = (const char *)bytes + part;
		len -= (size_t)part;
	}
	return 0;
}

/* libfcgi ends a connection by waiting until nginx has closed it, so that an answer to a body that nobody read is not
 * lost. A request without a body has nothing to lose: no more system calls, and no more waking up. */
static void
finish_connection(FCGX_Request *request, int fd, bool bodiless)
{
	char byte;

	if (!bodiless || recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) >= 0) {
		FCGX_Finish_r(request);
		return;
	}
	request->keepConnection = 1;
	FCGX_Finish_r(request);
	(void)close(fd);
}

/* keepConnection makes FCGX_Accept_r leave our descriptor open when it tidies up before reading; the request's own flag
 * replaces it then. listen_sock -1: after a connection that sent no request it must fail, not accept another. */
static void
serve_connection(struct responder *responder, FCGX_Request *request, int fd)
{
	struct channel_fcgi self;

	request->ipcFd = fd;
	request->keepConnection = 1;
	if (FCGX_Accept_r(request) < 0) {
		FCGX_Free(request, 1);
		return;
	}
	request->keepConnection = 0;
	self = (struct channel_fcgi){
	    .channel = {.env = request->envp, .read = fcgi_read, .write = fcgi_write},
	    .request = request,
	};
	const char *length = FCGX_GetParam("CONTENT_LENGTH", request->envp);
	const bool bodiless = length == NULL || *length == '\0' || strcmp(length, "0") == 0;

	responder_serve(responder, &self.channel);
	finish_connection(request, fd, bodiless);
}

/* The next connection, or -1 when it is time to leave. Each connection wakes one thread (EPOLLEXCLUSIVE). */
static int
next_connection(const struct thread *thread, int epoll)
{
	while (!stop_wanted(thread->stop)) {
		const int fd = accept4(thread->listener, NULL, NULL, SOCK_CLOEXEC);
		struct epoll_event event;

		if (fd >= 0)
			return fd;
		if (errno == EMFILE || errno == ENFILE || errno == ENOMEM || errno == ENOBUFS)
			(void)stop_wait(thread->stop, ACCEPT_PAUSE_MS);
		else
			(void)epoll_wait(epoll, &event, 1, -1);
	}
	return -1;
}

static int
watch(const struct thread *thread)
{
	struct epoll_event listening = {.events = EPOLLIN | EPOLLEXCLUSIVE};
	struct epoll_event stopping = {.events = EPOLLIN};
	const int epoll = epoll_create1(EPOLL_CLOEXEC);

	if (epoll < 0 || epoll_ctl(epoll, EPOLL_CTL_ADD, thread->listener, &listening) < 0 ||
	    epoll_ctl(epoll, EPOLL_CTL_ADD, thread->stop->event_fd, &stopping) < 0)
		abort();
	return epoll;
}

static void *
thread_main(void *arg)
{
	const struct thread *thread = arg;
	CLEANUP(fd_close) int epoll = watch(thread);
	struct responder responder;
	FCGX_Request request;
	int fd;

	responder_init(&responder, thread->app);
	(void)FCGX_InitRequest(&request, -1, 0);
	while ((fd = next_connection(thread, epoll)) >= 0)
		serve_connection(&responder, &request, fd);
	FCGX_Free(&request, 1);
	responder_done(&responder);
	return NULL;
}

static void
wait_for_end(const struct app *app, struct stop *stop)
{
	struct pollfd signals = {.fd = stop->signal_fd, .events = POLLIN};
	enum stop_reason reason = STOP_NONE;

	while (reason != STOP_END) {
		(void)poll(&signals, 1, -1);
		reason = stop_read(stop);
		if (reason == STOP_RELOAD)
			log_info(&app->log, "reload_ignored");
	}
}

int
server_run(struct app *app, int listener, int threads, struct stop *stop, struct error *err)
{
	struct thread *all;
	int started = 0;

	if (FCGX_Init() != 0)
		return error_set(err, ERR_INTERNAL, "starting libfcgi");
	all = calloc((size_t)threads, sizeof(*all));
	if (all == NULL)
		abort();
	for (; started < threads; started++) {
		all[started] = (struct thread){.app = app, .stop = stop, .listener = listener};
		if (pthread_create(&all[started].id, NULL, thread_main, &all[started]) != 0)
			break;
	}
	if (started == threads) {
		notify_ready();
		log_info(&app->log, "ready", LOG_INT("threads", threads));
		wait_for_end(app, stop);
		notify_stopping();
	}
	stop_now(stop);
	for (int i = 0; i < started; i++)
		(void)pthread_join(all[i].id, NULL);
	free(all);
	return started == threads
		   ? 0
		   : error_set(err, ERR_INTERNAL, "only %d of %d threads could be started", started, threads);
}

void
server_cgi(struct app *app, char **environment)
{
	struct channel_fd self;
	struct responder responder;

	channel_fd_init(&self, environment, STDIN_FILENO, STDOUT_FILENO);
	responder_init(&responder, app);
	responder_serve(&responder, &self.channel);
	responder_done(&responder);
}
