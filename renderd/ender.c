#include "renderd/ender.h"

#include <pthread.h>
#include <stdlib.h>

#include "lib/base/fault.h"

#define RETRY_PAUSE_MS 500

struct ender {
	struct renderd *renderd;
	pthread_t thread;
	pthread_mutex_t lock;
	pthread_cond_t work;
	bool stopping;
	struct attempt *first;
	struct attempt **last;
	struct db *db;
	unsigned ended; /* bits 1 << step: where places became free, or jobs ready */
};

static size_t
take(struct ender *ender, struct attempt *group[static JOB_END_MAX])
{
	size_t count = 0;

	pthread_mutex_lock(&ender->lock);
	while (ender->first == NULL && !ender->stopping)
		pthread_cond_wait(&ender->work, &ender->lock);
	while (ender->first != NULL && count < JOB_END_MAX) {
		group[count] = ender->first;
		ender->first = ender->first->next;
		group[count++]->next = NULL;
	}
	if (ender->first == NULL)
		ender->last = &ender->first;
	pthread_mutex_unlock(&ender->lock);
	return count;
}

static void
log_end(const struct attempt *attempt, const struct job_end *end)
{
	int64_t ms = clock_boot_ms(attempt->renderd->clock) - attempt->started_ms;

	if (attempt->call.agent != NULL)
		log_info(&attempt->log, "provider_call", LOG_STR("agent", attempt->call.agent),
		    LOG_STR("provider", attempt->call.provider), LOG_STR("model", attempt->call.model),
		    LOG_STR("result", end->state), LOG_INT("price_micros", attempt->call.estimate_micros),
		    LOG_INT("ms", ms));
	if (end->applied)
		log_info(&attempt->log, "job_ends", LOG_STR("state", end->state), LOG_INT("ms", ms));
	else
		log_warn(&attempt->log, "job_end_is_stale", LOG_INT("ms", ms));
}

/* Drops attempts whose lease is over: somebody else may have them. The rest moves up. */
static size_t
drop_stale(struct attempt *group[], size_t count)
{
	size_t kept = 0;

	for (size_t i = 0; i < count; i++) {
		if (leases_state(group[i]->renderd->leases, group[i]->job.lease) != LEASE_LOST) {
			group[kept++] = group[i];
			continue;
		}
		log_end(group[i], &group[i]->end);
		attempt_free(&group[i]);
	}
	return kept;
}

static void
finish(struct ender *ender, struct attempt *group[], const struct job_end ends[], size_t count)
{
	for (size_t i = 0; i < count; i++) {
		ender->ended |= ends[i].woke ? ~0u : 1u << group[i]->job.step;
		log_end(group[i], &ends[i]);
		attempt_free(&group[i]);
	}
}

/* Alone, and if its end is refused as a failure: that cannot be refused. */
static int
end_alone(struct ender *ender, struct attempt *attempt, struct error *err)
{
	struct job_end end = attempt->end;

	if (job_end(ender->db, &end, 1, err) < 0) {
		if (error_is(err, ERR_UNAVAILABLE))
			return -1;
		log_error(&attempt->log, "job_end_refused", LOG_ERR(err));
		end = attempt->end;
		end.outcome = JOB_FAILED;
		end.body =
		    "{\"code\":\"finish_failed\",\"detail\":\"The result could not be stored.\",\"kind\":\"internal\","
		    "\"retryable\":false}";
		error_clear(err);
		if (job_end(ender->db, &end, 1, err) < 0)
			return -1;
	}
	finish(ender, &attempt, &end, 1);
	return 0;
}

/* Ends as many as it can; those that could not be tried for want of the database stay in the group. */
static size_t
end_group(struct ender *ender, struct attempt *group[], size_t count)
{
	struct job_end ends[JOB_END_MAX];
	struct error err;

	error_clear(&err);
	for (size_t i = 0; i < count; i++)
		ends[i] = group[i]->end;
	if (FAULT("before_end"))
		return count;
	if (job_end(ender->db, ends, count, &err) == 0) {
		finish(ender, group, ends, count);
		return 0;
	}
	if (error_is(&err, ERR_UNAVAILABLE)) {
		log_warn(&ender->renderd->log, "ends_wait_for_database", LOG_INT("count", count), LOG_ERR(&err));
		return count;
	}
	for (size_t i = 0; i < count; i++) {
		error_clear(&err);
		if (end_alone(ender, group[i], &err) == 0)
			continue;
		log_warn(&ender->renderd->log, "ends_wait_for_database", LOG_ERR(&err));
		for (size_t k = i; k < count; k++)
			group[k - i] = group[k];
		return count - i;
	}
	return 0;
}

static bool
connect_db(struct ender *ender)
{
	struct error err;

	error_clear(&err);
	if (ender->db != NULL || db_open(&ender->renderd->database, &ender->db, &err) == 0)
		return true;
	log_warn(&ender->renderd->log, "ender_without_database", LOG_ERR(&err));
	return false;
}

static void *
ender_main(void *arg)
{
	struct ender *ender = arg;
	struct attempt *group[JOB_END_MAX];
	size_t count;

	while ((count = take(ender, group)) > 0) {
		ender->ended = 0;
		while ((count = drop_stale(group, count)) > 0) {
			if (connect_db(ender))
				count = end_group(ender, group, count);
			if (count > 0) {
				struct timespec pause = {0, RETRY_PAUSE_MS * 1000000L};

				nanosleep(&pause, NULL);
			}
		}
		/* places below limits are free, or dependants ready */
		for (enum job_step step = 0; step < JOB_STEP__COUNT; step++)
			if (ender->ended & 1u << step)
				renderd_wake(ender->renderd, step);
	}
	return NULL;
}

int
ender_start(struct renderd *renderd, struct ender **ret_ender, struct error *err)
{
	struct ender *ender = calloc(1, sizeof(*ender));

	if (ender == NULL)
		abort();
	ender->renderd = renderd;
	ender->last = &ender->first;
	pthread_mutex_init(&ender->lock, NULL);
	pthread_cond_init(&ender->work, NULL);
	if (pthread_create(&ender->thread, NULL, ender_main, ender) != 0) {
		free(ender);
		return error_errno(err, ERR_INTERNAL, "starting the ender");
	}
	*ret_ender = ender;
	return 0;
}

void
ender_put(struct ender *ender, struct attempt *attempt)
{
	pthread_mutex_lock(&ender->lock);
	attempt->next = NULL;
	*ender->last = attempt;
	ender->last = &attempt->next;
	pthread_cond_signal(&ender->work);
	pthread_mutex_unlock(&ender->lock);
}

void
ender_stop(struct ender **ender)
{
	struct ender *e = *ender;

	if (e == NULL)
		return;
	pthread_mutex_lock(&e->lock);
	e->stopping = true;
	pthread_cond_signal(&e->work);
	pthread_mutex_unlock(&e->lock);
	pthread_join(e->thread, NULL);
	db_close(&e->db);
	pthread_cond_destroy(&e->work);
	pthread_mutex_destroy(&e->lock);
	free(e);
	*ender = NULL;
}
