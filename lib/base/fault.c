/*
 * The list of faults comes from the environment at each point, so that a forked child obeys it too; passes are counted
 * per process.
 */
#include "lib/base/fault.h"

#include <pthread.h>

#include "lib/base/text.h"

#define FAULTS_MAX 8
#define FAULT_NAME_MAX 48
#define FAULT_EXIT_STATUS 99

/* Test builds only: how often each named point was passed. */
static struct {
	char name[FAULT_NAME_MAX];
	int64_t passes;
} passed[FAULTS_MAX];
static pthread_mutex_t passed_lock = PTHREAD_MUTEX_INITIALIZER;

static int64_t
count_pass(const char *name)
{
	int64_t passes = 0;

	pthread_mutex_lock(&passed_lock);
	for (int i = 0; i < FAULTS_MAX && passes == 0; i++) {
		if (passed[i].name[0] == '\0')
			text_copy(passed[i].name, sizeof(passed[i].name), name);
		if (strcmp(passed[i].name, name) == 0)
			passes = ++passed[i].passes;
	}
	pthread_mutex_unlock(&passed_lock);
	return passes;
}

static bool
act(const char *action)
{
	if (strcmp(action, "exit") == 0)
		_exit(FAULT_EXIT_STATUS);
	if (strcmp(action, "kill") == 0)
		kill(getpid(), SIGKILL);
	else if (strcmp(action, "stop") == 0)
		kill(getpid(), SIGSTOP);
	else if (strcmp(action, "error") == 0)
		return true;
	return false;
}

bool
fault_point(const char *name)
{
	const char *env = getenv("FRAMEWRIGHT_FAULT");
	char list[512];
	char *next = list, *entry;

	if (env == NULL || text_copy(list, sizeof(list), env) < 0)
		return false;
	while ((entry = strsep(&next, ",")) != NULL) {
		const char *fault = strsep(&entry, ":");
		const char *action = strsep(&entry, ":");
		int64_t wanted = 1;

		if (action == NULL || strcmp(fault, name) != 0)
			continue;
		if (entry != NULL && text_int(entry, 1, INT64_MAX, &wanted) < 0)
			return false;
		return count_pass(name) == wanted && act(action);
	}
	return false;
}
