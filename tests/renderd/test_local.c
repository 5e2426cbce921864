#include "renderd/provider/local.h"

#include "tests/harness/test_main.h"

static struct conf *
with_faults(const char *faults)
{
	struct conf *conf = conf_new(CONF_RENDERD);
	struct error err;

	error_clear(&err);
	CHECK_OK(conf_set(conf, "LOCAL_FAULTS", faults, &err), &err);
	return conf;
}

TEST(faults_hit_what_they_name)
{
	struct conf *conf = with_faults("image:2:error,clip:*:timeout:2,plan:1:invalid");

	CHECK_INT(local_fault(conf, "image", 2, 1), LOCAL_FAULT_ERROR);
	CHECK_INT(local_fault(conf, "image", 3, 1), LOCAL_FAULT_NONE);
	CHECK_INT(local_fault(conf, "clip", 5, 2), LOCAL_FAULT_TIMEOUT);
	CHECK_INT(local_fault(conf, "clip", 5, 3), LOCAL_FAULT_NONE);
	CHECK_INT(local_fault(conf, "plan", 1, 9), LOCAL_FAULT_INVALID);
	CHECK_INT(local_fault(conf, "music", 1, 1), LOCAL_FAULT_NONE);
	conf_free(&conf);
}

TEST(faults_ignore_nonsense)
{
	struct conf *conf = with_faults("image,::,image:2,image:2:unknown");

	CHECK_INT(local_fault(conf, "image", 2, 1), LOCAL_FAULT_NONE);
	conf_free(&conf);
}

/* ADS-198, ADS-268 */
TEST(played_failures_say_whether_to_try_again)
{
	struct error err;

	error_clear(&err);
	CHECK_OK(local_play(LOCAL_FAULT_NONE, &err), &err);
	CHECK_FAILS_CODE(local_play(LOCAL_FAULT_TIMEOUT, &err), &err, ERR_PROVIDER, "provider_overloaded");
	CHECK_INT(err.retry_after_s, 30);
	error_clear(&err);
	CHECK_FAILS_CODE(local_play(LOCAL_FAULT_ACCOUNT, &err), &err, ERR_INPUT, "provider_account");
	CHECK(!error_retryable(&err));
}

TEST_MAIN(ROW(faults_hit_what_they_name), ROW(faults_ignore_nonsense), ROW(played_failures_say_whether_to_try_again))
