#include "fcgi/app.h"

#include "fcgi/dispatch.h"
#include "fcgi/problem.h"
#include "fcgi/route.h"
#include "lib/base/path.h"
#include "lib/db/db.h"
#include "lib/db/notify.h"

#define PASSWORDS_AT_ONCE 2
#define RECONNECT_MS 500 /* between two attempts of a thread that has no connection yet */

static struct db_options
options_of(const struct app *app)
{
	return (struct db_options){
	    .url = conf_str(app->conf, CONF_DATABASE_URL),
	    .program = "framewright-api",
	    .unprepared = !conf_bool(app->conf, CONF_DB_PREPARED),
	    .timeout_s = (int)conf_seconds(app->conf, CONF_DB_TIMEOUT),
	    .attempts = 1,
	    .notifier = app->notifier,
	    .bell = conf_str(app->conf, CONF_JOB_BELL),
	    .log = &app->log,
	};
}

static int
open_folder(const char *store, const char *name, int *ret_fd, struct error *err)
{
	char path[1024];

	(void)snprintf(path, sizeof(path), "%s/%s", store, name);
	if (path_make(path, 0750, err) < 0)
		return -1;
	*ret_fd = path_open_dir(path, err);
	return *ret_fd < 0 ? -1 : 0;
}

static int
open_store(struct app *app, struct error *err)
{
	const char *store = conf_str(app->conf, CONF_STORE_DIR);

	if (path_make(store, 0750, err) < 0 || open_folder(store, "inbox", &app->inbox_dir, err) < 0 ||
	    open_folder(store, "blob", &app->blob_dir, err) < 0)
		return error_wrap(err, "opening STORE_DIR '%s'", store);
	return 0;
}

int
app_init(struct app *app, const struct conf *conf, const struct log *log, struct error *err)
{
	const char *url = conf_str(conf, CONF_PUBLIC_APP_URL);
	size_t len = strlen(url);

	*app = (struct app){.conf = conf, .clock = &clock_real, .log = *log, .inbox_dir = -1, .blob_dir = -1};
	while (len > 0 && url[len - 1] == '/')
		len--;
	app->public_url = strndup(url, len);
	if (app->public_url == NULL)
		abort();
	if (token_keys_conf(conf, &app->keys, err) < 0 || open_store(app, err) < 0)
		return -1;
	app->metrics = metrics_new();
	app->passwords = malloc(sizeof(*app->passwords));
	if (app->passwords == NULL || sem_init(app->passwords, 0, PASSWORDS_AT_ONCE) < 0)
		abort();
	return 0;
}

void
app_threads(struct app *app)
{
	const struct db_options options = options_of(app);

	app->notifier = notifier_new(&options);
}

void
app_done(struct app *app)
{
	if (app->notifier != NULL)
		notifier_free(&app->notifier);
	token_keys_free(&app->keys);
	metrics_free(&app->metrics);
	free(app->passwords);
	fd_close(&app->inbox_dir);
	fd_close(&app->blob_dir);
	free((char *)app->public_url);
	app->public_url = NULL;
}

void
responder_init(struct responder *responder, const struct app *app)
{
	*responder = (struct responder){
	    .app = app,
	    .arena = arena_new((size_t)conf_size(app->conf, CONF_REQUEST_MEMORY)),
	    .body = BUF_INIT(REPLY_BODY_MAX),
	};
}

void
responder_done(struct responder *responder)
{
	db_close(&responder->db);
	buf_done(&responder->body);
	arena_free(&responder->arena);
}

/* The connection is made by the first request that comes while there is none: the service starts without its database
 * and finds it again by itself. */
static int
responder_connect(struct responder *responder, struct error *err)
{
	const struct db_options options = options_of(responder->app);

	const int64_t now_ms = clock_boot_ms(NULL);

	if (responder->db != NULL || now_ms < responder->retry_at_ms)
		return 0;
	responder->retry_at_ms = now_ms + RECONNECT_MS;
	return db_open(&options, &responder->db, err);
}

/* A missing dependency is worth a warning; only our own failures are errors. */
static enum log_level
level_of(const struct req *req, const struct reply *reply)
{
	if (reply->status == 503)
		return LOG_LEVEL_WARN;
	if (reply->status >= 500)
		return LOG_LEVEL_ERROR;
	return req->route != NULL && (req->route->flags & ROUTE_QUIET) != 0 ? LOG_LEVEL_DEBUG : LOG_LEVEL_INFO;
}

static void
log_request(const struct req *req, const struct reply *reply, const struct error *err, int64_t sent, int64_t took_us)
{
	const bool tell = reply->status >= 500 && err->kind != ERR_NONE;
	const struct log_field fields[] = {
	    LOG_STR("method", req->method_name),
	    LOG_STR("route", req->route != NULL ? req->route->path : NULL),
	    LOG_STR("path", req->path),
	    LOG_INT("status", reply->status),
	    LOG_INT("bytes", sent),
	    LOG_NUM("ms", (double)took_us / 1000),
	    LOG_INT("user", req->caller.user_id),
	    LOG_STR("address", req->address),
	    LOG_STR("code", tell ? NULL : reply->problem_code),
	    LOG_ERR(err),
	};

	log_line(&req->log, level_of(req, reply), "request", fields, ARRAY_LEN(fields) - (tell ? 0 : 1));
}

void
responder_serve(struct responder *responder, struct channel *channel)
{
	const struct app *app = responder->app;
	struct error err = {0}, connecting = {0};
	struct reply reply;
	struct req req;
	int64_t sent, took_us;
	int begun;

	arena_reset(responder->arena);
	if (responder_connect(responder, &connecting) < 0)
		log_warn(&app->log, "database_unavailable", LOG_ERR(&connecting));
	begun = req_begin(&req, responder, channel, &err);
	reply_begin(&reply, &req, &responder->body);
	if (begun < 0) {
		problem_reply(&reply, &req, &err, NULL);
		reply_header(&reply, "X-Request-Id", req.id);
	} else {
		dispatch(&req, &reply, &err);
	}
	sent = reply_send(&reply, channel);
	took_us = clock_now_us(NULL) - req.began_us;
	metrics_add(app->metrics, req.route != NULL ? route_index(req.route) : SIZE_MAX, reply.status, took_us);
	log_request(&req, &reply, &err, sent, took_us);
}
