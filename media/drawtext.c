/*
 * Drawing a laid-out text with cairo: plate, edges, letters; handing it on as a stamp.
 *
 * Letters are filled as outlines, not as glyph images, so that they lie where the layout says to a fraction of a pixel
 * and joined letters show no seams. What pango says about the ink is good to a pixel or two; so the letters are drawn
 * once to see where their pixels are, and again, moved by whole pixels, into their place.
 */
#include "media/drawtext_priv.h"

#include <math.h>

#include "lib/base/text.h"
#include "media/blur.h"

/* shares of the letter size */
#define EDGE_WIDTH 0.09
#define EDGE_BLUR 0.05
#define EDGE_OPACITY 0.62
#define EDGE_PAD 0.25
/* of 255: a pixel with less is not seen as part of a letter */
#define INK_SEEN 32

struct rect {
	int left, top, right, bottom;
};

static void
surface_done(cairo_surface_t **surface)
{
	if (*surface != NULL)
		cairo_surface_destroy(*surface);
}

static void
set_color(cairo_t *cr, uint32_t rgb, double opacity)
{
	cairo_set_source_rgba(cr, (rgb >> 16 & 255) / 255.0, (rgb >> 8 & 255) / 255.0, (rgb & 255) / 255.0, opacity);
}

/* ---- letters ---- */

struct brush {
	cairo_t *cr;
	uint32_t rgb;
};

static void
add_path(void *ctx, const PangoGlyphItem *run, double x, double y)
{
	cairo_t *cr = ctx;

	if (pen_run_coloured(run))
		return;
	cairo_move_to(cr, x, y);
	pango_cairo_glyph_string_path(cr, run->item->analysis.font, run->glyphs);
}

static uint32_t
run_color(const PangoGlyphItem *run, uint32_t rgb)
{
	for (const GSList *l = run->item->analysis.extra_attrs; l != NULL; l = l->next) {
		const PangoAttrColor *colour = l->data;

		if (colour->attr.klass->type == PANGO_ATTR_FOREGROUND)
			return (uint32_t)(colour->color.red >> 8) << 16 | (uint32_t)(colour->color.green >> 8) << 8 |
			       (uint32_t)(colour->color.blue >> 8);
	}
	return rgb;
}

static void
fill_run(void *ctx, const PangoGlyphItem *run, double x, double y)
{
	const struct brush *brush = ctx;

	set_color(brush->cr, run_color(run, brush->rgb), 1);
	cairo_new_path(brush->cr);
	cairo_move_to(brush->cr, x, y);
	if (pen_run_coloured(run)) {
		pango_cairo_show_glyph_string(brush->cr, run->item->analysis.font, run->glyphs);
		return;
	}
	pango_cairo_glyph_string_path(brush->cr, run->item->analysis.font, run->glyphs);
	cairo_fill(brush->cr);
}

static void
stroke(cairo_t *cr, const struct pen *pen, double width)
{
	cairo_new_path(cr);
	pen_each_run(pen, add_path, cr);
	cairo_set_line_width(cr, 2 * width);
	cairo_set_line_join(cr, CAIRO_LINE_JOIN_ROUND);
	cairo_stroke_preserve(cr);
	cairo_fill(cr);
}

/* The origin is where the first baseline begins. */
static void
draw_letters(cairo_t *cr, const struct pen *pen, int x, int y)
{
	const struct brush brush = {cr, pen->what->rgb};

	cairo_save(cr);
	cairo_translate(cr, x, y);
	cairo_set_antialias(cr, CAIRO_ANTIALIAS_BEST);
	if (pen->what->edge_width > 0) {
		set_color(cr, pen->what->edge_rgb, 1);
		stroke(cr, pen, pen->what->edge_width);
	}
	pen_each_run(pen, fill_run, (void *)&brush);
	cairo_restore(cr);
}

/* The dark edge: the letters' outline drawn broadly into a mask, softened, laid below. */
static void
draw_soft_edge(cairo_t *cr, const struct pen *pen, int x, int y, int width, int height)
{
	CLEANUP(surface_done) cairo_surface_t *mask = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
	cairo_t *edge = cairo_create(mask);
	const int radius = (int)lround(pen->size * EDGE_BLUR);

	draw_letters(edge, pen, x, y);
	cairo_translate(edge, x, y);
	set_color(edge, 0, 1);
	stroke(edge, pen, pen->what->edge_width + pen->size * EDGE_WIDTH);
	cairo_destroy(edge);
	cairo_surface_flush(mask);
	for (int pass = 0; pass < 3; pass++)
		blur_plane(
		    cairo_image_surface_get_data(mask), cairo_image_surface_get_stride(mask), width, height, radius);
	cairo_surface_mark_dirty(mask);
	cairo_set_source_rgba(cr, 0, 0, 0, EDGE_OPACITY);
	cairo_mask_surface(cr, mask, 0, 0);
}

static void
draw_box(cairo_t *cr, const struct drawtext_box *box, const struct rect *at)
{
	const double radius = FW_MIN(FW_MAX(box->radius, 0), FW_MIN(at->right - at->left, at->bottom - at->top) / 2.0);

	cairo_new_path(cr);
	cairo_arc(cr, at->right - radius, at->top + radius, radius, -M_PI / 2, 0);
	cairo_arc(cr, at->right - radius, at->bottom - radius, radius, 0, M_PI / 2);
	cairo_arc(cr, at->left + radius, at->bottom - radius, radius, M_PI / 2, M_PI);
	cairo_arc(cr, at->left + radius, at->top + radius, radius, M_PI, M_PI * 3 / 2);
	cairo_close_path(cr);
	set_color(cr, box->rgb, box->opacity);
	cairo_fill(cr);
}

/* ---- where the pixels are ---- */

static struct rect
seen_pixels(cairo_surface_t *surface)
{
	const unsigned char *data = cairo_image_surface_get_data(surface);
	const int stride = cairo_image_surface_get_stride(surface);
	const int width = cairo_image_surface_get_width(surface), height = cairo_image_surface_get_height(surface);
	struct rect seen = {width, height, 0, 0};

	for (int y = 0; y < height; y++) {
		for (int x = 0; x < width; x++) {
			if (data[(ptrdiff_t)y * stride + x] < INK_SEEN)
				continue;
			seen.left = FW_MIN(seen.left, x);
			seen.right = FW_MAX(seen.right, x + 1);
			seen.top = FW_MIN(seen.top, y);
			seen.bottom = y + 1;
		}
	}
	return seen;
}

/* The letters' pixels, counted from the origin. */
static struct rect
find_ink(const struct pen *pen)
{
	const double pad = pen->what->edge_width + 3;
	const int x = (int)ceil(pad - pen->ink.left), y = (int)ceil(pad - pen->ink.top);
	const int width = (int)ceil(pen->ink.right + pad) + x, height = (int)ceil(pen->ink.bottom + pad) + y;
	CLEANUP(surface_done) cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
	cairo_t *cr = cairo_create(surface);
	struct rect seen = {0};

	draw_letters(cr, pen, x, y);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	if (cairo_surface_status(surface) == CAIRO_STATUS_SUCCESS)
		seen = seen_pixels(surface);
	if (seen.right <= seen.left)
		return (struct rect){0};
	return (struct rect){seen.left - x, seen.top - y, seen.right - x, seen.bottom - y};
}

/* ---- placing ---- */

/* Where a length of the frame's side begins, in whole pixels, so that edges are sharp and tests exact. */
static int
place(int side, int length, int where, double margin, double offset)
{
	const double free_room = side - length;
	const double at = where < 0 ? margin : where > 0 ? free_room - margin : floor(free_room / 2);

	return (int)lround(FW_MAX(FW_MIN(at + offset, free_room), 0));
}

/* What is placed: the ink, the line boxes, or the plate. */
static struct rect
placed_part(const struct pen *pen, const struct rect *ink)
{
	const struct drawtext *what = pen->what;
	const bool box = what->box.opacity > 0;
	const int pad = box ? (int)lround(what->box.pad) : 0;
	struct rect part = *ink;

	if (box || what->steady) {
		part.top = (int)floor(pen->block.top);
		part.bottom = (int)ceil(pen->block.bottom);
	}
	if (box) {
		/* tall scripts leave the font's own line box */
		part.top = FW_MIN(part.top, ink->top);
		part.bottom = FW_MAX(part.bottom, ink->bottom);
	}
	return (struct rect){part.left - pad, part.top - pad, part.right + pad, part.bottom + pad};
}

static struct rect
moved(const struct rect *rect, int x, int y)
{
	return (struct rect){rect->left + x, rect->top + y, rect->right + x, rect->bottom + y};
}

/* All that is drawn, on even pixels inside the frame. */
static struct rect
stamp_area(const struct pen *pen, const struct rect *ink, const struct rect *part)
{
	const struct drawtext *what = pen->what;
	const int pad = (int)ceil(what->soft_edge ? pen->size * EDGE_PAD : 2);

	return (struct rect){
	    .left = FW_MAX(FW_MIN(ink->left - pad, part->left) & ~1, 0),
	    .top = FW_MAX(FW_MIN(ink->top - pad, part->top) & ~1, 0),
	    .right = FW_MIN((FW_MAX(ink->right + pad, part->right) + 1) & ~1, what->width & ~1),
	    .bottom = FW_MIN((FW_MAX(ink->bottom + pad, part->bottom) + 1) & ~1, what->height & ~1),
	};
}

static void
report_places(struct drawtext_report *report, const struct rect *ink, const struct rect *part, bool box)
{
	report->ink_x = ink->left;
	report->ink_y = ink->top;
	report->ink_width = ink->right - ink->left;
	report->ink_height = ink->bottom - ink->top;
	if (!box)
		return;
	report->box_x = part->left;
	report->box_y = part->top;
	report->box_width = part->right - part->left;
	report->box_height = part->bottom - part->top;
}

static int
draw(const struct pen *pen, const struct rect *drawn, struct stamp **ret_stamp, struct drawtext_report *report,
    struct error *err)
{
	const struct drawtext *what = pen->what;
	struct rect part = placed_part(pen, drawn), ink, area;
	const int x =
	    place(what->width, part.right - part.left, what->across, what->margin_x, what->offset_x) - part.left;
	const int y =
	    place(what->height, part.bottom - part.top, what->down, what->margin_y, what->offset_y) - part.top;

	ink = moved(drawn, x, y);
	part = moved(&part, x, y);
	area = stamp_area(pen, &ink, &part);
	report_places(report, &ink, &part, what->box.opacity > 0);
	if (area.right <= area.left || area.bottom <= area.top)
		return 0;

	const struct canvas_patch patch = {
	    .to_x = area.left, .to_y = area.top, .width = area.right - area.left, .height = area.bottom - area.top};
	CLEANUP(surface_done)
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_ARGB32, patch.width, patch.height);
	cairo_t *cr = cairo_create(surface);
	const struct rect plate = moved(&part, -area.left, -area.top);

	if (what->box.opacity > 0)
		draw_box(cr, &what->box, &plate);
	if (what->soft_edge)
		draw_soft_edge(cr, pen, x - area.left, y - area.top, patch.width, patch.height);
	draw_letters(cr, pen, x - area.left, y - area.top);
	cairo_destroy(cr);
	cairo_surface_flush(surface);
	if (cairo_surface_status(surface) != CAIRO_STATUS_SUCCESS)
		return error_set(
		    err, ERR_INTERNAL, "drawing text: %s", cairo_status_to_string(cairo_surface_status(surface)));
	return stamp_new((const uint32_t *)(const void *)cairo_image_surface_get_data(surface),
	    cairo_image_surface_get_stride(surface) / 4, &patch, what->opacity, ret_stamp, err);
}

int
drawtext_stamp(const struct drawtext *what, struct stamp **ret_stamp, struct drawtext_report *report, struct error *err)
{
	CLEANUP(pen_done) struct pen pen;
	struct drawtext_report own = {0};
	struct rect ink;

	pen_init(&pen, what, &own);
	pen_fit(&pen);
	ink = find_ink(&pen);
	own.size = pen.size;
	own.lines = pen.n_lines;
	*ret_stamp = NULL;
	if (ink.right > ink.left && draw(&pen, &ink, ret_stamp, &own, err) < 0)
		return error_wrap(err, "text of %zu bytes", strlen(what->text));
	if (report != NULL)
		*report = own;
	return 0;
}

const char *
drawtext_missing(const struct drawtext_report *report, struct arena *arena)
{
	CLEANUP(buf_done) struct buf list = BUF_INIT(KIB);

	for (size_t i = 0; i < report->n_points; i++)
		buf_printf(&list, "%sU+%04X", i == 0 ? "" : ", ", report->points[i]);
	if (report->n_points == DRAWTEXT_MISSING_MAX && report->missing > DRAWTEXT_MISSING_MAX)
		buf_puts(&list, ", ...");
	return buf_dup(&list, arena);
}
