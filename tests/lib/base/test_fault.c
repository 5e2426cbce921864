/* lib/base/fault.c; the FAULT macro itself is nothing unless FW_FAULTS is defined. */
#include "tests/harness/test_main.h"

#include <sys/wait.h>

#include "lib/base/fault.h"

TEST(nothing_happens_without_the_variable)
{
	unsetenv("FRAMEWRIGHT_FAULT");
	CHECK(!fault_point("publish"));
}

TEST(error_acts_once_at_its_count)
{
	setenv("FRAMEWRIGHT_FAULT", "other:error,third:error:3", 1);
	CHECK(!fault_point("third"));
	CHECK(!fault_point("third"));
	CHECK(!fault_point("unnamed"));
	CHECK(fault_point("third"));
	CHECK(!fault_point("third"));
	CHECK(fault_point("other"));
}

static int
status_of(const char *fault)
{
	int status;
	const pid_t child = fork();

	if (child == 0) {
		setenv("FRAMEWRIGHT_FAULT", fault, 1);
		fault_point("here");
		_exit(0);
	}
	if (child < 0 || waitpid(child, &status, 0) != child)
		return -1;
	return status;
}

TEST(exit_and_kill_end_the_process)
{
	int status = status_of("here:exit");
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 99);
	status = status_of("here:kill");
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

TEST(nonsense_is_ignored)
{
	CHECK_INT(status_of("here"), 0);
	CHECK_INT(status_of("here:dance"), 0);
	CHECK_INT(status_of("here:exit:x"), 0);
	CHECK_INT(status_of(":::,,,"), 0);
}

TEST_MAIN(ROW(nothing_happens_without_the_variable), ROW(error_acts_once_at_its_count),
    ROW(exit_and_kill_end_the_process), ROW(nonsense_is_ignored))
