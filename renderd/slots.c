#include "renderd/slots.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "renderd/ender.h"
#include "renderd/flow/flow.h"

struct pool {
	struct slots *slots;
	pthread_cond_t work; /* one of its threads is wanted: each attempt wakes one */
	pthread_t *threads;
	int count;
	int busy;
	struct attempt *first; /* handed out, not yet taken by a thread */
	struct attempt **last;
	struct attempt **running; /* what its threads are at; NULL: free */
};

struct slots {
	struct renderd *renderd;
	pthread_mutex_t lock;
	bool stopping;
	struct pool pools[JOB_STEP__COUNT];
};

static void
set_running(struct pool *pool, const struct attempt *from, struct attempt *to)
{
	int i = 0;

	while (pool->running[i] != from)
		i++;
	pool->running[i] = to;
}

static struct attempt *
take(struct pool *pool)
{
	struct slots *slots = pool->slots;
	struct attempt *attempt;

	pthread_mutex_lock(&slots->lock);
	while (pool->first == NULL && !slots->stopping)
		pthread_cond_wait(&pool->work, &slots->lock);
	attempt = pool->first;
	if (attempt != NULL) {
		pool->first = attempt->next;
		if (pool->first == NULL)
			pool->last = &pool->first;
		attempt->next = NULL;
		set_running(pool, NULL, attempt);
	}
	pthread_mutex_unlock(&slots->lock);
	return attempt;
}

/* From here on the attempt is the ender's. */
static void
leave(struct pool *pool, struct attempt *attempt)
{
	pthread_mutex_lock(&pool->slots->lock);
	set_running(pool, attempt, NULL);
	pthread_mutex_unlock(&pool->slots->lock);
}

static void
give_back(struct pool *pool)
{
	pthread_mutex_lock(&pool->slots->lock);
	pool->busy--;
	pthread_mutex_unlock(&pool->slots->lock);
	renderd_wake(pool->slots->renderd, (enum job_step)(pool - pool->slots->pools));
}

/* Runs an attempt to its end; whatever happens `end` says what to tell the database. */
static void
run(struct attempt *attempt)
{
	struct error err;

	error_clear(&err);
	/* a provider still works on it: its flow tells the provider, and brings home what is finished already */
	if (attempt->job.cancelling && !attempt->job.parked) {
		attempt->end.outcome = JOB_CANCELLED;
		return;
	}
	if (attempt->db == NULL && flow_needs_db(attempt->job.kind)) {
		error_set(&err, ERR_UNAVAILABLE, "no database connection for this slot");
		attempt_failed(attempt, &err);
		return;
	}
	log_info(&attempt->log, "job_begins");
	if (flow_run(attempt, &err) < 0) {
		log_warn(&attempt->log, "job_stops", LOG_ERR(&err));
		attempt_failed(attempt, &err);
	}
}

static void
close_db(struct db **db)
{
	db_close(db);
}

static void *
slot_main(void *arg)
{
	struct pool *pool = arg;
	struct renderd *renderd = pool->slots->renderd;
	CLEANUP(close_db) struct db *db = NULL;
	struct attempt *attempt;

	while ((attempt = take(pool)) != NULL) {
		struct error err;

		error_clear(&err);
		if (db == NULL && flow_needs_db(attempt->job.kind) && db_open(&renderd->database, &db, &err) < 0)
			log_error(&attempt->log, "slot_without_database", LOG_ERR(&err));
		attempt->db = db;
		run(attempt);
		attempt->db = NULL;
		leave(pool, attempt);
		ender_put(renderd->ender, attempt);
		give_back(pool);
	}
	return NULL;
}

static int
start_pool(struct pool *pool, int count, struct error *err)
{
	pool->threads = calloc((size_t)count + 1, sizeof(pool->threads[0]));
	pool->running = calloc((size_t)count + 1, sizeof(pool->running[0]));
	if (pool->threads == NULL || pool->running == NULL)
		abort();
	pool->last = &pool->first;
	for (; pool->count < count; pool->count++)
		if (pthread_create(&pool->threads[pool->count], NULL, slot_main, pool) != 0)
			return error_errno(err, ERR_INTERNAL, "starting a slot");
	return 0;
}

int
slots_start(
    struct renderd *renderd, const int counts[static JOB_STEP__COUNT], struct slots **ret_slots, struct error *err)
{
	struct slots *slots = calloc(1, sizeof(*slots));

	if (slots == NULL)
		abort();
	slots->renderd = renderd;
	pthread_mutex_init(&slots->lock, NULL);
	for (int step = 0; step < JOB_STEP__COUNT; step++)
		pthread_cond_init(&slots->pools[step].work, NULL);
	for (int step = 0; step < JOB_STEP__COUNT; step++) {
		slots->pools[step].slots = slots;
		if (start_pool(&slots->pools[step], counts[step], err) < 0) {
			slots_stop(&slots);
			return -1;
		}
	}
	*ret_slots = slots;
	return 0;
}

int
slots_free(struct slots *slots, enum job_step step)
{
	int free_slots;

	pthread_mutex_lock(&slots->lock);
	free_slots = slots->pools[step].count - slots->pools[step].busy;
	pthread_mutex_unlock(&slots->lock);
	return free_slots;
}

int
slots_running(struct slots *slots, enum job_step step)
{
	const struct pool *pool = &slots->pools[step];
	int running = 0;

	pthread_mutex_lock(&slots->lock);
	for (int i = 0; i < pool->count; i++)
		running += pool->running[i] != NULL;
	pthread_mutex_unlock(&slots->lock);
	return running;
}

void
slots_give_way(struct slots *slots, const char *project_id)
{
	const struct pool *pool = &slots->pools[JOB_IDLE];

	pthread_mutex_lock(&slots->lock);
	for (int i = 0; i < pool->count; i++)
		if (pool->running[i] != NULL &&
		    (project_id == NULL || strcmp(pool->running[i]->job.project_id, project_id) == 0))
			atomic_store(&pool->running[i]->give_way, true);
	pthread_mutex_unlock(&slots->lock);
}

void
slots_run(struct slots *slots, struct attempt *attempt)
{
	struct pool *pool = &slots->pools[attempt->job.step];

	pthread_mutex_lock(&slots->lock);
	assert(pool->busy < pool->count);
	pool->busy++;
	attempt->next = NULL;
	*pool->last = attempt;
	pool->last = &attempt->next;
	pthread_cond_signal(&pool->work);
	pthread_mutex_unlock(&slots->lock);
}

void
slots_stop(struct slots **slots)
{
	struct slots *s = *slots;

	if (s == NULL)
		return;
	pthread_mutex_lock(&s->lock);
	s->stopping = true;
	for (int step = 0; step < JOB_STEP__COUNT; step++)
		pthread_cond_broadcast(&s->pools[step].work);
	pthread_mutex_unlock(&s->lock);
	for (int step = 0; step < JOB_STEP__COUNT; step++) {
		for (int i = 0; i < s->pools[step].count; i++)
			pthread_join(s->pools[step].threads[i], NULL);
		free(s->pools[step].threads);
		free(s->pools[step].running);
		pthread_cond_destroy(&s->pools[step].work);
	}
	pthread_mutex_destroy(&s->lock);
	free(s);
	*slots = NULL;
}
