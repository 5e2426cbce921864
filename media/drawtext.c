/*
 * Laying text out with pango, drawing it with cairo, softening its edge, handing it on as a stamp.
 */
#include "media/drawtext.h"

#include <math.h>

#include <pango/pangocairo.h>

#include "lib/base/text.h"
#include "media/blur.h"

#define WIDTH_SHARE 0.9
#define HEIGHT_SHARE 0.9
#define SHRINK 0.94
#define SIZE_FLOOR 8.0
/* shares of the letter size */
#define EDGE_WIDTH 0.09
#define EDGE_BLUR 0.05
#define EDGE_OPACITY 0.62
#define EDGE_PAD 0.25

struct pen {
	const struct drawtext *what;
	PangoFontMap *map;
	PangoContext *context;
	PangoLayout *layout;
	double size;
};

static void
pen_done(struct pen *pen)
{
	g_clear_object(&pen->layout);
	g_clear_object(&pen->context);
	g_clear_object(&pen->map);
}

static void
surface_done(cairo_surface_t **surface)
{
	if (*surface != NULL)
		cairo_surface_destroy(*surface);
}

static void
pen_size(struct pen *pen, double size)
{
	const struct font *font = pen->what->font;
	PangoFontDescription *description = pango_font_description_new();

	pen->size = size;
	pango_font_description_set_family(description, font->family);
	pango_font_description_set_weight(description, (PangoWeight)font->weight);
	pango_font_description_set_style(description, font->italic ? PANGO_STYLE_ITALIC : PANGO_STYLE_NORMAL);
	pango_font_description_set_absolute_size(description, size * PANGO_SCALE);
	pango_layout_set_font_description(pen->layout, description);
	pango_font_description_free(description);
}

/* Line ends and other control characters become spaces: an overlay's text is one paragraph. */
static char *
plain_text(const char *text)
{
	const size_t len = strlen(text);
	char *plain = malloc(len + 1);

	if (plain == NULL)
		abort();
	for (size_t i = 0; i <= len; i++)
		plain[i] = (unsigned char)text[i] < 32 && i < len ? ' ' : text[i];
	return plain;
}

static void
pen_init(struct pen *pen, const struct drawtext *what)
{
	cairo_font_options_t *options = cairo_font_options_create();
	char *plain = plain_text(what->text);

	pen->what = what;
	/* a map of its own: pango's default one belongs to the thread and keeps caches */
	pen->map = pango_cairo_font_map_new_for_font_type(CAIRO_FONT_TYPE_FT);
	pen->context = pango_font_map_create_context(pen->map);
	cairo_font_options_set_antialias(options, CAIRO_ANTIALIAS_GRAY);
	cairo_font_options_set_hint_style(options, CAIRO_HINT_STYLE_NONE);
	cairo_font_options_set_hint_metrics(options, CAIRO_HINT_METRICS_OFF);
	pango_cairo_context_set_font_options(pen->context, options);
	pango_cairo_context_set_resolution(pen->context, 72);
	pango_context_set_round_glyph_positions(pen->context, FALSE);
	cairo_font_options_destroy(options);
	pen->layout = pango_layout_new(pen->context);
	pango_layout_set_text(pen->layout, plain, -1);
	pango_layout_set_alignment(pen->layout, PANGO_ALIGN_CENTER);
	pango_layout_set_wrap(pen->layout, PANGO_WRAP_WORD_CHAR);
	free(plain);
	pen_size(pen, what->size);
}

static PangoRectangle
ink_of(const struct pen *pen)
{
	PangoRectangle ink;

	pango_layout_get_extents(pen->layout, &ink, NULL);
	return ink;
}

static bool
fits(const struct pen *pen)
{
	const PangoRectangle ink = ink_of(pen);
	const struct drawtext *what = pen->what;
	const double room =
	    what->anchor == ANCHOR_CENTER ? what->height * HEIGHT_SHARE : what->height - 2 * what->margin;

	return ink.width <= what->width * WIDTH_SHARE * PANGO_SCALE && ink.height <= FW_MAX(room, 16) * PANGO_SCALE;
}

static void
pen_fit(struct pen *pen)
{
	const struct drawtext *what = pen->what;
	const double size_min = FW_MIN(what->size_min, what->size);

	while (!fits(pen) && pen->size > size_min)
		pen_size(pen, FW_MAX(pen->size * SHRINK, size_min));
	if (fits(pen))
		return;
	pango_layout_set_width(pen->layout, (int)(what->width * WIDTH_SHARE * PANGO_SCALE));
	while ((pango_layout_get_line_count(pen->layout) > 2 || !fits(pen)) && pen->size > SIZE_FLOOR)
		pen_size(pen, FW_MAX(pen->size * SHRINK, SIZE_FLOOR));
}

static void
report_missing(const struct pen *pen, struct drawtext_report *report)
{
	const char *text = pango_layout_get_text(pen->layout);
	PangoLayoutIter *iter = pango_layout_get_iter(pen->layout);

	report->missing = pango_layout_get_unknown_glyphs_count(pen->layout);
	do {
		const PangoLayoutRun *run = pango_layout_iter_get_run_readonly(iter);

		for (int i = 0; run != NULL && i < run->glyphs->num_glyphs && report->first[0] == '\0'; i++) {
			if (run->glyphs->glyphs[i].glyph & PANGO_GLYPH_UNKNOWN_FLAG) {
				const char *at = text + run->item->offset + run->glyphs->log_clusters[i];
				const size_t len = text_utf8_cut(at, strlen(at), 1);

				memcpy(report->first, at, FW_MIN(len, sizeof(report->first) - 1));
			}
		}
	} while (pango_layout_iter_next_run(iter));
	pango_layout_iter_free(iter);
}

/* Where the ink's top left corner comes, in pixels of the frame. Whole pixels, so that edges are sharp and tests exact.
 */
static void
place_ink(const struct drawtext *what, const PangoRectangle *ink, double *ret_x, double *ret_y)
{
	const double width = (double)ink->width / PANGO_SCALE, height = (double)ink->height / PANGO_SCALE;
	double y;

	switch (what->anchor) {
	case ANCHOR_TOP:
		y = what->margin;
		break;
	case ANCHOR_BOTTOM:
		y = what->height - what->margin - height;
		break;
	default:
		y = (what->height - height) / 2;
		break;
	}
	*ret_x = (what->width - width) / 2;
	*ret_y = FW_MAX(FW_MIN(y, what->height - height), 0);
}

static void
set_color(cairo_t *cr, uint32_t rgb)
{
	cairo_set_source_rgb(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0);
}

/* The dark edge: the letters' outline drawn broadly into a mask, softened, laid below. */
static void
draw_edge(cairo_t *cr, const struct pen *pen, double x, double y, int width, int height)
{
	CLEANUP(surface_done) cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
	cairo_t *edge = cairo_create(mask);
	const int radius = (int)lround(pen->size * EDGE_BLUR);

	cairo_translate(edge, x, y);
	pango_cairo_layout_path(edge, pen->layout);
	cairo_set_line_width(edge, 2 * pen->size * EDGE_WIDTH);
	cairo_set_line_join(edge, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke_preserve(edge);
	cairo_fill(edge);
	cairo_destroy(edge);
	cairo_surface_flush(mask);
	for (int pass = 0; pass < 3; pass++)
		blur_plane(
		    cairo_image_surface_get_data(mask), cairo_image_surface_get_stride(mask), width, height, radius);
	cairo_surface_mark_dirty(mask);
	cairo_set_source_rgba(cr, 0, 0, 0, EDGE_OPACITY);
	cairo_mask_surface(cr, mask, 0, 0);
}

static int
draw(const struct pen *pen, const PangoRectangle *ink, struct stamp **ret_stamp, struct drawtext_report *report,
    struct error *err)
{
	const struct drawtext *what = pen->what;
	const double pad = what->outline ? pen->size * EDGE_PAD : 2;
	double x, y;
	int left, top, right, bottom;

	place_ink(what, ink, &x, &y);
	left = FW_MAX((int)floor(x - pad) & ~1, 0);
	top = FW_MAX((int)floor(y - pad) & ~1, 0);
	right = FW_MIN(((int)ceil(x + (double)ink->width / PANGO_SCALE + pad) + 1) & ~1, what->width & ~1);
	bottom = FW_MIN(((int)ceil(y + (double)ink->height / PANGO_SCALE + pad) + 1) & ~1, what->height & ~1);
	report->ink_x = (int)lround(x);
	report->ink_y = (int)lround(y);
	report->ink_width = (int)ceil((double)ink->width / PANGO_SCALE);
	report->ink_height = (int)ceil((double)ink->height / PANGO_SCALE);

	CLEANUP(surface_done)
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, right - left, bottom - top);
	const struct canvas_patch place = {.to_x = left, .to_y = top, .width = right - left, .height = bottom - top};
	cairo_t *cr = cairo_create(surface);
	/* the layout's origin: ink begins at ink->x, ink->y from it */
	const double origin_x = x - left - (double)ink->x / PANGO_SCALE,
		     origin_y = y - top - (double)ink->y / PANGO_SCALE;

	if (what->outline)
		draw_edge(cr, pen, origin_x, origin_y, place.width, place.height);
	set_color(cr, what->rgb);
	cairo_translate(cr, origin_x, origin_y);
	pango_cairo_show_layout(cr, pen->layout);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		return error_set(
		    err, ERR_INTERNAL, "drawing text: %s", cairo_status_to_string(cairo_surface_status(surface)));
	return stamp_new((const uint32_t *)(const void *)cairo_image_surface_get_data(surface),
	    cairo_image_surface_get_stride(surface) / 4, &place, what->opacity, ret_stamp, err);
}

int
drawtext_stamp(const struct drawtext *what, struct stamp **ret_stamp, struct drawtext_report *report, struct error *err)
{
	CLEANUP(pen_done) struct pen pen = {0};
	struct drawtext_report own = {0};
	PangoRectangle ink;

	pen_init(&pen, what);
	pen_fit(&pen);
	ink = ink_of(&pen);
	own.size = pen.size;
	own.lines = pango_layout_get_line_count(pen.layout);
	report_missing(&pen, &own);
	*ret_stamp = NULL;
	if (ink.width > 0 && ink.height > 0 && draw(&pen, &ink, ret_stamp, &own, err) < 0)
		return error_wrap(err, "text of %zu bytes", strlen(what->text));
	if (report != NULL)
		*report = own;
	return 0;
}
