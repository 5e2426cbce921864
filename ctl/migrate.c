#include <stdio.h>

#include "ctl/ctl.h"
#include "lib/db/migrate.h"

/* As an administrator: with the user that DATABASE_URL, PGUSER or the account gives, not with the operator's role. */
int
cmd_migrate(struct ctl *ctl, int argc, char **argv, struct error *err)
{
	bool quiet = false;
	const struct option_row rows[] = {{.name = "quiet", .flag = &quiet}, {.name = NULL}};
	const struct db_options options = {.url = conf_str(ctl->conf, CONF_DATABASE_URL),
	    .program = "framewright migrate",
	    .attempts = 5,
	    .timeout_s = 600};
	struct migrate_report report;

	if (ctl_options(argc, argv, rows, NULL, 0, NULL, err) < 0)
		return 2;
	if (db_open(&options, &ctl->db, err) < 0)
		return 1;
	if (migrate_run(ctl->db, conf_str(ctl->conf, CONF_SQL_DIR), &report, err) < 0)
		return 1;
	if (!quiet)
		printf("%d patches applied, %d were there; functions %s\n", report.applied, report.present,
		    report.reloaded ? "reloaded" : "unchanged");
	return 0;
}
