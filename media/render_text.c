/*
 * The texts of a film: captions read from their files, the fonts that every text takes its letters from, texts drawn,
 * captions written beside the film.
 */
#include <fcntl.h>
#include <unistd.h>

#include "lib/base/path.h"
#include "lib/base/text.h"
#include "lib/timeline/caption.h"
#include "media/caption_paint.h"
#include "media/drawtext.h"
#include "media/render_priv.h"

#define TEXT_SIZE_MIN 36
/* a frame taller than wide has its room below a line and not beside it: there letters keep most of their size */
#define TALL_SIZE_MIN 0.75
#define TALL_LINES 4
#define LINE_SHARE 0.9 /* of the frame's width, as drawtext.h says */

/* ---- fonts ---- */

static int
find_font(struct render *render, const char *name, const struct font **ret_font, struct error *err)
{
	const size_t n = render->n_fonts;

	for (size_t i = 0; i < n; i++) {
		if (text_equal(render->fonts[i].name, name)) {
			*ret_font = &render->fonts[i].font;
			return 0;
		}
	}
	if (n == RENDER_FONTS_MAX)
		return error_set(err, ERR_INPUT, "a film uses at most %d fonts", RENDER_FONTS_MAX);
	if (render->task->fonts == NULL)
		return error_set(err, ERR_UNAVAILABLE, "there are no fonts");
	if (fonts_resolve(render->task->fonts, name, &render->fonts[n].font, err) < 0)
		return error_wrap(err, "font '%s'", name);
	if (render->fonts[n].font.fallback)
		render_warn(render, "font_fallback", "The font %s is not installed; %s %s is used instead.", name,
		    render->fonts[n].font.family, render->fonts[n].font.style);
	render->fonts[n].name = name;
	render->n_fonts = n + 1;
	*ret_font = &render->fonts[n].font;
	return 0;
}

/* A text's fact is the digest of the fonts that it really takes its letters from. */
static int
use_text(struct render *render, const char *name, const char *text, struct error *err)
{
	struct plan_fact *facts = render->font_facts;
	struct drawtext what = {.text = text, .shelf = render->shelf};
	struct drawtext_report report;
	struct drawtext_fonts used;

	for (size_t i = 0; i < render->facts.n_fonts; i++)
		if (text_equal(facts[i].name, name) && text_equal(facts[i].text, text))
			return 0;
	if (find_font(render, name, &what.font, err) < 0 || drawtext_fonts_used(&what, &used, &report, err) < 0)
		return -1;
	if (report.missing > 0)
		render_warn(render, "glyphs_missing", "No font here has %d character%s of a text: %s.", report.missing,
		    report.missing == 1 ? "" : "s", drawtext_missing(&report, render->task->arena));
	const char *key = arena_strdup(render->task->arena, used.key);
	if (key == NULL)
		return arena_error(render->task->arena, err);
	facts[render->facts.n_fonts++] = (struct plan_fact){.name = name, .text = text, .digest = key};
	return 0;
}

static int
use_captions(struct render *render, const struct timeline_captions *captions, struct error *err)
{
	for (size_t i = 0; captions->modes[CAPTION_BURN] && i < captions->cues.count; i++)
		if (use_text(render, captions->font, timeline_cue_at(captions, i)->text, err) < 0)
			return -1;
	return 0;
}

static size_t
count_texts(const struct timeline *timeline)
{
	size_t texts = timeline->overlays.count + 1;

	for (size_t t = 0; t < timeline->tracks.count; t++)
		texts += timeline_track_at(timeline, t)->items.count;
	for (size_t i = 0; i < timeline->captions.count; i++)
		texts += timeline_captions_at(timeline, i)->cues.count;
	return texts;
}

static int
read_fonts(struct render *render, struct error *err)
{
	const struct timeline *timeline = render->timeline;

	render->font_facts = ARENA_ARRAY(render->task->arena, count_texts(timeline), struct plan_fact);
	if (render->font_facts == NULL)
		return arena_error(render->task->arena, err);
	render->facts.fonts = render->font_facts;
	for (size_t t = 0; t < timeline->tracks.count; t++) {
		const struct timeline_track *track = timeline_track_at(timeline, t);

		for (size_t i = 0; i < track->items.count; i++) {
			const struct timeline_item *item = timeline_item_at(track, i);

			if (item->type == TIMELINE_CARD && use_text(render, item->font, item->text, err) < 0)
				return -1;
		}
	}
	for (size_t i = 0; i < timeline->overlays.count; i++) {
		const struct timeline_overlay *overlay = timeline_overlay_at(timeline, i);

		if (!overlay->image && use_text(render, overlay->font, overlay->text, err) < 0)
			return -1;
	}
	for (size_t i = 0; i < timeline->captions.count; i++)
		if (use_captions(render, timeline_captions_at(timeline, i), err) < 0)
			return -1;
	return 0;
}

/* ---- captions from files ---- */

static int
read_asset(struct render *render, const char *name, char **ret_bytes, size_t *ret_len, struct error *err)
{
	int fd = -1;

	for (size_t i = 0; i < render->facts.n_assets; i++)
		if (text_equal(render->assets[i].name, name))
			fd = render->assets[i].fd;
	if (fd < 0)
		return error_code(err, ERR_INPUT, "captions_unavailable", "captions '%s' are not there", name);
	if (io_read_text(render->task->arena, fd, CAPTION_BYTES_MAX, ret_bytes, ret_len, err) < 0)
		return error_wrap(err, "captions '%s'", name);
	return 0;
}

static double
text_width(void *ctx, const char *text)
{
	struct drawtext what = *(const struct drawtext *)ctx;

	what.text = text;
	return drawtext_width(&what);
}

/* Broken as the film's own frame and letters want it, whichever way the captions are shown. */
static int
flow_words(struct render *render, const struct js_objects *words, struct timeline_captions *captions, struct error *err)
{
	const struct timeline_output *output = &render->timeline->output;
	struct drawtext what = {.shelf = render->shelf, .size = captions->size};
	const struct caption_flow how = {
	    .width = text_width,
	    .ctx = &what,
	    .max_width = LINE_SHARE * TIMELINE_REFERENCE_HEIGHT * (double)output->width / (double)output->height,
	};

	if (find_font(render, captions->font, &what.font, err) < 0)
		return -1;
	return caption_flow(render->task->arena, words->items, words->count, &how, &captions->cues, err);
}

static int
read_captions(struct render *render, struct error *err)
{
	for (size_t i = 0; i < render->timeline->captions.count; i++) {
		struct timeline_captions *captions = (struct timeline_captions *)render->timeline->captions.items + i;
		struct caption_file file;
		char *bytes = NULL;
		size_t len = 0;

		if (captions->asset == NULL)
			continue;
		if (read_asset(render, captions->asset, &bytes, &len, err) < 0)
			return -1;
		if (caption_parse(render->task->arena, bytes, len, &file, err) < 0)
			return error_wrap(err, "captions '%s'", captions->asset);
		captions->cues = file.cues;
		if (file.format == CAPTION_WORDS && flow_words(render, &file.words, captions, err) < 0)
			return error_wrap(err, "captions '%s'", captions->asset);
	}
	return 0;
}

int
render_texts(struct render *render, struct error *err)
{
	render->shelf = drawtext_shelf_new();
	return read_captions(render, err) < 0 || read_fonts(render, err) < 0 ? -1 : 0;
}

void
render_texts_done(struct render *render)
{
	drawtext_shelf_free(&render->shelf);
}

/* ---- drawing ---- */

static int
draw_text(
    struct render *render, const struct drawtext *what, const char *font, struct stamp **ret_stamp, struct error *err)
{
	struct drawtext full = *what;

	if (find_font(render, font, &full.font, err) < 0)
		return -1;
	full.shelf = render->shelf;
	full.width = render->stage.width;
	full.height = render->stage.height;
	full.size_min = TEXT_SIZE_MIN * plan_scale(render->plan);
	if (full.height > full.width) {
		full.size_min = full.size * TALL_SIZE_MIN;
		full.max_lines = TALL_LINES;
	}
	return drawtext_stamp(&full, ret_stamp, NULL, err);
}

static enum drawtext_align
text_align(enum timeline_align align)
{
	return align == ALIGN_LEFT ? DRAWTEXT_LEFT : align == ALIGN_RIGHT ? DRAWTEXT_RIGHT : DRAWTEXT_CENTER;
}

static struct drawtext_box
text_box(const struct timeline_box *box, double scale)
{
	if (box->color == NULL)
		return (struct drawtext_box){0};
	return (struct drawtext_box){
	    .opacity = box->opacity, .rgb = box->rgb, .pad = box->padding * scale, .radius = box->radius * scale};
}

int
render_draw_card(struct render *render, const struct timeline_item *item, struct stamp **ret_stamp, struct error *err)
{
	const struct drawtext what = {
	    .text = item->text,
	    .size = item->size * plan_scale(render->plan),
	    .rgb = item->rgb,
	    .align = text_align(item->align),
	    .opacity = 1,
	};

	return draw_text(render, &what, item->font, ret_stamp, err);
}

int
render_draw_overlay(
    struct render *render, const struct timeline_overlay *overlay, struct stamp **ret_stamp, struct error *err)
{
	const double scale = plan_scale(render->plan), margin = overlay->margin * scale;
	const struct drawtext what = {
	    .text = overlay->text,
	    .size = overlay->size * scale,
	    .rgb = overlay->rgb,
	    .soft_edge = overlay->outline && overlay->outline_width == 0 && overlay->box.color == NULL,
	    .edge_width = overlay->outline ? overlay->outline_width * scale : 0,
	    .edge_rgb = overlay->outline_rgb,
	    .box = text_box(&overlay->box, scale),
	    .align = text_align(overlay->align),
	    .across = overlay->anchor % 3 - 1,
	    .down = overlay->anchor / 3 - 1,
	    .margin_x = margin,
	    .margin_y = margin,
	    .offset_x = overlay->x * scale,
	    .offset_y = overlay->y * scale,
	    .max_width = overlay->width * render->stage.width,
	    .opacity = overlay->opacity,
	};

	return draw_text(render, &what, overlay->font, ret_stamp, err);
}

int
render_draw_captions(struct render *render, const struct timeline_captions *captions,
    struct caption_request *ret_request, struct error *err)
{
	const struct plan *plan = render->plan;

	*ret_request = (struct caption_request){
	    .captions = captions,
	    .scale = plan_scale(plan),
	    .width = render->stage.width,
	    .height = render->stage.height,
	    .fps_num = plan->fps_num,
	    .fps_den = plan->fps_den,
	};
	return find_font(render, captions->font, &ret_request->font, err);
}

/* ---- beside the film ---- */

static int
write_sidecar(struct render *render, const struct timeline_captions *captions, bool vtt, struct render_sidecar *sidecar,
    struct error *err)
{
	const struct plan *plan = render->plan;
	const int64_t film_us = plan->frames * 1000000 * plan->fps_den / plan->fps_num;
	CLEANUP(buf_done) struct buf text = BUF_INIT(2 * CAPTION_BYTES_MAX);
	CLEANUP(fd_close) int fd = -1;

	if (vtt)
		caption_write_vtt(captions, film_us, &text);
	else
		caption_write_srt(captions, film_us, &text);
	if (buf_error(&text, err) < 0)
		return -1;
	fd = openat(render->task->scratch, sidecar->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	if (fd < 0 || fd_write_all(fd, buf_str(&text), text.len, err) < 0)
		return error_errno(err, ERR_INTERNAL, "writing '%s'", sidecar->name);
	sidecar->bytes = (int64_t)text.len;
	(void)hash_bytes_hex(buf_str(&text), text.len, sidecar->sha256);
	return 0;
}

int
render_write_sidecars(struct render *render, struct error *err)
{
	const struct timeline *timeline = render->timeline;

	render->sidecars = ARENA_ARRAY(render->task->arena, 2 * timeline->captions.count + 1, struct render_sidecar);
	if (render->sidecars == NULL)
		return arena_error(render->task->arena, err);
	for (size_t i = 0; i < 2 * timeline->captions.count; i++) {
		const struct timeline_captions *captions = timeline_captions_at(timeline, i / 2);
		struct render_sidecar *sidecar = &render->sidecars[render->n_sidecars];
		const bool vtt = i % 2 == 1;

		if (!captions->modes[CAPTION_SIDECAR])
			continue;
		sidecar->captions = i / 2;
		sidecar->language = captions->language;
		sidecar->media_type = vtt ? "text/vtt" : "application/x-subrip";
		sidecar->name =
		    arena_printf(render->task->arena, "captions-%zu.%s", sidecar->captions, vtt ? "vtt" : "srt");
		if (sidecar->name == NULL)
			return arena_error(render->task->arena, err);
		if (write_sidecar(render, captions, vtt, sidecar, err) < 0)
			return -1;
		render->n_sidecars++;
	}
	return 0;
}
