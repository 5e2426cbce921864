/*
 * The picture of `framewright top`: what is read, and how it is laid out.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "ctl/top.h"
#include "lib/base/text.h"

#define RUNNING_MAX 200

int
top_load(struct db *db, struct arena *arena, struct top *ret_top, struct error *err)
{
	struct top top = {0};

	if (stats_now(db, &top.now, err) < 0 || stats_workers(db, arena, &top.workers, &top.worker_count, err) < 0 ||
	    provider_queues(db, arena, &top.queues, &top.queue_count, err) < 0 ||
	    stats_work(db, arena, &top.work, &top.work_count, err) < 0 ||
	    stats_running(db, arena, RUNNING_MAX, &top.running, &top.running_count, err) < 0)
		return -1;
	*ret_top = top;
	return 0;
}

/* 59s, 59m, 99h: three characters and a unit. */
static const char *
span(double seconds, char text[16])
{
	if (seconds < 60)
		snprintf(text, 16, "%.0fs", seconds);
	else if (seconds < 3600)
		snprintf(text, 16, "%.0fm", seconds / 60);
	else
		snprintf(text, 16, "%.0fh", seconds / 3600);
	return text;
}

static int64_t
sum(const struct top *top, const char *state)
{
	int64_t count = 0;

	for (size_t i = 0; i < top->work_count; i++)
		if (strcmp(top->work[i].state, state) == 0)
			count += top->work[i].count;
	return count;
}

static void
put_head(const struct top *top, struct buf *buf)
{
	char today[TEXT_MONEY_SIZE], charged[TEXT_MONEY_SIZE], reserved[TEXT_MONEY_SIZE], oldest[16];

	text_from_money(top->now.price_today, today);
	text_from_money(top->now.charged_today, charged);
	text_from_money(top->now.reserved, reserved);
	buf_printf(buf,
	    "jobs    %" PRId64 " running, %" PRId64 " at providers, %" PRId64 " ready (oldest %s), %" PRId64
	    " waiting, %" PRId64 " blocked\n",
	    sum(top, "running"), sum(top, "external"), sum(top, "ready"), span(top->now.oldest_ready_s, oldest),
	    sum(top, "waiting"), sum(top, "blocked"));
	buf_printf(buf, "spent   $%s today, $%s of it charged, $%s reserved\n", today, charged, reserved);
	buf_printf(buf, "look    %" PRId64 " need attention, %" PRId64 " alarms, %" PRId64 " messages to send\n\n",
	    top->now.attention, top->now.alarms, top->now.messages);
}

static void
put_workers(const struct top *top, struct buf *buf)
{
	buf_printf(buf, "%-8s %-20s %-10s %6s %6s  %s\n", "daemon", "host", "program", "slots", "media", "state");
	for (size_t i = 0; i < top->worker_count; i++) {
		const struct stats_worker *w = &top->workers[i];
		char silent[16];

		buf_printf(buf, "%-8" PRId64 " %-20.20s %-10s %6" PRId64 " %6" PRId64 "  ", w->id, w->host, w->program,
		    w->busy, w->media);
		if (w->silent_s > 20)
			buf_printf(buf, "silent for %s\n", span(w->silent_s, silent));
		else
			buf_printf(buf, "%s\n", w->draining ? "draining" : "up");
	}
	if (top->worker_count == 0)
		buf_puts(buf, "none: nothing is worked on\n");
	buf_puts(buf, "\n");
}

static void
put_queues(const struct top *top, struct buf *buf)
{
	buf_printf(buf, "%-14s %-9s %-9s %7s %8s %6s %9s\n", "queue", "step", "state", "ready", "at work", "limit",
	    "in doubt");
	for (size_t i = 0; i < top->queue_count; i++) {
		const struct provider_queue *q = &top->queues[i];
		char limit[24] = "-";

		if (q->max_inflight >= 0)
			snprintf(limit, sizeof(limit), "%" PRId64, q->max_inflight);
		buf_printf(buf, "%-14s %-9s %-9s %7" PRId64 " %8" PRId64 " %6s %9" PRId64 "\n", q->name, q->step,
		    q->state, q->queued, q->inflight, limit, q->uncertain);
	}
	buf_puts(buf, "\n");
}

static void
put_running(const struct top *top, struct buf *buf)
{
	buf_printf(buf, "%-36s %-16s %-10s %-8s %5s %6s  %s\n", "job", "kind", "queue", "at", "done", "since", "phase");
	for (size_t i = 0; i < top->running_count; i++) {
		const struct stats_running *r = &top->running[i];
		char at[24] = "provider", since[16];

		if (r->worker != 0)
			snprintf(at, sizeof(at), "%" PRId64, r->worker);
		buf_printf(buf, "%-36s %-16s %-10s %-8s %4.0f%% %6s  %s\n", r->id, r->kind, r->provider, at,
		    100 * r->progress, span(r->running_s, since), r->phase == NULL ? "" : r->phase);
	}
}

void
top_put(const struct top *top, struct buf *buf)
{
	put_head(top, buf);
	put_workers(top, buf);
	put_queues(top, buf);
	put_running(top, buf);
}
