/*
 * Queues and providers: what they do, switching them off and on, their limits.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/db/provider.h"

static const char *
number(int64_t value, char text[24])
{
	if (value < 0)
		snprintf(text, 24, "-");
	else
		snprintf(text, 24, "%" PRId64, value);
	return text;
}

static void
print_queue(const struct provider_queue *q)
{
	char inflight[24], owner[24], rate[24] = "-", money[TEXT_MONEY_SIZE] = "-", until[CLOCK_TEXT_SIZE] = "";

	if (q->rate >= 0)
		snprintf(rate, sizeof(rate), "%g", q->rate);
	if (q->cost_per_minute >= 0)
		text_from_money(q->cost_per_minute, money);
	if (q->until != CLOCK_NONE)
		clock_format(q->until, until);
	printf("%-12s %-9s %-9s %7" PRId64 " %8" PRId64 " %8s %6s %9s %8s %8" PRId64 "  %s\n", q->name, q->step,
	    q->state, q->queued, q->inflight, number(q->max_inflight, inflight), rate, number(q->per_owner, owner),
	    money, q->uncertain, until);
}

static int
print_queues(struct ctl *ctl, struct db *db, struct error *err)
{
	const struct provider_queue *queues;
	size_t count;

	if (provider_queues(db, ctl->arena, &queues, &count, err) < 0)
		return -1;
	printf("%-12s %-9s %-9s %7s %8s %8s %6s %9s %8s %8s  %s\n", "name", "step", "state", "queued", "at work",
	    "limit", "per s", "per owner", "$ / min", "in doubt", "until");
	for (size_t i = 0; i < count; i++)
		print_queue(&queues[i]);
	return 0;
}

static int
read_count(const char *name, const char *text, int64_t *ret, struct error *err)
{
	if (text == NULL || text_int(text, 0, INT32_MAX, ret) == 0)
		return 0;
	return error_set(err, ERR_INPUT, "'--%s' is a number, 0 for no limit", name);
}

static int
set_limits(struct db *db, const char *name, const char *const values[4], struct error *err)
{
	struct provider_limits limits = {PROVIDER_KEEP, PROVIDER_KEEP, PROVIDER_KEEP, PROVIDER_KEEP};

	if (read_count("inflight", values[0], &limits.inflight, err) < 0 ||
	    read_count("per-user", values[2], &limits.per_owner, err) < 0)
		return -1;
	if (values[1] != NULL && (text_double(values[1], &limits.rate) < 0 || limits.rate < 0))
		return error_set(err, ERR_INPUT, "'--rate' is a number of starts a second, 0 for no limit");
	if (values[3] != NULL && (text_money(values[3], &limits.cost_per_minute) < 0 || limits.cost_per_minute < 0))
		return error_set(err, ERR_INPUT, "'--cost-per-minute' is an amount of dollars, 0 for no limit");
	return provider_limits_set(db, name, &limits, err);
}

static int
set_budget(struct db *db, const char *text, struct error *err)
{
	int64_t micros;

	if (text_money(text, &micros) < 0 || micros < 0)
		return error_set(err, ERR_INPUT, "'%s' is no amount of dollars", text);
	return provider_resubmit_budget(db, micros, err);
}

int
cmd_provider(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const char *values[4] = {NULL}, *rest[2];
	const struct option_row rows[] = {{.name = "inflight", .value = &values[0]},
	    {.name = "rate", .value = &values[1]}, {.name = "per-user", .value = &values[2]},
	    {.name = "cost-per-minute", .value = &values[3]}, {.name = NULL}};
	struct db *db;
	size_t count;
	int status;

	if (ctl_options(argc, argv, rows, rest, ARRAY_LEN(rest), &count, err) < 0)
		return 2;
	if (count == 0 || (strcmp(rest[0], "list") == 0) != (count == 1))
		return ctl_usage("provider");
	db = ctl_db(ctl, err);
	if (db == NULL)
		return 1;
	if (strcmp(rest[0], "list") == 0)
		status = print_queues(ctl, db, err);
	else if (strcmp(rest[0], "pause") == 0 || strcmp(rest[0], "resume") == 0)
		status = provider_pause(db, rest[1], strcmp(rest[0], "pause") == 0, err);
	else if (strcmp(rest[0], "limit") == 0)
		status = set_limits(db, rest[1], values, err);
	else if (strcmp(rest[0], "budget") == 0)
		status = set_budget(db, rest[1], err);
	else
		return ctl_usage("provider");
	return status < 0 ? 1 : 0;
}
