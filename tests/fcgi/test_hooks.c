/* fcgi/api/hooks.c: what a provider tells us is believed when it is signed. The signed message is the test vector of
 * the provider's card. */
#include "tests/fcgi/fake.h"

#define SIGNED_AT 1700000000
#define BODY \
	"{\"request_id\":\"11111111-2222-3333-4444-555555555555\",\"gateway_request_id\":\"11111111-2222-3333-4444-" \
	"555555555555\",\"status\":\"OK\",\"payload\":{\"video\":{\"url\":\"https://cdn.test/a.mp4\"}}}"
#define SIGNATURE \
	"9740282a87769ef51de15b83f21a6bef8e3ef25641e018261d6cc29f2c569c0935588bf4ed9c001ee121f52b6fd1b1b6e5a6928af028" \
	"779a" \
	"c0f08b8e1be4a702"

static struct answer
hook(const char *ref, const char *body, const char *signature, int64_t now_s)
{
	static struct clock then;
	const struct clock *real = fake_app()->clock;
	const struct call call = {.method = "POST",
	    .path = arena_printf(test_arena(), "/api/v1/hooks/fal/%s", ref),
	    .body = body,
	    .anonymous = true,
	    .headers = {{"HTTP_X_FAL_WEBHOOK_REQUEST_ID", "11111111-2222-3333-4444-555555555555"},
		{"HTTP_X_FAL_WEBHOOK_USER_ID", "user_demo_1"}, {"HTTP_X_FAL_WEBHOOK_TIMESTAMP", "1700000000"},
		{"HTTP_X_FAL_WEBHOOK_SIGNATURE", signature}}};
	struct answer answer;

	fake_reset();
	clock_fixed(&then, now_s * CLOCK_SECOND_US);
	fake_app()->clock = &then;
	answer = fake_serve(&call);
	fake_app()->clock = real;
	return answer;
}

TEST(signed_message_wakes_its_call)
{
	const struct answer a = hook(FAKE_JOB, BODY, SIGNATURE, SIGNED_AT + 10);

	CHECK_INT(a.status, 200);
	CHECK(fake_called("providercall_webhook"));
}

TEST(unknown_reference_is_404)
{
	CHECK_PROBLEM(hook(FAKE_SESSION, BODY, SIGNATURE, SIGNED_AT), 404, "not_found");
}

TEST(changed_or_unsigned_message_wakes_nothing_and_asks_for_fresh_keys)
{
	const struct {
		const char *body, *signature;
	} rows[] = {
	    {BODY " ", SIGNATURE},
	    {BODY, ""},
	    {BODY, "zz"},
	    {BODY, "000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000000"
		   "00000"
		   "000000000000000000000000"},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CHECK_PROBLEM(hook(FAKE_JOB, rows[i].body, rows[i].signature, SIGNED_AT), 401, "bad_signature");
		CHECK(!fake_called("providercall_webhook"));
	}
	CHECK(fake_called("provider_keys_want"));
}

TEST(old_message_is_not_believed)
{
	CHECK_PROBLEM(hook(FAKE_JOB, BODY, SIGNATURE, SIGNED_AT + 301), 401, "bad_signature");
	CHECK_PROBLEM(hook(FAKE_JOB, BODY, SIGNATURE, SIGNED_AT - 301), 401, "bad_signature");
}

TEST(decision_about_a_job_is_checked)
{
	const char *path = "/api/v1/jobs/" FAKE_JOB "/attention";

	fake_reset();
	CHECK_INT(fake_post(path, "{\"action\":\"give_up\"}").status, 200);
	CHECK(fake_called("job_attention"));
	CHECK_PROBLEM(fake_post(path, "{\"action\":\"shrug\"}"), 422, "validation_error");
	CHECK_PROBLEM(fake_post(path, "{\"action\":\"wait\",\"wait\":5}"), 422, "validation_error");
	CHECK_PROBLEM(fake_post(path, "{}"), 422, "validation_error");
}

TEST_MAIN(ROW(signed_message_wakes_its_call), ROW(unknown_reference_is_404),
    ROW(changed_or_unsigned_message_wakes_nothing_and_asks_for_fresh_keys), ROW(old_message_is_not_believed),
    ROW(decision_about_a_job_is_checked))
