/*
 * Which fonts a text's letters come from.
 */
#include <pango/pangofc-font.h>

#include "lib/base/text.h"
#include "media/drawtext_priv.h"

/* In pixels. Which font has a letter does not depend on the size. */
#define SOME_SIZE 64

struct finder {
	const struct fonts *fonts;
	struct drawtext_fonts *found;
	struct error *err;
	bool failed;
};

static bool
has_letters(const PangoGlyphItem *run)
{
	for (int i = 0; i < run->glyphs->num_glyphs; i++) {
		const PangoGlyph glyph = run->glyphs->glyphs[i].glyph;

		if (glyph != PANGO_GLYPH_EMPTY && (glyph & PANGO_GLYPH_UNKNOWN_FLAG) == 0)
			return true;
	}
	return false;
}

static void
note_font(void *ctx, const PangoGlyphItem *run, double x, double y)
{
	struct finder *finder = ctx;
	struct drawtext_fonts *found = finder->found;
	FcPattern *pattern = pango_fc_font_get_pattern(PANGO_FC_FONT(run->item->analysis.font));
	FcChar8 *file = NULL;
	const char *sha256;
	int index = 0;

	(void)x;
	(void)y;
	if (finder->failed || !has_letters(run) || FcPatternGetString(pattern, FC_FILE, 0, &file) != FcResultMatch)
		return;
	(void)FcPatternGetInteger(pattern, FC_INDEX, 0, &index);
	if (fonts_digest(finder->fonts, (const char *)file, &sha256, finder->err) < 0) {
		finder->failed = true;
		return;
	}
	for (size_t i = 0; i < found->count; i++)
		if (text_equal(found->items[i].sha256, sha256) && found->items[i].index == index)
			return;
	if (found->count == DRAWTEXT_FONTS_MAX) {
		finder->failed = true;
		(void)error_set(finder->err, ERR_INPUT, "a text uses at most %d fonts", DRAWTEXT_FONTS_MAX);
		return;
	}
	found->items[found->count].sha256 = sha256;
	found->items[found->count++].index = index;
}

int
drawtext_fonts_used(
    const struct drawtext *what, struct drawtext_fonts *ret_fonts, struct drawtext_report *report, struct error *err)
{
	struct drawtext some = *what;
	struct drawtext_report own = {0};
	struct drawtext_fonts found = {0};
	struct finder finder = {.fonts = what->font->fonts, .found = &found, .err = err};
	CLEANUP(pen_done) struct pen pen;
	CLEANUP(hash_done) struct hash hash;

	some.size = SOME_SIZE;
	pen_init(&pen, &some, &own);
	hash_init(&hash);
	pen_each_run(&pen, note_font, &finder);
	if (finder.failed)
		return error_wrap(err, "fonts of a text of %zu bytes", strlen(what->text));
	/* even where it gives no letter itself, the font asked for decides how bold and slanted the others are */
	hash_add_int(&hash, what->font->weight);
	hash_add_int(&hash, what->font->italic);
	/* what was left out tells by not being there which fonts are missing */
	hash_add_int(&hash, own.missing);
	for (size_t i = 0; i < found.count; i++) {
		hash_add_str(&hash, found.items[i].sha256);
		hash_add_int(&hash, found.items[i].index);
	}
	hash_end_hex(&hash, found.key);
	*ret_fonts = found;
	if (report != NULL)
		*report = own;
	return 0;
}

double
drawtext_width(const struct drawtext *what)
{
	struct drawtext_report report = {0};
	CLEANUP(pen_done) struct pen pen;

	pen_init(&pen, what, &report);
	return pen.block.right;
}
