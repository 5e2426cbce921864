#include "renderd/step/provider.h"

#include <string.h>
#include <time.h>

#include "lib/base/fault.h"

#define DELAY_SLICE_MS 50

/* What an outside provider would take; for tests of waiting, cancelling and limits. */
static int
simulated_delay(struct attempt *attempt, struct error *err)
{
	int64_t until = clock_boot_ms(NULL) + conf_int(attempt->renderd->conf, CONF_LOCAL_DELAY_MS);

	while (clock_boot_ms(NULL) < until) {
		struct timespec pause = {0, DELAY_SLICE_MS * 1000000L};

		if (attempt_check(attempt, err) < 0)
			return -1;
		nanosleep(&pause, NULL);
	}
	return 0;
}

int
provider_begin_local(struct attempt *attempt, const char *agent, const char *model, struct error *err)
{
	bool free_of_charge = strcmp(conf_str(attempt->renderd->conf, CONF_LOCAL_PRICES), "zero") == 0;
	const struct providercall_new call = {.job = attempt->job.id,
	    .lease = attempt->job.lease,
	    .step = "submit",
	    .agent = agent,
	    .provider = PROVIDER_LOCAL,
	    .model = model,
	    .estimate_micros = free_of_charge ? 0 : -1,
	    .simulated = true};
	struct providercall opened;

	if (attempt_check(attempt, err) < 0)
		return -1;
	if (providercall_open(attempt->db, &call, &opened, err) < 0)
		return error_wrap(err, "opening the call for '%s'", agent);
	attempt->call.agent = agent;
	attempt->call.provider = PROVIDER_LOCAL;
	attempt->call.model = model;
	attempt->call.estimate_micros = opened.estimate_micros;
	if (FAULT("after_intent"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	if (opened.state == PROVIDERCALL_INTENT &&
	    providercall_sending(attempt->db, opened.id, attempt->job.lease, err) < 0)
		return error_wrap(err, "sending the call for '%s'", agent);
	if (FAULT("after_sending"))
		return error_set(err, ERR_UNAVAILABLE, "injected fault");
	return simulated_delay(attempt, err);
}
