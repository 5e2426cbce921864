/*
 * Settings of all programs from one table (settings.def).
 *
 * A value comes from the last of these that has it: the table's default, the file (KEY=value lines), the environment,
 * and for secrets <NAME>_FILE or $CREDENTIALS_DIRECTORY/<name in lower case>. An unknown key in the file is an error
 * with its line: a typo must not be silently lost. Values that another program reads are checked too but not kept.
 *
 * A program may only read settings that list it; anything else is our own mistake and asserts. So does reading with the
 * wrong type.
 */
#ifndef FW_BASE_CONF_H
#define FW_BASE_CONF_H

#include "lib/base/attr.h"
#include "lib/base/buf.h"
#include "lib/base/error.h"
#include "lib/base/log.h"

#ifndef FW_SYSCONFDIR
#define FW_SYSCONFDIR "/etc/framewright"
#endif
#ifndef FW_DATADIR
#define FW_DATADIR "/usr/share/framewright"
#endif
#ifndef FW_LOCALSTATEDIR
#define FW_LOCALSTATEDIR "/var/lib/framewright"
#endif

/* Bits: which programs read a setting. */
enum conf_program {
	CONF_API = 1,
	CONF_RENDERD = 2,
	CONF_MEDIA = 4,
	CONF_EVENTD = 8,
	CONF_CTL = 16,
	CONF_ALL_DB = CONF_API | CONF_RENDERD | CONF_EVENTD | CONF_CTL,
	CONF_ALL = CONF_ALL_DB | CONF_MEDIA,
};

enum conf_type {
	CONF_TYPE_STR,
	CONF_TYPE_INT,
	CONF_TYPE_BOOL,
	CONF_TYPE_PATH,	    /* absolute, or empty where the default is empty */
	CONF_TYPE_SIZE,	    /* bytes */
	CONF_TYPE_DURATION, /* seconds */
	CONF_TYPE_LIST,	    /* separated by commas or white space */
	CONF_TYPE_MONEY,    /* micro-dollars */
	CONF_TYPE__COUNT
};

#define CONF_SECRET 1u

/* CONF_DATABASE_URL and so on. */
enum conf_key {
#define SETTING(name, type, def, min, max, programs, flags, aliases, help) CONF_##name,
#include "lib/base/settings.def"
#undef SETTING
	CONF__COUNT
};

struct conf_row {
	const char *name;
	enum conf_type type;
	const char *fallback;
	int64_t min, max;
	unsigned programs;
	unsigned flags;
	const char *aliases;
	const char *help;
};

struct conf;

/* The table's row; for documentation tools. */
const struct conf_row *conf_row(enum conf_key key) RETURNS_NONNULL;
/* By name or alias; CONF__COUNT when unknown. */
enum conf_key conf_find(const char *name);

/*
 * Loads everything and runs conf_check(). `file` NULL: $FRAMEWRIGHT_CONFIG, else FW_SYSCONFDIR/framewright.conf if it
 * exists; a named file must exist. `environment` is NULL-terminated NAME=value, or NULL for none.
 */
int conf_load(enum conf_program program, const char *file, char *const environment[], struct conf **ret_conf,
    struct error *err) MUST_CHECK;
/* Defaults only, FW_ENV=test; for tests and fuzzing. Not checked. */
struct conf *conf_new(enum conf_program program) RETURNS_NONNULL;
/* Wipes secrets. */
void conf_free(struct conf **conf);

/* As if the file had said name=value. */
int conf_set(struct conf *conf, const char *name, const char *value, struct error *err) MUST_CHECK;
/* Reads KEY=value lines; `name` appears in error texts as "name:line". */
int conf_parse(struct conf *conf, const char *text, size_t len, const char *name, struct error *err) MUST_CHECK;
/* What no single value shows: production without weak secrets and test switches, HS256 only, heartbeat well below the
 * lease. */
int conf_check(const struct conf *conf, struct error *err) MUST_CHECK;

/* All strings and lists live as long as conf. Never NULL; "" when unset. SCRATCH_DIR and CACHE_DIR are already filled
 * in. */
const char *conf_str(const struct conf *conf, enum conf_key key) RETURNS_NONNULL; /* STR and PATH */
int64_t conf_int(const struct conf *conf, enum conf_key key);
bool conf_bool(const struct conf *conf, enum conf_key key);
int64_t conf_size(const struct conf *conf, enum conf_key key);
int64_t conf_seconds(const struct conf *conf, enum conf_key key);
int64_t conf_money(const struct conf *conf, enum conf_key key);
/* NULL-terminated; ret_count may be NULL. */
const char *const *conf_list(const struct conf *conf, enum conf_key key, size_t *ret_count) RETURNS_NONNULL;
bool conf_is_set(const struct conf *conf, enum conf_key key); /* not empty */
bool conf_production(const struct conf *conf);
/* "default", "file:12", "environment" or "credential"; borrowed. */
const char *conf_source(const struct conf *conf, enum conf_key key) RETURNS_NONNULL;
/* Sets the level of LOG_LEVEL. */
void conf_apply_log(const struct conf *conf, struct log *log);

/* KEY=value lines that conf_parse reads back, sources as comments; secrets show as "(set)" in a comment. */
void conf_dump(const struct conf *conf, struct buf *buf);
/* The settings a program reads, with defaults and help, for --help. */
void conf_help(enum conf_program program, struct buf *buf);

/*
 * The options all programs share: --config FILE, --check-config, --dump-config, --version, --help (usage is printed
 * above the settings). Returns 1 when the program should end at once with status 0, 0 to go on with *ret_conf and
 * argv[*ret_next] the first argument that is not ours, -1 on error. Reads the process's environment.
 */
int conf_args(enum conf_program program, const char *usage, int argc, char **argv, struct conf **ret_conf,
    int *ret_next, struct error *err) MUST_CHECK;

#endif
