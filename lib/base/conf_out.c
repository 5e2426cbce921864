/*
 * Reading, checking and showing settings that are loaded, and the options all programs share.
 */
#include "lib/base/conf.h"

#include <assert.h>
#include <inttypes.h>

#include "lib/base/conf_priv.h"
#include "lib/base/text.h"

#define JWT_SECRET_MIN 32

extern char **environ;

static const struct conf_value *
value_of(const struct conf *conf, enum conf_key key)
{
	assert((unsigned)key < CONF__COUNT);
	assert((conf_row(key)->programs & conf->program) != 0);
	return &conf->values[key];
}

static int64_t
number_of(const struct conf *conf, enum conf_key key, enum conf_type type)
{
	assert(conf_row(key)->type == type);
	return value_of(conf, key)->number;
}

const char *
conf_str(const struct conf *conf, enum conf_key key)
{
	assert(conf_row(key)->type == CONF_TYPE_STR || conf_row(key)->type == CONF_TYPE_PATH);
	return value_of(conf, key)->text;
}

int64_t
conf_int(const struct conf *conf, enum conf_key key)
{
	return number_of(conf, key, CONF_TYPE_INT);
}

bool
conf_bool(const struct conf *conf, enum conf_key key)
{
	return number_of(conf, key, CONF_TYPE_BOOL) != 0;
}

int64_t
conf_size(const struct conf *conf, enum conf_key key)
{
	return number_of(conf, key, CONF_TYPE_SIZE);
}

int64_t
conf_seconds(const struct conf *conf, enum conf_key key)
{
	return number_of(conf, key, CONF_TYPE_DURATION);
}

int64_t
conf_money(const struct conf *conf, enum conf_key key)
{
	return number_of(conf, key, CONF_TYPE_MONEY);
}

const char *const *
conf_list(const struct conf *conf, enum conf_key key, size_t *ret_count)
{
	const struct conf_value *value = value_of(conf, key);
	size_t count = 0;

	assert(conf_row(key)->type == CONF_TYPE_LIST);
	while (value->list[count] != NULL)
		count++;
	if (ret_count != NULL)
		*ret_count = count;
	return value->list;
}

bool
conf_is_set(const struct conf *conf, enum conf_key key)
{
	return value_of(conf, key)->text[0] != '\0';
}

bool
conf_production(const struct conf *conf)
{
	return strcmp(conf_str(conf, CONF_FW_ENV), "production") == 0;
}

const char *
conf_source(const struct conf *conf, enum conf_key key)
{
	return value_of(conf, key)->source;
}

void
conf_apply_log(const struct conf *conf, struct log *log)
{
	if (log_level_parse(conf_str(conf, CONF_LOG_LEVEL), &log->level) < 0)
		log->level = LOG_LEVEL_INFO;
}

/* ---- what no single value shows ---- */

/* Whether this program reads the setting at all. */
static bool
has(const struct conf *conf, enum conf_key key)
{
	return (conf_row(key)->programs & conf->program) != 0;
}

static int
check_words(const struct conf *conf, struct error *err)
{
	static const struct {
		enum conf_key key;
		const char *words[6];
	} known[] = {
	    {CONF_FW_ENV, {"production", "development", "test"}},
	    {CONF_LOG_LEVEL, {"error", "warn", "info", "debug"}},
	    {CONF_LOCAL_PRICES, {"table", "zero"}},
	    {CONF_JWT_ALGORITHM, {"HS256"}},
	};

	for (size_t i = 0; i < ARRAY_LEN(known); i++) {
		bool found = !has(conf, known[i].key);
		for (const char *const *word = known[i].words; !found && *word != NULL; word++)
			found = strcmp(conf_str(conf, known[i].key), *word) == 0;
		if (!found)
			return error_set(err, ERR_INPUT, "setting '%s' must be %s", conf_row(known[i].key)->name,
			    conf_row(known[i].key)->help);
	}
	return 0;
}

static bool
is_origin(const char *url)
{
	const char *host = text_starts(url, "https://") ? url + 8 : text_starts(url, "http://") ? url + 7 : "";

	return *host != '\0' && strpbrk(host, "/?#@ \\") == NULL;
}

static bool
is_loopback_url(const char *url)
{
	static const char *const hosts[] = {"127.0.0.1", "localhost", "[::1]"};
	const char *host = strstr(url, "://");

	for (size_t i = 0; host != NULL && i < ARRAY_LEN(hosts); i++) {
		const size_t len = strlen(hosts[i]);
		if (strncmp(host + 3, hosts[i], len) == 0 && (host[3 + len] == ':' || host[3 + len] == '\0'))
			return true;
	}
	return false;
}

static int
check_addresses(const struct conf *conf, struct error *err)
{
	if (has(conf, CONF_PUBLIC_APP_URL) && !is_origin(conf_str(conf, CONF_PUBLIC_APP_URL)))
		return error_set(err, ERR_INPUT, "setting 'PUBLIC_APP_URL' must look like https://studio.example.org");
	if (has(conf, CONF_FRONTEND_URL))
		for (const char *const *url = conf_list(conf, CONF_FRONTEND_URL, NULL); *url != NULL; url++)
			if (!is_origin(*url))
				return error_set(err, ERR_INPUT,
				    "setting 'FRONTEND_URL': '%s' is not an origin such as https://studio.example.org",
				    *url);
	if (has(conf, CONF_DEMO_ACCOUNT) && conf_bool(conf, CONF_DEMO_ACCOUNT) &&
	    !is_loopback_url(conf_str(conf, CONF_PUBLIC_APP_URL)))
		return error_set(err, ERR_INPUT, "the demo account is for installations on loopback only");
	return 0;
}

/* A provider's key goes to the provider only: its address may be changed to a stand-in on loopback, and to nothing
 * else. */
static int
check_providers(const struct conf *conf, struct error *err)
{
	static const enum conf_key keys[] = {CONF_FAL_BASE_URL, CONF_FAL_API_URL, CONF_FAL_REST_URL};

	for (size_t i = 0; i < ARRAY_LEN(keys); i++) {
		const struct conf_row *row = conf_row(keys[i]);

		if (!has(conf, keys[i]) || strcmp(conf_str(conf, keys[i]), row->fallback) == 0)
			continue;
		if (!is_loopback_url(conf_str(conf, keys[i])) || !conf_bool(conf, CONF_ALLOW_LOOPBACK_URLS)) {
			error_set(err, ERR_INPUT, "setting '%s' may only be '%s'", row->name, row->fallback);
			error_hint(
			    err, "a stand-in on loopback needs ALLOW_LOOPBACK_URLS=on, which production refuses");
			return error_fail();
		}
	}
	return 0;
}

/* Passwords of examples, and one character over and over. */
static bool
is_weak_secret(const char *secret)
{
	static const char *const known[] = {"secret", "changeme", "change-me", "change_me", "your-secret",
	    "your_secret", "default", "example", "password", "dev-"};

	if (strlen(secret) < JWT_SECRET_MIN || strspn(secret, (char[]){secret[0], '\0'}) == strlen(secret))
		return true;
	for (size_t i = 0; i < ARRAY_LEN(known); i++)
		if (strncasecmp(secret, known[i], strlen(known[i])) == 0)
			return true;
	return false;
}

static int
check_keys(const struct conf *conf, struct error *err)
{
	if (!has(conf, CONF_JWT_SECRET_KEY) || conf->program == CONF_CTL || conf_is_set(conf, CONF_JWT_KEYS_FILE))
		return 0;
	const char *secret = conf_str(conf, CONF_JWT_SECRET_KEY);
	if (!is_weak_secret(secret))
		return 0;
	error_set(err, ERR_INPUT,
	    secret[0] == '\0' ? "production needs JWT_KEYS_FILE" : "the JWT secret is too short or a known default");
	error_hint(err, "make a key with: framewright keys new FILE, and name the file in JWT_KEYS_FILE");
	return error_fail();
}

static int
check_production(const struct conf *conf, struct error *err)
{
	static const enum conf_key switches[] = {CONF_ALLOW_LOOPBACK_URLS, CONF_LOCAL_FAULTS, CONF_LOCAL_DELAY_MS};

	for (size_t i = 0; i < ARRAY_LEN(switches); i++) {
		if (!has(conf, switches[i]))
			continue;
		const struct conf_value *value = value_of(conf, switches[i]);
		if (value->number != 0)
			return error_set(err, ERR_INPUT, "%s: setting '%s' is refused in production", value->source,
			    conf_row(switches[i])->name);
	}
	return check_keys(conf, err);
}

int
conf_check(const struct conf *conf, struct error *err)
{
	if (check_words(conf, err) < 0 || check_addresses(conf, err) < 0 || check_providers(conf, err) < 0)
		return -1;
	if (has(conf, CONF_HEARTBEAT) && conf_seconds(conf, CONF_HEARTBEAT) * 2 >= conf_seconds(conf, CONF_LEASE_TTL))
		return error_set(err, ERR_INPUT, "HEARTBEAT must be less than half of LEASE_TTL");
	if (has(conf, CONF_SESSION_COST_ALERT) &&
	    conf_money(conf, CONF_SESSION_COST_ALERT) > conf_money(conf, CONF_SESSION_COST_LIMIT))
		return error_set(err, ERR_INPUT, "SESSION_COST_ALERT must not be above SESSION_COST_LIMIT");
	return conf_production(conf) ? check_production(conf, err) : 0;
}

/* ---- showing ---- */

void
conf_dump(const struct conf *conf, struct buf *buf)
{
	for (int key = 0; key < CONF__COUNT; key++) {
		const struct conf_row *row = conf_row((enum conf_key)key);
		const struct conf_value *value = &conf->values[key];
		if ((row->programs & conf->program) == 0)
			continue;
		if ((row->flags & CONF_SECRET) != 0)
			buf_printf(buf, "# %s (%s) # %s\n", row->name, value->text[0] == '\0' ? "not set" : "set",
			    value->source);
		else
			buf_printf(buf, "# from %s\n%s=\"%s\"\n", value->source, row->name, value->text);
	}
}

void
conf_help(enum conf_program program, struct buf *buf)
{
	for (int key = 0; key < CONF__COUNT; key++) {
		const struct conf_row *row = conf_row((enum conf_key)key);
		if ((row->programs & program) == 0)
			continue;
		buf_printf(buf, "  %-22s %s", row->name, row->help);
		if (row->fallback[0] != '\0')
			buf_printf(buf, " [%s]", row->fallback);
		buf_puts(buf, "\n");
	}
}

/* ---- options ---- */

struct options {
	const char *file;
	bool check, dump, help, version;
};

static int
parse_options(int argc, char **argv, struct options *options, int *ret_next, struct error *err)
{
	int i = 1;

	for (; i < argc && argv[i][0] == '-' && argv[i][1] == '-'; i++) {
		if (strcmp(argv[i], "--config") == 0 && i + 1 < argc)
			options->file = argv[++i];
		else if (text_starts(argv[i], "--config="))
			options->file = argv[i] + strlen("--config=");
		else if (strcmp(argv[i], "--check-config") == 0)
			options->check = true;
		else if (strcmp(argv[i], "--dump-config") == 0)
			options->dump = true;
		else if (strcmp(argv[i], "--help") == 0)
			options->help = true;
		else if (strcmp(argv[i], "--version") == 0)
			options->version = true;
		else if (strcmp(argv[i], "--config") == 0)
			return error_set(err, ERR_INPUT, "option '--config' wants a file");
		else
			break;
	}
	*ret_next = i;
	return 0;
}

static int
show(const struct buf *buf, struct error *err)
{
	if (buf_error(buf, err) < 0)
		return -1;
	if (fputs(buf_str(buf), stdout) == EOF || fflush(stdout) == EOF)
		return error_errno(err, ERR_INTERNAL, "writing to standard output");
	return 1;
}

static int
show_help(enum conf_program program, const char *usage, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(64 * KIB);

	buf_printf(&buf,
	    "%s\n"
	    "Options:\n"
	    "  --config FILE   settings, one NAME=value per line\n"
	    "  --check-config  load the settings, say what is wrong, end\n"
	    "  --dump-config   show the settings in force, secrets masked, end\n"
	    "  --version       show the version, end\n"
	    "  --help          this\n\n"
	    "Settings, from the file or the environment:\n",
	    usage);
	conf_help(program, &buf);
	return show(&buf, err);
}

static int
show_dump(const struct conf *conf, struct error *err)
{
	CLEANUP(buf_done) struct buf buf = BUF_INIT(256 * KIB);

	conf_dump(conf, &buf);
	return show(&buf, err);
}

int
conf_args(enum conf_program program, const char *usage, int argc, char **argv, struct conf **ret_conf, int *ret_next,
    struct error *err)
{
	struct options options = {0};

	if (parse_options(argc, argv, &options, ret_next, err) < 0)
		return -1;
	if (options.help)
		return show_help(program, usage, err);
	if (options.version)
		return printf("framewright %s\n", PACKAGE_VERSION) < 0 ? -1 : 1;

	CLEANUP(conf_free) struct conf *conf = NULL;
	if (conf_load(program, options.file, environ, &conf, err) < 0)
		return -1;
	if (options.dump)
		return show_dump(conf, err);
	if (options.check)
		return 1;
	*ret_conf = conf;
	conf = NULL;
	return 0;
}
