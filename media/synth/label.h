/* Lettering for labels, dials and tags: text set by pango into a small grey mask that painters look up like a texture.
 */
#ifndef FW_SYNTH_LABEL_H
#define FW_SYNTH_LABEL_H

#include <stdbool.h>

struct mask;

struct label_line {
	const char *text;
	float size;    /* height of the letters as a part of the mask's height */
	float y;       /* middle of the line, 0 top to 1 bottom */
	float spacing; /* extra space between letters, as a part of the letter size */
	int weight;    /* 300 light to 800 heavy */
	bool serif;
};

/* NULL when no font can be used; painters then leave the lettering out. Lines that are too wide are set smaller. */
struct mask *mask_new(int width, int height, const struct label_line *lines, int n);
void mask_free(struct mask **mask);
/* How much ink is at u, v (0..1 from the left and the top); 0 outside and for NULL. */
float mask_at(const struct mask *mask, float u, float v);

#endif
