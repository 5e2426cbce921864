#include "renderd/heartbeat.h"

#include <pthread.h>
#include <stdlib.h>
#include <time.h>

#define BEATS_MAX 1024

struct heartbeat {
	struct renderd *renderd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t wake;
	bool stopping;
	struct db *db;
	struct lease_view views[BEATS_MAX];
	struct job_beat beats[BEATS_MAX];
};

/* True when it is time to end. */
static bool
pause_or_stop(struct heartbeat *h, int64_t seconds)
{
	struct timespec until;
	bool stopping;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_sec += seconds;
	pthread_mutex_lock(&h->lock);
	while (!h->stopping)
		if (pthread_cond_timedwait(&h->wake, &h->lock, &until) != 0)
			break;
	stopping = h->stopping;
	pthread_mutex_unlock(&h->lock);
	return stopping;
}

static void
take_answers(struct heartbeat *h, size_t count, int64_t sent_ms)
{
	struct leases *leases = h->renderd->leases;

	for (size_t i = 0; i < count; i++) {
		const struct job_beat *beat = &h->beats[i];

		if (beat->lost) {
			log_warn(&h->renderd->log, "lease_lost", LOG_INT("job", beat->job));
			leases_lose(leases, beat->lease);
			continue;
		}
		leases_renew(leases, beat->lease, sent_ms);
		if (beat->cancel || beat->overdue)
			leases_cancel(leases, beat->lease);
		if (beat->overdue)
			log_warn(&h->renderd->log, "attempt_overdue", LOG_INT("job", beat->job));
	}
}

static int
beat(struct heartbeat *h, struct error *err)
{
	int64_t sent_ms = clock_boot_ms(h->renderd->clock);
	size_t count = leases_views(h->renderd->leases, h->views, BEATS_MAX);

	if (h->db == NULL && db_open(&h->renderd->database, &h->db, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		h->beats[i] = (struct job_beat){.job = h->views[i].job,
		    .lease = h->views[i].lease,
		    .progress = h->views[i].progress,
		    .phase = *h->views[i].phase != '\0' ? h->views[i].phase : NULL};
	if (job_heartbeat(h->db, h->renderd->worker, h->beats, count, err) < 0)
		return -1;
	take_answers(h, count, sent_ms);
	return 0;
}

static void *
heartbeat_main(void *arg)
{
	struct heartbeat *h = arg;
	int64_t every_s = conf_seconds(h->renderd->conf, CONF_HEARTBEAT);

	do {
		struct error err;

		error_clear(&err);
		if (beat(h, &err) < 0)
			log_warn(&h->renderd->log, "heartbeat_failed", LOG_ERR(&err));
		notify_watchdog();
	} while (!pause_or_stop(h, every_s));
	return NULL;
}

int
heartbeat_start(struct renderd *renderd, struct heartbeat **ret_heartbeat, struct error *err)
{
	struct heartbeat *h = calloc(1, sizeof(*h));

	if (h == NULL)
		abort();
	h->renderd = renderd;
	pthread_mutex_init(&h->lock, NULL);
	pthread_cond_init(&h->wake, NULL);
	if (pthread_create(&h->thread, NULL, heartbeat_main, h) != 0) {
		free(h);
		return error_errno(err, ERR_INTERNAL, "starting the heartbeat");
	}
	*ret_heartbeat = h;
	return 0;
}

void
heartbeat_stop(struct heartbeat **heartbeat)
{
	struct heartbeat *h = *heartbeat;

	if (h == NULL)
		return;
	pthread_mutex_lock(&h->lock);
	h->stopping = true;
	pthread_cond_signal(&h->wake);
	pthread_mutex_unlock(&h->lock);
	pthread_join(h->thread, NULL);
	db_close(&h->db);
	pthread_cond_destroy(&h->wake);
	pthread_mutex_destroy(&h->lock);
	free(h);
	*heartbeat = NULL;
}
