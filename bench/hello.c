/*
 * The floors of every FastCGI measurement, with nothing of ours in them, in as many threads as framewright-api has: a
 * constant answer, or one row that a prepared statement reads, without a token, a transaction, a policy or a log.
 * Usage: hello SOCKET THREADS [DATABASE]
 */
#include <fcgiapp.h>
#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

#include "lib/base/attr.h"

#define BACKLOG 1024
#define THREADS_MAX 64

static int listener;
static const char *database; /* or NULL: the answer is constant */

/* Everything that FastAPI's row has, as PostgreSQL writes it. */
static PGconn *
connect_and_prepare(void)
{
	PGconn *db = PQconnectdb(database);
	PGresult *prepared = PQprepare(db, "row",
	    "select row_to_json(r) from (select id, kind, state, progress, created_at from bench_job "
	    "where id = 7 and owner = '1') r",
	    0, NULL);

	if (PQresultStatus(prepared) != PGRES_COMMAND_OK) {
		fprintf(stderr, "hello: %s", PQerrorMessage(db));
		exit(1);
	}
	PQclear(prepared);
	return db;
}

static void
answer(PGconn *db, FCGX_Stream *out)
{
	PGresult *row;

	FCGX_PutS("Content-Type: application/json\r\n\r\n", out);
	if (db == NULL) {
		FCGX_PutS("{\"ok\":true}", out);
		return;
	}
	row = PQexecPrepared(db, "row", 0, NULL, NULL, NULL, 0);
	if (PQntuples(row) != 1) {
		fprintf(stderr, "hello: no row: %s", PQerrorMessage(db));
		exit(1);
	}
	FCGX_PutS(PQgetvalue(row, 0, 0), out);
	PQclear(row);
}

static void *
serve(void *unused UNUSED)
{
	PGconn *db = database == NULL ? NULL : connect_and_prepare();
	FCGX_Request request;

	if (FCGX_InitRequest(&request, listener, 0) != 0)
		return NULL;
	while (FCGX_Accept_r(&request) >= 0) {
		answer(db, request.out);
		FCGX_Finish_r(&request);
	}
	return NULL;
}

int
main(int argc, char **argv)
{
	pthread_t threads[THREADS_MAX];
	long count = argc == 3 || argc == 4 ? strtol(argv[2], NULL, 10) : 0;

	if (count < 1 || count > THREADS_MAX) {
		fprintf(stderr, "usage: hello SOCKET THREADS [DATABASE] (at most %d threads)\n", THREADS_MAX);
		return 2;
	}
	database = argv[3];
	if (FCGX_Init() != 0 || (listener = FCGX_OpenSocket(argv[1], BACKLOG)) < 0)
		return 1;
	for (long i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, serve, NULL) != 0)
			return 1;
	pthread_join(threads[0], NULL);
	return 0;
}
