/*
 * Colour tables: from R'G'B' to R'G'B', as .cube files hold them and as our own grades are kept.
 *
 * Whole numbers throughout: LUT_ONE is full signal, values between nodes are interpolated over tetrahedra (grey stays
 * on the line of greys), so a colour comes out the same on every machine.
 */
#ifndef MEDIA_LUT_H
#define MEDIA_LUT_H

#include <stddef.h>
#include <stdint.h>

#include "lib/base/attr.h"
#include "lib/base/error.h"

#define LUT_ONE 65536
#define LUT_SIDE_MAX 65	  /* of a cube */
#define LUT_LINE_MAX 4096 /* of three curves */
#define LUT_BYTES_MAX (16 * MIB)

/* Read-only once made; any thread. */
struct lut;

/* A cube of side^3 nodes (2 to LUT_SIDE_MAX), computed by `colour` from the nodes' own colours, 0 to 1. Aborts without
 * memory. */
struct lut *lut_cube(int side, void (*colour)(const void *ctx, double rgb[3]), const void *ctx);

/* A .cube file of Iridas' or Resolve's kind with one table. ERR_INPUT "lut_invalid" naming the line. */
int lut_parse(const char *text, size_t len, struct lut **ret_lut, struct error *err) MUST_CHECK;
/* The same from a file. */
int lut_read(int fd, struct lut **ret_lut, struct error *err) MUST_CHECK;

void lut_free(struct lut **lut);

/* Changes a colour in place. Inputs are limited to the table's domain, results to 0 and LUT_ONE. */
void lut_apply(const struct lut *lut, int32_t rgb[3]);

#endif
