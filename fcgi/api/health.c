/* /health for load balancers, /ready for orderly starts, /metrics for Prometheus. */
#include "fcgi/api/api.h"

#include <string.h>

#include "fcgi/auth.h"
#include "lib/base/text.h"
#include "lib/db/db.h"
#include "lib/db/provider.h"
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

static void
write_money(struct buf *buf, const char *name, const char *labels, int64_t micros)
{
	char text[TEXT_MONEY_SIZE];

	text_from_money(micros, text);
	buf_printf(buf, "%s%s %s\n", name, labels, text);
}

static void
write_now(struct buf *buf, const struct stats_now *now)
{
	buf_printf(buf,
	    "# HELP framewright_oldest_ready_seconds How long the oldest ready job has been waiting.\n"
	    "# TYPE framewright_oldest_ready_seconds gauge\nframewright_oldest_ready_seconds %.3f\n"
	    "# HELP framewright_needs_attention Jobs about which a person has to decide.\n"
	    "# TYPE framewright_needs_attention gauge\nframewright_needs_attention %lld\n"
	    "# HELP framewright_alarms Invariants that are broken.\n"
	    "# TYPE framewright_alarms gauge\nframewright_alarms %lld\n"
	    "# HELP framewright_webhook_messages Messages to be sent, now or later.\n"
	    "# TYPE framewright_webhook_messages gauge\nframewright_webhook_messages %lld\n",
	    now->oldest_ready_s, (long long)now->attention, (long long)now->alarms, (long long)now->messages);
	buf_puts(buf, "# HELP framewright_spend_today_usd Spent since midnight UTC.\n"
		      "# TYPE framewright_spend_today_usd gauge\n");
	write_money(buf, "framewright_spend_today_usd", "{kind=\"price\"}", now->price_today);
	write_money(buf, "framewright_spend_today_usd", "{kind=\"charged\"}", now->charged_today);
	buf_puts(buf, "# HELP framewright_reserved_usd Reserved for calls under way.\n"
		      "# TYPE framewright_reserved_usd gauge\n");
	write_money(buf, "framewright_reserved_usd", "", now->reserved);
}

static void
write_work(struct buf *buf, const struct stats_work *work, size_t count)
{
	buf_puts(buf, "# HELP framewright_work Open jobs by kind and state.\n# TYPE framewright_work gauge\n");
	for (size_t i = 0; i < count; i++)
		buf_printf(buf, "framewright_work{kind=\"%s\",state=\"%s\"} %lld\n", work[i].kind, work[i].state,
		    (long long)work[i].count);
}

/* Whether a queue works is one of five words: the one that holds is 1. */
static void
write_queues(struct buf *buf, const struct provider_queue *queues, size_t count)
{
	static const char *const states[] = {"running", "paused", "blocked", "open", "half_open"};

	buf_puts(buf, "# HELP framewright_queue_ready Jobs that could start.\n# TYPE framewright_queue_ready gauge\n");
	for (size_t i = 0; i < count; i++)
		buf_printf(buf, "framewright_queue_ready{queue=\"%s\",step=\"%s\"} %lld\n", queues[i].name,
		    queues[i].step, (long long)queues[i].queued);
	buf_puts(buf, "# HELP framewright_queue_inflight Jobs at work, here or at the provider.\n"
		      "# TYPE framewright_queue_inflight gauge\n");
	for (size_t i = 0; i < count; i++)
		buf_printf(buf, "framewright_queue_inflight{queue=\"%s\",step=\"%s\"} %lld\n", queues[i].name,
		    queues[i].step, (long long)queues[i].inflight);
	buf_puts(buf, "# HELP framewright_queue_limit Jobs that may be at work at once, where there is a limit.\n"
		      "# TYPE framewright_queue_limit gauge\n");
	for (size_t i = 0; i < count; i++)
		if (queues[i].max_inflight >= 0)
			buf_printf(buf, "framewright_queue_limit{queue=\"%s\",step=\"%s\"} %lld\n", queues[i].name,
			    queues[i].step, (long long)queues[i].max_inflight);
	buf_puts(buf, "# HELP framewright_queue_state 1 for the state that holds; open: the breaker.\n"
		      "# TYPE framewright_queue_state gauge\n");
	for (size_t i = 0; i < count; i++)
		for (size_t s = 0; s < ARRAY_LEN(states); s++)
			buf_printf(buf, "framewright_queue_state{queue=\"%s\",step=\"%s\",state=\"%s\"} %d\n",
			    queues[i].name, queues[i].step, states[s], strcmp(queues[i].state, states[s]) == 0);
}

/* What the database knows of this moment; what cannot be read is left out, the rest of the page stands. */
static void
write_moment(struct req *req, struct buf *buf)
{
	const struct provider_queue *queues;
	struct stats_work *work;
	struct stats_now now;
	struct error err;
	size_t count;

	error_clear(&err);
	if (stats_now(req->db, &now, &err) == 0)
		write_now(buf, &now);
	if (stats_work(req->db, req->arena, &work, &count, &err) == 0)
		write_work(buf, work, count);
	if (provider_queues(req->db, req->arena, &queues, &count, &err) == 0)
		write_queues(buf, queues, count);
	if (err.kind != ERR_NONE)
		log_warn(&req->log, "metrics_incomplete", LOG_ERR(&err));
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
	if (database) {
		write_stats(reply->body, &stats);
		write_moment(req, reply->body);
	}
	metrics_write(req->app->metrics, reply->body);
	return 0;
}
