/*
 * framewright-renderd: the job daemon.
 *
 * Resources are taken in this order and given back in reverse: settings, log, stop signals, database role, worker row,
 * store, threads. The dispatcher then runs on the main thread until a stop is wanted.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/db/bell.h"
#include "lib/db/migrate.h"
#include "lib/db/session.h"
#include "lib/db/worker.h"
#include "lib/net/http.h"
#include "renderd/dispatch.h"
#include "renderd/ender.h"
#include "renderd/heartbeat.h"
#include "renderd/provider/service.h"
#include "renderd/renderd.h"
#include "renderd/slots.h"

/* Plain jobs are over at once: as many as end together in one statement. */
#define PLAIN_SLOTS JOB_END_MAX

void
renderd_wake(struct renderd *renderd, enum job_step step)
{
	uint64_t one = 1;

	atomic_fetch_or(&renderd->wanted, 1u << step);
	/* EAGAIN: the counter is full, so somebody will look anyway */
	if (write(renderd->wake_fd, &one, sizeof(one)) < 0 && errno != EAGAIN)
		abort();
}

static const char *
auto_provider(const struct conf *conf, const char *model)
{
	CLEANUP(arena_free) struct arena *arena = arena_new(64 * KIB);
	const struct provider_service *service = service_auto(conf, arena, model);

	return service == NULL ? "" : service->name;
}

/* The names of the providers that have a key here, separated by commas. */
static const char *
configured(const struct conf *conf, char *names, size_t size)
{
	size_t len = 0;

	names[0] = '\0';
	for (size_t i = 0; services[i] != NULL; i++)
		if (services[i]->configured(conf) && len < size)
			len += (size_t)snprintf(names + len, size - len, "%s%s", len > 0 ? "," : "", services[i]->name);
	return names;
}

static int
begin_worker(struct renderd *renderd, struct error *err)
{
	struct db *db = NULL;
	char host[256] = "unknown", providers[256];
	struct worker_start start = {.host = host,
	    .program = "renderd",
	    .version = PACKAGE_VERSION,
	    .cost_limit_micros = conf_money(renderd->conf, CONF_SESSION_COST_LIMIT),
	    .cost_alert_micros = conf_money(renderd->conf, CONF_SESSION_COST_ALERT),
	    .lease_ttl_ms = conf_seconds(renderd->conf, CONF_LEASE_TTL) * 1000};
	/* functions of the ad flow write addresses into events, and `auto` is decided when a step starts; an empty name
	 * says that a provider configured before is gone */
	const struct session_settings settings = {.public_app_url = conf_str(renderd->conf, CONF_PUBLIC_APP_URL),
	    .image_provider = auto_provider(renderd->conf, "flux-pro"),
	    .video_provider = auto_provider(renderd->conf, "runway-gen2"),
	    .providers = configured(renderd->conf, providers, sizeof(providers)),
	    .ahead = conf_int(renderd->conf, CONF_AHEAD_SLOTS) > 0 ? "on" : "off"};
	int status = -1;

	gethostname(host, sizeof(host) - 1);
	if (db_open(&renderd->database, &db, err) == 0 && migrate_check(db, err) == 0 &&
	    session_configure(db, &settings, err) == 0)
		status = worker_begin(db, &start, &renderd->worker, err);
	db_close(&db);
	return status;
}

static void
end_worker(struct renderd *renderd)
{
	struct db *db = NULL;
	struct error err;

	error_clear(&err);
	if (db_open(&renderd->database, &db, &err) < 0 || worker_end(db, renderd->worker, &err) < 0)
		log_warn(&renderd->log, "worker_end_not_told", LOG_ERR(&err));
	db_close(&db);
}

static int
run_threads(struct renderd *renderd, struct error *err)
{
	int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	int media = (int)conf_int(renderd->conf, CONF_RENDERD_SLOTS);
	const int counts[JOB_STEP__COUNT] = {[JOB_PLAIN] = PLAIN_SLOTS,
	    [JOB_MEDIA] = media > 0 ? media : FW_MAX(cores, 1),
	    [JOB_PROVIDER] = (int)conf_int(renderd->conf, CONF_RENDERD_CALLS),
	    [JOB_IDLE] = (int)conf_int(renderd->conf, CONF_AHEAD_SLOTS)};
	struct heartbeat *heartbeat = NULL;
	int status = -1;

	if (ender_start(renderd, &renderd->ender, err) == 0 && heartbeat_start(renderd, &heartbeat, err) == 0 &&
	    slots_start(renderd, counts, &renderd->slots, err) == 0)
		status = dispatch_run(renderd, err);
	slots_stop(&renderd->slots);
	ender_stop(&renderd->ender);
	heartbeat_stop(&heartbeat);
	return status;
}

/* A folder that cannot be read is no reason not to work; the collection says so as well. */
static void
clear_inbox(struct renderd *renderd)
{
	struct error err;
	int64_t removed;

	error_clear(&err);
	if (store_clear_inbox(&renderd->store, clock_now_s(renderd->clock), &removed, &err) < 0)
		log_warn(&renderd->log, "inbox_stays", LOG_ERR(&err));
	else if (removed > 0)
		log_info(&renderd->log, "inbox_cleared", LOG_INT("files", removed));
}

static int
run_with_store(struct renderd *renderd, struct error *err)
{
	int status;

	if (store_open(&renderd->store, renderd->conf, renderd->worker, err) < 0)
		return -1;
	clear_inbox(renderd);
	status = run_threads(renderd, err);
	store_close(&renderd->store);
	return status;
}

/* Without it jobs are found a little later. */
static void
listen_to_bell(struct renderd *renderd)
{
	struct error err;

	error_clear(&err);
	renderd->bell_fd = bell_listen(renderd->database.bell, &err);
	if (renderd->bell_fd < 0)
		log_warn(&renderd->log, "no_bell", LOG_ERR(&err));
}

static int
run(struct renderd *renderd, struct error *err)
{
	int status = -1;

	renderd->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (renderd->wake_fd < 0)
		return error_errno(err, ERR_INTERNAL, "making an eventfd");
	listen_to_bell(renderd);
	renderd->database.notifier = notifier_new(&renderd->database);
	if (begin_worker(renderd, err) == 0) {
		renderd->leases = leases_new(
		    renderd->clock, renderd->worker, conf_seconds(renderd->conf, CONF_LEASE_TTL) * 1000, 1024);
		status = run_with_store(renderd, err);
		leases_free(&renderd->leases);
		end_worker(renderd);
	}
	notifier_free(&renderd->database.notifier);
	close(renderd->wake_fd);
	fd_close(&renderd->bell_fd);
	return status;
}

static int
serve(const struct conf *conf, struct error *err)
{
	struct renderd renderd = {.conf = conf, .clock = &clock_real};
	struct stop stop;
	int status = -1;

	log_init(&renderd.log, "framewright-renderd");
	conf_apply_log(conf, &renderd.log);
	renderd.stop = &stop;
	renderd.database = (struct db_options){.url = conf_str(conf, CONF_DATABASE_URL),
	    .program = "framewright-renderd",
	    .unprepared = !conf_bool(conf, CONF_DB_PREPARED),
	    .timeout_s = (int)conf_seconds(conf, CONF_DB_TIMEOUT),
	    .bell = conf_str(conf, CONF_JOB_BELL),
	    .log = &renderd.log};
	if (stop_begin(&stop, err) < 0)
		return -1;
	if (http_setup(err) == 0) {
		status = run(&renderd, err);
		http_teardown();
	}
	stop_end(&stop);
	log_info(&renderd.log, "ended");
	return status;
}

static void
print_error(const struct error *err)
{
	fprintf(stderr, "framewright-renderd: %s\n", err->text);
	if (*err->hint != '\0')
		fprintf(stderr, "hint: %s\n", err->hint);
}

int
main(int argc, char **argv)
{
	struct conf *conf = NULL;
	struct error err;
	int next, status;

	error_clear(&err);
	umask(0007);
	status = conf_args(CONF_RENDERD, "usage: framewright-renderd [--config FILE]", argc, argv, &conf, &next, &err);
	if (status == 0 && next < argc)
		status = error_set(&err, ERR_INPUT, "unexpected argument '%s'", argv[next]);
	if (status == 0)
		status = serve(conf, &err);
	if (status < 0)
		print_error(&err);
	conf_free(&conf);
	return status < 0 ? 1 : 0;
}
