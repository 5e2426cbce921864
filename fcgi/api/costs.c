/* GET /api/costs/summary: the caller's ledger over all sessions. */
#include "fcgi/api/api.h"

#include "lib/db/cost.h"

static void
write_groups(struct js_writer *w, const char *key, const char *name, const struct cost_group *groups, size_t count)
{
	js_open_array(w, key);
	for (size_t i = 0; i < count; i++) {
		js_open_object(w, NULL);
		js_str(w, name, groups[i].key);
		js_money(w, "cost", groups[i].micros);
		js_money(w, "charged", groups[i].charged_micros);
		js_int(w, "calls", groups[i].calls);
		js_close(w);
	}
	js_close(w);
}

int
costs_summary(struct req *req, struct reply *reply, struct error *err)
{
	const struct query_summary *in = req->query;
	const struct cost_filter filter = {
	    .from_us = in->from != 0 ? in->from : CLOCK_NONE,
	    .to_us = in->to != 0 ? in->to : CLOCK_NONE,
	    .area = in->area,
	    .group_by = in->group_by,
	};
	struct cost_summary *sum;
	struct js_writer *w;

	if (cost_summary(req->db, req->arena, &filter, &sum, err) < 0)
		return -1;

	w = reply_object(reply, 200);
	js_money(w, "total_cost", sum->total_micros);
	js_money(w, "total_usd", sum->charged_micros);
	js_money(w, "simulated_usd", sum->total_micros - sum->charged_micros);
	js_int(w, "session_count", sum->session_count);
	write_groups(w, "by_agent", "agent", sum->by_agent, sum->agent_count);
	write_groups(w, "by_model", "model", sum->by_model, sum->model_count);
	if (in->group_by != NULL)
		write_groups(w, "groups", in->group_by, sum->groups, sum->group_count);
	js_strings(w, "alerts", (const char *const *)sum->alerts, sum->alert_count);
	reply_object_end(reply);
	return 0;
}
