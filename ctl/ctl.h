/*
 * The command line: one table of commands, one file per command. A command gets its arguments after its own name and
 * returns the exit status: 0 done, 1 failed (with the error set), 2 used wrongly.
 */
#ifndef FW_CTL_CTL_H
#define FW_CTL_CTL_H

#include "lib/base/arena.h"
#include "lib/base/attr.h"
#include "lib/base/conf.h"
#include "lib/base/error.h"
#include "lib/base/log.h"

struct db;

struct ctl {
	const struct conf *conf;
	struct log log;
	struct arena *arena; /* for the whole run */
	struct db *db;	     /* ctl_db() */
};

typedef int command_fn(struct ctl *ctl, int argc, char **argv, struct error *err);

struct command {
	const char *word;
	command_fn *run;
	const char *usage; /* what follows the word */
	const char *help;  /* one line */
};

extern const struct command commands[]; /* ends with a NULL word */

command_fn cmd_ad;	 /* ad.c */
command_fn cmd_demo;	 /* demo.c */
command_fn cmd_doctor;	 /* doctor.c */
command_fn cmd_job;	 /* job.c */
command_fn cmd_keys;	 /* keys.c */
command_fn cmd_migrate;	 /* migrate.c */
command_fn cmd_provider; /* provider.c */
command_fn cmd_render;	 /* render.c */
command_fn cmd_schema;	 /* schema.c */
command_fn cmd_smoke;	 /* smoke.c */
command_fn cmd_top;	 /* top.c */
command_fn cmd_user;	 /* user.c */

/* The operator's connection, opened at its first use and closed by main; NULL with the error set. */
struct db *ctl_db(struct ctl *ctl, struct error *err);

/* Prints the usage of a command to stderr; 2. */
int ctl_usage(const char *word);

/*
 * Options by a table: `--name VALUE`, `--name=VALUE` and `--flag`; what is no option goes into rest. A list option may
 * come several times, and takes all arguments up to the next option (`--pictures a.jpg b.jpg`).
 */
struct option_row {
	const char *name; /* without dashes; NULL ends the table */
	const char **value;
	bool *flag;
	const char **list; /* room for list_max texts */
	size_t list_max;
	size_t *list_count;
};
int ctl_options(int argc, char **argv, const struct option_row *rows, const char **rest, size_t rest_max,
    size_t *ret_rest, struct error *err) MUST_CHECK;

/* One line from standard input without its line end, in the arena; for passwords. */
int ctl_read_line(struct ctl *ctl, const char **ret_line, struct error *err) MUST_CHECK;

#endif
