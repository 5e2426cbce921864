/*
 * Films from timelines: plan, film with what was asked for besides, pieces of a draft ahead. Payloads are written by
 * sql/functions/render.sql and timeline.sql, results read by render_end.sql.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/db/render.h"
#include "renderd/flow/render_part.h"
#include "renderd/live.h"
#include "renderd/step/render.h"

/* Shares of the progress bar. */
#define PREVIEW_SHARE 0.15
#define REPORT_MAX (2 * MIB)

/* What stands in for something that is missing. */
static const char *const degradations[] = {"font_fallback", "glyphs_missing", "reduced_resolution"};

struct work {
	struct render_order order;
	const char *render_id;
	bool strict; /* on_degrade fail */
	bool preview;
	bool joins;	  /* others made its pieces, and it is planned */
	const char *plan; /* JSON */
	struct render_outcome planned, film, small;
};

static int
read_work(struct attempt *attempt, struct work *work, struct error *err)
{
	const struct js_value *payload = attempt->payload;
	const char *policy = js_text(payload, "/on_degrade", "");

	work->order.timeline = js_json(js_at(payload, "/timeline"), attempt->arena);
	if (work->order.timeline == NULL)
		return arena_error(attempt->arena, err);
	work->order.output = RENDER_FILM;
	work->order.phase = "render";
	work->order.may_shrink = strcmp(policy, "accept") == 0;
	work->strict = strcmp(policy, "fail") == 0;
	work->render_id = js_text(payload, "/render_id", "");
	work->preview = js_flag(payload, "/outputs/preview", false);
	return render_read_files(attempt, js_at(payload, "/assets"), &work->order, err);
}

/* What there is to do, from the media process and the cache. */
static int
plan(struct attempt *attempt, struct work *work, struct error *err)
{
	struct render_order order = work->order;

	order.dry_run = true;
	order.phase = "plan";
	order.from = work->joins ? FILM_PARTS_MADE : 0;
	order.to = work->joins ? FILM_PARTS_MADE : FILM_PLANNED;
	if (render_order_run(attempt, &order, &work->planned, err) < 0)
		return -1;
	work->plan = js_json(work->planned.result, attempt->arena);
	return work->plan == NULL ? arena_error(attempt->arena, err) : 0;
}

static bool
is_degradation(const char *code)
{
	for (size_t i = 0; i < ARRAY_LEN(degradations); i++)
		if (text_equal(degradations[i], code))
			return true;
	return false;
}

static int
check_policy(const struct work *work, struct error *err)
{
	const struct js_value *warnings = js_at(work->planned.result, "/warnings");

	for (size_t i = 0; work->strict && i < js_count(warnings, ""); i++)
		if (is_degradation(js_text(js_item(warnings, i), "/code", "")))
			return error_code(
			    err, ERR_INPUT, "degraded", "%s", js_text(js_item(warnings, i), "/message", ""));
	return 0;
}

static int
make_preview(struct attempt *attempt, struct work *work, struct error *err)
{
	const int64_t height = js_number(work->planned.result, "/height", 0);
	struct render_order order = work->order;

	if (!work->preview)
		return 0;
	order.output = RENDER_PREVIEW;
	order.phase = "preview";
	order.from = work->joins ? FILM_PARTS_MADE : FILM_PLANNED;
	order.to = work->joins ? FILM_PARTS_MADE : PREVIEW_SHARE;
	/* a film that is small already is its own preview in size */
	order.scale = height > RENDER_PREVIEW_HEIGHT ? FW_MAX((double)RENDER_PREVIEW_HEIGHT / (double)height, 0.1) : 1;
	return render_order_run(attempt, &order, &work->small, err);
}

static void
show_live(struct attempt *attempt, void *ctx)
{
	struct work *work = ctx;
	struct error err;

	error_clear(&err);
	/* who watches loses a few seconds; the film does not suffer */
	if (live_publish(&attempt->renderd->store, attempt->scratch, work->render_id, &err) < 0)
		log_warn(&attempt->log, "live_not_shown", LOG_ERR(&err));
}

static int
make_film(struct attempt *attempt, struct work *work, struct error *err)
{
	struct render_order order = work->order;
	int status;

	order.from = work->joins ? FILM_PARTS_MADE : work->preview ? PREVIEW_SHARE : FILM_PLANNED;
	order.to = 1;
	order.poster = js_flag(attempt->payload, "/outputs/poster", true) ? RENDER_POSTER : NULL;
	order.judged = true;
	order.live = js_flag(attempt->payload, "/outputs/live", false);
	if (order.live) {
		order.tick = show_live;
		order.ctx = work;
	}
	status = render_order_run(attempt, &order, &work->film, err);
	if (order.live && status == 0)
		show_live(attempt, work);
	else if (order.live && live_remove(&attempt->renderd->store, work->render_id, NULL) < 0)
		log_warn(&attempt->log, "live_stays", LOG_STR("render", work->render_id));
	return status;
}

static void
write_warnings(struct js_writer *w, struct attempt *attempt, const struct work *work)
{
	const struct js_value *warnings = js_at(work->film.result, "/warnings");

	js_open_array(w, "warnings");
	for (size_t i = 0; i < js_count(warnings, ""); i++)
		js_raw(w, NULL, js_json(js_item(warnings, i), attempt->arena));
	if (work->film.shrunk) {
		js_open_object(w, NULL);
		js_str(w, "code", "reduced_resolution");
		js_str(w, "message", "The film is smaller than asked for because of a lack of memory.");
		js_close(w);
	}
	js_close(w);
	js_open_array(w, "degraded");
	for (size_t i = 0; i < js_count(warnings, ""); i++)
		if (is_degradation(js_text(js_item(warnings, i), "/code", "")))
			js_str(w, NULL, js_text(js_item(warnings, i), "/code", ""));
	if (work->film.shrunk)
		js_str(w, NULL, "reduced_resolution");
	js_close(w);
}

/* What the media process found, in a file of its own because it may be long. */
static int
write_quality(struct js_writer *w, struct attempt *attempt, struct error *err)
{
	CLEANUP(fd_close) int fd = openat(attempt->scratch, RENDER_REPORT, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	const struct js_value *report;
	char *text;
	size_t len;

	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening the report");
	if (fd_read_all(attempt->arena, fd, REPORT_MAX, &text, &len, err) < 0 ||
	    js_parse_free(attempt->arena, text, len, &report, err) < 0)
		return error_wrap(err, "reading the report");
	js_raw(w, "quality", js_json(report, attempt->arena));
	return 0;
}

/* Everything that was measured, whatever it is called. */
static int
write_report(struct js_writer *w, struct attempt *attempt, const struct work *work, struct error *err)
{
	static const char *const members[] = {"measurements", "audio", "spans"};
	int status;

	js_open_object(w, "report");
	for (size_t i = 0; i < ARRAY_LEN(members); i++) {
		const struct js_value *value = js_member(work->film.result, members[i]);

		if (value != NULL)
			js_raw(w, members[i], js_json(value, attempt->arena));
	}
	status = write_quality(w, attempt, err);
	js_close(w);
	return status;
}

/* Pictures of what was found; findings name them. */
static int
write_thumbnails(struct js_writer *w, struct attempt *attempt, const struct work *work, struct error *err)
{
	const struct js_value *names = js_at(work->film.result, "/report/thumbnails");
	int status = 0;

	js_open_array(w, "thumbnails");
	for (size_t i = 0; status == 0 && i < js_count(names, ""); i++) {
		const char *name = js_text(js_item(names, i), "", "");
		struct stored stored;

		status = media_publish(attempt, name, "image/jpeg", &stored, err);
		js_open_object(w, NULL);
		js_str(w, "name", name);
		if (status == 0) {
			js_str(w, "sha256", stored.sha256);
			js_int(w, "bytes", stored.bytes);
			js_str(w, "media_type", "image/jpeg");
		}
		js_close(w);
	}
	js_close(w);
	return status;
}

/* captions_1, captions_2, ... in the order of the timeline, each as it was written. */
static int
write_captions(struct js_writer *w, struct attempt *attempt, const struct work *work, struct error *err)
{
	const size_t count = js_count(work->film.result, "/captions");
	int status = 0;

	for (size_t i = 0; status == 0 && i < count; i++) {
		const char *key = arena_printf(attempt->arena, "captions_%zu", i + 1);
		const char *pointer = arena_printf(attempt->arena, "/captions/%zu", i);

		status = key == NULL || pointer == NULL
			     ? arena_error(attempt->arena, err)
			     : render_write_file(attempt, w, key, work->film.result, pointer, err);
	}
	return status;
}

static int
write_files(struct js_writer *w, struct attempt *attempt, const struct work *work, struct error *err)
{
	int status;

	js_open_object(w, "files");
	status = render_write_file(attempt, w, "poster", work->film.result, "/poster", err);
	if (status == 0)
		status = render_write_file(attempt, w, "contact_sheet", work->film.result, "/contact_sheet", err);
	if (status == 0)
		status = render_write_file(attempt, w, "waveform", work->film.result, "/waveform", err);
	if (status == 0)
		status = write_captions(w, attempt, work, err);
	if (status == 0 && work->preview)
		status = render_write_film(attempt, w, "preview", RENDER_PREVIEW, work->small.result, err);
	js_close(w);
	return status;
}

static int
answer(struct attempt *attempt, const struct work *work, struct error *err)
{
	struct flow_result result;

	flow_result_begin(&result);
	if (render_write_film(attempt, &result.w, "film", RENDER_FILM, work->film.result, err) < 0 ||
	    write_files(&result.w, attempt, work, err) < 0 || write_report(&result.w, attempt, work, err) < 0 ||
	    write_thumbnails(&result.w, attempt, work, err) < 0) {
		buf_done(&result.buf);
		return -1;
	}
	/* what there was to do was told when it was divided */
	if (!work->joins)
		js_raw(&result.w, "plan", work->plan);
	write_warnings(&result.w, attempt, work);
	js_int(&result.w, "generation_ms", clock_boot_ms(attempt->renderd->clock) - attempt->started_ms);
	return flow_result_end(&result, attempt, err);
}

/* The plan, and who carries it out. */
static int
begin_film(struct attempt *attempt, struct work *work, enum film_parts *ret_parts, struct error *err)
{
	if (read_work(attempt, work, err) < 0 || film_parts_look(attempt, ret_parts, err) < 0)
		return -1;
	if (*ret_parts == FILM_WAITS)
		return 0;
	work->joins = *ret_parts == FILM_JOINS;
	if (plan(attempt, work, err) < 0)
		return -1;
	if (work->joins)
		return 0;
	if (render_planned(attempt->db, attempt->job.id, work->plan, err) < 0 || check_policy(work, err) < 0)
		return -1;
	return film_divide(attempt, work->planned.result, ret_parts, err);
}

static int
run_film(struct attempt *attempt, struct error *err)
{
	struct work *work = ARENA_NEW(attempt->arena, struct work);
	enum film_parts parts;

	if (work == NULL)
		return arena_error(attempt->arena, err);
	if (begin_film(attempt, work, &parts, err) < 0)
		return -1;
	if (parts == FILM_WAITS)
		return 0;
	if (make_preview(attempt, work, err) < 0 || make_film(attempt, work, err) < 0)
		return -1;
	return answer(attempt, work, err);
}

static int
run_plan(struct attempt *attempt, struct error *err)
{
	struct work *work = ARENA_NEW(attempt->arena, struct work);

	if (work == NULL)
		return arena_error(attempt->arena, err);
	if (read_work(attempt, work, err) < 0 || plan(attempt, work, err) < 0)
		return -1;
	attempt_done(attempt, work->plan);
	return 0;
}

static int
run_ahead(struct attempt *attempt, struct error *err)
{
	struct work *work = ARENA_NEW(attempt->arena, struct work);
	struct flow_result result;

	if (work == NULL)
		return arena_error(attempt->arena, err);
	if (read_work(attempt, work, err) < 0)
		return -1;
	work->order.ahead = true;
	if (render_order_run(attempt, &work->order, &work->film, err) < 0)
		return error_wrap(err, "encoding ahead");
	flow_result_begin(&result);
	js_raw(&result.w, "spans", js_json(js_at(work->film.result, "/spans"), attempt->arena));
	return flow_result_end(&result, attempt, err);
}

const struct flow_row flow_render[] = {
    {"render.plan", run_plan},
    {"render.film", run_film},
    {"render.span", render_span},
    {"render.ahead", run_ahead},
    {NULL, NULL},
};
