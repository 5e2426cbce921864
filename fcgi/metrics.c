#include "fcgi/metrics.h"

#include <stdatomic.h>

#include "fcgi/route.h"

/* Upper ends in microseconds; the last bucket has none. */
static const int64_t bounds_us[] = {1000, 2500, 5000, 10000, 25000, 50000, 100000, 250000, 1000000, 5000000};
#define BUCKETS (ARRAY_LEN(bounds_us) + 1)

static const int statuses[] = {200, 201, 202, 204, 304, 400, 401, 402, 403, 404, 405, 409, 410, 413, 415, 422, 423, 429,
    500, 502, 503, 504, 507, 0};

struct route_metrics {
	atomic_uint_fast64_t by_status[ARRAY_LEN(statuses)];
	atomic_uint_fast64_t buckets[BUCKETS];
	atomic_uint_fast64_t sum_us;
};

struct metrics {
	struct route_metrics routes[ROUTES_MAX + 1]; /* the last: no route */
};

struct metrics *
metrics_new(void)
{
	struct metrics *metrics = calloc(1, sizeof(*metrics));

	if (metrics == NULL)
		abort();
	return metrics;
}

void
metrics_free(struct metrics **metrics)
{
	free(*metrics);
	*metrics = NULL;
}

static size_t
status_index(int status)
{
	size_t i = 0;

	while (statuses[i] != status && statuses[i] != 0)
		i++;
	return i;
}

void
metrics_add(struct metrics *metrics, size_t route, int status, int64_t duration_us)
{
	struct route_metrics *m;
	size_t bucket = 0;

	if (metrics == NULL)
		return;
	m = &metrics->routes[FW_MIN(route, (size_t)ROUTES_MAX)];
	while (bucket < ARRAY_LEN(bounds_us) && duration_us > bounds_us[bucket])
		bucket++;
	atomic_fetch_add_explicit(&m->by_status[status_index(status)], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->buckets[bucket], 1, memory_order_relaxed);
	atomic_fetch_add_explicit(&m->sum_us, (uint64_t)FW_MAX(duration_us, 0), memory_order_relaxed);
}

static uint64_t
load(const atomic_uint_fast64_t *counter)
{
	return atomic_load_explicit(counter, memory_order_relaxed);
}

static void
write_counts(const struct route_metrics *m, const char *method, const char *path, struct buf *buf)
{
	for (size_t s = 0; s < ARRAY_LEN(statuses); s++)
		if (load(&m->by_status[s]) > 0)
			buf_printf(buf, "framewright_requests_total{method=\"%s\",route=\"%s\",status=\"%d\"} %llu\n",
			    method, path, statuses[s], (unsigned long long)load(&m->by_status[s]));
}

static void
write_durations(const struct route_metrics *m, const char *method, const char *path, struct buf *buf)
{
	uint64_t count = 0;

	for (size_t b = 0; b < BUCKETS; b++)
		count += load(&m->buckets[b]);
	if (count == 0)
		return;
	count = 0;
	for (size_t b = 0; b < BUCKETS; b++) {
		count += load(&m->buckets[b]);
		if (b < ARRAY_LEN(bounds_us))
			buf_printf(buf,
			    "framewright_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"%g\"} %llu\n", method,
			    path, (double)bounds_us[b] / 1e6, (unsigned long long)count);
	}
	buf_printf(buf, "framewright_request_seconds_bucket{method=\"%s\",route=\"%s\",le=\"+Inf\"} %llu\n", method,
	    path, (unsigned long long)count);
	buf_printf(buf, "framewright_request_seconds_sum{method=\"%s\",route=\"%s\"} %.6f\n", method, path,
	    (double)load(&m->sum_us) / 1e6);
	buf_printf(buf, "framewright_request_seconds_count{method=\"%s\",route=\"%s\"} %llu\n", method, path,
	    (unsigned long long)count);
}

typedef void metrics_part(const struct route_metrics *m, const char *method, const char *path, struct buf *buf);

static void
write_all(const struct metrics *metrics, metrics_part *part, struct buf *buf)
{
	static const char *const names[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};

	for (const struct route *route = routes; route->path != NULL; route++)
		part(&metrics->routes[route_index(route)], names[route->method], route->path, buf);
	part(&metrics->routes[ROUTES_MAX], "", "none", buf);
}

void
metrics_write(const struct metrics *metrics, struct buf *buf)
{
	if (metrics == NULL)
		return;
	buf_puts(buf, "# HELP framewright_requests_total Requests answered by this process.\n"
		      "# TYPE framewright_requests_total counter\n");
	write_all(metrics, write_counts, buf);
	buf_puts(buf, "# HELP framewright_request_seconds Time from accept to answer.\n"
		      "# TYPE framewright_request_seconds histogram\n");
	write_all(metrics, write_durations, buf);
}
