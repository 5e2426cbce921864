/* lib/base/conf.c and conf_out.c */
#include "tests/harness/test_main.h"

#include <stdarg.h>

#include "lib/base/conf.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

#define GOOD_SECRET "8f7d0a9be3c24c51b6f0d2a7e9c1435d"

/* What main and exec have: writable words up to NULL. */
static char **
words(const char *first, ...)
{
	char **list = ARENA_ARRAY(test_arena(), 16, char *);
	va_list args;

	va_start(args, first);
	for (size_t i = 0; first != NULL && i < 15; first = va_arg(args, const char *))
		list[i++] = arena_strdup(test_arena(), first);
	va_end(args);
	return list;
}

static int
parse(struct conf *conf, const char *text, struct error *err)
{
	return conf_parse(conf, text, strlen(text), "test.conf", err);
}

/* A configuration from a file text and an environment; conf_free it. */
static int
load(enum conf_program program, const char *text, char *const environment[], struct conf **ret_conf, struct error *err)
{
	const char *path = arena_printf(test_arena(), "%s/framewright.conf", test_dir());

	if (path_write(path, text, strlen(text), 0600, err) < 0)
		return -1;
	return conf_load(program, path, environment, ret_conf, err);
}

TEST(defaults_are_typed)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);

	CHECK_INT(conf_int(conf, CONF_API_THREADS), 16);
	CHECK(conf_bool(conf, CONF_DB_PREPARED));
	CHECK_INT(conf_size(conf, CONF_UPLOAD_MAX_IMAGE), 50000000);
	CHECK_INT(conf_seconds(conf, CONF_TOKEN_LIFETIME), 3600);
	CHECK_INT(conf_money(conf, CONF_SESSION_COST_LIMIT), 200 * USD);
	CHECK_STR(conf_str(conf, CONF_JWT_ALGORITHM), "HS256");
	CHECK_STR(conf_source(conf, CONF_API_THREADS), "default");
	CHECK(!conf_is_set(conf, CONF_JWT_SECRET_KEY));
	size_t count = 9;
	CU_ASSERT_PTR_NULL(conf_list(conf, CONF_FRONTEND_URL, &count)[0]);
	CHECK_INT(count, 0);
}

TEST(file_lines_are_read)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
	struct error err;
	size_t count = 0;

	CHECK_OK(parse(conf,
		     "# comment\n\n  API_THREADS = 4 \r\nFRONTEND_URL=https://a.example, https://b.example\n"
		     "PUBLIC_APP_URL=\"https://studio.example\"\nSESSION_COST_LIMIT=1.5\n",
		     &err),
	    &err);
	CHECK_INT(conf_int(conf, CONF_API_THREADS), 4);
	const char *const *list = conf_list(conf, CONF_FRONTEND_URL, &count);
	CHECK_INT(count, 2);
	CHECK_STR(list[1], "https://b.example");
	CHECK_STR(conf_str(conf, CONF_PUBLIC_APP_URL), "https://studio.example");
	CHECK_INT(conf_money(conf, CONF_SESSION_COST_LIMIT), 1500000);
	CHECK_STR(conf_source(conf, CONF_API_THREADS), "test.conf:3");
}

TEST(unknown_names_are_errors_with_their_line)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
	struct error err;

	CHECK_FAILS(parse(conf, "LOG_LEVEL=info\nAPI_THREDS=4\n", &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "test.conf:2: unknown setting 'API_THREDS'");
	CHECK_CONTAINS(err.hint, "did you mean 'API_");
	CHECK_FAILS(parse(conf, "just words\n", &err), &err, ERR_INPUT);
	CHECK_CONTAINS(err.text, "test.conf:1: expected NAME=value");
}

TEST(wrong_values_are_refused)
{
	static const char *const bad[] = {"API_THREADS=0", "API_THREADS=513", "API_THREADS=many",
	    "API_THREADS=", "DB_PREPARED=maybe", "UPLOAD_MAX_IMAGE=-5", "UPLOAD_MAX_IMAGE=1XB", "TOKEN_LIFETIME=10",
	    "TOKEN_LIFETIME=500ms", "STORE_DIR=relative/path", "STORE_DIR=", "SESSION_COST_LIMIT=-1",
	    "SESSION_COST_LIMIT=0.0000001", "PUBLIC_APP_URL=http://\xff"};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
		struct error err;
		CHECK_FAILS(parse(conf, bad[i], &err), &err, ERR_INPUT);
		CHECK_CONTAINS(err.text, "test.conf:1");
	}
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API);
	struct error err;
	CHECK_FAILS(conf_parse(conf, "A\0B", 3, "test.conf", &err), &err, ERR_INPUT);
}

TEST(settings_of_other_programs_are_checked_but_not_kept)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_MEDIA);
	struct error err;

	CHECK_OK(parse(conf, "API_THREADS=4\nDATABASE_URL=postgresql://u:secret@h/db\n", &err), &err);
	CHECK_FAILS(parse(conf, "API_THREADS=0\n", &err), &err, ERR_INPUT);
	CLEANUP(buf_done) struct buf dump = BUF_INIT(64 * KIB);
	conf_dump(conf, &dump);
	CHECK(strstr(buf_str(&dump), "DATABASE_URL") == NULL);
	CHECK(strstr(buf_str(&dump), "secret") == NULL);
}

TEST(environment_wins_over_the_file)
{
	CLEANUP(conf_free) struct conf *conf = NULL;
	char *const *environment = words("API_THREADS=8", "ENV=development", "HOME=/", (const char *)NULL);
	struct error err;

	CHECK_OK(load(CONF_API, "API_THREADS=4\nLOGIN_FAILURES=3\n", environment, &conf, &err), &err);
	CHECK_INT(conf_int(conf, CONF_API_THREADS), 8);
	CHECK_INT(conf_int(conf, CONF_LOGIN_FAILURES), 3);
	CHECK_STR(conf_source(conf, CONF_API_THREADS), "environment");
	CHECK_STR(conf_str(conf, CONF_FW_ENV), "development");
	CHECK(!conf_production(conf));
}

TEST(canonical_name_wins_over_its_alias)
{
	CLEANUP(conf_free) struct conf *conf = NULL;
	char *const *environment = words("ENV=development", "FW_ENV=test", (const char *)NULL);
	struct error err;

	CHECK_OK(load(CONF_API, "", environment, &conf, &err), &err);
	CHECK_STR(conf_str(conf, CONF_FW_ENV), "test");
	CHECK_INT(conf_find("FAL_KEY"), CONF_FAL_API_KEY);
	CHECK_INT(conf_find("LOCAL_PROVIDER_FAULTS"), CONF_LOCAL_FAULTS);
	CHECK_INT(conf_find("FAL"), CONF__COUNT);
}

TEST(named_file_must_exist)
{
	CLEANUP(conf_free) struct conf *conf = NULL;
	struct error err;
	char *const *environment = words("FRAMEWRIGHT_CONFIG=/no/such/file", (const char *)NULL);

	CHECK_FAILS(conf_load(CONF_API, NULL, environment, &conf, &err), &err, ERR_NOT_FOUND);
	CU_ASSERT_PTR_NULL(conf);
}

TEST(secrets_come_from_files_and_credentials)
{
	const char *dir = test_dir();
	struct error err;
	char *secret_file = arena_printf(test_arena(), "JWT_SECRET_KEY_FILE=%s/jwt", dir);
	char *credentials = arena_printf(test_arena(), "CREDENTIALS_DIRECTORY=%s", dir);

	CHECK_OK(path_write(arena_printf(test_arena(), "%s/jwt", dir), GOOD_SECRET "\n", 33, 0600, &err), &err);
	CHECK_OK(
	    path_write(arena_printf(test_arena(), "%s/database_url", dir), "postgresql://x/y", 16, 0600, &err), &err);
	char *const *environment = words("FW_ENV=production", secret_file, credentials, (const char *)NULL);
	CLEANUP(conf_free) struct conf *conf = NULL;
	CHECK_OK(load(CONF_API, "", environment, &conf, &err), &err);
	if (conf != NULL) {
		CHECK_STR(conf_str(conf, CONF_JWT_SECRET_KEY), GOOD_SECRET);
		CHECK_STR(conf_str(conf, CONF_DATABASE_URL), "postgresql://x/y");
		CHECK_STR(conf_source(conf, CONF_DATABASE_URL), "credential");
	}
	/* keys of providers as lines, for the job daemon; a name nobody knows is told with its line */
	CLEANUP(conf_free) struct conf *renderd = NULL, *odd = NULL;
	char *providers = arena_printf(test_arena(), "%s/providers.conf", dir);
	CHECK_OK(path_write(providers, "OPENAI_API_KEY=k1\n", 18, 0600, &err), &err);
	CHECK_OK(load(CONF_RENDERD, "", environment, &renderd, &err), &err);
	if (renderd != NULL)
		CHECK_STR(conf_str(renderd, CONF_OPENAI_API_KEY), "k1");
	CHECK_OK(path_write(providers, "OPENAI_KEY=k1\n", 14, 0600, &err), &err);
	CHECK_FAILS(load(CONF_RENDERD, "", environment, &odd, &err), &err, ERR_INPUT);
	/* As a line of the file, too; and only secrets have this form. */
	CLEANUP(conf_free) struct conf *other = conf_new(CONF_API);
	CHECK_OK(parse(other, secret_file, &err), &err);
	CHECK_STR(conf_str(other, CONF_JWT_SECRET_KEY), GOOD_SECRET);
	CHECK_FAILS(parse(other, "LOG_LEVEL_FILE=/x\n", &err), &err, ERR_INPUT);
	CHECK_FAILS(parse(other, "JWT_SECRET_KEY_FILE=/no/such\n", &err), &err, ERR_NOT_FOUND);
	CHECK_OK(path_write(arena_printf(test_arena(), "%s/two", dir), "a\nb\n", 4, 0600, &err), &err);
	CHECK_FAILS(parse(other, arena_printf(test_arena(), "JWT_SECRET_KEY_FILE=%s/two", dir), &err), &err, ERR_INPUT);
}

/* ADS-299 */
TEST(production_refuses_weak_keys_and_test_switches)
{
	static const struct {
		enum conf_program program;
		const char *text;
		bool good;
	} rows[] = {
	    {CONF_API, "", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET, true},
	    {CONF_EVENTD, "JWT_SECRET_KEY=" GOOD_SECRET, true},
	    {CONF_EVENTD, "", false},
	    {CONF_API, "JWT_KEYS_FILE=/etc/framewright/keys", true},
	    {CONF_API, "JWT_SECRET_KEY=secret", false},
	    {CONF_API, "JWT_SECRET_KEY=changeme-changeme-changeme-changeme", false},
	    {CONF_API, "JWT_SECRET_KEY=your-secret-key-change-in-production", false},
	    {CONF_API, "JWT_SECRET_KEY=aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nJWT_ALGORITHM=none", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nJWT_ALGORITHM=RS256", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nFW_ENV=staging", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nDEMO_ACCOUNT=on", true},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nDEMO_ACCOUNT=on\nPUBLIC_APP_URL=https://studio.example", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nPUBLIC_APP_URL=https://studio.example/", false},
	    {CONF_API, "JWT_SECRET_KEY=" GOOD_SECRET "\nFRONTEND_URL=*", false},
	    {CONF_RENDERD, "", true},
	    {CONF_RENDERD, "LOCAL_FAULTS=image:1:error", false},
	    {CONF_RENDERD, "ALLOW_LOOPBACK_URLS=on", false},
	    {CONF_RENDERD, "FAL_BASE_URL=https://queue.fal.run", true},
	    {CONF_RENDERD, "FAL_BASE_URL=https://queue.fal.example", false},
	    {CONF_RENDERD, "FAL_BASE_URL=http://127.0.0.1:8123", false},
	    {CONF_RENDERD, "FW_ENV=test\nFAL_BASE_URL=http://127.0.0.1:8123", false},
	    {CONF_RENDERD, "FW_ENV=test\nALLOW_LOOPBACK_URLS=on\nFAL_API_URL=http://127.0.0.1:8123", true},
	    {CONF_RENDERD, "FW_ENV=test\nALLOW_LOOPBACK_URLS=on\nFAL_REST_URL=https://keys.example", false},
	    {CONF_RENDERD, "LOCAL_DELAY_MS=5", false},
	    {CONF_RENDERD, "HEARTBEAT=20\nLEASE_TTL=30", false},
	    {CONF_RENDERD, "SESSION_COST_ALERT=300", false},
	    {CONF_RENDERD, "FW_ENV=development\nALLOW_LOOPBACK_URLS=on\nLOCAL_FAULTS=image:1:error", true},
	    {CONF_CTL, "", true},
	    {CONF_MEDIA, "", true},
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		CLEANUP(conf_free) struct conf *conf = NULL;
		struct error err = {0};
		const int result = load(rows[i].program, rows[i].text, NULL, &conf, &err);
		if (rows[i].good)
			CHECK_OK(result, &err);
		else
			CHECK_FAILS(result, &err, ERR_INPUT);
	}
}

TEST(folders_follow_the_store)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_RENDERD);
	struct error err;

	CHECK_OK(parse(conf, "CACHE_DIR=/fast/cache\nSTORE_DIR=/data/store\n", &err), &err);
	CHECK_STR(conf_str(conf, CONF_SCRATCH_DIR), "/data/store/tmp");
	CHECK_STR(conf_str(conf, CONF_CACHE_DIR), "/fast/cache");
	CHECK_OK(conf_set(conf, "STORE_DIR", "/other", &err), &err);
	CHECK_STR(conf_str(conf, CONF_SCRATCH_DIR), "/other/tmp");
	CHECK_FAILS(conf_set(conf, "NO_SUCH", "x", &err), &err, ERR_INPUT);
}

TEST(dump_reads_back_and_masks_secrets)
{
	CLEANUP(conf_free) struct conf *conf = conf_new(CONF_API), *again = conf_new(CONF_API);
	CLEANUP(buf_done) struct buf dump = BUF_INIT(64 * KIB);
	struct error err;

	CHECK_OK(
	    parse(conf, "API_THREADS=5\nJWT_SECRET_KEY=" GOOD_SECRET "\nDATABASE_URL=postgresql://u:pw@h/d\n", &err),
	    &err);
	conf_dump(conf, &dump);
	CHECK_CONTAINS(buf_str(&dump), "API_THREADS=\"5\"");
	CHECK_CONTAINS(buf_str(&dump), "# JWT_SECRET_KEY (set)");
	CHECK(strstr(buf_str(&dump), GOOD_SECRET) == NULL);
	CHECK(strstr(buf_str(&dump), ":pw@") == NULL);
	CHECK_OK(conf_parse(again, buf_str(&dump), dump.len, "dump", &err), &err);
	CHECK_INT(conf_int(again, CONF_API_THREADS), 5);
}

TEST(help_names_every_setting_of_the_program)
{
	CLEANUP(buf_done) struct buf help = BUF_INIT(64 * KIB);

	conf_help(CONF_RENDERD, &help);
	for (int key = 0; key < CONF__COUNT; key++) {
		const struct conf_row *row = conf_row((enum conf_key)key);
		const bool listed = strstr(buf_str(&help), arena_printf(test_arena(), "  %s ", row->name)) != NULL;
		CHECK_INT(listed, (row->programs & CONF_RENDERD) != 0);
		CHECK(row->help[0] != '\0');
	}
}

TEST(table_names_are_unique)
{
	for (int key = 0; key < CONF__COUNT; key++) {
		CHECK_INT(conf_find(conf_row((enum conf_key)key)->name), key);
		CHECK(!text_ends(conf_row((enum conf_key)key)->name, "_FILE") || key == CONF_JWT_KEYS_FILE ||
		      key == CONF_CA_FILE);
	}
}

TEST(options_are_shared)
{
	CLEANUP(conf_free) struct conf *conf = NULL;
	struct error err;
	int next = 0;
	const char *path = arena_printf(test_arena(), "%s/c.conf", test_dir());
	char **good = words("prog", "--config", path, "run", (const char *)NULL);
	char **lost = words("prog", "--config", (const char *)NULL);
	char **check = words("prog", "--check-config", "--config", path, (const char *)NULL);

	CHECK_OK(path_write(path, "FW_ENV=test\nRENDERD_SLOTS=3\n", 28, 0600, &err), &err);
	CHECK_INT(conf_args(CONF_RENDERD, "usage", 4, good, &conf, &next, &err), 0);
	CHECK_INT(next, 3);
	CHECK_INT(conf_int(conf, CONF_RENDERD_SLOTS), 3);
	conf_free(&conf);
	CHECK_FAILS(conf_args(CONF_RENDERD, "usage", 2, lost, &conf, &next, &err), &err, ERR_INPUT);
	CHECK_INT(conf_args(CONF_RENDERD, "usage", 4, check, &conf, &next, &err), 1);
	CU_ASSERT_PTR_NULL(conf);
}

TEST_MAIN(ROW(defaults_are_typed), ROW(file_lines_are_read), ROW(unknown_names_are_errors_with_their_line),
    ROW(wrong_values_are_refused), ROW(settings_of_other_programs_are_checked_but_not_kept),
    ROW(environment_wins_over_the_file), ROW(canonical_name_wins_over_its_alias), ROW(named_file_must_exist),
    ROW(secrets_come_from_files_and_credentials), ROW(production_refuses_weak_keys_and_test_switches),
    ROW(folders_follow_the_store), ROW(dump_reads_back_and_masks_secrets), ROW(help_names_every_setting_of_the_program),
    ROW(table_names_are_unique), ROW(options_are_shared))
