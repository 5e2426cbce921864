#include "renderd/lease.h"

#include <assert.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/db/worker.h"

struct entry {
	int64_t job;
	int64_t lease; /* 0: free */
	int64_t valid_until_ms;
	bool cancelled;
	bool lost;
	double progress;
	char phase[LEASE_PHASE_SIZE];
};

struct leases {
	pthread_mutex_t lock;
	const struct clock *clock;
	int64_t worker;
	uint32_t counter;
	int64_t ttl_ms;
	size_t max;
	struct entry entries[];
};

struct leases *
leases_new(const struct clock *clock, int64_t worker, int64_t ttl_ms, size_t max)
{
	struct leases *leases = calloc(1, sizeof(*leases) + max * sizeof(leases->entries[0]));

	if (leases == NULL)
		abort();
	leases->clock = clock;
	leases->worker = worker;
	leases->ttl_ms = ttl_ms;
	leases->max = max;
	pthread_mutex_init(&leases->lock, NULL);
	return leases;
}

void
leases_free(struct leases **leases)
{
	if (*leases == NULL)
		return;
	pthread_mutex_destroy(&(*leases)->lock);
	free(*leases);
	*leases = NULL;
}

int64_t
leases_mint(struct leases *leases)
{
	uint32_t number;

	pthread_mutex_lock(&leases->lock);
	number = ++leases->counter;
	pthread_mutex_unlock(&leases->lock);
	/* four thousand million attempts of one boot would begin again with tokens that may still be in use */
	assert(number != 0);
	return worker_lease(leases->worker, number);
}

static struct entry *
find(struct leases *leases, int64_t lease)
{
	for (size_t i = 0; i < leases->max; i++)
		if (leases->entries[i].lease == lease)
			return &leases->entries[i];
	return NULL;
}

void
leases_add(struct leases *leases, int64_t job, int64_t lease, int64_t sent_ms)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, 0);
	/* the claimer never asks for more than there are slots, and the table has one entry a slot */
	assert(entry != NULL);
	*entry = (struct entry){.job = job, .lease = lease, .valid_until_ms = sent_ms + leases->ttl_ms};
	pthread_mutex_unlock(&leases->lock);
}

void
leases_remove(struct leases *leases, int64_t lease)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL)
		entry->lease = 0;
	pthread_mutex_unlock(&leases->lock);
}

size_t
leases_count(struct leases *leases)
{
	size_t count = 0;

	pthread_mutex_lock(&leases->lock);
	for (size_t i = 0; i < leases->max; i++)
		count += leases->entries[i].lease != 0;
	pthread_mutex_unlock(&leases->lock);
	return count;
}

enum lease_state
leases_state(struct leases *leases, int64_t lease)
{
	enum lease_state state = LEASE_LOST;
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL && !entry->lost && clock_boot_ms(leases->clock) < entry->valid_until_ms)
		state = entry->cancelled ? LEASE_CANCELLED : LEASE_HELD;
	pthread_mutex_unlock(&leases->lock);
	return state;
}

void
leases_set_progress(struct leases *leases, int64_t lease, double progress, const char *phase)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL) {
		entry->progress = progress;
		snprintf(entry->phase, sizeof(entry->phase), "%s", phase);
	}
	pthread_mutex_unlock(&leases->lock);
}

size_t
leases_views(struct leases *leases, struct lease_view *views, size_t max)
{
	size_t count = 0;

	pthread_mutex_lock(&leases->lock);
	for (size_t i = 0; i < leases->max && count < max; i++) {
		const struct entry *entry = &leases->entries[i];

		if (entry->lease == 0 || entry->lost)
			continue;
		views[count].job = entry->job;
		views[count].lease = entry->lease;
		views[count].progress = entry->progress;
		memcpy(views[count].phase, entry->phase, sizeof(entry->phase));
		count++;
	}
	pthread_mutex_unlock(&leases->lock);
	return count;
}

void
leases_renew(struct leases *leases, int64_t lease, int64_t sent_ms)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL && !entry->lost)
		entry->valid_until_ms = sent_ms + leases->ttl_ms;
	pthread_mutex_unlock(&leases->lock);
}

void
leases_cancel(struct leases *leases, int64_t lease)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL)
		entry->cancelled = true;
	pthread_mutex_unlock(&leases->lock);
}

static struct entry *
find_job(struct leases *leases, int64_t job)
{
	for (size_t i = 0; i < leases->max; i++)
		if (leases->entries[i].lease != 0 && leases->entries[i].job == job)
			return &leases->entries[i];
	return NULL;
}

void
leases_cancel_job(struct leases *leases, int64_t job)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find_job(leases, job);
	if (entry != NULL)
		entry->cancelled = true;
	pthread_mutex_unlock(&leases->lock);
}

void
leases_lose(struct leases *leases, int64_t lease)
{
	struct entry *entry;

	pthread_mutex_lock(&leases->lock);
	entry = find(leases, lease);
	if (entry != NULL)
		entry->lost = true;
	pthread_mutex_unlock(&leases->lock);
}
