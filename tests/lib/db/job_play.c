#include "tests/lib/db/job_play.h"

#include "lib/db/worker.h"

#define CLAIM_ARENA (16 * MIB)

int play_owner;
const char *play_project;
int64_t play_worker;
static uint32_t counter;

struct db *
play_db(void)
{
	return test_db("framewright_renderd");
}

int
play_set_up(void)
{
	const struct worker_start start = {.host = "test",
	    .program = "renderd",
	    .version = "0",
	    .cost_limit_micros = 50 * USD,
	    .cost_alert_micros = 20 * USD};
	struct error err = {0};
	const int result = test_db_set_up();

	if (result != 0)
		return result;
	play_owner = test_db_user("owner@example.com");
	play_project = test_db_project(play_owner);
	test_sql("insert into job_kind (name, step, max_attempts, timeout_s) values ('test.plain', 'plain', 3, 60), "
		 "('test.call', 'provider', 3, 60);"
		 "insert into provider_limit (name, step, poll_every_ms) values ('quay', 'provider', 1000)");
	return worker_begin(play_db(), &start, &play_worker, &err) == 0 ? 0 : 1;
}

void
play_clear(void)
{
	test_sql("delete from job_lease; delete from job; update project set reserved_micros = 0; delete from budget "
		 "where scope <> 'resubmit'; delete from alarm;"
		 "update budget set spent_micros = 0, reserved_micros = 0, limit_micros = 10000000;"
		 "update job_kind set paused = false;"
		 "update provider_limit set vclock = 0, blocked_until = null, paused = false, failures = 0, open_until "
		 "= null,"
		 " probe_job = null, max_per_owner = null, cost_per_minute = null, doubt_s = 7200, max_inflight = null,"
		 " rate = null where name = 'quay'");
	play_project = test_db_project(play_owner);
}

int64_t
play_add(const struct job_new *job)
{
	char public_id[ID_UUID_SIZE];
	struct error err = {0};
	int64_t id = 0;

	CHECK_OK(job_add(play_db(), job, &id, public_id, &err), &err);
	return id;
}

size_t
play_claim(enum job_step step, size_t count, const struct job_claimed **ret_jobs)
{
	int64_t leases[JOB_CLAIM_MAX];
	const struct job_claimed *jobs = NULL;
	struct job_claim claim = {.worker = play_worker, .step = step, .leases = leases, .count = count};
	struct error err = {0};
	size_t got = 0;

	for (size_t i = 0; i < count; i++)
		leases[i] = worker_lease(play_worker, ++counter);
	CHECK_OK(job_claim(play_db(), test_arena(), &claim, &jobs, &got, &err), &err);
	if (ret_jobs != NULL)
		*ret_jobs = jobs;
	return got;
}

struct job_claimed
play_claim_call(void)
{
	const struct job_claimed *jobs = NULL;

	CHECK_INT(play_claim(JOB_PROVIDER, 1, &jobs), 1);
	return jobs == NULL ? (struct job_claimed){0} : jobs[0];
}

struct job_claimed
play_call_job(void)
{
	(void)play_add(&(struct job_new){
	    .kind = "test.call", .owner_id = play_owner, .project_id = play_project, .provider = "quay"});
	return play_claim_call();
}

bool
play_end(const struct job_claimed *job, enum job_outcome outcome, const char *body)
{
	struct job_end end = {.job = job->id, .lease = job->lease, .outcome = outcome, .body = body, .delay_ms = 0};
	struct error err = {0};

	CHECK_OK(job_end(play_db(), &end, 1, &err), &err);
	return end.applied;
}

void
play_tick(void)
{
	struct job_tick tick;
	struct error err = {0};

	CHECK_OK(job_tick(play_db(), &tick, &err), &err);
}

struct job_claimed
play_claim_again(const struct job_claimed *job)
{
	test_sql("update job set run_at = now() where id = %lld and state = 'waiting';"
		 "update job set next_poll_at = now() where id = %lld and state = 'external'",
	    (long long)job->id, (long long)job->id);
	play_tick();
	return play_claim_call();
}

struct providercall
play_open(const struct job_claimed *job)
{
	const struct providercall_new new = {.job = job->id,
	    .lease = job->lease,
	    .step = "submit",
	    .agent = "video_generator",
	    .provider = "quay",
	    .model = "stable-video-diffusion",
	    .estimate_micros = -1};
	struct providercall call = {0};
	struct error err = {0};

	CHECK_OK(providercall_open(play_db(), &new, &call, &err), &err);
	return call;
}

struct providercall
play_sent(const struct job_claimed *job, const char *request_id)
{
	const struct providercall call = play_open(job);
	struct error err = {0};

	CHECK_OK(providercall_sending(play_db(), call.id, job->lease, &err), &err);
	if (request_id != NULL)
		CHECK_OK(providercall_accepted(play_db(), call.id, request_id, NULL, &err), &err);
	return call;
}

const char *
play_state(int64_t job)
{
	return test_sql_text("select state from job where id = %lld", (long long)job);
}

int64_t
play_money(const char *column)
{
	return test_sql_int("select %s from project where id = '%s'", column, play_project);
}
