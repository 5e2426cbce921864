/*
 * The product photographer of the built-in provider: a picture of the product that a prompt describes, without network,
 * models or files. The same request gives the same bytes on the same machine; all views of one prompt and seed show one
 * design.
 */
#ifndef FW_SYNTH_PRODUCT_H
#define FW_SYNTH_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/error.h"
#include "lib/base/product_words.h"

#define PRODUCT_SIZE_MAX 4096

struct product_request {
	const char *prompt; /* the product, with or without the photographer's phrases after it */
	const char *view;   /* "front", "side", "back", "top", "detail" or "lifestyle" */
	const char *const *keywords;
	size_t n_keywords;
	int64_t seed;
	int variant; /* 0: the first picture of this view; 1: a second one with another setting or crop */
	int width, height;
	bool (*stop)(void *arg);		  /* asked once per row; NULL: never */
	void (*progress)(void *arg, float share); /* 0..1, once per row; may be NULL */
	void *arg;
};

/*
 * Fills `rgb` (width * height * 3 bytes, rows from the top, sRGB). Needs about 30 bytes per pixel while it runs.
 * ERR_INPUT for a size or view it does not know, ERR_CANCELLED when stop() said so; `rgb` is then undefined.
 */
int product_render(const struct product_request *request, uint8_t *rgb, struct error *err) MUST_CHECK;

#endif
