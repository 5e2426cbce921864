/*
 * Adds jobs that do nothing, as a responder would: lib/db, one durable transaction each, hints through the process's
 * notifier. For bench/queue.py.
 *
 *     enqueue RATE SECONDS    open loop: at random times with that mean rate, whether or not the ones before have ended
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/db/job.h"
#include "lib/db/notify.h"

static int64_t
now_us(void)
{
	return clock_now_us(&clock_real);
}

static void
sleep_until(int64_t us)
{
	int64_t left = us - now_us();
	struct timespec pause = {left / 1000000, left % 1000000 * 1000};

	if (left > 0)
		nanosleep(&pause, NULL);
}

/* Within [0, 1). */
static double
unit_random(void)
{
	return (double)(id_u64() >> 11) / 9007199254740992.0;
}

static int
enqueue(struct db *db, struct error *err)
{
	char payload[64], public_id[ID_UUID_SIZE];
	int64_t id;

	snprintf(payload, sizeof(payload), "{\"sent_us\": %lld}", (long long)now_us());
	return job_add(db, &(struct job_new){.kind = "system.nothing", .payload = payload}, &id, public_id, err);
}

int
main(int argc, char **argv)
{
	struct db_options options = {.url = getenv("DATABASE_URL"), .program = "bench", .bell = getenv("JOB_BELL")};
	struct db *db = NULL;
	struct error err = {0};
	int status = 0;

	if (argc != 3 || options.url == NULL) {
		fprintf(stderr, "usage: DATABASE_URL=... enqueue RATE SECONDS\n");
		return 2;
	}
	const double rate = strtod(argv[1], NULL);
	const int64_t end = now_us() + (int64_t)(strtod(argv[2], NULL) * 1e6);
	int64_t next = now_us();

	options.notifier = notifier_new(&options);
	if (db_open(&options, &db, &err) < 0)
		status = -1;
	while (status == 0) {
		next += (int64_t)(-log(1 - unit_random()) * 1e6 / rate);
		if (next > end)
			break;
		sleep_until(next);
		status = enqueue(db, &err);
	}
	if (status < 0)
		fprintf(stderr, "enqueue: %s\n", err.text);
	db_close(&db);
	notifier_free(&options.notifier);
	return status < 0 ? 1 : 0;
}
