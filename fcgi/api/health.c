/* /health for load balancers, /ready for orderly starts, /metrics for Prometheus. */
#include "fcgi/api/api.h"

#include "fcgi/auth.h"
#include "lib/db/db.h"
#include "lib/db/stats.h"
#include "lib/db/worker.h"

static const char *
word(bool ok)
{
	return ok ? "ok" : "missing";
}

static void
write_providers(struct js_writer *w, struct req *req)
{
	struct stats_queue *queues;
	struct error ignored;
	size_t count;

	error_clear(&ignored);
	if (!auth_is_admin(req) || stats_queues(req->db, req->arena, &queues, &count, &ignored) < 0)
		return;
	js_open_array(w, "providers");
	for (size_t i = 0; i < count; i++) {
		const bool blocked = queues[i].blocked_until_us != CLOCK_NONE;

		js_open_object(w, NULL);
		js_str(w, "name", queues[i].name);
		js_str(w, "state", queues[i].paused ? "paused" : blocked ? "blocked" : "ok");
		js_int(w, "queued", queues[i].queued);
		js_int(w, "processing", queues[i].processing);
		js_time(w, "blocked_until", queues[i].blocked_until_us);
		js_close(w);
	}
	js_close(w);
}

int
health_get(struct req *req, struct reply *reply, struct error *err)
{
	struct worker_health health = {0};
	const bool database = req->db != NULL && worker_health(req->db, &health, err) == 0;
	const bool renderd = health.renderd > 0, eventd = health.eventd > 0;
	const bool well = database && renderd;
	struct js_writer *w;

	w = reply_object(reply, well ? 200 : 503);
	js_str(w, "status", !well ? "unavailable" : eventd ? "ok" : "degraded");
	js_str(w, "database", word(database));
	js_str(w, "daemon", word(renderd));
	js_str(w, "renderd", word(renderd));
	js_str(w, "eventd", word(eventd));
	js_str(w, "version", PACKAGE_VERSION);
	js_open_object(w, "queue");
	js_int(w, "queued", health.queued);
	js_int(w, "processing", health.processing);
	js_close(w);
	js_int(w, "workers", health.renderd);
	if (database)
		write_providers(w, req);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	if (!well)
		reply_header(reply, "Retry-After", "5");
	return 0;
}

int
ready_get(struct req *req, struct reply *reply, struct error *err)
{
	const bool ready = req->db != NULL && db_ping(req->db, err) == 0;

	js_bool(reply_object(reply, ready ? 200 : 503), "ready", ready);
	reply_object_end(reply);
	reply_header(reply, "Cache-Control", "no-store");
	if (!ready)
		reply_header(reply, "Retry-After", "2");
	return 0;
}

static void
write_stats(struct buf *buf, const struct stats *stats)
{
	buf_puts(buf, "# HELP framewright_jobs Jobs by state.\n# TYPE framewright_jobs gauge\n");
	for (size_t i = 0; i < stats->state_count; i++)
		buf_printf(buf, "framewright_jobs{state=\"%s\"} %lld\n", stats->states[i].name,
		    (long long)stats->states[i].count);
	buf_puts(buf, "# HELP framewright_provider_calls_total Ledger rows by provider and success.\n"
		      "# TYPE framewright_provider_calls_total counter\n");
	for (size_t i = 0; i < stats->provider_count; i++) {
		const struct stats_provider *p = &stats->providers[i];

		buf_printf(buf, "framewright_provider_calls_total{provider=\"%s\",success=\"true\"} %lld\n", p->name,
		    (long long)(p->calls - p->failed));
		buf_printf(buf, "framewright_provider_calls_total{provider=\"%s\",success=\"false\"} %lld\n", p->name,
		    (long long)p->failed);
	}
	buf_puts(buf, "# HELP framewright_provider_cost_usd_total What provider calls were priced and charged at.\n"
		      "# TYPE framewright_provider_cost_usd_total counter\n");
	for (size_t i = 0; i < stats->provider_count; i++) {
		const struct stats_provider *p = &stats->providers[i];

		buf_printf(buf, "framewright_provider_cost_usd_total{provider=\"%s\",kind=\"price\"} %lld.%06lld\n",
		    p->name, (long long)(p->price_micros / USD), (long long)(p->price_micros % USD));
		buf_printf(buf, "framewright_provider_cost_usd_total{provider=\"%s\",kind=\"charged\"} %lld.%06lld\n",
		    p->name, (long long)(p->charged_micros / USD), (long long)(p->charged_micros % USD));
	}
	buf_printf(buf,
	    "# HELP framewright_daemons Daemons seen lately.\n# TYPE framewright_daemons gauge\n"
	    "framewright_daemons{program=\"renderd\"} %d\nframewright_daemons{program=\"eventd\"} %d\n",
	    stats->renderd, stats->eventd);
	buf_printf(buf,
	    "# HELP framewright_open_sockets WebSockets and event streams held by live event daemons.\n"
	    "# TYPE framewright_open_sockets gauge\nframewright_open_sockets %lld\n",
	    (long long)stats->open_sockets);
}

int
metrics_get(struct req *req, struct reply *reply, struct error *err)
{
	struct stats stats;
	const bool database = req->db != NULL && stats_load(req->db, req->arena, &stats, err) == 0;

	reply_text(reply, 200, "text/plain; version=0.0.4; charset=utf-8");
	buf_printf(reply->body,
	    "# HELP framewright_up Whether the database answers.\n# TYPE framewright_up gauge\nframewright_up %d\n",
	    database);
	if (database)
		write_stats(reply->body, &stats);
	metrics_write(req->app->metrics, reply->body);
	return 0;
}
