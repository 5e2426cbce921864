/* The dispatcher ring for webhooks out: which addresses are taken, where a key is shown, the log. */
#include "tests/fcgi/fake.h"

#define HOOKS "/api/v1/webhooks"
#define HOOK HOOKS "/" FAKE_JOB

static struct answer
create(const char *url)
{
	return fake_post(HOOKS, arena_printf(test_arena(), "{\"url\":\"%s\",\"types\":[\"final.ready\"]}", url));
}

TEST(an_endpoint_shows_its_key_once)
{
	fake_reset();
	struct answer a = create("https://example.com/hook");

	CHECK_INT(a.status, 201);
	CHECK_SHAPE(a.body, "@Webhook");
	CHECK_CONTAINS(a.body, "\"secret\":\"whsec_");
	CHECK_STR(fake_header(&a, "Cache-Control"), "no-store");
	a = fake_get(HOOKS);
	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, "{items:[@Webhook] next_cursor:str?}");
	CHECK(strstr(a.body, "whsec_") == NULL);
	a = fake_serve(&(struct call){.method = "POST", .path = HOOK "/rotate"});
	CHECK_CONTAINS(a.body, "\"secret\":\"whsec_");
	CHECK_STR(fake_header(&a, "Cache-Control"), "no-store");
}

TEST(addresses_that_may_not_be_called_are_refused)
{
	static const char *const urls[] = {"http://example.com/hook", "https://10.0.0.1/x", "https://127.0.0.1/x",
	    "https://169.254.169.254/latest", "https://[::1]/x", "https://[::ffff:10.1.2.3]/x",
	    "https://u:p@example.com/", "ftp://example.com/x"};

	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		fake_reset();
		const struct answer a = create(urls[i]);

		CHECK_INT(a.status, 422);
		CHECK_JSON_AT(a.body, "/errors/0/pointer", "/url");
		CHECK(!fake_called("webhook_create"));
	}
}

TEST(the_log_is_paged_by_its_ids)
{
	fake_reset();
	struct answer a = fake_serve(&(struct call){.method = "GET", .path = HOOK "/deliveries", .query = "limit=1"});

	CHECK_INT(a.status, 200);
	CHECK_SHAPE(a.body, "{items:[@Delivery] next_cursor:str?}");
	CHECK_JSON_AT(a.body, "/next_cursor", "7");
	a = fake_serve(&(struct call){.method = "GET", .path = HOOK "/deliveries", .query = "cursor=x"});
	CHECK_PROBLEM(a, 422, "validation_error");
}

TEST(what_is_sent_again_is_a_delivery_of_its_own)
{
	fake_reset();
	const struct answer a = fake_serve(&(struct call){.method = "POST", .path = HOOK "/deliveries/7/replay"});

	CHECK_INT(a.status, 202);
	CHECK_JSON_AT(a.body, "/delivery_id", "8");
	CHECK_PROBLEM(
	    fake_serve(&(struct call){.method = "POST", .path = HOOK "/deliveries/x/replay"}), 404, "not_found");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST", .path = HOOKS "/1/ping"}), 404, "not_found");
	CHECK_INT(fake_serve(&(struct call){.method = "POST", .path = HOOK "/ping"}).status, 202);
	CHECK_INT(fake_serve(&(struct call){.method = "DELETE", .path = HOOK}).status, 200);
	CHECK_INT(fake_post(HOOK "/enable", "{\"enabled\":false}").status, 200);
	CHECK_PROBLEM(fake_post(HOOK "/enable", "{}"), 422, "validation_error");
}

TEST(a_refusal_of_the_database_is_the_answer)
{
	fake_reset();
	fake.fail = "webhook_ping";
	(void)error_code(&fake.error, ERR_CONFLICT, "webhook_disabled", "The webhook is switched off.");
	CHECK_PROBLEM(fake_serve(&(struct call){.method = "POST", .path = HOOK "/ping"}), 409, "webhook_disabled");
}

TEST_MAIN(ROW(an_endpoint_shows_its_key_once), ROW(addresses_that_may_not_be_called_are_refused),
    ROW(the_log_is_paged_by_its_ids), ROW(what_is_sent_again_is_a_delivery_of_its_own),
    ROW(a_refusal_of_the_database_is_the_answer))
