/*
 * The film judged as a whole: the marks of all spans against what the plan asks for, the sound as it is heard, and the
 * report with pictures of what was found (docs/quality.md).
 *
 *     args    report?, thumbnails?, contact_sheet? {output, frames?, columns?, tile_width?}
 *     result  report, contact_sheet
 */
#include <fcntl.h>
#include <math.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "media/film_sound.h"
#include "media/quality_plan.h"
#include "media/render_priv.h"
#include "media/sound.h"

#define REPORT_VERSION 1
#define REPORT_MAX (2 * MIB)
#define THUMBNAIL_WIDTH 320
#define THUMBNAILS_MAX 50
#define ENLARGED_MAX 1.5

/* The marks of a span, when they are what this version writes; they need not be aligned. */
static const void *
span_marks(const struct render *render, size_t i, struct canvas_notes *ret_head)
{
	const struct piece *piece = &render->pictures[i];
	const size_t frames = (size_t)render->plan->spans[i].frames;

	if (piece->notes_len != sizeof(*ret_head) + frames * sizeof(struct canvas_mark))
		return NULL;
	memcpy(ret_head, piece->notes, sizeof(*ret_head));
	if (ret_head->version != CANVAS_NOTES_VERSION || ret_head->frames != frames)
		return NULL;
	return (const char *)piece->notes + sizeof(*ret_head);
}

/* All spans' marks in a row. What a span's first frame has to do with the frame before is only known here. */
static int
join_marks(const struct render *render, struct canvas_mark *marks, struct error *err)
{
	const struct plan *plan = render->plan;
	struct canvas_notes before = {0};

	for (size_t i = 0; i < plan->n_spans; i++) {
		const struct plan_span *span = &plan->spans[i];
		struct canvas_notes head;
		const void *own = span_marks(render, i, &head);

		if (own == NULL)
			return error_set(err, ERR_INTERNAL, "span %zu was not measured", i);
		memcpy(marks + span->start, own, (size_t)span->frames * sizeof(*marks));
		if (i > 0) {
			struct canvas_mark *first = &marks[span->start];

			first->change = (uint16_t)abs(first->mean[0] - first[-1].mean[0]);
			if (before.last == head.first)
				first->flags |= CANVAS_SAME;
		}
		before = head;
	}
	return 0;
}

static void
find_enlarged(struct render *render, struct render_quality *quality)
{
	for (size_t i = 0; i < render->facts.n_assets; i++)
		quality->enlarged = FW_MAX(quality->enlarged, render->assets[i].enlarged);
	if (quality->enlarged > ENLARGED_MAX)
		quality_add(&quality->findings, &(struct quality_finding){.code = QUALITY_ENLARGED,
						    .severity = QUALITY_INFO,
						    .value = quality->enlarged,
						    .limit = ENLARGED_MAX});
}

static int
judge_pictures(struct render *render, struct error *err)
{
	struct arena *arena = render->task->arena;
	const struct plan *plan = render->plan;
	const size_t frames = (size_t)plan->frames;
	struct render_quality *quality = ARENA_NEW(arena, struct render_quality);
	struct canvas_mark *marks = ARENA_ARRAY(arena, frames, struct canvas_mark);
	uint8_t *expected = ARENA_ARRAY(arena, frames, uint8_t);

	if (quality == NULL || marks == NULL || expected == NULL)
		return arena_error(arena, err);
	if (join_marks(render, marks, err) < 0)
		return -1;
	quality_expect(&render->stage, expected);
	quality_pictures(&(struct quality_film){plan->fps_num, plan->fps_den, plan->frames, marks, expected},
	    &quality->pictures, &quality->findings);
	find_enlarged(render, quality);
	render->quality = quality;
	return 0;
}

static int
judge_sound(struct render *render, int fd, struct error *err)
{
	const struct timeline_sound *wanted = &render->timeline->output.audio;
	struct render_quality *quality = render->quality;
	CLEANUP(film_done) struct film film = {0};
	CLEANUP(film_sound_done) struct film_sound heard = {0};
	struct sound_notes notes;

	if (render->sound.notes_len != sizeof(notes))
		return 0;
	memcpy(&notes, render->sound.notes, sizeof(notes));
	if (film_open(fd, render->task, &film, err) < 0 || film_sound_hear(&film, render->task, &heard, err) < 0 ||
	    buf_error(&heard.peaks, err) < 0)
		return -1;
	quality->sound = (struct quality_sound){
	    .fps_num = render->plan->fps_num,
	    .fps_den = render->plan->fps_den,
	    .lufs = notes.lufs,
	    .target = wanted->lufs,
	    .true_peak = notes.true_peak,
	    .peak_limit = wanted->true_peak,
	    .clipped = (int64_t)notes.clipped,
	    .offset_us = heard.first_us,
	    .peaks = (const float *)(const void *)heard.peaks.data,
	    .n_peaks = heard.peaks.len / sizeof(float),
	};
	quality_sound(&quality->sound, &quality->silent_s, &quality->findings);
	quality->sound.peaks = NULL;
	quality->has_sound = true;
	return 0;
}

/* ---- the report ---- */

static void
put_film(struct js_writer *w, const struct render *render, const struct render_output *output)
{
	const struct plan *plan = render->plan;
	const double seconds = (double)plan->frames * (double)plan->fps_den / (double)plan->fps_num;

	js_open_object(w, "film");
	js_str(w, "sha256", output->sha256);
	js_int(w, "frames", plan->frames);
	js_fixed(w, "duration_s", seconds, 3);
	js_int(w, "width", render->stage.width);
	js_int(w, "height", render->stage.height);
	js_int(w, "fps_num", plan->fps_num);
	js_int(w, "fps_den", plan->fps_den);
	js_int(w, "bytes", output->bytes);
	js_int(w, "bits_per_second", (int64_t)((double)output->bytes * 8 / seconds));
	js_bool(w, "constant_rate", true); /* the check after writing refuses anything else */
	js_close(w);
}

static void
put_pictures(struct js_writer *w, const struct render_quality *quality)
{
	const struct quality_pictures *sums = &quality->pictures;

	js_open_object(w, "picture");
	js_int(w, "black_frames", sums->black);
	js_int(w, "frozen_frames", sums->frozen);
	js_int(w, "duplicated_frames", sums->duplicated);
	js_int(w, "flashes", sums->flashes);
	js_fixed(w, "mean_luma", sums->mean, 2);
	js_fixed(w, "out_of_range", sums->out_of_range, 4);
	js_fixed(w, "enlarged", quality->enlarged, 3);
	js_close(w);
	js_open_object(w, "joins");
	js_int(w, "count", sums->joins);
	js_int(w, "cuts", sums->cuts);
	js_int(w, "visible", sums->visible);
	js_fixed(w, "largest_step", sums->step, 2);
	if (sums->step_frame < 0)
		js_null(w, "largest_step_frame");
	else
		js_int(w, "largest_step_frame", sums->step_frame);
	js_close(w);
}

/* Silence has no loudness. */
static void
put_level(struct js_writer *w, const char *key, double level)
{
	if (isfinite(level))
		js_fixed(w, key, level, 2);
	else
		js_null(w, key);
}

static void
put_sound(struct js_writer *w, const struct render_quality *quality)
{
	if (!quality->has_sound) {
		js_null(w, "sound");
		return;
	}
	js_open_object(w, "sound");
	put_level(w, "lufs", quality->sound.lufs);
	js_fixed(w, "lufs_target", quality->sound.target, 2);
	put_level(w, "true_peak", quality->sound.true_peak);
	js_fixed(w, "true_peak_limit", quality->sound.peak_limit, 2);
	js_int(w, "clipped_samples", quality->sound.clipped);
	js_fixed(w, "silent_s", quality->silent_s, 1);
	js_int(w, "offset_us", quality->sound.offset_us);
	js_close(w);
}

static size_t
span_of(const struct plan *plan, int64_t frame)
{
	size_t i = 0;

	while (i + 1 < plan->n_spans && plan->spans[i + 1].start <= frame)
		i++;
	return i;
}

static double
frame_s(const struct plan *plan, int64_t frame)
{
	return (double)frame * (double)plan->fps_den / (double)plan->fps_num;
}

static bool
has_place(const struct quality_finding *finding)
{
	return finding->frames > 0;
}

static void
put_finding(struct js_writer *w, const struct render *render, size_t i)
{
	const struct quality_finding *finding = &render->quality->findings.items[i];
	const char *thumbnail = render->quality->thumbnails[i];

	js_open_object(w, NULL);
	js_str(w, "code", quality_code_name(finding->code));
	js_str(w, "severity", quality_severity_name(finding->severity));
	if (has_place(finding)) {
		js_fixed(w, "at_s", frame_s(render->plan, finding->frame), 3);
		js_int(w, "frame", finding->frame);
		js_int(w, "frames", finding->frames);
		js_int(w, "span", (int64_t)span_of(render->plan, finding->frame));
	} else {
		js_null(w, "at_s");
		js_null(w, "frame");
		js_null(w, "frames");
		js_null(w, "span");
	}
	js_fixed(w, "value", finding->value, 3);
	js_fixed(w, "limit", finding->limit, 3);
	js_str(w, "unit", quality_unit(finding->code));
	js_str(w, "detail", quality_sentence(finding->code));
	js_str(w, "thumbnail", thumbnail);
	js_close(w);
}

static void
put_sheet(struct js_writer *w, const struct render *render)
{
	const struct sheet_result *sheet = &render->quality->sheet;

	if (render->args.sheet == NULL) {
		js_null(w, "contact_sheet");
		return;
	}
	js_open_object(w, "contact_sheet");
	js_str(w, "name", render->args.sheet);
	js_str(w, "media_type", "image/jpeg");
	js_int(w, "width", sheet->width);
	js_int(w, "height", sheet->height);
	js_int(w, "bytes", sheet->bytes);
	js_close(w);
}

/* ---- the files beside it ---- */

/* "report-3.jpg" for "report.json" */
static int
make_thumbnails(struct render *render, struct film *film, struct error *err)
{
	struct render_quality *quality = render->quality;
	const char *report = render->args.report;
	const char *dot = strrchr(report, '.');
	const int stem = dot == NULL ? (int)strlen(report) : (int)(dot - report);
	int64_t made = 0;

	for (size_t i = 0; i < quality->findings.count && made < render->args.thumbnails; i++) {
		const struct quality_finding *finding = &quality->findings.items[i];
		const int64_t frame = finding->frame + finding->frames / 2;
		char *name;

		if (!has_place(finding) || finding->code == QUALITY_SILENCE)
			continue;
		name = arena_printf(render->task->arena, "%.*s-%lld.jpg", stem, report, (long long)++made);
		if (name == NULL)
			return arena_error(render->task->arena, err);
		if (sheet_thumbnail(film, (int64_t)(frame_s(render->plan, frame) * 1e6) + 1, THUMBNAIL_WIDTH,
			render->task, render->task->scratch, name, err) < 0)
			return error_wrap(err, "thumbnail %lld", (long long)made);
		quality->thumbnails[i] = name;
	}
	return 0;
}

static int
write_report(struct render *render, const struct render_output *output, struct error *err)
{
	CLEANUP(buf_done) struct buf text = BUF_INIT(REPORT_MAX);
	const struct quality_list *findings = &render->quality->findings;
	struct js_writer w;

	js_begin(&w, &text);
	js_open_object(&w, NULL);
	js_int(&w, "version", REPORT_VERSION);
	put_film(&w, render, output);
	put_pictures(&w, render->quality);
	put_sound(&w, render->quality);
	js_open_array(&w, "findings");
	for (size_t i = 0; i < findings->count; i++)
		put_finding(&w, render, i);
	js_close(&w);
	js_int(&w, "findings_left_out", (int64_t)findings->left_out);
	put_sheet(&w, render);
	js_close(&w);
	js_end(&w);
	if (buf_error(&text, err) < 0)
		return -1;
	render->quality->report_bytes = (int64_t)text.len;
	return io_write_file(render->task->scratch, render->args.report, text.data, text.len, err);
}

static int
make_sheet(struct render *render, struct film *film, struct error *err)
{
	struct font font;
	const int64_t frames = FW_MIN(render->args.sheet_frames, render->plan->frames);
	const struct sheet_request request = {
	    .frames = (int)frames,
	    .columns = (int)FW_MIN(render->args.sheet_columns, frames),
	    .tile_width = (int)FW_MIN(render->args.sheet_width, render->stage.width),
	    .font = &font,
	};

	if (render->task->fonts == NULL)
		return error_set(err, ERR_UNAVAILABLE, "there are no fonts");
	if (fonts_resolve(render->task->fonts, FONTS_FALLBACK, &font, err) < 0)
		return -1;
	return sheet_write(
	    film, &request, render->task, render->task->scratch, render->args.sheet, &render->quality->sheet, err);
}

int
render_quality_args(struct render *render, struct error *err)
{
	const struct js_value *args = render->task->args;
	struct render_args *into = &render->args;

	into->report = js_text(args, "/report", NULL);
	into->thumbnails = js_number(args, "/thumbnails", 12);
	into->sheet = js_text(args, "/contact_sheet/output", NULL);
	into->sheet_frames = js_number(args, "/contact_sheet/frames", 12);
	into->sheet_columns = js_number(args, "/contact_sheet/columns", 4);
	into->sheet_width = js_number(args, "/contact_sheet/tile_width", 320);
	if ((into->report != NULL && task_output_name(into->report, err) < 0) ||
	    (into->sheet != NULL && task_output_name(into->sheet, err) < 0))
		return -1;
	if (into->thumbnails < 0 || into->thumbnails > THUMBNAILS_MAX || into->sheet_frames < 1 ||
	    into->sheet_frames > SHEET_FRAMES_MAX || into->sheet_columns < 1 ||
	    into->sheet_columns > SHEET_COLUMNS_MAX || into->sheet_width < 64 || into->sheet_width > 1920)
		return error_set(err, ERR_INPUT, "thumbnails or contact_sheet is out of range");
	return 0;
}

int
render_quality(struct render *render, const struct render_output *output, struct error *err)
{
	CLEANUP(fd_close) int fd = -1;
	CLEANUP(film_done) struct film film = {0};

	if (judge_pictures(render, err) < 0)
		return -1;
	if (render->args.report == NULL && render->args.sheet == NULL)
		return 0;
	fd = openat(render->task->scratch, render->args.output, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return error_errno(err, ERR_INTERNAL, "opening '%s'", render->args.output);
	if (film_open(fd, render->task, &film, err) < 0)
		return error_wrap(err, "looking at the finished film");
	if (render->args.sheet != NULL && make_sheet(render, &film, err) < 0)
		return -1;
	if (render->args.report == NULL)
		return 0;
	if (render->sound.notes_len > 0 && judge_sound(render, fd, err) < 0)
		return error_wrap(err, "judging the sound");
	quality_sort(&render->quality->findings);
	if (make_thumbnails(render, &film, err) < 0)
		return -1;
	return write_report(render, output, err);
}

void
render_quality_result(struct js_writer *w, const struct render *render)
{
	const struct render_quality *quality = render->quality;
	int64_t worst[QUALITY_SEVERITY__COUNT] = {0};

	for (size_t i = 0; i < quality->findings.count; i++)
		worst[quality->findings.items[i].severity]++;
	put_sheet(w, render);
	if (render->args.report == NULL) {
		js_null(w, "report");
		return;
	}
	js_open_object(w, "report");
	js_str(w, "name", render->args.report);
	js_str(w, "media_type", "application/json");
	js_int(w, "bytes", quality->report_bytes);
	js_int(w, "errors", worst[QUALITY_ERROR]);
	js_int(w, "warnings", worst[QUALITY_WARNING]);
	js_open_array(w, "thumbnails");
	for (size_t i = 0; i < quality->findings.count; i++)
		if (quality->thumbnails[i] != NULL)
			js_str(w, NULL, quality->thumbnails[i]);
	js_close(w);
	js_close(w);
}
