/*
 * Whether a provider is there, asked before money is. The answer is kept for all slots of the process: six pictures
 * that begin together ask once or twice and not six times.
 */
#include <assert.h>
#include <stdatomic.h>

#include "renderd/provider/service.h"
#include "renderd/step/paid.h"

#define AVAILABLE_TIMEOUT_MS 5000
#define AVAILABLE_CHECK_MS (60 * 1000)
/* Bad news gets old sooner: one broken connection is not to fail what begins within the next minute. */
#define AWAY_CHECK_MS 5000
#define SERVICES_MAX 8

/* By its place in services[]: when it was asked last on the boot clock, negative when it was not there; 0: never. */
static _Atomic int64_t asked_ms[SERVICES_MAX];

static size_t
place_of(const struct provider_service *service)
{
	size_t i = 0;

	while (services[i] != NULL && services[i] != service)
		i++;
	assert(i < SERVICES_MAX);
	return i;
}

int
service_check(struct attempt *attempt, struct http_request *request, struct error *err)
{
	struct http_result result;

	service_request(attempt, request);
	request->timeout_ms = AVAILABLE_TIMEOUT_MS;
	if (http_call(request, attempt->arena, &result, err) < 0)
		return -1;
	if (result.status == 401 || result.status == 403)
		return error_set(err, ERR_PROVIDER, "the key was refused with %d", result.status);
	if (result.status >= 500)
		return error_set(err, ERR_PROVIDER, "the provider answered %d", result.status);
	return 0;
}

static int
not_there(const struct paid_ask *ask, struct error *err)
{
	error_clear(err);
	return error_code(err, ERR_UNAVAILABLE, "provider_unavailable",
	    "The provider '%s' is not available at the moment.", ask->service->name);
}

int
service_available(struct attempt *attempt, const struct paid_ask *ask, struct error *err)
{
	const size_t place = place_of(ask->service);
	const int64_t now = clock_boot_ms(attempt->renderd->clock);
	int64_t asked;

	if (ask->service->check == NULL)
		return 0;
	asked = atomic_load(&asked_ms[place]);
	if (asked > 0 && now - asked < AVAILABLE_CHECK_MS)
		return 0;
	if (asked < 0 && now + asked < AWAY_CHECK_MS)
		return not_there(ask, err);
	if (ask->service->check(attempt, ask, err) == 0) {
		atomic_store(&asked_ms[place], FW_MAX(now, 1));
		return 0;
	}
	log_warn(&attempt->log, "provider_not_there", LOG_STR("provider", ask->service->name), LOG_ERR(err));
	atomic_store(&asked_ms[place], -FW_MAX(now, 1));
	return not_there(ask, err);
}
