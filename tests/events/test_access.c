/* events/access.c: who may open a stream, and of which project. */
#include "events/access.h"

#include "lib/db/user.h"
#include "lib/net/secret.h"
#include "tests/harness/db.h"
#include "tests/harness/test_main.h"

#define OWN_PAGE "https://studio.example"
#define NO_SUCH_PROJECT "0f8fad5b-d9cb-469f-a165-70867728950e"

static struct conf *conf;
static struct token_keys *keys;
static struct access_checker checker;
static int ann, bob;
static const char *ann_project, *bob_project;

static int
set_up(void)
{
	struct error err = {0};
	int status = test_db_set_up();

	if (status != 0)
		return status;
	conf = conf_new(CONF_EVENTD);
	if (conf_set(conf, "PUBLIC_APP_URL", OWN_PAGE "/", &err) < 0 ||
	    conf_set(conf, "FRONTEND_URL", "https://front.example", &err) < 0 ||
	    token_keys_single("8f7d0a9be3c24c51b6f0d2a7e9c1435d", &keys, &err) < 0)
		return 1;
	checker = (struct access_checker){
	    .conf = conf, .keys = keys, .db = test_db("framewright_eventd"), .arena = arena_new(MIB)};
	ann = test_db_user("ann@example.org");
	bob = test_db_user("bob@example.org");
	ann_project = test_db_project(ann);
	bob_project = test_db_project(bob);
	return 0;
}

static int
tear_down(void)
{
	arena_free(&checker.arena);
	token_keys_free(&keys);
	conf_free(&conf);
	return test_db_tear_down();
}

/* A good access token, or one whose time is over. */
static const char *
token_until(int user, int64_t lasts_s)
{
	int64_t now = clock_now_s(NULL);
	struct token_claims claims = {.sub = user,
	    .email = "somebody@example.org",
	    .iat = now - 3600,
	    .exp = now + lasts_s,
	    .epoch = test_sql_int("select token_epoch from users where id = %d", user)};
	const char *text = "";
	struct error err = {0};

	CHECK_OK(token_sign(keys, NULL, &claims, test_arena(), &text, &err), &err);
	return text;
}

static const char *
token_of(int user)
{
	return token_until(user, 600);
}

/* A ticket in the table, as a responder would have made it. */
static const char *
ticket_of(int user, const char *project, const char *lasts)
{
	unsigned char digest[HASH_SIZE];
	char text[SECRET_TOKEN_SIZE], hex[HASH_HEX_SIZE];

	secret_token(text);
	secret_token_digest(text, digest);
	hash_hex(digest, hex);
	test_sql("insert into ticket (token_hash, user_id, project_id, expires_at)"
		 " values ('\\x%s', %d, nullif('%s', '')::uuid, now() + interval '%s')",
	    hex, user, project, lasts);
	return arena_strdup(test_arena(), text);
}

static int
check(const struct access_request *request, struct access *ret_access, struct error *err)
{
	*ret_access = (struct access){.user_id = -1};
	return access_check(&checker, request, ret_access, err);
}

static void
passes(const struct access_request *request, int user)
{
	struct access access;
	struct error err = {0};

	CHECK_OK(check(request, &access, &err), &err);
	CHECK_INT(access.user_id, user);
	CHECK(access.until_s > clock_now_s(NULL));
}

static void
refused(const struct access_request *request)
{
	struct access access;
	struct error err = {0};

	CHECK_FAILS(check(request, &access, &err), &err, ERR_UNAUTHORIZED);
	CHECK_INT(access.user_id, -1);
}

#define PUT(request, member, ...) snprintf((request).member, sizeof((request).member), __VA_ARGS__)

TEST(token_comes_as_header_protocol_or_query)
{
	struct access_request header = {0}, lower = {0}, protocol = {0}, query = {0}, nothing = {0};

	PUT(header, authorization, "Bearer %s", token_of(ann));
	passes(&header, ann);
	PUT(lower, authorization, "bearer %s", token_of(bob));
	passes(&lower, bob);
	PUT(protocol, protocol, "bearer, %s", token_of(ann));
	passes(&protocol, ann);
	PUT(query, token, "%s", token_of(bob));
	passes(&query, bob);
	refused(&nothing);
}

TEST(token_that_is_not_good_is_refused)
{
	struct access_request changed = {0}, expired = {0}, ended = {0}, basic = {0}, empty = {0};
	const char *good = token_of(ann);

	PUT(changed, authorization, "Bearer %.*sx", (int)strlen(good) - 1, good);
	refused(&changed);
	PUT(expired, authorization, "Bearer %s", token_until(ann, -60));
	refused(&expired);
	PUT(basic, authorization, "Basic %s", good);
	refused(&basic);
	PUT(empty, authorization, "Bearer ");
	refused(&empty);
	PUT(ended, authorization, "Bearer %s", good);
	passes(&ended, ann);
	test_sql("update users set token_epoch = token_epoch + 1 where id = %d", ann);
	refused(&ended);
	PUT(ended, authorization, "Bearer %s", token_of(ann));
	test_sql("update users set disabled_at = now() where id = %d", ann);
	refused(&ended);
	test_sql("update users set disabled_at = null where id = %d", ann);
	passes(&ended, ann);
}

TEST(ticket_opens_once)
{
	struct access_request any = {0}, one = {0}, late = {0}, unknown = {0};
	struct access access;
	struct error err = {0};

	PUT(any, ticket, "%s", ticket_of(ann, "", "1 minute"));
	passes(&any, ann);
	refused(&any);
	PUT(one, ticket, "%s", ticket_of(ann, ann_project, "1 minute"));
	CHECK_OK(check(&one, &access, &err), &err);
	CHECK_STR(access.only_project, ann_project);
	refused(&one);
	PUT(late, ticket, "%s", ticket_of(ann, "", "-1 second"));
	refused(&late);
	PUT(unknown, ticket, "no-such-ticket");
	refused(&unknown);
}

TEST(ticket_of_a_project_opens_that_project_only)
{
	const char *second = test_db_project(ann);
	struct access_request request = {0};
	struct access access;
	struct error err = {0};

	PUT(request, ticket, "%s", ticket_of(ann, ann_project, "1 minute"));
	CHECK_OK(check(&request, &access, &err), &err);
	CHECK_OK(access_project(&checker, &access, ann_project, &err), &err);
	CHECK_FAILS_CODE(access_project(&checker, &access, second, &err), &err, ERR_NOT_FOUND, "session_not_found");
	access.only_project[0] = '\0';
	CHECK_OK(access_project(&checker, &access, second, &err), &err);
}

TEST(cookie_counts_for_our_own_pages_only)
{
	static const char *const ours[] = {"", OWN_PAGE, "https://front.example", "HTTPS://STUDIO.EXAMPLE"};
	static const char *const foreign[] = {"https://evil.example", OWN_PAGE ".evil.example", OWN_PAGE ":8443",
	    "http://studio.example", "null", "https://studio.exampl"};
	struct access_request request = {0};

	PUT(request, cookie, "theme=dark; session_token=%s; lang=en", token_of(ann));
	for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
		PUT(request, origin, "%s", ours[i]);
		passes(&request, ann);
	}
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++) {
		PUT(request, origin, "%s", foreign[i]);
		refused(&request);
	}
	/* what a page must know to send it is not forged by a foreign page */
	PUT(request, authorization, "Bearer %s", token_of(bob));
	passes(&request, bob);
}

TEST(cookie_of_another_name_is_none)
{
	struct access_request request = {0};

	PUT(request, cookie, "xsession_token=%s", token_of(ann));
	refused(&request);
	PUT(request, cookie, "session_token=; a=b");
	refused(&request);
	PUT(request, cookie, "a=b;session_token=%s", token_of(ann));
	passes(&request, ann);
}

TEST(token_is_renewed_by_its_own_user_only)
{
	struct access_request request = {0};
	struct access access;
	struct error err = {0};

	PUT(request, authorization, "Bearer %s", token_until(ann, 60));
	CHECK_OK(check(&request, &access, &err), &err);
	const int64_t before = access.until_s;

	CHECK_FAILS(access_renew(&checker, token_until(bob, 600), &access, &err), &err, ERR_UNAUTHORIZED);
	CHECK_FAILS(access_renew(&checker, token_until(ann, -60), &access, &err), &err, ERR_UNAUTHORIZED);
	CHECK_FAILS(access_renew(&checker, "nonsense", &access, &err), &err, ERR_UNAUTHORIZED);
	CHECK_INT(access.until_s, before);
	CHECK_INT(access.user_id, ann);
	CHECK_OK(access_renew(&checker, token_until(ann, 600), &access, &err), &err);
	CHECK(access.until_s >= before + 500);
}

/* What is not theirs looks like what does not exist. */
TEST(foreign_project_is_not_found)
{
	const struct access access = {.user_id = ann};
	struct error err = {0}, absent = {0};

	CHECK_OK(access_project(&checker, &access, ann_project, &err), &err);
	CHECK_FAILS_CODE(
	    access_project(&checker, &access, bob_project, &err), &err, ERR_NOT_FOUND, "session_not_found");
	CHECK_FAILS_CODE(
	    access_project(&checker, &access, NO_SUCH_PROJECT, &absent), &absent, ERR_NOT_FOUND, "session_not_found");
	CHECK_STR(error_public_text(&err), error_public_text(&absent));
	CHECK_FAILS_CODE(
	    access_project(&checker, &access, "not-a-project", &err), &err, ERR_NOT_FOUND, "session_not_found");
	test_sql(
	    "insert into project_member (project_id, user_id, role) values ('%s', %d, 'viewer')", bob_project, ann);
	CHECK_OK(access_project(&checker, &access, bob_project, &err), &err);
	test_sql("delete from project_member where project_id = '%s'", bob_project);
	CHECK_FAILS(access_project(&checker, &access, bob_project, &err), &err, ERR_NOT_FOUND);
	test_sql("update project set deleted_at = now() where id = '%s'", bob_project);
	CHECK_FAILS(access_project(&checker, &(struct access){.user_id = bob}, bob_project, &err), &err, ERR_NOT_FOUND);
}

TEST_MAIN_WITH(set_up, tear_down, ROW(token_comes_as_header_protocol_or_query), ROW(token_that_is_not_good_is_refused),
    ROW(ticket_opens_once), ROW(ticket_of_a_project_opens_that_project_only), ROW(cookie_counts_for_our_own_pages_only),
    ROW(cookie_of_another_name_is_none), ROW(token_is_renewed_by_its_own_user_only), ROW(foreign_project_is_not_found))
