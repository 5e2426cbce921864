/*
 * Jobs played by a test: a worker of the role framewright_renderd, kinds of its own, and the moves of a daemon.
 */
#ifndef FW_TESTS_LIB_DB_JOB_PLAY_H
#define FW_TESTS_LIB_DB_JOB_PLAY_H

#include "lib/db/job.h"
#include "lib/db/providercall.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

extern int play_owner;
extern const char *play_project;
extern int64_t play_worker;

/* For TEST_MAIN_WITH: a database, an owner with a project, kinds test.plain and test.call, queue "quay" for calls. */
int play_set_up(void);
struct db *play_db(void);
/* No jobs, no budgets but the one for sending again, a fresh project. */
void play_clear(void);

int64_t play_add(const struct job_new *job);
/* Claims at most `count`; the rows live in test_arena(). */
size_t play_claim(enum job_step step, size_t count, const struct job_claimed **ret_jobs);
/* The next call job, or a zeroed one. */
struct job_claimed play_claim_call(void);
/* A call job of the project at queue "quay", claimed. */
struct job_claimed play_call_job(void);
bool play_end(const struct job_claimed *job, enum job_outcome outcome, const char *body);
void play_tick(void);
/* Makes what waits due at once, ticks and claims. */
struct job_claimed play_claim_again(const struct job_claimed *job);

/* An opened call; sent and, with request_id, accepted. */
struct providercall play_open(const struct job_claimed *job);
struct providercall play_sent(const struct job_claimed *job, const char *request_id);

const char *play_state(int64_t job);
int64_t play_money(const char *column);

#endif
