#include "tests/harness/http_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/base/attr.h"
#include "lib/base/path.h"

static bool
request_complete(const char *text, size_t len)
{
	const char *end = strstr(text, "\r\n\r\n");
	const char *length = strcasestr(text, "content-length:");
	int64_t body = 0;

	if (end == NULL)
		return false;
	if (length != NULL && length < end)
		body = strtoll(length + 15, NULL, 10);
	return len >= (size_t)(end + 4 - text) + (size_t)body;
}

static void
serve_one(struct server *server, int fd, const struct script *script)
{
	size_t len = 0;
	ssize_t got;

	memset(server->request, 0, sizeof(server->request));
	while (len < sizeof(server->request) - 1 && !request_complete(server->request, len) &&
	       (got = read(fd, server->request + len, sizeof(server->request) - 1 - len)) > 0)
		len += (size_t)got;
	if (script->answer != NULL && write(fd, script->answer, strlen(script->answer)) < 0)
		return;
	if (script->hang) {
		char rest;
		while (read(fd, &rest, 1) > 0)
			continue;
	}
}

static void *
serve(void *ctx)
{
	struct server *server = ctx;

	for (;;) {
		CLEANUP(fd_close) int fd = accept4(server->fd, NULL, NULL, SOCK_CLOEXEC);
		if (fd < 0)
			return NULL;
		const int n = atomic_fetch_add(&server->connections, 1);
		serve_one(server, fd, &server->scripts[FW_MIN(n, 3)]);
	}
}

void
server_begin(struct server *server, const char *answer)
{
	struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(address);

	memset(server, 0, sizeof(*server));
	for (int i = 0; i < 4; i++)
		server->scripts[i].answer = answer;
	server->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(server->fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(server->fd, 16) < 0 ||
	    getsockname(server->fd, (struct sockaddr *)&address, &len) < 0)
		abort();
	server->port = ntohs(address.sin_port);
}

void
server_run(struct server *server)
{
	if (pthread_create(&server->thread, NULL, serve, server) != 0)
		abort();
}

void
server_done(struct server *server)
{
	shutdown(server->fd, SHUT_RDWR);
	pthread_join(server->thread, NULL);
	fd_close(&server->fd);
}
