#include "renderd/flow/render_part.h"

#include <string.h>
#include <unistd.h>

#include "lib/base/text.h"
#include "lib/db/render.h"
#include "lib/timeline/plan.h"
#include "renderd/step/render.h"

/* The last part's end wakes the film; this is for the case that it was missed. */
#define LOOK_AGAIN_MS 3000
/* Each part reads the inputs and plans the film once more, which should not be done hundreds of times. */
#define PARTS_MAX 64
#define PARTS_TEXT_MAX (64 * KIB)

/* The same shares as in render_span_ended(). */
static void
wait_for_parts(struct attempt *attempt, int open, int total)
{
	attempt->end.outcome = JOB_AGAIN;
	attempt->end.delay_ms = LOOK_AGAIN_MS;
	attempt->end.progress = FILM_PLANNED + (FILM_PARTS_MADE - FILM_PLANNED) * (1 - (double)open / (double)total);
	attempt->end.phase = "spans";
}

int
film_parts_look(struct attempt *attempt, enum film_parts *ret_parts, struct error *err)
{
	struct render_parts parts;

	if (render_parts(attempt->db, attempt->job.id, &parts, err) < 0)
		return -1;
	*ret_parts = parts.total == 0 ? FILM_WHOLE : parts.open > 0 ? FILM_WAITS : FILM_JOINS;
	if (*ret_parts == FILM_WAITS)
		wait_for_parts(attempt, parts.open, parts.total);
	return 0;
}

static bool
is_worth_while(struct attempt *attempt, const struct js_value *plan)
{
	const int64_t from_s = conf_seconds(attempt->renderd->conf, CONF_SPREAD_WORK);

	/* whoever watches wants the pieces in order as they are made, which one task sees to */
	if (from_s == 0 || js_flag(attempt->payload, "/outputs/live", false))
		return false;
	return js_real(plan, "/estimate/work_s", 0) > (double)from_s;
}

/* Missing, and not the same picture as an earlier one of this film. */
static bool
is_to_be_made(const struct js_value *spans, size_t index)
{
	const struct js_value *span = js_item(spans, index);
	const char *key = js_text(span, "/key", "");

	if (!text_equal(js_text(span, "/action", ""), "encode"))
		return false;
	for (size_t i = 0; i < index; i++)
		if (text_equal(js_text(js_item(spans, i), "/key", ""), key))
			return false;
	return true;
}

struct cutter {
	struct js_writer w;
	const char *key;
	size_t first, count; /* the part that is being gathered */
	int64_t frames;
	size_t parts;
};

static void
put_part(struct cutter *cutter, bool sound)
{
	if (cutter->count == 0 && !sound)
		return;
	js_open_object(&cutter->w, NULL);
	js_str(&cutter->w, "key", cutter->key);
	js_int(&cutter->w, "first", (int64_t)cutter->first);
	js_int(&cutter->w, "count", (int64_t)cutter->count);
	js_bool(&cutter->w, "sound", sound);
	js_close(&cutter->w);
	cutter->parts += cutter->count > 0;
	cutter->count = 0;
	cutter->frames = 0;
}

/* Neighbours stay together, since they mostly show the same source. */
static void
cut(struct cutter *cutter, const struct js_value *spans, const bool *made, int64_t target)
{
	const size_t count = js_count(spans, "");

	for (size_t i = 0; i < count; i++) {
		if (!made[i]) {
			put_part(cutter, false);
			continue;
		}
		if (cutter->count == 0)
			cutter->first = i;
		cutter->count++;
		cutter->frames += js_number(js_item(spans, i), "/frames", 0);
		if (cutter->frames >= target)
			put_part(cutter, false);
	}
	put_part(cutter, false);
}

/* The parts as JSON; NULL without an error: not worth dividing. The sound is one of its own and comes first, because it
 * cannot be divided. */
static int
cut_film(struct attempt *attempt, const struct js_value *plan, const char **ret_parts, struct error *err)
{
	const struct js_value *spans = js_at(plan, "/spans/list");
	const size_t count = js_count(spans, "");
	bool *made = ARENA_ARRAY(attempt->arena, count + 1, bool);
	struct buf buf = BUF_INIT(PARTS_TEXT_MAX);
	struct cutter cutter = {.key = js_text(plan, "/key", "")};
	int64_t missing = 0;
	int status;

	*ret_parts = NULL;
	if (made == NULL)
		return arena_error(attempt->arena, err);
	for (size_t i = 0; i < count; i++) {
		made[i] = is_to_be_made(spans, i);
		missing += made[i] ? js_number(js_item(spans, i), "/frames", 0) : 0;
	}
	js_begin(&cutter.w, &buf);
	js_open_array(&cutter.w, NULL);
	put_part(&cutter, true);
	cut(&cutter, spans, made, FW_MAX(missing / PARTS_MAX, PLAN_SPAN_PIECE));
	js_close(&cutter.w);
	js_end(&cutter.w);
	status = buf_error(&buf, err);
	if (status == 0 && cutter.parts > 1) {
		*ret_parts = buf_dup(&buf, attempt->arena);
		if (*ret_parts == NULL)
			status = arena_error(attempt->arena, err);
	}
	buf_done(&buf);
	return status;
}

int
film_divide(struct attempt *attempt, const struct js_value *plan, enum film_parts *ret_parts, struct error *err)
{
	const char *parts;
	int open = 0;

	*ret_parts = FILM_WHOLE;
	if (!is_worth_while(attempt, plan))
		return 0;
	if (cut_film(attempt, plan, &parts, err) < 0)
		return -1;
	if (parts == NULL)
		return 0;
	if (attempt_check(attempt, err) < 0 ||
	    render_divide(attempt->db, attempt->job.id, attempt->job.lease, parts, &open, err) < 0)
		return -1;
	if (open == 0)
		return 0;
	log_info(&attempt->log, "film_divided", LOG_INT("parts", open));
	wait_for_parts(attempt, open, open);
	*ret_parts = FILM_WAITS;
	return 0;
}

/* Several parts may run here at a time: together they use what one film would. */
static int
threads_of_slot(const struct attempt *attempt)
{
	const int cores = (int)sysconf(_SC_NPROCESSORS_ONLN);
	const int slots = (int)conf_int(attempt->renderd->conf, CONF_RENDERD_SLOTS);

	return FW_MAX(slots > 0 ? cores / slots : 1, 1);
}

static int
read_film(struct attempt *attempt, const char *text, struct render_order *order, struct error *err)
{
	const struct js_value *film;

	if (js_parse_free(attempt->arena, text, strlen(text), &film, err) < 0)
		return error_wrap(err, "reading the film of a part");
	order->timeline = js_json(js_at(film, "/timeline"), attempt->arena);
	if (order->timeline == NULL)
		return arena_error(attempt->arena, err);
	return render_read_files(attempt, js_at(film, "/assets"), order, err);
}

static int
answer(struct attempt *attempt, const char *outcome, struct error *err)
{
	struct flow_result result;

	flow_result_begin(&result);
	js_str(&result.w, "outcome", outcome);
	return flow_result_end(&result, attempt, err);
}

int
render_span(struct attempt *attempt, struct error *err)
{
	const struct render_part part = {.key = js_text(attempt->payload, "/key", ""),
	    .first = js_number(attempt->payload, "/first", 0),
	    .count = js_number(attempt->payload, "/count", 0),
	    .sound = js_flag(attempt->payload, "/sound", false)};
	struct render_order order = {
	    .output = RENDER_FILM, .phase = "render", .part = &part, .threads = threads_of_slot(attempt)};
	struct render_outcome outcome;
	const char *film;

	if (render_part_film(attempt->db, attempt->arena, attempt->job.id, &film, err) < 0)
		return -1;
	if (film == NULL)
		return answer(attempt, "not_wanted", err);
	if (read_film(attempt, film, &order, err) < 0)
		return -1;
	if (render_order_run(attempt, &order, &outcome, err) == 0)
		return answer(attempt, "made", err);
	/* another version of the engine is no failure of the part: the film's own machine makes what is missing */
	if (!error_has_code(err, "plan_differs"))
		return error_wrap(err, "a part of a film");
	log_warn(&attempt->log, "part_of_another_engine", LOG_ERR(err));
	error_clear(err);
	return answer(attempt, "plan_differs", err);
}
