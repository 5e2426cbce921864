/*
 * The process's one sender of hints. While there are few they go out at once; above HINTS_QUICK a second those of the
 * following 50 ms go together. What is saved up is only ever the hint, not the work.
 */
#include <assert.h>
#include <errno.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/db/bell.h"
#include "lib/db/db_conn.h"
#include "lib/db/notify.h"

#define NOTIFIER_GAP_MS 50
/* Sends a second that may follow each other closely: notifying takes a lock of the whole cluster, which shows from some
 * hundreds a second on. */
#define HINTS_QUICK 100
#define NOTIFIER_QUICK_GAP_MS 2
#define NOTIFIER_HINTS_MAX 512

struct notifier {
	struct db_options options;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	pthread_t thread;
	bool running;
	bool stop;
	bool jobs;
	struct db_hint hints[NOTIFIER_HINTS_MAX];
	size_t count;
	int64_t second_began_ms; /* of the second that sends and rings are counted in */
	int sends;
	int rings;
};

/* Begins to count anew when a second has passed; the time now. */
static struct timespec
notifier_second(struct notifier *n)
{
	struct timespec now;
	clock_gettime(CLOCK_MONOTONIC, &now);
	const int64_t now_ms = now.tv_sec * INT64_C(1000) + now.tv_nsec / 1000000;
	if (now_ms - n->second_began_ms >= 1000) {
		n->second_began_ms = now_ms;
		n->sends = n->rings = 0;
	}
	return now;
}

static void
notifier_pause(struct notifier *n)
{
	struct timespec until = notifier_second(n);
	until.tv_nsec += (++n->sends <= HINTS_QUICK ? NOTIFIER_QUICK_GAP_MS : NOTIFIER_GAP_MS) * 1000000L;
	until.tv_sec += until.tv_nsec / 1000000000L;
	until.tv_nsec %= 1000000000L;
	while (!n->stop && pthread_cond_timedwait(&n->wake, &n->lock, &until) != ETIMEDOUT)
		continue;
}

static void
notifier_send(struct db *db, const struct db_hint *hints, size_t count, bool jobs)
{
	if (jobs)
		db_hint_jobs(db);
	for (size_t i = 0; i < count;) {
		/* as one statement of at most DB_HINTS_MAX */
		const size_t part = FW_MIN(count - i, (size_t)DB_HINTS_MAX);
		memcpy(db->hints, hints + i, part * sizeof(*hints));
		db->hint_count = part;
		db_hints_flush(db);
		i += part;
	}
}

static void *
notifier_main(void *arg)
{
	struct notifier *n = arg;
	struct db *db = NULL;
	static _Thread_local struct db_hint taken[NOTIFIER_HINTS_MAX];
	pthread_mutex_lock(&n->lock);
	for (;;) {
		while (!n->stop && !n->jobs && n->count == 0)
			pthread_cond_wait(&n->wake, &n->lock);
		if (n->stop && !n->jobs && n->count == 0)
			break;
		const size_t count = n->count;
		const bool jobs = n->jobs;
		memcpy(taken, n->hints, count * sizeof(*taken));
		n->count = 0;
		n->jobs = false;
		pthread_mutex_unlock(&n->lock);
		if (db != NULL || db_open(&n->options, &db, NULL) == 0)
			notifier_send(db, taken, count, jobs);
		pthread_mutex_lock(&n->lock);
		notifier_pause(n);
	}
	pthread_mutex_unlock(&n->lock);
	db_close(&db);
	return NULL;
}

struct notifier *
notifier_new(const struct db_options *options)
{
	pthread_condattr_t attr;
	struct notifier *n = calloc(1, sizeof(*n));
	if (n == NULL)
		abort();
	n->options = *options;
	n->options.notifier = NULL;
	n->options.attempts = 1;
	n->options.timeout_s = 1;
	pthread_mutex_init(&n->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&n->wake, &attr);
	pthread_condattr_destroy(&attr);
	return n;
}

void
notifier_free(struct notifier **notifier)
{
	struct notifier *n = *notifier;
	if (n == NULL)
		return;
	pthread_mutex_lock(&n->lock);
	n->stop = true;
	pthread_cond_broadcast(&n->wake);
	const bool running = n->running;
	pthread_mutex_unlock(&n->lock);
	if (running)
		pthread_join(n->thread, NULL);
	pthread_cond_destroy(&n->wake);
	pthread_mutex_destroy(&n->lock);
	free(n);
	*notifier = NULL;
}

/* With the lock held. A machine that cannot make a thread loses hints, not work. */
static void
notifier_wake(struct notifier *n)
{
	if (!n->running)
		n->running = pthread_create(&n->thread, NULL, notifier_main, n) == 0;
	pthread_cond_signal(&n->wake);
}

void
notifier_jobs(struct notifier *n)
{
	pthread_mutex_lock(&n->lock);
	(void)notifier_second(n);
	const bool ring = n->options.bell != NULL && ++n->rings <= HINTS_QUICK;
	pthread_mutex_unlock(&n->lock);
	if (ring)
		bell_ring(n->options.bell);
	pthread_mutex_lock(&n->lock);
	n->jobs = true;
	notifier_wake(n);
	pthread_mutex_unlock(&n->lock);
}

static void
notifier_add(struct notifier *n, const struct db_hint *hint)
{
	pthread_mutex_lock(&n->lock);
	size_t i = 0;
	while (i < n->count && (hint->project_id[0] == '\0' || strcmp(n->hints[i].project_id, hint->project_id) != 0))
		i++;
	if (i < n->count)
		n->hints[i].seq = FW_MAX(n->hints[i].seq, hint->seq);
	else if (n->count < NOTIFIER_HINTS_MAX)
		n->hints[n->count++] = *hint;
	notifier_wake(n);
	pthread_mutex_unlock(&n->lock);
}

void
notifier_event(struct notifier *n, const char *project_id, int64_t seq)
{
	struct db_hint hint = {.seq = seq};
	assert(strlen(project_id) < sizeof(hint.project_id));
	memcpy(hint.project_id, project_id, strlen(project_id) + 1);
	notifier_add(n, &hint);
}

void
notifier_cancel(struct notifier *n, int64_t job_id)
{
	notifier_add(n, &(struct db_hint){.cancel = job_id});
}
