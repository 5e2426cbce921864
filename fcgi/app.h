/*
 * struct app: what all threads share, made by main before the first request and read-only from then on (the counters
 * aside). struct responder: what one thread owns.
 */
#ifndef FW_FCGI_APP_H
#define FW_FCGI_APP_H

#include <semaphore.h>

#include "fcgi/channel.h"
#include "fcgi/metrics.h"
#include "fcgi/tokens.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/conf.h"
#include "lib/base/log.h"

struct db;
struct notifier;
struct token_keys;

struct app {
	const struct conf *conf;
	const struct clock *clock;
	struct log log;
	struct token_keys *keys;   /* may be NULL in tests that need no token */
	struct metrics *metrics;   /* may be NULL */
	const char *public_url;	   /* PUBLIC_APP_URL without a slash at its end */
	sem_t *passwords;	   /* how many password hashes may be computed at once: each takes PASSWORD_MEMORY */
	struct notifier *notifier; /* NULL: each connection sends its own hints */
	int inbox_dir;		   /* open folders of STORE_DIR; -1: no uploads */
	int blob_dir;
};

struct responder {
	const struct app *app;
	struct arena *arena;
	struct db *db; /* NULL until a connection could be made */
	int64_t retry_at_ms;
	struct buf body;
	struct token_cache tokens;
};

/* Opens keys and folders by the settings. On failure `app` may be given to app_done(). `conf` stays the caller's and
 * must live as long. */
int app_init(struct app *app, const struct conf *conf, const struct log *log, struct error *err) MUST_CHECK;
/* Starts what runs beside the responders (the notifier's thread), after signals were blocked and before they begin. */
void app_threads(struct app *app);
void app_done(struct app *app);

/* A responder opens its connection lazily: a request finds an unreachable database, not the start. */
void responder_init(struct responder *responder, const struct app *app);
void responder_done(struct responder *responder);

/* One request from the channel to its answer and its log line. */
void responder_serve(struct responder *responder, struct channel *channel);

#endif
