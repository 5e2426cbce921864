/*
 * Loading settings: defaults, file, environment, credentials; then the checks that no single value shows.
 */
#include "lib/base/conf.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>

#include "lib/base/conf_priv.h"
#include "lib/base/path.h"
#include "lib/base/text.h"

#define CONF_FILE_MAX (256 * KIB)
#define CONF_SECRET_MAX (64 * KIB)

static const struct conf_row rows[CONF__COUNT] = {
#define SETTING(name, type, def, min, max, programs, flags, aliases, help) \
	[CONF_##name] = {#name, CONF_TYPE_##type, def, min, max, programs, flags, aliases, help},
#include "lib/base/settings.def"
#undef SETTING
};

const struct conf_row *
conf_row(enum conf_key key)
{
	assert((unsigned)key < CONF__COUNT);
	return &rows[key];
}

static bool
is_alias(const char *aliases, const char *name)
{
	const size_t len = strlen(name);

	while (*aliases != '\0') {
		const size_t word = strcspn(aliases, " ");
		if (word == len && memcmp(aliases, name, len) == 0)
			return true;
		aliases += word + (aliases[word] == ' ');
	}
	return false;
}

enum conf_key
conf_find(const char *name)
{
	for (int key = 0; key < CONF__COUNT; key++)
		if (strcmp(rows[key].name, name) == 0 || is_alias(rows[key].aliases, name))
			return (enum conf_key)key;
	return CONF__COUNT;
}

/* ---- one value ---- */

static void
value_done(struct conf_value *value)
{
	if (value->text != NULL)
		explicit_bzero(value->text, strlen(value->text));
	free(value->text);
	free(value->list_text);
	*value = (struct conf_value){0};
}

static char *
copy_or_abort(const char *text)
{
	char *copy = strdup(text);

	if (copy == NULL)
		abort();
	return copy;
}

static int
split_list(struct conf_value *value)
{
	size_t count = 0;
	char *next, *item;

	value->list_text = next = copy_or_abort(value->text);
	while ((item = strsep(&next, ", \t")) != NULL) {
		if (*item == '\0')
			continue;
		if (count == CONF_LIST_MAX)
			return -1;
		value->list[count++] = item;
	}
	return 0;
}

static const char *const type_words[CONF_TYPE__COUNT] = {
    [CONF_TYPE_STR] = "a text",
    [CONF_TYPE_INT] = "a whole number",
    [CONF_TYPE_BOOL] = "on or off",
    [CONF_TYPE_PATH] = "an absolute path",
    [CONF_TYPE_SIZE] = "a size such as 50MB or 1GiB",
    [CONF_TYPE_DURATION] = "a duration such as 30s, 5m, 2h or 7d",
    [CONF_TYPE_LIST] = "at most 64 items",
    [CONF_TYPE_MONEY] = "dollars such as 10.00",
};

static int
read_value(struct conf_value *value, const struct conf_row *row)
{
	bool flag;

	switch (row->type) {
	case CONF_TYPE_INT:
		return text_int(value->text, INT64_MIN, INT64_MAX, &value->number);
	case CONF_TYPE_BOOL:
		if (text_bool(value->text, &flag) < 0)
			return -1;
		value->number = flag;
		return 0;
	case CONF_TYPE_SIZE:
		return text_size(value->text, &value->number);
	case CONF_TYPE_DURATION:
		return text_duration_s(value->text, &value->number);
	case CONF_TYPE_MONEY:
		return text_money(value->text, &value->number) < 0 || value->number < 0 ? -1 : 0;
	case CONF_TYPE_LIST:
		return split_list(value);
	case CONF_TYPE_PATH:
		value->number = (int64_t)strlen(value->text);
		return value->text[0] == '/' || (value->text[0] == '\0' && row->fallback[0] == '\0') ? 0 : -1;
	default:
		value->number = (int64_t)strlen(value->text);
		return 0;
	}
}

/* Texts and paths are limited by their length, which read_value left in `number`. */
static bool
in_limits(const struct conf_value *value, const struct conf_row *row)
{
	if (row->type == CONF_TYPE_LIST || row->type == CONF_TYPE_BOOL)
		return true;
	return value->number >= row->min && (row->max == 0 || value->number <= row->max);
}

/* Folders that are below the store unless they are named. */
static void
derive(struct conf *conf, enum conf_key key, const char *part)
{
	struct conf_value *value = &conf->values[key];
	const char *store = conf->values[CONF_STORE_DIR].text;

	if (store == NULL || value->text == NULL || (value->text[0] != '\0' && !value->derived))
		return;
	free(value->text);
	if (asprintf(&value->text, "%s/%s", store, part) < 0)
		abort();
	value->derived = true;
}

int
conf_assign(struct conf *conf, enum conf_key key, const char *text, const char *source, struct error *err)
{
	const struct conf_row *row = &rows[key];
	struct conf_value value = {.text = copy_or_abort(text)};

	if (!text_utf8_valid(text, strlen(text)) || strpbrk(text, "\r\n") != NULL || read_value(&value, row) < 0) {
		value_done(&value);
		return error_set(
		    err, ERR_INPUT, "%s: setting '%s' must be %s", source, row->name, type_words[row->type]);
	}
	if (!in_limits(&value, row)) {
		value_done(&value);
		return error_set(err, ERR_INPUT, "%s: setting '%s' is outside %" PRId64 " to %" PRId64, source,
		    row->name, row->min, row->max == 0 ? INT64_MAX : row->max);
	}
	if ((row->programs & conf->program) == 0) {
		/* Checked all the same; but a program does not even hold what is not its own. */
		value_done(&value);
		return 0;
	}
	text_copy(value.source, sizeof(value.source), source);
	value_done(&conf->values[key]);
	conf->values[key] = value;
	derive(conf, CONF_SCRATCH_DIR, "tmp");
	derive(conf, CONF_CACHE_DIR, "cache");
	return 0;
}

int
conf_set(struct conf *conf, const char *name, const char *value, struct error *err)
{
	const enum conf_key key = conf_find(name);

	if (key == CONF__COUNT)
		return error_set(err, ERR_INPUT, "unknown setting '%s'", name);
	return conf_assign(conf, key, value, "set", err);
}

/* ---- the file ---- */

static char *
trim(char *text)
{
	text += strspn(text, " \t");
	for (size_t len = strlen(text); len > 0 && strchr(" \t\r", text[len - 1]) != NULL; len--)
		text[len - 1] = '\0';
	return text;
}

/* Quotes around the whole value are taken off, as shells and systemd do. */
static char *
unquote(char *text)
{
	const size_t len = strlen(text);

	if (len < 2 || (text[0] != '"' && text[0] != '\'') || text[len - 1] != text[0])
		return text;
	text[len - 1] = '\0';
	return text + 1;
}

static const char *
closest(const char *name)
{
	for (int key = 0; key < CONF__COUNT; key++)
		if (strncasecmp(rows[key].name, name, 5) == 0)
			return rows[key].name;
	return NULL;
}

static int read_secret_file(struct conf *conf, enum conf_key key, const char *path, struct error *err) MUST_CHECK;

static int
assign_named(struct conf *conf, const char *name, const char *value, const char *source, struct error *err)
{
	enum conf_key key = conf_find(name);

	if (key == CONF__COUNT && text_ends(name, "_FILE")) {
		char base[64];
		snprintf(base, sizeof(base), "%.*s", (int)FW_MIN(strlen(name) - 5, sizeof(base) - 1), name);
		key = conf_find(base);
		if (key != CONF__COUNT && (rows[key].flags & CONF_SECRET) != 0)
			return read_secret_file(conf, key, value, err);
		key = CONF__COUNT;
	}
	if (key != CONF__COUNT)
		return conf_assign(conf, key, value, source, err);
	error_set(err, ERR_INPUT, "%s: unknown setting '%s'", source, name);
	if (closest(name) != NULL)
		error_hint(err, "did you mean '%s'?", closest(name));
	return error_fail();
}

static int
parse_line(struct conf *conf, char *line, const char *source, struct error *err)
{
	line = trim(line);
	if (*line == '\0' || *line == '#')
		return 0;
	char *equals = strchr(line, '=');
	if (equals == NULL)
		return error_set(err, ERR_INPUT, "%s: expected NAME=value", source);
	*equals = '\0';
	return assign_named(conf, trim(line), unquote(trim(equals + 1)), source, err);
}

int
conf_parse(struct conf *conf, const char *text, size_t len, const char *name, struct error *err)
{
	char source[CONF_SOURCE_SIZE];

	if (memchr(text, '\0', len) != NULL)
		return error_set(err, ERR_INPUT, "%s: contains a NUL byte", name);
	char *copy = strndup(text, len), *next = copy, *line;
	int result = 0;
	if (copy == NULL)
		abort();
	for (int number = 1; result == 0 && (line = strsep(&next, "\n")) != NULL; number++) {
		snprintf(source, sizeof(source), "%.80s:%d", name, number);
		result = parse_line(conf, line, source, err);
	}
	explicit_bzero(copy, len);
	free(copy);
	return result;
}

/* Reads a file of settings or a secret; its bytes are wiped with the arena's only piece by the caller. */
static int
load_file(struct conf *conf, const char *path, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(2 * CONF_FILE_MAX);
	char *text;
	size_t len;

	if (path_read(arena, path, CONF_FILE_MAX, &text, &len, err) < 0)
		return error_wrap(err, "reading the configuration");
	const int result = conf_parse(conf, text, len, path, err);
	explicit_bzero(text, len);
	return result;
}

/* ---- secrets, environment ---- */

static int
read_secret_file(struct conf *conf, enum conf_key key, const char *path, struct error *err)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(2 * CONF_SECRET_MAX);
	char *text;
	size_t len;

	if ((rows[key].programs & conf->program) == 0)
		return 0;
	if (path_read(arena, path, CONF_SECRET_MAX, &text, &len, err) < 0)
		return error_wrap(err, "reading the secret '%s'", rows[key].name);
	const size_t end = strcspn(text, "\r\n");
	int result = 0;
	if (strspn(text + end, "\r\n") + end != len)
		result = error_set(err, ERR_INPUT, "the file of secret '%s' has more than one line", rows[key].name);
	text[end] = '\0';
	if (result == 0)
		result = conf_assign(conf, key, text, "credential", err);
	explicit_bzero(text, len);
	return result;
}

static const char *
env_get(char *const environment[], const char *name)
{
	const size_t len = strlen(name);

	for (; environment != NULL && *environment != NULL; environment++)
		if (strncmp(*environment, name, len) == 0 && (*environment)[len] == '=')
			return *environment + len + 1;
	return NULL;
}

/* The canonical name wins over its aliases, and those in their order. */
static const char *
env_value(char *const environment[], const struct conf_row *row)
{
	const char *value = env_get(environment, row->name);
	const char *aliases = row->aliases;
	char name[64];

	while (value == NULL && *aliases != '\0') {
		const size_t word = strcspn(aliases, " ");
		snprintf(name, sizeof(name), "%.*s", (int)word, aliases);
		value = env_get(environment, name);
		aliases += word + (aliases[word] == ' ');
	}
	return value;
}

static int
load_credential(struct conf *conf, enum conf_key key, char *const environment[], struct error *err)
{
	const char *folder = env_get(environment, "CREDENTIALS_DIRECTORY");
	char name[80], path[1024];

	snprintf(name, sizeof(name), "%s_FILE", rows[key].name);
	const char *file = env_get(environment, name);
	if (file != NULL)
		return read_secret_file(conf, key, file, err);
	if (folder == NULL || folder[0] != '/')
		return 0;
	snprintf(path, sizeof(path), "%.900s/%s", folder, rows[key].name);
	for (char *c = path + strlen(path) - strlen(rows[key].name); *c != '\0'; c++)
		*c = (char)tolower((unsigned char)*c);
	return access(path, F_OK) == 0 ? read_secret_file(conf, key, path, err) : 0;
}

static int
load_environment(struct conf *conf, char *const environment[], struct error *err)
{
	for (int key = 0; key < CONF__COUNT; key++) {
		const char *value = env_value(environment, &rows[key]);
		if (value != NULL && conf_assign(conf, (enum conf_key)key, value, "environment", err) < 0)
			return -1;
		if ((rows[key].flags & CONF_SECRET) != 0 &&
		    load_credential(conf, (enum conf_key)key, environment, err) < 0)
			return -1;
	}
	return 0;
}

/* ---- whole configurations ---- */

static struct conf *
conf_defaults(enum conf_program program)
{
	struct conf *conf = calloc(1, sizeof(*conf));
	struct error err;

	if (conf == NULL)
		abort();
	conf->program = program;
	for (int key = 0; key < CONF__COUNT; key++) {
		if (conf_assign(conf, (enum conf_key)key, rows[key].fallback, "default", &err) < 0) {
			fprintf(stderr, "settings.def: %s\n", err.text);
			abort();
		}
	}
	return conf;
}

struct conf *
conf_new(enum conf_program program)
{
	struct conf *conf = conf_defaults(program);

	if (conf_assign(conf, CONF_FW_ENV, "test", "default", NULL) < 0)
		abort();
	return conf;
}

void
conf_free(struct conf **conf)
{
	if (*conf == NULL)
		return;
	for (int key = 0; key < CONF__COUNT; key++)
		value_done(&(*conf)->values[key]);
	free(*conf);
	*conf = NULL;
}

/* Keys of providers in a file of their own, which the unit of the job daemon hands over as a credential. */
static int
load_providers(struct conf *conf, char *const environment[], struct error *err)
{
	const char *folder = env_get(environment, "CREDENTIALS_DIRECTORY");
	char path[1024];

	if (folder == NULL || folder[0] != '/')
		return 0;
	snprintf(path, sizeof(path), "%.900s/providers.conf", folder);
	return access(path, F_OK) == 0 ? load_file(conf, path, err) : 0;
}

static int
load_all(struct conf *conf, const char *file, char *const environment[], struct error *err)
{
	if (file == NULL)
		file = env_get(environment, "FRAMEWRIGHT_CONFIG");
	if (file == NULL && access(FW_SYSCONFDIR "/framewright.conf", F_OK) == 0)
		file = FW_SYSCONFDIR "/framewright.conf";
	if (file != NULL && load_file(conf, file, err) < 0)
		return -1;
	if (load_providers(conf, environment, err) < 0)
		return -1;
	if (load_environment(conf, environment, err) < 0)
		return -1;
	return conf_check(conf, err);
}

int
conf_load(
    enum conf_program program, const char *file, char *const environment[], struct conf **ret_conf, struct error *err)
{
	struct conf *conf = conf_defaults(program);

	if (load_all(conf, file, environment, err) < 0) {
		conf_free(&conf);
		return -1;
	}
	*ret_conf = conf;
	return 0;
}
