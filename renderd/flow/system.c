/*
 * Jobs of the installation itself.
 */
#include <time.h>

#include "lib/db/provider.h"
#include "renderd/flow/flow.h"
#include "renderd/provider/service.h"

/* For measuring the queue: claimed and ended like any other. It tells when it began, and may take its time. */
static int
run_nothing(struct attempt *attempt, struct error *err)
{
	const char *result =
	    arena_printf(attempt->arena, "{\"began_us\": %lld}", (long long)clock_now_us(attempt->renderd->clock));
	int64_t until = clock_boot_ms(NULL) + js_number(attempt->payload, "/sleep_ms", 0);

	while (clock_boot_ms(NULL) < until) {
		struct timespec pause = {0, 20 * 1000000L};

		if (attempt_check(attempt, err) < 0)
			return -1;
		nanosleep(&pause, NULL);
	}
	if (result == NULL)
		return arena_error(attempt->arena, err);
	attempt_done(attempt, result);
	return 0;
}

/* The keys that configured providers sign their webhooks with; responders may not fetch them themselves. */
static int
run_keys(struct attempt *attempt, struct error *err)
{
	for (size_t i = 0; services[i] != NULL; i++) {
		const struct provider_service *service = services[i];
		const char *const *keys;
		size_t count;

		if (service->keys == NULL || !service->configured(attempt->renderd->conf))
			continue;
		if (service->keys(attempt, &keys, &count, err) < 0 ||
		    provider_keys_put(attempt->db, service->name, keys, count, err) < 0)
			return error_wrap(err, "fetching the keys of '%s'", service->name);
		log_info(&attempt->log, "keys_fetched", LOG_STR("provider", service->name), LOG_INT("count", count));
	}
	attempt_done(attempt, "{}");
	return 0;
}

const struct flow_row flow_system[] = {
    {"system.nothing", run_nothing, .no_db = true},
    {"provider.keys", run_keys},
    {NULL, NULL},
};
