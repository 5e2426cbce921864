/* The only file of the painter that knows pango and cairo. */
#include "media/synth/label.h"

#include <pango/pangocairo.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/synth/vec.h"

struct mask {
	int width, height;
	uint8_t ink[];
};

static PangoLayout *
line_layout(cairo_t *cr, const struct label_line *line, double size)
{
	PangoLayout *layout = pango_cairo_create_layout(cr);
	PangoFontDescription *font = pango_font_description_from_string(
	    line->serif ? "Lora,Playfair Display,DejaVu Serif" : "Lato,Open Sans,DejaVu Sans");
	pango_font_description_set_weight(font, (PangoWeight)line->weight);
	pango_font_description_set_absolute_size(font, size * PANGO_SCALE);
	pango_layout_set_font_description(layout, font);
	pango_font_description_free(font);
	PangoAttrList *attrs = pango_attr_list_new();
	pango_attr_list_insert(attrs, pango_attr_letter_spacing_new((int)((double)line->spacing * size * PANGO_SCALE)));
	pango_layout_set_attributes(layout, attrs);
	pango_attr_list_unref(attrs);
	pango_layout_set_text(layout, line->text, -1);
	return layout;
}

static void
line_draw(cairo_t *cr, const struct label_line *line, int width, int height)
{
	double size = (double)line->size * height;
	for (int attempt = 0; attempt < 2; attempt++) {
		PangoLayout *layout = line_layout(cr, line, size);
		int w = 0, h = 0;
		pango_layout_get_pixel_size(layout, &w, &h);
		if (w <= width || attempt > 0) {
			cairo_move_to(
			    cr, (width - w + (double)line->spacing * size) / 2.0, (double)line->y * height - h / 2.0);
			pango_cairo_show_layout(cr, layout);
			attempt = 2;
		}
		g_object_unref(layout);
		size *= 0.96 * width / (w > 0 ? w : 1);
	}
}

struct mask *
mask_new(int width, int height, const struct label_line *lines, int n)
{
	struct mask *mask = NULL;
	cairo_surface_t *surface = cairo_image_surface_create(CAIRO_FORMAT_A8, width, height);
	cairo_t *cr = cairo_create(surface);
	cairo_set_source_rgba(cr, 1, 1, 1, 1);
	for (int i = 0; i < n; i++)
		if (lines[i].text != NULL && lines[i].text[0] != '\0')
			line_draw(cr, &lines[i], width, height);
	cairo_surface_flush(surface);
	const unsigned char *data = cairo_image_surface_get_data(surface);
	if (cairo_status(cr) == CAIRO_STATUS_SUCCESS && data != NULL)
		mask = malloc(sizeof(*mask) + (size_t)width * (size_t)height);
	if (mask != NULL) {
		*mask = (struct mask){.width = width, .height = height};
		for (int y = 0; y < height; y++)
			memcpy(mask->ink + (size_t)y * (size_t)width,
			    data + (ptrdiff_t)y * cairo_image_surface_get_stride(surface), (size_t)width);
	}
	cairo_destroy(cr);
	cairo_surface_destroy(surface);
	return mask;
}

void
mask_free(struct mask **mask)
{
	free(*mask);
	*mask = NULL;
}

float
mask_at(const struct mask *mask, float u, float v)
{
	if (mask == NULL || u <= 0.0f || v <= 0.0f || u >= 1.0f || v >= 1.0f)
		return 0.0f;
	const float x = u * (float)(mask->width - 1), y = v * (float)(mask->height - 1);
	const int ix = (int)x, iy = (int)y;
	const uint8_t *a = mask->ink + (size_t)iy * (size_t)mask->width + ix;
	const uint8_t *b = iy + 1 < mask->height ? a + mask->width : a;
	const int right = ix + 1 < mask->width ? 1 : 0;
	const float tx = x - (float)ix, ty = y - (float)iy;
	return mixf(mixf((float)a[0], (float)a[right], tx), mixf((float)b[0], (float)b[right], tx), ty) / 255.0f;
}
