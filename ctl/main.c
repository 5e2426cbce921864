/*
 * framewright: what an operator or a user does from a shell.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ctl/ctl.h"
#include "lib/db/db.h"
#include "lib/net/http.h"

#define ARENA_LIMIT (256 * MIB)
#define CTL_ROLE "framewright_ctl"

const struct command commands[] = {
    {"migrate", cmd_migrate, "[--quiet]", "bring the database up to this version (repeatable)"},
    {"user", cmd_user, "add|passwd|list|role|disable|enable|demo ...", "people who may sign in"},
    {"job", cmd_job, "list|show|retry|cancel|look-up|wait|resubmit|give-up ...", "the work in the queue"},
    {"provider", cmd_provider, "list|pause|resume|limit|budget ...", "queues and providers: state, switches, limits"},
    {"top", cmd_top, "[--once]", "what is going on, again every second: daemons, queues, work, money"},
    {"keys", cmd_keys, "new FILE", "a new key that signs access tokens, in front of those that are there"},
    {"doctor", cmd_doctor, "", "check everything a deployment needs, and say what to do"},
    {"ad", cmd_ad, "--scene TEXT --name TEXT --cta TEXT (--prompt TEXT | --pictures FILE...) --output FILE",
	"make a whole product advert through the API"},
    {"demo", cmd_demo, "--output DIR [--url URL]", "two whole adverts and a report of what they cost"},
    {"render", cmd_render,
	"TIMELINE (-o FILM [--preview] | --plan) [--cache DIR] [--profile NAME] [--set NAME=VALUE ...] [--quiet]",
	"make a film from a timeline on this machine, without a server"},
    {"schema", cmd_schema, "", "the JSON Schema of timelines"},
    {"smoke", cmd_smoke, "[--url URL]", "log in, pictures, clips, film, download against a running system"},
    {NULL, NULL, NULL, NULL},
};

static const struct command *
find(const char *word)
{
	for (const struct command *command = commands; command->word != NULL; command++)
		if (strcmp(command->word, word) == 0)
			return command;
	return NULL;
}

int
ctl_usage(const char *word)
{
	const struct command *command = find(word);

	fprintf(stderr, "usage: framewright %s %s\n", word, command == NULL ? "" : command->usage);
	return 2;
}

static int
usage_all(void)
{
	fputs("usage: framewright [--config FILE] COMMAND ...\n\n", stderr);
	for (const struct command *command = commands; command->word != NULL; command++)
		fprintf(stderr, "  %-8s %s\n", command->word, command->help);
	fputs("\n'man framewright' has the options of each command.\n", stderr);
	return 2;
}

struct db *
ctl_db(struct ctl *ctl, struct error *err)
{
	const struct db_options options = {.url = conf_str(ctl->conf, CONF_DATABASE_URL),
	    .user = CTL_ROLE,
	    .program = "framewright",
	    .unprepared = !conf_bool(ctl->conf, CONF_DB_PREPARED),
	    .timeout_s = (int)conf_seconds(ctl->conf, CONF_DB_TIMEOUT),
	    .attempts = 1};

	if (ctl->db == NULL && db_open(&options, &ctl->db, err) < 0) {
		error_hint(
		    err, "is PostgreSQL running, and does DATABASE_URL name it? 'framewright doctor' tells more");
		return NULL;
	}
	return ctl->db;
}

static int
run(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	const struct command *command = argc > 0 ? find(argv[0]) : NULL;

	if (command == NULL)
		return usage_all();
	if (http_setup(err) < 0)
		return 1;
	int status = command->run(ctl, argc - 1, argv + 1, err);
	http_teardown();
	return status;
}

static void
print_error(const struct error *err)
{
	fprintf(stderr, "framewright: %s\n", err->text);
	if (*err->hint != '\0')
		fprintf(stderr, "hint: %s\n", err->hint);
}

int
main(int argc, char **argv)
{
	struct ctl ctl = {.arena = arena_new(ARENA_LIMIT)};
	struct conf *conf = NULL;
	struct error err;
	int next, status;

	error_clear(&err);
	log_init(&ctl.log, "framewright");
	status = conf_args(CONF_CTL, "usage: framewright [--config FILE] COMMAND ...", argc, argv, &conf, &next, &err);
	if (status == 0) {
		ctl.conf = conf;
		conf_apply_log(conf, &ctl.log);
		status = run(&ctl, argc - next, argv + next, &err);
	} else if (status > 0) {
		status = 0;
	}
	if (status != 0 && err.kind != ERR_NONE)
		print_error(&err);
	db_close(&ctl.db);
	arena_free(&ctl.arena);
	conf_free(&conf);
	return status < 0 ? 1 : status;
}
