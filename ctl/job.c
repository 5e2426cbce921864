#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/base/clock.h"
#include "lib/base/text.h"
#include "lib/db/job.h"

static void
print_line(const struct job_view *job)
{
	char created[CLOCK_TEXT_SIZE];

	printf("%s  %-16s %-15s %3.0f %%  attempt %d/%d  %s\n", job->public_id, job->kind, job->state,
	    job->progress * 100, job->attempt, job->max_attempts, clock_format(job->created_at, created));
}

static int
print_list(struct ctl *ctl, const struct job_filter *filter, struct error *err)
{
	struct db *db = ctl_db(ctl, err);
	struct job_view *jobs;
	size_t count;

	if (db == NULL || job_list(db, ctl->arena, filter, &jobs, &count, err) < 0)
		return -1;
	for (size_t i = 0; i < count; i++)
		print_line(&jobs[i]);
	return 0;
}

static void
print_time(const char *name, int64_t us)
{
	char text[CLOCK_TEXT_SIZE];

	if (us != CLOCK_NONE)
		printf("%-10s %s\n", name, clock_format(us, text));
}

static int
print_one(struct ctl *ctl, const char *id, struct error *err)
{
	struct db *db = ctl_db(ctl, err);
	char money[TEXT_MONEY_SIZE];
	struct job_view job;

	if (db == NULL || job_load(db, ctl->arena, id, &job, err) < 0)
		return -1;
	print_line(&job);
	printf("%-10s %s\n%-10s %s\n%-10s $%s\n", "state", job.raw_state, "project", job.project_id, "cost",
	    text_from_money(job.price_micros, money));
	print_time("created", job.created_at);
	print_time("started", job.started_at);
	print_time("finished", job.finished_at);
	if (job.request_id != NULL)
		printf("%-10s %s\n", "request", job.request_id);
	if (job.error != NULL)
		printf("%-10s %s\n", "error", job.error);
	if (job.result != NULL)
		printf("%-10s %s\n", "result", job.result);
	return 0;
}

static int
act(struct ctl *ctl, const char *id, int (*action)(struct db *, const char *, struct error *), struct error *err)
{
	struct db *db = ctl_db(ctl, err);

	if (db == NULL || action(db, id, err) < 0)
		return -1;
	return print_one(ctl, id, err);
}

/* What is done about a job that needs attention, by its word here and in the API. */
static int
decide(struct ctl *ctl, const char *word, const char *id, const char *wait, struct error *err)
{
	static const char *const words[][2] = {
	    {"look-up", "look_up"}, {"wait", "wait"}, {"resubmit", "resubmit"}, {"give-up", "give_up"}};
	int64_t wait_s = 3600;
	struct db *db;
	size_t i = 0;

	while (i < ARRAY_LEN(words) && strcmp(words[i][0], word) != 0)
		i++;
	if (i == ARRAY_LEN(words))
		return ctl_usage("job");
	if (wait != NULL && text_duration_s(wait, &wait_s) < 0) {
		error_set(err, ERR_INPUT, "'--for' is a time such as 30m or 2h");
		return 2;
	}
	db = ctl_db(ctl, err);
	if (db == NULL || job_attention(db, id, words[i][1], wait_s, err) < 0)
		return 1;
	return print_one(ctl, id, err) < 0 ? 1 : 0;
}

/* As the API names them; a typo must not look like an empty queue. */
static int
check_filter(const struct job_filter *filter, struct error *err)
{
	static const char *const states[] = {
	    "queued", "running", "waiting", "needs_attention", "succeeded", "partial", "failed", "cancelled"};
	size_t i = 0;

	while (filter->state != NULL && i < ARRAY_LEN(states) && strcmp(states[i], filter->state) != 0)
		i++;
	if (i == ARRAY_LEN(states)) {
		error_set(err, ERR_INPUT, "'%s' is no state of a job", filter->state);
		error_hint(err, "queued, running, waiting, needs_attention, succeeded, partial, failed or cancelled");
		return -1;
	}
	if (filter->project_id != NULL && !id_is_uuid(filter->project_id))
		return error_set(err, ERR_INPUT, "'%s' is no id of a project", filter->project_id);
	return 0;
}

int
cmd_job(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	struct job_filter filter = {.limit = 50};
	const char *limit = NULL, *wait = NULL, *rest[2];
	const struct option_row rows[] = {{.name = "state", .value = &filter.state},
	    {.name = "kind", .value = &filter.kind}, {.name = "project", .value = &filter.project_id},
	    {.name = "limit", .value = &limit}, {.name = "for", .value = &wait}, {.name = NULL}};
	size_t count;
	int status;

	if (ctl_options(argc, argv, rows, rest, ARRAY_LEN(rest), &count, err) < 0 || check_filter(&filter, err) < 0)
		return 2;
	if (limit != NULL) {
		int64_t number;

		if (text_int(limit, 1, 200, &number) < 0) {
			error_set(err, ERR_INPUT, "'--limit' is a number from 1 to 200");
			return 2;
		}
		filter.limit = (int)number;
	}
	if (count == 1 && strcmp(rest[0], "list") == 0)
		status = print_list(ctl, &filter, err);
	else if (count == 2 && strcmp(rest[0], "show") == 0)
		status = print_one(ctl, rest[1], err);
	else if (count == 2 && strcmp(rest[0], "retry") == 0)
		status = act(ctl, rest[1], job_retry, err);
	else if (count == 2 && strcmp(rest[0], "cancel") == 0)
		status = act(ctl, rest[1], job_cancel, err);
	else if (count == 2)
		return decide(ctl, rest[0], rest[1], wait, err);
	else
		return ctl_usage("job");
	return status < 0 ? 1 : 0;
}
