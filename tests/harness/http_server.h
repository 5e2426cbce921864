/* A scripted HTTP server on loopback, in a thread of the test. */
#ifndef TESTS_HARNESS_HTTP_SERVER_H
#define TESTS_HARNESS_HTTP_SERVER_H

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

/* What the server does with the n-th connection. */
struct script {
	const char *answer; /* NULL: says nothing */
	bool hang;	    /* keeps the connection until the client leaves */
};

struct server {
	int fd;
	int port;
	pthread_t thread;
	struct script scripts[4];
	atomic_int connections;
	char request[16384]; /* of the last connection */
};

/* Listens on a free port; every connection gets `answer` (whole, with its head) unless a script is changed before it
 * runs. */
void server_begin(struct server *server, const char *answer);
void server_run(struct server *server);
void server_done(struct server *server);

#endif
