/*
 * framewright-eventd: pushes the event log to whoever listens. It changes nothing but its own row.
 */
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "events/server.h"
#include "lib/base/path.h"
#include "lib/db/migrate.h"
#include "lib/db/worker.h"

static int
begin_worker(const struct db_options *database, int64_t *ret_worker, struct error *err)
{
	char host[256] = "unknown";
	const struct worker_start start = {.host = host, .program = "eventd", .version = PACKAGE_VERSION};
	struct db *db = NULL;
	int status = -1;

	gethostname(host, sizeof(host) - 1);
	if (db_open(database, &db, err) == 0 && migrate_check(db, err) == 0)
		status = worker_begin(db, &start, ret_worker, err);
	db_close(&db);
	return status;
}

static void
end_worker(const struct db_options *database, int64_t worker)
{
	struct db *db = NULL;
	struct error err;

	error_clear(&err);
	if (db_open(database, &db, &err) < 0 || worker_end(db, worker, &err) < 0)
		log_warn(database->log, "worker_end_not_told", LOG_ERR(&err));
	db_close(&db);
}

static int
run(struct server_setup *setup, struct error *err)
{
	const char *path = conf_str(setup->conf, CONF_EVENTD_SOCKET);
	bool inherited = false;
	int status = -1;

	if (begin_worker(setup->database, &setup->worker, err) < 0)
		return -1;
	setup->listener = listen_open(path, 0660, &inherited, err);
	if (setup->listener >= 0) {
		status = server_run(setup, err);
		fd_close(&setup->listener);
		if (!inherited)
			unlink(path);
	}
	end_worker(setup->database, setup->worker);
	return status;
}

static int
serve(const struct conf *conf, struct error *err)
{
	struct token_keys *keys = NULL;
	struct stop stop;
	struct log log;
	struct db_options database = {.url = conf_str(conf, CONF_DATABASE_URL),
	    .program = "framewright-eventd",
	    .unprepared = !conf_bool(conf, CONF_DB_PREPARED),
	    /* statements run between frames: one that hangs must not hold all listeners for long */
	    .timeout_s = 5,
	    .log = &log};
	struct server_setup setup = {.conf = conf, .log = &log, .stop = &stop, .database = &database};
	int status = -1;

	log_init(&log, "framewright-eventd");
	conf_apply_log(conf, &log);
	if (stop_begin(&stop, err) < 0)
		return -1;
	if (token_keys_conf(conf, &keys, err) == 0) {
		setup.keys = keys;
		status = run(&setup, err);
	}
	token_keys_free(&keys);
	stop_end(&stop);
	log_info(&log, "ended");
	return status;
}

int
main(int argc, char **argv)
{
	struct conf *conf = NULL;
	struct error err;
	int next, status;

	error_clear(&err);
	umask(0007);
	status = conf_args(CONF_EVENTD, "usage: framewright-eventd [--config FILE]", argc, argv, &conf, &next, &err);
	if (status == 0 && next < argc)
		status = error_set(&err, ERR_INPUT, "unexpected argument '%s'", argv[next]);
	if (status == 0)
		status = serve(conf, &err);
	if (status < 0)
		fprintf(stderr, "framewright-eventd: %s\n%s%s%s", err.text, *err.hint ? "hint: " : "", err.hint,
		    *err.hint ? "\n" : "");
	conf_free(&conf);
	return status < 0 ? 1 : 0;
}
