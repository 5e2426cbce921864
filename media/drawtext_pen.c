/*
 * Laying text out: which characters can be shown, how large, broken where.
 */
#include "media/drawtext_priv.h"

#include <math.h>

#include <pango/pangofc-font.h>

#include "lib/base/text.h"

#define WIDTH_SHARE 0.9
#define HEIGHT_SHARE 0.9
#define SHRINK 0.94
#define SIZE_FLOOR 8.0
#define LINES 2
/* below this share of size_min more lines are better than smaller letters */
#define TINY 0.6
/* leaving characters out can change which font the others take, but hardly twice */
#define MISSING_ROUNDS 3

struct drawtext_shelf {
	PangoFontMap *map;
};

/* Never pango's default one, which belongs to the thread. */
static PangoFontMap *
new_map(void)
{
	return pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
}

struct drawtext_shelf *
drawtext_shelf_new(void)
{
	struct drawtext_shelf *shelf = calloc(1, sizeof(*shelf));

	if (shelf == NULL)
		abort();
	shelf->map = new_map();
	return shelf;
}

void
drawtext_shelf_free(struct drawtext_shelf **shelf)
{
	if (*shelf == NULL)
		return;
	g_clear_object(&(*shelf)->map);
	free(*shelf);
	*shelf = NULL;
}

void
pen_done(struct pen *pen)
{
	g_clear_object(&pen->layout);
	g_clear_object(&pen->context);
	g_clear_object(&pen->map);
	free(pen->text);
	free(pen->parts);
	free(pen->lines);
	*pen = (struct pen){0};
}

/* ---- lines ---- */

static void
stretch(struct pen_rect *rect, const PangoRectangle *by, double x, double y)
{
	rect->left = FW_MIN(rect->left, x + (double)by->x / PANGO_SCALE);
	rect->top = FW_MIN(rect->top, y + (double)by->y / PANGO_SCALE);
	rect->right = FW_MAX(rect->right, x + (double)(by->x + by->width) / PANGO_SCALE);
	rect->bottom = FW_MAX(rect->bottom, y + (double)(by->y + by->height) / PANGO_SCALE);
}

static double
line_width(PangoLayoutLine *line)
{
	PangoRectangle logical;

	pango_layout_line_get_extents(line, NULL, &logical);
	return (double)logical.width / PANGO_SCALE;
}

/* Lines are aligned here and not by pango, which turns left and right around in paragraphs that run to the left. */
static void
place_lines(struct pen *pen)
{
	PangoLayoutIter *iter = pango_layout_get_iter(pen->layout);
	const int first = pango_layout_iter_get_baseline(iter);
	double widest = 0;

	pen->n_lines = pango_layout_get_line_count(pen->layout);
	free(pen->lines);
	pen->lines = calloc((size_t)pen->n_lines, sizeof(*pen->lines));
	if (pen->lines == NULL)
		abort();
	for (int i = 0; i < pen->n_lines; i++) {
		struct pen_line *line = &pen->lines[i];

		line->line = pango_layout_iter_get_line_readonly(iter);
		line->y = (double)(pango_layout_iter_get_baseline(iter) - first) / PANGO_SCALE;
		line->x = line_width(line->line);
		widest = FW_MAX(widest, line->x);
		(void)pango_layout_iter_next_line(iter);
	}
	pango_layout_iter_free(iter);
	for (int i = 0; i < pen->n_lines; i++) {
		const double room = widest - pen->lines[i].x;

		pen->lines[i].x = pen->what->align == DRAWTEXT_LEFT    ? 0
				  : pen->what->align == DRAWTEXT_RIGHT ? room
								       : room / 2;
	}
	pen->block = (struct pen_rect){0, -pen->ascent, widest, pen->lines[pen->n_lines - 1].y + pen->descent};
}

static void
measure(struct pen *pen)
{
	place_lines(pen);
	pen->ink = (struct pen_rect){INFINITY, INFINITY, -INFINITY, -INFINITY};
	for (int i = 0; i < pen->n_lines; i++) {
		const struct pen_line *line = &pen->lines[i];
		PangoRectangle ink;

		pango_layout_line_get_extents(line->line, &ink, NULL);
		if (ink.width > 0 && ink.height > 0)
			stretch(&pen->ink, &ink, line->x, line->y);
	}
	if (pen->ink.left > pen->ink.right)
		pen->ink = (struct pen_rect){0};
}

static PangoFontDescription *
describe(const struct font *font, double size)
{
	PangoFontDescription *description = pango_font_description_new();

	pango_font_description_set_family(description, font->family);
	pango_font_description_set_weight(description, (PangoWeight)font->weight);
	pango_font_description_set_style(description, font->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
	pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
	return description;
}

static void
pen_size(struct pen *pen, double size)
{
	PangoFontDescription *description = describe(pen->what->font, size);
	PangoFont *font = pango_font_map_load_font(pen->map, pen->context, description);
	PangoFontMetrics *metrics = font == NULL ? NULL : pango_font_get_metrics(font, NULL);

	pen->size = size;
	pen->ascent = metrics == NULL ? size : (double)pango_font_metrics_get_ascent(metrics) / PANGO_SCALE;
	pen->descent = metrics == NULL ? size / 4 : (double)pango_font_metrics_get_descent(metrics) / PANGO_SCALE;
	if (metrics != NULL)
		pango_font_metrics_unref(metrics);
	g_clear_object(&font);
	pango_layout_set_font_description(pen->layout, description);
	pango_font_description_free(description);
	measure(pen);
}

/* ---- the text ---- */

/* `step` bytes at `at` are gone. */
static void
cut_parts(struct pen *pen, size_t at, size_t step)
{
	for (size_t i = 0; i < pen->what->n_parts; i++) {
		struct drawtext_part *part = &pen->parts[i];

		part->begin -= part->begin > at ? step : 0;
		part->end -= part->end > at ? step : 0;
	}
}

/* One line feed for each line end; other control characters become spaces. */
static void
copy_plain(struct pen *pen, const char *text)
{
	const size_t len = strlen(text);
	size_t kept = 0;

	pen->text = malloc(len + 1);
	pen->parts = calloc(pen->what->n_parts + 1, sizeof(*pen->parts));
	if (pen->text == NULL || pen->parts == NULL)
		abort();
	if (pen->what->n_parts > 0)
		memcpy(pen->parts, pen->what->parts, pen->what->n_parts * sizeof(*pen->parts));
	for (size_t i = 0; i < len; i++) {
		const unsigned char c = (unsigned char)text[i];

		if (c == '\r' && text[i + 1] == '\n')
			cut_parts(pen, kept, 1);
		else
			pen->text[kept++] = (c < 32 && c != '\n') || c == 127 ? ' ' : text[i];
	}
	pen->text[kept] = '\0';
}

/* Han characters have national forms; kana, hangul and bopomofo tell the nation. */
static const char *
language_of(const char *text)
{
	const size_t len = strlen(text);
	const char *language = "en";

	for (size_t at = 0, step; at < len; at += step) {
		const int32_t point = text_utf8_next(text + at, len - at, &step);

		if (point >= 0x3040 && point <= 0x30ff)
			return "ja";
		if ((point >= 0xac00 && point <= 0xd7a3) || (point >= 0x1100 && point <= 0x11ff))
			return "ko";
		if (point >= 0x3100 && point <= 0x312f)
			return "zh-tw";
		if (point >= 0x3400 && point <= 0x9fff)
			language = "zh-cn";
	}
	return language;
}

static void
set_text(struct pen *pen)
{
	PangoAttrList *attributes = pango_attr_list_new();

	for (size_t i = 0; i < pen->what->n_parts; i++) {
		const struct drawtext_part *part = &pen->parts[i];
		PangoAttribute *colour = pango_attr_foreground_new((guint16)((part->rgb >> 16 & 255) * 257),
		    (guint16)((part->rgb >> 8 & 255) * 257), (guint16)((part->rgb & 255) * 257));

		colour->start_index = (guint)part->begin;
		colour->end_index = (guint)part->end;
		pango_attr_list_insert(attributes, colour);
	}
	pango_layout_set_text(pen->layout, pen->text, -1);
	pango_layout_set_attributes(pen->layout, attributes);
	pango_attr_list_unref(attributes);
}

static void
note_missing(struct drawtext_report *report, uint32_t point)
{
	report->missing++;
	for (size_t i = 0; i < report->n_points; i++)
		if (report->points[i] == point)
			return;
	if (report->n_points < DRAWTEXT_MISSING_MAX)
		report->points[report->n_points++] = point;
}

/* Marks the bytes of characters that came out as unknown glyphs. */
static bool
find_missing(const struct pen *pen, bool *missing)
{
	PangoLayoutIter *iter = pango_layout_get_iter(pen->layout);
	bool found = false;

	do {
		const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);

		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs; i++) {
			if (run->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG) {
				missing[run->item->offset + run->glyphs->log_clusters[i]] = true;
				found = true;
			}
		}
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
	return found;
}

/* False when all that is left can be shown. */
static bool
take_missing_out(struct pen *pen, struct drawtext_report *report)
{
	const size_t len = strlen(pen->text);
	bool *missing = calloc(len + 1, sizeof(*missing));
	size_t kept = 0;
	bool found;

	if (missing == NULL)
		abort();
	found = pango_layout_get_unknown_glyphs_count(pen->layout) > 0 && find_missing(pen, missing);
	for (size_t at = 0, step; found && at < len; at += step) {
		const int32_t point = text_utf8_next(pen->text + at, len - at, &step);

		if (missing[at]) {
			note_missing(report, (uint32_t)point);
			cut_parts(pen, kept, step);
		} else {
			memmove(pen->text + kept, pen->text + at, step);
			kept += step;
		}
	}
	free(missing);
	if (found) {
		pen->text[kept] = '\0';
		set_text(pen);
	}
	return found;
}

/* Bytes of a character's place among the log attributes. */
static size_t
byte_of(const char *text, int index)
{
	return (size_t)(g_utf8_offset_to_pointer(text, index) - text);
}

/* The cluster of letter and marks around byte `at`, where a run begins, if the run begins within it. */
static bool
cluster_at(const struct pen *pen, int at, size_t *ret_begin, size_t *ret_end)
{
	gint count;
	const PangoLogAttr *attrs = pango_layout_get_log_attrs_readonly(pen->layout, &count);
	int begin = (int)g_utf8_pointer_to_offset(pen->text, pen->text + at), end = begin;

	if (at == 0 || begin >= count || attrs[begin].is_cursor_position)
		return false;
	while (begin > 0 && !attrs[begin].is_cursor_position)
		begin--;
	while (end < count - 1 && !attrs[end].is_cursor_position)
		end++;
	*ret_begin = byte_of(pen->text, begin);
	*ret_end = byte_of(pen->text, end);
	return true;
}

/* Pango looks for a font character by character, so a mark that the letter's font lacks comes from another one and
 * lands beside the letter. Both are taken from the mark's font then; if that is another file of the same family, as web
 * fonts have one for each script, from the family that has the most letters. */
static void
join_clusters(struct pen *pen)
{
	PangoLayoutIter *iter = pango_layout_get_iter(pen->layout);
	PangoAttrList *attributes = pango_attr_list_copy(pango_layout_get_attributes(pen->layout));

	do {
		const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);
		size_t begin, end;

		if (run == NULL || !cluster_at(pen, run->item->offset, &begin, &end))
			continue;
		PangoFontDescription *description = pango_font_describe(run->item->analysis.font);
		const char *name = pango_font_description_get_family(description);
		PangoAttribute *family =
		    pango_attr_family_new(text_equal(name, pen->what->font->family) ? FONTS_FALLBACK_FAMILY : name);

		family->start_index = (guint)begin;
		family->end_index = (guint)end;
		pango_attr_list_insert(attributes, family);
		pango_font_description_free(description);
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
	pango_layout_set_attributes(pen->layout, attributes);
	pango_attr_list_unref(attributes);
}

void
pen_init(struct pen *pen, const struct drawtext *what, struct drawtext_report *report)
{
	cairo_font_options_t *options = cairo_font_options_create();

	*pen = (struct pen){.what = what};
	copy_plain(pen, what->text);
	pen->map = what->shelf == NULL ? new_map() : g_object_ref(what->shelf->map);
	pen->context = pango_font_map_create_context(pen->map);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pen->context, options);
	pango_cairo_context_set_resolution(pen->context, 72);
	pango_context_set_round_glyph_positions(pen->context, FALSE);
	/* never the language of the process's environment */
	pango_context_set_language(pen->context, pango_language_from_string(language_of(pen->text)));
	cairo_font_options_destroy(options);
	pen->layout = pango_layout_new(pen->context);
	pango_layout_set_wrap(pen->layout, PANGO_WRAP_WORD_CHAR);
	set_text(pen);
	pen_size(pen, what->size);
	for (int round = 0; round < MISSING_ROUNDS && take_missing_out(pen, report); round++)
		;
	join_clusters(pen);
	measure(pen);
}

/* ---- fitting ---- */

static double
room_across(const struct drawtext *what)
{
	double room = what->max_width > 0 ? FW_MIN(what->max_width, what->width) : what->width * WIDTH_SHARE;

	if (what->across != 0)
		room = FW_MIN(room, what->width - what->margin_x - what->width * (1 - WIDTH_SHARE) / 2);
	if (what->box.opacity > 0)
		room = FW_MIN(room, what->width - 2 * what->box.pad);
	return FW_MAX(room - 2 * what->edge_width, 16);
}

static double
room_down(const struct drawtext *what)
{
	/* opposite of its edge a text comes no nearer to the frame's end than one in the middle */
	const double other = what->height * (1 - HEIGHT_SHARE) / 2;
	double room = what->down == 0 ? what->height * HEIGHT_SHARE
				      : what->height - what->margin_y - FW_MIN(other, what->margin_y);

	if (what->box.opacity > 0)
		room -= 2 * what->box.pad;
	return FW_MAX(room - 2 * what->edge_width, 16);
}

static bool
fits(const struct pen *pen)
{
	const struct pen_rect *ink = &pen->ink;

	return ink->right - ink->left <= room_across(pen->what) && ink->bottom - ink->top <= room_down(pen->what);
}

static void
set_width(struct pen *pen, double width)
{
	pango_layout_set_width(pen->layout, (int)(width * PANGO_SCALE));
	measure(pen);
}

/* The narrowest width that makes no more lines: "one two three / four" becomes "one two / three four". */
static void
balance(struct pen *pen)
{
	const int lines = pen->n_lines;
	double wide = room_across(pen->what), narrow = wide / (lines + 1);

	if (lines < 2)
		return;
	while (wide - narrow > pen->size / 4) {
		const double middle = (wide + narrow) / 2;

		set_width(pen, middle);
		if (pen->n_lines > lines || !fits(pen))
			narrow = middle;
		else
			wide = middle;
	}
	set_width(pen, wide);
}

static int
paragraphs(const struct pen *pen)
{
	int count = 1;

	for (const char *at = pen->text; (at = strchr(at, '\n')) != NULL; at++)
		count++;
	return count;
}

void
pen_fit(struct pen *pen)
{
	const struct drawtext *what = pen->what;
	const double size_min = FW_MIN(what->size_min, what->size);
	const int lines = FW_MAX(what->max_lines > 0 ? what->max_lines : LINES, paragraphs(pen));

	while (!fits(pen) && pen->size > size_min)
		pen_size(pen, FW_MAX(pen->size * SHRINK, size_min));
	if (fits(pen))
		return;
	set_width(pen, room_across(what));
	while ((pen->n_lines > lines || !fits(pen)) && pen->size > FW_MAX(size_min * TINY, SIZE_FLOOR))
		pen_size(pen, FW_MAX(pen->size * SHRINK, SIZE_FLOOR));
	if (pen->n_lines > lines && pen->size <= FW_MAX(size_min * TINY, SIZE_FLOOR))
		pen_size(pen, size_min);
	while (!fits(pen) && pen->size > SIZE_FLOOR)
		pen_size(pen, FW_MAX(pen->size * SHRINK, SIZE_FLOOR));
	balance(pen);
}

/* ---- what was laid out ---- */

void
pen_each_run(const struct pen *pen, void (*fn)(void *ctx, const PangoGlyphItem *run, double x, double y), void *ctx)
{
	for (int i = 0; i < pen->n_lines; i++) {
		double x = pen->lines[i].x;

		for (const GSList *l = pen->lines[i].line->runs; l != NULL; l = l->next) {
			const PangoGlyphItem *run = l->data;

			fn(ctx, run, x, pen->lines[i].y);
			x += (double)pango_glyph_string_get_width(run->glyphs) / PANGO_SCALE;
		}
	}
}

bool
pen_run_coloured(const PangoGlyphItem *run)
{
	FcPattern *pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(run->item->analysis.font));
	FcBool coloured = FcFalse;

	return FcPatternGetBool(pattern, FC_COLOR, 0, &coloured) == FcResultMatch && coloured;
}
