/*
 * The floor of every FastCGI measurement: a constant answer from as many threads as framewright-api has, with nothing
 * of ours in it. Usage: hello SOCKET THREADS
 */
#include <fcgiapp.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/attr.h"

#define BACKLOG 1024
#define THREADS_MAX 64

static void *
serve(void *listener)
{
	FCGX_Request request;

	if (FCGX_InitRequest(&request, *(const int *)listener, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) >= 0) {
		FCGX_PutS("Content-Type: application/json\r\n\r\n{\"ok\":true}", request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	long count = argc == 3 ? strtol(argv[2], NULL, 10) : 0;
	int listener;

	if (count < 1 || count > THREADS_MAX) {
		fprintf(stderr, "usage: hello SOCKET THREADS (at most %d)\n", THREADS_MAX);
		return 2;
	}
	if (FCGX_Init() != 0 || (listener = FCGX_OpenSocket(argv[1], BACKLOG)) < 0)
		return 1;
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, serve, &listener) != 0)
			return 1;
	pthread_join(threads[0], NULL);
	return 0;
}
